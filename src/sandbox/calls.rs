//! The system calls that each profile may make. What isn't here is refused.

use libc::c_long;

use super::Needs;
use super::groups::{
    ALL, BYTES, CHILDREN, CLOCKS, CODEC, CONNECTIONS, DESCRIPTORS, ENDING, EVENTS, FETCHES, FILES,
    MEMORY, NAMESPACES, OF_A_THREAD, PATHS, PRIMITIVES, PROCESSES, THREADS, TIMERS,
};

/// A call that is allowed while one of its arguments, by `mask`, is one of `values`.
#[derive(Clone, Debug)]
pub(super) struct Limited {
    pub(super) call: c_long,
    pub(super) argument: u8,
    pub(super) mask: u32,
    pub(super) values: Vec<u32>,
}

/// Calls with any arguments, and calls that are looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    pub(super) any: Vec<c_long>,
    pub(super) limited: Vec<Limited>,
}

/// Numbers of the system's headers are positive.
fn limited(call: c_long, argument: u8, mask: u32, values: &[i32]) -> Limited {
    Limited {
        call,
        argument,
        mask,
        values: values.iter().map(|value| value.cast_unsigned()).collect(),
    }
}

/// What both profiles have.
fn common() -> Calls {
    let code = libc::PROT_EXEC.cast_unsigned();
    let own = std::process::id().cast_signed();
    Calls {
        any: [BYTES, MEMORY, PRIMITIVES, ENDING].concat(),
        limited: vec![
            // Nothing here makes code: memory that could be run stays what it was at the start.
            limited(libc::SYS_mmap, 2, code, &[0]),
            limited(libc::SYS_mprotect, 2, code, &[0]),
            // Threads are named.
            limited(libc::SYS_prctl, 0, ALL, &[libc::PR_SET_NAME]),
            // `abort` signals the process itself.
            limited(libc::SYS_tgkill, 0, ALL, &[own]),
        ],
    }
}

/// What a server needs once its listener is bound.
pub(super) fn server(needs: Needs<'_>) -> Calls {
    let mut calls = common();
    calls.any.extend([THREADS, EVENTS, CONNECTIONS].concat());
    let levels = [libc::SOL_SOCKET, libc::IPPROTO_TCP];
    let nonblocking = i32::try_from(libc::FIONBIO).unwrap_or_default();
    let queued = i32::try_from(libc::TIOCOUTQ).unwrap_or_default();
    calls.limited.extend([
        threads(),
        // Not what belongs to a firewall or to other protocols.
        limited(libc::SYS_setsockopt, 1, ALL, &levels),
        limited(libc::SYS_getsockopt, 1, ALL, &levels),
        // Signals reach tokio through a pair of sockets that knows no address.
        limited(libc::SYS_socketpair, 0, ALL, &[libc::AF_UNIX]),
        limited(libc::SYS_fcntl, 1, ALL, DESCRIPTORS),
        // How much of an answer its client has yet to take.
        limited(libc::SYS_ioctl, 1, ALL, &[nonblocking, queued]),
    ]);
    if !needs.folders.is_empty() {
        calls.any.extend(FILES);
    }
    if needs.tokens.is_some() {
        // For reading alone, as the standard library does it. Which paths, landlock says.
        let changes = libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC;
        let open = limited(
            libc::SYS_openat,
            2,
            changes.cast_unsigned(),
            &[libc::O_RDONLY],
        );
        calls.limited.push(open);
    }
    if needs.ports.is_some() {
        calls.any.extend(FETCHES);
        // Nothing but the internet's own protocols.
        let families = [libc::AF_INET, libc::AF_INET6];
        let socket = limited(libc::SYS_socket, 0, ALL, &families);
        calls.limited.push(socket);
    }
    if needs.profiles {
        calls.any.extend(TIMERS);
        let clocks = limited(libc::SYS_timer_create, 0, CLOCKS, &[OF_A_THREAD]);
        calls.limited.push(clocks);
    }
    if needs.children {
        calls.any.extend([PROCESSES, CHILDREN].concat());
    }
    calls
}

/// What a command on files needs.
pub(super) fn files(needs: Needs<'_>) -> Calls {
    let mut calls = common();
    calls.any.extend([THREADS, EVENTS, PATHS].concat());
    let number = |call: libc::Ioctl| i32::try_from(call).unwrap_or_default();
    let requests = [
        // Signals' pair of sockets.
        number(libc::FIONBIO),
        // Whether somebody sees a progress bar, and how wide it may be.
        number(libc::TCGETS),
        number(libc::TIOCGWINSZ),
    ];
    calls.limited.extend([
        threads(),
        limited(libc::SYS_socketpair, 0, ALL, &[libc::AF_UNIX]),
        limited(libc::SYS_fcntl, 1, ALL, DESCRIPTORS),
        limited(libc::SYS_ioctl, 1, ALL, &requests),
    ]);
    if needs.children {
        calls.any.extend([PROCESSES, CHILDREN].concat());
    }
    calls
}

/// Threads, but no processes: for glibc all of this is one call.
fn threads() -> Limited {
    limited(
        libc::SYS_clone,
        0,
        (libc::CLONE_THREAD | NAMESPACES).cast_unsigned(),
        &[libc::CLONE_THREAD],
    )
}

/// What a process needs that does nothing but decode and encode what it is sent.
pub(super) fn codec() -> Calls {
    let mut calls = common();
    calls.any.extend([PROCESSES, CODEC].concat());
    // Its own address space is bound while it reads a document.
    let space = i32::try_from(libc::RLIMIT_AS).unwrap_or_default();
    calls
        .limited
        .push(limited(libc::SYS_setrlimit, 0, ALL, &[space]));
    calls
}
