//! A place in the queue that is likely to be asked for soon: its body is on the way.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::state::State;

/// How long a body may take to arrive for others to be refused in its favour. A slow sender keeps nobody out: then whoever comes first has the place.
const ARRIVAL: Duration = Duration::from_millis(250);

/// Those who have been told that there is a place, and haven't come for it.
#[derive(Debug, Default)]
pub(super) struct Arriving(Vec<Instant>);

impl Arriving {
    /// How many are likely to come.
    pub(super) fn len(&mut self, now: Instant) -> usize {
        self.0.retain(|&since| now.duration_since(since) < ARRIVAL);
        self.0.len()
    }

    fn push(&mut self, since: Instant) {
        self.0.push(since);
    }

    fn remove(&mut self, since: Instant) {
        // It may be gone: it took too long.
        if let Some(index) = self.0.iter().position(|&other| other == since) {
            self.0.swap_remove(index);
        }
    }
}

/// The prospect of a place in the queue. Others are refused in its favour when places are few, as long as it is new.
#[derive(Debug)]
pub struct Place {
    state: Arc<State>,
    since: Instant,
}

impl Place {
    /// Counts one.
    pub(super) fn new(state: &Arc<State>, arriving: &mut Arriving, since: Instant) -> Self {
        arriving.push(since);
        Self {
            state: Arc::clone(state),
            since,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.state.books.lock().arriving.remove(self.since);
    }
}
