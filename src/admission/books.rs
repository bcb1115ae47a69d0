//! The books: who waits, who works, who holds how much memory.

use std::time::Duration;

use tokio::sync::oneshot;

use super::Settings;
use super::budget::{Budget, Taken};
use super::pace::Pace;
use super::permit::Permit;
use super::queue::{Demand, Queue};
use super::uploads::Uploads;

#[derive(Debug)]
pub(super) struct Books {
    budget: Budget,
    pub(super) queue: Queue<Waiter>,
    pub(super) next_waiter: u64,
    pub(super) busy: usize,
    /// Of the busy ones, those with dear work.
    pub(super) dear: usize,
    /// Pixel memory.
    pub(super) pixels: Taken,
    /// Of that, what answers hold that are not sent yet.
    pub(super) answers: Taken,
    pub(super) uploads: Uploads,
    pub(super) cancelled: u64,
    /// Processor time of work after its client had left.
    pub(super) wasted_cancelled: Duration,
    /// The same after its deadline.
    pub(super) wasted_late: Duration,
    pub(super) pace: Pace,
}

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) id: u64,
    pub(super) grant: oneshot::Sender<Permit>,
}

impl Books {
    pub(super) fn new(settings: &Settings) -> Self {
        let budget = Budget(settings.pixel_memory);
        Self {
            budget,
            queue: Queue::new(budget),
            next_waiter: 0,
            busy: 0,
            dear: 0,
            pixels: Taken::default(),
            answers: Taken::default(),
            uploads: Uploads::new(settings.upload_memory),
            cancelled: 0,
            wasted_cancelled: Duration::ZERO,
            wasted_late: Duration::ZERO,
            pace: Pace::new(),
        }
    }

    /// Counts so many bytes of pixel memory.
    pub(super) fn take(&mut self, demand: Demand, bytes: u64) {
        *self.pixels.of(self.budget.is_heavy(demand)) += bytes;
    }

    /// Counts so many bytes no more.
    pub(super) fn free(&mut self, demand: Demand, bytes: u64) {
        *self.pixels.of(self.budget.is_heavy(demand)) -= bytes;
    }

    /// Counts an answer of so many bytes.
    pub(super) fn take_answer(&mut self, demand: Demand, bytes: u64) {
        self.take(demand, bytes);
        *self.answers.of(self.budget.is_heavy(demand)) += bytes;
    }

    /// Counts it no more.
    pub(super) fn free_answer(&mut self, demand: Demand, bytes: u64) {
        self.free(demand, bytes);
        *self.answers.of(self.budget.is_heavy(demand)) -= bytes;
    }

    /// Takes a worker back, and the bytes that come with it.
    pub(super) fn take_back(&mut self, demand: Demand, bytes: u64) {
        self.busy -= 1;
        self.dear -= usize::from(demand.dear());
        self.free(demand, bytes);
    }
}
