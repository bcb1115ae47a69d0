//! The few calls to the system: priorities, the allocator, limits, what the container grants.
//!
//! A leaf. Nothing here fails loudly: what can't be had is done without, and the
//! caller logs what it got.
#![expect(
    unsafe_code,
    reason = "mallopt, fork, signal, files by number and what the sandbox forbids: no safe wrapper has them"
)]

use std::fs::{self, File};
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use rustix::fs::Dir;

/// Lowers the calling thread's priority by `nice` steps, 0 to 19, below the process's own.
pub fn lower_priority(nice: u8) {
    // On Linux the thread's id names the thread alone, although POSIX says process.
    let thread = rustix::thread::gettid();
    let current = rustix::process::getpriority_process(Some(thread)).unwrap_or(0);
    let lower = current.saturating_add(i32::from(nice)).min(19);
    // Refused only where even lowering is forbidden; the worker then runs at its old priority.
    let _refused = rustix::process::setpriority_process(Some(thread), lower);
}

/// Settles glibc's allocator: few arenas, and thresholds that don't move.
///
/// Left alone, glibc gives each thread an arena and raises the threshold for
/// mapping after the first large block is freed; buffers of tens of megabytes then
/// stay in the heap for ever. Below the threshold a picture's buffers come back warm: mapping each anew
/// costs a fault for every page. What an idle heap keeps is handed back by [`trim`].
#[cfg(target_env = "gnu")]
pub fn tune_allocator() {
    const ARENAS: libc::c_int = 2;
    const MAP_FROM: libc::c_int = 8 << 20;
    const TRIM_FROM: libc::c_int = 32 << 20;
    // SAFETY: mallopt takes numbers and reads no memory of ours; it is called before
    // other threads exist.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS);
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAP_FROM);
        libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_FROM);
    }
}

/// Other allocators have nothing to settle.
#[cfg(not(target_env = "gnu"))]
pub fn tune_allocator() {}

/// Gives free memory back to the system.
pub fn trim() {
    // SAFETY: malloc_trim may be called at any time, from any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Proof that this process had one thread when it was asked. Its holder starts none as long as it has this.
#[derive(Debug)]
pub struct Alone(());

/// On which side of a fork this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// In the new process.
    Child,
    /// In the old one; the new one's id.
    Parent(i32),
}

impl Alone {
    /// Counts the threads.
    ///
    /// # Errors
    /// There are several, or `/proc` can't be read.
    pub fn prove() -> io::Result<Self> {
        match fs::read_dir("/proc/self/task")?.count() {
            1 => Ok(Self(())),
            threads => Err(io::Error::other(format!(
                "a process with {threads} threads can't be forked"
            ))),
        }
    }

    /// Makes a process that goes on from here as this one does.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn fork(&self) -> io::Result<Fork> {
        // SAFETY: the new process has the thread that calls alone. There is no other whose lock or
        // half-done work it could have inherited, as `self` proves.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => Ok(Fork::Child),
            child => Ok(Fork::Parent(child)),
        }
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

/// Asks the system to end this process first where memory is short.
pub fn be_the_first_to_go() {
    // Refused where /proc is read-only.
    let _refused = fs::write("/proc/self/oom_score_adj", "1000");
}

