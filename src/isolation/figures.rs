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
    /// CPU seconds that they have used until now, those that have ended among them.
    pub cpu_seconds: f64,
    /// Processes that ended by themselves, since start.
    pub crashed: u64,
    /// Processes that were ended because nobody waited for their work any more, or a document took too much memory or time, since start.
    pub stopped: u64,
}

impl Isolation {
    /// What is going on.
    pub fn figures(&self) -> Figures {
        let living = lock(&self.0.living);
        Figures {
            processes: living.count(),
            resident_bytes: living.resident_bytes(),
            cpu_seconds: living.used().as_secs_f64(),
            crashed: self.0.crashed.load(Ordering::Relaxed),
            stopped: self.0.stopped.load(Ordering::Relaxed),
        }
    }
}
