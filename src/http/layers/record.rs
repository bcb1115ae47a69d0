//! One log line and one set of counts for each request, also for those whose client left.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::extract::MatchedPath;
use axum::http::header::{CONTENT_LENGTH, VARY};
use axum::http::{HeaderValue, Request, Response};
use tower::{Layer, Service};

use super::account::{Asked, Facts, Fate, Times, enter};
use super::request_id;
use super::traced::Traced;
use crate::checkpoint::Checkpoint;
use crate::http::is_probe;
use crate::http::problem::{Manner, Problem};
use crate::telemetry::{Metrics, traces};

/// What goes with every record.
#[derive(Clone, Debug)]
pub(in crate::http) struct Recorder {
    pub(in crate::http) metrics: Metrics,
    pub(in crate::http) manner: Manner,
    /// From when on a request is slow; zero is never.
    pub(in crate::http) slow: Duration,
}

/// Makes the checkpoint, renders problems, logs and counts.
#[derive(Clone, Debug)]
pub(in crate::http) struct RecordLayer(pub(in crate::http) Recorder);

impl<S> Layer<S> for RecordLayer {
    type Service = Recording<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Recording {
            inner,
            recorder: self.0.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub(in crate::http) struct Recording<S> {
    inner: S,
    recorder: Recorder,
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
        let context = request.extensions().get::<traces::Context>().cloned();
        let mut record = Record {
            context,
            asked: Asked {
                request_id: request_id::of(request.headers()).to_owned(),
                method: request.method().to_string(),
                route: request
                    .extensions()
                    .get::<MatchedPath>()
                    .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned()),
            },
            start: Instant::now(),
            checkpoint,
            recorder: self.recorder.clone(),
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
    /// Where it stands in a trace, if anybody wants to know.
    context: Option<traces::Context>,
    asked: Asked,
    start: Instant,
    checkpoint: Checkpoint,
    recorder: Recorder,
    answered: bool,
}

impl Record {
    fn finish(&mut self, response: &mut Response<Body>) {
        self.answered = true;
        self.checkpoint.leave();
        let problem = response.extensions_mut().remove::<Problem>();
        if let Some(problem) = &problem {
            let manner = &self.recorder.manner;
            let mut rendered = problem.render(&self.asked.request_id, manner);
            let ours = rendered.headers().clone();
            // What others know better stays, such as Allow; and whatever an answer depends on adds up.
            for (name, value) in response.headers() {
                if name == VARY || (name != CONTENT_LENGTH && !ours.contains_key(name)) {
                    rendered.headers_mut().append(name, value.clone());
                }
            }
            *response = rendered;
        }
        let times = self.times();
        if let Ok(timing) = HeaderValue::from_str(times.server_timing()) {
            response.headers_mut().insert("server-timing", timing);
        }
        let fate = Fate::Answered {
            status: response.status().as_u16(),
            problem: problem.as_ref(),
            facts: response.extensions().get::<Facts>().copied(),
            bytes_out: response.body().size_hint().exact().unwrap_or(0),
        };
        self.enter(fate, &times);
    }

    fn times(&self) -> Times {
        Times::new(self.start.elapsed(), self.checkpoint.times())
    }

    fn enter(&self, fate: Fate<'_>, times: &Times) {
        let Recorder { metrics, slow, .. } = &self.recorder;
        enter(&self.asked, fate, times, *slow, metrics);
        // Probes and scrapes would be most of what is told.
        if let Some(context) = self.context.as_ref().filter(|_| !self.is_watched()) {
            let traced = Traced {
                context,
                asked: &self.asked,
                fate,
                checkpoint: &self.checkpoint,
                took: self.start.elapsed(),
            };
            metrics.tracer().take(context, || traced.spans());
        }
    }

    /// Whether somebody only looks how the server is, wherever its paths begin. A preset may have a name like that, too.
    fn is_watched(&self) -> bool {
        let route = self.asked.route.as_str();
        let route = route
            .strip_prefix(&*self.recorder.manner.prefix)
            .unwrap_or(route);
        is_probe(route) || route == "/metrics"
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.answered {
            self.enter(Fate::Abandoned(self.checkpoint.stage()), &self.times());
        }
    }
}
