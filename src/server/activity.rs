//! What a connection is doing, shared between its socket and its requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// Who has to move next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The client: no byte of a head has come yet.
    Idle,
    /// The client: its head is on the way.
    Head,
    /// We, or the client with its body; the layers above have deadlines for both.
    Request,
}

/// A cheap handle: clones are the same connection's.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: AtomicU8,
    answered: AtomicU64,
    last_look: AtomicBool,
}

impl Activity {
    pub(super) fn state(&self) -> State {
        match self.0.state.load(Ordering::Acquire) {
            0 => State::Idle,
            1 => State::Head,
            _ => State::Request,
        }
    }

    /// Bytes have come; the first ones after idleness begin a head.
    pub(super) fn bytes_read(&self) {
        let _was = self
            .0
            .state
            .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
    }

    /// A head is complete.
    pub(super) fn request_begins(&self) {
        self.0.state.store(2, Ordering::Release);
    }

    /// The answer is on its way; the next head may come.
    pub(super) fn request_ends(&self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
        self.0.state.store(0, Ordering::Release);
    }

    /// What isn't found in the socket from now on comes too late.
    pub(super) fn last_look(&self) {
        self.0.last_look.store(true, Ordering::Release);
    }

    pub(super) fn is_last_look(&self) -> bool {
        self.0.last_look.load(Ordering::Acquire)
    }

    /// Requests answered on this connection.
    pub(super) fn answered(&self) -> u64 {
        self.0.answered.load(Ordering::Relaxed)
    }
}
