//! Logs and metrics. A leaf: it knows numbers and words, nothing of what they are about.

mod catalogue;
mod lines;
mod logs;
mod metrics;

pub use self::catalogue::{CATALOGUE, MetricRow};
pub use self::logs::{LogFormat, Settings, finish, init, lines_dropped, say, start_writing};
pub use self::metrics::{Dialect, Metrics, Snapshot};
