//! The accept loop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::activity::Activity;
use super::connection::{self, Client};
use super::listener::begin_no_more;
use super::{Connections, Handlers, Peer, Phase, Settings, closing};

/// Places past the cap, in which health checks are still answered.
const SPARE: usize = 16;

/// A connection past the cap gets this long for its head.
const CROWDED_PATIENCE: Duration = Duration::from_secs(1);

/// How long a client that has begun to connect may take to finish, when no others may begin.
///
/// It takes one round trip: the system's SYN and ACK to the client, whose connection is there with that, and the client's ACK to
/// the system, which only then queues it for us. Closing the listener in between resets what the client believes to have. How many
/// are on this way the system tells nobody who may open no file, so the longest round trip is waited for that there is: halfway
/// around the globe and back is 0.2 s in fibre, and queues on the way take some more. What was lost, and is sent again after
/// a second, isn't waited for.
const HANDSHAKE: Duration = Duration::from_millis(300);

/// Accepts and serves until `phase` is [`Phase::Closing`] and the last connection has ended.
///
/// Dropping the future ends every connection at once.
///
/// # Errors
/// The listener can't be used at all.
pub async fn serve<H, F, B>(
    listener: std::net::TcpListener,
    settings: Settings,
    mut phase: watch::Receiver<Phase>,
    connections: Connections,
    handlers: Handlers<H>,
) -> io::Result<()>
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::from_std(listener)?;
    let places = Arc::new(Semaphore::new(settings.max_connections + SPARE));
    let mut tasks = JoinSet::new();
    let seen = phase.clone();
    let spawn = |tasks: &mut JoinSet<()>, stream, peer, place: OwnedSemaphorePermit| {
        let guest = Guest::new(&connections, place);
        let crowded = connections.open() > settings.max_connections;
        let mut settings = settings;
        if crowded {
            connections.crowds();
            settings.header_timeout = CROWDED_PATIENCE;
        }
        let client = Client {
            peer: Peer(peer),
            crowded,
        };
        let (phase, handlers) = (seen.clone(), handlers.clone());
        let activity = Activity::counted(connections.clone());
        tasks.spawn(async move {
            let _guest = guest;
            let client = (client, activity);
            connection::serve(stream, client, settings, phase, handlers).await;
        });
    };
    let end = closing(&mut phase);
    accept_until(end, &listener, &places, &mut tasks, &spawn).await;
    if !settings.shared_listener && begin_no_more(&listener) {
        let end = tokio::time::sleep(HANDSHAKE);
        accept_until(end, &listener, &places, &mut tasks, &spawn).await;
    }
    // Those that are being served go on whatever becomes of the listener.
    match listener.into_std() {
        Ok(listener) => {
            empty(&listener, &places, |stream, peer, place| {
                spawn(&mut tasks, stream, peer, place);
            })
            .await;
        }
        Err(error) => tracing::error!(%error, "the accept queue can't be emptied"),
    }
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Accepts and serves until `end` is ready.
async fn accept_until(
    end: impl Future<Output = ()>,
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    tasks: &mut JoinSet<()>,
    serve: &impl Fn(&mut JoinSet<()>, TcpStream, SocketAddr, OwnedSemaphorePermit),
) {
    let mut patience = Patience::default();
    tokio::pin!(end);
    loop {
        // The place is taken before the connection is: beyond the spare ones, nobody is accepted.
        let next = async {
            let place = Arc::clone(places).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            biased;
            () = &mut end => return,
            (accepted, place) = next => match (accepted, place) {
                (Ok((stream, peer)), Ok(place)) => {
                    patience.reset();
                    serve(tasks, stream, peer, place);
                    // As long as there is always another to accept, nothing else would take them away.
                    while tasks.try_join_next().is_some() {}
                }
                (Err(error), _) => patience.wait(&error).await,
                // The semaphore is never closed.
                (_, Err(_closed)) => return,
            },
            Some(_ended) = tasks.join_next() => {}
        }
    }
}

/// Serves what the system has accepted for us: with the listener it would be reset.
///
/// Again the place comes first. Those in the queue wait for one as they
/// did before, as long as the caller's `drain_timeout` allows.
async fn empty(
    listener: &std::net::TcpListener,
    places: &Arc<Semaphore>,
    mut serve: impl FnMut(TcpStream, SocketAddr, OwnedSemaphorePermit),
) {
    let mut patience = Patience::default();
    while let Ok(place) = Arc::clone(places).acquire_owned().await {
        match listener.accept() {
            Ok((stream, peer)) => match adopted(stream) {
                Ok(stream) => serve(stream, peer, place),
                Err(error) => tracing::warn!(%error, "an accepted connection was lost"),
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) => {
                drop(place);
                patience.wait(&error).await;
            }
        }
    }
}

fn adopted(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}

/// A connection's place and its mark in the counts, for as long as it is served.
struct Guest {
    connections: Connections,
    _place: OwnedSemaphorePermit,
}

impl Guest {
    fn new(connections: &Connections, place: OwnedSemaphorePermit) -> Self {
        connections.opens();
        Self {
            connections: connections.clone(),
            _place: place,
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.connections.closes();
    }
}

/// How long to wait after a failed accept: longer each time, so that being out of files isn't a busy loop.
struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

impl Patience {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(1);

    fn reset(&mut self) {
        self.0 = Self::FIRST;
    }

    async fn wait(&mut self, error: &io::Error) {
        // A connection that ended before it was accepted says nothing of the next.
        if matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
        ) {
            return;
        }
        tracing::warn!(%error, wait = ?self.0, "can't accept connections");
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}
