//! From the errors of sources to problems: what of them is a client's to know.
#![deny(clippy::wildcard_enum_match_arm)]

use super::{Kind, Limit, Problem};
use crate::pipeline::parameter::ParameterError;
use crate::source;

impl From<source::Error> for Problem {
    fn from(error: source::Error) -> Self {
        match error {
            source::Error::Unreadable(source::Unreadable::Url) => {
                unreadable("url", "an absolute URL of http or https")
            }
            source::Error::Unreadable(source::Unreadable::File) => unreadable(
                "file",
                "the path of a file below the folder that this server reads",
            ),
            source::Error::Unreadable(source::Unreadable::Object) => unreadable(
                "object",
                "the key of an object: segments between single slashes, none of them . or .., of 1024 bytes together",
            ),
            source::Error::Absent => Self::new(
                Kind::MissingObject,
                "The store that this server reads has no such object.",
            ),
            // One text for all of it: which it is would tell what there is behind this server.
            source::Error::Forbidden(_) => Self::new(
                Kind::ForbiddenSource,
                "This server doesn't fetch from there, or there is no such place.",
            ),
            source::Error::Failed(failure) => {
                let problem = Self::new(
                    Kind::SourceFailed,
                    format!("The image couldn't be had from its source: {failure}."),
                );
                match failure {
                    source::Failure::Status(status) => problem.with("source_status", status),
                    source::Failure::Unreachable
                    | source::Failure::Broken
                    | source::Failure::Redirects
                    | source::Failure::Disk => problem,
                }
            }
            source::Error::Timeout => Self::new(
                Kind::SourceTimeout,
                "The source of the image didn't answer in time.",
            ),
            source::Error::TooLarge { limit, actual } => {
                let problem = Self::beyond(
                    Limit::SourceBytes,
                    format!("The image at its source is larger than the {limit} bytes that this server takes."),
                )
                .with("limit", limit)
                .with("unit", "bytes");
                match actual {
                    Some(actual) => problem.with("actual", actual),
                    None => problem,
                }
            }
            source::Error::Empty => {
                Self::new(Kind::MissingImage, "The source has no image: it is empty.")
            }
            source::Error::Admission(error) => error.into(),
        }
    }
}

/// A source that can't be read as one.
fn unreadable(parameter: &str, allowed: &str) -> Problem {
    ParameterError::Invalid {
        parameter: parameter.to_owned(),
        value: String::new(),
        allowed: allowed.to_owned(),
    }
    .into()
}
