//! The real stack of layers in this process: no socket, a runtime and a worker of each thread's own.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use futures_core::Stream;
use http_body_util::BodyExt;
use pixmill::admission::Admission;
use pixmill::config::{Config, Machine};
use pixmill::http::{self, Readiness, State};
use pixmill::service::{self, Parts, Service};
use pixmill::source::{Opened, Sources};
use pixmill::telemetry::{Metrics, Snapshot};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use super::SETTINGS;

/// Nothing is slow enough for a deadline, not even under a sanitizer on a busy machine: a 504 is a finding.
const LONG: Duration = Duration::from_mins(10);

struct Server {
    runtime: Runtime,
    router: Router,
}

thread_local! {
    // Never dropped: when a thread ends, what a runtime's end would need may be gone before it.
    static SERVER: &'static Server = Box::leak(Box::new(Server::start()));
}

impl Server {
    fn start() -> Self {
        let machine = Machine {
            cpus: 1,
            memory: 1 << 30,
        };
        let mut config = Config::defaults(machine).expect("the defaults are valid");
        config.pipeline = SETTINGS;
        config.http.max_body = 1 << 20;
        config.http.body_timeout = LONG;
        config.http.request_timeout = LONG;
        config.http.min_upload_rate = 0;
        let admission = Admission::start(config.admission).expect("a thread");
        let opened = Opened::open(config.source).expect("nothing is opened");
        let sources = Sources::new(opened, admission.clone(), Metrics::new());
        let parts = Parts {
            settings: config.pipeline,
            admission,
            sources: sources.expect("no thread is needed"),
        };
        let service = Service::new(parts, service::in_process());
        let state = State::new(
            service,
            config.http,
            Readiness::default(),
            Metrics::new(),
            Snapshot::default,
        );
        Self {
            runtime: Builder::new_current_thread()
                .enable_time()
                .build()
                .expect("a runtime"),
            router: http::router(state),
        }
    }
}

/// The answer, with all of its body.
pub(crate) fn answer(request: Request<Body>) -> Response<Bytes> {
    SERVER.with(|server| {
        let router = server.router.clone();
        server.runtime.block_on(async {
            let (parts, body) = infallible(router.oneshot(request).await).into_parts();
            let body = body.collect().await.expect("a whole body").to_bytes();
            Response::from_parts(parts, body)
        })
    })
}

fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

/// A body in pieces of `size` bytes, without an announced length; whole and announced for 0.
pub(crate) fn body(bytes: &[u8], size: usize) -> Body {
    let bytes = Bytes::copy_from_slice(bytes);
    if size == 0 {
        Body::from(bytes)
    } else {
        Body::from_stream(Pieces { bytes, size })
    }
}

struct Pieces {
    bytes: Bytes,
    size: usize,
}

impl Stream for Pieces {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.size.min(self.bytes.len());
        Poll::Ready(Some(Ok(self.bytes.split_to(length))))
    }
}
