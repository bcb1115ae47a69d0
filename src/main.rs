//! The process: what the command line says, done, and how it ended.
//!
//! Exit codes: 0 clean, 1 failure while running, 64 usage or configuration.
#![expect(clippy::exit, reason = "ending the process is this file's job")]

use std::future::poll_fn;
use std::io::Write;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::task::Poll;

use pixmill::app::{self, App, Outcome, Prepared};
use pixmill::config::{Config, Standing};
use pixmill::isolation::{self, Isolation, Side};
use pixmill::sandbox::{self, Mode, Needs, Profile};
use pixmill::service::{self, Service};
use pixmill::source::Opened;
use pixmill::systemd::{self, Manager};
use pixmill::{os, server, telemetry};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use self::cli::Action;

/// As the standard library's, but for this: that nobody can read what it says is no reason to panic, and what
/// terminals would obey is only shown.
macro_rules! eprintln {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let text = format!($($text)*);
        let _unheard = writeln!(std::io::stderr(), "{}", $crate::plain(&text));
    }};
}

mod checks;
mod cli;
mod reload;
mod runtime;

const FAILURE: u8 = 1;

fn main() -> ExitCode {
    os::tune_allocator();
    match cli::read() {
        Ok(Action::Serve(standing)) => serve(*standing),
        Ok(Action::Print(text)) => print(&text),
        Ok(Action::Healthcheck(listen)) => checks::healthcheck(listen),
        Ok(Action::Here(here)) => here.run(),
        Ok(Action::CheckSandbox(None)) => checks::check_sandbox(),
        Ok(Action::CheckSandbox(Some((attempt, standing)))) => checks::try_here(attempt, &standing),
        Err(code) => code,
    }
}

/// A text in whose lines nothing moves a terminal: names of files, and what files say of themselves, are anybody's.
fn plain(text: &str) -> String {
    let shown = |c: char| {
        let is_kept = !c.is_control() || c == '\n';
        let escaped = (!is_kept).then(|| c.escape_default());
        escaped.into_iter().flatten().chain(is_kept.then_some(c))
    };
    text.chars().flat_map(shown).collect()
}

/// Writes to standard output. Nobody there to read it is no reason to end.
fn say(text: impl AsRef<[u8]>) {
    let mut out = std::io::stdout().lock();
    let _unheard = out.write_all(text.as_ref()).and_then(|()| out.flush());
}

/// Writes to standard output what was asked for; a script that is half there must not pass for one.
fn print(text: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("pixmill: standard output: {error}");
            ExitCode::from(FAILURE)
        }
        _ => ExitCode::SUCCESS,
    }
}

fn serve(standing: Standing) -> ExitCode {
    let config = standing.config();
    // First of all, while files that were handed over are the only ones; and then processes, while there is one thread.
    let handed = handed_over(config);
    let forked = match config.isolation {
        None => Ok((None, handed)),
        Some(settings) => match isolation::start(settings, handed) {
            Ok(Side::Server(isolation, handed)) => Ok((Some(isolation), handed)),
            Ok(Side::Ended) => return ExitCode::SUCCESS,
            Err(error) => Err(error),
        },
    };
    let (isolation, handed) = match forked {
        Ok(forked) => forked,
        Err(error) => {
            eprintln!("pixmill: no processes for isolation: {error}");
            return ExitCode::from(FAILURE);
        }
    };
    telemetry::init(&config.telemetry);
    let code = match served(standing, isolation, handed) {
        Ok(Outcome::Drained) => ExitCode::SUCCESS,
        Ok(Outcome::CutOff) => {
            tracing::warn!("requests were cut off at drain_timeout");
            ExitCode::SUCCESS
        }
        Err(error) => {
            telemetry::say(&format!("pixmill: {error}"));
            ExitCode::from(FAILURE)
        }
    };
    telemetry::finish();
    code
}

