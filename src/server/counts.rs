//! Connections, counted: how many there are, what they do, and what went over them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counts of connections, shared with whoever reports them.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    accepted: AtomicU64,
    crowded: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    states: [AtomicUsize; Shown::NAMES.len()],
}

/// What a connection is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// No byte of a head has come.
    Idle,
    /// Its head is on the way.
    Head,
    /// A request, from its head to its answer.
    Request,
    /// An answer, more of which is to be written than its client takes.
    Answer,
}

impl Shown {
    /// In their order.
    const NAMES: [&str; 4] = ["idle", "head", "request", "answer"];
}

impl Connections {
    /// Connections that are open now.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Connections accepted since start.
    pub fn accepted(&self) -> u64 {
        self.0.accepted.load(Ordering::Relaxed)
    }

    /// Of these, how many were past the cap.
    pub fn crowded(&self) -> u64 {
        self.0.crowded.load(Ordering::Relaxed)
    }

    /// Bytes read and bytes written since start.
    pub fn bytes(&self) -> (u64, u64) {
        let bytes = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (bytes(&self.0.received), bytes(&self.0.sent))
    }

    /// Connections by what they do now.
    pub fn by_state(&self) -> [(&'static str, usize); Shown::NAMES.len()] {
        let mut states = Shown::NAMES.map(|name| (name, 0));
        for ((_, count), state) in states.iter_mut().zip(&self.0.states) {
            *count = state.load(Ordering::Relaxed);
        }
        states
    }

    pub(super) fn opens(&self) {
        self.0.open.fetch_add(1, Ordering::Relaxed);
        self.0.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn closes(&self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// The one that was opened is past the cap.
    pub(super) fn crowds(&self) {
        self.0.crowded.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// One is in that state now.
    pub(super) fn enters(&self, state: Shown) {
        if let Some(count) = self.0.states.get(state as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// One has left the state of that number, which it was in.
    pub(super) fn leaves(&self, state: u8) {
        if let Some(count) = self.0.states.get(usize::from(state)) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
