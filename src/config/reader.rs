//! Raw values by key, each with where it came from, read one by one while mistakes are collected.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;

use super::keys::{self, KEYS};
use super::mistake::Mistake;
use super::written::{in_toml, is_not_ours, items, shown};
use super::{Sources, value};

/// A value before it is understood.
#[derive(Clone, Debug)]
struct Raw {
    text: String,
    /// A file, a variable, a flag; nothing for a default.
    origin: Option<String>,
}

/// Reads keys, and remembers what is wrong.
pub(super) struct Reader {
    values: BTreeMap<&'static str, Raw>,
    pictures: BTreeMap<String, Bytes>,
    used: Option<BTreeSet<&'static str>>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    pub(super) fn new(sources: &Sources) -> Self {
        let mut reader = Self {
            values: BTreeMap::new(),
            pictures: sources.pictures.clone(),
            used: sources.used.clone(),
            mistakes: sources.unreadable.clone(),
        };
        reader.add_file(keys::DEFAULTS, None);
        for (name, text) in &sources.assumed {
            reader.put(name, (*text).to_owned(), None);
        }
        if let Some((path, text)) = &sources.file {
            reader.add_file(text, Some(path));
        }
        reader.add_environment(&sources.environment);
        for (name, text) in &sources.flags {
            if let Some(key) = keys::named(name) {
                reader.put(key.name, text.clone(), Some(format!("--{}", key.flag)));
            }
        }
        reader
    }

    fn put(&mut self, name: &'static str, text: String, origin: Option<String>) {
        self.values.insert(name, Raw { text, origin });
    }

    fn add_file(&mut self, text: &str, path: Option<&str>) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                self.mistakes.push(Mistake {
                    place: path.unwrap_or("defaults").to_owned(),
                    problem: format!("isn't TOML: {}", error.message()),
                });
                return;
            }
        };
        for (name, value) in table {
            let place = path.map(|path| format!("{path}: {name}"));
            let Some(key) = keys::named(&name) else {
                self.unknown(place.unwrap_or_else(|| name.clone()), &name, str::to_owned);
                continue;
            };
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(yes) => yes.to_string(),
                list @ toml::Value::Array(_) if key.is_list() => list.to_string(),
                other => {
                    self.mistakes.push(Mistake {
                        place: place.unwrap_or(name),
                        problem: format!("can't be {}", other.type_str()),
                    });
                    continue;
                }
            };
            self.put(key.name, text, place);
        }
    }

    fn add_environment(&mut self, environment: &BTreeMap<String, String>) {
        // The platforms that set PORT know nothing of our own name for it, which wins.
        if let Some(port) = environment.get("PORT") {
            self.put("port", port.clone(), Some("PORT".to_owned()));
        }
        for (variable, text) in environment {
            let Some(name) = variable.strip_prefix("PIXMILL_") else {
                continue;
            };
            let name = name.to_ascii_lowercase();
            if is_not_ours(&name, text) {
                continue;
            }
            match keys::named(&name) {
                Some(key) => self.put(key.name, text.clone(), Some(variable.clone())),
                None => self.unknown(variable.clone(), &name, |near| {
                    format!("PIXMILL_{}", near.to_ascii_uppercase())
                }),
            }
        }
    }

    fn unknown(&mut self, place: String, name: &str, spell: impl Fn(&str) -> String) {
        let hint = keys::nearest(name).map_or_else(String::new, |near| {
            format!("; did you mean {}?", spell(near))
        });
        self.mistakes.push(Mistake {
            place,
            problem: format!("there is no such setting{hint}"),
        });
    }

    /// Notes a mistake that was made elsewhere; its value is nothing then.
    pub(super) fn note<T: Default>(&mut self, mistake: Mistake) -> T {
        self.mistakes.push(mistake);
        T::default()
    }

    /// Notes that the value of `name` is not `allowed`.
    pub(super) fn complain(&mut self, name: &'static str, allowed: &str) {
        let text = self.text(name);
        self.object(name, format!("'{}' is not {allowed}", shown(name, &text)));
    }

    /// Whether the value of `name` counts.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.used.as_ref().is_none_or(|used| used.contains(name))
    }

    /// Notes what is wrong with the value of `name`, where that counts.
    pub(super) fn object(&mut self, name: &'static str, problem: String) {
        if !self.uses(name) {
            return;
        }
        let place = self.raw(name).origin.unwrap_or_else(|| name.to_owned());
        self.mistakes.push(Mistake { place, problem });
    }

    fn raw(&self, name: &str) -> Raw {
        self.values.get(name).cloned().unwrap_or_else(|| Raw {
            text: String::new(),
            origin: None,
        })
    }

    pub(super) fn text(&self, name: &'static str) -> String {
        self.raw(name).text
    }

    /// A file that a value names.
    pub(super) fn file(&self, path: &str) -> io::Result<Bytes> {
        let known = self.pictures.get(path).cloned();
        known.map_or_else(|| std::fs::read(path).map(Bytes::from), Ok)
    }

    pub(super) fn origin(&self, name: &'static str) -> Option<String> {
        self.raw(name).origin
    }

    /// The value, or its default once a mistake has been noted.
    fn read<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        if let Some(value) = parse(&self.raw(name).text) {
            return value;
        }
        self.complain(name, allowed);
        let default = keys::named(name).map_or("", |key| key.default.trim_matches('"'));
        parse(default).expect("defaults are valid, see the test")
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str, allowed: &str) -> T {
        self.read(name, allowed, |text| text.parse().ok())
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> bool {
        self.read(name, "true or false", value::boolean)
    }

    pub(super) fn whole(&mut self, name: &'static str, range: RangeInclusive<u64>) -> u64 {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(name, &allowed, |text| {
            value::whole(text).filter(|number| range.contains(number))
        })
    }

    pub(super) fn whole_or_auto(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<u64> {
        let allowed = format!(
            "auto or a whole number from {} to {}",
            range.start(),
            range.end()
        );
        self.read(name, &allowed, |text| {
            value::or_auto(text, |text| {
                value::whole(text).filter(|number| range.contains(number))
            })
        })
    }

    pub(super) fn size(&mut self, name: &'static str) -> u64 {
        self.read(name, "a size such as 64MiB", value::size)
    }

    pub(super) fn size_or_auto(&mut self, name: &'static str) -> Option<u64> {
        self.read(name, "auto or a size such as 64MiB", |text| {
            value::or_auto(text, |text| value::size(text).filter(|&bytes| bytes > 0))
        })
    }

    pub(super) fn duration(&mut self, name: &'static str, least: Duration) -> Duration {
        let allowed = if least.is_zero() {
            "a time such as 30s"
        } else {
            "a time above 0 such as 30s"
        };
        self.read(name, allowed, |text| {
            value::duration(text).filter(|time| *time >= least)
        })
    }

    /// A list in either way; `None` for `word`, which stands for no list at all.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        word: &str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let text = self.text(name);
        if text == word {
            return None;
        }
        let written = items(&text);
        let items: Option<Vec<T>> =
            written.and_then(|items| items.iter().map(|item| parse(item)).collect());
        if items.is_none() {
            self.complain(name, allowed);
        }
        items
    }

    /// A list: an array in a file, and with commas elsewhere. An empty one is written `[]`: that nothing
    /// stands where something should is a mistake.
    pub(super) fn items<T>(
        &mut self,
        name: &'static str,
        allowed: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let items = items(&self.text(name));
        let parsed = items.and_then(|items| items.iter().map(|item| parse(item)).collect());
        parsed.unwrap_or_else(|| {
            self.complain(name, allowed);
            Vec::new()
        })
    }

    pub(super) fn finish<T>(self, value: T) -> Result<T, Vec<Mistake>> {
        if self.mistakes.is_empty() {
            Ok(value)
        } else {
            Err(self.mistakes)
        }
    }

    pub(super) fn to_toml(&self) -> String {
        let mut text = String::new();
        for key in KEYS.iter() {
            let raw = self.raw(key.name);
            let value = in_toml(key, &raw.text);
            let origin = raw
                .origin
                .map_or_else(String::new, |origin| format!("  # {origin}"));
            // Writing to a string can't fail.
            let _ok = writeln!(text, "{} = {value}{origin}", key.name);
        }
        text
    }
}
