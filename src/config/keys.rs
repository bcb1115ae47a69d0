//! The table of keys, read from `config/default.toml`: a comment, then a key and its default.

use std::sync::LazyLock;

/// The defaults, as they are compiled in.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name in files.
    pub name: &'static str,
    /// Its name on the command line, without the dashes.
    pub flag: String,
    /// Its name in the environment.
    pub variable: String,
    /// The default, as TOML.
    pub default: &'static str,
    /// One line for a person.
    pub about: String,
}

impl Key {
    /// Whether it takes several values.
    pub(super) fn is_list(&self) -> bool {
        self.default.starts_with('[') || LISTS_OR_WORDS.contains(&self.name)
    }
}

/// Lists in the place of which a word may stand, as it does by default.
const LISTS_OR_WORDS: [&str; 4] = [
    "allowed_origins",
    "private_origins",
    "remote_ports",
    "forward_headers",
];

/// Every key, in the file's order.
pub static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut about = Vec::new();
    let mut keys = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            about.push(comment.trim());
        } else if let Some((name, default)) = line.split_once('=') {
            let name = name.trim();
            keys.push(Key {
                name,
                flag: name.replace('_', "-"),
                variable: format!("PIXMILL_{}", name.to_ascii_uppercase()),
                default: default.trim(),
                about: about.join(" "),
            });
            about.clear();
        } else {
            about.clear();
        }
    }
    keys
});

/// The key of that name.
pub(super) fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The known name that a typo most likely meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    KEYS.iter()
        .map(|key| (strsim::damerau_levenshtein(name, key.name), key.name))
        .filter(|(distance, known)| distance * 3 <= known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
