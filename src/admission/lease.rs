//! Memory that is given back with a value: of uploads, and of what work leaves behind.

use std::sync::Arc;

use super::Error;
use super::queue::Demand;
use super::state::State;

/// A body without an announced length takes upload memory in steps that grow with it, between these: who sends nothing holds little.
const STEPS: (u64, u64) = (FIRST_STEP, 1 << 20);

/// What is asked for such a body before its first byte.
pub const FIRST_STEP: u64 = 64 << 10;

/// Upload memory that is held until this is dropped.
#[derive(Debug)]
pub struct Lease {
    state: Arc<State>,
    bytes: u64,
    /// Of a body on its way, which may be given up.
    is_arriving: bool,
}

impl Lease {
    pub(super) fn new(state: &Arc<State>, bytes: u64) -> Result<Self, Error> {
        let mut lease = Self {
            state: Arc::clone(state),
            bytes: 0,
            is_arriving: false,
        };
        lease.extend(bytes)?;
        Ok(lease)
    }

    /// Of `bytes` that are in the books for a body on its way.
    pub(super) fn of_a_body(state: &Arc<State>, bytes: u64) -> Self {
        Self {
            state: Arc::clone(state),
            bytes,
            is_arriving: true,
        }
    }

    /// Bytes that it covers.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// All of the body is here.
    pub fn arrive(&mut self) {
        if std::mem::take(&mut self.is_arriving) {
            self.state.has_arrived(self.bytes);
        }
    }

    /// Drops it where nothing of it is in the books.
    pub(super) fn forget(mut self) {
        self.bytes = 0;
    }

    /// Makes the lease cover `bytes` in all, in steps of 64 KiB to 1 MiB. Never waits.
    ///
    /// # Errors
    /// `Overloaded` when the budget is used up; the lease is then as it was.
    pub fn cover(&mut self, bytes: u64) -> Result<(), Error> {
        if bytes <= self.bytes {
            return Ok(());
        }
        let step = bytes.checked_next_power_of_two().unwrap_or(STEPS.1);
        let step = step.clamp(STEPS.0, STEPS.1);
        let whole_steps = bytes.div_ceil(step).saturating_mul(step);
        self.extend(whole_steps - self.bytes)
    }

    /// Makes the lease cover so many bytes more. Never waits.
    ///
    /// # Errors
    /// `Overloaded` when the budget is used up; the lease is then as it was.
    pub fn extend(&mut self, by: u64) -> Result<(), Error> {
        self.state.take_upload(by, self.is_arriving)?;
        self.bytes += by;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.state.give_upload_back(self.bytes, self.is_arriving);
        }
    }
}

/// Pixel memory that outlives its work, because what the work made does.
#[derive(Debug)]
pub struct Held {
    state: Arc<State>,
    /// Of the work that made it.
    demand: Demand,
    bytes: u64,
}

impl Held {
    /// Of `bytes` that are in the books already.
    pub(super) fn new(state: &Arc<State>, demand: Demand, bytes: u64) -> Self {
        Self {
            state: Arc::clone(state),
            demand,
            bytes,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.state.give_answer_back(self.demand, self.bytes);
    }
}
