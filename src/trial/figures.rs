//! What was measured.

use std::time::Duration;

/// What came of one task.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Pictures that were made.
    pub images: usize,
    /// In which time.
    pub took: Duration,
    /// CPU seconds, user and system, that all of them took.
    pub cpu_seconds: f64,
    /// Bytes that the process had in memory at most, where the system tells.
    pub peak_bytes: Option<u64>,
    /// What each took, the shortest first.
    times: Vec<Duration>,
}

impl Figures {
    /// Of what each picture took, and all of them together.
    pub(super) fn new(
        mut times: Vec<Duration>,
        took: Duration,
        cpu_seconds: f64,
        peak_bytes: Option<u64>,
    ) -> Self {
        times.sort_unstable();
        Self {
            images: times.len(),
            took,
            cpu_seconds,
            peak_bytes,
            times,
        }
    }

    /// Pictures a second.
    pub fn rate(&self) -> f64 {
        self.images as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// CPU milliseconds for a picture.
    pub fn cpu_milliseconds(&self) -> f64 {
        self.cpu_seconds * 1e3 / self.images.max(1) as f64
    }

    /// The time that so many of a hundred pictures didn't exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.times.len() * percent).div_ceil(100).max(1);
        self.times.get(rank - 1).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_definition() {
        let ms = Duration::from_millis;
        let times = (1..=200).rev().map(ms).collect();
        let figures = Figures::new(times, ms(2_000), 3.0, None);
        assert_eq!(figures.percentile(50), ms(100));
        assert_eq!(figures.percentile(99), ms(198));
        assert_eq!(figures.percentile(100), ms(200));
        assert!((figures.rate() - 100.0).abs() < 1e-9);
        assert!((figures.cpu_milliseconds() - 15.0).abs() < 1e-9);
        let none = Figures::new(Vec::new(), ms(0), 0.0, None);
        assert_eq!(none.percentile(99), ms(0));
        assert!(none.rate() < 1e-9 && none.cpu_milliseconds() < 1e-9);
    }
}
