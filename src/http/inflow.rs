//! A body on its way in: counted, capped, and held to a pace.
//!
//! Whatever reads a body reads it through here, so that every byte counts,
//! whether it belongs to the picture or to the wrapping around it.

use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use axum::body::{Body, BodyDataStream, Bytes};
use futures_core::Stream;
use tokio::time::{Sleep, sleep_until};

use super::problem::{Kind, Limit, Problem};
use crate::admission::Admission;
use crate::pace::Pace;

/// The bytes of a body, or why there are no more.
pub(super) struct Inflow {
    stream: BodyDataStream,
    pace: Pace,
    /// Says whether others lack the memory that is held for this body.
    admission: Admission,
    clock: Pin<Box<Sleep>>,
    received: u64,
    max_body: u64,
}

impl Inflow {
    pub(super) fn new(body: Body, pace: Pace, max_body: u64, admission: Admission) -> Self {
        Self {
            stream: body.into_data_stream(),
            clock: Box::pin(sleep_until(pace.first_look(0))),
            pace,
            admission,
            received: 0,
            max_body,
        }
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let next = poll_fn(|task| Pin::new(&mut *self).poll_next(task)).await;
        next.transpose().map_err(|Refusal(problem)| problem)
    }

    fn count(&mut self, data: &Bytes) -> Result<(), Refusal> {
        self.received += data.len() as u64;
        if self.received > self.max_body {
            return Err(Refusal(too_large(self.max_body)));
        }
        self.clock
            .as_mut()
            .reset(self.pace.first_look(self.received));
        Ok(())
    }

    /// Ready when the next bytes are late.
    fn poll_late(&mut self, task: &mut Task<'_>) -> Poll<()> {
        loop {
            ready!(self.clock.as_mut().poll(task));
            let held = self.pace.held(self.received);
            let is_hasty = || self.admission.lacks_upload_memory(held);
            match self.pace.next_look(self.received, is_hasty) {
                Some(look) => self.clock.as_mut().reset(look),
                None => return Poll::Ready(()),
            }
        }
    }
}

impl Stream for Inflow {
    type Item = Result<Bytes, Refusal>;

    fn poll_next(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        Poll::Ready(match Pin::new(&mut this.stream).poll_next(task) {
            Poll::Ready(None) => None,
            Poll::Ready(Some(Ok(data))) => Some(this.count(&data).map(|()| data)),
            Poll::Ready(Some(Err(error))) => Some(Err(Refusal(cut_off(&error)))),
            Poll::Pending => {
                ready!(this.poll_late(task));
                Some(Err(Refusal(too_slow(&this.pace))))
            }
        })
    }
}

/// A problem on its way through a library that passes errors on.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) Problem);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.detail())
    }
}

impl Error for Refusal {}

pub(super) fn too_large(max_body: u64) -> Problem {
    Problem::beyond(
        Limit::Body,
        format!("The upload is larger than the {max_body} bytes that this server takes."),
    )
    .with("limit", max_body)
    .with("unit", "bytes")
}

fn too_slow(pace: &Pace) -> Problem {
    let limit = if pace.is_over() {
        Limit::UploadTime
    } else {
        Limit::UploadRate
    };
    Problem::beyond(
        limit,
        "The body didn't arrive in time. Send it faster, or send less.",
    )
}

/// The connection ended, or what came on it was no body.
fn cut_off(error: &(dyn Error + 'static)) -> Problem {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    let gone = causes.any(|cause| cause.downcast_ref().is_some_and(is_end));
    let problem = Problem::new(
        Kind::InvalidRequest,
        "The body ended before it was complete.",
    );
    // Only one that closed its sending half alone could still read this.
    if gone { problem.client_gone() } else { problem }
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    /// A client that sends a piece every so often.
    struct Dripping(Pin<Box<Sleep>>, Duration, usize);

    impl Stream for Dripping {
        type Item = Result<Bytes, io::Error>;

        fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
            ready!(self.0.as_mut().poll(task));
            let next = Instant::now() + self.1;
            self.0.as_mut().reset(next);
            Poll::Ready(Some(Ok(Bytes::from(vec![0; self.2]))))
        }
    }

    /// Milliseconds until a body is given up, of which so much comes every 100 ms; as long as it is borne where it isn't.
    async fn borne(bytes: usize, announced: u64, admission: &Admission) -> u128 {
        let start = Instant::now();
        let drops = Dripping(
            Box::pin(sleep_until(start)),
            Duration::from_millis(100),
            bytes,
        );
        let pace = Pace::new(start + Duration::from_secs(30), 1 << 10, Some(announced));
        let body = Body::from_stream(drops);
        let mut inflow = Inflow::new(body, pace, 1 << 30, admission.clone());
        while inflow.next().await.is_ok() {}
        start.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn slow_senders_hurry_where_others_lack_memory() {
        let admission = Admission::of_uploads(1 << 20);
        let _slow = admission.body(1 << 20, Instant::now()).await.unwrap();
        // Nobody needs it.
        assert!(borne(1, 10 << 10, &admission).await.abs_diff(5000) <= 250);
        for (bytes, announced, millis) in [
            (1, 10 << 10, 625),
            // The least rate is a kilobyte a second, and eight are wanted now.
            (700, 200 << 10, 4300),
            // That much would take a minute and a half more.
            (900, 1 << 20, 1300),
            (900, 200 << 10, 30_000),
        ] {
            let needs = async {
                loop {
                    let hour = Instant::now() + Duration::from_hours(1);
                    let _refused = admission.body(1, hour).await;
                }
            };
            let borne = tokio::select! {
                borne = borne(bytes, announced, &admission) => borne,
                () = needs => 0,
            };
            assert!(borne.abs_diff(millis) <= 250, "{bytes}: {borne}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_announces_much_and_sends_little_is_found_out() {
        let admission = Admission::of_uploads(1 << 20);
        for (announced, kibibytes, seconds) in [
            // 1 KiB a second is enough for a body of that size, and for one without an announced length.
            (Some(20 << 10), 1, 30),
            (None, 1, 30),
            (Some(64 << 20), 1, 5),
            // A megabyte a second can't bring 64 in 30 seconds.
            (Some(64 << 20), 1 << 10, 8),
        ] {
            let second = Duration::from_secs(1);
            let drops = Dripping(
                Box::pin(sleep_until(Instant::now())),
                second,
                kibibytes << 10,
            );
            let start = Instant::now();
            let pace = Pace::new(start + Duration::from_secs(30), 1 << 10, announced);
            let mut inflow =
                Inflow::new(Body::from_stream(drops), pace, 1 << 30, admission.clone());
            let problem = loop {
                if let Err(problem) = inflow.next().await {
                    break problem;
                }
            };
            assert_eq!(problem.code(), "upload-timeout");
            let after = start.elapsed().as_secs();
            assert_eq!(after, seconds, "{announced:?} {kibibytes}");
        }
    }
}
