//! A service on this machine for as long as some work takes: processes, threads, signals, and how it ended.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::task::Poll;

use pixmill::app;
use pixmill::batch::{Drafts, Failure};
use pixmill::config::Config;
use pixmill::isolation::{self, Side};
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
/// Nothing is waited for then.
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
    // Work is on a thread of its own beside this one, which may have to wait for who reads what it says.
    let runtime = match runtime::start(1) {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("no runtime: {error}")),
    };
    let ended = runtime.block_on(async {
        end_on_signals(drafts.clone())?;
        let service = app::local(config, isolation)?;
        Ok::<_, io::Error>(work(service).await)
    });
    drafts.abandon();
    // What still runs is nobody's.
    runtime.shutdown_background();
    match ended {
        Ok(Ok(Outcome::Clean)) => ExitCode::SUCCESS,
        Ok(Ok(Outcome::Failed)) => ExitCode::from(FAILURE),
        Ok(Ok(Outcome::Unread)) => end_by(SignalKind::pipe()),
        Ok(Err(failure)) => failed(failure.detail()),
        Err(error) => failed(&error.to_string()),
    }
}

/// What becomes of work whose words can't be written.
///
/// # Errors
/// It isn't that nobody reads them.
pub(super) fn unwritten(error: &io::Error) -> Result<Outcome, Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(Outcome::Unread);
    }
    Err(Failure::unwritable("standard output", error))
}

/// Ends the process at the first signal that asks for it, but for those that whoever started it wants ignored, as `nohup` does.
fn end_on_signals(drafts: Drafts) -> io::Result<()> {
    let heard = ENDING
        .into_iter()
        .filter(|kind| !os::is_ignored(kind.as_raw_value()));
    let mut heard = heard
        .map(|kind| Ok((kind, signal(kind)?)))
        .collect::<io::Result<Vec<_>>>()?;
    tokio::spawn(async move {
        let ending = poll_fn(|cx| {
            let came = heard
                .iter_mut()
                .find_map(|(kind, signal)| signal.poll_recv(cx).is_ready().then_some(*kind));
            came.map_or(Poll::Pending, Poll::Ready)
        });
        let ending = ending.await;
        drafts.abandon();
        if io::stderr().is_terminal() {
            // Where a bar is, its line is the shell's now.
            let _unseen = io::stderr().write_all(b"\r\x1b[K");
        }
        let _code = end_by(ending);
        std::process::exit(128 + ending.as_raw_value());
    });
    Ok(())
}

/// Whoever started this has to see why it ended: a shell's loop goes on else.
fn end_by(signal: SignalKind) -> ExitCode {
    let number = signal.as_raw_value();
    os::end_by(number);
    ExitCode::from(u8::try_from(128 + number).unwrap_or(FAILURE))
}

fn failed(error: &str) -> ExitCode {
    eprintln!("pixmill: {error}");
    ExitCode::from(FAILURE)
}
