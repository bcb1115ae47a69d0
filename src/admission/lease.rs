//! Memory that is given back with a value: of uploads, taken without waiting, and of what work leaves behind.

use std::sync::Arc;

use super::Error;
use super::queue::Demand;
use super::state::State;

/// A body without an announced length takes upload memory in steps of this.
const UPLOAD_STEP: u64 = 1 << 20;

/// Upload memory that is held until this is dropped.
#[derive(Debug)]
pub struct Lease {
    state: Arc<State>,
    bytes: u64,
}

impl Lease {
    pub(super) fn new(state: &Arc<State>, bytes: u64) -> Result<Self, Error> {
        let mut lease = Self {
            state: Arc::clone(state),
            bytes: 0,
        };
        lease.extend(bytes)?;
        Ok(lease)
    }

    /// Makes the lease cover `bytes` in all, in steps of 1 MiB. Never waits.
    ///
    /// # Errors
    /// `Overloaded` when the budget is used up; the lease is then as it was.
    pub fn cover(&mut self, bytes: u64) -> Result<(), Error> {
        if bytes <= self.bytes {
            return Ok(());
        }
        let whole_steps = bytes.div_ceil(UPLOAD_STEP).saturating_mul(UPLOAD_STEP);
        self.extend(whole_steps - self.bytes)
    }

    /// Makes the lease cover so many bytes more. Never waits.
    ///
    /// # Errors
    /// `Overloaded` when the budget is used up; the lease is then as it was.
    pub fn extend(&mut self, by: u64) -> Result<(), Error> {
        self.state.take_upload(by)?;
        self.bytes += by;
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.state.give_upload_back(self.bytes);
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
