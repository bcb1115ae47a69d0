//! What can go wrong in a codec, by whose fault it is.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Format;
use crate::checkpoint::Stop;

/// Why a picture can't be read or written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Error {
    /// The bytes are no picture we read. The client's choice of format.
    Unsupported {
        /// What they look like (`"a PDF document"`), if that is known.
        looks_like: Option<Cow<'static, str>>,
    },
    /// The picture is broken, cut short or contradicts itself. The client's image.
    Invalid {
        /// Whose rules it breaks.
        format: Format,
        /// Where it was seen: `header` or `pixels`.
        stage: Cow<'static, str>,
        /// What is wrong, in words for the client; no bytes of the image.
        detail: String,
    },
    /// It would cost more than any sane picture: scans, chunks, tiles.
    TooComplex {
        /// What there is too much of (`"scans"`).
        what: Cow<'static, str>,
        /// How many are allowed.
        limit: u64,
        /// How many there are, at least.
        actual: u64,
    },
    /// The checkpoint said so. Never told to another process: who stops the work knows it.
    #[serde(skip)]
    Stopped(Stop),
    /// The library failed where it must not: our bug or no memory.
    Internal(String),
}

/// There is more of it than there may be.
pub(super) fn too_many(what: &'static str, limit: u64, actual: u64) -> Error {
    Error::TooComplex {
        what: what.into(),
        limit,
        actual,
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { looks_like: None } => {
                f.write_str("the bytes are no image in a format that is read here")
            }
            Self::Unsupported {
                looks_like: Some(what),
            } => write!(f, "the bytes look like {what}, which is not read here"),
            Self::Invalid { format, detail, .. } => {
                write!(f, "the {} image is broken: {detail}", format.name())
            }
            Self::TooComplex {
                what,
                limit,
                actual,
            } => write!(f, "the image has {actual} {what}, up to {limit} are read"),
            Self::Stopped(Stop::Cancelled) => f.write_str("the client has gone"),
            Self::Stopped(Stop::Deadline) => f.write_str("the deadline has passed"),
            Self::Internal(detail) => write!(f, "a codec failed: {detail}"),
        }
    }
}

impl std::error::Error for Error {}
