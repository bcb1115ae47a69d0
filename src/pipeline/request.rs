//! What a client asks: parameters parsed into steps, believed from here on.
//!
//! Wire words end here: past this file a request is typed. Knows nothing of HTTP;
//! it gets names and values, wherever they came from.

use super::operation::{self, Needs, OperationRow, Verb};
use super::output;
use super::parameter::{self, Given, Grammar, ParameterError, Values};
use super::step::{self, Step};
use super::trim::Bounds;
use crate::codecs::{Format, Header, Orientation};

/// The format of the answer, as asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Type {
    /// The input's where it can be written, else PNG with alpha and JPEG without.
    #[default]
    Source,
    /// By what the client accepts.
    Auto,
    /// This one; its row has `writes` set.
    Named(Format),
}

/// What a client asks, parsed and believed from here on.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Which operation.
    pub operation: &'static OperationRow,
    /// What is done, in order; one step but for a pipeline.
    pub steps: Vec<Step>,
    /// Written in imaginary's way, whose defaults differ.
    pub grammar: Grammar,
    /// Whether the answer is said to depend on what the client accepts, whatever its format.
    pub varies: bool,
    /// What the client accepts, for [`Type::Auto`].
    pub accept: Accept,
}

/// What a client says of the formats that it reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// Formats better than any input's that it names, best first.
    pub better: Vec<Format>,
    /// Formats that it doesn't want.
    pub refused: Vec<Format>,
}

/// How parameters are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Unknown parameters are ignored.
    pub lenient: bool,
    /// How values are written.
    pub grammar: Grammar,
    /// The largest width and height that may be asked for.
    pub max_side: u32,
}

/// A step of a pipeline as the client wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Name of the operation.
    pub operation: String,
    /// Its parameters.
    pub given: Vec<(String, Given)>,
    /// Whether the pipeline goes on without it when it fails.
    pub ignore_failure: bool,
}

/// Steps of a pipeline, at most.
pub const MAX_STEPS: usize = 10;

impl Request {
    /// Whether the answer's format depends on the `Accept` header: the answer then says `Vary: Accept`, errors too.
    pub fn negotiates(&self) -> bool {
        self.varies
    }

    /// The page or frame of the source that is asked for, from 0.
    pub fn page(&self) -> u32 {
        output::last(self, |writing| writing.page).unwrap_or(0)
    }

    /// Imaginary takes `auto` for no type where a type has to be named and the client accepts none that it knows.
    fn check_auto(&self) -> Result<(), ParameterError> {
        let nothing = self.grammar == Grammar::Imaginary
            && self.operation.needs == Needs::Type
            && self.varies
            && self.accept.better.is_empty();
        if nothing {
            return Err(parameter::missing(self.operation.name, "type", "type"));
        }
        Ok(())
    }

    /// Whether a step asks for an answer without metadata.
    pub(super) fn strips(&self) -> bool {
        self.steps.iter().any(|step| step.writing.strips)
    }

    /// What is wrong with a step, as a client finds it again.
    pub(super) fn placed(&self, error: ParameterError, index: usize) -> ParameterError {
        match self.steps.get(index) {
            Some(step) if step.operation != self.operation => error.in_step(index),
            _ => error,
        }
    }

    /// With what the client accepts, for `type=auto`.
    #[must_use]
    pub fn accepting(self, accept: Accept) -> Self {
        Self { accept, ..self }
    }

    /// Where the pictures come from that steps draw, in the steps' order: a place that the client names, or none for what comes
    /// with the request; and whether one of the steps that draw it can't do without.
    pub fn images(&self) -> impl Iterator<Item = (Option<&str>, bool)> {
        let marks = || {
            let steps = self.steps.iter();
            steps.filter_map(|step| Some((step.image.as_ref()?.place(), !step.ignore_failure)))
        };
        marks().map(move |(place, _)| {
            let needed = marks().any(|(other, is_needed)| is_needed && other == place);
            (place, needed)
        })
    }

    /// With the pictures that steps draw: `find` says which of those beside the first is from that place.
    #[must_use]
    pub fn drawing(mut self, find: impl Fn(Option<&str>) -> Option<usize>) -> Self {
        for step in &mut self.steps {
            let found = step.image.as_mut().and_then(|mark| mark.find(&find));
            step.missing = step.missing.take().filter(|_| found.is_none());
        }
        self
    }

    /// The tolerance by which borders are to be found, and the turn before that, if they are and haven't been.
    pub(super) fn seeks(&self, header: &Header) -> Option<(u8, Orientation)> {
        let first = self.steps.first()?;
        let tolerance = first.trim.filter(|_| first.bounds.is_none())?;
        let turn = if first.turn.as_stored {
            Orientation::default()
        } else {
            header.orientation
        };
        Some((tolerance, turn))
    }

    /// With what was found: that is all that the first step sees.
    #[must_use]
    pub fn trimmed(mut self, bounds: Bounds) -> Self {
        if let Some(first) = self.steps.first_mut() {
            first.bounds = Some(bounds);
        }
        self
    }

