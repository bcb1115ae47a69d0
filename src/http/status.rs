//! What the server says of itself: to balancers, to scrapers, to whoever asks for its name.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::problem::{Kind, Problem};
use super::{State, negotiate, page};
use crate::os;
use crate::telemetry::Dialect;

/// Where it is asked whether the process lives.
pub(super) const HEALTH: [&str; 3] = ["/health", "/healthz", "/healthcheck"];

/// Where it is asked whether requests should come here.
pub(super) const READY: [&str; 2] = ["/ready", "/readyz"];

/// Whether balancers ask there, whatever the prefix of paths.
pub fn is_probe(path: &str) -> bool {
    HEALTH.contains(&path) || READY.contains(&path)
}

/// Name and versions, imaginary's keys kept; or the page, for who asks for one.
pub(super) async fn index(
    Extract(state): Extract<State>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if page::is_asked(&state, &method, &headers) {
        return page::at_the_root(&state, &headers);
    }
    let version = env!("CARGO_PKG_VERSION");
    let mut response = Json(json!({
        "name": "pixmill",
        "version": version,
        "imaginary": version,
        "bimg": version,
        "libvips": version,
    }))
    .into_response();
    if page::is_at_the_root(&state) {
        let vary = HeaderValue::from_static("Accept");
        response.headers_mut().insert(VARY, vary);
    }
    response
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
        "objectsInUse": snapshot.connections.open,
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
    let mut snapshot = (state.0.snapshot)();
    snapshot.ready = state.0.readiness.is_ready();
    let dialect = if negotiate::names(&headers, Dialect::OpenMetrics.essence()) {
        Dialect::OpenMetrics
    } else {
        Dialect::Text
    };
    let page = state.0.metrics.render(&snapshot, dialect);
    let headers = [(CONTENT_TYPE, dialect.media_type()), (VARY, "Accept")];
    (headers, page).into_response()
}
