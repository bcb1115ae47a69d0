//! The metric catalogue: a name, a kind and a meaning each.

/// A metric's name and meaning.
#[derive(Debug)]
pub struct MetricRow {
    /// Name on the page; a histogram's gets a suffix for each of its parts.
    pub name: &'static str,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// One line for a person.
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($name:literal $kind:literal $help:literal;)*) => {
        /// Every metric.
        pub const CATALOGUE: &[MetricRow] = &[$(MetricRow { name: $name, kind: $kind, help: $help }),*];
    };
}

catalogue! {
    "pixmill_requests_total" "counter" "Requests answered, by route and status; 499 is a client that left";
    "pixmill_request_seconds" "histogram" "Time from the head of a request to its answer, by route";
    "pixmill_cancelled_total" "counter" "Work that was stopped or never started because its client left";
    "pixmill_queue_length" "gauge" "Requests that wait for a worker";
    "pixmill_workers" "gauge" "Workers there are";
    "pixmill_workers_busy" "gauge" "Workers at work; one more than there are while one helps out";
    "pixmill_codec_processes" "gauge" "Processes for pixel work, with isolation";
    "pixmill_codec_crashes_total" "counter" "Processes for pixel work that ended by themselves, with isolation";
    "pixmill_upload_memory_bytes" "gauge" "Bytes of request bodies held";
    "pixmill_upload_memory_limit_bytes" "gauge" "Budget for request bodies";
    "pixmill_pixel_memory_bytes" "gauge" "Bytes granted to pixel work";
    "pixmill_pixel_memory_limit_bytes" "gauge" "Budget for pixel work";
    "pixmill_connections_open" "gauge" "Connections open";
    "pixmill_connections_accepted_total" "counter" "Connections accepted";
    "pixmill_connections_crowded_total" "counter" "Connections accepted past the cap";
    "pixmill_uptime_seconds" "gauge" "Seconds since start";
    "pixmill_resident_memory_bytes" "gauge" "Memory of the process and, with isolation, of those for pixel work";
    "pixmill_open_fds" "gauge" "Files and sockets that the process has open";
    "pixmill_cpu_seconds_total" "counter" "CPU time, user and system, of the process and, with isolation, of those for pixel work";
    "pixmill_log_lines_dropped_total" "counter" "Log lines that were dropped, since nobody took them or they couldn't be written";
    "pixmill_reloads_total" "counter" "How often the configuration was to be read again, by outcome (taken, refused)";
    "pixmill_sandbox_enforced" "gauge" "1 for each part of the sandbox that is in force as a whole, in the server or in every process for pixel work, 0 for each that isn't";
    "pixmill_fetches_total" "counter" "Pictures that a GET named, by source (url, file, object) and outcome";
    "pixmill_fetches_shared_total" "counter" "Of these, those that waited for a fetch already under way";
    "pixmill_fetched_bytes_total" "counter" "Bytes fetched, by source";
    "pixmill_fetch_seconds" "histogram" "Time to fetch a picture, by source";
    "pixmill_build" "gauge" "1, with the version as a label";
}
