//! The command line: what to do, and with which configuration.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use pixmill::codecs::Format;
use pixmill::config::{KEYS, Machine, Mistake, Sources, Standing};
use pixmill::os;
use pixmill::pipeline::parameter::PARAMETERS;
use pixmill::sandbox::check::{self, Attempt};

/// The exit code for a wrong command line or configuration.
pub(crate) const USAGE: u8 = 64;

/// What the process is asked to do.
pub(crate) enum Action {
    /// Serve.
    Serve(Box<Standing>),
    /// Print this effective configuration.
    CheckConfig(String),
    /// Ask the server that listens there.
    Healthcheck(SocketAddr),
    /// Resize a file.
    Resize(Resize),
    /// Try what the sandbox refuses; or one of these things, in this process, with this configuration.
    CheckSandbox(Option<(&'static Attempt, Box<Standing>)>),
}

/// A file to resize.
pub(crate) struct Resize {
    /// The file to read.
    pub input: String,
    /// The file to write.
    pub output: String,
    /// Names and values, as in a query.
    pub parameters: Vec<(String, String)>,
}

/// Reads the command line, and every source of configuration that it needs.
///
/// # Errors
/// The exit code, once help or every mistake has been said.
pub(crate) fn read() -> Result<Action, ExitCode> {
    let matches = command()
        .try_get_matches()
        .map_err(|help| print_help(&help))?;
    if let Some(("resize", arguments)) = matches.subcommand() {
        return Ok(Action::Resize(resize(arguments)));
    }
    let standing = configuration(&matches).map_err(|mistakes| {
        for mistake in mistakes {
            eprintln!("pixmill: {mistake}");
        }
        ExitCode::from(USAGE)
    })?;
    Ok(match matches.subcommand_name() {
        Some("check-config") => Action::CheckConfig(standing.effective()),
        Some("check-sandbox") => {
            let name = matches
                .subcommand()
                .and_then(|(_, sub)| sub.get_one::<String>("attempt"));
            let attempt =
                name.and_then(|name| check::ATTEMPTS.iter().find(|row| row.name == *name));
            Action::CheckSandbox(attempt.map(|attempt| (attempt, Box::new(standing))))
        }
        Some("healthcheck") => Action::Healthcheck(standing.config().listen),
        _ => Action::Serve(Box::new(standing)),
    })
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
            Command::new("check-sandbox")
                .about("Tries what the sandbox is there to refuse on this machine; exit code 0 if all is refused.")
                .args(settings())
                .arg(
                    Arg::new("attempt")
                        .long("attempt")
                        .value_parser(check::ATTEMPTS.iter().map(|row| row.name).collect::<Vec<_>>())
                        .hide(true),
                ),
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
    let parameters = PARAMETERS.iter().map(|row| {
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

/// Reads every source.
fn configuration(matches: &ArgMatches) -> Result<Standing, Vec<Mistake>> {
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
    Standing::load(sources, machine())
}

fn resize(arguments: &ArgMatches) -> Resize {
    let text = |name: &str| arguments.get_one::<String>(name).cloned();
    let given = PARAMETERS.iter();
    let given = given.filter_map(|row| Some((row.name.to_owned(), text(row.name)?)));
    let mut parameters: Vec<_> = given.collect();
    let output = text("out").unwrap_or_default();
    // What the file is called says what it is to be, where nothing else does.
    let ending = Path::new(&output).extension().and_then(OsStr::to_str);
    let format = ending.and_then(Format::named).filter(|row| row.writes);
    if let Some(format) = format
        && text("type").is_none()
    {
        parameters.push(("type".to_owned(), format.name.to_owned()));
    }
    Resize {
        input: text("in").unwrap_or_default(),
        output,
        parameters,
    }
}

/// What this machine grants.
pub(crate) fn machine() -> Machine {
    Machine {
        cpus: os::cpus(),
        memory: os::memory(),
    }
}
