//! The figures of the moment, gathered from every part.

use std::time::Instant;

use crate::isolation::Isolation;
use crate::os;
use crate::sandbox::{Enforced, Level};
use crate::server::{self, Connections};
use crate::service::Service;
use crate::telemetry::{self, Snapshot, seconds_since_epoch};

/// What the metrics page and `/health` show of the moment.
pub(super) fn snapshots(
    service: &Service,
    connections: &Connections,
    server: server::Settings,
    enforced: &Enforced,
) -> impl Fn() -> Snapshot + use<> {
    let walls = |enforced: &Enforced| (enforced.landlock == Level::Full, enforced.seccomp);
    let sandbox = walls(enforced);
    let (service, connections) = (service.clone(), connections.clone());
    let (start, start_time) = (Instant::now(), seconds_since_epoch());
    move || {
        let figures = service.admission().figures();
        let processes = service
            .isolation()
            .map(Isolation::figures)
            .unwrap_or_default();
        let (received, sent) = connections.bytes();
        let codecs = service.isolation().and_then(Isolation::enforced);
        Snapshot {
            // The door knows.
            ready: false,
            cancelled: figures.cancelled,
            wasted: (
                figures.wasted_cancelled.as_secs_f64(),
                figures.wasted_late.as_secs_f64(),
            ),
            queue_length: figures.queued,
            queue_limit: figures.queue,
            workers: figures.workers,
            workers_busy: figures.busy,
            codec_processes: processes.processes,
            codec_crashes: processes.crashed,
            codec_stops: processes.stopped,
            upload_memory: figures.upload_memory,
            pixel_memory: figures.pixel_memory,
            answer_memory: figures.answer_memory,
            connections: telemetry::Connections {
                open: connections.open(),
                states: connections.by_state(),
                limit: server.max_connections,
                accepted: connections.accepted(),
                crowded: connections.crowded(),
                received,
                sent,
            },
            uptime_seconds: start.elapsed().as_secs(),
            start_time,
            resident_bytes: os::resident_bytes() + processes.resident_bytes,
            open_files: os::open_files(),
            max_files: os::max_files(),
            cpu_seconds: os::cpu_seconds() + processes.cpu_seconds,
            log_lines_dropped: telemetry::lines_dropped(),
            panics: telemetry::panics(),
            sandbox,
            codec_sandbox: codecs.as_ref().map(walls),
        }
    }
}
