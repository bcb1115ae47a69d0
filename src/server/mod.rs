//! Connections: accepted under a cap, each with a deadline on every wait, drained without losing a request.
//!
//! The home of `hyper`, `hyper_util` and `socket2`. Our own accept loop over
//! hyper's HTTP/1, since axum's has no timeout anywhere and no end to a drain.
//! Knows nothing of routes: it is given one function from request to response.

mod accept;
mod activity;
mod clock;
mod connection;
mod counts;
mod io;
mod listener;
mod outflow;
mod refusal;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use self::accept::serve;
pub use self::counts::Connections;
pub use self::listener::{adopt, bind};
pub use self::refusal::Unreadable;
pub use hyper::body::Incoming;
use tokio::sync::watch;

/// How long clients may take, and how many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Connections that are served.
    pub max_connections: usize,
    /// From the first byte of a head to its last; on a new connection, from the accept.
    pub header_timeout: Duration,
    /// From the end of an answer to the first byte of the next head.
    pub idle_timeout: Duration,
    /// Without a byte of the answer taken.
    pub write_timeout: Duration,
    /// Bytes of an answer that have to be taken in a second, after the first seconds; 0 is no pace at all.
    pub min_download_rate: u64,
    /// Whether the listening socket is also somebody else's, who keeps it when we end.
    pub shared_listener: bool,
}

/// Who answers.
#[derive(Clone)]
pub struct Handlers<H> {
    /// Requests, by a function from request to response.
    pub request: H,
    /// Heads that can't be read.
    pub unreadable: Unreadable,
    /// Whether what answers hold is needed, so that slow clients can't be borne.
    pub hurry: Hurry,
}

/// Tells whether there is haste.
pub type Hurry = Arc<dyn Fn() -> bool + Send + Sync>;

/// Who sent a request; in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// In a request's extensions when its connection is past the cap: only what is cheap should be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

/// Where the server is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not at all.
    Serving,
    /// Connections are still accepted; every answer says `Connection: close`.
    Draining,
    /// What the system has accepted already is served, nothing after that.
    Closing,
}

/// Waits for the last phase, or for the end of whoever decides on phases.
async fn closing(phase: &mut watch::Receiver<Phase>) {
    let _known = phase
        .wait_for(|phase| *phase == Phase::Closing)
        .await
        .map(drop);
}

#[cfg(test)]
mod tests;
