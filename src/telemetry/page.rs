//! The page that a scraper reads: metrics under the names of the catalogue, in one of two dialects.

use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};

use super::catalogue::CATALOGUE;

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

/// A label's name and its value.
pub(super) type Label = (&'static str, &'static str);

type Labels = Vec<Label>;

pub(super) const TOTAL: &str = "_total";

/// A page that is being written; names come from the catalogue.
pub(super) struct Page(Registry);

impl Page {
    pub(super) fn new() -> Self {
        Self(Registry::default())
    }

    /// Lays a metric in.
    pub(super) fn add(&mut self, name: &'static str, metric: impl Metric) {
        let row = CATALOGUE
            .iter()
            .find(|row| row.name == name)
            .expect("every metric on the page is in the catalogue, see the test");
        // The library adds it again to what is a counter.
        let name = row.name.strip_suffix(TOTAL).unwrap_or(row.name);
        self.0.register(name, row.help, metric);
    }

    /// A gauge of this value now.
    pub(super) fn set(&mut self, name: &'static str, value: f64) {
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        self.add(name, gauge);
    }

    /// A counter that has come to this value.
    pub(super) fn count(&mut self, name: &'static str, value: u64) {
        let counter: Counter = Counter::default();
        counter.inc_by(value);
        self.add(name, counter);
    }

    /// The same of parts of a whole.
    pub(super) fn sum(&mut self, name: &'static str, value: f64) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(value);
        self.add(name, counter);
    }

    /// Gauges of one name, by their labels.
    pub(super) fn tell(&mut self, name: &'static str, values: &[(&[Label], f64)]) {
        let family: Family<Labels, Gauge<f64, AtomicU64>> = Family::default();
        for (labels, value) in values {
            family.get_or_create(&labels.to_vec()).set(*value);
        }
        self.add(name, family);
    }

    /// Counters of one name, by their labels.
    pub(super) fn sums(&mut self, name: &'static str, values: &[(&[Label], f64)]) {
        let family: Family<Labels, Counter<f64, AtomicU64>> = Family::default();
        for (labels, value) in values {
            family.get_or_create(&labels.to_vec()).inc_by(*value);
        }
        self.add(name, family);
    }

    pub(super) fn write(&self, dialect: Dialect) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ok = encode(&mut text, &self.0);
        match dialect {
            Dialect::OpenMetrics => text,
            Dialect::Text => plain(&text),
        }
    }
}

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
