//! How much processor time another thread or process has used.
#![expect(
    unsafe_code,
    reason = "clocks of others have numbers that no safe wrapper takes"
)]

use std::mem::MaybeUninit;
use std::time::Duration;

/// The processor time, user and system, of one thread or process. Anybody in this process may read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuClock(libc::clockid_t);

/// Of the number of such a clock, the bits that aren't the id's: that all of its time counts, and that it is one thread's.
const ALL_TIME: libc::clockid_t = 2;
const ONE_THREAD: libc::clockid_t = 4;

impl CpuClock {
    /// Of the calling thread.
    pub fn of_this_thread() -> Self {
        let id = rustix::thread::gettid().as_raw_nonzero().get();
        Self(number(id) | ONE_THREAD)
    }

    /// Of another process, all of its threads together.
    pub fn of_process(id: i32) -> Self {
        Self(number(id))
    }

    /// What it has used until now; `None` when it has ended.
    pub fn now(self) -> Option<Duration> {
        let mut time = MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: the kernel writes to the one place that it is given, which is large enough, or says that it didn't.
        let told = unsafe { libc::clock_gettime(self.0, time.as_mut_ptr()) };
        if told != 0 {
            return None;
        }
        // SAFETY: the call has succeeded, so that it is written.
        let time = unsafe { time.assume_init() };
        let seconds = u64::try_from(time.tv_sec).ok()?;
        let nanoseconds = u32::try_from(time.tv_nsec).ok()?;
        Some(Duration::new(seconds, nanoseconds))
    }
}

/// As the kernel makes it of an id (`clock_getcpuclockid` in the C library asks for one that lives, which isn't needed).
fn number(id: i32) -> libc::clockid_t {
    (!id << 3) | ALL_TIME
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin(clock: CpuClock, time: Duration) {
        let end = clock.now().unwrap() + time;
        while clock.now().unwrap() < end {
            std::hint::spin_loop();
        }
    }

    #[test]
    fn a_thread_is_seen_by_others_and_alone() {
        let (tell, told) = std::sync::mpsc::channel();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let worker = std::thread::spawn(move || {
            let clock = CpuClock::of_this_thread();
            spin(clock, Duration::from_millis(20));
            tell.send(clock).unwrap();
            gone.recv().unwrap_err();
        });
        let clock = told.recv().unwrap();
        let used = clock.now().unwrap();
        let [little, more] = [20, 40].map(Duration::from_millis);
        assert!(used >= little);
        // This one's work isn't that one's.
        spin(CpuClock::of_this_thread(), Duration::from_millis(60));
        assert!(clock.now().unwrap() < used + more);
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(CpuClock::of_process(own).now().unwrap() >= Duration::from_millis(80));
        drop(go);
        worker.join().unwrap();
    }

    #[test]
    fn who_has_ended_has_no_clock() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let id = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        assert_eq!(CpuClock::of_process(id).now(), None);
    }
}