/// Serves to the end; what went wrong, if anything did.
fn served(
    standing: Standing,
    isolation: Option<Isolation>,
    handed: Option<std::io::Result<OwnedFd>>,
) -> Result<Outcome, String> {
    let config = standing.config();
    let cores = os::cpus();
    // Each connection may have another one to where its picture comes from.
    let sides = 1 + u64::from(config.source.connects());
    if let Some(files) = os::raise_open_files()
        && files < config.server.max_connections as u64 * sides + 64
    {
        tracing::warn!(
            files,
            "fewer open files are allowed than max_connections needs"
        );
    }
    let file = reload::File::of(&standing);
    let prepared = prepare(&standing, file.as_ref(), handed)?;
    telemetry::start_writing().map_err(|error| format!("no thread for the log: {error}"))?;
    let runtime = runtime::start(cores).map_err(|error| format!("no runtime: {error}"))?;
    // On one of its threads: from this one, each connection that comes or goes would have to wake another.
    let running = runtime.spawn(run(standing, file, prepared, isolation));
    let ended = runtime.block_on(running);
    // A stuck decode holds nothing up: what still runs ends with the process.
    runtime.shutdown_background();
    match ended {
        Ok(ended) => ended.map_err(|error| error.to_string()),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// What can't be done once the sandbox is up, and then the sandbox: before there is a second thread.
fn prepare(
    standing: &Standing,
    file: Option<&reload::File>,
    handed: Option<std::io::Result<OwnedFd>>,
) -> Result<Prepared, String> {
    let config = standing.config();
    let listener = listener(config, handed)?;
    let admin = app::bind_admin(config).map_err(|error| error.to_string())?;
    let manager = Manager::connect(&config.systemd).map_err(|error| error.to_string())?;
    os::open_own_figures();
    if config.admin.is_some() {
        os::open_for_sampling();
    }
    let sources = Opened::open(config.source.clone()).map_err(|error| error.to_string())?;
    let ports = sources.ports();
    let folders = reload::folders(&sources, file);
    let profile = Profile::Server(Needs {
        children: config.isolation.is_some(),
        folders: &folders,
        written: &[],
        tokens: sources.tokens(),
        profiles: config.admin.is_some(),
        ports: ports.as_deref(),
    });
    let enforced = sandbox::apply(config.sandbox, profile);
    if config.sandbox == Mode::Require && !enforced.missing.is_empty() {
        return Err(sandbox::refusal(&enforced.missing.join("; ")));
    }
    sandbox::tell("server", config.sandbox, &enforced);
    Ok(Prepared {
        listener,
        enforced,
        manager,
        sources,
        admin,
        effective: standing.effective(),
    })
}

/// The socket that a service manager has handed over, if it has.
fn handed_over(config: &Config) -> Option<std::io::Result<OwnedFd>> {
    match config.systemd.sockets {
        0 => None,
        1 => Some(os::inherited(systemd::FIRST_SOCKET)),
        more => Some(Err(std::io::Error::other(format!(
            "{more} sockets, where one is enough"
        )))),
    }
}

/// On the socket that was handed over, or else on one of our own.
fn listener(
    config: &Config,
    handed: Option<std::io::Result<OwnedFd>>,
) -> Result<TcpListener, String> {
    match handed {
        None => server::bind(config.listen)
            .map_err(|error| format!("can't listen on {}: {error}", config.listen)),
        Some(socket) => socket
            .and_then(server::adopt)
            .map_err(|error| format!("can't listen on what was handed over: {error}")),
    }
}

async fn run(
    standing: Standing,
    file: Option<reload::File>,
    prepared: Prepared,
    isolation: Option<Isolation>,
) -> std::io::Result<Outcome> {
    let hangup = signal(SignalKind::hangup())?;
    let mut end = End(vec![
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ]);
    let app = App::build_on(
        standing.config().clone(),
        prepared,
        |parts| match isolation {
            Some(isolation) => Service::isolated(parts, isolation),
            None => Service::new(parts, service::in_process()),
        },
    )?;
    let port = app.address().port();
    let admin = app.admin_address().map_or_else(String::new, |admin| {
        format!(" - for operators: curl http://{admin}/")
    });
    say(format!(
        "pixmill serves on http://{} - try: curl --data-binary @photo.jpg 'http://localhost:{port}/resize?width=800' -o small.jpg{admin}\n",
        app.address(),
    ));
    if standing.file().is_some() {
        tokio::spawn(reload::follow(hangup, file, standing, app.front()));
    } else {
        // There is nothing that could be read again: whose terminal is gone ends, as everywhere.
        end.0.push(hangup);
    }
    let (told, asked) = oneshot::channel::<()>();
    // It listens for as long as the process lives: what has begun a drain needn't be a signal, and the second signal ends at once.
    tokio::spawn(async move {
        end.asked().await;
        drop(told);
        end.asked().await;
        telemetry::say("pixmill: second signal, exiting at once");
        telemetry::finish();
        std::process::exit(i32::from(FAILURE));
    });
    app.run(async move {
        let _dropped = asked.await;
    })
    .await
}

/// The signals that end the server.
struct End(Vec<Signal>);

impl End {
    /// Waits for any of them.
    async fn asked(&mut self) {
        poll_fn(|cx| {
            let mut signals = self.0.iter_mut();
            if signals.any(|signal| signal.poll_recv(cx).is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
