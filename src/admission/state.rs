//! The books: who waits, who works, who holds how much memory.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Deadline, Error, Figures, Held, Lack, Settings};

/// Until something has been measured, a piece of work is thought to take so long.
const FIRST_GUESS: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct State {
    settings: Settings,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    waiters: VecDeque<Waiter>,
    next_waiter: u64,
    busy: usize,
    pixels: u64,
    uploads: u64,
    cancelled: u64,
    /// Running mean of how long a piece of work takes.
    work_seconds: f64,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    bytes: u64,
    grant: oneshot::Sender<Permit>,
}

/// What came of asking for a permit.
pub(super) enum Entry {
    Granted(Permit),
    Waiting(Waiting),
}

/// A worker and pixel memory. Given back when dropped.
#[derive(Debug)]
pub struct Permit {
    state: Arc<State>,
    bytes: u64,
    since: Instant,
}

/// A place in the queue. Given up when dropped.
pub(super) struct Waiting {
    state: Arc<State>,
    id: u64,
    granted: oneshot::Receiver<Permit>,
    /// Still in the queue, for all this side knows.
    queued: bool,
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            books: Mutex::new(Books {
                waiters: VecDeque::new(),
                next_waiter: 0,
                busy: 0,
                pixels: 0,
                uploads: 0,
                cancelled: 0,
                work_seconds: FIRST_GUESS.as_secs_f64(),
            }),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing that holds the lock can panic half-way through a change.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self) -> Result<(), Error> {
        let books = self.books();
        if self.crowded(&books) {
            Err(self.overloaded(&books, Lack::Place))
        } else {
            Ok(())
        }
    }

    /// Grants at once, or puts the request at the end of the queue.
    pub(super) fn enter(self: &Arc<Self>, bytes: u64, deadline: Deadline) -> Result<Entry, Error> {
        if bytes > self.settings.pixel_memory {
            return Err(Error::TooLarge {
                limit: self.settings.pixel_memory,
                actual: bytes,
            });
        }
        let mut books = self.books();
        if books.waiters.is_empty() && self.fits(&books, bytes) {
            return Ok(Entry::Granted(self.grant(&mut books, bytes)));
        }
        if self.crowded(&books) {
            return Err(self.overloaded(&books, Lack::Place));
        }
        if Instant::now() + self.wait(&books) > deadline.at() {
            return Err(self.overloaded(&books, Lack::Time));
        }
        let (grant, granted) = oneshot::channel();
        let id = books.next_waiter;
        books.next_waiter += 1;
        books.waiters.push_back(Waiter { id, bytes, grant });
        Ok(Entry::Waiting(Waiting {
            state: Arc::clone(self),
            id,
            granted,
            queued: true,
        }))
    }

    /// Takes so much more upload memory, or says when to come back.
    pub(super) fn take_upload(&self, bytes: u64) -> Result<(), Error> {
        let mut books = self.books();
        match books.uploads.checked_add(bytes) {
            Some(sum) if sum <= self.settings.upload_memory => {
                books.uploads = sum;
                Ok(())
            }
            _ => Err(self.overloaded(&books, Lack::UploadMemory)),
        }
    }

    pub(super) fn give_upload_back(&self, bytes: u64) {
        self.books().uploads -= bytes;
    }

    pub(super) fn give_pixels_back(self: &Arc<Self>, bytes: u64) {
        let mut books = self.books();
        books.pixels -= bytes;
        self.advance(&mut books);
    }

    pub(super) fn count_cancelled(&self) {
        self.books().cancelled += 1;
    }

    pub(super) fn figures(&self) -> Figures {
        let books = self.books();
        Figures {
            queued: books.waiters.len(),
            busy: books.busy,
            workers: self.settings.workers,
            upload_memory: (books.uploads, self.settings.upload_memory),
            pixel_memory: (books.pixels, self.settings.pixel_memory),
            cancelled: books.cancelled,
        }
    }

    pub(super) fn retry_after(&self) -> Duration {
        self.later(&self.books())
    }

    /// Whether the queue is full. A free worker is a place too, as long as nobody waits for memory.
    fn crowded(&self, books: &Books) -> bool {
        let free = books.waiters.is_empty() && books.busy < self.settings.workers;
        !free && books.waiters.len() >= self.settings.queue
    }

    fn fits(&self, books: &Books, bytes: u64) -> bool {
        books.busy < self.settings.workers && books.pixels + bytes <= self.settings.pixel_memory
    }

    fn grant(self: &Arc<Self>, books: &mut Books, bytes: u64) -> Permit {
        books.busy += 1;
        books.pixels += bytes;
        Permit {
            state: Arc::clone(self),
            bytes,
            since: Instant::now(),
        }
    }

    /// Grants to the longest waiting for as long as they fit. The first that doesn't
    /// fit holds up the rest: else many small ones could starve a large one.
    fn advance(self: &Arc<Self>, books: &mut Books) {
        while let Some(waiter) = books.waiters.front() {
            let bytes = waiter.bytes;
            if !self.fits(books, bytes) {
                break;
            }
            let Some(waiter) = books.waiters.pop_front() else {
                break;
            };
            let permit = self.grant(books, bytes);
            if let Err(unheard) = waiter.grant.send(permit) {
                // It left between being looked at and being granted.
                books.take_back(&unheard);
                unheard.forget();
            }
        }
    }

    /// How long a request at the end of the queue is likely to wait.
    fn wait(&self, books: &Books) -> Duration {
        let ahead = books.waiters.len() as f64 / self.settings.workers as f64;
        Duration::from_secs_f64(ahead * books.work_seconds)
    }

    fn overloaded(&self, books: &Books, lack: Lack) -> Error {
        Error::Overloaded {
            lack,
            retry_after: self.later(books),
        }
    }

    /// When the present queue has drained, plus up to half of that, so that the refused don't come back together.
    fn later(&self, books: &Books) -> Duration {
        let seconds = self.wait(books).as_secs_f64() + books.work_seconds;
        let random = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
        Duration::from_secs_f64((seconds * (1.0 + random / 2.0)).clamp(1.0, 60.0).ceil())
    }
}

