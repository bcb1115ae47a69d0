//! What this process takes, for metrics; read from what is opened once, so that nothing need be opened later.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::{LazyLock, Mutex, PoisonError};

use rustix::fs::Dir;

/// What the system tells of this process; opened once, since in the sandbox nothing is opened any more.
static OWN_FIGURES: LazyLock<OwnFigures> = LazyLock::new(|| OwnFigures {
    // Read from `/proc` the first time on some systems; the clock's code is found by the same table.
    page_size: rustix::param::page_size() as u64,
    max_files: rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .unwrap_or(u64::MAX),
    memory: File::open("/proc/self/statm").ok(),
    files: File::open("/proc/self/fd")
        .ok()
        .and_then(|folder| Dir::new(folder).ok())
        .map(Mutex::new),
});

struct OwnFigures {
    page_size: u64,
    max_files: u64,
    memory: Option<File>,
    files: Option<Mutex<Dir>>,
}

/// The peak of memory, for who measures.
static PEAK: LazyLock<Peak> = LazyLock::new(|| Peak {
    status: File::open("/proc/self/status").ok(),
    reset: File::options()
        .write(true)
        .open("/proc/self/clear_refs")
        .ok(),
});

struct Peak {
    status: Option<File>,
    reset: Option<File>,
}

/// Opens what [`peak_resident_bytes`] and [`forget_peak`] need, for a process that soon can't.
pub fn open_peak() {
    LazyLock::force(&PEAK);
}

/// Opens what [`resident_bytes`] and [`open_files`] read, for a process that soon can't.
pub fn open_own_figures() {
    LazyLock::force(&OWN_FIGURES);
    // Finds the clock.
    let _seconds = cpu_seconds();
}

/// Bytes of this process in memory now.
pub fn resident_bytes() -> u64 {
    pages(1)
}

/// Bytes of this process's address space that are taken.
pub(super) fn mapped_bytes() -> u64 {
    pages(0)
}

/// A number of `statm`, in bytes.
fn pages(at: usize) -> u64 {
    // Seven numbers of 20 digits at most.
    let mut text = [0; 160];
    let pages = OWN_FIGURES
        .memory
        .as_ref()
        .and_then(|file| file.read_at(&mut text, 0).ok())
        .and_then(|length| std::str::from_utf8(text.get(..length)?).ok())
        .and_then(|text| text.split_whitespace().nth(at)?.parse::<u64>().ok())
        .unwrap_or(0);
    pages * OWN_FIGURES.page_size
}

/// Bytes of this process in memory at most, since the start or since [`forget_peak`].
pub fn peak_resident_bytes() -> Option<u64> {
    // Some fifty short lines.
    let mut text = [0; 8192];
    let length = PEAK.status.as_ref()?.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(text.get(..length)?).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// Has the peak counted anew from what is in memory now; whether the system does that.
pub fn forget_peak() -> bool {
    let reset = PEAK.reset.as_ref();
    // It has no places to write at.
    reset.is_some_and(|mut file| file.write_all(b"5").is_ok())
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

/// Files that this process may have open, as it was allowed when that was first asked.
pub fn max_files() -> u64 {
    OWN_FIGURES.max_files
}

/// CPU seconds, user and system, that this process has used.
pub fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_remembered_until_it_is_forgotten() {
        // As large as nothing else here, and touched.
        let large = vec![1_u8; 96 << 20];
        drop(std::hint::black_box(large));
        let before = peak_resident_bytes().unwrap();
        assert!(before > 96 << 20, "{before}");
        if forget_peak() {
            assert!(peak_resident_bytes().unwrap() < before);
        }
    }

    #[test]
    fn this_process_is_seen() {
        assert!(resident_bytes() > 1 << 16);
        assert!(open_files() >= 3 && max_files() > open_files());
        // Other tests open and close files meanwhile, but not so many.
        let before = open_files();
        let held: Vec<_> = (0..500).map(|_| File::open("/dev/null").unwrap()).collect();
        assert!(open_files().abs_diff(before + 500) < 200);
        drop(held);
        assert!(cpu_seconds() >= 0.0);
    }
}
