//! The values of one request, by name, and the two ways of reading them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::number::{boolean, decimal, loose, rounded, whole};
use super::{Grammar, Kind, ParameterError, ParameterRow, allowed, nearest, row};

/// A value that has a type, as in a step of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Read like one of the query.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// What no parameter is: nothing, a list, an object.
    Other,
}

/// The given values of one source by canonical name, each with the name that the client used.
#[derive(Debug)]
pub(in crate::pipeline) struct Values<'a> {
    by_name: BTreeMap<&'static str, (&'a str, &'a str)>,
    grammar: Grammar,
}

impl<'a> Values<'a> {
    /// Sorts out names; the same parameter twice must say the same, or, for imaginary, the first counts.
    pub(in crate::pipeline) fn collect(
        pairs: &'a [(String, String)],
        lenient: bool,
        grammar: Grammar,
    ) -> Result<Self, ParameterError> {
        let by_name = gather(pairs, lenient, grammar)?;
        Ok(Self { by_name, grammar })
    }

    /// How they are written.
    pub(in crate::pipeline) fn grammar(&self) -> Grammar {
        self.grammar
    }

    /// Without what another source says already.
    pub(in crate::pipeline) fn forget(&mut self, name: &str) {
        self.by_name.remove(name);
    }

    /// These values, and those of another source where there are none.
    pub(in crate::pipeline) fn or(mut self, other: Self) -> Self {
        for (name, value) in other.by_name {
            self.by_name.entry(name).or_insert(value);
        }
        self
    }

    /// The value of the parameter of that canonical name. Where imaginary hasn't that name, what can't be read is ignored
    /// for its clients, as the name would be.
    pub(in crate::pipeline) fn get<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ParameterError> {
        let Some(&(written, value)) = self.by_name.get(name) else {
            return Ok(None);
        };
        let parsed = parse(value);
        if parsed.is_some() || is_nothing(row(name, self.grammar), self.grammar) {
            return Ok(parsed);
        }
        Err(ParameterError::Invalid {
            parameter: written.to_owned(),
            value: value.to_owned(),
            allowed: allowed(name),
        })
    }

    /// What comes of a parameter that contradicts another, one of them at least our own: a refusal, but for imaginary's clients,
    /// to whom the caller gives the other.
    pub(in crate::pipeline) fn conflict(
        &self,
        parameter: &str,
        with: &str,
    ) -> Result<(), ParameterError> {
        let (_, value) = self.by_name.get(parameter).copied().unwrap_or_default();
        match self.grammar {
            Grammar::Strict => Err(super::conflict(parameter, value, with)),
            Grammar::Imaginary => Ok(()),
        }
    }

    /// A whole number; imaginary's 0 is none at all, and it has no range.
    pub(in crate::pipeline) fn whole(
        &self,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Result<Option<u32>, ParameterError> {
        let number = self.get(name, |text| match self.grammar {
            Grammar::Strict => whole(text).filter(|number| range.contains(number)),
            Grammar::Imaginary => rounded(text),
        })?;
        Ok(number.filter(|&number| number > 0 || self.grammar == Grammar::Strict))
    }

    /// A number; imaginary drops its sign, and has no range but the largest there is here.
    pub(in crate::pipeline) fn decimal(
        &self,
        name: &'static str,
        range: RangeInclusive<f64>,
    ) -> Result<Option<f64>, ParameterError> {
        self.get(name, |text| match self.grammar {
            Grammar::Strict => decimal(text).filter(|number| range.contains(number)),
            Grammar::Imaginary => loose(text).map(|number| number.min(*range.end())),
        })
    }

    /// True or false.
    pub(in crate::pipeline) fn boolean(
        &self,
        name: &'static str,
    ) -> Result<Option<bool>, ParameterError> {
        self.get(name, |text| match (self.grammar, text) {
            (Grammar::Strict, text) => boolean(text),
            (_, "1" | "t" | "T" | "true" | "TRUE" | "True") => Some(true),
            (_, "" | "0" | "f" | "F" | "false" | "FALSE" | "False") => Some(false),
            _ => None,
        })
    }
}

/// Whether the parameter of that row is none to whoever writes in that grammar.
fn is_nothing(row: Option<&ParameterRow>, grammar: Grammar) -> bool {
    row.is_none_or(|row| row.is_own && grammar == Grammar::Imaginary)
}

/// A step's values as text, where their types are the ones that their names have. Of what is no parameter the name alone is kept, for
/// [`Values::collect`] to say what it thinks of it.
///
/// # Errors
/// The first that has another type.
pub(in crate::pipeline) fn texts(
    given: &[(String, Given)],
    grammar: Grammar,
) -> Result<Vec<(String, String)>, ParameterError> {
    let mut texts = Vec::with_capacity(given.len());
    for (name, value) in given {
        let row = row(name, grammar);
        let text = row.map(|row| text(value, row.kind, grammar));
        match text {
            Some(Some(text)) => texts.push((name.clone(), text)),
            None => texts.push((name.clone(), String::new())),
            Some(None) if is_nothing(row, grammar) => {}
            Some(None) => {
                return Err(ParameterError::Invalid {
                    parameter: name.clone(),
                    value: String::new(),
                    allowed: allowed(name),
                });
            }
        }
    }
    Ok(texts)
}

/// A value of that kind.
fn text(value: &Given, kind: Kind, grammar: Grammar) -> Option<String> {
    let is_whole = kind.is_whole();
    match (value, kind) {
        (Given::Text(text), _) => Some(text.clone()),
        // Imaginary cuts where it rounds what is written as a string.
        (Given::Number(number), _) if is_whole && grammar == Grammar::Imaginary => {
            Some(number.trunc().to_string())
        }
        (Given::Number(number), Kind::Decimal { .. }) => Some(number.to_string()),
        (Given::Number(number), _) if is_whole => Some(number.to_string()),
        (Given::Boolean(truth), Kind::Boolean) => Some(truth.to_string()),
        _ => None,
    }
}

fn gather(
    pairs: &[(String, String)],
    lenient: bool,
    grammar: Grammar,
) -> Result<BTreeMap<&'static str, (&str, &str)>, ParameterError> {
    let mut values = BTreeMap::new();
    for (written, value) in pairs {
        let Some(row) = row(written, grammar) else {
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
        if first != value && grammar == Grammar::Strict {
            return Err(ParameterError::Invalid {
                parameter: written.clone(),
                value: value.clone(),
                allowed: format!("one value for {}", row.name),
            });
        }
    }
    Ok(values)
}
