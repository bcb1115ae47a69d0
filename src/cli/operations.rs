//! One command for each operation, with the parameters of the API.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use pixmill::batch::{FIELDS, Pattern};
use pixmill::config::Config;
use pixmill::http::local;
use pixmill::pipeline::operation::{OPERATIONS, OperationRow};
use pixmill::pipeline::parameter::{PARAMETERS, ParameterRow};
use pixmill::pipeline::request::Request;

use super::hints;
use super::settings::local_settings;

/// Pictures to make of files.
pub(crate) struct Work {
    /// The limits.
    pub(super) config: Config,
    /// What is done.
    pub(super) request: Request,
    /// A picture to draw.
    pub(super) image: Option<PathBuf>,
    /// Files and folders to read.
    pub(super) files: Vec<PathBuf>,
    /// Whether folders in folders count.
    pub(super) deep: bool,
    /// Where answers go.
    pub(super) place: Place,
    /// Whether what is there is replaced.
    pub(super) replace: bool,
    /// Whether each file gets a line of JSON.
    pub(super) json: bool,
}

/// Where answers go.
pub(super) enum Place {
    /// To standard output.
    Out,
    /// To files of these names.
    Files(Pattern),
}

/// A pattern, for whoever hasn't said one.
const PATTERN: &str = "{name}-small.{ext}";

/// What isn't about one picture, or isn't for operations.
const FOREIGN: [&str; 6] = ["image", "hash", "colors", "sign", "expires", "key"];

/// The operation of that command.
pub(super) fn named(command: &str) -> Option<&'static OperationRow> {
    OPERATIONS.iter().find(|row| row.name == command)
}

/// One for each operation.
pub(super) fn commands() -> impl Iterator<Item = Command> {
    OPERATIONS.iter().map(|row| {
        // Hundreds of flags, of which a server needs none: they are made when the command is asked for.
        Command::new(row.name)
            .about(row.about.replace('`', ""))
            .defer(arguments)
    })
}

fn arguments(command: Command) -> Command {
    let fields: Vec<_> = FIELDS
        .iter()
        .map(|(name, about)| format!("  {{{name}}}  {about}\n"))
        .collect();
    let parameters = PARAMETERS
        .iter()
        .filter(|row| !FOREIGN.contains(&row.name))
        .map(flag);
    command
        .args(common("What to read, and, where there is no --out, at the end where to write to: a file, a folder (made, where a folder is read), a pattern. A folder stands for the pictures in it, - for standard input and output."))
        .arg(
            Arg::new("out")
                .long("out")
                .alias("output")
                .short('o')
                .value_name("PLACE")
                .value_parser(value_parser!(PathBuf))
                .help("Where to write to: a folder, a file, or a pattern such as 'small/{sub}{name}-{width}.{ext}'. An ending names the format."),
        )
        .arg(
            Arg::new("force")
                .long("force")
                .action(ArgAction::SetTrue)
                .help("Replace files that are there; a source, too, but only by what is made of itself."),
        )
        .arg(
            Arg::new("image")
                .long("image")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The picture that watermarkimage draws, and steps of a pipeline that name none."),
        )
        .args(parameters)
        .args(local_settings())
        .after_help(format!(
            "Fields of a pattern:\n{}\nExit codes: 0 all were made, 1 some weren't, 64 usage.",
            fields.concat()
        ))
}

/// What every command on files takes.
pub(super) fn common(files: &'static str) -> [Arg; 3] {
    [
        Arg::new("files")
            .required(true)
            .num_args(1..)
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help(files),
        Arg::new("recursive")
            .long("recursive")
            .short('r')
            .action(ArgAction::SetTrue)
            .help("Go through folders in folders, too."),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Say what came of each file in a line of JSON."),
    ]
}

/// Names of flags here that are a parameter's, too.
fn is_taken(name: &str) -> bool {
    matches!(name, "out" | "output" | "force")
}

/// Its name among flags.
pub(super) fn long(row: &ParameterRow) -> &'static str {
    if row.name == "force" {
        "stretch"
    } else {
        row.name
    }
}

/// Its names of one letter among flags; `h` asks for help.
pub(super) fn letters(row: &ParameterRow) -> impl Iterator<Item = char> {
    let alone = row.aliases.iter().filter_map(|alias| {
        let mut letters = alias.chars();
        letters.next().filter(|_| letters.next().is_none())
    });
    alone.filter(|letter| *letter != 'h')
}

