//! What a command line was most likely meant to say, where what it says is something else.

use std::path::{Path, PathBuf};

use pixmill::pipeline::parameter::{PARAMETERS, ParameterRow};

use super::operations::{letters, long, named};

/// What `-h 30` behind an operation was meant to say; `None` where it asks for help.
pub(super) fn height(words: &[String]) -> Option<String> {
    let operation = words.iter().position(|word| named(word).is_some())?;
    let mut behind = words.iter().skip(operation);
    let joined = behind.find_map(|word| word.strip_prefix("-h"))?;
    let value = match joined {
        "" => behind.next()?.as_str(),
        joined => joined.trim_start_matches('='),
    };
    let pixels: u32 = value.parse().ok()?;
    Some(format!("-h asks for help; say --height {pixels}"))
}

/// What a value behind a flag was meant to say that takes one only behind `=`; it was taken for one of the `sources`, or for
/// the place `out`.
pub(super) fn stray(words: &[String], sources: &[PathBuf], out: &Path) -> Option<String> {
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let (flag, word) = pairs.find(|(flag, word)| {
        let path = Path::new(word.as_str());
        let is_source = sources.iter().any(|source| source == path);
        // What is made isn't there before either, but is seldom called so.
        let is_value = path == out && reads_as_value(word);
        (is_source || is_value) && word.as_str() != "-" && !path.exists() && may_be_bare(flag)
    })?;
    Some(format!(
        "{word}: there is no such file; as a value of {flag} it is {flag}={word}, as a file ./{word}"
    ))
}

fn reads_as_value(word: &str) -> bool {
    matches!(word, "true" | "false" | "yes" | "no" | "on" | "off") || word.parse::<f64>().is_ok()
}

/// Whether that is a flag of a parameter that needs no value.
fn may_be_bare(flag: &str) -> bool {
    let is_of = |row: &ParameterRow| match flag.strip_prefix("--") {
        Some(name) => name == long(row) || row.aliases.contains(&name),
        None => letters(row).any(|letter| flag == format!("-{letter}")),
    };
    let mut rows = PARAMETERS.iter().filter(|row| row.may_be_bare());
    rows.any(is_of)
}
