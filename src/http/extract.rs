//! A request's body: refused early where it can be, else read once, at a pace, under a cap.

use std::future::Future;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::problem::{Kind, Problem};
use super::{Settings, multipart};
use crate::admission::{Admission, Lease};
use crate::checkpoint::Stage;
use crate::service::{Context, Source};

/// A body may begin slowly: the least rate counts from here on.
const GRACE: Duration = Duration::from_secs(5);

/// What a request brought: a picture, and the text fields before it.
pub(super) struct Upload {
    pub(super) source: Source,
    pub(super) fields: Vec<(String, String)>,
}

/// The pairs of the query, percent-decoded.
pub(super) fn query(parts: &Parts) -> Vec<(String, String)> {
    form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
        .into_owned()
        .collect()
}

/// The boundary, if the body is a form.
pub(super) fn boundary(parts: &Parts) -> Option<Result<String, Problem>> {
    let content_type = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if !content_type.to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    Some(multer::parse_boundary(content_type).map_err(|_unreadable| {
        Problem::new(
            Kind::InvalidMultipart,
            "The Content-Type of the form has no boundary.",
        )
    }))
}

/// Reads the body. What can be refused before its first byte, is.
pub(super) async fn upload(
    parts: &Parts,
    body: Body,
    settings: &Settings,
    admission: &Admission,
    context: &Context,
) -> Result<Upload, Problem> {
    let boundary = boundary(parts).transpose()?;
    check_encoding(parts)?;
    let announced = announced(parts, settings.max_body)?;
    admission.look()?;
    let lease = admission.upload(announced.unwrap_or(0))?;
    context.checkpoint.enter(Stage::Receive);
    let mut receiver = Receiver {
        pace: Pace::new(settings, context),
        collected: Collected::new(lease, announced, settings.max_body),
    };
    let fields = if let Some(boundary) = boundary {
        multipart::read(body, boundary, &mut receiver).await?
    } else {
        raw(body, &mut receiver).await?;
        Vec::new()
    };
    context.checkpoint.leave();
    Ok(Upload {
        source: receiver.collected.finish()?,
        fields,
    })
}

fn check_encoding(parts: &Parts) -> Result<(), Problem> {
    let plain = parts
        .headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if plain {
        Ok(())
    } else {
        Err(Problem::new(
            Kind::UnsupportedFormat,
            "The body has a Content-Encoding. Images are compressed already: send it as it is.",
        ))
    }
}

/// The length that the head announces, if it is not too large.
fn announced(parts: &Parts, max_body: u64) -> Result<Option<u64>, Problem> {
    let Some(value) = parts.headers.get(CONTENT_LENGTH) else {
        return Ok(None);
    };
    let length = value
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::new(Kind::InvalidRequest, "The Content-Length is no number."))?;
    if length > max_body {
        return Err(too_large(max_body).with("actual", length));
    }
    Ok(Some(length))
}

pub(super) fn too_large(max_body: u64) -> Problem {
    Problem::new(
        Kind::BodyTooLarge,
        format!("The upload is larger than the {max_body} bytes that this server takes."),
    )
    .with("limit", max_body)
}

async fn raw(mut body: Body, receiver: &mut Receiver) -> Result<(), Problem> {
    while let Some(frame) = receiver.wait(body.frame()).await? {
        let frame = frame.map_err(|_gone| {
            Problem::new(
                Kind::InvalidRequest,
                "The body ended before it was complete.",
            )
        })?;
        if let Some(data) = frame.data_ref() {
            receiver.collected.add(data)?;
        }
    }
    Ok(())
}

/// A body on its way in.
pub(super) struct Receiver {
    pace: Pace,
    pub(super) collected: Collected,
}

impl Receiver {
    /// Waits for the client, as long as its pace allows.
    pub(super) async fn wait<F: Future>(&mut self, next: F) -> Result<F::Output, Problem> {
        let due = self.pace.due(self.collected.received());
        timeout_at(due, next).await.map_err(|_elapsed| {
            Problem::new(
                Kind::UploadTimeout,
                "The body didn't arrive in time. Send it faster, or send less.",
            )
        })
    }
}

/// How fast a body has to come.
struct Pace {
    start: Instant,
    end: Instant,
    bytes_per_second: u64,
}

impl Pace {
    fn new(settings: &Settings, context: &Context) -> Self {
        let start = Instant::now();
        Self {
            start,
            end: context.deadline.at().min(start + settings.body_timeout),
            bytes_per_second: settings.min_upload_rate,
        }
    }

    /// When the next bytes have to be here, after so many have come.
    fn due(&self, received: u64) -> Instant {
        if self.bytes_per_second == 0 {
            return self.end;
        }
        let earned = Duration::from_secs_f64(received as f64 / self.bytes_per_second as f64);
        (self.start + GRACE + earned).min(self.end)
    }
}

/// The bytes of the picture so far, hashed, counted and covered by a lease.
pub(super) struct Collected {
    bytes: Vec<u8>,
    hasher: blake3::Hasher,
    lease: Lease,
    max_body: u64,
}

/// A body without an announced length grows in steps of this.
const STEP: usize = 1 << 20;

impl Collected {
    fn new(lease: Lease, announced: Option<u64>, max_body: u64) -> Self {
        let capacity = announced.and_then(|length| usize::try_from(length).ok());
        Self {
            bytes: Vec::with_capacity(capacity.unwrap_or(0)),
            hasher: blake3::Hasher::new(),
            lease,
            max_body,
        }
    }

    fn received(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(super) fn add(&mut self, data: &[u8]) -> Result<(), Problem> {
        let total = self.received() + data.len() as u64;
        if total > self.max_body {
            return Err(too_large(self.max_body));
        }
        self.lease.cover(total)?;
        let spare = self.bytes.capacity() - self.bytes.len();
        if spare < data.len() {
            self.bytes.reserve_exact(data.len().max(STEP));
        }
        self.hasher.update(data);
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    pub(super) fn max_body(&self) -> u64 {
        self.max_body
    }

    fn finish(self) -> Result<Source, Problem> {
        if self.bytes.is_empty() {
            return Err(Problem::new(
                Kind::MissingImage,
                "The request has no image: its body, or the file in its form, is empty.",
            ));
        }
        Ok(Source {
            bytes: self.bytes.into(),
            digest: *self.hasher.finalize().as_bytes(),
            lease: self.lease,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_earns_its_time() {
        let start = Instant::now();
        let pace = Pace {
            start,
            end: start + Duration::from_secs(30),
            bytes_per_second: 1_000,
        };
        for (received, seconds) in [(0, 5), (1_000, 6), (10_000, 15), (1 << 30, 30)] {
            assert_eq!(
                pace.due(received),
                start + Duration::from_secs(seconds),
                "{received}"
            );
        }
        let unpaced = Pace {
            bytes_per_second: 0,
            ..pace
        };
        assert_eq!(unpaced.due(0), pace.end);
    }
}
