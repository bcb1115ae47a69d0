//! The process: what the command line says, done, and how it ended.
//!
//! Exit codes: 0 clean, 1 failure while running, 64 usage or configuration.
#![expect(
    clippy::print_stderr,
    clippy::exit,
    reason = "talking to a terminal and ending the process is this file's job"
)]

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use pixmill::app::{App, FileError, Outcome};
use pixmill::config::Config;
use pixmill::isolation::{self, Isolation, Side};
use pixmill::{app, os, telemetry};
use tokio::signal::unix::{SignalKind, signal};

use self::cli::{Action, Resize};

mod cli;

const FAILURE: u8 = 1;

fn main() -> ExitCode {
    os::tune_allocator();
    match cli::read() {
        Ok(Action::Serve(config)) => serve(*config),
        Ok(Action::CheckConfig(effective)) => {
            say(&effective);
            ExitCode::SUCCESS
        }
        Ok(Action::Healthcheck(listen)) => healthcheck(listen),
        Ok(Action::Resize(resize)) => resize_file(&resize),
        Err(code) => code,
    }
}

/// Writes to standard output. Nobody there to read it is no reason to end.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _unheard = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn serve(config: Config) -> ExitCode {
    // Processes are made while there is one thread.
    let isolation = match config.isolation.map(isolation::start).transpose() {
        Ok(Some(Side::Server(isolation))) => Some(isolation),
        Ok(None) => None,
        Ok(Some(Side::Ended)) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pixmill: no processes for isolation: {error}");
            return ExitCode::from(FAILURE);
        }
    };
    telemetry::init(&config.telemetry);
    if let Some(files) = os::raise_open_files()
        && files < config.server.max_connections as u64 + 64
    {
        tracing::warn!(
            files,
            "fewer open files are allowed than max_connections needs"
        );
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("pixmill: no runtime: {error}");
            return ExitCode::from(FAILURE);
        }
    };
    let ended = runtime.block_on(run(config, isolation));
    // A stuck decode holds nothing up: what still runs ends with the process.
    runtime.shutdown_background();
    match ended {
        Ok(Outcome::Drained) => ExitCode::SUCCESS,
        Ok(Outcome::CutOff) => {
            tracing::warn!("requests were cut off at drain_timeout");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("pixmill: {error}");
            ExitCode::from(FAILURE)
        }
    }
}

async fn run(config: Config, isolation: Option<Isolation>) -> std::io::Result<Outcome> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listen = config.listen;
    let built = match isolation {
        Some(isolation) => App::build_isolated(config, isolation),
        None => App::build(config),
    };
    let app = built.map_err(|error| {
        std::io::Error::new(error.kind(), format!("can't listen on {listen}: {error}"))
    })?;
    let port = app.address().port();
    say(&format!(
        "pixmill serves on http://{} - try: curl --data-binary @photo.jpg 'http://localhost:{port}/resize?width=800' -o small.jpg\n",
        app.address(),
    ));
    app.run(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            eprintln!("pixmill: second signal, exiting at once");
            std::process::exit(i32::from(FAILURE));
        });
    })
    .await
}

/// Asks `/health` of the server that listens on this address.
fn healthcheck(listen: SocketAddr) -> ExitCode {
    match ask(listen) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("pixmill: the server is not well");
            ExitCode::from(FAILURE)
        }
        Err(error) => {
            eprintln!("pixmill: no answer: {error}");
            ExitCode::from(FAILURE)
        }
    }
}

fn ask(listen: SocketAddr) -> std::io::Result<bool> {
    let host: IpAddr = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let patience = Duration::from_secs(3);
    let mut stream = TcpStream::connect_timeout(&SocketAddr::new(host, listen.port()), patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(&status == b"HTTP/1.1 200")
}

/// The pipeline on a file.
fn resize_file(resize: &Resize) -> ExitCode {
    let failed = |name: &str, error: std::io::Error| FileError::Failed(format!("{name}: {error}"));
    let made = std::fs::read(&resize.input)
        .map_err(|error| failed(&resize.input, error))
        .and_then(|file| app::resize_file(&file, &resize.parameters, cli::machine()))
        .and_then(|bytes| {
            std::fs::write(&resize.output, bytes).map_err(|error| failed(&resize.output, error))
        });
    let (error, code) = match made {
        Ok(()) => return ExitCode::SUCCESS,
        Err(FileError::Parameters(error)) => (error, cli::USAGE),
        Err(FileError::Failed(error)) => (error, FAILURE),
    };
    eprintln!("pixmill: {error}");
    ExitCode::from(code)
}
