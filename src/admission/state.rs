//! Who is granted a worker and memory, who waits, who is refused.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::books::Books;
use super::budget::Budget;
use super::lock::Lock;
use super::permit::{Permit, Waiting};
use super::place::Place;
use super::queue::{self, Demand, Turn};
use super::{Deadline, Error, Figures, Lack, Settings};

/// How long one whose turn it is, but whom memory lacks, lets others pass: else many small ones could starve a large one.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct State {
    settings: Settings,
    pub(super) books: Lock<Books>,
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
            books: Lock::new(Books::new(&settings)),
        }
    }

    pub(super) fn look(self: &Arc<Self>) -> Result<Place, Error> {
        let mut books = self.books.lock();
        let now = Instant::now();
        let arriving = books.arriving.len(now);
        // What it will be isn't known yet. With half of the queue free nobody is kept out for what may never come.
        let few = books.queue.len() * 2 >= self.settings.queue;
        if self.crowded(&books, false, if few { arriving } else { 0 }) {
            return Err(self.overloaded(&books, Lack::Place));
        }
        Ok(Place::new(self, &mut books.arriving, now))
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
            return Ok(Entry::Granted(self.grant(&mut books, demand, deadline)));
        }
        if self.crowded(&books, self.budget().is_heavy(demand), 0) {
            return Err(self.overloaded(&books, Lack::Place));
        }
        if !self.in_time(&books, demand, deadline) {
            return Err(self.overloaded(&books, Lack::Time));
        }
        let (grant, granted) = oneshot::channel();
        let id = books.queue_up(demand, deadline, grant);
        // Those before it may all be waiting for what it doesn't need.
        self.advance(&mut books);
        Ok(Entry::Waiting(Waiting::new(self, id, granted)))
    }

    /// Takes one out of the queue.
    pub(super) fn leave(self: &Arc<Self>, id: u64) {
        let mut books = self.books.lock();
        books.withdraw(id);
        // Whoever stood behind may fit now.
        self.advance(&mut books);
    }

    /// Takes a worker and memory back.
    pub(super) fn give_back(
        self: &Arc<Self>,
        demand: Demand,
        since: Instant,
        bytes: u64,
        has_made: bool,
    ) {
        let mut books = self.books.lock();
        books.take_back(demand, since, bytes);
        books.learn(demand, since.elapsed(), has_made);
        self.advance(&mut books);
    }

    /// Counts an answer of so many bytes in the place of `from` bytes that the work held, but for the `rest`.
    pub(super) fn keep(self: &Arc<Self>, demand: Demand, from: u64, rest: u64, answer: u64) {
        let mut books = self.books.lock();
        books.free(demand, from);
        books.take(demand, rest);
        books.take_answer(demand, answer);
        // Whom it keeps from memory holds nobody up any more.
        self.advance(&mut books);
    }

    /// An answer has gone.
    pub(super) fn give_answer_back(self: &Arc<Self>, demand: Demand, bytes: u64) {
        let mut books = self.books.lock();
        books.free_answer(demand, bytes);
        self.advance(&mut books);
    }

    /// Whether one whose turn it is has waited for memory that only clients can give back: those whose answers hold it.
    pub(super) fn is_clogged(&self) -> bool {
        let books = self.books.lock();
        let now = Instant::now();
        let mut lacking = books.queue.lacking();
        lacking.any(|(demand, since)| {
            let long = now.duration_since(since) >= PATIENCE;
            long && !self.budget().fits(demand, books.answers)
        })
    }

    /// Counts work whose client has left, and what it took of a processor after that.
    pub(super) fn count_cancelled(&self, wasted: Duration) {
        let mut books = self.books.lock();
        books.cancelled += 1;
        books.wasted_cancelled += wasted;
    }

    /// Counts what work took of a processor after its deadline.
    pub(super) fn count_late(&self, wasted: Duration) {
        self.books.lock().wasted_late += wasted;
    }

    pub(super) fn figures(&self) -> Figures {
        let books = self.books.lock();
        Figures {
            queued: books.queue.len(),
            busy: books.busy(),
            workers: self.settings.workers,
            queue: self.settings.queue,
            upload_memory: (books.uploads.taken(), self.settings.upload_memory),
            pixel_memory: (books.pixels.all(), self.settings.pixel_memory),
            answer_memory: books.answers.all(),
            cancelled: books.cancelled,
            wasted_cancelled: books.wasted_cancelled,
            wasted_late: books.wasted_late,
        }
    }

    pub(super) fn class(&self, demand: Demand) -> &'static str {
        queue::class_name(self.budget(), demand)
    }

    pub(super) fn retry_after(&self) -> Duration {
        self.later(&self.books.lock())
    }

    /// Whether the queue is full, with so many who arrive. A free worker is a place too, as long as nobody waits for memory, and so is the one
    /// that helps out. Heavy work has three quarters of the places at most; the rest is kept for what is done quickly.
    fn crowded(&self, books: &Books, heavy: bool, arriving: usize) -> bool {
        let Settings { workers, queue, .. } = self.settings;
        let waiting = books.queue.len();
        let held_up = if heavy { 0 } else { books.queue.heavy() };
        let free = waiting <= held_up && books.busy() < workers;
        let helped = waiting == books.queue.dear() && self.helps(books);
        let full = waiting + arriving >= queue;
        if heavy {
            let places = (queue - queue.min((queue / 4).max(1))).max(1);
            !free && (full || books.queue.heavy() >= places)
        } else {
            !free && !helped && full
        }
    }

    /// Whether one more may help out with cheap work: all workers have dear work, which can't be interrupted.
    fn helps(&self, books: &Books) -> bool {
        let workers = self.settings.workers;
        books.busy() == workers && books.dear() == workers
    }

    /// Whether there is a worker for it.
    fn worker(&self, books: &Books, demand: Demand) -> bool {
        books.busy() < self.settings.workers || (!demand.dear() && self.helps(books))
    }

    /// Whether there is memory for it.
    fn memory(&self, books: &Books, demand: Demand) -> bool {
        self.budget().fits(demand, books.pixels)
    }

    fn budget(&self) -> Budget {
        Budget(self.settings.pixel_memory)
    }

    fn grant(self: &Arc<Self>, books: &mut Books, demand: Demand, deadline: Deadline) -> Permit {
        let since = Instant::now();
        books.give(demand, since, deadline);
        Permit::new(self, demand, since)
    }

    /// Grants to as many as there are workers and memory for, in the queue's order.
    fn advance(self: &Arc<Self>, books: &mut Books) {
        books.shed(Instant::now());
        while let Some(turn) = self.next(books) {
            let Some(waiter) = books.queue.pop(turn) else {
                break;
            };
            let permit = self.grant(books, waiter.demand, waiter.item.deadline);
            if let Err(unheard) = waiter.item.grant.send(permit) {
                // It left between being looked at and being granted.
                unheard.undo(books);
            }
        }
    }

    /// Whose turn it is, of those whom there is a worker and memory for.
    ///
    /// Who has waited for memory for long holds up whoever comes behind it, but not what needs little and leaves it what it needs. Nor
    /// does anybody hold up others whom answers keep from memory: it comes no sooner for that.
    fn next(&self, books: &mut Books) -> Option<Turn> {
        let (now, budget, answers) = (Instant::now(), self.budget(), books.answers);
        let mut impatient: Option<Demand> = None;
        let kept = |demand| !budget.fits(demand, answers);
        for turn in books.queue.turns(now, kept) {
            let demand = books.queue.waiter(turn)?.demand;
            if !self.worker(books, demand) {
                continue;
            }
            let taken = books.pixels;
            let passes = impatient.is_none_or(|first| budget.passes(demand, taken, first));
            if passes && budget.fits(demand, taken) {
                return Some(turn);
            }
            let since = *books.queue.waiter(turn)?.lacking.get_or_insert(now);
            if now.duration_since(since) >= PATIENCE {
                impatient.get_or_insert(demand);
            }
        }
        None
    }

    /// Whether at least half of such work is likely to be done by its deadline, if it has to wait: estimates are rough.
    fn in_time(&self, books: &Books, demand: Demand, deadline: Deadline) -> bool {
        let now = Instant::now();
        let left = deadline.at().duration_since(now).as_secs_f64();
        let wait = books.wait(demand, self.settings.workers, now);
        wait + books.seconds(demand) / 2.0 <= left
    }

    pub(super) fn overloaded(&self, books: &Books, lack: Lack) -> Error {
        Error::Overloaded {
            lack,
            retry_after: self.later(books),
        }
    }

    /// When the present queue has drained, plus up to half of that, so that the refused don't come back together.
    fn later(&self, books: &Books) -> Duration {
        let seconds = books.backlog() / self.settings.workers as f64;
        let random = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
        Duration::from_secs_f64((seconds * (1.0 + random / 2.0)).clamp(1.0, 60.0).ceil())
    }
}

/// What a model needs.
#[cfg(test)]
impl State {
    /// Books whose lock belongs to a model.
    pub(super) fn modelled(settings: Settings) -> Self {
        Self {
            settings,
            books: Lock::modelled(Books::new(&settings)),
        }
    }

    /// Whether nobody waits for what is free.
    pub(super) fn settled(&self) -> bool {
        let mut books = self.books.lock();
        assert!(books.uploads.settled());
        self.next(&mut books).is_none()
    }
}
