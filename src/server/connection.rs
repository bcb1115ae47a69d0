//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::activity::{Activity, State};
use super::io::ClockedStream;
use super::{Crowded, Handlers, Peer, Phase, Settings, closing};

/// Bytes of a head that are read; hyper answers 431 to more.
const MAX_HEAD: usize = 64 << 10;

/// Headers in a head; hyper answers 431 to more.
const MAX_HEADERS: usize = 100;

/// When closing, how long a connection that has served before may take to begin one more request.
const IDLE_GRACE: Duration = Duration::from_millis(250);

/// When closing, how long a connection that has never sent anything may take to begin.
const FRESH_GRACE: Duration = Duration::from_secs(1);

/// Who is at the other end, and whether it is past the cap.
#[derive(Clone, Copy)]
pub(super) struct Client {
    pub(super) peer: Peer,
    pub(super) crowded: bool,
}

/// Serves requests until either side has had enough.
pub(super) async fn serve<H, F, B>(
    stream: TcpStream,
    (client, activity): (Client, Activity),
    settings: Settings,
    mut phase: watch::Receiver<Phase>,
    handlers: Handlers<H>,
) where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = Requests {
        handler: handlers.request,
        activity: activity.clone(),
        phase: phase.clone(),
        client,
    };
    let Client { peer, crowded } = client;
    let stream = ClockedStream::new(
        stream,
        settings,
        activity.clone(),
        !crowded,
        (handlers.unreadable, handlers.hurry),
    );
    let io = TokioIo::new(stream);
    let mut connection = pin!(
        http1::Builder::new()
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .max_header_size(MAX_HEAD)
            // Our own clock tells idleness from a slow head; hyper's can't.
            .header_read_timeout(None)
            .serve_connection(io, service)
    );
    tokio::select! {
        ended = connection.as_mut() => return log(ended, peer),
        () = closing(&mut phase) => {}
    }
    // An answer that is under way closes the connection. One that waits for a head
    // gets a moment, since its request may be in the socket already.
    let grace = if activity.answered() == 0 {
        FRESH_GRACE
    } else {
        IDLE_GRACE
    };
    tokio::select! {
        ended = connection.as_mut() => return log(ended, peer),
        () = tokio::time::sleep(grace) => {}
    }
    // On a busy machine it may be there for long, and we not yet told. Nothing may come between this look and the end.
    activity.last_look();
    let looked = poll_fn(|cx| Poll::Ready(connection.as_mut().poll(cx))).await;
    if let Poll::Ready(ended) = looked {
        return log(ended, peer);
    }
    if activity.state() == State::Idle {
        connection.as_mut().graceful_shutdown();
    }
    log(connection.await, peer);
}

fn log(ended: hyper::Result<()>, Peer(peer): Peer) {
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "connection ended early");
    }
}

/// What hyper calls for each request of a connection.
struct Requests<H> {
    handler: H,
    activity: Activity,
    phase: watch::Receiver<Phase>,
    client: Client,
}

impl<H, F, B> Service<Request<Incoming>> for Requests<H>
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.activity.request_begins();
        request.extensions_mut().insert(self.client.peer);
        if self.client.crowded {
            request.extensions_mut().insert(Crowded);
        }
        let answer = (self.handler)(request);
        let (activity, phase, crowded) = (
            self.activity.clone(),
            self.phase.clone(),
            self.client.crowded,
        );
        Box::pin(async move {
            let mut response = answer.await;
            if crowded || *phase.borrow() != Phase::Serving {
                response
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            activity.request_ends();
            Ok(response)
        })
    }
}
