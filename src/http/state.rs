//! What handlers share: the service, the settings, whether new work is welcome.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use super::Settings;
use super::access::Access;
use super::layers::Clients;
use super::openapi::Document;
use super::problem::{Limit, Manner};
use crate::pipeline::request::Rules;
use crate::service::Service;
use crate::telemetry::{Metrics, Snapshot};

/// What handlers need.
#[derive(Clone)]
pub struct State(pub(super) Arc<Parts>);

pub(super) struct Parts {
    pub(super) service: Service,
    pub(super) settings: Settings,
    pub(super) access: Access,
    pub(super) clients: Clients,
    pub(super) readiness: Readiness,
    pub(super) metrics: Metrics,
    document: OnceLock<Document>,
    /// What the metrics page can't know by itself.
    pub(super) snapshot: Arc<dyn Fn() -> Snapshot + Send + Sync>,
}

impl State {
    /// Of these parts.
    pub fn new(
        service: Service,
        settings: Settings,
        readiness: Readiness,
        metrics: Metrics,
        snapshot: impl Fn() -> Snapshot + Send + Sync + 'static,
    ) -> Self {
        for limit in Limit::ALL {
            metrics.expect(limit.kind().row().code, limit.setting());
        }
        let clients = Clients::new(settings.max_per_client, settings.client_header.clone());
        let access = Access::new(&settings.access, settings.compat, &settings.path_prefix);
        Self(Arc::new(Parts {
            access,
            clients,
            service,
            settings,
            readiness,
            metrics,
            document: OnceLock::new(),
            snapshot: Arc::new(snapshot),
        }))
    }

    /// The service behind it.
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    /// The same by other settings. Who has how many requests in flight is known further, and how often was asked.
    #[must_use]
    pub fn with(&self, service: Service, settings: Settings) -> Self {
        let old = &*self.0;
        let mut access = Access::new(&settings.access, settings.compat, &settings.path_prefix);
        if old.settings.access.rate == settings.access.rate {
            access.count_with(&old.access);
        }
        let header = settings.client_header.clone();
        Self(Arc::new(Parts {
            access,
            clients: old.clients.with(settings.max_per_client, header),
            service,
            settings,
            readiness: old.readiness.clone(),
            metrics: old.metrics.clone(),
            document: OnceLock::new(),
            snapshot: Arc::clone(&old.snapshot),
        }))
    }

    /// Where a route is, `path` being its place below the prefix.
    pub(super) fn route(&self, path: &str) -> String {
        let prefix = &self.0.settings.path_prefix;
        if path == "/" && !prefix.is_empty() {
            return prefix.clone();
        }
        format!("{prefix}{path}")
    }

    /// The description of every route. It is made when it is first asked for.
    pub(super) fn document(&self) -> &Document {
        self.0.document.get_or_init(|| Document::of(self))
    }

    /// How problems are written.
    pub(super) fn manner(&self) -> Manner {
        Manner {
            compat: self.0.settings.compat,
            prefix: self.0.settings.path_prefix.as_str().into(),
        }
    }

    /// How parameters are read.
    pub(super) fn rules(&self) -> Rules {
        self.0.settings.rules(self.0.service.max_side())
    }
}

/// Whether new work is welcome: not before the self-test has passed, not after a drain has begun.
#[derive(Clone, Debug, Default)]
pub struct Readiness(Arc<AtomicU8>);

const READY: u8 = 1;
const DRAINING: u8 = 2;

impl Readiness {
    /// The self-test has passed.
    pub fn ready(&self) {
        let _was = self
            .0
            .compare_exchange(0, READY, Ordering::AcqRel, Ordering::Acquire);
    }

    /// A drain has begun; there is no way back.
    pub fn draining(&self) {
        self.0.store(DRAINING, Ordering::Release);
    }

    pub(super) fn is_ready(&self) -> bool {
        self.0.load(Ordering::Acquire) == READY
    }

    pub(super) fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire) == DRAINING
    }
}
