//! A request's body: refused early where it can be, else read once, at a pace, under a cap.

use axum::body::Body;
use axum::http::Uri;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use tokio::time::Instant;

use super::inflow::{Inflow, too_large};
use super::multipart::Form;
use super::problem::{Kind, Problem};
use super::{State, multipart};
use crate::admission::FIRST_STEP;
use crate::checkpoint::Stage;
use crate::pace::Pace;
use crate::service::{Context, Source};
use crate::source::Collected;

/// What a request brought: a picture, one to draw over it, and text fields.
pub(super) struct Upload {
    pub(super) source: Source,
    pub(super) beside: Option<Source>,
    pub(super) fields: Vec<(String, String)>,
}

/// What of a form means something beside its picture.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// There may be a second picture, since that is what the request draws.
    pub(super) second: bool,
    /// Text fields are parameters.
    pub(super) fields: bool,
}

/// The pairs of the query, percent-decoded.
pub(super) fn query(parts: &Parts) -> Vec<(String, String)> {
    pairs(&parts.uri).into_owned().collect()
}

/// The same, one by one.
pub(super) fn pairs(uri: &Uri) -> form_urlencoded::Parse<'_> {
    decoded(uri.query().unwrap_or_default())
}

/// The pairs of what could be a query.
pub(super) fn decoded(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
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
    wanted: Wanted,
    state: &State,
    context: &Context,
) -> Result<Upload, Problem> {
    let settings = &state.0.settings;
    let admission = state.0.service.admission();
    let boundary = boundary(parts).transpose()?;
    check_encoding(parts)?;
    let announced = announced(parts, settings.max_body)?;
    let _place = admission.look()?;
    context.checkpoint.enter(Stage::Receive);
    let lease = admission
        .body(announced.unwrap_or(FIRST_STEP), context.deadline.at())
        .await?;
    let end = Instant::now() + settings.body_timeout;
    let end = context.deadline.at().min(end);
    let pace = Pace::new(end, settings.min_upload_rate, announced);
    let mut inflow = Inflow::new(body, pace, settings.max_body, admission.clone());
    let mut collected = Collected::new(lease, announced);
    // The announced length holds both, but the first has room for all of it.
    let mut second = None;
    if wanted.second {
        let lease = admission.body(0, context.deadline.at()).await?;
        second = Some(Collected::new(lease, None));
    }
    let read = match boundary {
        Some(boundary) => {
            let form = Form {
                boundary,
                compat: settings.compat,
                has_say: wanted.fields,
            };
            multipart::read(&mut inflow, form, &mut collected, second.as_mut()).await
        }
        None => raw(&mut inflow, &mut collected).await.map(|()| Vec::new()),
    };
    let fields = read.inspect_err(|problem| {
        if problem.is_client_gone() {
            admission.count_cancelled();
        }
    })?;
    context.checkpoint.leave();
    Ok(Upload {
        source: collected.finish().ok_or_else(|| {
            Problem::new(
                Kind::MissingImage,
                "The request has no image: its body, or the file in its form, is empty.",
            )
        })?,
        beside: second.and_then(Collected::finish),
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

async fn raw(inflow: &mut Inflow, collected: &mut Collected) -> Result<(), Problem> {
    while let Some(data) = inflow.next().await? {
        collected.add(&data)?;
    }
    Ok(())
}
