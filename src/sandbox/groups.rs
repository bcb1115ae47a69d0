//! System calls by what they are for, each group with its reason.
//!
//! Found by `strace -f` of a server under load, drained and panicking, and widened by what other kernels and C libraries
//! use for the same.

use libc::c_long;

/// Bytes in and out of what is open already: sockets, the log, the two files of `/proc` that metrics are read from.
pub(super) const BYTES: &[c_long] = &[
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
pub(super) const MEMORY: &[c_long] = &[
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_brk,
    // The allocator gives free pages back.
    libc::SYS_madvise,
];

/// Locks, clocks and random numbers (seeds of hash tables). Clocks come here only where the kernel maps none into the process, or for CPU time.
pub(super) const PRIMITIVES: &[c_long] = &[
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
pub(super) const ENDING: &[c_long] = &[
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
pub(super) const THREADS: &[c_long] = &[
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_getpriority,
    libc::SYS_setpriority,
    // A second filter takes it away again, in the one way that glibc takes for "use clone".
    libc::SYS_clone3,
];

/// The event loop: tokio makes it after the filter, and waits in it.
pub(super) const EVENTS: &[c_long] = &[
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
pub(super) const CONNECTIONS: &[c_long] = &[
    libc::SYS_accept4,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
];

/// Files beneath the folders that landlock lets through. The path is out of a filter's sight.
pub(super) const FILES: &[c_long] = &[libc::SYS_openat2];

/// Files by their paths, beneath the folders that landlock lets through, made and renamed: as the standard library does it. Asking about one
/// is nothing that landlock could refuse.
pub(super) const PATHS: &[c_long] = &[
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
pub(super) const FETCHES: &[c_long] = &[libc::SYS_connect, libc::SYS_bind];

/// Timers that interrupt threads, for profiles; `timer_create` is looked at.
pub(super) const TIMERS: &[c_long] = &[libc::SYS_timer_settime, libc::SYS_timer_delete];

/// A clock of a thread's processor time, whichever thread: these bits say so, the others which.
pub(super) const CLOCKS: u32 = 0b111;
pub(super) const OF_A_THREAD: i32 = 0b110;

/// Pictures to and from a process that does pixel work, and plans and replies: over a socket and a memory file that were made before.
pub(super) const PROCESSES: &[c_long] = &[libc::SYS_sendmsg, libc::SYS_recvmsg, libc::SYS_pwrite64];

/// The server's side of it gives memory back that nobody needs.
pub(super) const CHILDREN: &[c_long] = &[libc::SYS_ftruncate];

/// The other side waits for the next.
pub(super) const CODEC: &[c_long] = &[
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
pub(super) const DESCRIPTORS: &[i32] = &[
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_SETFL,
    libc::F_DUPFD_CLOEXEC,
];

/// A namespace of its own is nothing that a thread needs.
pub(super) const NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;

/// The whole argument counts.
pub(super) const ALL: u32 = u32::MAX;
