//! The listener and the accept loop.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response};
use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::activity::Activity;
use super::connection::{self, Client};
use super::{Connections, Handlers, Peer, Phase, Settings, closing};

/// Places past the cap, in which health checks are still answered.
const SPARE: usize = 16;

/// A connection past the cap gets this long for its head.
const CROWDED_PATIENCE: Duration = Duration::from_secs(1);

/// Connections that the system may hold for us, at most; it cuts this to its own limit.
const BACKLOG: i32 = 1024;

/// How long a client that has begun to connect may take to finish, when no others may begin.
///
/// It takes one round trip: the system's SYN and ACK to the client, whose connection is there with that, and the client's ACK to
/// the system, which only then queues it for us. Closing the listener in between resets what the client believes to have. How many
/// are on this way the system tells nobody who may open no file, so the longest round trip is waited for that there is: halfway
/// around the globe and back is 0.2 s in fibre, and queues on the way take some more. What was lost, and is sent again after
/// a second, isn't waited for.
const HANDSHAKE: Duration = Duration::from_millis(300);

/// Lets every packet pass but those that ask for a new connection: of a TCP header's flags, SYN without ACK.
///
/// Classic BPF: load the byte of flags, mask the two, and drop where SYN is alone.
const NO_NEW_CONNECTIONS: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),
    SockFilter::new(0x54, 0, 0, 0x12),
    SockFilter::new(0x15, 0, 1, 0x02),
    SockFilter::new(0x06, 0, 0, 0),
    SockFilter::new(0x06, 0, 0, u32::MAX),
];

/// Binds the address.
///
/// # Errors
/// The system's, for example when the port is taken.
pub fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restart must not wait for old connections' last packets.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Takes a socket over that listens already.
///
/// # Errors
/// It is something else, or doesn't speak TCP.
pub fn adopt(socket: OwnedFd) -> io::Result<std::net::TcpListener> {
    let socket = Socket::from(socket);
    // An error is an answer, too: of a file that is no socket.
    let listens = socket.is_listener().unwrap_or(false);
    let is_tcp = matches!(socket.domain(), Ok(Domain::IPV4 | Domain::IPV6))
        && matches!(socket.r#type(), Ok(Type::STREAM));
    if !(listens && is_tcp) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no TCP socket that listens",
        ));
    }
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

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
                    prepare(&stream);
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

/// Stops the system from accepting for us, so that the accept queue can be emptied for good; whether that worked.
///
/// Otherwise it would accept up to the moment when the listener is closed, and reset what came after
/// our last look into the queue. A client that is turned away here isn't told: it asks again after a second,
/// and is refused then, or served by the next process.
fn begin_no_more(listener: &TcpListener) -> bool {
    let attached = SockRef::from(listener).attach_filter(&NO_NEW_CONNECTIONS);
    if let Err(error) = &attached {
        tracing::debug!(%error, "connections can't be kept from beginning");
    }
    attached.is_ok()
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
    let stream = TcpStream::from_std(stream)?;
    prepare(&stream);
    Ok(stream)
}

fn prepare(stream: &TcpStream) {
    // Answers are written in one go; waiting for more to send only delays them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
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
