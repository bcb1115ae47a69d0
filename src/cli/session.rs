//! A service on this machine for as long as some work takes: processes, threads, signals, and how it ended.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use pixmill::app;
use pixmill::batch::{Drafts, Failure};
use pixmill::config::Config;
use pixmill::isolation::{self, Isolation, Side};
use pixmill::os;
use pixmill::sandbox::{self, Mode, Needs, Profile};
use pixmill::service::Service;
use tokio::signal::unix::{SignalKind, signal};

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

/// What of the file system is read and written: all else is given up.
#[derive(Debug, Default)]
pub(super) struct Reach {
    read: BTreeSet<PathBuf>,
    written: BTreeSet<PathBuf>,
}

impl Reach {
    /// Reads what these name, and what lies beside it.
    pub(super) fn of(files: &[PathBuf]) -> Self {
        let mut reach = Self::default();
        for file in files {
            reach.reads(file);
        }
        reach
    }

    /// Reads this, too: a folder, or what is in the folder of a file, which may be a link to elsewhere.
    pub(super) fn reads(&mut self, path: &Path) {
        let whole = path.canonicalize();
        let whole = whole.as_deref().unwrap_or(path);
        let folder = if whole.is_dir() {
            Some(whole)
        } else {
            whole.parent()
        };
        self.read.extend(folder.map(Path::to_owned));
    }

    /// Writes below this folder, too.
    pub(super) fn writes(&mut self, folder: &Path) {
        let here = Path::new(".");
        let folder = if folder == Path::new("") {
            here
        } else {
            folder
        };
        self.written.insert(folder.to_owned());
    }

    /// Gives all else up, as far as that can be had; an error if more is required.
    fn enclose(&self, mode: Mode, children: bool) -> Result<(), String> {
        // What isn't there, reading will say of.
        let open = |paths: &BTreeSet<PathBuf>| -> Vec<OwnedFd> {
            let opened = paths.iter().map(|path| os::place(path));
            opened.filter_map(Result::ok).collect()
        };
        let (read, written) = (open(&self.read), open(&self.written));
        let (read, written) = (lend(&read), lend(&written));
        let needs = Needs {
            children,
            folders: &read,
            written: &written,
            ..Needs::default()
        };
        let enforced = sandbox::apply(mode, Profile::Files(needs));
        if mode == Mode::Require && !enforced.missing.is_empty() {
            return Err(enforced.missing.join("; "));
        }
        Ok(())
    }
}

fn lend(places: &[OwnedFd]) -> Vec<BorrowedFd<'_>> {
    places.iter().map(AsFd::as_fd).collect()
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
    reach: &Reach,
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
    if let Err(missing) = reach.enclose(config.sandbox, isolation.is_some()) {
        return failed(&sandbox::refusal(&missing));
    }
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
        Ok(Err(failure)) => return failed(failure.detail()),
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
