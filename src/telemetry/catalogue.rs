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
    "pixmill_requests_total" "counter" "Requests answered, by route, status and outcome: ok, cancelled, or a problem's code; 499 is a client that left";
    "pixmill_request_seconds" "histogram" "Time from the head of a request to its answer, by route";
    "pixmill_stage_seconds" "histogram" "Time that requests spent in each stage (recv, queue, decode, resize, encode), up to where they ended";
    "pixmill_refusals_total" "counter" "Requests refused for a limit, by outcome and by the setting that has the limit";
    "pixmill_faults_total" "counter" "Requests that failed by a fault of the server's own; the log has the cause of each";
    "pixmill_cancelled_total" "counter" "Work that was stopped or never started because its client left";
    "pixmill_wasted_cpu_seconds_total" "counter" "CPU time of workers after the client had left (cancelled) or the deadline had passed (deadline)";
    "pixmill_pictures_total" "counter" "Pictures made, by format of source and answer";
    "pixmill_source_bytes_total" "counter" "Bytes of pictures that were read, by format";
    "pixmill_source_pixels_total" "counter" "Pixels of pictures that were read, of one frame each, by format";
    "pixmill_answer_bytes_total" "counter" "Bytes of pictures that were made, by format";
    "pixmill_answer_pixels_total" "counter" "Pixels of pictures that were made, of one frame each, by format";
    "pixmill_ready" "gauge" "1 while new work is welcome, 0 before the self-test and from the first moment of a drain";
    "pixmill_queue_length" "gauge" "Requests that wait for a worker";
    "pixmill_queue_limit" "gauge" "Requests that may wait for a worker";
    "pixmill_workers" "gauge" "Workers there are";
    "pixmill_workers_busy" "gauge" "Workers at work; one more than there are while one helps out";
    "pixmill_codec_processes" "gauge" "Processes for pixel work, with isolation";
    "pixmill_codec_crashes_total" "counter" "Processes for pixel work that ended by themselves, with isolation";
    "pixmill_codec_stops_total" "counter" "Processes for pixel work that were ended because nobody waited for them any more, or a document took too much memory or time, with isolation";
    "pixmill_upload_memory_bytes" "gauge" "Bytes of request bodies held";
    "pixmill_upload_memory_limit_bytes" "gauge" "Budget for request bodies";
    "pixmill_pixel_memory_bytes" "gauge" "Bytes granted to pixel work, and of answers that aren't sent yet";
    "pixmill_pixel_memory_limit_bytes" "gauge" "Budget for pixel work";
    "pixmill_answer_memory_bytes" "gauge" "Of the bytes for pixel work, those of answers that aren't sent yet";
    "pixmill_connections_open" "gauge" "Connections open";
    "pixmill_connections" "gauge" "Connections by state: idle, sending a head, in a request, or taking an answer slower than it is written";
    "pixmill_connections_limit" "gauge" "Connections that are served; those beyond get health checks alone";
    "pixmill_connections_accepted_total" "counter" "Connections accepted";
    "pixmill_connections_crowded_total" "counter" "Connections accepted past the cap";
    "pixmill_received_bytes_total" "counter" "Bytes read from connections";
    "pixmill_sent_bytes_total" "counter" "Bytes written to connections";
    "pixmill_uptime_seconds" "gauge" "Seconds since start";
    "pixmill_start_time_seconds" "gauge" "When the process started, in seconds after 1970";
    "pixmill_resident_memory_bytes" "gauge" "Memory of the process and, with isolation, of those for pixel work";
    "pixmill_open_fds" "gauge" "Files and sockets that the process has open";
    "pixmill_max_fds" "gauge" "Files and sockets that the process may have open";
    "pixmill_cpu_seconds_total" "counter" "CPU time, user and system, of the process and, with isolation, of those for pixel work";
    "pixmill_log_lines_dropped_total" "counter" "Log lines that were dropped, since nobody took them or they couldn't be written";
    "pixmill_trace_spans_sent_total" "counter" "Spans of traces that the collector took";
    "pixmill_trace_spans_dropped_total" "counter" "Spans of traces that were dropped, since the collector took none or too few";
    "pixmill_panics_total" "counter" "Panics, each of which is an error in the log with its place";
    "pixmill_reloads_total" "counter" "How often the configuration was to be read again, by outcome (taken, refused)";
    "pixmill_config_last_reload_successful" "gauge" "1 if the configuration was taken over when it was last read, 0 if it was refused";
    "pixmill_config_last_reload_success_timestamp_seconds" "gauge" "When a configuration was last taken over, in seconds after 1970";
    "pixmill_sandbox_enforced" "gauge" "1 for each part of the sandbox that is in force as a whole, in the server or in every process for pixel work, 0 for each that isn't";
    "pixmill_fetches_total" "counter" "Pictures that a GET named, by source (url, file, object) and outcome";
    "pixmill_fetches_shared_total" "counter" "Of these, those that waited for a fetch already under way";
    "pixmill_fetched_bytes_total" "counter" "Bytes fetched, by source";
    "pixmill_fetch_seconds" "histogram" "Time to fetch a picture, by source";
    "pixmill_build_info" "gauge" "1, with version, commit, compiler and target as labels";
}
