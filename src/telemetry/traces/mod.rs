//! Traces: what became of requests, and when, for who collects such of many services (OpenTelemetry).
//!
//! Nothing waits here: spans that have ended lie in a queue with an end until somebody takes them, and what doesn't fit is counted.

mod context;
mod message;
mod sampler;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

pub use self::context::{Context, trace_id};
pub use self::message::LeftOut;
pub use self::sampler::Sampler;

/// Spans that a collector took, in the whole process.
static SENT: AtomicU64 = AtomicU64::new(0);

/// Spans that nobody took.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// How many spans a collector took, and how many were dropped.
pub(super) fn counts() -> (u64, u64) {
    (
        SENT.load(Ordering::Relaxed),
        DROPPED.load(Ordering::Relaxed),
    )
}

/// What is told, and how much of it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who tells it: names and values.
    pub resource: Vec<(String, String)>,
    /// Which traces are told.
    pub sampler: Sampler,
    /// Spans that wait, at most.
    pub queue: usize,
    /// Spans that go together, at most.
    pub batch: usize,
    /// How long the first of a batch waits for others.
    pub delay: Duration,
    /// How long one batch is tried.
    pub patience: Duration,
}

/// What a span is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A part of the work.
    Internal,
    /// A request, to whom it was sent.
    Server,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Words.
    Text(Cow<'static, str>),
    /// A whole number.
    Number(u64),
    /// One with a fraction.
    Decimal(f64),
}

/// Something that took its time, ended.
#[derive(Clone, Debug)]
pub struct Span {
    context: Context,
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    kind: Kind,
    name: Cow<'static, str>,
    /// Nanoseconds after 1970.
    start: u64,
    end: u64,
    attributes: Vec<(&'static str, Value)>,
    error: Option<&'static str>,
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX)
}

impl Span {
    /// The request itself, from `start` for so long.
    pub fn of_request(
        context: &Context,
        name: String,
        (start, took): (SystemTime, Duration),
    ) -> Self {
        let start = nanoseconds(start);
        Self {
            context: context.clone(),
            id: context.span,
            parent: context.parent,
            kind: Kind::Server,
            name: name.into(),
            start,
            end: start.saturating_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX)),
            attributes: Vec::new(),
            error: None,
        }
    }

    /// A part of it, from `begin` to `end` after the request's start.
    #[must_use]
    pub fn part(&self, name: &'static str, begin: Duration, end: Duration) -> Self {
        let at = |after: Duration| {
            let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
            self.start.saturating_add(after).min(self.end)
        };
        Self {
            context: self.context.clone(),
            id: context::random(),
            parent: Some(self.id),
            kind: Kind::Internal,
            name: name.into(),
            start: at(begin),
            end: at(end),
            attributes: Vec::new(),
            error: None,
        }
    }

    /// Says more of it.
    pub fn note(&mut self, name: &'static str, value: Value) {
        self.attributes.push((name, value));
    }

    /// It went wrong, by our fault.
    pub fn fails(&mut self, why: &'static str) {
        self.error = Some(why);
    }
}

/// Takes spans. A cheap handle; one that is off takes none.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Inner>>);

struct Inner {
    settings: Settings,
    ended: Mutex<VecDeque<Span>>,
    /// A batch is there.
    full: Notify,
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tracer").field(&self.0.is_some()).finish()
    }
}

impl Inner {
    fn ended(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tracer {
    /// One that takes spans.
    pub fn new(settings: Settings) -> Self {
        Self(Some(Arc::new(Inner {
            settings,
            ended: Mutex::default(),
            full: Notify::new(),
        })))
    }

    /// Whether anybody asks for traces.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Where a request stands that came with these headers; `None` where nobody asks for traces.
    pub fn context(&self, parent: Option<&str>, state: Option<String>) -> Option<Context> {
        let inner = self.0.as_ref()?;
        Some(Context::of(parent, state, inner.settings.sampler))
    }

    /// Takes what has ended; `make` isn't asked where nobody wants to know of it.
    pub fn take(&self, context: &Context, make: impl FnOnce() -> Vec<Span>) {
        let Some(inner) = self.0.as_ref().filter(|_| context.is_sampled) else {
            return;
        };
        let spans = make();
        let mut ended = inner.ended();
        let room = inner.settings.queue.saturating_sub(ended.len());
        // A trace is whole or isn't there.
        if room < spans.len() {
            drop(ended);
            self.drops(spans.len());
            return;
        }
        ended.extend(spans);
        if ended.len() >= inner.settings.batch {
            inner.full.notify_one();
        }
    }

    /// How long one batch is tried; nothing where there is none.
    pub fn patience(&self) -> Duration {
        let inner = self.0.as_ref();
        inner.map_or(Duration::ZERO, |inner| inner.settings.patience)
    }

    /// The next spans that go together, after at most the delay; none at all where there is nothing to tell.
    pub async fn batch(&self) -> Vec<Span> {
        let Some(inner) = &self.0 else {
            return std::future::pending().await;
        };
        let waits = inner.ended().len() < inner.settings.batch;
        if waits {
            let full = inner.full.notified();
            let _late = tokio::time::timeout(inner.settings.delay, full).await;
        }
        self.rest()
    }

    /// What there is now of one batch.
    pub fn rest(&self) -> Vec<Span> {
        let Some(inner) = &self.0 else {
            return Vec::new();
        };
        let mut ended = inner.ended();
        let count = inner.settings.batch.min(ended.len());
        ended.drain(..count).collect()
    }

    /// The message that tells them.
    pub fn message(&self, spans: &[Span]) -> Vec<u8> {
        let resource = self.0.as_ref().map(|inner| &inner.settings.resource[..]);
        message::request(resource.unwrap_or_default(), spans)
    }

    /// So many were taken by the collector.
    pub fn sent(&self, count: usize) {
        SENT.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// So many nobody took.
    pub fn drops(&self, count: usize) {
        DROPPED.fetch_add(count as u64, Ordering::Relaxed);
    }
}
