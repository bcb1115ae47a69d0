//! Processes that are made by this one, and what they are.
#![expect(
    unsafe_code,
    reason = "fork, signal and the older setrlimit: no safe wrapper has them"
)]

use std::fs;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// On which side of a fork this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// In the new process.
    Child,
    /// In the old one; the new one's id.
    Parent(i32),
}

/// Makes a process that goes on from here as this one does, if there is one thread.
///
/// # Errors
/// There are several, or `/proc` can't be read, or the system refuses a process.
pub fn fork() -> io::Result<Fork> {
    let threads = fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        return Err(io::Error::other(format!(
            "a process with {threads} threads can't be forked"
        )));
    }
    // SAFETY: the new process has the thread that calls alone. There is no other whose lock or half-done work
    // it could have inherited: there was one thread a moment ago, and that is this one, which has started none since.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(Fork::Child),
        child => Ok(Fork::Parent(child)),
    }
}

/// Makes this process one that works for its parent: it ends when that ends, and leaves signals that ask a service to end to it.
pub fn become_helper(name: &str) {
    use rustix::process::{Signal, set_parent_process_death_signal};
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: ignoring a signal runs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    // For people who list processes; and if the parent's death goes unseen, its socket says so.
    if let Ok(name) = std::ffi::CString::new(name) {
        let _unnamed = rustix::thread::set_name(&name);
    }
    let _unseen = set_parent_process_death_signal(Some(Signal::KILL));
}

/// Has what this process writes on standard error go nowhere: an allocator that gives up does, in words that are no line of a log.
pub fn silence() {
    use std::os::fd::AsRawFd as _;
    let Ok(nowhere) = fs::File::options().write(true).open("/dev/null") else {
        return;
    };
    // SAFETY: both are descriptors of this process, and nothing here owns standard error.
    unsafe { libc::dup2(nowhere.as_raw_fd(), libc::STDERR_FILENO) };
}

/// Whether whoever started this process had it ignore the signal, or it does so by now.
pub fn is_ignored(signal: i32) -> bool {
    // SAFETY: numbers and null pointers are a valid action of C's.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: no action is given, so nothing changes; the present one is written to memory that is one.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    asked == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Has this process end as a signal ends one that doesn't handle it, so that whoever started it sees why. Returns where
/// the system keeps the process from that, as it does the first one of a container.
pub fn end_by(signal: i32) {
    // SAFETY: the signal's own effect runs no code of ours, and raising it reads no memory.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

/// Asks the system to end this process first where memory is short.
pub fn be_the_first_to_go() {
    // Refused where /proc is read-only.
    let _refused = fs::write("/proc/self/oom_score_adj", "1000");
}

/// Has allocations, and files, fail beyond this many bytes. For a process whose log goes nowhere.
pub fn limit_address_space(bytes: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    // A stricter limit is in force then. What is written to a file in memory is no address space, but a file.
    let _refused = setrlimit(Resource::As, limit);
    let _refused = setrlimit(Resource::Fsize, limit);
    ADDRESS_SPACE.store(bytes, Ordering::Relaxed);
}

/// What [`limit_address_space`] has set.
static ADDRESS_SPACE: AtomicU64 = AtomicU64::new(0);

/// Has allocations fail beyond so many bytes more than there are now, until [`unbound_address_space`]; whether that is so. For a
/// process that [`limit_address_space`] was called in.
pub fn bound_address_space(more: u64) -> bool {
    let mapped = super::figures::mapped_bytes();
    let least = mapped.saturating_add(more);
    // Where that can't be read, what there is can't be told from nothing.
    mapped > 0 && least < ADDRESS_SPACE.load(Ordering::Relaxed) && soften(least)
}

/// Has allocations fail where they did before [`bound_address_space`].
pub fn unbound_address_space() {
    let _refused = soften(ADDRESS_SPACE.load(Ordering::Relaxed));
}

/// Sets the limit that this process may change again. By the older of two calls, which knows no other process: the sandbox lets it pass.
fn soften(bytes: u64) -> bool {
    let limit = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: ADDRESS_SPACE.load(Ordering::Relaxed),
    };
    // SAFETY: the call reads a limit, which lives as long as it takes.
    unsafe { libc::syscall(libc::SYS_setrlimit, libc::RLIMIT_AS, &raw const limit) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_threads_is_not_forked() {
        // The test's own, and the one that waits for it.
        let error = fork().unwrap_err();
        assert!(error.to_string().contains(" threads "), "{error}");
    }
}
