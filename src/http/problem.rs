//! Failures as clients see them (RFC 9457): the one place that knows their statuses.
//!
//! Lower layers say whose fault it was; here that becomes a code, a status, and
//! words that tell a person what to do. No problem shows bytes of an image,
//! addresses, paths, or a Rust error.
#![deny(clippy::wildcard_enum_match_arm)]

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::admission;
use crate::codecs;
use crate::pipeline::parameter::ParameterError;
use crate::pipeline::plan;
use crate::service;

/// A kind of failure, as the table has it.
#[derive(Debug)]
pub struct ProblemRow {
    /// Stable name, the last part of `type`.
    pub code: &'static str,
    /// Status of the answer.
    pub status: u16,
    /// A few words.
    pub title: &'static str,
    /// What it means and what to do, for `/problems/{code}`.
    pub advice: &'static str,
}

macro_rules! problems {
    ($($name:ident $status:literal $code:literal $title:literal $advice:literal;)*) => {
        /// What can go wrong, by name; an index into [`PROBLEMS`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the table beside each name says what it means")]
        pub enum Kind { $($name),* }

        /// Every problem.
        pub const PROBLEMS: &[ProblemRow] = &[
            $(ProblemRow { code: $code, status: $status, title: $title, advice: $advice }),*
        ];
    };
}

problems! {
    InvalidParameter 400 "invalid-parameter" "A parameter has no valid value"
        "The document names the parameter and says what is allowed. Correct it and send the request again.";
    MissingParameter 400 "missing-parameter" "A parameter is missing"
        "The operation can't be done without it. Add the parameter that the document names.";
    UnknownParameter 400 "unknown-parameter" "There is no such parameter"
        "A typo would silently give the wrong picture, so unknown names are refused. The document has the nearest known name. A server can be set to ignore them: lenient_parameters.";
    MissingImage 400 "missing-image" "There is no image"
        "Send the image as the body of a POST, or as the part named file of multipart/form-data.";
    InvalidMultipart 400 "invalid-multipart" "The form is broken"
        "The body says that it is multipart/form-data but can't be read as such. Let a library make it, boundary included.";
    InvalidRequest 400 "invalid-request" "The request is broken"
        "The request isn't proper HTTP. The document says what is wrong with it.";
    NotFound 404 "not-found" "There is nothing here"
        "Paths are exact and in lower case, without a slash at the end. GET / names this server, the README its paths.";
    MethodNotAllowed 405 "method-not-allowed" "This path doesn't take that method"
        "The Allow header has the methods that it takes. Images are sent by POST.";
    UploadTimeout 408 "upload-timeout" "The upload was too slow"
        "The body didn't arrive in time, or came at less than the least rate. Send it again over a better connection, or send a smaller file.";
    BodyTooLarge 413 "body-too-large" "The upload is too large"
        "The document has the limit in bytes. Send a smaller file; the server's setting is max_body.";
    UnsupportedFormat 415 "unsupported-format" "This is no image in a supported format"
        "The format is told by the bytes, not by the name or the Content-Type. The document lists what is read.";
    InvalidImage 422 "invalid-image" "The image is broken"
        "The file is cut short, damaged, or contradicts itself; the document says what was seen. Export it again.";
    ImageTooLarge 422 "image-too-large" "The image is too large"
        "The picture has more pixels, or needs more memory, than this server works on. The document has the limit. The settings are max_pixels and memory_limit.";
    OutputTooLarge 422 "output-too-large" "The answer would be too large"
        "Ask for a smaller width or height, or another format. The settings are max_output_side and max_output_pixels.";
    TooComplex 422 "too-complex" "The image is too complex"
        "It has more parts (scans, for example) than any sane picture. Export it again.";
    Internal 500 "internal" "The server failed"
        "This is a fault of the server, not of the request. Its log has the cause under the request id.";
    Overloaded 503 "overloaded" "The server is busy"
        "All workers are busy and the queue is full, or the wait would outlast the request. Try again after the time that Retry-After says.";
    Draining 503 "draining" "The server takes no new work"
        "It is starting or on its way out. Another instance, or this one after Retry-After, will answer.";
    QueueTimeout 503 "queue-timeout" "The wait was too long"
        "The request waited for a worker until its deadline. Try again after the time that Retry-After says.";
    WorkTimeout 504 "work-timeout" "The work took too long"
        "The deadline passed while the picture was being made, and the work was stopped. Send a smaller image or ask for less.";
}

impl Kind {
    /// Its row in the table.
    pub fn row(self) -> &'static ProblemRow {
        PROBLEMS
            .get(self as usize)
            .expect("the table and the names are made together")
    }
}

/// One failure, on its way to a client.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    detail: String,
    members: Map<String, Value>,
    retry_after: Option<Duration>,
    varies: bool,
    /// For the log, never for the client.
    cause: Option<String>,
}

impl Problem {
    /// A failure of this kind; `detail` is for a person.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            members: Map::new(),
            retry_after: None,
            varies: false,
            cause: None,
        }
    }

    /// A fault of ours; `cause` goes to the log alone.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(
                Kind::Internal,
                "The server failed on this request; its log has the cause under the request id.",
            )
        }
    }

    /// With one more member in the document.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// With a time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// As an answer that depends on the `Accept` header.
    #[must_use]
    pub fn varying(mut self, varies: bool) -> Self {
        self.varies = varies;
        self
    }

    /// Its stable name.
    pub fn code(&self) -> &'static str {
        self.kind.row().code
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is wrong and what to do, for a person.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What is to be logged.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The document.
    pub fn document(&self, request_id: &str) -> Value {
        let row = self.kind.row();
        let mut document = Map::new();
        document.insert("type".to_owned(), json!(format!("/problems/{}", row.code)));
        document.insert("title".to_owned(), json!(row.title));
        document.insert("status".to_owned(), json!(row.status));
        document.insert("detail".to_owned(), json!(self.detail));
        document.insert("code".to_owned(), json!(row.code));
        document.extend(self.members.clone());
        document.insert("request_id".to_owned(), json!(request_id));
        // Clients of imaginary look for this name.
        document.insert("message".to_owned(), json!(self.detail));
        Value::Object(document)
    }

    /// The answer.
    pub fn render(&self, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.document(request_id).to_string()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(time) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(time.as_secs().max(1)));
        }
        if self.varies {
            headers.insert(VARY, HeaderValue::from_static("Accept"));
        }
        response
    }
}

/// Carries the problem outwards; a layer that knows the request's id renders it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}

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
const MAX_ECHO: usize = 64;

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
            // Nobody is there to read it.
            admission::Error::Cancelled => {
                Self::new(Kind::Draining, "The work was stopped before it was done.")
            }
            admission::Error::Panicked(cause) => Self::internal(format!("the work panicked: {cause}")),
        }
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
