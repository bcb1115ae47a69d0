//! How far estimates of time are off, from what work has taken.

use std::time::Duration;

/// Seconds of work after which what was measured before counts half.
const MEMORY: f64 = 1.0;

/// How many times longer than thought work counts as, at most: a piece that was stuck says little of the others.
const STUCK: u32 = 8;

/// What work took over what it was thought to take, lately.
#[derive(Debug)]
pub(super) struct Pace {
    /// Seconds.
    took: f64,
    thought: f64,
}

impl Pace {
    /// Until something has been measured, estimates are right.
    pub(super) fn new() -> Self {
        Self {
            took: 0.1,
            thought: 0.1,
        }
    }

    /// Takes a piece of work into account: by its seconds, since many small pieces say little of a large one.
    pub(super) fn learn(&mut self, thought: Duration, took: Duration) {
        let took = took.min(thought * STUCK);
        let fade = MEMORY / (MEMORY + thought.as_secs_f64());
        self.took = self.took * fade + took.as_secs_f64();
        self.thought = self.thought * fade + thought.as_secs_f64();
    }

    /// Seconds that work takes which was thought to take so many.
    pub(super) fn seconds(&self, thought: f64) -> f64 {
        thought * self.took / self.thought
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_count_not_pieces() {
        let mut pace = Pace::new();
        let milliseconds = Duration::from_millis;
        for _ in 0..5 {
            pace.learn(milliseconds(1_000), milliseconds(2_000));
        }
        assert!((1.9..=2.0).contains(&pace.seconds(1.0)), "{pace:?}");
        // A hundred tiny pieces, ten times as slow as thought, are a twentieth of a second's worth.
        for _ in 0..100 {
            pace.learn(Duration::from_micros(500), milliseconds(5));
        }
        assert!((2.0..=2.7).contains(&pace.seconds(1.0)), "{pace:?}");
        for _ in 0..10 {
            pace.learn(milliseconds(1_000), milliseconds(500));
        }
        assert!((0.5..=0.51).contains(&pace.seconds(1.0)), "{pace:?}");
    }

    #[test]
    fn one_that_was_stuck_says_little_of_the_others() {
        let seconds = Duration::from_secs;
        let mut pace = Pace::new();
        pace.learn(seconds(1), seconds(3_600));
        assert!((7.0..=8.0).contains(&pace.seconds(1.0)), "{pace:?}");
    }
}
