//! One log line and one set of counts for each request, also for those whose client left.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::MatchedPath;
use axum::http::header::{CONTENT_LENGTH, VARY};
use axum::http::{HeaderValue, Request, Response};
use tower::{Layer, Service};

use super::request_id;
use crate::checkpoint::{Checkpoint, Stage};
use crate::http::problem::{Manner, Problem};
use crate::telemetry::Metrics;

/// The status under which a request is counted whose client left before the answer.
const CLIENT_GONE: u16 = 499;

/// What became of it.
const CANCELLED: &str = "cancelled";

/// What a handler knows of the picture; in the answer's extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::http) struct Facts {
    /// Bytes of the upload.
    pub(in crate::http) bytes_in: u64,
    /// Source format's name.
    pub(in crate::http) source: &'static str,
    /// Stored size of the source.
    pub(in crate::http) source_size: (u32, u32),
    /// Size of the answer.
    pub(in crate::http) size: (u32, u32),
}

/// Makes the checkpoint, renders problems, logs and counts.
#[derive(Clone, Debug)]
pub(in crate::http) struct RecordLayer(pub(in crate::http) Metrics, pub(in crate::http) Manner);

impl<S> Layer<S> for RecordLayer {
    type Service = Recording<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Recording {
            inner,
            metrics: self.0.clone(),
            manner: self.1.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub(in crate::http) struct Recording<S> {
    inner: S,
    metrics: Metrics,
    manner: Manner,
}

impl<S, B> Service<Request<B>> for Recording<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let checkpoint = Checkpoint::new();
        request.extensions_mut().insert(checkpoint.clone());
        let mut record = Record {
            request_id: request_id::of(request.headers()).to_owned(),
            method: request.method().to_string(),
            route: request
                .extensions()
                .get::<MatchedPath>()
                .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned()),
            start: Instant::now(),
            checkpoint,
            metrics: self.metrics.clone(),
            manner: self.manner.clone(),
            answered: false,
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            record.finish(&mut response);
            Ok(response)
        })
    }
}

struct Record {
    request_id: String,
    method: String,
    route: String,
    start: Instant,
    checkpoint: Checkpoint,
    metrics: Metrics,
    manner: Manner,
    answered: bool,
}

impl Record {
    fn finish(&mut self, response: &mut Response<Body>) {
        self.answered = true;
        self.checkpoint.leave();
        let problem = response.extensions_mut().remove::<Problem>();
        if let Some(problem) = &problem {
            let mut rendered = problem.render(&self.request_id, &self.manner);
            let ours = rendered.headers().clone();
            // What others know better stays, such as Allow; and whatever an answer depends on adds up.
            for (name, value) in response.headers() {
                if name == VARY || (name != CONTENT_LENGTH && !ours.contains_key(name)) {
                    rendered.headers_mut().append(name, value.clone());
                }
            }
            *response = rendered;
        }
        if let Ok(timing) = HeaderValue::from_str(&self.server_timing()) {
            response.headers_mut().insert("server-timing", timing);
        }
        let facts = response
            .extensions()
            .get::<Facts>()
            .copied()
            .unwrap_or_default();
        let bytes_out = response.body().size_hint().exact().unwrap_or(0);
        let gone = problem.as_ref().is_some_and(Problem::is_client_gone);
        let status = if gone {
            CLIENT_GONE
        } else {
            response.status().as_u16()
        };
        self.log(status, problem.as_ref(), facts, bytes_out);
        self.count(status);
    }

    /// Each stage that ran, and the whole, in milliseconds.
    fn server_timing(&self) -> String {
        let stages = Stage::ALL.iter().zip(self.checkpoint.times());
        let mut entries: Vec<String> = stages
            .filter(|(_, time)| !time.is_zero())
            .map(|(stage, time)| format!("{};dur={:.2}", stage.name(), time.as_secs_f64() * 1e3))
            .collect();
        let total = self.start.elapsed().as_secs_f64() * 1e3;
        entries.push(format!("total;dur={total:.2}"));
        entries.join(", ")
    }

    fn log(&self, status: u16, problem: Option<&Problem>, facts: Facts, bytes_out: u64) {
        let outcome = match problem {
            None => "ok",
            Some(problem) if problem.is_client_gone() => CANCELLED,
            Some(problem) => problem.code(),
        };
        let times = self.server_timing();
        let (request_id, method, route) = (&self.request_id, &self.method, &self.route);
        if let Some(cause) = problem.and_then(Problem::cause) {
            tracing::error!(%request_id, cause, "request failed");
        }
        tracing::info!(
            %request_id,
            %method,
            %route,
            status,
            outcome,
            bytes_in = facts.bytes_in,
            bytes_out,
            source = facts.source,
            source_width = facts.source_size.0,
            source_height = facts.source_size.1,
            width = facts.size.0,
            height = facts.size.1,
            times,
            "request"
        );
    }

    fn count(&self, status: u16) {
        let seconds = self.start.elapsed().as_secs_f64();
        self.metrics.request(&self.route, status, seconds);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        let (request_id, method, route) = (&self.request_id, &self.method, &self.route);
        let times = self.server_timing();
        let stage = self.checkpoint.stage().map_or("none", Stage::name);
        tracing::info!(
            %request_id,
            %method,
            %route,
            status = CLIENT_GONE,
            outcome = CANCELLED,
            stage,
            times,
            "request"
        );
        self.count(CLIENT_GONE);
    }
}
