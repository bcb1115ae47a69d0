//! The service without a server: for files on this machine, and to measure it.

use std::io;

use crate::admission::{self, Admission};
use crate::codecs::pdf;
use crate::config::Config;
use crate::isolation::Isolation;
use crate::service::{self, Parts, Service};
use crate::source::{self, Opened, Sources};
use crate::telemetry::Metrics;

/// What is otherwise than in a server where nothing is said: there are no requests to give way to, and whose files they
/// are has chosen them.
pub const ASSUMED: [(&str, &str); 3] = [
    ("svg", "true"),
    ("pdf", if pdf::IS_BUILT { "true" } else { "auto" }),
    ("worker_nice", "0"),
];

/// Places in the queue: who asks sees to it that it doesn't ask for more at once.
const QUEUE: usize = 1 << 16;

/// A service that nobody can reach from outside, with a server's workers, memory and limits. It fetches nothing.
///
/// # Errors
/// The system refuses threads.
pub fn local(config: &Config, isolation: Option<Isolation>) -> io::Result<Service> {
    let admission = Admission::start(admission::Settings {
        queue: QUEUE,
        ..config.admission
    })?;
    let nothing = Opened::open(source::Settings {
        mount: None,
        remote: None,
        store: None,
        collector: None,
        max_bytes: config.admission.upload_memory,
    })?;
    let parts = Parts {
        settings: config.pipeline,
        sources: Sources::new(nothing, admission.clone(), Metrics::new())?,
        admission,
    };
    Ok(match isolation {
        Some(isolation) => Service::isolated(parts, isolation),
        None => Service::new(parts, service::in_process()),
    })
}
