//! pixmill's own accept loop and connections, around a function of the example's.

use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use pixmill::server::{self, Connections, Handlers, Incoming, Phase, Settings};
use tokio::sync::watch;

/// An answer of those bytes.
pub(crate) fn answer(status: u16, bytes: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(bytes.into()));
    *answer.status_mut() = status.try_into().expect("a status");
    answer
}

/// Serves until the future is dropped.
pub(crate) async fn serve<H, F>(listener: TcpListener, handler: H)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let settings = Settings {
        max_connections: 4_096,
        header_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(75),
        write_timeout: Duration::from_secs(30),
        min_download_rate: 1 << 10,
        shared_listener: false,
    };
    let handlers = Handlers {
        request: handler,
        unreadable: Arc::new(|status| {
            let mut answer = Response::new(Bytes::new());
            *answer.status_mut() = status.try_into().expect("hyper's own");
            Box::pin(std::future::ready(answer))
        }),
        hurry: Arc::new(|| false),
    };
    // Whoever holds the sender may drain the server; here it is only stopped.
    let (_phases, phase) = watch::channel(Phase::Serving);
    server::serve(listener, settings, phase, Connections::default(), handlers)
        .await
        .expect("a listener that was just bound");
}