    /// The first parameter that a step can't do without and doesn't have, unless its failure is ignored.
    ///
    /// # Errors
    /// [`ParameterError::Missing`].
    pub fn complete(&self) -> Result<(), ParameterError> {
        self.check_auto()?;
        let mut steps = self.steps.iter().enumerate();
        let missing = steps.find_map(|(index, step)| {
            let missing = step.missing.clone().filter(|_| !step.ignore_failure);
            missing.map(|error| self.placed(error, index))
        });
        missing.map_or(Ok(()), Err)
    }
}

/// Whether these pairs ask for `type=auto`, whatever else is wrong with them.
pub fn negotiates(pairs: &[(String, String)]) -> bool {
    pairs.iter().any(|(name, value)| {
        parameter::is("type", name) && step::parse_type(value) == Some(Type::Auto)
    })
}

/// The text of `operations`, from the query, else from the form.
pub fn operations<'a>(
    query: &'a [(String, String)],
    fields: &'a [(String, String)],
) -> Option<&'a str> {
    let mut pairs = query.iter().chain(fields);
    let found = pairs.find(|(name, _)| parameter::is("operations", name));
    found.map(|(_, value)| value.as_str())
}

/// Parses the parameters of one request. The query wins over form fields of the same meaning.
///
/// What is missing is noted in the steps: see [`Request::complete`].
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(
    operation: &'static OperationRow,
    query: &[(String, String)],
    fields: &[(String, String)],
    rules: Rules,
) -> Result<Request, ParameterError> {
    let query = Values::collect(query, rules.lenient, rules.grammar)?;
    let fields = Values::collect(fields, rules.lenient, rules.grammar)?;
    let step = step::parse(operation, query, fields, rules.max_side)?;
    Ok(Request {
        operation,
        varies: step.writing.output == Some(Type::Auto),
        steps: vec![step],
        grammar: rules.grammar,
        accept: Accept::default(),
    })
}

/// Parses the steps of a pipeline. Parameters beside them are checked, and are otherwise without effect.
///
/// # Errors
/// The first thing that is wrong, in any step.
pub fn parse_steps(
    operation: &'static OperationRow,
    drafts: &[Draft],
    query: &[(String, String)],
    fields: &[(String, String)],
    rules: Rules,
) -> Result<Request, ParameterError> {
    let beside = parse(operation, query, fields, rules)?;
    let mut steps = drafts
        .iter()
        .enumerate()
        .map(|(index, draft)| parse_step(draft, rules).map_err(|error| error.in_step(index)))
        .collect::<Result<Vec<_>, _>>()?;
    if rules.grammar == Grammar::Imaginary {
        // There is no such parameter there that could be in the wrong place.
        let others = steps.iter_mut().skip(1);
        others
            .filter(|step| step.operation.verb != Verb::Trim)
            .for_each(|step| step.trim = None);
    }
    let late = steps.iter().skip(1).position(|step| step.trim.is_some());
    if let Some(index) = late {
        // What is drawn by then is a thing of moments.
        let error = parameter::outside(
            "trim",
            "",
            "what the first step does, on the picture as it comes".to_owned(),
        );
        return Err(error.in_step(index + 1));
    }
    Ok(Request {
        varies: beside.varies
            || steps
                .iter()
                .any(|step| step.writing.output == Some(Type::Auto)),
        steps,
        ..beside
    })
}

fn parse_step(draft: &Draft, rules: Rules) -> Result<Step, ParameterError> {
    let row = operation::in_pipeline(&draft.operation).ok_or_else(|| {
        let names: Vec<_> = operation::pipelined()
            .map(OperationRow::step_name)
            .collect();
        ParameterError::Invalid {
            parameter: "operation".to_owned(),
            value: draft.operation.clone(),
            allowed: names.join(", "),
        }
    })?;
    let mut pairs = parameter::texts(&draft.given, rules.grammar)?;
    if rules.grammar == Grammar::Imaginary {
        check_type(row, &mut pairs)?;
    }
    let values = Values::collect(&pairs, rules.lenient, rules.grammar)?;
    let none = Values::collect(&[], rules.lenient, rules.grammar)?;
    let step = step::parse(row, values, none, rules.max_side)?;
    Ok(Step {
        ignore_failure: draft.ignore_failure,
        ..step
    })
}

/// In a step imaginary takes an unknown type for none, `auto` among them, but where a type is all that it is about.
fn check_type(row: &OperationRow, pairs: &mut Vec<(String, String)>) -> Result<(), ParameterError> {
    let is_unknown = |(name, value): &(String, String)| {
        name == "type" && !value.is_empty() && !step::is_imaginarys(value)
    };
    if row.needs != Needs::Type {
        pairs.retain(|pair| !is_unknown(pair));
        return Ok(());
    }
    match pairs.iter().find(|pair| is_unknown(pair)) {
        Some((name, value)) => Err(parameter::invalid(name, value)),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
