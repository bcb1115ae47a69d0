//! The books: who waits, who works, who holds how much memory.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::lock::Lock;
use super::pace::Pace;
use super::permit::{Permit, Waiting};
use super::queue::{Demand, Queue, Turn};
use super::{Deadline, Error, Figures, Lack, Settings};

/// How long one whose turn it is, but whom memory lacks, lets others pass: else many small ones could starve a large one.
const PATIENCE: Duration = Duration::from_secs(1);

/// What may pass one who waits for memory, as a part of all memory.
const SMALL: u64 = 32;

#[derive(Debug)]
pub(super) struct State {
    settings: Settings,
    books: Lock<Books>,
}

#[derive(Debug)]
struct Books {
    queue: Queue<Waiter>,
    next_waiter: u64,
    busy: usize,
    /// Of the busy ones, those with dear work.
    dear: usize,
    pixels: u64,
    uploads: u64,
    cancelled: u64,
    /// Of the busy ones, one that was let past one who waits for memory.
    passing: bool,
    pace: Pace,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    grant: oneshot::Sender<Permit>,
}

/// What came of asking for a permit.
pub(super) enum Entry {
    Granted(Permit),
    Waiting(Waiting),
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            books: Lock::new(Books::new()),
        }
    }

    pub(super) fn look(&self) -> Result<(), Error> {
        let books = self.books.lock();
        // What it will be isn't known yet.
        if self.crowded(&books, false) {
            Err(self.overloaded(&books, Lack::Place))
        } else {
            Ok(())
        }
    }

    /// Grants at once, or puts the request into the queue.
    pub(super) fn enter(
        self: &Arc<Self>,
        demand: Demand,
        deadline: Deadline,
    ) -> Result<Entry, Error> {
        if demand.bytes > self.settings.pixel_memory {
            return Err(Error::TooLarge {
                limit: self.settings.pixel_memory,
                actual: demand.bytes,
            });
        }
        let mut books = self.books.lock();
        if books.queue.len() == 0 && self.worker(&books, demand) && self.memory(&books, demand) {
            return Ok(Entry::Granted(self.grant(&mut books, demand, false)));
        }
        if self.crowded(&books, demand.dear()) {
            return Err(self.overloaded(&books, Lack::Place));
        }
        let wait = self.spread(&books, books.queue.ahead(demand));
        if Instant::now() + wait > deadline.at() {
            return Err(self.overloaded(&books, Lack::Time));
        }
        let (grant, granted) = oneshot::channel();
        let id = books.next_waiter;
        books.next_waiter += 1;
        books.queue.push(demand, Waiter { id, grant });
        // Those before it may all be waiting for what it doesn't need.
        self.advance(&mut books);
        Ok(Entry::Waiting(Waiting::new(self, id, granted)))
    }

    /// Takes one out of the queue.
    pub(super) fn leave(self: &Arc<Self>, id: u64) {
        let mut books = self.books.lock();
        books.queue.retain(|waiter| waiter.id != id);
        // Whoever stood behind may fit now.
        self.advance(&mut books);
    }

    /// Takes so much more upload memory, or says when to come back.
    pub(super) fn take_upload(&self, bytes: u64) -> Result<(), Error> {
        let mut books = self.books.lock();
        match books.uploads.checked_add(bytes) {
            Some(sum) if sum <= self.settings.upload_memory => {
                books.uploads = sum;
                Ok(())
            }
            _ => Err(self.overloaded(&books, Lack::UploadMemory)),
        }
    }

    pub(super) fn give_upload_back(&self, bytes: u64) {
        self.books.lock().uploads -= bytes;
    }

    /// Takes a worker and memory back; no time from work that didn't run to its end: overload would look like speed.
    pub(super) fn give_back(
        self: &Arc<Self>,
        demand: Demand,
        bytes: u64,
        passing: bool,
        took: Option<Duration>,
    ) {
        let mut books = self.books.lock();
        books.take_back(demand, bytes, passing);
        if let Some(took) = took {
            books.pace.learn(demand.time, took);
        }
        self.advance(&mut books);
    }

    pub(super) fn give_pixels_back(self: &Arc<Self>, bytes: u64) {
        let mut books = self.books.lock();
        books.pixels -= bytes;
        self.advance(&mut books);
    }

    /// Counts so many bytes of pixel memory in place of others.
    pub(super) fn exchange_pixels(&self, from: u64, to: u64) {
        let mut books = self.books.lock();
        books.pixels = books.pixels - from + to;
    }

    pub(super) fn count_cancelled(&self) {
        self.books.lock().cancelled += 1;
    }

    pub(super) fn figures(&self) -> Figures {
        let books = self.books.lock();
        Figures {
            queued: books.queue.len(),
            busy: books.busy,
            workers: self.settings.workers,
            upload_memory: (books.uploads, self.settings.upload_memory),
            pixel_memory: (books.pixels, self.settings.pixel_memory),
            cancelled: books.cancelled,
        }
    }

    pub(super) fn retry_after(&self) -> Duration {
        self.later(&self.books.lock())
    }

    /// Whether the queue is full. A free worker is a place too, as long as nobody waits for memory, and so is the one
    /// that helps out. Dear work has three quarters of the places at most; the rest is kept for what is done quickly.
    fn crowded(&self, books: &Books, dear: bool) -> bool {
        let Settings { workers, queue, .. } = self.settings;
        let waiting = books.queue.len();
        let free = waiting == 0 && books.busy < workers;
        let helped = waiting == books.queue.dear() && self.helps(books);
        let full = waiting >= queue;
        if dear {
            let places = (queue - queue.min((queue / 4).max(1))).max(1);
            !free && (full || books.queue.dear() >= places)
        } else {
            !free && !helped && full
        }
    }

    /// Whether one more may help out with cheap work: all workers have dear work, which can't be interrupted.
    fn helps(&self, books: &Books) -> bool {
        let workers = self.settings.workers;
        books.busy == workers && books.dear == workers
    }

    /// Whether there is a worker for it.
    fn worker(&self, books: &Books, demand: Demand) -> bool {
        books.busy < self.settings.workers || (!demand.dear() && self.helps(books))
    }

    fn memory(&self, books: &Books, demand: Demand) -> bool {
        books.pixels + demand.bytes <= self.settings.pixel_memory
    }

    fn grant(self: &Arc<Self>, books: &mut Books, demand: Demand, passing: bool) -> Permit {
        books.passing |= passing;
        books.busy += 1;
        books.dear += usize::from(demand.dear());
        books.pixels += demand.bytes;
        Permit::new(self, demand, passing)
    }

    /// Grants to as many as there are workers and memory for, in the queue's order.
    fn advance(self: &Arc<Self>, books: &mut Books) {
        while let Some((turn, passing)) = self.next(books) {
            let Some(waiter) = books.queue.pop(turn) else {
                break;
            };
            let permit = self.grant(books, waiter.demand, passing);
            if let Err(unheard) = waiter.item.grant.send(permit) {
                // It left between being looked at and being granted.
                books.take_back(waiter.demand, waiter.demand.bytes, passing);
                unheard.forget();
            }
        }
    }

    /// Whose turn it is, of those whom there is a worker and memory for, and whether one who waits for memory is passed.
    fn next(&self, books: &mut Books) -> Option<(Turn, bool)> {
        let mut impatient: Option<Demand> = None;
        for turn in books.queue.turns() {
            let demand = books.queue.front(turn)?.demand;
            if !self.worker(books, demand) {
                continue;
            }
            let passes = impatient.is_none_or(|first| {
                // One at a time, of what the first will leave anyway: it waits no longer for that.
                let all = self.settings.pixel_memory;
                let small = demand.bytes <= (all / SMALL).min(all - first.bytes);
                small && !books.passing && !demand.dear()
            });
            if passes && self.memory(books, demand) {
                return Some((turn, impatient.is_some()));
            }
            let now = Instant::now();
            let since = *books.queue.front(turn)?.lacking.get_or_insert(now);
            if now.duration_since(since) >= PATIENCE {
                impatient.get_or_insert(demand);
            }
        }
        None
    }

    /// How long the workers are likely to need for work that was thought to take so many seconds.
    fn spread(&self, books: &Books, seconds: f64) -> Duration {
        Duration::from_secs_f64(books.pace.seconds(seconds) / self.settings.workers as f64)
    }

    fn overloaded(&self, books: &Books, lack: Lack) -> Error {
        Error::Overloaded {
            lack,
            retry_after: self.later(books),
        }
    }

    /// When the present queue has drained, plus up to half of that, so that the refused don't come back together.
    fn later(&self, books: &Books) -> Duration {
        let seconds = self.spread(books, books.queue.seconds()).as_secs_f64();
        let random = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
        Duration::from_secs_f64((seconds * (1.0 + random / 2.0)).clamp(1.0, 60.0).ceil())
    }
}

impl Books {
    fn new() -> Self {
        Self {
            queue: Queue::new(),
            next_waiter: 0,
            busy: 0,
            dear: 0,
            pixels: 0,
            uploads: 0,
            cancelled: 0,
            passing: false,
            pace: Pace::new(),
        }
    }

    fn take_back(&mut self, demand: Demand, bytes: u64, passing: bool) {
        self.passing &= !passing;
        self.busy -= 1;
        self.dear -= usize::from(demand.dear());
        self.pixels -= bytes;
    }
}

/// What a model needs.
#[cfg(test)]
impl State {
    /// Books whose lock belongs to a model.
    pub(super) fn modelled(settings: Settings) -> Self {
        Self {
            settings,
            books: Lock::modelled(Books::new()),
        }
    }

    /// Whether nobody waits for what is free.
    pub(super) fn settled(&self) -> bool {
        let mut books = self.books.lock();
        assert!(books.busy > 0 || (books.dear == 0 && !books.passing));
        self.next(&mut books).is_none()
    }
}
