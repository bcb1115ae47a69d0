//! API keys: who may ask at all.

use std::fmt;

use axum::http::{HeaderMap, HeaderName, Uri};

use crate::http::extract;
use crate::http::problem::{Kind, Problem};

const HEADER: HeaderName = HeaderName::from_static("api-key");

/// What a digest is for, so that it is none of anything else.
const CONTEXT: &str = "pixmill 2026-11 API key";

/// What is kept of an API key: its BLAKE3 digest, which is compared in constant time and never shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKey(blake3::Hash);

impl ApiKey {
    /// That of this text.
    pub fn new(text: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(text);
        Self(hasher.finalize())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey")
    }
}

/// The keys that are taken; none at all is no lock on the door.
#[derive(Debug)]
pub(super) struct Keyring(Box<[ApiKey]>);

impl Keyring {
    pub(super) fn new(keys: &[ApiKey]) -> Self {
        Self(keys.into())
    }

    /// Whether a key is wanted.
    pub(super) fn is_locked(&self) -> bool {
        !self.0.is_empty()
    }

    /// The key of a request; `None` where none is wanted.
    ///
    /// # Errors
    /// It has none, or none of ours.
    pub(super) fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<Option<ApiKey>, Problem> {
        if !self.is_locked() {
            return Ok(None);
        }
        let given = given(headers, uri).map(|text| ApiKey::new(&text));
        // All of them are compared, whichever it is.
        let known = |given: &ApiKey| self.0.iter().filter(|key| *key == given).count() > 0;
        given.filter(known).map(Some).ok_or_else(|| {
            Problem::new(
                Kind::Unauthorized,
                "This server wants an API key: in the header API-Key, or as the parameter key.",
            )
        })
    }
}

/// The header counts, if there is anything in it; else the query.
fn given(headers: &HeaderMap, uri: &Uri) -> Option<Vec<u8>> {
    let header = headers.get(HEADER).map(|value| value.as_bytes().to_vec());
    let query = || {
        let mut pairs = extract::pairs(uri);
        pairs
            .find(|(name, _)| name == "key")
            .map(|(_, value)| value.into_owned().into_bytes())
    };
    header.filter(|key| !key.is_empty()).or_else(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(keys: &[ApiKey], key: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, key.parse().unwrap());
        let ring = Keyring::new(keys);
        ring.check(&headers, &Uri::from_static("/")).is_ok()
    }

    #[test]
    fn any_of_several_keys_opens() {
        assert!(opens(&[], "anything"));
        let keys = [ApiKey::new(b"old"), ApiKey::new(b"new")];
        assert!(opens(&keys, "old") && opens(&keys, "new") && !opens(&keys, "newer"));
    }

    #[test]
    fn nothing_of_a_key_is_shown() {
        assert_eq!(format!("{:?}", ApiKey::new(b"secret")), "ApiKey");
    }
}
