//! A client that leaves takes its work with it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::Request;
use tower::{Layer, Service};

use crate::checkpoint::{Checkpoint, Stop};

/// Stops a request's checkpoint when its future is dropped before it has answered.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct CancelLayer;

impl<S> Layer<S> for CancelLayer {
    type Service = Cancelling<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Cancelling { inner }
    }
}

/// Its futures own the guard.
#[derive(Clone, Debug)]
pub(in crate::http) struct Cancelling<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Cancelling<S>
where
    S: Service<Request<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let guard = Guard(request.extensions().get::<Checkpoint>().cloned());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut guard = guard;
            let answer = answer.await;
            guard.0 = None;
            answer
        })
    }
}

/// hyper drops the future when the client has gone; so does the timeout behind the deadline.
struct Guard(Option<Checkpoint>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(checkpoint) = &self.0 {
            checkpoint.stop(Stop::Cancelled);
        }
    }
}
