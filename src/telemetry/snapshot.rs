//! The figures of a moment.

/// What is true at the moment of a scrape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    /// Work stopped for clients that left.
    pub cancelled: u64,
    /// Requests that wait.
    pub queue_length: usize,
    /// Workers there are.
    pub workers: usize,
    /// Workers at work.
    pub workers_busy: usize,
    /// Processes for pixel work.
    pub codec_processes: usize,
    /// Of these, ended by themselves.
    pub codec_crashes: u64,
    /// Bytes of bodies, and the budget.
    pub upload_memory: (u64, u64),
    /// Bytes granted to work, and the budget.
    pub pixel_memory: (u64, u64),
    /// Connections open.
    pub connections_open: usize,
    /// Connections accepted.
    pub connections_accepted: u64,
    /// Of these, past the cap.
    pub connections_crowded: u64,
    /// Seconds since start.
    pub uptime_seconds: u64,
    /// Memory of the process.
    pub resident_bytes: u64,
    /// Open files.
    pub open_files: u64,
    /// CPU seconds.
    pub cpu_seconds: f64,
    /// Log lines that nobody took.
    pub log_lines_dropped: u64,
    /// Whether landlock is in force in the server, and whether seccomp is.
    pub sandbox: (bool, bool),
    /// The same in every process for pixel work, where there are any.
    pub codec_sandbox: Option<(bool, bool)>,
}
