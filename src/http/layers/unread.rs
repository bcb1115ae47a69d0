//! Says so when the connection ends with this answer because its request's body wasn't read to its end.
//!
//! hyper closes such a connection without a word, and a client that keeps connections
//! would lose the next request that it sends on it (RFC 9112, 9.6).

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Task, Poll, ready};

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::Next;
use axum::response::Response;
use futures_core::Stream;

pub(in crate::http) async fn announce_close(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let ended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ended);
    let request = request.map(|body| {
        let body = body.into_data_stream();
        Body::from_stream(Watched { body, ended })
    });
    let mut response = next.run(request).await;
    if !seen.load(Ordering::Relaxed) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// A body that tells when it has been read to its end.
struct Watched {
    body: BodyDataStream,
    ended: Arc<AtomicBool>,
}

impl Stream for Watched {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(Pin::new(&mut self.body).poll_next(task));
        if next.is_none() {
            self.ended.store(true, Ordering::Relaxed);
        }
        Poll::Ready(next)
    }
}
