//! What is counted.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::build;
use super::fetches::{Fetch, Fetches};
use super::page::{Dialect, Page};
use super::requests::{Ended, Requests};
use super::snapshot::Snapshot;
use super::traces::Tracer;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabel {
    outcome: &'static str,
}

/// A cheap handle: clones count into the same metrics.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    requests: Requests,
    fetches: Fetches,
    reloads: Family<ReloadLabel, Counter>,
    /// Whether the last one was taken over.
    reloaded: Gauge,
    /// When one was last taken over, in seconds after 1970.
    taken_at: Gauge<f64, AtomicU64>,
    tracer: Tracer,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// Seconds after 1970.
pub fn seconds_since_epoch() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0.0, |time| time.as_secs_f64())
}

impl Metrics {
    /// All at zero, with a configuration that has just been read.
    pub fn new() -> Self {
        Self::with(Tracer::default())
    }

    /// Beside traces, where they are told.
    pub fn with(tracer: Tracer) -> Self {
        let metrics = Self(Arc::new(Inner {
            requests: Requests::default(),
            fetches: Fetches::default(),
            reloads: Family::default(),
            reloaded: Gauge::default(),
            taken_at: Gauge::default(),
            tracer,
        }));
        for outcome in ["taken", "refused"] {
            let _zero = metrics.0.reloads.get_or_create(&ReloadLabel { outcome });
        }
        metrics.note_configuration(true);
        metrics
    }

    /// Who takes spans.
    pub fn tracer(&self) -> &Tracer {
        &self.0.tracer
    }

    /// Shows a limit before anybody has met it, with the outcome of a request that is refused for it.
    pub fn expect(&self, outcome: &'static str, limit: &'static str) {
        self.0.requests.expect(outcome, limit);
    }

    /// Counts one request.
    pub fn request(&self, ended: Ended<'_>) {
        self.0.requests.count(ended);
    }

    /// Begins to count one fetch from `source`, a word of ours.
    pub fn fetch(&self, source: &'static str) -> Fetch {
        self.0.fetches.begin(source)
    }

    /// Counts that the configuration was to be read again, and whether it was taken over.
    pub fn reload(&self, taken: bool) {
        let outcome = if taken { "taken" } else { "refused" };
        self.0.reloads.get_or_create(&ReloadLabel { outcome }).inc();
        self.note_configuration(taken);
    }

    fn note_configuration(&self, taken: bool) {
        self.0.reloaded.set(taken.into());
        if taken {
            self.0.taken_at.set(seconds_since_epoch());
        }
    }

