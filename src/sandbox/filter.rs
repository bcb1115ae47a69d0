//! Calls as filters that the kernel runs. The home of `seccompiler`.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

use super::calls::{Calls, Limited};
use super::groups::DEADLY;

/// For each call the arguments that are allowed; none named is any.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Puts every thread under the filters, and whatever they start.
///
/// Before Linux 5.16 a filtered thread also does without the processor's guesses about memory, which costs some speed.
///
/// Of several filters the strictest answer counts, so each is simple: what isn't known is refused, what is deadly kills, and
/// `clone3`, whose flags are out of a filter's sight, isn't there.
///
/// # Errors
/// What the kernel refused.
pub(super) fn apply(calls: &Calls) -> Result<(), String> {
    let programs = programs(calls).map_err(|error| error.to_string())?;
    for program in &programs {
        apply_filter_all_threads(program).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// In the order in which they are put in force: the one that refuses most, putting filters in force among it, comes last.
fn programs(calls: &Calls) -> Result<[BpfProgram; 3], BackendError> {
    let errno = |number: i32| SeccompAction::Errno(number.cast_unsigned());
    let deadly = DEADLY.iter().map(|&call| (call, Vec::new())).collect();
    let absent = Rules::from([(libc::SYS_clone3, Vec::new())]);
    Ok([
        program(deadly, SeccompAction::Allow, SeccompAction::KillProcess)?,
        program(absent, SeccompAction::Allow, errno(libc::ENOSYS))?,
        program(allowed(calls)?, errno(libc::EPERM), SeccompAction::Allow)?,
    ])
}

fn program(
    rules: Rules,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, otherwise, listed, architecture)?.try_into()
}

fn allowed(calls: &Calls) -> Result<Rules, BackendError> {
    let mut rules: Rules = calls.any.iter().map(|&call| (call, Vec::new())).collect();
    for limited in &calls.limited {
        rules.insert(limited.call, conditions(limited)?);
    }
    Ok(rules)
}

/// One rule for each value; one of them has to hold.
fn conditions(limited: &Limited) -> Result<Vec<SeccompRule>, BackendError> {
    limited
        .values
        .iter()
        .map(|&value| {
            SeccompRule::new(vec![SeccompCondition::new(
                limited.argument,
                // What these arguments say is in the lower half; the kernel ignores the other.
                SeccompCmpArgLen::Dword,
                SeccompCmpOp::MaskedEq(limited.mask.into()),
                value.into(),
            )?])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;

    use super::super::{Needs, calls};
    use super::*;

    const CHILDREN: Needs<'_> = Needs {
        children: true,
        folders: &[],
        written: &[],
        tokens: None,
        profiles: false,
        ports: None,
    };

    #[test]
    fn every_profile_becomes_filters() {
        let folder = File::open("/").unwrap();
        let all = Needs {
            children: true,
            folders: &[folder.as_fd()],
            written: &[folder.as_fd()],
            tokens: Some(folder.as_fd()),
            profiles: true,
            ports: Some(&[80]),
        };
        for calls in [
            calls::server(Needs::default()),
            calls::server(CHILDREN),
            calls::server(all),
            calls::files(all),
            calls::codec(),
        ] {
            // The kernel takes 4096 instructions; most calls are answered from a table without running any.
            for program in programs(&calls).unwrap() {
                assert!((1..500).contains(&program.len()), "{}", program.len());
            }
            for call in DEADLY {
                assert!(!calls.any.contains(call));
            }
        }
    }

    #[test]
    fn only_a_server_with_sources_opens_files_and_makes_connections() {
        let calls = calls::server(Needs::default());
        for call in [libc::SYS_openat2, libc::SYS_connect, libc::SYS_bind] {
            assert!(!calls.any.contains(&call));
        }
        let is_extra =
            |limited: &Limited| [libc::SYS_socket, libc::SYS_openat].contains(&limited.call);
        assert!(!calls.limited.iter().any(is_extra));
    }

    #[test]
    fn only_a_server_with_operators_interrupts_threads_and_by_their_own_time() {
        let with = calls::server(Needs {
            profiles: true,
            ..Needs::default()
        });
        let timers = [libc::SYS_timer_settime, libc::SYS_timer_delete];
        let all = timers.into_iter().chain([libc::SYS_timer_create]);
        let without = calls::server(Needs::default());
        for call in all {
            assert!(!without.any.contains(&call));
            assert!(!without.limited.iter().any(|limited| limited.call == call));
        }
        assert!(timers.iter().all(|call| with.any.contains(call)));
        assert!(!with.any.contains(&libc::SYS_timer_create));
    }

    #[test]
    fn a_codec_can_do_nothing_that_a_server_with_codecs_elsewhere_cannot() {
        let names = |calls: &Calls| -> std::collections::BTreeSet<i64> {
            let limited = calls.limited.iter().map(|limited| limited.call);
            calls.any.iter().copied().chain(limited).collect()
        };
        let (server, codec) = (names(&calls::server(CHILDREN)), names(&calls::codec()));
        // But for a bound on memory of its own.
        let more: Vec<_> = codec.difference(&server).copied().collect();
        assert_eq!(more, [libc::SYS_setrlimit]);
        for call in [
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_socketpair,
            libc::SYS_memfd_create,
        ] {
            assert!(!codec.contains(&call));
        }
    }
}
