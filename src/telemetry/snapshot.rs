//! The figures of a moment, and how they stand on the page.

use super::page::{Label, Page};
use super::traces;

/// What is true at the moment of a scrape. Memory is in bytes, times are in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Whether new work is welcome.
    pub ready: bool,
    /// Work stopped for clients that left.
    pub cancelled: u64,
    /// CPU seconds of workers after a client had left, and after a deadline had passed.
    pub wasted: (f64, f64),
    /// Requests that wait.
    pub queue_length: usize,
    /// How many may.
    pub queue_limit: usize,
    /// Workers there are.
    pub workers: usize,
    /// Workers at work.
    pub workers_busy: usize,
    /// Processes for pixel work.
    pub codec_processes: usize,
    /// Of these, ended by themselves.
    pub codec_crashes: u64,
    /// Of these, ended because nobody waited for them any more.
    pub codec_stops: u64,
    /// Bytes of bodies, and the budget.
    pub upload_memory: (u64, u64),
    /// Bytes granted to work, and the budget.
    pub pixel_memory: (u64, u64),
    /// Of the former, what answers hold that aren't sent yet.
    pub answer_memory: u64,
    /// Connections.
    pub connections: Connections,
    /// Seconds since start.
    pub uptime_seconds: u64,
    /// When it started, in seconds after 1970.
    pub start_time: f64,
    /// Memory of the process.
    pub resident_bytes: u64,
    /// Open files.
    pub open_files: u64,
    /// How many there may be.
    pub max_files: u64,
    /// CPU seconds.
    pub cpu_seconds: f64,
    /// Log lines that nobody took.
    pub log_lines_dropped: u64,
    /// Panics, wherever they were.
    pub panics: u64,
    /// Whether landlock is in force in the server, and whether seccomp is.
    pub sandbox: (bool, bool),
    /// The same in every process for pixel work, where there are any.
    pub codec_sandbox: Option<(bool, bool)>,
}

/// Connections at the moment of a scrape, and since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connections {
    /// Open ones.
    pub open: usize,
    /// The same by what they do, each with a word for it.
    pub states: [(&'static str, usize); 4],
    /// How many are served.
    pub limit: usize,
    /// Accepted.
    pub accepted: u64,
    /// Of these, past the cap.
    pub crowded: u64,
    /// Bytes read.
    pub received: u64,
    /// Bytes written.
    pub sent: u64,
}

impl Snapshot {
    pub(super) fn tell(&self, page: &mut Page) {
        page.set("pixmill_ready", f64::from(u8::from(self.ready)));
        page.count("pixmill_cancelled_total", self.cancelled);
        let (cancelled, late) = self.wasted;
        let wasted: [(&[Label], f64); 2] = [
            (&[("reason", "cancelled")], cancelled),
            (&[("reason", "deadline")], late),
        ];
        page.sums("pixmill_wasted_cpu_seconds_total", &wasted);
        page.set("pixmill_queue_length", self.queue_length as f64);
        page.set("pixmill_queue_limit", self.queue_limit as f64);
        page.set("pixmill_workers", self.workers as f64);
        page.set("pixmill_workers_busy", self.workers_busy as f64);
        let (used, limit) = self.upload_memory;
        page.set("pixmill_upload_memory_bytes", used as f64);
        page.set("pixmill_upload_memory_limit_bytes", limit as f64);
        let (used, limit) = self.pixel_memory;
        page.set("pixmill_pixel_memory_bytes", used as f64);
        page.set("pixmill_pixel_memory_limit_bytes", limit as f64);
        page.set("pixmill_answer_memory_bytes", self.answer_memory as f64);
        self.connections.tell(page);
        self.tell_processes(page);
        self.tell_sandbox(page);
    }

    fn tell_processes(&self, page: &mut Page) {
        page.set("pixmill_codec_processes", self.codec_processes as f64);
        page.count("pixmill_codec_crashes_total", self.codec_crashes);
        page.count("pixmill_codec_stops_total", self.codec_stops);
        page.set("pixmill_uptime_seconds", self.uptime_seconds as f64);
        page.set("pixmill_start_time_seconds", self.start_time);
        page.set("pixmill_resident_memory_bytes", self.resident_bytes as f64);
        page.set("pixmill_open_fds", self.open_files as f64);
        page.set("pixmill_max_fds", self.max_files as f64);
        page.sum("pixmill_cpu_seconds_total", self.cpu_seconds);
        page.count("pixmill_log_lines_dropped_total", self.log_lines_dropped);
        let (sent, dropped) = traces::counts();
        page.count("pixmill_trace_spans_sent_total", sent);
        page.count("pixmill_trace_spans_dropped_total", dropped);
        page.count("pixmill_panics_total", self.panics);
    }

    fn tell_sandbox(&self, page: &mut Page) {
        let walls = [
            ("server", Some(self.sandbox)),
            ("codec", self.codec_sandbox),
        ];
        let mut values = Vec::new();
        for (process, walls) in walls {
            let Some((landlock, seccomp)) = walls else {
                continue;
            };
            for (part, enforced) in [("landlock", landlock), ("seccomp", seccomp)] {
                let labels = [("part", part), ("process", process)];
                values.push((labels, f64::from(u8::from(enforced))));
            }
        }
        let values: Vec<(&[Label], f64)> = values
            .iter()
            .map(|(labels, value)| (&labels[..], *value))
            .collect();
        page.tell("pixmill_sandbox_enforced", &values);
    }
}

impl Connections {
    fn tell(&self, page: &mut Page) {
        page.set("pixmill_connections_open", self.open as f64);
        let states = self
            .states
            .map(|(state, count)| ([("state", state)], count as f64));
        let states: Vec<(&[Label], f64)> = states
            .iter()
            .map(|(labels, count)| (&labels[..], *count))
            .collect();
        page.tell("pixmill_connections", &states);
        page.set("pixmill_connections_limit", self.limit as f64);
        page.count("pixmill_connections_accepted_total", self.accepted);
        page.count("pixmill_connections_crowded_total", self.crowded);
        page.count("pixmill_received_bytes_total", self.received);
        page.count("pixmill_sent_bytes_total", self.sent);
    }
}
