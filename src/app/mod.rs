//! The parts put together: build, run, drain.

mod front;
mod local;
mod snapshot;
mod tidy;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

pub use self::front::Front;
pub use self::local::{ASSUMED, local};
use self::snapshot::snapshots;
use self::tidy::Tidying;
use crate::admission::Admission;
use crate::config::Config;
use crate::http::{self, ClientAddress, Readiness};
use crate::isolation::Isolation;
use crate::os;
use crate::sandbox::Enforced;
use crate::server::{self, Connections, Crowded, Handlers, Incoming, Peer, Phase};
use crate::service::{self, Executor, Parts, Service};
use crate::source::{Opened, Sources};
use crate::systemd::Manager;
use crate::telemetry::Metrics;

/// How often buffers that nobody uses are let go.
const TRIM_EVERY: Duration = Duration::from_secs(5);

/// How often it is asked whether pixel work can be done at all.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// How soon the self-test is tried again when the server is busy already.
const SELF_TEST_AGAIN: Duration = Duration::from_millis(100);

/// A server that is bound and wired, but doesn't accept yet.
pub struct App {
    config: Config,
    listener: TcpListener,
    address: SocketAddr,
    manager: Arc<Manager>,
    service: Service,
    readiness: Readiness,
    connections: Connections,
    front: Front,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every accepted request was answered.
    Drained,
    /// Some were cut off when `drain_timeout` had passed.
    CutOff,
}

/// What is made before the parts are, where the process may not do so afterwards.
#[derive(Debug)]
pub struct Prepared {
    /// The listener, bound.
    pub listener: TcpListener,
    /// What is in force of the sandbox, to be told.
    pub enforced: Enforced,
    /// Whom to tell how it goes.
    pub manager: Manager,
    /// What sources need of the system.
    pub sources: Opened,
}

impl App {
    /// Binds the address and puts the parts together.
    ///
    /// # Errors
    /// The port is taken, the system refuses threads, or what sources need can't be opened.
    pub fn build(config: Config) -> io::Result<Self> {
        Self::build_with(config, service::in_process())
    }

    /// The same with another way to do the pixel work.
    ///
    /// # Errors
    /// As [`App::build`].
    pub fn build_with(config: Config, executor: Executor) -> io::Result<Self> {
        let prepared = Prepared {
            listener: server::bind(config.listen)?,
            enforced: Enforced::default(),
            manager: Manager::default(),
            sources: Opened::open(config.source.clone())?,
        };
        Self::build_on(config, prepared, |parts| Service::new(parts, executor))
    }

    /// The same on a socket that listens already, whatever the configuration says of an address, with a service of the caller's making.
    ///
    /// # Errors
    /// The system refuses threads.
    pub fn build_on(
        config: Config,
        prepared: Prepared,
        service: impl FnOnce(Parts) -> Service,
    ) -> io::Result<Self> {
        let Prepared {
            listener,
            enforced,
            manager,
            sources,
        } = prepared;
        let address = listener.local_addr()?;
        let admission = Admission::start(config.admission)?;
        let metrics = Metrics::new();
        let service = service(Parts {
            settings: config.pipeline,
            sources: Sources::new(sources, admission.clone(), metrics.clone())?,
            admission,
        });
        let (readiness, connections) = (Readiness::default(), Connections::default());
        let state = http::State::new(
            service.clone(),
            config.http.clone(),
            readiness.clone(),
            metrics.clone(),
            snapshots(&service, &connections, config.server, &enforced),
        );
        Ok(Self {
            config,
            listener,
            address,
            manager: Arc::new(manager),
            service,
            readiness,
            connections,
            front: Front::new(state, metrics),
        })
    }

    /// Where it listens; the real port, if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The service behind the front door.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The front door, which may take over another configuration.
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// Connections, counted.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Serves until `shutdown` is ready, then drains.
    ///
    /// # Errors
    /// The listener can't be used, the system refuses a thread, or a codec fails its self-test.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<Outcome> {
        let (phases, phase) = watch::channel(Phase::Serving);
        let (front, unreadable) = (self.front.clone(), self.front);
        let handler = move |mut request: Request<Incoming>| {
            if let Some(&Peer(peer)) = request.extensions().get() {
                request.extensions_mut().insert(ClientAddress(peer.ip()));
            }
            let past_the_cap = request.extensions().get::<Crowded>().is_some();
            let router = front.router(past_the_cap);
            async move { answered(router.oneshot(request.map(Body::new)).await) }
        };
        let admission = self.service.admission().clone();
        let handlers = Handlers {
            request: handler,
            unreadable: Arc::new(move |status| {
                Box::pin(http::answer_unreadable(unreadable.unreadable(), status))
            }),
            hurry: Arc::new(move || admission.is_clogged()),
        };
        let serving = server::serve(
            self.listener,
            self.config.server,
            phase,
            self.connections,
            handlers,
        );
        tokio::pin!(serving);
        let (readiness, service, manager) = (self.readiness, self.service, self.manager);
        let tidied = service.clone();
        let _tidying = Tidying::start(TRIM_EVERY, move || {
            tidied.trim();
            os::trim_everywhere();
        })?;
        // Among the requests, so that where they get no turn it gets none.
        let mut signs = JoinSet::new();
        signs.spawn(give_signs(Arc::clone(&manager)));
        let ready = || {
            readiness.ready();
            manager.ready(self.address);
        };
        let failure = tokio::select! {
            ended = &mut serving => return ended.map(|()| Outcome::Drained),
            // What has been accepted is answered all the same.
            error = watch_work(service, ready) => Some(error),
            () = shutdown => None,
        };
        // Health checks have to see it before connections are refused.
        readiness.draining();
        manager.stopping();
        phases.send_replace(Phase::Draining);
        tracing::info!(delay = ?self.config.drain_delay, timeout = ?self.config.drain_timeout, "draining");
        tokio::select! {
            ended = &mut serving => return ended.map(|()| Outcome::Drained),
            () = tokio::time::sleep(self.config.drain_delay) => {}
        }
        phases.send_replace(Phase::Closing);
        let ended = tokio::time::timeout(self.config.drain_timeout, serving).await;
        match (failure, ended) {
            (Some(error), _) => Err(error),
            (None, Ok(ended)) => ended.map(|()| Outcome::Drained),
            (None, Err(_elapsed)) => Ok(Outcome::CutOff),
        }
    }
}

/// The self-test, and then a look at whether there is still somebody to work. Ends only with why the server can't serve.
async fn watch_work(service: Service, ready: impl FnOnce()) -> io::Error {
    while let Err(error) = service.self_test().await {
        if !error.is_passing() {
            tracing::error!(?error, "a codec failed its self-test");
            return io::Error::other("a codec failed its self-test");
        }
        // The first requests have come before the self-test.
        tokio::time::sleep(SELF_TEST_AGAIN).await;
    }
    ready();
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        if service.isolation().is_some_and(Isolation::is_broken) {
            return io::Error::other("no process for pixel work can be had any more");
        }
    }
}

/// Signs of life, for as long as the runtime gives turns.
async fn give_signs(manager: Arc<Manager>) {
    let Some(pause) = manager.sign_every() else {
        return;
    };
    loop {
        manager.alive();
        tokio::time::sleep(pause).await;
    }
}

fn answered(result: Result<Response, Infallible>) -> Response {
    match result {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
