//! What a connection is doing, shared between its socket and its requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use super::counts::{Connections, Shown};

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

#[derive(Debug)]
struct Inner {
    state: AtomicU8,
    answered: AtomicU64,
    last_look: AtomicBool,
    /// There is more to write than the client takes.
    answer_waits: AtomicBool,
    /// As what it is counted.
    shown: AtomicU8,
    connections: Connections,
}

impl Default for Inner {
    fn default() -> Self {
        Self::counted(Connections::default())
    }
}

impl Inner {
    fn counted(connections: Connections) -> Self {
        connections.enters(Shown::Idle);
        Self {
            state: AtomicU8::new(0),
            answered: AtomicU64::new(0),
            last_look: AtomicBool::new(false),
            answer_waits: AtomicBool::new(false),
            shown: AtomicU8::new(Shown::Idle as u8),
            connections,
        }
    }

    /// Counts it as what it is now. Everything that happens to a connection happens in its one task.
    fn show(&self) {
        let now = if self.answer_waits.load(Ordering::Relaxed) {
            Shown::Answer
        } else {
            match self.state.load(Ordering::Relaxed) {
                0 => Shown::Idle,
                1 => Shown::Head,
                _ => Shown::Request,
            }
        };
        let was = self.shown.swap(now as u8, Ordering::Relaxed);
        if was != now as u8 {
            self.connections.enters(now);
            self.connections.leaves(was);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.connections.leaves(*self.shown.get_mut());
    }
}

impl Activity {
    /// Of a connection that is counted there.
    pub(super) fn counted(connections: Connections) -> Self {
        Self(Arc::new(Inner::counted(connections)))
    }

    /// Where it is counted.
    pub(super) fn connections(&self) -> &Connections {
        &self.0.connections
    }

    pub(super) fn state(&self) -> State {
        match self.0.state.load(Ordering::Acquire) {
            0 => State::Idle,
            1 => State::Head,
            _ => State::Request,
        }
    }

    /// Bytes have come; the first ones after idleness begin a head.
    pub(super) fn bytes_read(&self, count: usize) {
        self.0.connections.received(count);
        let begins = self
            .0
            .state
            .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire);
        if begins.is_ok() {
            self.0.show();
        }
    }

    /// A head is complete.
    pub(super) fn request_begins(&self) {
        self.0.state.store(2, Ordering::Release);
        self.0.show();
    }

    /// The answer is on its way; the next head may come.
    pub(super) fn request_ends(&self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
        self.0.state.store(0, Ordering::Release);
        self.0.show();
    }

    /// Whether there is more to write than the client takes.
    pub(super) fn answer_waits(&self, waits: bool) {
        if self.0.answer_waits.swap(waits, Ordering::Relaxed) != waits {
            self.0.show();
        }
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
