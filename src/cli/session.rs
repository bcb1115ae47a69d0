//! A service on this machine for as long as some work takes: processes, threads, signals, and how it ended.

use std::process::ExitCode;

use pixmill::app;
use pixmill::batch::{Drafts, Failure};
use pixmill::config::Config;
use pixmill::isolation::{self, Isolation, Side};
use pixmill::os;
use pixmill::service::Service;
use tokio::signal::unix::{SignalKind, signal};

use super::USAGE;
use crate::{FAILURE, runtime};

/// How work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it is done.
    Clean,
    /// Some of it isn't.
    Failed,
    /// Nobody reads any more what it says.
    Unread,
}

/// Signals that end it.
const ENDING: [SignalKind; 3] = [
    SignalKind::interrupt(),
    SignalKind::terminate(),
    SignalKind::hangup(),
];

/// Does `work` with a service, until it is done or a signal comes; of `drafts` nothing is left in any case.
///
/// Nothing is waited for then, since nothing of the rest is anybody's: what still runs ends with the process.
pub(super) fn run(
    config: &Config,
    drafts: &Drafts,
    work: impl AsyncFnOnce(Service) -> Result<Outcome, Failure>,
) -> ExitCode {
    // While there is one thread.
    let isolation = match config
        .isolation
        .map(|settings| isolation::start(settings, ()))
    {
        None => None,
        Some(Ok(Side::Server(isolation, ()))) => Some(isolation),
        Some(Ok(Side::Ended)) => return ExitCode::SUCCESS,
        Some(Err(error)) => return failed(&format!("no processes for isolation: {error}")),
    };
    let runtime = match runtime::single() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no runtime: {error}")),
    };
    let ended = runtime.block_on(until_signal(config, isolation, work));
    drafts.abandon();
    let signal = match ended {
        Ok(Ok(Outcome::Clean)) => return ExitCode::SUCCESS,
        Ok(Ok(Outcome::Failed)) => return ExitCode::from(FAILURE),
        Ok(Ok(Outcome::Unread)) => SignalKind::pipe(),
        Ok(Err(failure)) => {
            failed(failure.detail());
            // There is nothing here that could be fetched by a parameter.
            let is_usage =
                failure.code().ends_with("-parameter") || failure.code() == "forbidden-source";
            return ExitCode::from(if is_usage { USAGE } else { FAILURE });
        }
        Err(Ended::Signal(signal)) => signal,
        Err(Ended::Unable(error)) => return failed(&error.to_string()),
    };
    let number = signal.as_raw_value();
    // Whoever started this has to see why it ended: a shell's loop goes on else.
    os::end_by(number);
    ExitCode::from(u8::try_from(128 + number).unwrap_or(FAILURE))
}

enum Ended {
    Signal(SignalKind),
    Unable(std::io::Error),
}

async fn until_signal(
    config: &Config,
    isolation: Option<Isolation>,
    work: impl AsyncFnOnce(Service) -> Result<Outcome, Failure>,
) -> Result<Result<Outcome, Failure>, Ended> {
    let [mut interrupt, mut terminate, mut hangup] = signals().map_err(Ended::Unable)?;
    let service = app::local(config, isolation).map_err(Ended::Unable)?;
    let [on_interrupt, on_terminate, on_hangup] = ENDING;
    tokio::select! {
        biased;
        _ = interrupt.recv() => Err(Ended::Signal(on_interrupt)),
        _ = terminate.recv() => Err(Ended::Signal(on_terminate)),
        _ = hangup.recv() => Err(Ended::Signal(on_hangup)),
        ended = work(service) => Ok(ended),
    }
}

fn signals() -> std::io::Result<[tokio::signal::unix::Signal; 3]> {
    let [interrupt, terminate, hangup] = ENDING.map(signal);
    Ok([interrupt?, terminate?, hangup?])
}

fn failed(error: &str) -> ExitCode {
    eprintln!("pixmill: {error}");
    ExitCode::from(FAILURE)
}
