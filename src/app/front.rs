//! The front door of the moment: the routers, which are exchanged together when the configuration is read again.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;

use crate::config::Config;
use crate::http::{self, Admin};
use crate::telemetry::Metrics;

/// A cheap handle: clones are the same door.
#[derive(Clone)]
pub struct Front {
    routers: Arc<RwLock<Routers>>,
    metrics: Metrics,
    admin: Admin,
    effective: Effective,
}

/// The configuration that is in force, as it may be printed.
pub(super) type Effective = Arc<RwLock<String>>;

struct Routers {
    state: http::State,
    usual: Router,
    crowded: Router,
    unreadable: Router,
    admin: Router,
}

impl Routers {
    fn new(state: http::State, admin: &Admin) -> Self {
        Self {
            usual: http::router(state.clone()),
            crowded: http::crowded(state.clone()),
            unreadable: http::unreadable(state.clone()),
            admin: http::admin_router(state.clone(), admin),
            state,
        }
    }
}

impl Front {
    pub(super) fn new(
        state: http::State,
        metrics: Metrics,
        admin: Admin,
        effective: Effective,
    ) -> Self {
        Self {
            routers: Arc::new(RwLock::new(Routers::new(state, &admin))),
            metrics,
            admin,
            effective,
        }
    }

    fn with<T>(&self, look: impl FnOnce(&Routers) -> T) -> T {
        look(&self.routers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// For requests; those of connections past the cap are answered that they are too many.
    pub(super) fn router(&self, past_the_cap: bool) -> Router {
        self.with(|routers| {
            if past_the_cap {
                routers.crowded.clone()
            } else {
                routers.usual.clone()
            }
        })
    }

    /// For heads that can't be read.
    pub(super) fn unreadable(&self) -> Router {
        self.with(|routers| routers.unreadable.clone())
    }

    /// For operators.
    pub(super) fn admin(&self) -> Router {
        self.with(|routers| routers.admin.clone())
    }

    /// What is about requests and pictures holds from now on for those that come; the others go on by what they came under.
    /// `effective` is the same as it may be printed.
    pub fn take_over(&self, config: &Config, effective: String) {
        let state = self.with(|routers| routers.state.clone());
        let service = state.service().with_limits(config.pipeline);
        let state = state.with(service, config.http.clone());
        let routers = Routers::new(state, &self.admin);
        *self.routers.write().unwrap_or_else(PoisonError::into_inner) = routers;
        let shown = self.effective.write();
        *shown.unwrap_or_else(PoisonError::into_inner) = effective;
        self.metrics.reload(true);
    }

    /// All stays as it is: there was nothing that could be taken over.
    pub fn stay(&self) {
        self.metrics.reload(false);
    }
}
