//! The command line: what to do, and with which configuration.

mod bench;
mod files;
mod hints;
mod info;
mod operations;
mod report;
mod scripts;
mod session;
mod settings;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command};
use pixmill::config::{Mistake, Standing};
use pixmill::sandbox::check::{self, Attempt};

use self::bench::Bench;
use self::info::Info;
use self::operations::Work;
use self::settings::{configuration, settings};

/// The exit code for a wrong command line or configuration.
pub(crate) const USAGE: u8 = 64;

/// What the process is asked to do.
pub(crate) enum Action {
    /// Serve.
    Serve(Box<Standing>),
    /// Print this: the effective configuration, a script, a page.
    Print(Vec<u8>),
    /// Ask the server that listens there.
    Healthcheck(SocketAddr),
    /// Do this without a server.
    Here(Box<Here>),
    /// Try what the sandbox refuses; or one of these things, in this process, with this configuration.
    CheckSandbox(Option<(&'static Attempt, Box<Standing>)>),
}

/// What takes a service, but no server.
pub(crate) enum Here {
    /// Make pictures of files.
    Work(Work),
    /// Tell what files are.
    Info(Info),
    /// Measure what this machine can do.
    Bench(Bench),
}

impl Here {
    /// Does it.
    pub(crate) fn run(&self) -> ExitCode {
        match self {
            Self::Work(work) => files::run(work),
            Self::Info(info) => info::run(info),
            Self::Bench(bench) => bench::run(bench),
        }
    }
}

/// Reads the command line, and every source of configuration that it needs.
///
/// # Errors
/// The exit code, once help or every mistake has been said.
pub(crate) fn read() -> Result<Action, ExitCode> {
    let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    let matches = command()
        .try_get_matches()
        .map_err(|help| match hints::height(&words) {
            Some(hint) if help.kind() == ErrorKind::DisplayHelp => wrong(&hint),
            _ => print_help(&help),
        })?;
    match matches.subcommand() {
        Some(("completions", arguments)) => {
            return Ok(Action::Print(scripts::completions(arguments)));
        }
        Some(("man", arguments)) => {
            let page = scripts::page(arguments).map_err(|error| wrong(&error))?;
            return Ok(Action::Print(page));
        }
        Some((name, arguments)) => {
            if let Some(here) = here(name, (&words, arguments), &matches)? {
                return Ok(Action::Here(Box::new(here)));
            }
        }
        None => {}
    }
    let standing = standing(&matches, false)?;
    Ok(match matches.subcommand_name() {
        Some("check-config") => Action::Print(standing.effective().into_bytes()),
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

/// What is to be done without a server, if that is what the command is for.
fn here(
    name: &str,
    (words, arguments): (&[String], &ArgMatches),
    matches: &ArgMatches,
) -> Result<Option<Here>, ExitCode> {
    let row = operations::named(name);
    if row.is_none() && !matches!(name, "info" | "bench") {
        return Ok(None);
    }
    let standing = standing(matches, true)?;
    let config = standing.config();
    let here = match row {
        Some(row) => operations::read(row, (words, arguments), config).map(Here::Work),
        None if name == "info" => info::read(arguments, config).map(Here::Info),
        None => Ok(Here::Bench(bench::read(arguments, config))),
    };
    here.map(Some).map_err(|error| wrong(&error))
}

fn command() -> Command {
    Command::new("pixmill")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Resizes, crops and converts images over HTTP, without ever stalling; and files, with the same parameters.")
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
        .subcommand(info::command())
        .subcommand(bench::command())
        .subcommands(scripts::commands())
        .subcommands(operations::commands())
}

fn standing(matches: &ArgMatches, is_local: bool) -> Result<Standing, ExitCode> {
    configuration(matches, is_local).map_err(|mistakes: Vec<Mistake>| {
        for mistake in mistakes {
            eprintln!("pixmill: {mistake}");
        }
        ExitCode::from(USAGE)
    })
}

fn wrong(error: &str) -> ExitCode {
    eprintln!("pixmill: {error}");
    ExitCode::from(USAGE)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_flags_are_one() {
        command().debug_assert();
    }
}