    /// The page.
    pub fn render(&self, now: &Snapshot, dialect: Dialect) -> String {
        let Inner {
            requests,
            fetches,
            reloads,
            reloaded,
            taken_at,
            tracer: _,
        } = &*self.0;
        let mut page = Page::new();
        page.add("pixmill_requests_total", requests.ended());
        page.add("pixmill_request_seconds", requests.seconds.clone());
        page.add("pixmill_stage_seconds", requests.stages.clone());
        page.add("pixmill_refusals_total", requests.refusals());
        page.add("pixmill_faults_total", requests.faults.clone());
        page.add("pixmill_pictures_total", requests.pictures());
        for (side, bytes, pixels) in [
            (
                &requests.sources,
                "pixmill_source_bytes_total",
                "pixmill_source_pixels_total",
            ),
            (
                &requests.answers,
                "pixmill_answer_bytes_total",
                "pixmill_answer_pixels_total",
            ),
        ] {
            page.add(bytes, side.bytes.clone());
            page.add(pixels, side.pixels.clone());
        }
        now.tell(&mut page);
        page.add("pixmill_reloads_total", reloads.clone());
        page.add("pixmill_config_last_reload_successful", reloaded.clone());
        page.add(
            "pixmill_config_last_reload_success_timestamp_seconds",
            taken_at.clone(),
        );
        page.add("pixmill_fetches_total", fetches.outcomes());
        page.add("pixmill_fetches_shared_total", fetches.shared.clone());
        page.add("pixmill_fetched_bytes_total", fetches.bytes.clone());
        page.add("pixmill_fetch_seconds", fetches.seconds.clone());
        build::tell(&mut page);
        page.write(dialect)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::telemetry::page::TOTAL;
    use crate::telemetry::{CATALOGUE, Outcome, Picture, Side};

    fn metrics() -> Metrics {
        let metrics = Metrics::new();
        let side = |format, bytes, pixels| Side {
            format,
            bytes,
            pixels,
        };
        metrics.expect("overloaded", "queue");
        metrics.expect("overloaded", "upload_memory");
        metrics.request(Ended {
            route: "/resize",
            status: 200,
            outcome: "ok",
            limit: None,
            is_fault: false,
            time: Duration::from_millis(20),
            stages: &[
                ("queue", Duration::ZERO),
                ("decode", Duration::from_millis(7)),
            ],
            picture: Some(Picture {
                source: side("jpeg", 700, 1200),
                answer: Some(side("webp", 70, 120)),
            }),
        });
        metrics.request(Ended {
            route: "/resize",
            status: 503,
            outcome: "overloaded",
            limit: Some("queue"),
            is_fault: true,
            time: Duration::from_millis(1),
            stages: &[],
            picture: None,
        });
        metrics.fetch("url").ends(Outcome::Fetched, 7);
        metrics.reload(true);
        metrics.reload(false);
        drop(metrics.fetch("file"));
        metrics
    }

    #[test]
    fn the_page_has_the_whole_catalogue() {
        let metrics = metrics();
        let now = Snapshot {
            queue_length: 3,
            wasted: (0.5, 0.25),
            ..Snapshot::default()
        };
        let open = metrics.render(&now, Dialect::OpenMetrics);
        let text = metrics.render(&now, Dialect::Text);
        for row in CATALOGUE {
            let family = row.name.strip_suffix(TOTAL).unwrap_or(row.name);
            for (page, name) in [(&open, family), (&text, row.name)] {
                let line = format!("# TYPE {name} {}\n", row.kind);
                assert!(page.contains(&line), "{line}");
                assert!(page.contains(&format!("# HELP {name} {}", row.help)));
            }
            let counts = row.kind == "counter";
            assert_eq!(row.name.ends_with(TOTAL), counts, "{}", row.name);
        }
        for page in [&open, &text] {
            assert_eq!(page.matches("# TYPE ").count(), CATALOGUE.len());
            for line in [
                "pixmill_requests_total{route=\"/resize\",status=\"200\",outcome=\"ok\"} 1\n",
                "pixmill_refusals_total{outcome=\"overloaded\",limit=\"queue\"} 1\n",
                "pixmill_refusals_total{outcome=\"overloaded\",limit=\"upload_memory\"} 0\n",
                "pixmill_pictures_total{source=\"jpeg\",answer=\"webp\"} 1\n",
                "pixmill_source_bytes_total{format=\"jpeg\"} 700\n",
                "pixmill_answer_pixels_total{format=\"webp\"} 120\n",
                "pixmill_stage_seconds_bucket{le=\"0.01\",stage=\"decode\"} 1\n",
                "pixmill_wasted_cpu_seconds_total{reason=\"deadline\"} 0.25\n",
                "pixmill_config_last_reload_successful 0\n",
                "pixmill_faults_total 1\n",
                "pixmill_queue_length 3.0\n",
                "pixmill_fetches_total{source=\"url\",outcome=\"fetched\"} 1\n",
                "pixmill_fetches_total{source=\"file\",outcome=\"cancelled\"} 1\n",
                "pixmill_fetched_bytes_total{source=\"url\"} 7\n",
                "pixmill_request_seconds_bucket{le=\"0.025\",route=\"/resize\"} 2\n",
            ] {
                assert!(page.contains(line), "{line}");
            }
            assert!(!page.contains("stage=\"queue\""), "it never waited");
        }
        assert!(open.ends_with("# EOF\n") && !text.contains("EOF"));
    }
}
