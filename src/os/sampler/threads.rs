//! The threads of this process.

use std::fs::File;
use std::sync::{LazyLock, Mutex, PoisonError};

use rustix::fs::Dir;

/// Where the system lists them; opened once, since in the sandbox nothing is opened any more.
static THREADS: LazyLock<Option<Mutex<Dir>>> = LazyLock::new(|| {
    let folder = File::open("/proc/self/task").ok()?;
    Dir::new(folder).ok().map(Mutex::new)
});

/// Opens what [`threads`] reads, for a process that soon can't.
pub(super) fn open() {
    LazyLock::force(&THREADS);
}

/// Their ids; none where the system doesn't tell.
pub(super) fn threads() -> Vec<i32> {
    let Some(folder) = &*THREADS else {
        return Vec::new();
    };
    let mut folder = folder.lock().unwrap_or_else(PoisonError::into_inner);
    folder.rewind();
    let names = folder.by_ref().filter_map(Result::ok);
    names
        .filter_map(|entry| entry.file_name().to_str().ok()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_come_and_go() {
        let own = || rustix::thread::gettid().as_raw_nonzero().get();
        assert!(threads().contains(&own()));
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            tell.send(own()).unwrap();
            ended.recv().ok();
        });
        let other = told.recv().unwrap();
        assert!(threads().contains(&other));
        drop(end);
        thread.join().unwrap();
        while threads().contains(&other) {
            std::thread::yield_now();
        }
    }
}
