//! A flag for each key of the configuration, and what comes of all its sources.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches};
use pixmill::app::ASSUMED;
use pixmill::config::{KEYS, Key, Machine, Mistake, Sources, Standing};
use pixmill::os;

/// Keys that mean something without a server.
const LOCAL: [&str; 12] = [
    "workers",
    "memory_limit",
    "upload_memory",
    "pixel_memory",
    "isolation",
    "svg",
    "pdf",
    "max_pixels",
    "max_output_side",
    "max_output_pixels",
    "max_frames",
    "sandbox",
];

/// Keys that count without a server, too, but have no flag there: a parameter says it, or hardly anybody says anything else.
const SILENT: [&str; 3] = ["linear", "compat", "worker_nice"];

/// A flag for each key of the configuration, and the file.
pub(super) fn settings() -> Vec<Arg> {
    let keys = KEYS.iter().map(|key| flag(key, key.default));
    std::iter::once(file()).chain(keys).collect()
}

/// Those that mean something without a server.
pub(super) fn local_settings() -> Vec<Arg> {
    let keys = KEYS.iter().filter(|key| LOCAL.contains(&key.name));
    let keys = keys.map(|key| {
        let assumed = ASSUMED.iter().find(|(name, _)| *name == key.name);
        flag(key, assumed.map_or(key.default, |(_, default)| default))
    });
    let flags = std::iter::once(file()).chain(keys);
    flags.map(|flag| flag.help_heading("Settings")).collect()
}

fn file() -> Arg {
    Arg::new("config")
        .long("config")
        .value_name("FILE")
        .env("PIXMILL_CONFIG")
        .help("TOML file with settings.")
}

fn flag(key: &Key, default: &str) -> Arg {
    Arg::new(key.name)
        .long(key.flag.clone())
        .value_name("VALUE")
        .help(format!(
            "{} [env: {}] [default: {}]",
            key.about,
            key.variable,
            default.trim_matches('"')
        ))
}

/// Reads every source; `is_local` is whether there is no server.
///
/// # Errors
/// Every mistake.
pub(super) fn configuration(
    matches: &ArgMatches,
    is_local: bool,
) -> Result<Standing, Vec<Mistake>> {
    // A flag may stand before the command or after it; not every command has every flag.
    let given = |name: &str| {
        let after = matches.subcommand().map(|(_, sub)| sub);
        let all = after.into_iter().chain([matches]);
        let mut values = all.filter_map(|m| m.try_get_one::<String>(name).ok().flatten());
        values.next().cloned()
    };
    let flags: BTreeMap<_, _> = KEYS
        .iter()
        .filter_map(|key| Some((key.name, given(key.name)?)))
        .collect();
    let mut sources = Sources::read(given("config"), std::env::vars_os(), flags);
    if is_local {
        sources.assumed = ASSUMED.into();
        sources.used = Some(LOCAL.into_iter().chain(SILENT).collect());
        // There are no requests to be told of, and so no mistakes about that.
        let others = |name: &String, _: &mut String| !name.starts_with("OTEL_");
        sources.environment.retain(others);
    }
    Standing::load(sources, machine())
}

/// What this machine grants.
fn machine() -> Machine {
    Machine {
        cpus: os::cpus(),
        memory: os::memory(),
    }
}
