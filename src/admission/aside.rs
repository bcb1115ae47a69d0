//! Waits that can't be awaited, such as for a disk: on a few threads of their own, so that neither requests nor workers wait with them.

use std::io;
use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout_at;

use super::pool::Pool;
use super::{Deadline, Error};

/// A few threads for what blocks.
#[derive(Clone, Debug)]
pub struct Aside(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Pool,
    free: Arc<Semaphore>,
}

impl Aside {
    /// So many threads, at least 2.
    ///
    /// # Errors
    /// The system refuses threads.
    pub fn start(threads: usize) -> io::Result<Self> {
        // The pool has one more than it is told.
        let others = threads.saturating_sub(1).max(1);
        Ok(Self(Arc::new(Inner {
            pool: Pool::start(others, 0)?,
            free: Arc::new(Semaphore::new(others + 1)),
        })))
    }

    /// Runs `errand` on one of the threads, once one is free. It has to look by itself whether anybody still waits for it.
    ///
    /// # Errors
    /// `WorkTimeout` when the deadline passes first, `Panicked`.
    pub async fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        errand: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let late = |_elapsed| Error::WorkTimeout;
        let free = Arc::clone(&self.0.free).acquire_owned();
        let place = timeout_at(deadline.at(), free).await.map_err(late)?;
        let (sender, receiver) = oneshot::channel();
        self.0.pool.spawn(move || {
            // Nobody listens any more when the client has left.
            let _unheard = sender.send(errand());
            drop(place);
        });
        let ended = timeout_at(deadline.at(), receiver).await.map_err(late)?;
        ended.map_err(|_closed| Error::Panicked("an errand ended without an answer".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn errands_wait_for_a_thread_until_their_deadline() {
        let aside = Aside::start(2).unwrap();
        let soon = Deadline::after(Duration::from_millis(20));
        let late = Deadline::after(Duration::from_secs(20));
        let mut gates = Vec::new();
        for _ in 0..2 {
            let (open, gate) = mpsc::channel::<()>();
            let stuck = aside.run(soon, move || gate.recv().is_ok()).await;
            assert_eq!(stuck, Err(Error::WorkTimeout));
            gates.push(open);
        }
        // Both threads are held up, and say so in time.
        assert_eq!(aside.run(soon, || 3).await, Err(Error::WorkTimeout));
        gates.pop().unwrap().send(()).unwrap();
        assert_eq!(aside.run(late, || 3).await, Ok(3));
        drop(gates);
        let panicked = aside.run(late, || std::panic::panic_any("broken")).await;
        assert!(matches!(panicked, Err(Error::Panicked(_))), "{panicked:?}");
        for turn in 0..4 {
            assert_eq!(aside.run(late, move || turn).await, Ok(turn));
        }
    }
}
