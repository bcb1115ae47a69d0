//! Where values come from, read as far as they can be read.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use bytes::Bytes;

use super::mistake::Mistake;

/// Where values come from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file: its path, for messages, and its text.
    pub file: Option<(String, String)>,
    /// The environment; only `PIXMILL_…` and `PORT` are looked at, what service managers say, and, for a store, what its cloud's tools are told.
    pub environment: BTreeMap<String, String>,
    /// Other defaults than the table's, by key: for what is no server.
    pub assumed: BTreeMap<&'static str, &'static str>,
    /// Keys whose values count, where not all do: what is wrong with the others is no mistake.
    pub used: Option<BTreeSet<&'static str>>,
    /// Flags by key.
    pub flags: BTreeMap<&'static str, String>,
    /// Files that are named by the values and were read before, by their paths: they aren't read again.
    pub pictures: BTreeMap<String, Bytes>,
    /// What could not even be read; told together with the mistakes in the rest.
    pub unreadable: Vec<Mistake>,
}

impl Sources {
    /// Reads the file and takes in the environment.
    pub fn read(
        path: Option<String>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        flags: BTreeMap<&'static str, String>,
    ) -> Self {
        let mut sources = Self {
            flags,
            ..Self::default()
        };
        if let Some(path) = path {
            match std::fs::read_to_string(&path) {
                Ok(text) => sources.file = Some((path, text)),
                Err(error) => sources.complain(path, format!("can't be read: {error}")),
            }
        }
        for (name, value) in environment {
            sources.variable(name, value);
        }
        sources
    }

    /// A variable of ours that is no text is a mistake; what others set is nothing to us.
    fn variable(&mut self, name: OsString, value: OsString) {
        let shown = name.to_string_lossy().into_owned();
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => {
                self.environment.insert(name, value);
            }
            _ if shown.starts_with("PIXMILL_") || shown == "PORT" => {
                self.complain(shown, "isn't UTF-8".to_owned());
            }
            _ => {}
        }
    }

    fn complain(&mut self, place: String, problem: String) {
        self.unreadable.push(Mistake { place, problem });
    }
}
