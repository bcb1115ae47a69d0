//! What shells and manuals are told of the command line, made from itself.

use std::io;

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use clap_mangen::Man;

use super::command;

/// The commands that print them.
pub(super) fn commands() -> [Command; 2] {
    [
        Command::new("completions")
            .about("Prints what a shell needs to complete this command line.")
            .arg(
                Arg::new("shell")
                    .required(true)
                    .value_parser(value_parser!(Shell)),
            ),
        Command::new("man")
            .about("Prints the manual page of pixmill, or of one of its commands, for man.")
            .arg(Arg::new("command").value_name("COMMAND")),
    ]
}

/// The script for a shell.
pub(super) fn completions(arguments: &ArgMatches) -> Vec<u8> {
    let mut script = Vec::new();
    if let Some(shell) = arguments.get_one::<Shell>("shell") {
        clap_complete::generate(*shell, &mut command(), "pixmill", &mut script);
    }
    script
}

/// The page, as `man` reads it.
///
/// # Errors
/// There is no such command.
pub(super) fn page(arguments: &ArgMatches) -> Result<Vec<u8>, String> {
    let mut whole = command();
    whole.build();
    let command = match arguments.get_one::<String>("command") {
        None => whole,
        Some(name) => whole
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| format!("there is no command {name}"))?,
    };
    let mut page = Vec::new();
    let rendered: io::Result<()> = Man::new(command).render(&mut page);
    rendered.map_err(|error| error.to_string())?;
    Ok(page)
}
