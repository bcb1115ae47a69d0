//! One short function for each route.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State as Extract};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::extract::{self, Upload};
use super::layers::Facts;
use super::negotiate;
use super::problem::{Kind, Problem};
use super::{State, Unreadable};
use crate::admission::Deadline;
use crate::checkpoint::Checkpoint;
use crate::codecs::{Colour, Header, Model};
use crate::os;
use crate::pipeline::operation::{self, OperationRow, Request as Operation};
use crate::pipeline::parameter::ParameterError;
use crate::service::{Answer, Context, Kept};
use crate::telemetry::Dialect;

const IMAGE_WIDTH: HeaderName = HeaderName::from_static("image-width");
const IMAGE_HEIGHT: HeaderName = HeaderName::from_static("image-height");

/// A picture in, a picture out.
pub(super) async fn operate(
    row: &'static OperationRow,
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let query = extract::query(&parts);
    let varies = operation::negotiates(&query);
    operated(row, &state, &parts, &query, body)
        .await
        .map_err(|problem| problem.varying(varies))
}

async fn operated(
    row: &'static OperationRow,
    state: &State,
    parts: &Parts,
    query: &[(String, String)],
    body: Body,
) -> Result<Response, Problem> {
    let context = context(parts)?;
    let service = &state.0.service;
    let rules = service.rules(state.0.settings.lenient_parameters);
    let parse = |fields: &[_]| {
        operation::parse(row, query, fields, rules)
            .map(|operation| operation.accepting(negotiate::accept(&parts.headers)))
    };
    // Before the body is read; what is missing may still come as a field of a form.
    match parse(&[]) {
        Err(ParameterError::Missing { .. }) if extract::boundary(parts).is_some() => {}
        Err(error) => return Err(error.into()),
        Ok(_) => {}
    }
    let upload = upload(state, parts, body, &context).await?;
    let operation: Operation = parse(&upload.fields)
        .map_err(|error| Problem::from(error).varying(operation::negotiates(&upload.fields)))?;
    let varies = operation.negotiates();
    let bytes_in = upload.source.bytes.len() as u64;
    service
        .transform(upload.source, &operation, &context)
        .await
        .map(|answer| picture(answer, bytes_in, varies))
        .map_err(|error| Problem::from(error).varying(varies))
}

/// What the picture is.
pub(super) async fn info(
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let context = context(&parts)?;
    let lenient = state.0.settings.lenient_parameters;
    operation::check_names(&extract::query(&parts), lenient)?;
    let upload = upload(&state, &parts, body, &context).await?;
    operation::check_names(&upload.fields, lenient)?;
    let header = state.0.service.info(&upload.source)?;
    let facts = Facts {
        bytes_in: upload.source.bytes.len() as u64,
        source: header.format.name(),
        source_size: (header.width, header.height),
        size: (0, 0),
    };
    let mut response = Json(described(&header)).into_response();
    response.extensions_mut().insert(facts);
    Ok(response)
}

async fn upload(
    state: &State,
    parts: &Parts,
    body: Body,
    context: &Context,
) -> Result<Upload, Problem> {
    let State(inner) = state;
    extract::upload(
        parts,
        body,
        &inner.settings,
        inner.service.admission(),
        context,
    )
    .await
}

/// What the layers have put into the extensions.
fn context(parts: &Parts) -> Result<Context, Problem> {
    let deadline = parts.extensions.get::<Deadline>().copied();
    let checkpoint = parts.extensions.get::<Checkpoint>().cloned();
    match (deadline, checkpoint) {
        (Some(deadline), Some(checkpoint)) => Ok(Context {
            deadline,
            checkpoint,
            kept: parts.extensions.get::<Kept>().cloned(),
        }),
        _ => Err(Problem::internal("a layer is missing from the stack")),
    }
}