/// Has allocations fail beyond this many bytes of address space.
pub fn limit_address_space(bytes: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    // A stricter limit is in force then.
    let _refused = setrlimit(Resource::As, limit);
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

/// Takes over a file that the process was started with, and keeps it from processes started later.
///
/// For `main`, before anything else is opened: whose number it is then can't be in doubt.
///
/// # Errors
/// Nothing is open under that number.
pub fn inherited(number: i32) -> io::Result<OwnedFd> {
    // SAFETY: the number is only looked up. If nothing is open under it, both calls say so.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    let flags = rustix::io::fcntl_getfd(borrowed)?;
    rustix::io::fcntl_setfd(borrowed, flags | rustix::io::FdFlags::CLOEXEC)?;
    // SAFETY: it is open, as the call above has shown. Who started us has put it there for us, and
    // nothing of this process has opened it, so that nobody else closes it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Cores this process may use: its affinity and its container's quota, at least 1.
pub fn cpus() -> usize {
    // The standard library looks at affinity and at both kinds of control groups.
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Bytes of memory this process may use: its container's limit, else the machine's memory.
pub fn memory() -> u64 {
    memory_under(Path::new("/"))
}

fn memory_under(root: &Path) -> u64 {
    let machine = read(&root.join("proc/meminfo"))
        .and_then(|text| mem_total(&text))
        .unwrap_or(1 << 30);
    let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
    limit_files(&groups)
        .iter()
        .filter_map(|file| read(&root.join(file))?.trim().parse().ok())
        .fold(machine, u64::min)
}

/// The files that may hold a memory limit, from the text of `/proc/self/cgroup`: the group's own and its parents'.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    groups
        .lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            if number == "0" && controllers.is_empty() {
                Some(("sys/fs/cgroup", path, "memory.max"))
            } else if controllers.split(',').any(|name| name == "memory") {
                Some(("sys/fs/cgroup/memory", path, "memory.limit_in_bytes"))
            } else {
                None
            }
        })
        .flat_map(|(mount, path, file)| {
            // Inside a container the path may be one that only the host has: its parents
            // end at the mount, which is the container's own group there.
            Path::new(path.trim_start_matches('/'))
                .ancestors()
                .map(move |group| Path::new(mount).join(group).join(file))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn mem_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// What the system tells of this process; opened once, since in the sandbox nothing is opened any more.
static OWN_FIGURES: LazyLock<OwnFigures> = LazyLock::new(|| OwnFigures {
    // Read from `/proc` the first time on some systems; the clock's code is found by the same table.
    page_size: rustix::param::page_size() as u64,
    memory: File::open("/proc/self/statm").ok(),
    files: File::open("/proc/self/fd")
        .ok()
        .and_then(|folder| Dir::new(folder).ok())
        .map(Mutex::new),
});

struct OwnFigures {
    page_size: u64,
    memory: Option<File>,
    files: Option<Mutex<Dir>>,
}

/// Opens what [`resident_bytes`] and [`open_files`] read, for a process that soon can't.
pub fn open_own_figures() {
    LazyLock::force(&OWN_FIGURES);
    // Finds the clock.
    let _seconds = cpu_seconds();
}

/// Bytes of this process in memory now.
pub fn resident_bytes() -> u64 {
    // Seven numbers of 20 digits at most.
    let mut text = [0; 160];
    let pages = OWN_FIGURES
        .memory
        .as_ref()
        .and_then(|file| file.read_at(&mut text, 0).ok())
        .and_then(|length| std::str::from_utf8(text.get(..length)?).ok())
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok())
        .unwrap_or(0);
    pages * OWN_FIGURES.page_size
}

/// Files, sockets included, that this process has open now.
pub fn open_files() -> u64 {
    OWN_FIGURES.files.as_ref().map_or(0, |folder| {
        let mut folder = folder.lock().unwrap_or_else(PoisonError::into_inner);
        // Since Linux 6.2 the folder's size is their number. Listing ten thousand takes a request's thread a quarter of a second.
        let told = folder.stat().map_or(0, |stat| stat.st_size);
        if told > 0 {
            return told.unsigned_abs();
        }
        folder.rewind();
        // Two of them are the folder itself and its parent.
        folder.by_ref().count().saturating_sub(2) as u64
    })
}

/// CPU seconds, user and system, that this process has used.
pub fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> PathBuf {
        let name = std::thread::current()
            .name()
            .unwrap_or("test")
            .replace(':', "-");
        let root = std::env::temp_dir().join(format!("pixmill-os-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&root));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:  2048 kB\nMemFree: 1 kB\n");

    #[test]
    fn the_smallest_limit_counts() {
        for (files, expected) in [
            (vec![MEMINFO], 2_097_152),
            (
                vec![
                    MEMINFO,
                    ("proc/self/cgroup", "0::/a/b\n"),
                    ("sys/fs/cgroup/a/b/memory.max", "max\n"),
                    ("sys/fs/cgroup/a/memory.max", "1000000\n"),
                ],
                1_000_000,
            ),
            (
                vec![
                    MEMINFO,
                    ("proc/self/cgroup", "0::/\n"),
                    ("sys/fs/cgroup/memory.max", "500000\n"),
                ],
                500_000,
            ),
            (
                vec![
                    MEMINFO,
                    ("proc/self/cgroup", "3:cpu,memory:/box\n0::/\n"),
                    (
                        "sys/fs/cgroup/memory/box/memory.limit_in_bytes",
                        "9223372036854771712",
                    ),
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "700000"),
                ],
                700_000,
            ),
            (vec![MEMINFO, ("proc/self/cgroup", "nonsense")], 2_097_152),
        ] {
            let root = root(&files);
            assert_eq!(memory_under(&root), expected, "{files:?}");
            fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn this_process_is_seen() {
        assert!(cpus() >= 1);
        assert!(memory() > 1 << 20);
        assert!(resident_bytes() > 1 << 16);
        assert!(open_files() >= 3);
        // Other tests open and close files meanwhile, but not so many.
        let before = open_files();
        let held: Vec<_> = (0..500)
            .map(|_| fs::File::open("/dev/null").unwrap())
            .collect();
        assert!(open_files().abs_diff(before + 500) < 200);
        drop(held);
        assert!(cpu_seconds() >= 0.0);
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
