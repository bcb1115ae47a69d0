//! What is counted of pictures that were fetched.

use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Upper bounds in seconds: a file, a neighbour, another continent, a deadline.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What came of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The bytes are here.
    Fetched,
    /// It is what it was.
    Unchanged,
    /// It may not be asked, or there is no such place.
    Refused,
    /// It failed.
    Failed,
    /// It took too long.
    Timeout,
    /// It is too large.
    TooLarge,
    /// There was no room for it here.
    Overloaded,
    /// Whoever wanted it has left.
    Cancelled,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::TooLarge => "too-large",
            Self::Overloaded => "overloaded",
            Self::Cancelled => "cancelled",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    source: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct SourceLabel {
    source: &'static str,
}

#[derive(Clone)]
pub(super) struct Fetches {
    outcomes: Family<OutcomeLabels, Counter>,
    pub(super) bytes: Family<SourceLabel, Counter>,
    pub(super) shared: Counter,
    pub(super) seconds: Family<SourceLabel, Histogram>,
}

impl Default for Fetches {
    fn default() -> Self {
        Self {
            outcomes: Family::default(),
            bytes: Family::default(),
            shared: Counter::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        }
    }
}

impl Fetches {
    pub(super) fn outcomes(&self) -> impl prometheus_client::registry::Metric + use<> {
        self.outcomes.clone()
    }

    pub(super) fn begin(&self, source: &'static str) -> Fetch {
        Fetch {
            fetches: self.clone(),
            source,
            start: Instant::now(),
            outcome: Outcome::Cancelled,
            is_shared: false,
        }
    }
}

/// One fetch, counted when it ends; as cancelled, if it is dropped before.
pub struct Fetch {
    fetches: Fetches,
    source: &'static str,
    start: Instant,
    outcome: Outcome,
    is_shared: bool,
}

impl Fetch {
    /// Somebody else was at it already, and counts the bytes.
    pub fn is_shared(&mut self) {
        self.is_shared = true;
        self.fetches.shared.inc();
    }

    /// It has ended, with so many bytes.
    pub fn ends(mut self, outcome: Outcome, bytes: u64) {
        self.outcome = outcome;
        if !self.is_shared {
            let source = self.source;
            let label = SourceLabel { source };
            self.fetches.bytes.get_or_create(&label).inc_by(bytes);
        }
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        let source = self.source;
        let labels = OutcomeLabels {
            source,
            outcome: self.outcome.name(),
        };
        self.fetches.outcomes.get_or_create(&labels).inc();
        let seconds = self.start.elapsed().as_secs_f64();
        let label = SourceLabel { source };
        self.fetches.seconds.get_or_create(&label).observe(seconds);
    }
}
