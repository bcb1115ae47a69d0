//! The table of parameters: names, aliases, what is allowed; and the rules for reading them.

use std::collections::BTreeMap;

/// A parameter of the query or of a form field.
#[derive(Debug)]
pub struct ParameterRow {
    /// Canonical name.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// What values it takes, in words; the `allowed` of a problem.
    pub allowed: &'static str,
    /// What it is when absent, in words.
    pub default: &'static str,
    /// One line for a person.
    pub about: &'static str,
}

const BOOLEAN: &str = "true, false, 1, 0, yes, no, on, off, or the bare name";

/// Every parameter.
pub const PARAMETERS: &[ParameterRow] = &[
    ParameterRow {
        name: "width",
        aliases: &["w"],
        allowed: "a whole number of pixels, 1 to max_output_side",
        default: "from the height and the aspect ratio",
        about: "Width to scale to.",
    },
    ParameterRow {
        name: "height",
        aliases: &["h"],
        allowed: "a whole number of pixels, 1 to max_output_side",
        default: "from the width and the aspect ratio",
        about: "Height to scale to.",
    },
    ParameterRow {
        name: "size",
        aliases: &["s"],
        allowed: "WIDTHxHEIGHT, WIDTHx or xHEIGHT, as in 300x200, each 1 to max_output_side",
        default: "none",
        about: "Width and height in one.",
    },
    ParameterRow {
        name: "fit",
        aliases: &[],
        allowed: "inside, cover, contain, fill or outside",
        default: "inside; fill on /convert",
        about: "How the picture fits into width and height.",
    },
    ParameterRow {
        name: "enlarge",
        aliases: &["el"],
        allowed: BOOLEAN,
        default: "false; true on /convert",
        about: "Whether the result may be larger than the source.",
    },
    ParameterRow {
        name: "withoutEnlargement",
        aliases: &["we"],
        allowed: BOOLEAN,
        default: "none",
        about: "The negative of enlarge.",
    },
    ParameterRow {
        name: "dpr",
        aliases: &[],
        allowed: "a number from 0.1 to 8",
        default: "1",
        about: "Factor on width and height, for dense displays.",
    },
    ParameterRow {
        name: "quality",
        aliases: &["q"],
        allowed: "a whole number from 1 to 100",
        default: "80",
        about: "Quality of lossy formats, on each format's own scale.",
    },
    ParameterRow {
        name: "type",
        aliases: &["format", "f", "output"],
        allowed: "jpeg (or jpg), png, webp or auto",
        default: "the input's where it can be written, else PNG with alpha and JPEG without",
        about: "Format of the answer.",
    },
    ParameterRow {
        name: "gravity",
        aliases: &["g", "position"],
        allowed: "centre, north, northeast, east, southeast, south, southwest, west, northwest \
                  (or top, bottom, left, right, n, ne, …), or a focal point such as 0.3,0.7",
        default: "centre",
        about: "Which part stays where something is cut.",
    },
    ParameterRow {
        name: "background",
        aliases: &["bg", "b"],
        allowed: "255,255,255, fff, ffffff, ffffff80, or a CSS colour name",
        default: "white for JPEG, transparent else",
        about: "What lies behind transparent parts and beside the picture.",
    },
    ParameterRow {
        name: "linear",
        aliases: &[],
        allowed: BOOLEAN,
        default: "as the server is configured",
        about: "Whether to resize in linear light.",
    },
];

/// What is wrong with the parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterError {
    /// Out of range, unreadable, contradictory or in conflict with another.
    Invalid {
        /// The parameter, as the client wrote it.
        parameter: String,
        /// What is allowed, in words.
        allowed: String,
    },
    /// A parameter that the operation needs is absent.
    Missing {
        /// Which one, or which of several.
        parameter: String,
        /// What is allowed, in words.
        allowed: String,
    },
    /// No parameter of that name.
    Unknown {
        /// As the client wrote it.
        parameter: String,
        /// The nearest known name, if one is near.
        nearest: Option<&'static str>,
    },
}

