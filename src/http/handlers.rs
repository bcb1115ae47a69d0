//! One short function for each route.

use axum::Json;
use axum::extract::{MatchedPath, Request, State as Extract};
use axum::http::header::CACHE_CONTROL;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::extract;
use super::layers::Facts;
use super::operate::context;
use super::problem::{Kind, Problem, method_not_allowed as method_not_allowed_there};
use super::{Compat, State, Unreadable, named};
use crate::codecs::{Colour, Header, Model};
use crate::pipeline::operation;
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request;

/// What the picture is.
pub(super) async fn info(
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let context = context(&parts)?;
    let (service, settings) = (&state.0.service, &state.0.settings);
    let rules = state.rules();
    let imaginary = rules.grammar == Grammar::Imaginary;
    let mut query = extract::query(&parts);
    let source = named::split(&mut query);
    if !imaginary {
        request::check_names(&query, rules)?;
    }
    let is_named = named::names_its_picture(&parts.method);
    let source = if is_named {
        let wanted = named::wanted(source, &parts, &settings.fetch, service.sources())?;
        let fetched = service.fetch(&wanted, &context).await;
        fetched.map_err(|error| named::about(error, &wanted))?
    } else {
        let upload = extract::upload(&parts, body, false, &state, &context).await?;
        if !imaginary {
            request::check_names(&upload.fields, rules)?;
        }
        upload.source
    };
    if imaginary {
        service.recognise(&source)?;
        // It reads them all, and uses none.
        if let Some(row) = operation::named("autorotate") {
            request::parse(row, &query, &[], rules)?;
        }
    }
    let header = service.info(&source)?;
    if imaginary {
        service.check(&header)?;
    }
    let facts = Facts {
        bytes_in: source.bytes.len() as u64,
        source: header.format.name(),
        source_size: (header.width, header.height),
        size: (0, 0),
    };
    let mut response = Json(described(&header)).into_response();
    response.extensions_mut().insert(facts);
    if is_named {
        let locked = state.0.access.is_locked();
        named::cached(response.headers_mut(), &parts, &settings.fetch, locked);
    }
    Ok(response)
}

/// imaginary's keys first, then ours.
fn described(header: &Header) -> Value {
    let (width, height) = header.displayed();
    let (space, channels) = match header.model {
        Model::Gray => ("b-w", 1),
        Model::GrayAlpha => ("b-w", 2),
        Model::Rgba if header.opaque => ("srgb", 3),
        Model::Rgb | Model::YCbCr { .. } => ("srgb", 3),
        Model::Rgba => ("srgb", 4),
        Model::Cmyk => ("cmyk", 4),
    };
    let animation = header.animation;
    json!({
        "width": header.width,
        "height": header.height,
        "type": header.format.name(),
        "space": space,
        "hasAlpha": header.has_alpha(),
        "hasProfile": matches!(header.colour, Colour::Icc(_)),
        "channels": channels,
        "orientation": header.stated.unwrap_or(0),
        "displayWidth": width,
        "displayHeight": height,
        "bitDepth": header.bit_depth,
        "frames": header.frames,
        "plays": animation.map(|animation| animation.plays),
        "durationMs": animation.map(|animation| animation.duration),
        "progressive": header.progressive,
        "detail": header.detail,
    })
}

pub(super) async fn not_found(Extract(state): Extract<State>, method: Method) -> Problem {
    let common = matches!(method, Method::GET | Method::HEAD | Method::POST);
    if state.0.settings.compat == Compat::Imaginary && !common {
        // It looks at the method first.
        return Problem::new(Kind::MethodNotAllowed, method_not_allowed_there(&method));
    }
    Problem::new(
        Kind::NotFound,
        "There is nothing at this path. Operations are POST /resize, /convert and /info.",
    )
}

/// No request at all. The contract has one code and one status for that, whatever part of the head it was.
pub(super) async fn unreadable(request: Request) -> Problem {
    let detail = match request.extensions().get() {
        Some(Unreadable(431)) => {
            "The head has more headers, or more bytes, than this server reads."
        }
        Some(Unreadable(414)) => "The path and query are longer than this server reads.",
        _ => "The head is no proper HTTP/1.1.",
    };
    Problem::new(Kind::InvalidRequest, detail)
}

pub(super) async fn crowded(Extract(state): Extract<State>) -> Problem {
    let retry_after = state.0.service.admission().retry_after();
    Problem::new(
        Kind::Overloaded,
        "The server has more connections than it serves. Try again later.",
    )
    .retry_after(retry_after)
}

/// OPTIONS is answered here too: the framework adds `Allow` to either answer.
pub(super) async fn method_not_allowed(
    Extract(state): Extract<State>,
    route: Option<MatchedPath>,
    method: Method,
) -> Response {
    let imaginary = state.0.settings.compat == Compat::Imaginary;
    let enabled = state.0.access.enabled(route.as_ref());
    if let Some(problem) = enabled.err().filter(|_| !imaginary) {
        return problem.into_response();
    }
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response();
    }
    let detail = if imaginary {
        method_not_allowed_there(&method)
    } else {
        "This path doesn't take that method; the Allow header has those that it takes."
    };
    Problem::new(Kind::MethodNotAllowed, detail).into_response()
}
