//! Names for requests: the client's own if it is sane, else a new one.

use std::hash::{BuildHasher, Hasher, RandomState};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

/// Makes ids of 64 random bits.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::http) struct NewId;

impl MakeRequestId for NewId {
    fn make_request_id<B>(&mut self, _request: &Request<B>) -> Option<RequestId> {
        let random = RandomState::new().build_hasher().finish();
        let value = HeaderValue::from_str(&format!("{random:016x}")).ok()?;
        Some(RequestId::new(value))
    }
}

/// Takes away an id that doesn't belong into logs, so that a new one is made.
pub(in crate::http) fn drop_insane_id<B>(mut request: Request<B>) -> Request<B> {
    let sane = |id: &HeaderValue| {
        let id = id.as_bytes();
        (1..=LONGEST).contains(&id.len())
            && id
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    if request.headers().get(HEADER).is_some_and(|id| !sane(id)) {
        request.headers_mut().remove(HEADER);
    }
    request
}

/// The request's id.
pub(in crate::http) fn of(headers: &HeaderMap) -> &str {
    headers
        .get(HEADER)
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insane_ids_are_dropped() {
        for (id, kept) in [
            ("abc-1.2_X", true),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ] {
            let request = Request::builder().header(HEADER, id).body(()).unwrap();
            let request = drop_insane_id(request);
            assert_eq!(request.headers().contains_key(HEADER), kept, "{id}");
        }
    }
}
