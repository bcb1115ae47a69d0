//! Who may ask, and how often: looked at after the path and the method are known, and before a byte of the body is read.

mod keys;
mod origins;
mod rate;
mod signature;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub use self::keys::ApiKey;
use self::keys::Keyring;
pub use self::origins::Origin;
pub(super) use self::origins::share;
pub use self::rate::Rate;
use self::rate::{Limiter, Standing};
pub use self::signature::SignatureKey;
use super::problem::{Kind, Problem};
use super::{Compat, State, page, status};
use crate::pipeline::operation::OPERATIONS;

/// Who may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Any of these opens; none of them is no lock.
    pub api_keys: Vec<ApiKey>,
    /// With which the URLs of operations have to be signed.
    pub signature_key: Option<SignatureKey>,
    /// Pages from there may read the answers; none of them is no word about it.
    pub origins: Vec<Origin>,
    /// Endpoints that are switched off.
    pub disabled: Vec<String>,
    /// How often each endpoint may be asked; `None` is as often as anybody likes.
    pub rate: Option<Rate>,
}

/// The names of all endpoints, to be switched off by.
pub fn endpoints() -> impl Iterator<Item = &'static str> {
    let probes = status::HEALTH.into_iter().chain(status::READY);
    let pages = ["info", "form", "problems", "openapi.json"];
    let all = OPERATIONS.iter().map(|row| row.name).chain(pages);
    all.chain(probes.map(|path| path.trim_start_matches('/')))
        .chain(["metrics"])
}

/// What a route is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// It works on a picture.
    Picture,
    /// It tells a balancer how the server is.
    Probe,
    /// It tells a scraper.
    Metrics,
    /// The page for browsers, which has nothing in it to guard, and asks for the key itself.
    Shell,
    /// Either that page or one like any other, as the client asks for it.
    Index,
    /// Anything else, also what isn't there.
    Page,
}

impl Endpoint {
    /// What it is for this request.
    fn asked_by(self, request: &Request, state: &State) -> Self {
        match self {
            Self::Index if page::is_asked(state, request.method(), request.headers()) => {
                Self::Shell
            }
            Self::Index => Self::Page,
            other => other,
        }
    }

    /// Whether anybody may ask it, where keys are wanted for the rest.
    pub(super) fn is_open(self, compat: Compat) -> bool {
        match self {
            Self::Shell => true,
            // A balancer has no key; but imaginary wants one of it, too.
            Self::Probe => compat != Compat::Imaginary,
            _ => false,
        }
    }
}

/// What is looked at, made once.
#[derive(Debug)]
pub(super) struct Access {
    keys: Keyring,
    signature_key: Option<SignatureKey>,
    limiter: Option<Arc<Limiter>>,
    /// Paths.
    disabled: Vec<String>,
    compat: Compat,
}

impl Access {
    /// `prefix` is what all paths begin with.
    pub(super) fn new(settings: &Settings, compat: Compat, prefix: &str) -> Self {
        // Probes are at the root, too.
        let disabled = settings.disabled.iter();
        let disabled = disabled.flat_map(|name| [format!("/{name}"), format!("{prefix}/{name}")]);
        Self {
            keys: Keyring::new(&settings.api_keys),
            signature_key: settings.signature_key.clone(),
            limiter: settings.rate.map(Limiter::new).map(Arc::new),
            disabled: disabled.collect(),
            compat,
        }
    }

    /// Goes on from what was counted there, by the same rate.
    pub(super) fn count_with(&mut self, other: &Self) {
        self.limiter.clone_from(&other.limiter);
    }

    /// Whether the URL says what is signed, and a form has no say.
    pub(super) fn wants_signature(&self) -> bool {
        self.signature_key.is_some()
    }

    /// Whether two who send the same URL may be answered differently: a key needn't be in it, as a signature always is.
    pub(super) fn is_locked(&self) -> bool {
        self.keys.is_locked()
    }

    /// For how long the URL of a request that was admitted still holds, if it ends.
    pub(super) fn time_left(&self, uri: &Uri, now: SystemTime) -> Option<Duration> {
        self.signature_key.as_ref()?;
        let end = signature::end_of(uri)?;
        Some(end.duration_since(now).unwrap_or_default())
    }

    /// The signature first and then the key, as imaginary does.
    fn admit(&self, endpoint: Endpoint, request: &mut Request) -> Result<(), Problem> {
        if let (Endpoint::Picture, Some(key)) = (endpoint, &self.signature_key) {
            key.check(request.uri(), SystemTime::now())?;
        }
        if !endpoint.is_open(self.compat) {
            let key = self.keys.check(request.headers(), request.uri())?;
            if let Some(key) = key {
                request.extensions_mut().insert(key);
            }
        }
        Ok(())
    }

    /// Balancers and scrapers ask as often as they like, or a busy server would look like a dead one.
    fn standing(&self, endpoint: Endpoint, request: &Request) -> Option<Standing> {
        let limiter = self.limiter.as_ref()?;
        let is_counted = !matches!(endpoint, Endpoint::Probe | Endpoint::Metrics);
        let route = request
            .extensions()
            .get::<MatchedPath>()
            .filter(|_| is_counted)?;
        Some(limiter.count(request.method(), route.as_str()))
    }

    /// Refuses what is switched off.
    pub(super) fn enabled(&self, route: Option<&MatchedPath>) -> Result<(), Problem> {
        if route.is_some_and(|route| self.is_off(route.as_str())) {
            return Err(Problem::new(
                Kind::Disabled,
                "This endpoint is switched off on this server.",
            ));
        }
        Ok(())
    }

    /// Whether that route is switched off.
    pub(super) fn is_off(&self, route: &str) -> bool {
        self.disabled.iter().any(|off| off == route)
    }
}

/// Stands in front of every route, and of what isn't one.
pub(super) async fn guard(
    Extract((state, endpoint)): Extract<(State, Endpoint)>,
    mut request: Request,
    next: Next,
) -> Response {
    let access = &state.0.access;
    let endpoint = endpoint.asked_by(&request, &state);
    if let Err(problem) = access.admit(endpoint, &mut request) {
        return problem.into_response();
    }
    let standing = access.standing(endpoint, &request);
    let refusal = standing.and_then(|standing| standing.refusal());
    let route = request.extensions().get::<MatchedPath>();
    let mut response = match refusal.map_or_else(|| access.enabled(route), Err) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(standing) = standing {
        standing.tell(response.headers_mut());
    }
    response
}
