//! Whose pages may read the answers, as the Fetch standard has it (CORS): told to browsers, which obey.

use std::str::FromStr;

use axum::extract::{Request, State as Extract};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::State;

/// Where a page may be from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Anywhere.
    Any,
    /// This scheme, host and port, written as browsers write it.
    One(HeaderValue),
}

impl FromStr for Origin {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let uri: Uri = text.parse().map_err(|_unreadable| ())?;
        let written = match (uri.scheme_str(), uri.authority()) {
            (Some(scheme @ ("http" | "https")), Some(authority)) => {
                let port = authority.port_u16();
                let default = if scheme == "http" { 80 } else { 443 };
                let is_plain = port != Some(default) && !authority.as_str().contains('@');
                is_plain.then(|| format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()))
            }
            _ => None,
        };
        // In any other spelling no browser would ever send it.
        if written.as_deref() != Some(text) {
            return Err(());
        }
        text.parse().map(Self::One).map_err(|_unreadable| ())
    }
}

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST");
/// With no credentials in play a star is for all headers but that one.
const HEADERS: HeaderValue = HeaderValue::from_static("*, Authorization");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("Image-Width, Image-Height, Server-Timing, X-Request-Id, ETag");
/// Two hours, which is as long as any browser keeps it.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Answers a browser that asks whether it may ask, and says on every other answer who may read it.
pub(in crate::http) async fn share(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let origins = &state.0.settings.access.origins;
    if origins.is_empty() {
        return next.run(request).await;
    }
    let allowed = allowed(origins, request.headers());
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    // Also where there is none: a cache must not give that answer to a page.
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let Some(allowed) = allowed else {
        return response;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if is_preflight {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    } else {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

/// What the page that asks is told, if it may read the answer.
fn allowed(origins: &[Origin], headers: &HeaderMap) -> Option<HeaderValue> {
    let asking = headers.get(ORIGIN)?;
    origins.iter().find_map(|origin| match origin {
        Origin::Any => Some(HeaderValue::from_static("*")),
        Origin::One(one) => (one == asking).then(|| one.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for text in [
            "*",
            "https://a.example",
            "http://a.example:8080",
            "http://[::1]:3000",
        ] {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
        for text in [
            "",
            "null",
            "a.example",
            "https://",
            "https://a.example/",
            "https://a.example/path",
            "https://A.example",
            "https://a.example:443",
            "http://a.example:80",
            "https://me@a.example",
            "ftp://a.example",
            "https://a.example?b",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
