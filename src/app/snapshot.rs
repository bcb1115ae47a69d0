//! The figures of the moment, gathered from every part.

use std::time::Instant;

use crate::isolation::Isolation;
use crate::os;
use crate::sandbox::{Enforced, Level};
use crate::server::Connections;
use crate::service::Service;
use crate::telemetry::{self, Snapshot};

/// What the metrics page and `/health` show of the moment.
pub(super) fn snapshots(
    service: &Service,
    connections: &Connections,
    enforced: &Enforced,
) -> impl Fn() -> Snapshot + use<> {
    let walls = |enforced: &Enforced| (enforced.landlock == Level::Full, enforced.seccomp);
    let sandbox = walls(enforced);
    let (service, connections) = (service.clone(), connections.clone());
    let start = Instant::now();
    move || {
        let figures = service.admission().figures();
        let processes = service
            .isolation()
            .map(Isolation::figures)
            .unwrap_or_default();
        let codecs = service.isolation().and_then(Isolation::enforced);
        Snapshot {
            cancelled: figures.cancelled,
            queue_length: figures.queued,
            workers: figures.workers,
            workers_busy: figures.busy,
            codec_processes: processes.processes,
            codec_crashes: processes.crashed,
            upload_memory: figures.upload_memory,
            pixel_memory: figures.pixel_memory,
            connections_open: connections.open(),
            connections_accepted: connections.accepted(),
            connections_crowded: connections.crowded(),
            uptime_seconds: start.elapsed().as_secs(),
            resident_bytes: os::resident_bytes() + processes.resident_bytes,
            open_files: os::open_files(),
            cpu_seconds: os::cpu_seconds() + processes.cpu_seconds,
            log_lines_dropped: telemetry::lines_dropped(),
            sandbox,
            codec_sandbox: codecs.as_ref().map(walls),
        }
    }
}
