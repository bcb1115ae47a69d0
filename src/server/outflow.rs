//! An answer on its way out: it is sent for as long as the client takes it, and takes it fast enough.
//!
//! What the client has taken is what it has acknowledged. That a write was possible says little: the system
//! takes megabytes for a client that reads nothing, and nothing more for minutes from one that reads slowly and steadily.
//! Who is borne while there is memory is given up where others lack it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::{Hurry, Settings};

/// An answer may begin slowly: the pace counts from here on.
const GRACE: Duration = Duration::from_secs(5);

/// However long an answer is, its memory is held for no longer than this and [`GRACE`].
const LONGEST: Duration = Duration::from_mins(10);

/// Where others need the memory that answers hold, they have to go so many times as fast, and start as much sooner.
const HURRIED: u32 = 8;

/// Whether there is haste is asked as often.
const HASTY_LOOK: Duration = Duration::from_secs(4);

/// Looks at what has been taken, within the time without any: so much later than it a client may be given up.
const LOOKS: u32 = 8;

/// What is written on a connection, and the clocks of what can't be written yet.
pub(super) struct Outflow {
    /// Without a byte taken.
    timeout: Duration,
    /// Bytes a second, at least; 0 is no pace at all.
    least_rate: u64,
    hurry: Hurry,
    /// Bytes that the system has taken from us, on this connection.
    written: u64,
    waiting: Option<Waiting>,
}

/// An answer that doesn't go out in one go.
struct Waiting {
    start: Instant,
    /// Bytes a second that it has to go at.
    rate: f64,
    /// Bytes that the client had taken before, of earlier answers and of this one's beginning.
    before: u64,
    /// Bytes that it has taken in all, when that was last looked at.
    taken: u64,
    /// When they were seen to have become more.
    progress: Instant,
    next_look: Pin<Box<Sleep>>,
}

impl Outflow {
    pub(super) fn new(settings: &Settings, hurry: Hurry) -> Self {
        Self {
            timeout: settings.write_timeout,
            least_rate: settings.min_download_rate,
            hurry,
            written: 0,
            waiting: None,
        }
    }

    /// The system has taken bytes.
    pub(super) fn wrote(&mut self, bytes: usize) {
        self.written += bytes as u64;
    }

    /// Everything there was to write is written; whether the client had to be waited for.
    pub(super) fn flushed(&mut self) -> bool {
        self.waiting.take().is_some()
    }

    /// Whether there is more to write than the system takes.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Ready when the client, for which `left` bytes are still to be written, is not to be waited for any longer.
    ///
    /// `unacknowledged` asks the system how many of the bytes that it took the client has yet to take.
    pub(super) fn poll_late(
        &mut self,
        left: usize,
        unacknowledged: impl Fn() -> u64,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let (timeout, written) = (self.timeout, self.written);
        let hurry = &self.hurry;
        let waiting = self.waiting.get_or_insert_with(|| {
            let outstanding = unacknowledged();
            let taken = written.saturating_sub(outstanding);
            let rate = rate(self.least_rate, left as u64 + outstanding);
            Waiting::new(taken, rate, timeout)
        });
        loop {
            ready!(waiting.next_look.as_mut().poll(cx));
            let now = Instant::now();
            let taken = written.saturating_sub(unacknowledged());
            if taken > waiting.taken {
                (waiting.taken, waiting.progress) = (taken, now);
            }
            let due = waiting.due(timeout, 1);
            if now >= due || (now >= waiting.due(timeout, HURRIED) && hurry()) {
                return Poll::Ready(());
            }
            let look = due.min(now + (timeout / LOOKS).min(HASTY_LOOK));
            waiting.next_look.as_mut().reset(look);
        }
    }
}

/// The pace of an answer with so many bytes still to be taken.
fn rate(least: u64, bytes: u64) -> f64 {
    if least == 0 {
        return 0.0;
    }
    // Who holds much has to be done with it in time, too.
    (least as f64).max(bytes as f64 / LONGEST.as_secs_f64())
}

