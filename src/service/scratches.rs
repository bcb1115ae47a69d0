//! Buffers between jobs, so that the next one needn't ask the system for them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::pipeline::Scratch;

/// Scratch buffers between jobs: at most one for each thread that does work exists at a time.
pub(super) struct Scratches {
    idle: Mutex<Vec<(Instant, Scratch)>>,
    /// Bytes of a scratch that is kept.
    most: u64,
}

/// How long an unused scratch is kept.
const SCRATCH_IDLE: Duration = Duration::from_secs(10);

/// All that is idle is at most this part of the pixel memory, and not counted there: a job that
/// needs nearly all of that memory would otherwise wait until the scratches have gone.
const IDLE_SHARE: u64 = 16;

impl Scratches {
    /// For so many threads that share this pixel memory.
    pub(super) fn new(pixel_memory: u64, threads: u64) -> Self {
        Self {
            idle: Mutex::default(),
            most: pixel_memory / IDLE_SHARE / threads.max(1),
        }
    }

    pub(super) fn lend(&self) -> Scratch {
        let scratch = self.idle().pop();
        scratch.map(|(_, scratch)| scratch).unwrap_or_default()
    }

    /// Keeps it for the next job, unless a giant has made it grow.
    pub(super) fn take_back(&self, scratch: Scratch) {
        if scratch.bytes() as u64 <= self.most {
            self.idle().push((Instant::now(), scratch));
        }
    }

    /// Lets go of those that have been idle for too long.
    pub(super) fn trim(&self, now: Instant) {
        self.idle()
            .retain(|(since, _)| now.saturating_duration_since(*since) < SCRATCH_IDLE);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Scratch)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
