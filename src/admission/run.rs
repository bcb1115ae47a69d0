//! One request's way: the wait for a permit, the work, the wait for what it made.
//!
//! Where work runs and when the deadline passes is the caller's business, so that a model can decide on both.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::permit::Permit;
use super::queue::Demand;
use super::state::{Entry, State};
use super::{Deadline, Error};
use crate::checkpoint::{Checkpoint, Stop};
use crate::os::CpuClock;

/// Waits for a permit until `expired` is ready.
///
/// When this future is dropped, the request leaves the queue at once.
pub(super) async fn admit(
    state: &Arc<State>,
    demand: Demand,
    deadline: Deadline,
    expired: Pin<&mut impl Future<Output = ()>>,
) -> Result<Permit, Error> {
    let mut waiting = match state.enter(demand, deadline)? {
        Entry::Granted(permit) => return Ok(permit),
        Entry::Waiting(waiting) => waiting,
    };
    tokio::select! {
        biased;
        granted = waiting.granted() => if let Some(permit) = granted {
            return Ok(permit);
        },
        () = expired => waiting.give_up(),
    }
    Err(Error::QueueTimeout {
        retry_after: state.retry_after(),
    })
}

/// What is to run on the pool, and where its outcome will be. The permit lives exactly as long as the work.
pub(super) fn job<T, W>(
    state: &Arc<State>,
    mut permit: Permit,
    checkpoint: Checkpoint,
    work: W,
) -> (
    impl FnOnce() + Send + 'static,
    oneshot::Receiver<Outcome<T>>,
)
where
    T: Send + 'static,
    W: FnOnce(&mut Permit) -> T + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let state = Arc::clone(state);
    let job = move || {
        let clock = CpuClock::of_this_thread();
        checkpoint.clocked(move || clock.now());
        let outcome = match checkpoint.stopped() {
            Some(stop) => {
                // What it owns goes before the permit does.
                drop(work);
                Outcome::Skipped(stop)
            }
            // What the work owned is gone after a panic, and nothing of it is looked at again.
            None => std::panic::catch_unwind(AssertUnwindSafe(|| work(&mut permit)))
                .map_or_else(|panic| Outcome::Panicked(message(&*panic)), Outcome::Done),
        };
        let wasted = checkpoint.wasted();
        match checkpoint.stopped() {
            Some(Stop::Cancelled) => state.count_cancelled(wasted),
            Some(Stop::Deadline) => state.count_late(wasted),
            None => {}
        }
        drop(permit);
        // Nobody listens when the client has left or the deadline has passed.
        let _unheard = sender.send(outcome);
    };
    (job, receiver)
}

/// Waits for what the work made until `expired` is ready; then the work is told to stop.
pub(super) async fn outcome<T>(
    receiver: oneshot::Receiver<Outcome<T>>,
    expired: Pin<&mut impl Future<Output = ()>>,
    checkpoint: &Checkpoint,
) -> Result<T, Error> {
    tokio::select! {
        biased;
        outcome = receiver => match outcome {
            Ok(Outcome::Done(value)) => Ok(value),
            Ok(Outcome::Panicked(message)) => Err(Error::Panicked(message)),
            // The work was never run: its checkpoint had been stopped before it began.
            Ok(Outcome::Skipped(Stop::Deadline)) => Err(Error::WorkTimeout),
            Ok(Outcome::Skipped(Stop::Cancelled)) => Err(Error::Cancelled),
            Err(_closed) => Err(Error::Panicked("the worker ended without an answer".to_owned())),
        },
        () = expired => {
            checkpoint.stop(Stop::Deadline);
            Err(Error::WorkTimeout)
        }
    }
}

pub(super) enum Outcome<T> {
    Done(T),
    Panicked(String),
    Skipped(Stop),
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