impl Waiting {
    fn new(taken: u64, rate: f64, timeout: Duration) -> Self {
        let start = Instant::now();
        Self {
            start,
            rate,
            before: taken,
            taken,
            progress: start,
            next_look: Box::pin(sleep_until(start + GRACE.min(timeout / LOOKS))),
        }
    }

    /// When more has to be taken, as things stand, with all times divided by `haste`.
    fn due(&self, timeout: Duration, haste: u32) -> Instant {
        let silent = self.progress + timeout / haste;
        if self.rate <= 0.0 {
            return silent;
        }
        let taken = (self.taken - self.before) as f64;
        let earned = Duration::try_from_secs_f64(taken / self.rate).unwrap_or(LONGEST);
        silent.min(self.start + (GRACE + earned.min(LONGEST)) / haste)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Arc;

    use super::*;

    const KIB: u64 = 1 << 10;

    /// Seconds until a client is given up that takes `each` bytes every `pause` seconds of an answer of so many; `None` if it
    /// gets all, or is still borne after an hour.
    ///
    /// As much of the answer as the system would hold lies in its buffers all the time.
    async fn given_up(least: u64, bytes: u64, each: u64, pause: u64, hurried: bool) -> Option<u64> {
        const BUFFER: u64 = 4 << 20;
        let size = |bytes: u64| usize::try_from(bytes).unwrap();
        let mut outflow = Outflow {
            timeout: Duration::from_secs(30),
            least_rate: least,
            hurry: Arc::new(move || hurried),
            written: 0,
            waiting: None,
        };
        let start = Instant::now();
        let mut taken = 0;
        outflow.wrote(size(bytes.min(BUFFER)));
        let mut turn = tokio::time::interval(Duration::from_secs(pause));
        turn.tick().await;
        while outflow.written < bytes && start.elapsed() < Duration::from_hours(1) {
            let (left, queued) = (size(bytes - outflow.written), outflow.written - taken);
            let late = poll_fn(|cx| outflow.poll_late(left, || queued, cx));
            tokio::select! {
                biased;
                _now = turn.tick() => {}
                () = late => return Some(start.elapsed().as_secs()),
            }
            taken += each;
            // Only when a third is free does the system take more.
            let queued = outflow.written.saturating_sub(taken);
            if queued < BUFFER * 2 / 3 {
                outflow.wrote(left.min(size(BUFFER - queued)));
            }
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_is_borne_as_long_as_it_keeps_the_pace() {
        let (large, huge) = (6 << 20, 150 << 20);
        for (least, bytes, each, pause, expected, hurried) in [
            // Nothing at all; one byte now and then.
            (KIB, large, 0, 1, Some(5), Some(3)),
            (KIB, large, 1, 29, Some(5), Some(3)),
            (0, large, 0, 1, Some(30), Some(3)),
            (0, large, 1, 29, None, Some(3)),
            // Slow and steady, while for minutes nothing more can be written.
            (KIB, large, 12 * KIB, 1, None, Some(3)),
            (KIB, large, 50 * KIB, 4, None, Some(3)),
            (KIB, large, 100 * KIB, 1, None, None),
            // Fast enough for what is shorter, but this holds much.
            (KIB, huge, 12 * KIB, 1, Some(5), Some(3)),
            (KIB, huge, 300 * KIB, 1, None, Some(3)),
            // Half the rate makes the first seconds twice as long.
            (100 * KIB, large, 50 * KIB, 1, Some(9), Some(3)),
        ] {
            let found = given_up(least, bytes, each, pause, false).await;
            assert_eq!(found, expected, "{least} {bytes} {each} {pause}");
            let found = given_up(least, bytes, each, pause, true).await;
            assert_eq!(found, hurried, "hurried, {least} {bytes} {each} {pause}");
        }
    }
}
