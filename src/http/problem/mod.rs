//! Failures as clients see them (RFC 9457): the one place that knows their statuses.
//!
//! Lower layers say whose fault it was; in `causes` that becomes a kind, in `table` a code, a status, and
//! words that tell a person what to do. No problem shows bytes of an image,
//! addresses, paths, or a Rust error.

mod causes;
mod fetched;
mod imaginary;
mod limit;
mod table;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

pub(super) use self::imaginary::method_not_allowed;
pub use self::limit::Limit;
pub use self::table::{Kind, PROBLEMS, ProblemRow};
use super::Compat;
use super::placeholder::in_ascii;

/// A picture that is shown in the place of a document.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The file.
    pub bytes: Bytes,
    /// Its media type.
    pub media_type: &'static str,
    /// Under which status, if not under the problem's.
    pub status: Option<StatusCode>,
}

impl Picture {
    fn render(&self, document: &str, status: StatusCode) -> Response<Body> {
        let mut response = Response::new(Body::from(self.bytes.clone()));
        *response.status_mut() = self.status.unwrap_or(status);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        if let Ok(document) = HeaderValue::from_str(&in_ascii(document)) {
            headers.insert(HeaderName::from_static("error"), document);
        }
        response
    }
}

/// How problems are written.
#[derive(Clone, Debug)]
pub struct Manner {
    /// For whom.
    pub compat: Compat,
    /// What all paths begin with.
    pub prefix: Arc<str>,
}

/// One failure, on its way to a client.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    limit: Option<Limit>,
    detail: String,
    members: Map<String, Value>,
    retry_after: Option<Duration>,
    varies: bool,
    client_gone: bool,
    /// The URL that failed, for clients of imaginary alone.
    url: Option<Box<str>>,
    /// What is at that URL isn't the request's own picture.
    is_mark: bool,
    shown_as: Option<Box<Picture>>,
    /// For the log, never for the client.
    cause: Option<Box<str>>,
}

impl Problem {
    /// A failure of this kind; `detail` is for a person.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            limit: None,
            detail: detail.into(),
            members: Map::new(),
            retry_after: None,
            varies: false,
            client_gone: false,
            url: None,
            is_mark: false,
            shown_as: None,
            cause: None,
        }
    }

    /// A fault of ours; `cause` goes to the log alone.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self {
            cause: Some(cause.into().into_boxed_str()),
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

    /// With the limit that was passed, what it was passed by, and the unit of both.
    #[must_use]
    pub fn limited(self, limit: impl Into<Value>, actual: impl Into<Value>, unit: &str) -> Self {
        self.with("limit", limit)
            .with("actual", actual)
            .with("unit", unit)
    }

    /// With a time after which to try again.
    #[must_use]
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    /// As an answer that depends on the `Accept` header, if it doesn't already.
    #[must_use]
    pub fn varying(mut self, varies: bool) -> Self {
        self.varies |= varies;
        self
    }

    /// As one that nobody is there to read.
    #[must_use]
    pub fn client_gone(mut self) -> Self {
        self.client_gone = true;
        self
    }

    /// As one about this URL, which the client has named.
    #[must_use]
    pub fn about(mut self, url: &str) -> Self {
        self.url = Some(url.into());
        self
    }

    /// As one about the picture at this URL, which was to be drawn over the request's own.
    #[must_use]
    pub fn about_the_mark(self, url: &str) -> Self {
        let detail = format!("The picture to draw: {}", self.detail);
        Self {
            detail,
            is_mark: true,
            ..self
        }
        .with("parameter", "image")
        .about(url)
    }

    /// Without the place of a picture to draw: the configuration has named it, not the client.
    #[must_use]
    pub fn hiding_the_mark(mut self) -> Self {
        self.url = self.url.filter(|_| !self.is_mark);
        self
    }

    /// With a picture in the place of the document, which goes into a header.
    #[must_use]
    pub fn shown_as(mut self, picture: Option<Picture>) -> Self {
        self.shown_as = picture.map(Box::new);
        self
    }

    /// Whether the client has left, so that this is its doing and no failure.
    pub fn is_client_gone(&self) -> bool {
        self.client_gone
    }

    /// Whether it is a fault of the server's own.
    pub fn is_fault(&self) -> bool {
        self.kind == Kind::Internal
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

    /// What of the document is about the failure alone, for who isn't a client of HTTP.
    pub fn told(&self) -> Map<String, Value> {
        let mut told = Map::new();
        told.insert("code".to_owned(), json!(self.code()));
        told.insert("title".to_owned(), json!(self.kind.row().title));
        let detail = self.cause().unwrap_or(&self.detail);
        told.insert("detail".to_owned(), json!(detail));
        told.extend(self.members.clone());
        told
    }

    /// The document; `prefix` is that of the paths.
    pub fn document(&self, request_id: &str, prefix: &str) -> Value {
        let row = self.kind.row();
        let mut document = Map::new();
        document.insert(
            "type".to_owned(),
            json!(format!("{prefix}/problems/{}", row.code)),
        );
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
    pub fn render(&self, request_id: &str, manner: &Manner) -> Response<Body> {
        let ((document, media_type), status) = match manner.compat {
            Compat::None => {
                let document = self.document(request_id, &manner.prefix).to_string();
                let status = self.kind.row().status;
                ((document, "application/problem+json"), status)
            }
            Compat::Imaginary => (imaginary::document(self), imaginary::status(self)),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = if let Some(picture) = &self.shown_as {
            picture.render(&document, status)
        } else {
            let mut response = Response::new(Body::from(document));
            *response.status_mut() = status;
            let media_type = HeaderValue::from_static(media_type);
            response.headers_mut().insert(CONTENT_TYPE, media_type);
            response
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(time) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(time.as_secs().max(1)));
        }
        if self.kind == Kind::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("API-Key"));
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

#[cfg(test)]
mod tests;
