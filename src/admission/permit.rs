//! A worker and memory that are granted, and the wait for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Held;
use super::books::Books;
use super::queue::Demand;
use super::state::State;

/// A worker and pixel memory. Given back when dropped.
#[derive(Debug)]
pub struct Permit {
    state: Arc<State>,
    /// What was asked for.
    demand: Demand,
    /// Bytes that come back with it: none is set apart.
    bytes: u64,
    since: Instant,
    /// The work has made something, so that its time tells how long such work takes.
    has_made: bool,
    /// Nothing comes back, since that has been done.
    forgotten: bool,
}

impl Permit {
    /// Of what is in the books already.
    pub(super) fn new(state: &Arc<State>, demand: Demand, since: Instant) -> Self {
        Self {
            state: Arc::clone(state),
            demand,
            bytes: demand.bytes,
            since,
            has_made: false,
            forgotten: false,
        }
    }

    /// Tells that the work has made something, and sets memory apart that stays granted when the work has ended: so much of it as that
    /// takes. The rest, and the worker, come back as ever.
    pub fn keep(&mut self, bytes: u64) -> Held {
        self.has_made = true;
        let rest = self.bytes.saturating_sub(bytes);
        // More than was granted is counted too: the books tell what is held.
        self.state.keep(self.demand, self.bytes, rest, bytes);
        self.bytes = rest;
        Held::new(&self.state, self.demand, bytes)
    }

    /// Gives it back to books that are locked already.
    pub(super) fn undo(mut self, books: &mut Books) {
        self.forgotten = true;
        books.take_back(self.demand, self.since, self.bytes);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.forgotten {
            let Self {
                demand,
                since,
                bytes,
                has_made,
                ..
            } = *self;
            self.state.give_back(demand, since, bytes, has_made);
        }
    }
}

/// A place in the queue. Given up when dropped.
pub(super) struct Waiting {
    state: Arc<State>,
    id: u64,
    granted: oneshot::Receiver<Permit>,
    /// Still in the queue, for all this side knows.
    queued: bool,
}

impl Waiting {
    /// The place of that number.
    pub(super) fn new(state: &Arc<State>, id: u64, granted: oneshot::Receiver<Permit>) -> Self {
        Self {
            state: Arc::clone(state),
            id,
            granted,
            queued: true,
        }
    }

    /// The permit, as soon as it is there; `None` if there is too little time left for the work.
    pub(super) async fn granted(&mut self) -> Option<Permit> {
        let permit = (&mut self.granted).await.ok();
        self.queued = false;
        permit
    }

    /// Leaves the queue, not counted as cancelled.
    pub(super) fn give_up(&mut self) {
        self.state.leave(self.id);
        self.queued = false;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.queued {
            self.state.leave(self.id);
            self.state.count_cancelled(Duration::ZERO);
        }
    }
}
