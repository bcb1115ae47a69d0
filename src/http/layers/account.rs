//! One request's entries: its line in the log, another one if it was slow, and what is counted of it.
//!
//! `deploy/log-schema.json` has the fields of each line.

use std::time::Duration;

use crate::checkpoint::Stage;
use crate::http::problem::{Limit, Problem};
use crate::telemetry::{Ended, Metrics, Picture, Side};

/// The status under which a request is counted whose client left before the answer.
pub(super) const CLIENT_GONE: u16 = 499;

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
    /// Format of the answer, if that is a picture.
    pub(in crate::http) format: Option<&'static str>,
    /// Size of the answer.
    pub(in crate::http) size: (u32, u32),
}

impl Facts {
    /// The picture and what was made of it, in `bytes_out`.
    fn picture(&self, bytes_out: u64) -> Picture {
        let pixels = |(width, height)| u64::from(width) * u64::from(height);
        Picture {
            source: Side {
                format: self.source,
                bytes: self.bytes_in,
                pixels: pixels(self.source_size),
            },
            answer: self.format.map(|format| Side {
                format,
                bytes: bytes_out,
                pixels: pixels(self.size),
            }),
        }
    }
}

/// Who asked for what.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) request_id: String,
    pub(super) method: String,
    /// A pattern of the router, never a path of a client.
    pub(super) route: String,
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate<'a> {
    /// It has an answer with this status.
    Answered {
        status: u16,
        problem: Option<&'a Problem>,
        facts: Option<Facts>,
        bytes_out: u64,
    },
    /// Its client left in this stage.
    Abandoned(Option<Stage>),
}

impl Fate<'_> {
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Answered { problem: None, .. } => "ok",
            Self::Answered {
                problem: Some(problem),
                ..
            } if !problem.is_client_gone() => problem.code(),
            Self::Answered { .. } | Self::Abandoned(_) => CANCELLED,
        }
    }

    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Answered { status, .. } if self.outcome() != CANCELLED => *status,
            Self::Answered { .. } | Self::Abandoned(_) => CLIENT_GONE,
        }
    }

    pub(super) fn facts(&self) -> Option<Facts> {
        match self {
            Self::Answered { facts, .. } => *facts,
            Self::Abandoned(_) => None,
        }
    }
}

/// How long a request took until now, and each stage of it.
#[derive(Clone, Debug)]
pub(super) struct Times {
    whole: Duration,
    stages: [Duration; Stage::ALL.len()],
    told: String,
}

impl Times {
    pub(super) fn new(whole: Duration, stages: [Duration; Stage::ALL.len()]) -> Self {
        let ran = Stage::ALL.iter().zip(stages);
        let mut entries: Vec<String> = ran
            .filter(|(_, time)| !time.is_zero())
            .map(|(stage, time)| format!("{};dur={:.2}", stage.name(), milliseconds(time)))
            .collect();
        entries.push(format!("total;dur={:.2}", milliseconds(whole)));
        Self {
            whole,
            stages,
            told: entries.join(", "),
        }
    }

    /// Each stage that ran, and the whole, in milliseconds, as `Server-Timing` has it.
    pub(super) fn server_timing(&self) -> &str {
        &self.told
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Writes everything down that is to be known of a request that has ended. One that took `slow` or longer has a line that says
/// where its time went; nothing is slow where that is zero.
pub(super) fn enter(
    asked: &Asked,
    fate: Fate<'_>,
    times: &Times,
    slow: Duration,
    metrics: &Metrics,
) {
    match fate {
        Fate::Answered {
            problem, bytes_out, ..
        } => {
            if let Some(cause) = problem.and_then(Problem::cause) {
                let request_id = &asked.request_id;
                tracing::error!(%request_id, cause, "request failed");
            }
            log_answer(asked, fate, times, bytes_out);
        }
        Fate::Abandoned(stage) => log_abandoned(asked, fate, times, stage),
    }
    if !slow.is_zero() && times.whole >= slow {
        log_slow(asked, fate, times);
    }
    count(asked, fate, times, metrics);
}

fn log_answer(asked: &Asked, fate: Fate<'_>, times: &Times, bytes_out: u64) {
    let facts = fate.facts().unwrap_or_default();
    tracing::info!(
        request_id = %asked.request_id,
        method = %asked.method,
        route = %asked.route,
        status = fate.status(),
        outcome = fate.outcome(),
        bytes_in = facts.bytes_in,
        bytes_out,
        source = facts.source,
        source_width = facts.source_size.0,
        source_height = facts.source_size.1,
        width = facts.size.0,
        height = facts.size.1,
        times = times.server_timing(),
        "request"
    );
}

fn log_abandoned(asked: &Asked, fate: Fate<'_>, times: &Times, stage: Option<Stage>) {
    tracing::info!(
        request_id = %asked.request_id,
        method = %asked.method,
        route = %asked.route,
        status = fate.status(),
        outcome = fate.outcome(),
        stage = stage.map_or("none", Stage::name),
        times = times.server_timing(),
        "request"
    );
}

fn log_slow(asked: &Asked, fate: Fate<'_>, times: &Times) {
    // To a hundredth, as everywhere.
    let rounded = |time| (milliseconds(time) * 100.0).round() / 100.0;
    let [recv_ms, queue_ms, decode_ms, resize_ms, encode_ms] = times.stages.map(rounded);
    let facts = fate.facts().unwrap_or_default();
    tracing::warn!(
        request_id = %asked.request_id,
        method = %asked.method,
        route = %asked.route,
        status = fate.status(),
        outcome = fate.outcome(),
        total_ms = rounded(times.whole),
        recv_ms,
        queue_ms,
        decode_ms,
        resize_ms,
        encode_ms,
        source = facts.source,
        source_width = facts.source_size.0,
        source_height = facts.source_size.1,
        width = facts.size.0,
        height = facts.size.1,
        "slow request"
    );
}

fn count(asked: &Asked, fate: Fate<'_>, times: &Times, metrics: &Metrics) {
    let (problem, bytes_out) = match fate {
        Fate::Answered {
            problem, bytes_out, ..
        } => (problem, bytes_out),
        Fate::Abandoned(_) => (None, 0),
    };
    let mut stages = [("", Duration::ZERO); Stage::ALL.len()];
    for (entry, (stage, time)) in stages.iter_mut().zip(Stage::ALL.iter().zip(times.stages)) {
        *entry = (stage.name(), time);
    }
    metrics.request(Ended {
        route: &asked.route,
        status: fate.status(),
        outcome: fate.outcome(),
        limit: problem.and_then(Problem::limit).map(Limit::setting),
        is_fault: problem.is_some_and(Problem::is_fault),
        time: times.whole,
        stages: &stages,
        picture: fate.facts().map(|facts| facts.picture(bytes_out)),
    });
}
