//! The system calls that each profile may make, group by group, each with its reason.
//!
//! Found by `strace -f` of a server under load, drained and panicking, and widened by what other kernels and C libraries
//! use for the same. What isn't here is refused.

use libc::c_long;

use super::Needs;

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

/// Bytes in and out of what is open already: sockets, the log, the two files of `/proc` that metrics are read from.
const BYTES: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_lseek,
    libc::SYS_getdents64,
    libc::SYS_fstat,
    libc::SYS_close,
];

/// Memory; `mmap` and `mprotect` are looked at.
const MEMORY: &[c_long] = &[
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_brk,
    // The allocator gives free pages back.
    libc::SYS_madvise,
];

/// Locks, clocks and random numbers (seeds of hash tables). Clocks come here only where the kernel maps none into the process, or for CPU time.
const PRIMITIVES: &[c_long] = &[
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_getrandom,
    // glibc sorts large tables by merging if there is memory for it.
    libc::SYS_sysinfo,
];

/// Signals are handled, and the process can end, by `abort` too.
const ENDING: &[c_long] = &[
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Threads: tokio's, started after the filter, and workers, which lower their priority. `clone` is looked at.
const THREADS: &[c_long] = &[
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_getpriority,
    libc::SYS_setpriority,
    // A second filter takes it away again, in the one way that glibc takes for "use clone".
    libc::SYS_clone3,
];

/// The event loop: tokio makes it after the filter, and waits in it.
const EVENTS: &[c_long] = &[
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];

/// Connections that come to the one listener there is. None can be made from here.
const CONNECTIONS: &[c_long] = &[
    libc::SYS_accept4,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
];

/// Files beneath the folders that landlock lets through. The path is out of a filter's sight.
const FILES: &[c_long] = &[libc::SYS_openat2];

/// Files by their paths, beneath the folders that landlock lets through, made and renamed: as the standard library does it. Asking about one
/// is nothing that landlock could refuse.
const PATHS: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_statx,
    libc::SYS_newfstatat,
    libc::SYS_mkdirat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_unlinkat,
    // A file that takes another's place takes over its mode, once it is on the disk.
    libc::SYS_fchmod,
    libc::SYS_fdatasync,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
];

/// Connections of its own, to the ports that landlock lets through, and packets to name servers. `socket` is looked at.
const FETCHES: &[c_long] = &[libc::SYS_connect, libc::SYS_bind];

/// Pictures to and from a process that does pixel work, and plans and replies: over a socket and a memory file that were made before.
const PROCESSES: &[c_long] = &[libc::SYS_sendmsg, libc::SYS_recvmsg, libc::SYS_pwrite64];

/// The server's side of it gives memory back that nobody needs.
const CHILDREN: &[c_long] = &[libc::SYS_ftruncate];

/// The other side waits for the next.
const CODEC: &[c_long] = &[
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];

/// Nothing here ever runs another program or looks into another process: whoever tries has taken the process over.
pub(super) const DEADLY: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
];

/// What is asked of open files: flags, and another number.
const DESCRIPTORS: &[i32] = &[
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_SETFL,
    libc::F_DUPFD_CLOEXEC,
];

/// A namespace of its own is nothing that a thread needs.
const NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// The whole argument counts.
const ALL: u32 = u32::MAX;

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
    calls
}
