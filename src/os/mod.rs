//! The few calls to the system: priorities, the allocator, limits, processes, what the container grants.
//!
//! A leaf. Nothing here fails loudly: what can't be had is done without, and the
//! caller logs what it got.
#![expect(unsafe_code, reason = "files by number: no safe wrapper has them")]

mod allocator;
mod clock;
mod confine;
mod figures;
mod files;
mod folder;
mod grants;
mod heap;
mod process;
mod sampler;
mod sockets;

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::FdFlags;

pub use self::allocator::{trim, trim_everywhere, tune_allocator};
pub use self::clock::CpuClock;
pub use self::confine::{Forbidden, attempt, keep_memory_private, renounce_privileges};
pub use self::figures::{
    cpu_seconds, forget_peak, max_files, open_files, open_own_figures, open_peak,
    peak_resident_bytes, resident_bytes,
};
pub use self::files::{Identity, identity, place, rename_new};
pub use self::folder::{FileFacts, Folder};
pub use self::grants::{cpus, memory};
pub use self::heap::{Heap, heap};
pub use self::process::{
    Fork, be_the_first_to_go, become_helper, bound_address_space, end_by, fork, is_ignored,
    limit_address_space, silence, unbound_address_space,
};
pub use self::sampler::{
    Code, PERIOD, Sampler, build_id, open_for_sampling, program_code, program_files,
};
pub use self::sockets::unacknowledged;

/// Lowers the calling thread's priority by `nice` steps, 0 to 19, below the process's own.
pub fn lower_priority(nice: u8) {
    // On Linux the thread's id names the thread alone, although POSIX says process.
    let thread = rustix::thread::gettid();
    let current = rustix::process::getpriority_process(Some(thread)).unwrap_or(0);
    let lower = current.saturating_add(i32::from(nice)).min(19);
    // Refused only where even lowering is forbidden; the worker then runs at its old priority.
    let _refused = rustix::process::setpriority_process(Some(thread), lower);
}

/// Lets the process open as many files as it is ever allowed; how many that is.
pub fn raise_open_files() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_refused) => limit.current,
    }
}

/// Takes over a file that the process was started with, and keeps it from processes started later.
///
/// It has to be one that nothing here owns, which is looked at: whatever came with the start is kept when another program is
/// started, or it wouldn't have come, and whatever this process opens is closed then, as the standard library and
/// everything here asks for. So each can be taken once.
///
/// # Errors
/// Nothing is open under that number, or this process has opened it, or it is one of the three that every process has.
pub fn inherited(number: i32) -> io::Result<OwnedFd> {
    let refused = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    if number <= libc::STDERR_FILENO {
        return refused("standard input, output and error are everybody's");
    }
    // SAFETY: the number is only looked up. If nothing is open under it, both calls say so.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = rustix::io::fcntl_getfd(borrowed)?;
    if flags.contains(FdFlags::CLOEXEC) {
        return refused("it was opened here, or taken over before");
    }
    rustix::io::fcntl_setfd(borrowed, flags | FdFlags::CLOEXEC)?;
    // SAFETY: it is open, and came over the start of the program, as the calls above have shown: nothing of
    // this process has opened it or taken it, so that nobody else closes it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_seen() {
        assert!(cpus() >= 1);
        assert!(memory() > 1 << 20);
    }

    #[test]
    fn only_what_came_with_the_start_is_taken_over_and_once() {
        use std::os::fd::{AsRawFd, IntoRawFd};
        let own = std::fs::File::open("/dev/null").unwrap();
        let kind = |number| inherited(number).unwrap_err().kind();
        assert_eq!(kind(own.as_raw_fd()), io::ErrorKind::InvalidInput);
        for standard in [-1, 0, 1, 2] {
            assert_eq!(kind(standard), io::ErrorKind::InvalidInput);
        }
        assert!(inherited(1 << 20).is_err());
        // As whoever starts a program leaves it there.
        rustix::io::fcntl_setfd(&own, FdFlags::empty()).unwrap();
        let number = own.into_raw_fd();
        let taken = inherited(number).unwrap();
        assert_eq!(taken.as_raw_fd(), number);
        assert_eq!(kind(number), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_thread_alone_is_lowered() {
        let of = |id| rustix::process::getpriority_process(Some(id)).unwrap();
        let before = of(rustix::thread::gettid());
        let lowered = std::thread::spawn(move || {
            lower_priority(3);
            of(rustix::thread::gettid())
        });
        assert_eq!(lowered.join().unwrap(), (before + 3).min(19));
        assert_eq!(of(rustix::thread::gettid()), before);
    }
}
