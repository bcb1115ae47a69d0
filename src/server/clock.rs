//! How long a client is waited for, whatever it is that it has to do.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::activity::State;

/// Runs while something is waited for; begins anew when that changes.
#[derive(Default)]
pub(super) struct Clock {
    running: Option<(State, Pin<Box<Sleep>>)>,
}

impl Clock {
    pub(super) fn stop(&mut self) {
        self.running = None;
    }

    /// Ready when `what` has been waited for as long as patience lasts.
    pub(super) fn poll(
        &mut self,
        what: State,
        patience: Option<Duration>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(patience) = patience else {
            self.stop();
            return Poll::Pending;
        };
        if self
            .running
            .as_ref()
            .is_none_or(|(since, _)| *since != what)
        {
            self.running = Some((what, Box::pin(sleep_until(Instant::now() + patience))));
        }
        self.running
            .as_mut()
            .map_or(Poll::Pending, |(_, sleep)| sleep.as_mut().poll(cx))
    }
}
