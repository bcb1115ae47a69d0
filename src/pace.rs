//! How fast bytes have to come in, from whomever they come: the body of a request, or the answer of a source.
//!
//! An announced length holds as much upload memory from its first byte on. Who announces much and sends little is found out
//! soon after the first seconds, not at the very end.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes may begin slowly: the pace counts from here on.
const GRACE: Duration = Duration::from_secs(5);

/// Where others need the memory that slow senders hold, they have to send so many times as fast, and start as much sooner.
const HURRIED: u32 = 8;

/// Whether there is haste is asked as often.
const HASTY_LOOK: Duration = Duration::from_millis(250);

/// When which bytes have to be here.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    start: Instant,
    end: Instant,
    bytes_per_second: u64,
    announced: Option<u64>,
}

impl Pace {
    /// From now on, for bytes of that announced length, all of which have to be here at the `end`; no bytes a second are no pace.
    pub fn new(end: Instant, bytes_per_second: u64, announced: Option<u64>) -> Self {
        Self {
            start: Instant::now(),
            end,
            bytes_per_second,
            announced,
        }
    }

    /// When the next bytes have to be here, after so many have come: each share of what was announced in its share of the time.
    fn due(&self, received: u64) -> Instant {
        if self.bytes_per_second == 0 {
            return self.end;
        }
        let whole = self.end.saturating_duration_since(self.start);
        let left = whole.saturating_sub(GRACE);
        let by_rate = Duration::try_from_secs_f64(received as f64 / self.bytes_per_second as f64);
        let by_share = left.mul_f64(self.share(received));
        let earned = by_rate.unwrap_or(left).min(by_share);
        (self.start + GRACE + earned).min(self.end)
    }

    /// When the next bytes have to be here, after so many have come, if others lack the memory that is held for them: who sends
    /// steadily, at half the usual pace and eight times the least rate, is borne all the same.
    fn hurried(&self, received: u64) -> Instant {
        if self.bytes_per_second == 0 {
            return self.end;
        }
        let by_rate = Duration::try_from_secs_f64(received as f64 / self.bytes_per_second as f64);
        let by_rate = by_rate.unwrap_or(Duration::MAX) / HURRIED;
        // A few bytes at once earn no time for much that was announced: at half the usual pace it is late, however it came.
        let whole = self.end.saturating_duration_since(self.start);
        let by_share = whole.mul_f64((2.0 * self.share(received)).min(1.0));
        (self.start + GRACE / HURRIED + by_rate.min(by_share)).min(self.end)
    }

    /// Which part of what was announced so many bytes are, 0 to 1; all of it where nothing was.
    fn share(&self, received: u64) -> f64 {
        match self.announced {
            Some(length) if length > received => received as f64 / length as f64,
            _ => 1.0,
        }
    }

    /// Bytes that are held for them, after so many have come.
    pub fn held(&self, received: u64) -> u64 {
        self.announced.unwrap_or(0).max(received)
    }

    /// When it has to be looked whether the next bytes are late, after so many have come.
    pub fn first_look(&self, received: u64) -> Instant {
        self.hurried(received).min(self.due(received))
    }

    /// When it has to be looked again, where it is looked now; `None` if they are late.
    pub fn next_look(&self, received: u64, is_hasty: impl FnOnce() -> bool) -> Option<Instant> {
        let (now, due) = (Instant::now(), self.due(received));
        if now >= due || (now >= self.hurried(received) && is_hasty()) {
            return None;
        }
        Some(due.min(self.first_look(received).max(now + HASTY_LOOK)))
    }

    /// Whether all bytes have to be here by now, however fast they came.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_earn_their_time() {
        let mib = 1 << 20;
        for (rate, announced, received, seconds) in [
            (1_000, None, 0, 5),
            (1_000, None, 1_000, 6),
            (1_000, None, 10_000, 15),
            (1_000, None, 1 << 30, 30),
            // Much is announced: a quarter of it earns a quarter of the time after the grace.
            (1_000, Some(100 * mib), 0, 5),
            (1_000, Some(100 * mib), 20 * mib, 10),
            (1_000, Some(100 * mib), 60 * mib, 20),
            (1_000, Some(100 * mib), 100 * mib, 30),
            // Little is announced: the least rate earns less.
            (1_000, Some(10_000), 5_000, 10),
            (0, Some(100 * mib), 0, 30),
            (1, Some(u64::MAX), u64::MAX, 30),
        ] {
            let end = Instant::now() + Duration::from_secs(30);
            let pace = Pace::new(end, rate, announced);
            let due = pace.due(received) - pace.start;
            assert_eq!(due.as_secs(), seconds, "{announced:?} {received}");
        }
    }
}
