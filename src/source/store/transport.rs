//! HTTP for the library that speaks the stores' protocols, over connections of our own: to the places that the configuration leads to, and to no others.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use tokio::time::Instant;
use url::{Position, Url};

use crate::source::Error;
use crate::source::dial::{Dialler, Place};
use crate::source::exchange::{self, Driver, NAME, Whole};

/// Bytes of an answer that is no object: a token, or what a store says of a failure.
const LONGEST_WORD: u64 = 64 << 10;

/// Connections that are kept for the next request, at most.
const MOST_IDLE: usize = 16;

/// How long one is kept: less than stores keep theirs.
const LONGEST_IDLE: Duration = Duration::from_secs(15);

/// Goes with a request through the library, and sees what status came back last; 0 is none. The library keeps most of them to itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Witness(Arc<AtomicU16>);

impl Witness {
    pub(super) fn status(&self) -> Option<u16> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&status| status > 0)
    }
}

/// A way to the store and to whoever hands out its tokens. A cheap handle.
#[derive(Clone)]
pub(super) struct Transport(Arc<Inner>);

struct Inner {
    dialler: Dialler,
    /// The store's first.
    places: Vec<Place>,
    idle: Mutex<Vec<Idle>>,
}

/// A connection, and the task behind it.
struct Connection {
    place: Place,
    sender: SendRequest<Whole>,
    /// Moves its bytes for as long as it is held.
    _driver: Driver,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Transport").field(&self.0.places).finish()
    }
}

impl HttpConnector for Transport {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

impl HttpService for Transport {
    // As the attribute writes it that the trait is declared with.
    fn call<'a, 'call>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'call>>
    where
        'a: 'call,
        Self: 'call,
    {
        Box::pin(async move {
            let witness = request.extensions().get::<Witness>().cloned();
            let witness = witness.unwrap_or_default();
            witness.0.store(0, Ordering::Relaxed);
            let response = self.exchange(request).await?;
            witness
                .0
                .store(response.status().as_u16(), Ordering::Relaxed);
            Ok(response)
        })
    }
}

impl Transport {
    /// To these places alone, of which the first is the store's.
    pub(super) fn new(dialler: Dialler, places: Vec<Place>) -> Self {
        Self(Arc::new(Inner {
            dialler,
            places,
            idle: Mutex::default(),
        }))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let url = Url::parse(&request.uri().to_string());
        let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let place = Place::of(&url).filter(|place| self.0.places.contains(place));
        let Some(place) = place else {
            // Nothing that a client says gets here; an answer that sends us elsewhere might.
            tracing::warn!(
                host = url.host_str(),
                "a store leads to where nobody has named"
            );
            return Err(refused());
        };
        let request = worded(request, &url)?;
        // One that was kept may have been closed by the other side at this very moment.
        while let Some(connection) = self.kept(&place) {
            if let Ok(answer) = self.ask(connection, request.clone()).await {
                return Ok(answer);
            }
        }
        let addresses = self.0.dialler.addresses(&place.host).await;
        let addresses = addresses.map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?;
        let stream = self
            .0
            .dialler
            .dial(&place, addresses)
            .await
            .map_err(|error| undialled(&error))?;
        let (sender, driver) = exchange::begin(stream).await.map_err(broken)?;
        let connection = Connection {
            place,
            sender,
            _driver: driver,
        };
        self.ask(connection, request).await.map_err(broken)
    }

    async fn ask(
        &self,
        mut connection: Connection,
        request: Request<Whole>,
    ) -> Result<HttpResponse, hyper::Error> {
        // Tokens may come from the store's own place.
        let wants_object = request.extensions().get::<Witness>().is_some();
        connection.sender.ready().await?;
        let response = connection.sender.send_request(request).await?;
        let (parts, body) = response.into_parts();
        let is_object = wants_object
            && parts.status.is_success()
            && self.0.places.first() == Some(&connection.place);
        let reading = Reading {
            body,
            left: if is_object { u64::MAX } else { LONGEST_WORD },
            connection: Some((connection, self.clone())),
        };
        Ok(Response::from_parts(parts, HttpResponseBody::new(reading)))
    }

    /// A connection that was kept for this place.
    fn kept(&self, place: &Place) -> Option<Connection> {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| {
            kept.since.elapsed() < LONGEST_IDLE && !kept.connection.sender.is_closed()
        });
        let at = idle
            .iter()
            .rposition(|kept| kept.connection.place == *place)?;
        Some(idle.swap_remove(at).connection)
    }

    fn keep(&self, connection: Connection) {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|kept| {
            kept.since.elapsed() < LONGEST_IDLE && !kept.connection.sender.is_closed()
        });
        if idle.len() < MOST_IDLE && !connection.sender.is_closed() {
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
        }
    }
}

/// The request as it goes over a connection. What is signed stays as it is.
fn worded(request: HttpRequest, url: &Url) -> Result<Request<Whole>, HttpError> {
    let unfit = |error: hyper::http::Error| HttpError::new(HttpErrorKind::Unknown, error);
    let (mut parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    parts.uri = target
        .parse()
        .map_err(|error| unfit(hyper::http::Error::from(error)))?;
    let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]);
    let host = host.map_err(|error| unfit(hyper::http::Error::from(error)))?;
    parts.headers.insert(HOST, host);
    parts
        .headers
        .insert(USER_AGENT, HeaderValue::from_static(NAME));
    // In several pieces are only objects that are written, which none is.
    let body = body.as_bytes().cloned().ok_or_else(refused)?;
    Ok(Request::from_parts(parts, Whole::from(body)))
}

fn refused() -> HttpError {
    let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    HttpError::new(HttpErrorKind::Unknown, error)
}

fn undialled(error: &Error) -> HttpError {
    let (kind, cause) = match error {
        Error::Timeout => (HttpErrorKind::Timeout, std::io::ErrorKind::TimedOut),
        _ => (HttpErrorKind::Connect, std::io::ErrorKind::NotConnected),
    };
    HttpError::new(kind, std::io::Error::from(cause))
}

/// Read again by the library, from where it broke off.
fn broken(error: hyper::Error) -> HttpError {
    HttpError::new(HttpErrorKind::Interrupted, error)
}

/// An answer's body; its connection is kept for the next one once it has been read to the end, and closed if it is dropped before.
struct Reading {
    body: Incoming,
    /// Bytes that may still come.
    left: u64,
    connection: Option<(Connection, Transport)>,
}

impl Body for Reading {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(task)) {
            None => {
                if let Some((connection, transport)) = self.connection.take() {
                    transport.keep(connection);
                }
                return Poll::Ready(None);
            }
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(broken(error)))),
        };
        let length = frame.data_ref().map_or(0, Bytes::len) as u64;
        let Some(left) = self.left.checked_sub(length) else {
            let error = std::io::Error::from(std::io::ErrorKind::FileTooLarge);
            return Poll::Ready(Some(Err(HttpError::new(HttpErrorKind::Decode, error))));
        };
        self.left = left;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        // Only at its end, as seen above, is the connection kept.
        self.connection.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
