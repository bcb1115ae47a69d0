//! One deadline for each request, made at its complete head and found in its extensions.

use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Request;
use tower::{Layer, Service};

use crate::admission::Deadline;

/// Gives each request so much time, from now on.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct DeadlineLayer(pub(in crate::http) Duration);

impl<S> Layer<S> for DeadlineLayer {
    type Service = WithDeadline<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WithDeadline {
            inner,
            time: self.0,
        }
    }
}

/// Puts a [`Deadline`] into the extensions. Whoever waits obeys it: a layer that dropped the work at the
/// deadline could not tell slow uploads from long queues from dear work.
#[derive(Clone, Debug)]
pub(in crate::http) struct WithDeadline<S> {
    inner: S,
    time: Duration,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for WithDeadline<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(Deadline::after(self.time));
        self.inner.call(request)
    }
}
