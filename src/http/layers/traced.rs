//! One request as spans: its own, and one for each stage, with what is known of the picture.

use std::time::{Duration, SystemTime};

use axum::http::header::{HeaderName, HeaderValue};
use axum::http::{HeaderMap, Request};

use super::account::{Asked, CLIENT_GONE, Fate};
use crate::checkpoint::{Checkpoint, Stage};
use crate::telemetry::Metrics;
use crate::telemetry::traces::{self, Context, Span, Value};

/// What stands for the route of a request that has none.
const NO_ROUTE: &str = "none";

const PARENT: HeaderName = HeaderName::from_static("traceparent");
const STATE: HeaderName = HeaderName::from_static("tracestate");

/// Finds out where a request stands in a trace, where anybody asks for such; in its extensions from here on.
pub(in crate::http) fn join<B>(metrics: &Metrics, mut request: Request<B>) -> Request<B> {
    let tracer = metrics.tracer();
    if !tracer.is_on() {
        return request;
    }
    let headers = request.headers();
    let states = headers.get_all(STATE).iter();
    let states = states.filter_map(|state| state.to_str().ok());
    let states: Vec<_> = states.filter(|state| !state.is_empty()).collect();
    let state = states.join(",");
    let state = (!state.is_empty()).then_some(state);
    if let Some(context) = tracer.context(parent(headers), state) {
        request.extensions_mut().insert(context);
    }
    request
}

/// The trace that the request belongs to by its headers, whether or not anybody asks for traces; 32 hexadecimal digits.
pub(in crate::http) fn trace_id(headers: &HeaderMap) -> Option<String> {
    parent(headers).and_then(traces::trace_id)
}

/// The one `traceparent`.
fn parent(headers: &HeaderMap) -> Option<&str> {
    let mut parents = headers.get_all(PARENT).iter();
    // Two would contradict each other.
    let parent = parents.next().filter(|_| parents.next().is_none());
    parent?.to_str().ok()
}

/// The headers that tell others of it.
pub(in crate::http) fn onward(context: Option<&Context>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(context) = context else {
        return headers;
    };
    let told = [
        (PARENT, Some(context.header())),
        (STATE, context.state().map(str::to_owned)),
    ];
    for (name, value) in told {
        let value = value.and_then(|value| HeaderValue::try_from(value).ok());
        headers.extend(value.map(|value| (name, value)));
    }
    headers
}

/// A request that has ended.
pub(super) struct Traced<'a> {
    pub(super) context: &'a Context,
    pub(super) asked: &'a Asked,
    pub(super) fate: Fate<'a>,
    pub(super) checkpoint: &'a Checkpoint,
    /// How long it took.
    pub(super) took: Duration,
}

impl Traced<'_> {
    /// Its span first, then those of stages in their order.
    pub(super) fn spans(&self) -> Vec<Span> {
        // By a clock that may be set, but with a length that isn't by that one.
        let start = SystemTime::now() - self.took;
        let name = match self.asked.route.as_str() {
            NO_ROUTE => self.method().to_owned(),
            route => format!("{} {route}", self.method()),
        };
        let mut whole = Span::of_request(self.context, name, (start, self.took));
        self.describe(&mut whole);
        let parts = self.checkpoint.ran().map(|(stage, ran)| {
            let mut part = whole.part(stage.name(), ran.begin, ran.end);
            // Rows are decoded, resized and encoded by turns.
            let milliseconds = ran.busy.as_secs_f64() * 1e3;
            part.note("pixmill.busy_ms", Value::Decimal(milliseconds));
            self.describe_part(stage, &mut part);
            part
        });
        let parts: Vec<_> = parts.collect();
        let mut spans = vec![whole];
        spans.extend(parts);
        spans
    }

    /// One of those that there are, or `HTTP`: anything else is a client's own word.
    fn method(&self) -> &'static str {
        let known = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"];
        let mut known = known.into_iter();
        known
            .find(|known| *known == self.asked.method)
            .unwrap_or("HTTP")
    }

    fn describe(&self, span: &mut Span) {
        let Asked {
            request_id, route, ..
        } = self.asked;
        let text = |text: &str| Value::Text(text.to_owned().into());
        let method = match self.method() {
            "HTTP" => "_OTHER",
            known => known,
        };
        span.note("http.request.method", Value::Text(method.into()));
        if route != NO_ROUTE {
            span.note("http.route", text(route));
        }
        span.note("url.scheme", Value::Text("http".into()));
        span.note("pixmill.request_id", text(request_id));
        span.note("pixmill.outcome", Value::Text(self.fate.outcome().into()));
        // Who has left got no answer, whatever there was on its way.
        if let Fate::Answered {
            status, bytes_out, ..
        } = self.fate
            && self.fate.status() != CLIENT_GONE
        {
            span.note("http.response.status_code", Value::Number(status.into()));
            span.note("http.response.body.size", Value::Number(bytes_out));
            if status >= 500 {
                span.note("error.type", Value::Text(self.fate.outcome().into()));
                span.fails(self.fate.outcome());
            }
        }
        if let Some(facts) = self.fate.facts().filter(|_| self.method() == "POST") {
            span.note("http.request.body.size", Value::Number(facts.bytes_in));
        }
    }

    /// The picture as it came, and as it went.
    fn describe_part(&self, stage: Stage, span: &mut Span) {
        let Some(facts) = self.fate.facts() else {
            return;
        };
        let names = [
            "pixmill.image.format",
            "pixmill.image.width",
            "pixmill.image.height",
        ];
        let (format, (width, height)) = match stage {
            Stage::Decode => (facts.source, facts.source_size),
            Stage::Encode => (facts.format.unwrap_or_default(), facts.size),
            _ => return,
        };
        let values = [
            Value::Text(format.into()),
            Value::Number(width.into()),
            Value::Number(height.into()),
        ];
        for (name, value) in names.into_iter().zip(values) {
            span.note(name, value);
        }
    }
}
