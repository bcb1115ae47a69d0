//! The books: who waits, who works, who holds how much memory.

use tokio::sync::oneshot;

use super::pace::Pace;
use super::permit::Permit;
use super::queue::{Demand, Queue};

#[derive(Debug)]
pub(super) struct Books {
    pub(super) queue: Queue<Waiter>,
    pub(super) next_waiter: u64,
    pub(super) busy: usize,
    /// Of the busy ones, those with dear work.
    pub(super) dear: usize,
    /// Bytes of pixel memory.
    pub(super) pixels: u64,
    /// Of these, what heavy work and its answers hold.
    pub(super) heavy: u64,
    /// Of the pixel memory, what answers hold that are not sent yet.
    pub(super) answers: u64,
    pub(super) uploads: u64,
    pub(super) cancelled: u64,
    /// Of the busy ones, one that was let past one who waits for memory.
    pub(super) passing: bool,
    pub(super) pace: Pace,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) id: u64,
    pub(super) grant: oneshot::Sender<Permit>,
}

impl Books {
    /// `modest` is how many bytes of pixel memory are little.
    pub(super) fn new(modest: u64) -> Self {
        Self {
            queue: Queue::new(modest),
            next_waiter: 0,
            busy: 0,
            dear: 0,
            pixels: 0,
            heavy: 0,
            answers: 0,
            uploads: 0,
            cancelled: 0,
            passing: false,
            pace: Pace::new(),
        }
    }

    /// Counts so many bytes of pixel memory.
    pub(super) fn take(&mut self, demand: Demand, bytes: u64) {
        self.pixels += bytes;
        if self.queue.is_heavy(demand) {
            self.heavy += bytes;
        }
    }

    /// Counts so many bytes no more.
    pub(super) fn free(&mut self, demand: Demand, bytes: u64) {
        self.pixels -= bytes;
        if self.queue.is_heavy(demand) {
            self.heavy -= bytes;
        }
    }

    /// Takes a worker back, and the bytes that come with it.
    pub(super) fn take_back(&mut self, demand: Demand, bytes: u64, passing: bool) {
        self.passing &= !passing;
        self.busy -= 1;
        self.dear -= usize::from(demand.dear());
        self.free(demand, bytes);
    }
}
