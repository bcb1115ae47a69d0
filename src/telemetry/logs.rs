//! Log lines: for eyes on a terminal, JSON for everything else.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

use super::lines::Lines;

/// The process's one log.
static LINES: Lines = Lines::new();

/// What puts another filter in the place of the one that there is.
static FILTER: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// Whether a thread writes it.
static WRITING: AtomicBool = AtomicBool::new(false);

/// Panics so far.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// How long the last lines may take to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Levels, also by where lines come from, such as `info` or `warn,pixmill::source=debug`.
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
    /// Whether the filter can be understood: levels, with a module and `=` before them where they are for that one.
    ///
    /// # Errors
    /// The part that can't.
    pub fn check(filter: &str) -> Result<(), String> {
        let is_module = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_:-".contains(c);
            !name.is_empty() && name.chars().all(plain)
        };
        for part in filter.split(',') {
            // A word alone would be a module of which everything is logged, and nothing else: most likely it is a level misspelt.
            let (module, level) = part.split_once('=').unwrap_or(("pixmill", part));
            // An empty level would be errors alone.
            if !is_module(module) || level.is_empty() || level.parse::<LevelFilter>().is_err() {
                return Err(part.to_owned());
            }
        }
        Ok(())
    }
}

/// Has the whole process log, panics included. A second call does nothing.
///
/// Lines go to standard error, but wait in memory until [`start_writing`].
pub fn init(settings: &Settings) {
    let usual = Targets::new().with_default(tracing::Level::INFO);
    let (filter, handle) = reload::Layer::new(settings.filter.parse().unwrap_or(usual));
    let _first = FILTER.set(handle);
    let pretty = match settings.format {
        LogFormat::Auto => io::stderr().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Pretty => true,
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(|| &LINES)
        // They would be told on standard error, past the queue.
        .log_internal_errors(false);
    let lines = if pretty {
        lines.with_target(false).boxed()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed()
    };
    let log = tracing_subscriber::registry().with(filter).with(lines);
    let _already_started = log.try_init();
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        let cause = panic.payload_as_str().unwrap_or("without a message");
        tracing::error!(place, cause, "panic");
    }));
}

/// Logs by other directives from now on, if they can be understood.
pub fn filter(directives: &str) {
    if let (Some(handle), Ok(filter)) = (FILTER.get(), directives.parse::<Targets>()) {
        // A log that is gone needs none.
        let _gone = handle.reload(filter);
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
