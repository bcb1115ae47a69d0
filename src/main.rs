//! The command line: what to do, with which configuration, and how it ended.
//!
//! Exit codes: 0 clean, 1 failure while running, 64 usage or configuration.
#![expect(
    clippy::print_stderr,
    clippy::exit,
    reason = "talking to a terminal and ending the process is this file's job"
)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use pixmill::app::{App, FileError, Outcome};
use pixmill::config::{self, Config, KEYS, Machine, Sources};
use pixmill::{app, os, telemetry};
use tokio::signal::unix::{SignalKind, signal};

const FAILURE: u8 = 1;
const USAGE: u8 = 64;

fn main() -> ExitCode {
    os::tune_allocator();
    let matches = match command().try_get_matches() {
        Ok(matches) => matches,
        Err(help) => return print_help(&help),
    };
    if let Some(("resize", arguments)) = matches.subcommand() {
        return resize(arguments);
    }
    let (sources, config) = match configuration(&matches) {
        Ok(read) => read,
        Err(mistakes) => {
            for mistake in mistakes {
                eprintln!("pixmill: {mistake}");
            }
            return ExitCode::from(USAGE);
        }
    };
    match matches.subcommand_name() {
        Some("check-config") => {
            say(&config::effective(&sources));
            ExitCode::SUCCESS
        }
        Some("healthcheck") => healthcheck(config.listen),
        _ => serve(config),
    }
}

fn command() -> Command {
    Command::new("pixmill")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Resizes, crops and converts images over HTTP, without ever stalling.")
        .after_help(
            "Order: defaults < --config FILE < environment < flags.\n\
             Exit codes: 0 clean, 1 failure while running, 64 usage or configuration.",
        )
        .args(settings())
        .subcommand(
            Command::new("serve")
                .about("Serves; what happens without a command too.")
                .args(settings()),
        )
        .subcommand(
            Command::new("check-config")
                .about("Prints the effective configuration, or every mistake in it.")
                .args(settings()),
        )
        .subcommand(
            Command::new("healthcheck")
                .about("Asks the server on this machine; exit code 0 or 1.")
                .args(settings()),
        )
        .subcommand(resize_command())
}

/// A flag for each key of the configuration, and the file.
fn settings() -> Vec<Arg> {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .env("PIXMILL_CONFIG")
        .help("TOML file with settings.");
    let keys = KEYS.iter().map(|key| {
        Arg::new(key.name)
            .long(key.flag.clone())
            .value_name("VALUE")
            .help(format!(
                "{} [env: {}] [default: {}]",
                key.about,
                key.variable,
                key.default.trim_matches('"')
            ))
    });
    std::iter::once(file).chain(keys).collect()
}

fn resize_command() -> Command {
    let parameters = pixmill::pipeline::parameter::PARAMETERS.iter().map(|row| {
        Arg::new(row.name)
            .long(row.name)
            .value_name("VALUE")
            .help(format!("{} Takes {}.", row.about, row.allowed))
    });
    Command::new("resize")
        .about("Resizes a file, with the parameters of POST /resize.")
        .arg(Arg::new("in").required(true).value_name("IN"))
        .arg(Arg::new("out").required(true).value_name("OUT"))
        .args(parameters)
}

fn print_help(help: &clap::Error) -> ExitCode {
    // A closed pipe is no reason to complain about.
    let _printed = help.print();
    if help.use_stderr() {
        ExitCode::from(USAGE)
    } else {
        ExitCode::SUCCESS
    }
}

/// Writes to standard output. Nobody there to read it is no reason to end.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _unheard = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Reads every source.
fn configuration(matches: &ArgMatches) -> Result<(Sources, Config), Vec<config::Mistake>> {
    // A flag may stand before the command or after it.
    let given = |name: &str| {
        let after = matches
            .subcommand()
            .and_then(|(_, sub)| sub.get_one::<String>(name));
        after.or_else(|| matches.get_one::<String>(name)).cloned()
    };
    let flags: BTreeMap<_, _> = KEYS
        .iter()
        .filter_map(|key| Some((key.name, given(key.name)?)))
        .collect();
    let sources = Sources::read(given("config"), std::env::vars_os(), flags);
    let config = Config::load(&sources, machine())?;
    Ok((sources, config))
}

fn machine() -> Machine {
    Machine {
        cpus: os::cpus(),
        memory: os::memory(),
    }
}

fn serve(config: Config) -> ExitCode {
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
    let ended = runtime.block_on(run(config));
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

async fn run(config: Config) -> std::io::Result<Outcome> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listen = config.listen;
    let app = App::build(config).map_err(|error| {
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
fn resize(arguments: &ArgMatches) -> ExitCode {
    let text = |name: &str| {
        arguments
            .get_one::<String>(name)
            .cloned()
            .unwrap_or_default()
    };
    let parameters = pixmill::pipeline::parameter::PARAMETERS
        .iter()
        .filter_map(|row| {
            let value = arguments.get_one::<String>(row.name)?;
            Some((row.name.to_owned(), value.clone()))
        })
        .collect::<Vec<_>>();
    let failed = |name: &str, error: std::io::Error| FileError::Failed(format!("{name}: {error}"));
    let made = std::fs::read(text("in"))
        .map_err(|error| failed(&text("in"), error))
        .and_then(|file| app::resize_file(&file, &parameters, machine()))
        .and_then(|bytes| {
            std::fs::write(text("out"), bytes).map_err(|error| failed(&text("out"), error))
        });
    let (error, code) = match made {
        Ok(()) => return ExitCode::SUCCESS,
        Err(FileError::Parameters(error)) => (error, USAGE),
        Err(FileError::Failed(error)) => (error, FAILURE),
    };
    eprintln!("pixmill: {error}");
    ExitCode::from(code)
}
