//! A configuration together with what it was read from, so that its file can be read again while the server runs.

use super::keys::KEYS;
use super::reader::Reader;
use super::{Config, Machine, Mistake, Sources};
use crate::{http, telemetry};

const PLACEHOLDER: &str = "placeholder";

/// A key's name, its other value, and where that stands.
type Change = (&'static str, String, Option<String>);

fn told((name, _, origin): &Change) -> Mistake {
    Mistake {
        place: origin.clone().unwrap_or_else(|| (*name).to_owned()),
        problem: "is taken over only by a new start".to_owned(),
    }
}

/// A configuration that can be read again.
#[derive(Clone, Debug)]
pub struct Standing {
    config: Config,
    sources: Sources,
    machine: Machine,
}

impl Standing {
    /// Reads everything.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn load(mut sources: Sources, machine: Machine) -> Result<Self, Vec<Mistake>> {
        let config = Config::load(&sources, machine)?;
        if let Some(placeholder) = &config.http.placeholder {
            // No file can be opened any more where the server runs.
            let path = Reader::new(&sources).text(PLACEHOLDER);
            let file = placeholder.file().clone();
            sources.pictures.insert(path, file);
        }
        Ok(Self {
            config,
            sources,
            machine,
        })
    }

    /// What was read.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The effective configuration as TOML, with the origin of what isn't a default.
    pub fn effective(&self) -> String {
        Reader::new(&self.sources).to_toml()
    }

    /// The path of its file, if it has one.
    pub fn file(&self) -> Option<&str> {
        self.sources.file.as_ref().map(|(path, _)| path.as_str())
    }

    /// The same with another text of its file. Environment and flags are what they were, and so is the machine.
    ///
    /// # Errors
    /// Every mistake in it, or everything in it that a running server can't take over.
    pub fn reread(&self, text: String) -> Result<Self, Vec<Mistake>> {
        let mut sources = self.sources.clone();
        if let Some((_, old)) = &mut sources.file {
            *old = text;
        }
        let new = Self::load(sources, self.machine)?;
        if self.config.could_become(&new.config) {
            return Ok(new);
        }
        let changes = self.changes(&new);
        let fixed = changes.iter().filter(|(name, text, _)| {
            // Alone, in the place of what was there. What makes sense only with others isn't to blame.
            let mut sources = self.sources.clone();
            sources.flags.insert(name, text.clone());
            let alone = Config::load(&sources, self.machine);
            alone.is_ok_and(|alone| !self.config.could_become(&alone))
        });
        let mut mistakes: Vec<_> = fixed.map(told).collect();
        if mistakes.is_empty() {
            mistakes = changes.iter().map(told).collect();
        }
        Err(mistakes)
    }

    /// The names of what is different in the other one.
    pub fn changed(&self, other: &Self) -> Vec<&'static str> {
        let changes = self.changes(other).into_iter();
        changes.map(|(name, _, _)| name).collect()
    }

    /// What is different in the other one.
    fn changes(&self, other: &Self) -> Vec<Change> {
        let (old, new) = (Reader::new(&self.sources), Reader::new(&other.sources));
        let names = KEYS.iter().map(|key| key.name);
        names
            .filter(|name| old.text(name) != new.text(name))
            .map(|name| (name, new.text(name), new.origin(name)))
            .collect()
    }
}

impl Config {
    /// Whether a server that runs by this one can go on by the other: what is about requests, pictures and the log's filter
    /// may be different, all else is decided at the start; so are a few things about requests by which more is set up than answers.
    pub(super) fn could_become(&self, other: &Self) -> bool {
        let fixed = Self {
            http: http::Settings {
                compat: other.http.compat,
                max_body: other.http.max_body,
                min_upload_rate: other.http.min_upload_rate,
                ..self.http.clone()
            },
            pipeline: self.pipeline,
            telemetry: telemetry::Settings {
                filter: self.telemetry.filter.clone(),
                ..other.telemetry
            },
            ..other.clone()
        };
        fixed == *self
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
