//! Processor time that is used for nobody: by work that has been told to stop, until it does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells how much processor time whoever does the work has used until now; `None` when it has ended. Asked from any thread.
type Clock = Box<dyn Fn() -> Option<Duration> + Send + Sync>;

/// Looks at the clock of whoever works, when the work is told to stop and when it ends.
#[derive(Default)]
pub(super) struct Meter(Mutex<State>);

#[derive(Default)]
struct State {
    clock: Option<Clock>,
    /// What it told when the work was told to stop.
    at_stop: Option<Duration>,
    wasted: Duration,
}

impl State {
    fn read(&self) -> Option<Duration> {
        self.clock.as_ref().and_then(|clock| clock())
    }

    fn settle(&mut self) {
        if let (Some(before), Some(now)) = (self.at_stop.take(), self.read()) {
            self.wasted += now.saturating_sub(before);
        }
        self.clock = None;
    }
}

impl Meter {
    /// From now on this is the clock. The work may have been told to stop already.
    pub(super) fn begins(&self, clock: Clock, is_stopped: impl Fn() -> bool) {
        let mut state = self.lock();
        state.settle();
        state.clock = Some(clock);
        // Asked under the lock: whoever stops it meanwhile looks at the clock after this.
        if is_stopped() {
            state.at_stop = state.read();
        }
    }

    /// The work is told to stop: `stop` does it, and says whether it is the first to. Nobody settles before the clock is read.
    pub(super) fn stops(&self, stop: impl FnOnce() -> bool) {
        let mut state = self.lock();
        if stop() {
            state.at_stop = state.read();
        }
    }

    /// Whoever worked has ended, or is about to.
    pub(super) fn ends(&self) {
        self.lock().settle();
    }

    /// What was wasted since that was last asked.
    pub(super) fn take(&self) -> Duration {
        let mut state = self.lock();
        state.settle();
        std::mem::take(&mut state.wasted)
    }

    /// A clock that panics leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
