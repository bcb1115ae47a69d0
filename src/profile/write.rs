//! Stacks as a profile of pprof's: `profile.proto` in its repository says what each field is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io;
use std::time::{Duration, SystemTime};

use libdeflater::{CompressionLvl, Compressor};

use super::Seen;
use super::names;
use crate::os::{self, Code};
use crate::protobuf::Message;

/// What a profile says of itself.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) since: SystemTime,
    pub(super) time: Duration,
    /// Processor time that a sample stands for.
    pub(super) period: Duration,
    pub(super) notes: Vec<String>,
}

/// The file.
///
/// # Errors
/// It doesn't become smaller, which no profile does.
pub(super) fn profile(seen: &Seen, facts: &Facts) -> io::Result<Vec<u8>> {
    let addresses: BTreeSet<u64> = seen.keys().flatten().copied().collect();
    let code = os::program_code();
    // A name is a help; without, there is the address.
    let names = code.as_ref().map_or_else(BTreeMap::new, |code| {
        let files = os::program_files().iter();
        let mut found = files.filter_map(|file| names::found(file, code, &addresses).ok());
        found.find(|names| !names.is_empty()).unwrap_or_default()
    });
    let message = written(seen, facts, code.as_ref(), &names);
    let mut compressor = Compressor::new(CompressionLvl::default());
    let mut packed = vec![0; compressor.gzip_compress_bound(message.len())];
    let length = compressor
        .gzip_compress(&message, &mut packed)
        .map_err(|error| io::Error::other(format!("{error:?}")))?;
    packed.truncate(length);
    Ok(packed)
}

/// Texts, each once: fields have their places.
#[derive(Debug)]
struct Texts<'a> {
    places: HashMap<&'a str, u64>,
    texts: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    /// The first is empty: it is what is read of a field that isn't there.
    fn new() -> Self {
        Self {
            places: HashMap::from([("", 0)]),
            texts: vec![""],
        }
    }

    fn place(&mut self, text: &'a str) -> u64 {
        *self.places.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u64 - 1
        })
    }
}

/// The one mapping that there is.
const PROGRAM: u64 = 1;

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn written(
    seen: &Seen,
    facts: &Facts,
    code: Option<&Code>,
    names: &BTreeMap<u64, String>,
) -> Vec<u8> {
    let mut texts = Texts::new();
    let mut profile = Message::default();
    let (samples, count) = (texts.place("samples"), texts.place("count"));
    let (cpu, unit) = (texts.place("cpu"), texts.place("nanoseconds"));
    let kinds = [(1, samples, count), (1, cpu, unit), (11, cpu, unit)];
    for (field, kind, unit) in kinds {
        profile.message(field, |value| {
            value.number(1, kind);
            value.number(2, unit);
        });
    }
    let period = nanoseconds(facts.period);
    // Locations are known by numbers from 1 on.
    let mut locations: HashMap<u64, u64> = HashMap::new();
    let mut order = Vec::new();
    for (stack, &periods) in seen {
        let numbers: Vec<u64> = stack
            .iter()
            .map(|&address| {
                *locations.entry(address).or_insert_with(|| {
                    order.push(address);
                    order.len() as u64
                })
            })
            .collect();
        profile.message(2, |sample| {
            sample.numbers(1, numbers);
            sample.numbers(2, [periods, periods.saturating_mul(period)]);
        });
    }
    let build = code.map_or_else(String::new, |code| hexadecimal(code.build_id));
    if let Some(code) = code {
        let (file, build) = (texts.place("pixmill"), texts.place(&build));
        profile.message(3, |mapping| {
            mapping.number(1, PROGRAM);
            mapping.number(2, code.addresses.start);
            mapping.number(3, code.addresses.end);
            mapping.number(4, code.offset);
            mapping.number(5, file);
            mapping.number(6, build);
            mapping.number(7, (!names.is_empty()).into());
        });
    }
    write_locations(&mut profile, &order, code, names, &mut texts);
    let since = facts.since.duration_since(SystemTime::UNIX_EPOCH);
    profile.number(9, nanoseconds(since.unwrap_or_default()));
    profile.number(10, nanoseconds(facts.time));
    profile.number(12, period);
    for note in &facts.notes {
        let note = texts.place(note);
        profile.number(13, note);
    }
    profile.number(14, cpu);
    for text in texts.texts {
        profile.bytes(6, text.as_bytes());
    }
    profile.finish()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a string can't fail.
        let _ok = write!(text, "{byte:02x}");
    }
    text
}

/// Where code was, and in which function, as far as that is known.
fn write_locations<'a>(
    profile: &mut Message,
    order: &[u64],
    code: Option<&Code>,
    names: &'a BTreeMap<u64, String>,
    texts: &mut Texts<'a>,
) {
    let mut functions: HashMap<&str, u64> = HashMap::new();
    for (number, address) in (1..).zip(order) {
        let name = names.get(address).map(|name| {
            let next = functions.len() as u64 + 1;
            *functions.entry(name).or_insert(next)
        });
        profile.message(4, |location| {
            location.number(1, number);
            if code.is_some_and(|code| code.addresses.contains(address)) {
                location.number(2, PROGRAM);
            }
            location.number(3, *address);
            if let Some(function) = name {
                location.message(4, |line| line.number(1, function));
            }
        });
    }
    for (name, number) in functions {
        let name = texts.place(name);
        profile.message(5, |function| {
            function.number(1, number);
            // As the linker has it; pprof makes it readable.
            function.number(2, name);
            function.number(3, name);
        });
    }
}
