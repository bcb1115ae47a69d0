//! What is counted, and the page that a scraper reads.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::catalogue::CATALOGUE;
use super::fetches::{Fetch, Fetches};
use super::snapshot::Snapshot;

/// How the page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus text, which everything reads.
    Text,
    /// OpenMetrics, for scrapers that ask for it.
    OpenMetrics,
}

impl Dialect {
    /// The Content-Type of a page.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The same without its parameters.
    pub fn essence(self) -> &'static str {
        self.media_type().split(';').next().unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabel {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WallLabels {
    part: &'static str,
    process: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabel {
    outcome: &'static str,
}

/// A cheap handle: clones count into the same metrics.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabel, Histogram>,
    fetches: Fetches,
    reloads: Family<ReloadLabel, Counter>,
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

/// Upper bounds in seconds: a health check, a thumbnail, a photograph, a wait, a deadline.
const BUCKETS: [f64; 12] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            fetches: Fetches::default(),
            reloads: Family::default(),
        }))
    }

    /// Counts one request. `route` is a pattern of the router, never a path of a client.
    pub fn request(&self, route: &str, status: u16, seconds: f64) {
        let route = route.to_owned();
        self.0
            .requests
            .get_or_create(&RequestLabels {
                route: route.clone(),
                status,
            })
            .inc();
        self.0
            .seconds
            .get_or_create(&RouteLabel { route })
            .observe(seconds);
    }

    /// Begins to count one fetch from `source`, a word of ours.
    pub fn fetch(&self, source: &'static str) -> Fetch {
        self.0.fetches.begin(source)
    }

    /// Counts that the configuration was to be read again, and whether it was taken over.
    pub fn reload(&self, taken: bool) {
        let outcome = if taken { "taken" } else { "refused" };
        self.0.reloads.get_or_create(&ReloadLabel { outcome }).inc();
    }

    /// The page.
    pub fn render(&self, now: &Snapshot, dialect: Dialect) -> String {
        let mut page = Page(Registry::default());
        page.add("pixmill_requests_total", self.0.requests.clone());
        page.add("pixmill_request_seconds", self.0.seconds.clone());
        page.count("pixmill_cancelled_total", now.cancelled);
        page.set("pixmill_queue_length", now.queue_length as f64);
        page.set("pixmill_workers", now.workers as f64);
        page.set("pixmill_workers_busy", now.workers_busy as f64);
        page.set("pixmill_codec_processes", now.codec_processes as f64);
        page.count("pixmill_codec_crashes_total", now.codec_crashes);
        let (used, limit) = now.upload_memory;
        page.set("pixmill_upload_memory_bytes", used as f64);
        page.set("pixmill_upload_memory_limit_bytes", limit as f64);
        let (used, limit) = now.pixel_memory;
        page.set("pixmill_pixel_memory_bytes", used as f64);
        page.set("pixmill_pixel_memory_limit_bytes", limit as f64);
        page.set("pixmill_connections_open", now.connections_open as f64);
        page.count(
            "pixmill_connections_accepted_total",
            now.connections_accepted,
        );
        page.count("pixmill_connections_crowded_total", now.connections_crowded);
        page.set("pixmill_uptime_seconds", now.uptime_seconds as f64);
        page.set("pixmill_resident_memory_bytes", now.resident_bytes as f64);
        page.set("pixmill_open_fds", now.open_files as f64);
        let seconds = Counter::<f64, AtomicU64>::default();
        seconds.inc_by(now.cpu_seconds);
        page.add("pixmill_cpu_seconds_total", seconds);
        page.count("pixmill_log_lines_dropped_total", now.log_lines_dropped);
        page.add("pixmill_reloads_total", self.0.reloads.clone());
        let sandbox: Family<WallLabels, Gauge> = Family::default();
        let walls = [("server", Some(now.sandbox)), ("codec", now.codec_sandbox)];
        for (process, walls) in walls {
            let Some((landlock, seccomp)) = walls else {
                continue;
            };
            for (part, enforced) in [("landlock", landlock), ("seccomp", seccomp)] {
                let wall = sandbox.get_or_create(&WallLabels { part, process });
                wall.set(enforced.into());
            }
        }
        page.add("pixmill_sandbox_enforced", sandbox);
        let fetches = &self.0.fetches;
        page.add("pixmill_fetches_total", fetches.outcomes());
        page.add("pixmill_fetches_shared_total", fetches.shared.clone());
        page.add("pixmill_fetched_bytes_total", fetches.bytes.clone());
        page.add("pixmill_fetch_seconds", fetches.seconds.clone());
        let build: Family<Vec<(String, String)>, Gauge> = Family::default();
        let version = vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
        build.get_or_create(&version).set(1);
        page.add("pixmill_build", build);
        match dialect {
            Dialect::OpenMetrics => page.open_metrics(),
            Dialect::Text => plain(&page.open_metrics()),
        }
    }
}

const TOTAL: &str = "_total";

/// OpenMetrics as Prometheus text: there a counter is described under its whole name, and nothing marks the end.
fn plain(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    for line in page.lines().filter(|line| *line != "# EOF") {
        let mut words = line.splitn(4, ' ');
        let (mark, what, name, rest) = (words.next(), words.next(), words.next(), words.next());
        match (mark, what, name, rest) {
            (Some("#"), Some(what), Some(name), Some(rest)) if is_counter(name) => {
                // Writing to a string can't fail.
                let _ok = write!(text, "# {what} {name}{TOTAL} {rest}");
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

fn is_counter(name: &str) -> bool {
    CATALOGUE
        .iter()
        .any(|row| row.kind == "counter" && row.name.strip_suffix(TOTAL) == Some(name))
}

/// A page that is being written; names come from the catalogue.
struct Page(Registry);

impl Page {
    fn add(&mut self, name: &'static str, metric: impl prometheus_client::registry::Metric) {
        let row = CATALOGUE
            .iter()
            .find(|row| row.name == name)
            .expect("every metric on the page is in the catalogue, see the test");
        // The library adds it again to what is a counter.
        let name = row.name.strip_suffix(TOTAL).unwrap_or(row.name);
        self.0.register(name, row.help, metric);
    }

    fn set(&mut self, name: &'static str, value: f64) {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        self.add(name, gauge);
    }

    fn count(&mut self, name: &'static str, value: u64) {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        self.add(name, counter);
    }

    fn open_metrics(&self) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ok = encode(&mut text, &self.0);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Outcome;

    #[test]
    fn the_page_has_the_whole_catalogue() {
        let metrics = Metrics::new();
        metrics.request("/resize", 200, 0.02);
        metrics.fetch("url").ends(Outcome::Fetched, 7);
        metrics.reload(true);
        drop(metrics.fetch("file"));
        let now = Snapshot {
            queue_length: 3,
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
                "pixmill_requests_total{route=\"/resize\",status=\"200\"} 1\n",
                "pixmill_queue_length 3.0\n",
                "pixmill_fetches_total{source=\"url\",outcome=\"fetched\"} 1\n",
                "pixmill_fetches_total{source=\"file\",outcome=\"cancelled\"} 1\n",
                "pixmill_fetched_bytes_total{source=\"url\"} 7\n",
                "pixmill_request_seconds_bucket{le=\"0.025\",route=\"/resize\"} 1\n",
            ] {
                assert!(page.contains(line), "{line}");
            }
        }
        assert!(open.ends_with("# EOF\n") && !text.contains("EOF"));
    }
}
