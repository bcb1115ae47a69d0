//! What the codec processes are doing.

use std::sync::atomic::Ordering;

use super::{Isolation, lock};

/// What the codec processes are doing, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Processes there are, the zygote not included.
    pub processes: usize,
    /// Bytes that they had in memory when each last replied.
    pub resident_bytes: u64,
    /// CPU seconds of the orders that were replied to.
    pub cpu_seconds: f64,
    /// Processes that ended by themselves, since start.
    pub crashed: u64,
    /// Processes that were ended because nobody waited for their work any more, since start.
    pub stopped: u64,
}

impl Isolation {
    /// What is going on.
    pub fn figures(&self) -> Figures {
        let resident = lock(&self.0.resident);
        Figures {
            processes: resident.len(),
            resident_bytes: resident.values().sum(),
            cpu_seconds: self.0.cpu_nanoseconds.load(Ordering::Relaxed) as f64 / 1e9,
            crashed: self.0.crashed.load(Ordering::Relaxed),
            stopped: self.0.stopped.load(Ordering::Relaxed),
        }
    }
}
