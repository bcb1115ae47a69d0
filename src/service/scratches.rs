//! Buffers between jobs, so that the next one needn't ask the system for them.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::pipeline::Scratch;

/// Scratch buffers between jobs: at most one for each worker exists at a time.
#[derive(Default)]
pub(super) struct Scratches(Mutex<Vec<(Instant, Scratch)>>);

/// How long an unused scratch is kept.
const SCRATCH_IDLE: Duration = Duration::from_secs(10);

impl Scratches {
    pub(super) fn lend(&self) -> Scratch {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.pop().map(|(_, scratch)| scratch).unwrap_or_default()
    }

    pub(super) fn take_back(&self, scratch: Scratch) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push((Instant::now(), scratch));
    }

    pub(super) fn trim(&self) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, _)| since.elapsed() < SCRATCH_IDLE);
    }
}
