//! Log lines: for eyes on a terminal, JSON for everything else.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

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

/// Starts logging to standard error for the whole process, panics included. A second call does nothing.
pub fn init(settings: &Settings) {
    let filter = EnvFilter::try_new(&settings.filter).unwrap_or_else(|_bad| EnvFilter::new("info"));
    let pretty = match settings.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Json => false,
        LogFormat::Pretty => true,
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A full disk or a log collector that has died would panic at each line: it would be told on standard error, too.
        .log_internal_errors(false);
    let _already_started = if pretty {
        lines.with_target(false).try_init()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init()
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("without a message");
        tracing::error!(place, message, "panic");
    }));
}
