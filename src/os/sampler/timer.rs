//! Timers that interrupt one thread.
#![expect(
    unsafe_code,
    reason = "timers of a thread's own time have no safe wrapper"
)]

use std::io;
use std::mem;
use std::ptr::null_mut;

use libc::c_int;

use super::PERIOD;

/// A timer of one thread's processor time, which interrupts that thread. Gone when dropped.
#[derive(Debug)]
pub(super) struct Timer(c_int);

impl Timer {
    /// # Errors
    /// There is no such thread any more, or the system refuses a timer.
    pub(super) fn start(thread: i32) -> io::Result<Self> {
        // SAFETY: of plain numbers and a pointer, for all of which zero is a value.
        let mut event: libc::sigevent = unsafe { mem::zeroed() };
        event.sigev_signo = libc::SIGPROF;
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_notify_thread_id = thread;
        let mut number: c_int = 0;
        // The system's own name for the clock of a thread's time on processors.
        let clock = libc::c_long::from((!thread << 3) | 6);
        // SAFETY: the call reads the event and writes the number, both of which live through it.
        let made = unsafe {
            libc::syscall(
                libc::SYS_timer_create,
                clock,
                &raw mut event,
                &raw mut number,
            )
        };
        if made != 0 {
            return Err(io::Error::last_os_error());
        }
        let timer = Self(number);
        let period = libc::timespec {
            tv_sec: 0,
            tv_nsec: PERIOD.subsec_nanos().into(),
        };
        let pace = libc::itimerspec {
            it_interval: period,
            it_value: period,
        };
        let before = null_mut::<libc::itimerspec>();
        // SAFETY: the call reads the pace, which lives through it, and is told to write nothing.
        let set =
            unsafe { libc::syscall(libc::SYS_timer_settime, number, 0, &raw const pace, before) };
        if set != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(timer)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: the number is this timer's alone, and no memory goes with it.
        let _gone = unsafe { libc::syscall(libc::SYS_timer_delete, self.0) };
    }
}
