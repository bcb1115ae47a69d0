//! The operator's listener: there before the others' is overloaded, and for as long as that one drains.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::front::{Effective, Front};
use super::run::answered;
use crate::config::Config;
use crate::http::{self, Admin};
use crate::server::{self, Connections, Handlers, Incoming, Phase};

/// Connections that are served; a few more are borne.
const MOST: usize = 16;

/// For which an answer to an operator may hold up the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// What operators are told and may do.
pub(super) fn desk(config: &Config, leave: &Arc<Notify>, effective: &Effective) -> Admin {
    let (leave, effective) = (Arc::clone(leave), Arc::clone(effective));
    Admin {
        is_public: config.admin.is_some_and(|admin| admin.is_public),
        // Whoever comes first is enough; it is kept until somebody listens.
        drain: Arc::new(move || leave.notify_one()),
        drain_delay: config.drain_delay,
        drain_timeout: config.drain_timeout,
        effective: Arc::new(move || {
            let shown = effective.read();
            shown.unwrap_or_else(PoisonError::into_inner).clone()
        }),
    }
}

/// A listener that serves operators, until this is dropped.
#[derive(Debug)]
pub(super) struct Serving {
    phase: watch::Sender<Phase>,
    tasks: JoinSet<io::Result<()>>,
}

impl Serving {
    /// Serves on it, if there is one, with the times of everybody's connections but a cap of its own.
    pub(super) fn start(
        listener: Option<TcpListener>,
        settings: server::Settings,
        front: Front,
    ) -> Self {
        let (phase, phases) = watch::channel(Phase::Serving);
        let mut tasks = JoinSet::new();
        let settings = server::Settings {
            max_connections: MOST,
            // Its end isn't worth a wait for who is just about to connect.
            shared_listener: true,
            ..settings
        };
        let unreadable = front.clone();
        let handlers = Handlers {
            request: move |request: Request<Incoming>| {
                let router = front.admin();
                async move { answered(router.oneshot(request.map(Body::new)).await) }
            },
            unreadable: Arc::new(move |status| {
                Box::pin(http::answer_unreadable(unreadable.unreadable(), status))
            }),
            hurry: Arc::new(|| false),
        };
        if let Some(listener) = listener {
            let connections = Connections::default();
            tasks.spawn(server::serve(
                listener,
                settings,
                phases,
                connections,
                handlers,
            ));
        }
        Self { phase, tasks }
    }

    /// Every answer is the last of its connection from now on.
    pub(super) fn drain(&self) {
        self.phase.send_replace(Phase::Draining);
    }

    /// Finishes what is being answered.
    pub(super) async fn end(mut self) {
        self.phase.send_replace(Phase::Closing);
        // What takes longer, a profile for example, ends with the process.
        let _late = tokio::time::timeout(PATIENCE, self.tasks.join_next()).await;
    }
}

/// Binds the operator's address, if there is one.
///
/// # Errors
/// The system's, for example when the port is taken.
pub fn bind_admin(config: &Config) -> io::Result<Option<TcpListener>> {
    let address = config.admin.map(|admin| admin.address);
    let bound = address.map(|address| {
        server::bind(address).map_err(|error| {
            let words = format!("can't listen on {address}, the admin_address: {error}");
            io::Error::new(error.kind(), words)
        })
    });
    bound.transpose()
}

/// Where it listens; the real port, if 0 was asked for.
pub(super) fn address(listener: Option<&TcpListener>) -> Option<SocketAddr> {
    listener?.local_addr().ok()
}
