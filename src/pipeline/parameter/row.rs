//! What is said of each parameter.

use super::kind::Kind;

/// A parameter of the query, of a form field or of a step in a pipeline.
#[derive(Debug)]
pub struct ParameterRow {
    /// Canonical name.
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// What its value is.
    pub kind: Kind,
    /// What its numbers count; empty where that is nothing.
    pub unit: &'static str,
    /// Where it has an effect.
    pub taken: Taken,
    /// A value that shows what it does.
    pub example: &'static str,
    /// What values it takes, in words; the `allowed` of a problem.
    pub allowed: &'static str,
    /// What it is when absent, in words.
    pub default: &'static str,
    /// One line for a person.
    pub about: &'static str,
    /// Whether imaginary hasn't it: to its clients such a name is nothing that could be wrong.
    pub is_own: bool,
}

/// Where a parameter has an effect; its value is looked at everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// In every operation but a pipeline, whose steps have their own.
    Every,
    /// The same, and in what is told of a picture.
    EveryAndInfo,
    /// In these alone, by their names; what is told of a picture is `info`.
    Only(&'static [&'static str]),
    /// In none: it is about who asks.
    WhoeverAsks,
}

impl Taken {
    /// Whether it has an effect there; what is told of a picture is `info`.
    pub fn by(self, operation: &str) -> bool {
        match self {
            Self::Every => !matches!(operation, "pipeline" | "info"),
            Self::EveryAndInfo => operation != "pipeline",
            Self::Only(names) => names.contains(&operation),
            Self::WhoeverAsks => false,
        }
    }

    /// Whether what makes a picture looks at the value, even where that has no effect; at steps a pipeline alone does.
    pub fn by_pictures(self) -> bool {
        !matches!(self, Self::Only(["info"]) | Self::WhoeverAsks)
    }
}

impl ParameterRow {
    /// Whether its name alone says something.
    pub fn may_be_bare(&self) -> bool {
        matches!(self.kind, Kind::Boolean | Kind::WholeOr { word: "", .. })
    }

    /// The value that it has when it is absent, where that is always the same one.
    pub fn default_value(&self) -> Option<&'static str> {
        Some(self.default).filter(|default| self.kind.is_value(default))
    }
}

type Names = &'static [&'static str];

/// Kind, unit, where they have an effect, and an example.
type Values = (Kind, &'static str, Taken, &'static str);

/// A row.
pub(super) const fn row(
    (name, aliases): (&'static str, Names),
    (kind, unit, taken, example): Values,
    allowed: &'static str,
    default: &'static str,
    about: &'static str,
) -> ParameterRow {
    ParameterRow {
        name,
        aliases,
        kind,
        unit,
        taken,
        example,
        allowed,
        default,
        about,
        is_own: false,
    }
}

/// One that imaginary hasn't.
pub(super) const fn own(
    names: (&'static str, Names),
    values: Values,
    allowed: &'static str,
    default: &'static str,
    about: &'static str,
) -> ParameterRow {
    ParameterRow {
        is_own: true,
        ..row(names, values, allowed, default, about)
    }
}
