//! Parameters: the table of names, and the two grammars by which values are read.

mod kind;
mod number;
mod row;
mod table;
mod values;
mod words;

pub use self::kind::Kind;
pub(super) use self::kind::MAX_LENGTH;
pub(super) use self::number::{decimal, loose, whole};
pub use self::row::{ParameterRow, Taken};
pub use self::table::PARAMETERS;
pub use self::values::Given;
pub(super) use self::values::{Values, texts};
pub use self::words::Choice;

/// What is wrong with the parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterError {
    /// Out of range, unreadable, contradictory or in conflict with another.
    Invalid {
        /// The parameter, as the client wrote it.
        parameter: String,
        /// The value, as the client wrote it.
        value: String,
        /// What is allowed, in words.
        allowed: String,
    },
    /// A parameter that the operation needs is absent.
    Missing {
        /// Which operation.
        operation: &'static str,
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
    /// The same of a step in a pipeline.
    InStep {
        /// Which one, from 1.
        step: usize,
        /// What is wrong with it.
        error: Box<ParameterError>,
    },
}

impl ParameterError {
    /// As that of a step, which is counted from 0.
    #[must_use]
    pub(super) fn in_step(self, index: usize) -> Self {
        Self::InStep {
            step: index + 1,
            error: Box::new(self),
        }
    }

    /// Whether something is missing that might still come.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Missing { .. } => true,
            Self::InStep { error, .. } => error.is_missing(),
            Self::Invalid { .. } | Self::Unknown { .. } => false,
        }
    }
}

/// A needed parameter that is absent; `of` is the row that says what is allowed.
pub(super) fn missing(operation: &'static str, parameter: &str, of: &str) -> ParameterError {
    ParameterError::Missing {
        operation,
        parameter: parameter.to_owned(),
        allowed: allowed(of),
    }
}

/// A parameter whose value is not as its row says.
pub(super) fn invalid(parameter: &str, value: &str) -> ParameterError {
    ParameterError::Invalid {
        parameter: parameter.to_owned(),
        value: value.to_owned(),
        allowed: allowed(parameter),
    }
}

/// A parameter whose value makes no sense for this picture, or in this place; the value is empty where it isn't known.
pub(super) fn outside(
    parameter: &str,
    value: &(impl ToString + ?Sized),
    allowed: String,
) -> ParameterError {
    ParameterError::Invalid {
        parameter: parameter.to_owned(),
        value: value.to_string(),
        allowed,
    }
}

/// Two parameters that contradict each other.
pub(super) fn conflict(parameter: &str, value: &str, with: &str) -> ParameterError {
    ParameterError::Invalid {
        parameter: parameter.to_owned(),
        value: value.to_owned(),
        allowed: format!("nothing that contradicts {with}"),
    }
}

/// With a limit of the configuration in the place of its name.
pub(super) fn with_limit(error: ParameterError, setting: &str, limit: u32) -> ParameterError {
    match error {
        ParameterError::Invalid {
            parameter,
            value,
            allowed,
        } => ParameterError::Invalid {
            parameter,
            value,
            allowed: allowed.replace(setting, &limit.to_string()),
        },
        other => other,
    }
}

/// Whether a client that writes this means the parameter of that canonical name.
pub(super) fn is(name: &str, written: &str) -> bool {
    row(written, Grammar::Strict).is_some_and(|row| row.name == name)
}

fn allowed(name: &str) -> String {
    row(name, Grammar::Strict).map_or_else(String::new, |row| row.allowed.to_owned())
}

/// The row of that name; imaginary knows no aliases, so that what it ignores is ignored.
fn row(name: &str, grammar: Grammar) -> Option<&'static ParameterRow> {
    let aliased = grammar == Grammar::Strict;
    PARAMETERS
        .iter()
        .find(|row| row.name == name || aliased && row.aliases.contains(&name))
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// As the table says, and nothing else.
    Strict,
    /// As imaginary reads them: numbers of any spelling without their sign, 0 for what is absent, no ranges.
    Imaginary,
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
