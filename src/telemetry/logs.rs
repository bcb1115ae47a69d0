//! Log lines: for eyes on a terminal, JSON for everything else.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::lines::Lines;

/// The process's one log.
static LINES: Lines = Lines::new();

/// What puts another filter in the place of the one that there is.
static FILTER: OnceLock<Box<dyn Fn(EnvFilter) + Send + Sync>> = OnceLock::new();

/// Whether a thread writes it.
static WRITING: AtomicBool = AtomicBool::new(false);

/// Panics so far.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// How long the last lines may take to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Directives of tracing's filter, such as `info` or `pixmill=debug`.
    pub filter: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// One JSON object a line.
    Json,
    /// For eyes.
    Pretty,
}

impl Settings {
    /// Whether the filter's directives can be understood.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(filter: &str) -> Result<(), String> {
        EnvFilter::try_new(filter)
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

/// Has the whole process log, panics included. A second call does nothing.
///
/// Lines go to standard error, but wait in memory until [`start_writing`].
pub fn init(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.filter).unwrap_or_else(|_bad| EnvFilter::new("info"));
    let pretty = match settings.format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Pretty => true,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| &LINES)
        // They would be told on standard error, past the queue.
        .log_internal_errors(false);
    if pretty {
        let lines = lines.with_target(false).with_filter_reloading();
        let handle = lines.reload_handle();
        // A log that is gone needs none.
        keep(move |filter| drop(handle.reload(filter)));
        let _already_started = lines.try_init();
    } else {
        let lines = lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_filter_reloading();
        let handle = lines.reload_handle();
        // A log that is gone needs none.
        keep(move |filter| drop(handle.reload(filter)));
        let _already_started = lines.try_init();
    }
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        let cause = panic.payload_as_str().unwrap_or("without a message");
        tracing::error!(place, cause, "panic");
    }));
}

fn keep(exchange: impl Fn(EnvFilter) + Send + Sync + 'static) {
    let _first = FILTER.set(Box::new(exchange));
}

/// Logs by other directives from now on, if they can be understood.
pub fn filter(directives: &str) {
    if let (Some(exchange), Ok(filter)) = (FILTER.get(), EnvFilter::try_new(directives)) {
        exchange(filter);
    }
}

/// Starts the thread that writes lines. It is under whatever sandbox the calling thread is.
///
/// From here on nothing else may write to standard error, or it waits for whoever reads that.
///
/// # Errors
/// The system refuses a thread.
pub fn start_writing() -> io::Result<()> {
    let write = || {
        LINES.write_to(io::stderr(), |lines| {
            tracing::warn!(lines, "log lines were dropped, since nobody took them");
        });
    };
    let writer = thread::Builder::new().name("pixmill-log".to_owned());
    writer.spawn(write)?;
    WRITING.store(true, Ordering::Relaxed);
    Ok(())
}

/// Says something to whoever started the process, in its place among the log's lines.
pub fn say(text: &str) {
    LINES.push(format!("{text}\n").as_bytes());
}

/// Waits until the last line is written, but not for long: nobody may be there to read it.
///
/// Without a thread that writes, the lines are written here.
pub fn finish() {
    if WRITING.load(Ordering::Relaxed) {
        LINES.wait_until_written(LAST_LINES);
    } else {
        LINES.write_rest(io::stderr());
    }
}

/// Log lines that were lost since the start.
pub fn lines_dropped() -> u64 {
    LINES.dropped()
}

/// Panics since [`init`], wherever in the process they were.
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}
