//! What a process gives up, and attempts at what it then can't do.
#![expect(
    unsafe_code,
    reason = "the calls that a sandbox forbids: no safe wrapper has them all"
)]

use std::io;

/// Keeps the process's memory out of core files, and from processes of the same user: pictures are its clients'.
pub fn keep_memory_private() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Lowering a limit is always allowed, and the other has no way to fail.
    let _lowered = setrlimit(Resource::Core, none);
    let _set = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Gives up, for good, that a program started from here has more rights than this process; whether that worked.
pub fn renounce_privileges() -> bool {
    rustix::thread::set_no_new_privs(true).is_ok()
}

/// What a process in the sandbox may not do, and what the standard library has no call for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// Trace another process.
    Trace,
    /// Read another process's memory.
    ReadProcess,
    /// Make memory that code can run from.
    MapCode,
    /// Leave the namespaces it is in.
    LeaveNamespace,
    /// Start a ring of system calls that no filter sees.
    StartRing,
}

/// Tries it, harmlessly: no process is named, nothing is changed.
///
/// # Errors
/// The system's; permission is denied where a filter is at work.
pub fn attempt(what: Forbidden) -> io::Result<()> {
    let number = libc::c_long::from;
    let (call, arguments) = match what {
        Forbidden::Trace => (libc::SYS_ptrace, [libc::PTRACE_ATTACH.into(), 0, 0, 0, 0]),
        Forbidden::ReadProcess => {
            let own = number(std::process::id().cast_signed());
            (libc::SYS_process_vm_readv, [own, 0, 0, 0, 0])
        }
        Forbidden::MapCode => {
            let access = number(libc::PROT_READ | libc::PROT_EXEC);
            let kind = number(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            (libc::SYS_mmap, [0, 4096, access, kind, -1])
        }
        Forbidden::LeaveNamespace => (libc::SYS_unshare, [0; 5]),
        Forbidden::StartRing => (libc::SYS_io_uring_setup, [0; 5]),
    };
    let [first, second, third, fourth, fifth] = arguments;
    let last: libc::c_long = 0;
    // SAFETY: every argument is a constant or this process's own id. No pointer but null is among
    // them, and the one call that changes anything maps a page that nobody knows of.
    let ended = unsafe { libc::syscall(call, first, second, third, fourth, fifth, last) };
    if ended == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
