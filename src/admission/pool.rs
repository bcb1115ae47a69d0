//! The worker threads: a runtime of their own, entered only to start work. All of them are there from the start.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, RwLock, mpsc};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// As many threads as there are workers, and one that helps out, at a lower OS priority than the rest.
#[derive(Debug)]
pub(super) struct Pool {
    /// Taken when the pool ends.
    runtime: Option<Runtime>,
}

/// How long the system may take to start a thread that it hasn't refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// For which a thread stays without work: longer than a process lives.
const FOR_EVER: Duration = Duration::from_hours(100 * 365 * 24);

impl Pool {
    /// # Errors
    /// The system refuses one of the threads.
    pub(super) fn start(workers: usize, nice: u8) -> io::Result<Self> {
        let threads = workers + 1;
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(threads)
            .thread_keep_alive(FOR_EVER)
            .thread_name("worker")
            // Request handling must win against pixels: measured on 2 cores under full
            // load, this halves the time in which /health answers.
            .on_thread_start(move || crate::os::lower_priority(nice))
            .build()?;
        let pool = Self {
            runtime: Some(runtime),
        };
        pool.fill(threads)?;
        Ok(pool)
    }

    /// Has every thread started now. Left to itself, tokio asks for one when there is work: refused then, it panics, or
    /// leaves the work lying.
    fn fill(&self, threads: usize) -> io::Result<()> {
        let refused = || io::Error::other("the system refuses threads for workers");
        let gate = Arc::new(RwLock::new(()));
        let closed = gate.write();
        let (start, started) = mpsc::channel();
        for _ in 0..threads {
            let (start, gate) = (start.clone(), Arc::clone(&gate));
            // None is free for the next one before all have come.
            let wait = move || {
                let _unheard = start.send(());
                drop(gate.read());
            };
            catch_unwind(AssertUnwindSafe(|| self.spawn(wait))).map_err(|_panic| refused())?;
        }
        for _ in 0..threads {
            started.recv_timeout(PATIENCE).map_err(|_late| refused())?;
        }
        drop(closed);
        Ok(())
    }

    /// Runs `work` on a worker. There is one free: a permit is held.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that may start CPU work"
    )]
    pub(super) fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        if let Some(runtime) = &self.runtime {
            let _entered = runtime.enter();
            // The outcome comes through a channel of the work's own.
            drop(tokio::task::spawn_blocking(work));
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A stuck decode must not hold the exit up.
            runtime.shutdown_background();
        }
    }
}
