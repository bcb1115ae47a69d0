//! Logs and metrics. A leaf: it knows numbers and words, nothing of what they are about.

mod build;
mod catalogue;
mod fetches;
mod lines;
mod logs;
mod metrics;
mod page;
mod requests;
mod snapshot;
pub mod traces;

pub use self::catalogue::{CATALOGUE, MetricRow};
pub use self::fetches::{Fetch, Outcome};
pub use self::logs::{
    LogFormat, Settings, filter, finish, init, lines_dropped, panics, say, start_writing,
};
pub use self::metrics::{Metrics, seconds_since_epoch};
pub use self::page::Dialect;
pub use self::requests::{Ended, Picture, Side};
pub use self::snapshot::{Connections, Snapshot};
