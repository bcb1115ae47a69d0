//! Logs and metrics. A leaf: it knows numbers and words, nothing of what they are about.

mod catalogue;
mod fetches;
mod lines;
mod logs;
mod metrics;
mod snapshot;

pub use self::catalogue::{CATALOGUE, MetricRow};
pub use self::fetches::{Fetch, Outcome};
pub use self::logs::{
    LogFormat, Settings, filter, finish, init, lines_dropped, say, start_writing,
};
pub use self::metrics::{Dialect, Metrics};
pub use self::snapshot::Snapshot;
