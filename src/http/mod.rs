//! The contract with clients: routes and the stack of layers, each on one page.
//!
//! Reading order: [`router`], `operate` (a picture in, a picture out), `handlers` (what else there is), `extract`
//! (a body, or the reason why not), [`problem`] (every failure). Knows nothing of
//! sockets, or of how pixels are made.

pub mod access;
mod admin;
mod explain;
mod extract;
mod form;
mod get;
mod handlers;
mod inflow;
mod info;
mod layers;
pub mod local;
mod marks;
mod multipart;
mod named;
mod negotiate;
mod openapi;
mod operate;
mod page;
mod placeholder;
mod presets;
pub mod problem;
mod routes;
mod settings;
mod state;
mod status;
mod steps;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::handler::Handler;
pub use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::http::{Method, Request, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing;
use axum::{BoxError, Router};
use tower::util::{MapRequestLayer, MapResponseLayer};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use self::access::{Endpoint, guard, share};
pub use self::admin::{Admin, router as admin_router};
use self::layers::{
    CancelLayer, DeadlineLayer, NewId, RecordLayer, Recorder, announce_close, check_host,
    drop_insane_id, join, limit_clients,
};
pub use self::named::FetchSettings;
pub use self::placeholder::Placeholder;
use self::placeholder::{Word, stand_in};
pub use self::presets::Preset;
use self::problem::Problem;
pub use self::settings::{Compat, Settings};
pub use self::state::{Readiness, State};
pub use self::status::is_probe;
use crate::admission;
use crate::pipeline::operation::OPERATIONS;
use crate::telemetry::traces;

/// Who is connected; in a request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Every route.
pub fn router(state: State) -> Router {
    let sources = state.0.service.sources();
    let info = get::route(info::info, sources);
    let mut pictures = Router::new().route(&state.route("/info"), info);
    for row in OPERATIONS {
        let operate = move |state, request| operate::operate(row, state, request);
        let path = state.route(&format!("/{}", row.name));
        pictures = pictures.route(&path, get::route(operate, sources));
    }
    // Who may only send pictures to presets says nothing of others either, whatever fails.
    let word = if state.0.settings.presets_only {
        Word::Settled([].into())
    } else {
        Word::Client
    };
    let pictures = pictures
        .route_layer(from_fn_with_state((state.clone(), word), stand_in))
        .merge(presets::routes(&state))
        .route_layer(from_fn_with_state(state.clone(), limit_clients));
    let index = Router::new().route(
        &state.route("/"),
        routing::get(status::index).post(status::index),
    );
    let pages = Router::new()
        .route(
            &state.route("/form"),
            routing::get(form::page).post(form::page),
        )
        .route(&state.route("/problems"), routing::get(explain::problems))
        .route(
            &state.route("/problems/{code}"),
            routing::get(explain::problem),
        )
        .route(&state.route(routes::DOCUMENT), routing::get(openapi::page))
        .merge(page::behind_the_key(&state));
    let mut router = cheap_routes(&state)
        .merge(guarded(index, Endpoint::Index, &state))
        .merge(guarded(pages, Endpoint::Page, &state))
        .merge(guarded(pictures, Endpoint::Picture, &state));
    if let Some(shell) = page::shell(&state) {
        router = router.merge(guarded(shell, Endpoint::Shell, &state));
    }
    finished(or_else(router, handlers::not_found, &state), state)
}

/// What a connection past the cap is answered: the cheap routes, and 503.
pub fn crowded(state: State) -> Router {
    let router = or_else(cheap_routes(&state), handlers::crowded, &state);
    finished(router, state)
}

/// What a head is answered that can't be read; it takes requests from [`answer_unreadable`].
pub fn unreadable(state: State) -> Router {
    finished(Router::new().fallback(handlers::unreadable), state)
}

/// The answer to a head that can't be read, with its log line, counts and headers like any other. `status` is the protocol's for it.
pub async fn answer_unreadable(router: Router, status: u16) -> Response<Bytes> {
    let mut request = Request::new(Body::empty());
    // Whatever it was, it is not known. A method that nobody has says so in the log.
    *request.method_mut() = Method::from_bytes(b"UNREADABLE").unwrap_or_default();
    *request.version_mut() = Version::HTTP_10;
    request.extensions_mut().insert(Unreadable(status));
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    // It is in memory already.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, body)
}

/// The protocol's status for a head; in the extensions of the request that stands for it.
#[derive(Clone, Copy, Debug)]
struct Unreadable(u16);

/// What a load balancer and a scraper ask, answered at any load.
fn cheap_routes(state: &State) -> Router<State> {
    // A balancer that asks the server itself needn't know what it puts in front of paths.
    let both = |path: &str| BTreeSet::from([path.to_owned(), state.route(path)]);
    let mut probes = Router::new();
    for path in status::HEALTH {
        for path in both(path) {
            probes = probes.route(&path, routing::get(status::health).post(status::health));
        }
    }
    for path in status::READY {
        for path in both(path) {
            probes = probes.route(&path, routing::get(status::ready));
        }
    }
    let metrics = Router::new().route(&state.route("/metrics"), routing::get(status::metrics));
    guarded(probes, Endpoint::Probe, state).merge(guarded(metrics, Endpoint::Metrics, state))
}

/// With the guard in front, which doesn't look at methods that a route hasn't: those are refused in any case.
fn guarded(routes: Router<State>, endpoint: Endpoint, state: &State) -> Router<State> {
    routes.route_layer(from_fn_with_state((state.clone(), endpoint), guard))
}

/// With this for every path that isn't there.
fn or_else<H, T>(router: Router<State>, handler: H, state: &State) -> Router<State>
where
    H: Handler<T, State>,
    T: 'static,
{
    let guard = from_fn_with_state((state.clone(), Endpoint::Page), guard);
    router.fallback_service(handler.layer(guard).with_state(state.clone()))
}

/// The stack, outermost first.
fn finished(router: Router<State>, state: State) -> Router {
    let request_timeout = state.0.settings.request_timeout;
    let metrics = state.0.metrics.clone();
    let recorder = Recorder {
        metrics: metrics.clone(),
        manner: state.manner(),
        slow: state.0.settings.log_slow,
    };
    let stack = ServiceBuilder::new()
        // An id first, so that everything after it can be found again; the client's own, if it is sane.
        .layer(MapRequestLayer::new(drop_insane_id::<Body>))
        .layer(SetRequestIdLayer::x_request_id(NewId))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(MapRequestLayer::new(move |request| join(&metrics, request)))
        // A span around all that follows: whatever logs below is found by the id.
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(())
                .on_failure(()),
        )
        // On every answer, whoever made it below: a picture is never run as a page.
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header(
            "content-security-policy",
            "default-src 'none'; sandbox",
        ))
        // The metrics hook and the request's one log line; outside of the panic layer, so that panics are counted,
        // and of the cancel layer, so that it sees what was cancelled. Here problems get their body.
        .layer(RecordLayer(recorder))
        // On every answer, those to nobody and to the wrong ones too: pages have to see why.
        .layer(from_fn_with_state(state.clone(), share))
        .layer(MapResponseLayer::new(own_body))
        // A panic in a handler is a 500 like any other, not a closed connection.
        .layer(CatchPanicLayer::custom(panicked))
        // Around all that may answer without having read the body.
        .layer(from_fn(announce_close))
        // Before anything is done for a request that isn't proper HTTP.
        .layer(from_fn(check_host))
        .layer(MapResponseLayer::new(explained))
        // Behind our own deadline, for what might not obey it; it can't tell an upload from work.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            request_timeout + BACKSTOP,
        ))
        // The one deadline, made here and handed down in the extensions.
        .layer(DeadlineLayer(request_timeout))
        // Innermost: its future owns the guard that stops the work when it is dropped, by hyper or by the timeout.
        .layer(CancelLayer);
    router
        .method_not_allowed_fallback(handlers::method_not_allowed)
        .layer(stack)
        .with_state(state)
}

/// The panic layer has a body type of its own.
fn own_body<B>(response: Response<B>) -> Response
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    response.map(Body::new)
}

/// The backstop knows no words; its answer gets those of a problem.
fn explained(response: Response) -> Response {
    let wordless = response.status() == StatusCode::GATEWAY_TIMEOUT
        && response.extensions().get::<Problem>().is_none();
    if wordless {
        Problem::from(admission::Error::WorkTimeout).into_response()
    } else {
        response
    }
}

/// How much later than the deadline the backstop comes.
const BACKSTOP: Duration = Duration::from_secs(1);

fn header(name: &'static str, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

fn span(request: &Request<Body>) -> tracing::Span {
    let headers = request.headers();
    let context = request.extensions().get::<traces::Context>();
    let span = tracing::info_span!(
        "request",
        id = layers::of(headers),
        trace_id = tracing::field::Empty
    );
    if let Some(context) = context {
        span.record("trace_id", context.trace_id());
    } else if let Some(trace) = layers::trace_id(headers) {
        span.record("trace_id", trace);
    }
    span
}

/// The panic hook has logged message and place already.
fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    Problem::internal("a handler panicked").into_response()
}
