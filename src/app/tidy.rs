//! What is done from time to time, where it holds up no request.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// A thread that does a chore every so often, for as long as this is kept.
#[derive(Debug)]
pub(super) struct Tidying {
    _end: Sender<()>,
}

impl Tidying {
    /// Starts it. The thread has its own turn, at the usual priority: memory that is given back
    /// takes milliseconds for which the allocator's lock is held, and whoever holds a lock that requests wait for must not wait behind pixels.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub(super) fn start(every: Duration, chore: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (end, ended) = mpsc::channel();
        let tidy = move || {
            while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                chore();
            }
        };
        thread::Builder::new()
            .name("pixmill-tidy".to_owned())
            .spawn(tidy)?;
        Ok(Self { _end: end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chore_is_done_elsewhere_again_and_again_and_no_longer_than_wanted() {
        let (done, rounds) = mpsc::channel();
        let tidying = Tidying::start(Duration::from_millis(1), move || {
            // At the end, nobody counts.
            let _uncounted = done.send(thread::current().id());
        });
        for _ in 0..3 {
            let by = rounds.recv_timeout(Duration::from_secs(20)).unwrap();
            assert_ne!(by, thread::current().id());
        }
        drop(tidying);
        // The thread has ended when its end of the channel has gone.
        while rounds.recv_timeout(Duration::from_secs(20)).is_ok() {}
        assert_eq!(
            rounds.recv_timeout(Duration::from_secs(20)),
            Err(RecvTimeoutError::Disconnected)
        );
    }
}
