//! What the values of parameters are: kinds, their ranges, their words.

use super::words::Choice;
use crate::pipeline::value::Colour;

/// No length in pixels that is asked for is larger, whatever the settings.
pub(in crate::pipeline) const MAX_LENGTH: u32 = 1_000_000;

/// What a value is. Ends of ranges belong to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Pixels along a side of an answer: a whole number from 1 to the setting `max_output_side`.
    Side,
    /// A whole number that is a multiple of `step`.
    Whole {
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
        /// 1 where any will do.
        step: u32,
    },
    /// A whole number, or a word in its place.
    WholeOr {
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
        /// The word; empty for the bare name.
        word: &'static str,
    },
    /// A number.
    Decimal {
        /// The smallest.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// True or false.
    Boolean,
    /// One of some words.
    Choice(&'static Choice),
    /// A colour.
    Colour,
    /// Lengths of the four sides: a whole number, or two or four of them in a text.
    Lengths {
        /// The largest.
        most: u32,
        /// A regular expression that matches the text as a whole.
        form: &'static str,
    },
    /// A text that this regular expression matches as a whole; how large the numbers in it may be is said in words.
    Form(&'static str),
    /// A text of at most so many characters, if there is a limit.
    Text(Option<u32>),
    /// The steps of a pipeline, in JSON.
    Steps,
}

impl Kind {
    /// Any whole number from `least` to `most`.
    pub(super) const fn whole(least: u32, most: u32) -> Self {
        Self::Whole {
            least,
            most,
            step: 1,
        }
    }

    /// A number from `least` to `most`.
    pub(super) const fn decimal(least: f64, most: f64) -> Self {
        Self::Decimal { least, most }
    }

    /// Whether it may be a whole number.
    pub(super) fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Side | Self::Whole { .. } | Self::WholeOr { .. } | Self::Lengths { .. }
        )
    }

    /// Whether the text is surely such a value: so that of a default in words it is known when it is one.
    pub fn is_value(self, text: &str) -> bool {
        match self {
            kind if kind.is_whole() => super::whole::<u32>(text).is_some(),
            Self::Decimal { .. } => super::decimal(text).is_some(),
            Self::Boolean => matches!(text, "true" | "false"),
            Self::Choice(choice) => choice.words.contains(&text),
            Self::Colour => Colour::parse(text).is_some(),
            _ => false,
        }
    }
}
