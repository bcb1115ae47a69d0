//! Who may work, and when: the queue, the workers, the memory budgets.
//!
//! The only place that starts CPU work. One function grants a worker and pixel
//! memory together to a list of waiters of our own, in an order that is fair by cost;
//! both belong to the work, not to the request, and come back when it ends.
//! Knows nothing of images or HTTP.

mod aside;
mod books;
mod budget;
mod lease;
mod lock;
mod pace;
mod permit;
mod place;
mod pool;
mod queue;
mod run;
mod state;
mod uploads;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

pub use self::aside::Aside;
pub use self::lease::{FIRST_STEP, Held, Lease};
pub use self::permit::Permit;
pub use self::place::Place;
use self::pool::Pool;
pub use self::queue::Demand;
use self::state::State;
use crate::checkpoint::{Checkpoint, Stage};

/// How much work is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Threads that do CPU work, at least 1. One more helps out with cheap work while all have dear work.
    pub workers: usize,
    /// How much lower than the rest of the process the workers' OS priority is, 0 to 19.
    pub nice: u8,
    /// Requests that may wait for a worker.
    pub queue: usize,
    /// Bytes of request bodies held at once.
    pub upload_memory: u64,
    /// Bytes of pixels and codec state held at once.
    pub pixel_memory: u64,
}

/// When a request has to be done with. Made once, at the complete head, and passed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The moment.
    pub fn at(self) -> Instant {
        self.0
    }
}

/// Why work was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No place in the queue, or no upload memory, or the work would be done after the deadline.
    Overloaded {
        /// Which of these it is.
        lack: Lack,
        /// When a place is likely.
        retry_after: Duration,
    },
    /// It needs more memory than the whole budget.
    TooLarge {
        /// The budget in bytes.
        limit: u64,
        /// What it needs in bytes.
        actual: u64,
    },
    /// The deadline passed in the queue, or came too near for the work.
    QueueTimeout {
        /// When a place is likely.
        retry_after: Duration,
    },
    /// The deadline passed while working.
    WorkTimeout,
    /// The client has gone.
    Cancelled,
    /// The work panicked; the message is for the log.
    Panicked(String),
}

/// What there is not enough of for one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A place in the queue.
    Place,
    /// Upload memory.
    UploadMemory,
    /// Time: by what waits and works already, it would be done after the deadline.
    Time,
}

/// What admission is doing now, for metrics and `/health`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests waiting.
    pub queued: usize,
    /// How many may.
    pub queue: usize,
    /// Workers at work.
    pub busy: usize,
    /// Workers there are.
    pub workers: usize,
    /// Bytes of request bodies held, and the budget.
    pub upload_memory: (u64, u64),
    /// Bytes of pixels granted, and of answers that are not sent yet, and the budget.
    pub pixel_memory: (u64, u64),
    /// Of those, what answers hold that are not sent yet.
    pub answer_memory: u64,
    /// Work that was stopped or never started because its client left, since start.
    pub cancelled: u64,
    /// Processor time of work after its client had left, since start.
    pub wasted_cancelled: Duration,
    /// The same after its deadline had passed.
    pub wasted_late: Duration,
}

/// A cheap handle on the one admission of a process.
#[derive(Clone, Debug)]
pub struct Admission(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Arc<State>,
    pool: Pool,
}

impl Admission {
    /// Starts the worker pool.
    ///
    /// # Errors
    /// The system refuses threads.
    pub fn start(settings: Settings) -> std::io::Result<Self> {
        Ok(Self(Arc::new(Inner {
            pool: Pool::start(settings.workers, settings.nice)?,
            state: Arc::new(State::new(settings)),
        })))
    }

    /// Whether there is a place in the queue now; asked before a body is read, and held until it has been.
    ///
    /// # Errors
    /// `Overloaded`.
    pub fn look(&self) -> Result<Place, Error> {
        self.0.state.look()
    }

    /// Upload memory for a body on its way of `bytes` (its announced length, or the first step where there is none). Waits up to a second where
    /// there is none left, but slow senders hold some; until `end` at most.
    ///
    /// # Errors
    /// `Overloaded`.
    pub async fn body(&self, bytes: u64, end: Instant) -> Result<Lease, Error> {
        self.0.state.await_upload(bytes, end).await
    }

    /// Whether somebody waits to whom it would help if a body on its way gave back what is `held` for it: a slow one has to hurry.
    pub fn lacks_upload_memory(&self, held: u64) -> bool {
        self.0.state.lacks_upload_memory(held)
    }

    /// Upload memory for so many bytes that come from no client. Never waits.
    ///
    /// # Errors
    /// `Overloaded`.
    pub fn upload(&self, bytes: u64) -> Result<Lease, Error> {
        Lease::new(&self.0.state, bytes)
    }

    /// Waits for a worker and for pixel memory, then runs `work` on the pool.
    ///
    /// When this future is dropped, a waiting request leaves the queue at once; work
    /// that runs goes on until it polls the checkpoint, which the caller has to stop.
    /// Worker and memory come back when the work ends, whoever waits for it; but for what the work
    /// sets apart of its permit.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn run<T, W>(
        &self,
        demand: Demand,
        deadline: Deadline,
        checkpoint: &Checkpoint,
        work: W,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&mut Permit) -> T + Send + 'static,
    {
        let state = &self.0.state;
        checkpoint.enter(Stage::Queue);
        let mut expired = pin!(sleep_until(deadline.at()));
        let permit = run::admit(state, demand, deadline, expired.as_mut()).await?;
        let (job, receiver) = run::job(state, permit, checkpoint.clone(), work);
        self.0.pool.spawn(job);
        run::outcome(receiver, expired, checkpoint).await
    }

    /// What is going on.
    pub fn figures(&self) -> Figures {
        self.0.state.figures()
    }

    /// The class in which such work waits, in words.
    pub fn class(&self, demand: Demand) -> &'static str {
        self.0.state.class(demand)
    }

    /// Whether somebody has waited for memory that only clients can give back, whose answers hold it.
    pub fn is_clogged(&self) -> bool {
        self.0.state.is_clogged()
    }

    /// When a place is likely: 1 to 60 s, from the measured drain rate, jittered.
    pub fn retry_after(&self) -> Duration {
        self.0.state.retry_after()
    }

    /// Counts a request whose client left before it had sent everything.
    pub fn count_cancelled(&self) {
        self.0.state.count_cancelled(Duration::ZERO);
    }
}

#[cfg(test)]
impl Admission {
    /// A small one, for tests that are about so many bytes of upload memory.
    pub(crate) fn of_uploads(upload_memory: u64) -> Self {
        let settings = Settings {
            workers: 1,
            nice: 0,
            queue: 1,
            upload_memory,
            pixel_memory: 1 << 20,
        };
        Self::start(settings).expect("the system grants threads")
    }
}

#[cfg(test)]
mod tests;
