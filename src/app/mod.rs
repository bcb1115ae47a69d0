//! The parts put together: build, run, drain.

mod admin;
mod front;
mod local;
mod run;
mod snapshot;
mod tidy;
mod traces;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, RwLock};

use tokio::sync::Notify;

pub use self::admin::bind_admin;
pub use self::front::Front;
pub use self::local::{ASSUMED, local};
use self::snapshot::snapshots;
use crate::admission::Admission;
use crate::config::Config;
use crate::http::{self, Readiness};
use crate::sandbox::Enforced;
use crate::server::{self, Connections};
use crate::service::{self, Executor, Parts, Service};
use crate::source::{Collector, Opened, Sources};
use crate::systemd::Manager;
use crate::telemetry::Metrics;
use crate::telemetry::traces::Tracer;

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
    admin: Option<TcpListener>,
    /// Told when an operator wants the drain.
    leave: Arc<Notify>,
    /// What is to be told, and to whom.
    collector: Option<(Tracer, Collector)>,
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
    /// The operator's listener, bound, if there is one.
    pub admin: Option<TcpListener>,
    /// The configuration as it may be printed, for operators.
    pub effective: String,
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
            admin: bind_admin(&config)?,
            effective: String::new(),
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
            admin,
            effective,
        } = prepared;
        let address = listener.local_addr()?;
        let admission = Admission::start(config.admission)?;
        let told = config.traces.clone().zip(sources.collector());
        let (tracer, collector) = told
            .map(|(settings, collector)| (Tracer::new(settings), collector))
            .unzip();
        let metrics = Metrics::with(tracer.unwrap_or_default());
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
        let leave = Arc::default();
        let effective = Arc::new(RwLock::new(effective));
        let desk = admin::desk(&config, &leave, &effective);
        Ok(Self {
            config,
            listener,
            address,
            manager: Arc::new(manager),
            service,
            readiness,
            connections,
            collector: collector.map(|collector| (metrics.tracer().clone(), collector)),
            front: Front::new(state, metrics, desk, effective),
            admin,
            leave,
        })
    }

    /// Where it listens; the real port, if 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for operators, if it does.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        admin::address(self.admin.as_ref())
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
}