fn picture(answer: Answer, bytes_in: u64, varies: bool) -> Response {
    let facts = Facts {
        bytes_in,
        source: answer.source.format.name(),
        source_size: (answer.source.width, answer.source.height),
        size: (answer.width, answer.height),
    };
    let mut response = Response::new(Body::from(answer.bytes));
    let headers = response.headers_mut();
    let media_type = answer.format.row().media_type;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(etag) = HeaderValue::from_str(&answer.etag) {
        headers.insert(ETAG, etag);
    }
    headers.insert(IMAGE_WIDTH, HeaderValue::from(answer.width));
    headers.insert(IMAGE_HEIGHT, HeaderValue::from(answer.height));
    if varies {
        headers.insert(VARY, HeaderValue::from_static("Accept"));
    }
    response.extensions_mut().insert(facts);
    response
}

/// imaginary's keys first, then ours.
fn described(header: &Header) -> Value {
    let (width, height) = header.displayed();
    let (space, channels) = match header.model {
        Model::Gray => ("b-w", 1),
        Model::GrayAlpha => ("b-w", 2),
        Model::Rgb | Model::YCbCr { .. } => ("srgb", 3),
        Model::Rgba => ("srgb", 4),
        Model::Cmyk => ("cmyk", 4),
    };
    json!({
        "width": header.width,
        "height": header.height,
        "type": header.format.name(),
        "space": space,
        "hasAlpha": header.has_alpha(),
        "hasProfile": matches!(header.colour, Colour::Icc(_)),
        "channels": channels,
        "orientation": header.orientation.exif(),
        "displayWidth": width,
        "displayHeight": height,
        "bitDepth": header.bit_depth,
        "frames": header.frames,
        "progressive": header.progressive,
        "detail": header.detail,
    })
}

/// Name and versions, imaginary's keys kept.
pub(super) async fn index() -> Json<Value> {
    let version = env!("CARGO_PKG_VERSION");
    Json(json!({
        "name": "pixmill",
        "version": version,
        "imaginary": version,
        "bimg": version,
        "libvips": version,
    }))
}

/// 200 while the process lives; imaginary's keys kept.
pub(super) async fn health(Extract(state): Extract<State>) -> Json<Value> {
    let snapshot = (state.0.snapshot)();
    let megabytes = os::resident_bytes() as f64 / f64::from(1 << 20);
    let megabytes = (megabytes * 100.0).round() / 100.0;
    Json(json!({
        "status": "ok",
        "uptime": snapshot.uptime_seconds,
        "allocatedMemory": megabytes,
        "totalAllocatedMemory": megabytes,
        "goroutines": snapshot.workers_busy + snapshot.queue_length,
        "completedGCCycles": 0,
        "cpus": snapshot.workers,
        "maxHeapUsage": megabytes,
        "heapInUse": megabytes,
        "objectsInUse": snapshot.connections_open,
        "OSMemoryObtained": megabytes,
        "workers": snapshot.workers,
        "busy": snapshot.workers_busy,
        "queued": snapshot.queue_length,
    }))
}

/// 200 while new work is welcome.
pub(super) async fn ready(Extract(state): Extract<State>) -> Result<Json<Value>, Problem> {
    let readiness = &state.0.readiness;
    if readiness.is_ready() {
        return Ok(Json(json!({"status": "ready"})));
    }
    let detail = if readiness.is_draining() {
        "The server is on its way out."
    } else {
        "The server is starting."
    };
    let retry_after = state.0.service.admission().retry_after();
    Err(Problem::new(Kind::Draining, detail).retry_after(retry_after))
}

/// The page of metrics: Prometheus text, or OpenMetrics for who asks for it.
pub(super) async fn metrics(Extract(state): Extract<State>, headers: HeaderMap) -> Response {
    let snapshot = (state.0.snapshot)();
    let dialect = if negotiate::names(&headers, Dialect::OpenMetrics.essence()) {
        Dialect::OpenMetrics
    } else {
        Dialect::Text
    };
    let page = state.0.metrics.render(&snapshot, dialect);
    let headers = [(CONTENT_TYPE, dialect.media_type()), (VARY, "Accept")];
    (headers, page).into_response()
}

pub(super) async fn not_found() -> Problem {
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
pub(super) async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store")]).into_response();
    }
    Problem::new(
        Kind::MethodNotAllowed,
        "This path doesn't take that method; the Allow header has those that it takes.",
    )
    .into_response()
}
