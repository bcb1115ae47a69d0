//! What an operator asks: what is going on inside, and to go. Routes of a listener of their own.
//!
//! Neither keys, rates, nor the prefix of paths hold here, and nothing waits for a worker. Instead nobody but
//! an operator gets here: by the address that it listens on, and not by way of a page in the operator's browser.

mod figures;
mod pages;
mod profiles;
mod work;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tower::ServiceBuilder;
use tower::util::{MapRequestLayer, MapResponseLayer};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use super::layers::{NewId, RecordLayer, Recorder, announce_close, check_host, drop_insane_id};
use super::problem::{Kind, Manner, Problem};
use super::{Compat, State, explain, header, own_body, panicked, span, status};

/// What operators may do, and see besides what every layer here knows.
#[derive(Clone)]
pub struct Admin {
    /// Whether the listener is for others than this machine.
    pub is_public: bool,
    /// Begins the drain, once and for all.
    pub drain: Arc<dyn Fn() + Send + Sync>,
    /// For which connections are accepted after that.
    pub drain_delay: Duration,
    /// For which accepted requests may go on then.
    pub drain_timeout: Duration,
    /// The configuration that is in force, secrets hidden.
    pub effective: Arc<dyn Fn() -> String + Send + Sync>,
}

/// Longer than any answer here takes.
const LONGEST: Duration = Duration::from_secs(90);

/// What `/` says.
const INDEX: &str = "\
pixmill, for operators

GET  /debug/work            who waits and who is worked for
GET  /debug/memory          budgets, the allocator, the process
GET  /debug/config          the configuration in force, secrets hidden
GET  /debug/pprof/profile   where the processor's time goes, for go tool pprof; ?seconds=30
GET  /health /ready /metrics
POST /drain                 finish what was accepted, then end, as SIGTERM does

Tables are for people; ?format=json, or Accept: application/json, has the same for programs.
";

/// Every route of the listener.
pub fn router(state: State, admin: &Admin) -> Router {
    let (drain, effective) = (admin.clone(), Arc::clone(&admin.effective));
    let mut router = Router::new()
        .route("/", get(INDEX))
        .route("/debug", get(INDEX))
        .route("/debug/work", get(work::table))
        .route("/debug/memory", get(figures::memory))
        .route("/debug/pprof", get(profiles::INDEX))
        .route("/debug/pprof/", get(profiles::INDEX))
        .route("/debug/pprof/profile", get(profiles::profile))
        .route("/debug/config", get(async move || effective()))
        .route("/drain", post(async move || drained(&drain)))
        .route("/metrics", get(status::metrics))
        .route("/problems", get(explain::problems))
        .route("/problems/{code}", get(explain::problem));
    for path in status::HEALTH {
        router = router.route(path, get(status::health));
    }
    for path in status::READY {
        router = router.route(path, get(status::ready));
    }
    finished(router, state, admin.is_public)
}

/// The stack, outermost first: as that of everybody's routes, but for what is about pictures.
fn finished(router: Router<State>, state: State, is_public: bool) -> Router {
    let recorder = Recorder {
        metrics: state.0.metrics.clone(),
        // Whoever operates it reads documents, whatever its clients are used to.
        manner: Manner {
            compat: Compat::None,
            prefix: "".into(),
        },
        // A profile takes as long as it is asked to.
        slow: Duration::ZERO,
    };
    let stack = ServiceBuilder::new()
        .layer(MapRequestLayer::new(drop_insane_id::<Body>))
        .layer(SetRequestIdLayer::x_request_id(NewId))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(())
                .on_failure(()),
        )
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header(
            "content-security-policy",
            "default-src 'none'; sandbox",
        ))
        // What is true now is nothing to keep.
        .layer(header(CACHE_CONTROL.as_str(), "no-store"))
        .layer(RecordLayer(recorder))
        .layer(MapResponseLayer::new(own_body))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(announce_close))
        .layer(from_fn(check_host))
        .layer(from_fn_with_state(is_public, pages::refuse))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            LONGEST,
        ));
    router
        .fallback(async || {
            Problem::new(
                Kind::NotFound,
                "There is nothing at this path; GET / lists what there is.",
            )
        })
        .method_not_allowed_fallback(async || {
            let detail =
                "This path doesn't take that method; the Allow header has those that it takes.";
            Problem::new(Kind::MethodNotAllowed, detail)
        })
        .layer(stack)
        .with_state(state)
}

/// Begins the drain, and tells what comes of it.
fn drained(admin: &Admin) -> Response {
    (admin.drain)();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let told = json!({
        "status": "draining",
        "accepts_for_ms": millis(admin.drain_delay),
        "finishes_within_ms": millis(admin.drain_timeout),
    });
    (StatusCode::ACCEPTED, Json(told)).into_response()
}

/// JSON for who asks for it, by `format=json` or by `Accept`, and else a table.
fn shown(
    headers: &HeaderMap,
    query: &[(String, String)],
    told: Value,
    table: impl FnOnce() -> String,
) -> Response {
    let format = query.iter().find(|(name, _)| name == "format");
    let in_json = format.map_or_else(
        || super::negotiate::names(headers, "application/json"),
        |(_, format)| format == "json",
    );
    if in_json {
        Json(told).into_response()
    } else {
        table().into_response()
    }
}
