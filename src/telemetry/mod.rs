//! Logs and metrics. A leaf: it knows numbers and words, nothing of what they are about.

mod fetches;
mod logs;
mod metrics;
mod snapshot;

pub use self::fetches::{Fetch, Outcome};
pub use self::logs::{LogFormat, Settings, init};
pub use self::metrics::{CATALOGUE, Dialect, MetricRow, Metrics};
pub use self::snapshot::Snapshot;
