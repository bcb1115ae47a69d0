//! Who may ask: looked at after the path and the method are known, and before a byte of the body is read.

mod keys;

use axum::extract::{Request, State as Extract};
use axum::middleware::Next;
use axum::response::Response;

pub use self::keys::ApiKey;
use self::keys::Keyring;
use super::problem::Problem;
use super::{Compat, State};

/// Who may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Any of these opens; none of them is no lock.
    pub api_keys: Vec<ApiKey>,
}

/// What a route is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// It works on a picture.
    Picture,
    /// It tells a balancer how the server is.
    Probe,
    /// Anything else, also what isn't there.
    Page,
}

/// What is looked at, made once.
#[derive(Debug)]
pub(super) struct Access {
    keys: Keyring,
    compat: Compat,
}

impl Access {
    pub(super) fn new(settings: &Settings, compat: Compat) -> Self {
        let keys = Keyring::default();
        keys.replace(&settings.api_keys);
        Self { keys, compat }
    }

    /// Lets a request in, with what is known of it in its extensions.
    fn admit(&self, endpoint: Endpoint, request: &mut Request) -> Result<(), Problem> {
        // A balancer has no key; but imaginary wants one of it, too.
        if endpoint != Endpoint::Probe || self.compat == Compat::Imaginary {
            let key = self.keys.check(request.headers(), request.uri())?;
            if let Some(key) = key {
                request.extensions_mut().insert(key);
            }
        }
        Ok(())
    }
}

/// Stands in front of every route, and of what isn't one.
pub(super) async fn guard(
    Extract((state, endpoint)): Extract<(State, Endpoint)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    state.0.access.admit(endpoint, &mut request)?;
    Ok(next.run(request).await)
}
