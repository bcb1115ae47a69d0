//! The worker threads: a runtime of their own, entered only to start work.

use tokio::runtime::{Builder, Runtime};

/// As many threads as there are workers, and one that helps out, at a lower OS priority than the rest.
#[derive(Debug)]
pub(super) struct Pool {
    /// Taken when the pool ends.
    runtime: Option<Runtime>,
}

impl Pool {
    pub(super) fn start(workers: usize, nice: u8) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(workers + 1)
            .thread_name("worker")
            // Request handling must win against pixels: measured on 2 cores under full
            // load, this halves the time in which /health answers.
            .on_thread_start(move || crate::os::lower_priority(nice))
            .build()?;
        Ok(Self {
            runtime: Some(runtime),
        })
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
