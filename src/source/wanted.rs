//! What a request names, and by what it is known again.

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use url::Url;

use super::{Error, ObjectFacts, ObjectKey, folder, remote};
use crate::os::FileFacts;

/// A source that a request names.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What this URL stands for, for whoever sends these headers.
    Url {
        /// `http` or `https`.
        url: Url,
        /// What of the client's goes to it.
        headers: HeaderMap,
    },
    /// A file beneath the mounted folder, by its path there.
    File(Vec<u8>),
    /// An object beneath the store's prefix, by its key there.
    Object(ObjectKey),
}

impl Wanted {
    /// What the value of `url=` names; `headers` go there too.
    ///
    /// # Errors
    /// It is no URL of `http` or `https`.
    pub fn url(value: &str, headers: HeaderMap) -> Result<Self, Error> {
        let url = remote::parse(value)?;
        Ok(Self::Url { url, headers })
    }

    /// What the value of `file=` names.
    ///
    /// # Errors
    /// It is no path.
    pub fn file(value: &str) -> Result<Self, Error> {
        Ok(Self::File(folder::path(value)?))
    }

    /// What the value of `object=` names.
    ///
    /// # Errors
    /// It is no key.
    pub fn object(value: &str) -> Result<Self, Error> {
        Ok(Self::Object(ObjectKey::parse(value)?))
    }

    /// What makes it the same as another.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let mut add = |kind: &[u8], bytes: &[u8]| {
            hasher.update(kind);
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        match self {
            Self::File(path) => add(b"f", path),
            Self::Object(key) => add(b"o", key.as_bytes()),
            Self::Url { url, headers } => {
                add(b"u", url.as_str().as_bytes());
                for (name, value) in headers {
                    add(b"n", name.as_str().as_bytes());
                    add(b"v", value.as_bytes());
                }
            }
        }
        *hasher.finalize().as_bytes()
    }
}

/// By what a source tells its content from a later one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validators {
    /// What the file was.
    File(FileFacts),
    /// What the object was.
    Object(ObjectFacts),
    /// What the answer of a URL said, the last one after redirects.
    Url {
        /// Whose answer, by the digest of the URL, which may be long.
        of: [u8; 32],
        /// Its entity tag.
        etag: Option<HeaderValue>,
        /// When it says that it was changed.
        modified: Option<HeaderValue>,
    },
}

impl Validators {
    /// Whether they are those of this URL.
    pub(super) fn is_of(&self, url: &Url) -> bool {
        matches!(self, Self::Url { of, .. } if *of == digest(url))
    }

    pub(super) fn as_bytes(&self) -> Vec<u8> {
        format!("{self:?}").into_bytes()
    }
}

pub(super) fn digest(url: &Url) -> [u8; 32] {
    *blake3::hash(url.as_str().as_bytes()).as_bytes()
}