impl Books {
    fn take_back(&mut self, permit: &Permit) {
        self.busy -= 1;
        self.pixels -= permit.bytes;
    }
}

impl Permit {
    /// Sets memory apart that stays granted when the work has ended: so much of it as what the work
    /// made takes. The rest, and the worker, come back as ever.
    pub fn keep(&mut self, bytes: u64) -> Held {
        let mut books = self.state.books();
        let rest = self.bytes.saturating_sub(bytes);
        // More than was granted is counted too: the books tell what is held.
        books.pixels = books.pixels - self.bytes + rest + bytes;
        self.bytes = rest;
        drop(books);
        Held::new(&self.state, bytes)
    }

    /// Drops it without giving anything back, where that has been done.
    fn forget(mut self) {
        self.bytes = FORGOTTEN;
    }
}

/// No permit can be for so many bytes.
const FORGOTTEN: u64 = u64::MAX;

impl Drop for Permit {
    fn drop(&mut self) {
        if self.bytes == FORGOTTEN {
            return;
        }
        let mut books = self.state.books();
        books.take_back(self);
        let seconds = self.since.elapsed().as_secs_f64();
        // The last ten or so pieces of work count.
        books.work_seconds += (seconds - books.work_seconds) * 0.1;
        self.state.advance(&mut books);
    }
}

impl Waiting {
    /// The permit, as soon as it is there; `None` if admission has ended.
    pub(super) async fn granted(&mut self) -> Option<Permit> {
        let permit = (&mut self.granted).await.ok();
        self.queued = false;
        permit
    }

    /// Leaves the queue, not counted as cancelled.
    pub(super) fn give_up(&mut self) {
        self.leave();
        self.queued = false;
    }

    fn leave(&self) {
        let mut books = self.state.books();
        books.waiters.retain(|waiter| waiter.id != self.id);
        // Whoever stood behind may fit now.
        self.state.advance(&mut books);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.queued {
            self.leave();
            self.state.count_cancelled();
        }
    }
}
