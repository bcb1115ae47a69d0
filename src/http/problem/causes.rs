//! From the errors of the layers below to problems, with words for a person.
#![deny(clippy::wildcard_enum_match_arm)]

use serde_json::Number;

use super::{Kind, Limit, Problem};
use crate::admission::{self, Lack};
use crate::codecs::{self, pdf};
use crate::pipeline::parameter::ParameterError;
use crate::pipeline::plan;
use crate::service;

impl From<ParameterError> for Problem {
    fn from(error: ParameterError) -> Self {
        match error {
            ParameterError::Invalid {
                parameter,
                value,
                allowed,
            } => {
                let detail = format!(
                    "The value of {} is not valid: allowed is {allowed}.",
                    quoted(&parameter)
                );
                let problem = Self::new(Kind::InvalidParameter, detail)
                    .with("parameter", shown(&parameter))
                    .with("allowed", allowed);
                if value.is_empty() {
                    problem
                } else {
                    problem.with("value", shown(&value))
                }
            }
            ParameterError::Missing {
                operation,
                parameter,
                allowed,
            } => Self::new(
                Kind::MissingParameter,
                format!("{operation} needs {parameter}: {allowed}."),
            )
            .with("operation", operation)
            .with("parameter", parameter)
            .with("allowed", allowed),
            ParameterError::InStep { step, error } => {
                let inner = Self::from(*error);
                let detail = format!("In step {step}: {}", inner.detail);
                Self { detail, ..inner }.with("step", step)
            }
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
            service::Error::Watermark(error) => about_the_watermark(error),
            service::Error::Plan(error) => error.into(),
            service::Error::Admission(error) => error.into(),
            service::Error::Source(error) => error.into(),
            service::Error::Internal(cause) => Self::internal(cause),
        }
    }
}

/// What is no image at all isn't what the request is about, so that it is no wrong media type.
fn about_the_watermark(error: codecs::Error) -> Problem {
    let unknown = matches!(error, codecs::Error::Unsupported { .. });
    let problem = Problem::from(error);
    if unknown {
        let detail = format!(
            "Unsupported image format of the watermark. {}",
            problem.detail
        );
        let kind = Kind::InvalidImage;
        return Problem {
            kind,
            detail,
            ..problem
        };
    }
    let detail = format!("In the watermark: {}", problem.detail);
    Problem { detail, ..problem }
}