/// The flag of a parameter, under all of its names but those that mean something else here.
pub(super) fn flag(row: &'static ParameterRow) -> Arg {
    // The API's name for it isn't one here.
    let help = if row.name == "height" {
        " -h is help."
    } else {
        ""
    };
    let mut flag = Arg::new(id(row))
        .long(long(row))
        .value_name("VALUE")
        .help_heading("Parameters")
        .help(format!(
            "{} Takes {}. [default: {}]{help}",
            row.about, row.allowed, row.default
        ));
    for letter in letters(row) {
        flag = flag.short(letter);
    }
    let others = row.aliases.iter().filter(|alias| alias.len() > 1);
    for alias in others.filter(|alias| !is_taken(alias)) {
        flag = flag.alias(*alias);
    }
    if row.may_be_bare() {
        flag = flag
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("");
    }
    flag
}

/// Not the name itself: a setting may have it, too.
fn id(row: &ParameterRow) -> String {
    format!("parameter {}", row.name)
}

/// The pairs that are given, as in a query.
pub(super) fn pairs(arguments: &ArgMatches) -> Vec<(String, String)> {
    let given = PARAMETERS.iter().filter_map(|row| {
        let value = arguments.try_get_one::<String>(&id(row)).ok().flatten()?;
        Some((row.name.to_owned(), value.clone()))
    });
    given.collect()
}

/// Paths of an argument that takes several.
pub(super) fn paths(arguments: &ArgMatches, name: &str) -> Vec<PathBuf> {
    let paths = arguments.get_many::<PathBuf>(name);
    paths.into_iter().flatten().cloned().collect()
}

/// What is asked.
///
/// `words` are those of the whole command line.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn read(
    row: &'static OperationRow,
    (words, arguments): (&[String], &ArgMatches),
    config: &Config,
) -> Result<Work, String> {
    let mut files = paths(arguments, "files");
    let out = arguments.get_one::<PathBuf>("out").cloned();
    let is_named = out.is_some();
    let out = match out {
        Some(out) => out,
        None => files
            .pop()
            .filter(|_| !files.is_empty())
            .ok_or("where to write to? Say OUT behind the file, or --out PLACE")?,
    };
    if let Some(hint) = hints::stray(words, &files, &out) {
        return Err(hint);
    }
    let mut parameters = pairs(arguments);
    let wanted = parameters.iter().find(|(name, _)| name == "type");
    if let Some((_, file)) = wanted.filter(|(_, value)| Path::new(value).is_file()) {
        return Err(format!(
            "--type (-f) wants a format such as webp, and {file} is a file"
        ));
    }
    let place = place(&files, &out, is_named)?;
    // What the files are called says what they are to be, where nothing else does.
    if let Place::Files(names) = &place
        && !parameters.iter().any(|(name, _)| name == "type")
    {
        let format = names.format().map_err(|ending| {
            format!("no format has the ending .{ending}; say --type with the one that is meant")
        })?;
        let named = format.map(|format| ("type".to_owned(), format.name().to_owned()));
        parameters.extend(named);
    }
    let image = arguments.get_one::<PathBuf>("image").cloned();
    let side = config.pipeline.max_output_side;
    let request = local::asked(row, &parameters, image.is_some(), side);
    Ok(Work {
        config: config.clone(),
        request: request.map_err(|problem| problem.detail().to_owned())?,
        image,
        files,
        deep: arguments.get_flag("recursive"),
        place,
        replace: arguments.get_flag("force"),
        json: arguments.get_flag("json"),
    })
}

/// `is_named` is whether the place stands in a flag of its own, and not behind the files.
fn place(files: &[PathBuf], out: &Path, is_named: bool) -> Result<Place, String> {
    let has_folder = files.iter().any(|file| file.is_dir());
    let has_several = has_folder || files.len() > 1;
    let shown = out.display();
    if out.as_os_str() == "-" {
        return if has_several {
            Err("only one picture can go to standard output".to_owned())
        } else {
            Ok(Place::Out)
        };
    }
    if Pattern::is_in(out.as_os_str()) {
        let pattern = Pattern::parse(out.as_os_str());
        let pattern = pattern.map_err(|error| format!("{shown}: {error}"))?;
        return Ok(Place::Files(pattern));
    }
    if has_several && !out.exists() && out.as_os_str().as_encoded_bytes().contains(&b'*') {
        return Err(format!(
            "{shown}: a place has no * in it; a pattern that names each answer is such as '{PATTERN}'"
        ));
    }
    let is_folder = out.is_dir() || out.as_os_str().as_encoded_bytes().ends_with(b"/");
    if is_folder || has_folder || (has_several && is_named && !out.exists()) {
        return Ok(Place::Files(Pattern::within(out)));
    }
    if has_several {
        return Err(format!(
            "{shown} is no folder, and several pictures can't go to one file; say a folder, or a pattern such as '{PATTERN}'"
        ));
    }
    Ok(Place::Files(Pattern::file(out)))
}
