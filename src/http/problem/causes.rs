//! From the errors of the layers below to problems, with words for a person.
#![deny(clippy::wildcard_enum_match_arm)]

use super::{Kind, Problem};
use crate::admission;
use crate::codecs;
use crate::pipeline::parameter::ParameterError;
use crate::pipeline::plan;
use crate::service;

impl From<ParameterError> for Problem {
    fn from(error: ParameterError) -> Self {
        match error {
            ParameterError::Invalid { parameter, allowed } => Self::new(
                Kind::InvalidParameter,
                format!(
                    "The value of {} is not valid: allowed is {allowed}.",
                    quoted(&parameter)
                ),
            )
            .with("parameter", shown(&parameter))
            .with("allowed", allowed),
            ParameterError::Missing { parameter, allowed } => Self::new(
                Kind::MissingParameter,
                format!("This operation needs {parameter}: {allowed}."),
            )
            .with("parameter", parameter)
            .with("allowed", allowed),
            ParameterError::Unknown { parameter, nearest } => {
                let hint =
                    nearest.map_or_else(String::new, |name| format!(" Did you mean {name}?"));
                let problem = Self::new(
                    Kind::UnknownParameter,
                    format!("There is no parameter {}.{hint}", quoted(&parameter)),
                )
                .with("parameter", shown(&parameter));
                match nearest {
                    Some(name) => problem.with("allowed", name),
                    None => problem,
                }
            }
        }
    }
}

/// At most so much of a client's own words comes back.
pub(super) const MAX_ECHO: usize = 64;

fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_ECHO)
        .collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", shown(text))
}

impl From<service::Error> for Problem {
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::Codec(error) => error.into(),
            service::Error::Plan(error) => error.into(),
            service::Error::Admission(error) => error.into(),
            service::Error::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<codecs::Error> for Problem {
    fn from(error: codecs::Error) -> Self {
        match error {
            codecs::Error::Unsupported { looks_like } => {
                let formats: Vec<_> = codecs::FORMATS.iter().map(|row| row.name).collect();
                let what = looks_like.unwrap_or("no image");
                Self::new(
                    Kind::UnsupportedFormat,
                    format!(
                        "The bytes look like {what}. Read here are {}.",
                        formats.join(", ")
                    ),
                )
                .with("allowed", formats)
            }
            codecs::Error::Invalid {
                format,
                stage,
                detail,
            } => Self::new(
                Kind::InvalidImage,
                format!("The {} image can't be read: {detail}.", format.name()),
            )
            .with("stage", stage),
            codecs::Error::TooComplex {
                what,
                limit,
                actual,
            } => Self::new(
                Kind::TooComplex,
                format!("The image has {actual} {what}; this server reads up to {limit}."),
            )
            .with("limit", limit)
            .with("actual", actual),
            codecs::Error::Stopped(_) => admission::Error::Cancelled.into(),
            codecs::Error::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<plan::Error> for Problem {
    fn from(error: plan::Error) -> Self {
        let mega = |pixels: u64| pixels as f64 / 1e6;
        match error {
            plan::Error::ImageTooLarge {
                width,
                height,
                limit,
            } => {
                let actual = u64::from(width) * u64::from(height);
                Self::new(
                    Kind::ImageTooLarge,
                    format!(
                        "The image is {width}×{height} ({:.1} megapixels); this server decodes up to {:.1}.",
                        mega(actual),
                        mega(limit)
                    ),
                )
                .with("limit", limit)
                .with("actual", actual)
            }
            plan::Error::SideTooLong { actual, limit } => Self::new(
                Kind::OutputTooLarge,
                format!("The answer would be {actual} pixels along a side; up to {limit} can be written."),
            )
            .with("limit", limit)
            .with("actual", actual),
            plan::Error::OutputTooLarge {
                width,
                height,
                limit,
            } => {
                let actual = u64::from(width) * u64::from(height);
                Self::new(
                    Kind::OutputTooLarge,
                    format!(
                        "The answer would be {width}×{height} ({:.1} megapixels); this server makes up to {:.1}.",
                        mega(actual),
                        mega(limit)
                    ),
                )
                .with("limit", limit)
                .with("actual", actual)
            }
        }
    }
}

impl From<admission::Error> for Problem {
    fn from(error: admission::Error) -> Self {
        match error {
            admission::Error::Overloaded { retry_after } => Self::new(
                Kind::Overloaded,
                "The server is busy and its queue is full. Try again later.",
            )
            .retry_after(retry_after),
            admission::Error::QueueTimeout { retry_after } => Self::new(
                Kind::QueueTimeout,
                "The request waited for a worker until its deadline. Try again later.",
            )
            .retry_after(retry_after),
            admission::Error::TooLarge { limit, actual } => Self::new(
                Kind::ImageTooLarge,
                format!(
                    "The work on this image needs {} MiB of memory; this server has {} MiB for pixels.",
                    actual >> 20,
                    limit >> 20
                ),
            )
            .with("limit", limit)
            .with("actual", actual),
            admission::Error::WorkTimeout => Self::new(
                Kind::WorkTimeout,
                "The deadline passed while the picture was being made; the work was stopped.",
            ),
            admission::Error::Cancelled => {
                Self::new(Kind::Draining, "The work was stopped before it was done.").client_gone()
            }
            admission::Error::Panicked(cause) => Self::internal(format!("the work panicked: {cause}")),
        }
    }
}