impl From<codecs::Error> for Problem {
    fn from(error: codecs::Error) -> Self {
        match error {
            codecs::Error::Unsupported { looks_like } => {
                let rows = codecs::FORMATS.iter();
                let rows = rows.filter(|row| row.format.is_built());
                let formats: Vec<_> = rows.map(|row| row.name).collect();
                let what = looks_like.as_deref().unwrap_or("no image");
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
            .limited(limit, actual, &what),
            codecs::Error::Stopped(_) => admission::Error::Cancelled.into(),
            codecs::Error::Internal(cause) => Self::internal(cause),
        }
    }
}

/// Millions of pixels, exactly; a whole number where it is one.
fn megapixels(pixels: u64) -> Number {
    let whole = pixels.is_multiple_of(1_000_000);
    let fraction = Number::from_f64(pixels as f64 / 1e6).filter(|_| !whole);
    fraction.unwrap_or_else(|| Number::from(pixels / 1_000_000))
}

/// The size of so many frames in words, and their megapixels.
fn measured(width: u32, height: u32, frames: u32) -> (String, Number) {
    let pixels = u64::from(width) * u64::from(height);
    let actual = megapixels(pixels.saturating_mul(u64::from(frames)));
    let each = if frames > 1 {
        format!("{frames} frames of ")
    } else {
        String::new()
    };
    (
        format!("{each}{width}×{height} ({actual} megapixels)"),
        actual,
    )
}

const STILL: &str = " A still picture of it is made with animated=false.";

/// Where drawings aren't read, and how they would be.
const NO_DRAWINGS: &str = "The image is a drawing (SVG), which this server isn't set to read. It does with isolation = \"process\" and svg = \"auto\", since a drawing that is made to do harm then costs its own request alone, or with svg = true in any case. Send it as PNG.";

/// Where documents aren't read, and how they would be.
const NO_DOCUMENTS: &str = "The file is a PDF document, which this server isn't set to read. It does with isolation = \"process\" and pdf = \"auto\", since a document that is made to do harm then costs its own request alone, or with pdf = true in any case. Send a picture of the page.";
const NO_READER: &str = "The file is a PDF document, which this server's program was built without a reader for: the feature pdf adds one. Send a picture of the page.";

impl From<plan::Error> for Problem {
    fn from(error: plan::Error) -> Self {
        match error {
            plan::Error::Parameter(error) => error.into(),
            plan::Error::Drawing => Self::new(Kind::UnsupportedFormat, NO_DRAWINGS),
            plan::Error::Document => Self::new(
                Kind::UnsupportedFormat,
                if pdf::IS_BUILT { NO_DOCUMENTS } else { NO_READER },
            ),
            plan::Error::ImageTooLarge {
                width,
                height,
                frames,
                limit,
            } => {
                let (size, actual) = measured(width, height, frames);
                let limit = megapixels(limit);
                let hint = if frames > 1 { STILL } else { "" };
                Self::beyond(
                    Limit::Pixels,
                    format!("The image is {size}; this server decodes up to {limit}.{hint}"),
                )
                .limited(limit, actual, "megapixels")
            }
            plan::Error::TooManyFrames { actual, limit } => Self::beyond(
                Limit::Frames,
                format!("The animation has {actual} frames; this server makes up to {limit}.{STILL}"),
            )
            .limited(limit, actual, "frames"),
            plan::Error::SideTooLong { actual, limit } => Self::beyond(
                Limit::OutputSide,
                format!("The answer would be {actual} pixels along a side; up to {limit} can be written."),
            )
            .limited(limit, actual, "pixels"),
            plan::Error::OutputTooLarge {
                width,
                height,
                frames,
                limit,
            } => {
                let (size, actual) = measured(width, height, frames);
                let limit = megapixels(limit);
                Self::beyond(
                    Limit::OutputPixels,
                    format!("The answer would be {size}; this server makes up to {limit}."),
                )
                .limited(limit, actual, "megapixels")
            }
        }
    }
}

impl From<admission::Error> for Problem {
    fn from(error: admission::Error) -> Self {
        match error {
            admission::Error::Overloaded { lack, retry_after } => {
                let (limit, detail) = match lack {
                    Lack::Place => (
                        Limit::Queue,
                        "The server is busy and its queue is full. Try again later.",
                    ),
                    Lack::UploadMemory => (
                        Limit::UploadMemory,
                        "The server holds as many bytes of uploads as it may. Try again later.",
                    ),
                    Lack::Time => (
                        Limit::ExpectedWait,
                        "The server is busy, and the work would be done too late for the request. Try again later.",
                    ),
                };
                Self::beyond(limit, detail).retry_after(retry_after)
            }
            admission::Error::QueueTimeout { retry_after } => Self::beyond(
                Limit::Wait,
                "The request waited for a worker until too little time was left for the work. Try again later.",
            )
            .retry_after(retry_after),
            admission::Error::TooLarge { limit, actual } => Self::beyond(
                Limit::PixelMemory,
                format!(
                    "The work on this image needs {} MiB of memory; this server has {} MiB for pixels.",
                    actual.div_ceil(1 << 20),
                    limit >> 20
                ),
            )
            .limited(limit, actual, "bytes"),
            admission::Error::WorkTimeout => Self::beyond(
                Limit::Work,
                "The deadline passed while the picture was being made; the work was stopped.",
            ),
            admission::Error::Cancelled => {
                Self::new(Kind::Draining, "The work was stopped before it was done.").client_gone()
            }
            admission::Error::Panicked(cause) => Self::internal(format!("the work panicked: {cause}")),
        }
    }
}