/// A needed parameter that is absent; `of` is the row that says what is allowed.
pub(super) fn missing(parameter: &str, of: &str) -> ParameterError {
    ParameterError::Missing {
        parameter: parameter.to_owned(),
        allowed: allowed(of),
    }
}

/// Two parameters that contradict each other.
pub(super) fn conflict(parameter: &str, with: &str) -> ParameterError {
    ParameterError::Invalid {
        parameter: parameter.to_owned(),
        allowed: format!("nothing that contradicts {with}"),
    }
}

/// With a limit of the configuration in the place of its name.
pub(super) fn with_limit(error: ParameterError, setting: &str, limit: u32) -> ParameterError {
    match error {
        ParameterError::Invalid { parameter, allowed } => ParameterError::Invalid {
            parameter,
            allowed: allowed.replace(setting, &limit.to_string()),
        },
        other => other,
    }
}

/// Whether a client that writes this means the parameter of that canonical name.
pub(super) fn is(name: &str, written: &str) -> bool {
    row(written).is_some_and(|row| row.name == name)
}

fn allowed(name: &str) -> String {
    row(name).map_or_else(String::new, |row| row.allowed.to_owned())
}

fn row(name: &str) -> Option<&'static ParameterRow> {
    PARAMETERS
        .iter()
        .find(|row| row.name == name || row.aliases.contains(&name))
}

/// The given values of one source by canonical name, each with the name that the client used.
#[derive(Debug)]
pub(super) struct Values<'a>(BTreeMap<&'static str, (&'a str, &'a str)>);

impl<'a> Values<'a> {
    /// Sorts out names; the same parameter twice must say the same.
    pub(super) fn collect(
        pairs: &'a [(String, String)],
        lenient: bool,
    ) -> Result<Self, ParameterError> {
        gather(pairs, lenient).map(Self)
    }

    /// Without what another source says already.
    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// These values, and those of another source where there are none.
    pub(super) fn or(mut self, other: Self) -> Self {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// The value of the parameter of that canonical name.
    pub(super) fn get<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ParameterError> {
        let Some(&(written, value)) = self.0.get(name) else {
            return Ok(None);
        };
        parse(value)
            .map(Some)
            .ok_or_else(|| ParameterError::Invalid {
                parameter: written.to_owned(),
                allowed: allowed(name),
            })
    }
}

fn gather(
    pairs: &[(String, String)],
    lenient: bool,
) -> Result<BTreeMap<&'static str, (&str, &str)>, ParameterError> {
    let mut values = BTreeMap::new();
    for (written, value) in pairs {
        let Some(row) = row(written) else {
            if lenient {
                continue;
            }
            return Err(ParameterError::Unknown {
                parameter: written.clone(),
                nearest: nearest(written),
            });
        };
        let given = (written.as_str(), value.as_str());
        let (_, first) = *values.entry(row.name).or_insert(given);
        if first != value {
            return Err(ParameterError::Invalid {
                parameter: written.clone(),
                allowed: format!("one value for {}", row.name),
            });
        }
    }
    Ok(values)
}

/// The known name that a typo most likely meant: at most a third of its letters differ.
fn nearest(written: &str) -> Option<&'static str> {
    PARAMETERS
        .iter()
        .flat_map(|row| [row.name].into_iter().chain(row.aliases.iter().copied()))
        .filter(|name| name.len() > 2)
        .map(|name| {
            let distance = strsim::damerau_levenshtein(&written.to_ascii_lowercase(), name);
            (distance, name)
        })
        .filter(|(distance, name)| distance * 3 <= name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Digits only: no sign, no point, no exponent.
pub(super) fn whole<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// A decimal number without exponent: digits with at most one point.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain {
        return None;
    }
    text.parse().ok()
}

/// `true/false/1/0/yes/no/on/off` in any case; the bare name is true.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "" | "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
