//! Logs and metrics. A leaf: it knows numbers and words, nothing of what they are about.

mod logs;
mod metrics;

pub use self::logs::{LogFormat, Settings, init};
pub use self::metrics::{CATALOGUE, Dialect, MetricRow, Metrics, Snapshot};
