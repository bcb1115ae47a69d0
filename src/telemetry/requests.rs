//! What is counted of requests that have ended: what became of them, how long their stages took, which pictures they made.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Upper bounds in seconds: a health check, a thumbnail, a photograph, a wait, a deadline.
const BUCKETS: [f64; 15] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// A request that has ended. All words are ours, and there are few of each; none is a client's.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// A pattern of the router.
    pub route: &'a str,
    /// Status of the answer, or the one that stands for there being none.
    pub status: u16,
    /// What became of it.
    pub outcome: &'static str,
    /// Which limit it was refused for, if it was.
    pub limit: Option<&'static str>,
    /// Whether the server itself is to blame.
    pub is_fault: bool,
    /// From its head to its answer.
    pub time: Duration,
    /// How long each stage took; nothing for one that never began.
    pub stages: &'a [(&'static str, Duration)],
    /// The picture that it was about, if that is known.
    pub picture: Option<Picture>,
}

/// A picture that was read, and what was made of it.
#[derive(Clone, Copy, Debug)]
pub struct Picture {
    /// Format, bytes and pixels of the source.
    pub source: Side,
    /// The same of the answer; `None` where no picture was made.
    pub answer: Option<Side>,
}

/// A picture on its way in or out.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    /// Its format's name.
    pub format: &'static str,
    /// Bytes of the file.
    pub bytes: u64,
    /// Pixels of one frame.
    pub pixels: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabel {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StageLabel {
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    outcome: &'static str,
    limit: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FormatsLabels {
    source: &'static str,
    answer: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct FormatLabel {
    format: &'static str,
}

/// Bytes and pixels by format.
#[derive(Clone, Default)]
pub(super) struct Sides {
    pub(super) bytes: Family<FormatLabel, Counter>,
    pub(super) pixels: Family<FormatLabel, Counter>,
}

impl Sides {
    fn count(&self, side: Side) {
        let label = FormatLabel {
            format: side.format,
        };
        self.bytes.get_or_create(&label).inc_by(side.bytes);
        self.pixels.get_or_create(&label).inc_by(side.pixels);
    }
}

pub(super) struct Requests {
    ended: Family<RequestLabels, Counter>,
    refusals: Family<LimitLabels, Counter>,
    pictures: Family<FormatsLabels, Counter>,
    pub(super) faults: Counter,
    pub(super) seconds: Family<RouteLabel, Histogram>,
    pub(super) stages: Family<StageLabel, Histogram>,
    pub(super) sources: Sides,
    pub(super) answers: Sides,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            ended: Family::default(),
            refusals: Family::default(),
            pictures: Family::default(),
            faults: Counter::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            stages: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            sources: Sides::default(),
            answers: Sides::default(),
        }
    }
}

impl Requests {
    pub(super) fn ended(&self) -> impl prometheus_client::registry::Metric + use<> {
        self.ended.clone()
    }

    pub(super) fn refusals(&self) -> impl prometheus_client::registry::Metric + use<> {
        self.refusals.clone()
    }

    pub(super) fn pictures(&self) -> impl prometheus_client::registry::Metric + use<> {
        self.pictures.clone()
    }

    /// Shows a limit before anybody has met it: what begins at 1 has never risen, for who takes differences.
    pub(super) fn expect(&self, outcome: &'static str, limit: &'static str) {
        let labels = LimitLabels { outcome, limit };
        let _zero = self.refusals.get_or_create_owned(&labels);
    }

    pub(super) fn count(&self, ended: Ended<'_>) {
        let Ended {
            route,
            status,
            outcome,
            limit,
            is_fault,
            time,
            stages,
            picture,
        } = ended;
        let route = route.to_owned();
        let labels = RequestLabels {
            route: route.clone(),
            status,
            outcome,
        };
        self.ended.get_or_create(&labels).inc();
        let seconds = self.seconds.get_or_create_owned(&RouteLabel { route });
        seconds.observe(time.as_secs_f64());
        for &(stage, time) in stages.iter().filter(|(_, time)| !time.is_zero()) {
            let seconds = self.stages.get_or_create(&StageLabel { stage });
            seconds.observe(time.as_secs_f64());
        }
        if is_fault {
            self.faults.inc();
        }
        if let Some(limit) = limit {
            let labels = LimitLabels { outcome, limit };
            self.refusals.get_or_create(&labels).inc();
        }
        if let Some(Picture { source, answer }) = picture {
            self.sources.count(source);
            if let Some(answer) = answer {
                self.answers.count(answer);
                let labels = FormatsLabels {
                    source: source.format,
                    answer: answer.format,
                };
                self.pictures.get_or_create(&labels).inc();
            }
        }
    }
}
