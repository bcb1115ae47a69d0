//! The steps of a pipeline, out of their JSON.

use serde_json::{Map, Value};

use crate::pipeline::operation;
use crate::pipeline::parameter::{Given, ParameterError};
use crate::pipeline::request::{Draft, MAX_STEPS};

const NO_LIST: &str = "no list of steps";

/// A JSON array of objects with `operation`, and maybe `params` and `ignore_failure`, in any case.
///
/// What follows the array is not looked at, as imaginary does.
///
/// # Errors
/// [`ParameterError::Invalid`] about `operations`, or about the parameter of a step.
pub(super) fn parse(text: &str) -> Result<Vec<Draft>, ParameterError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let steps = match values.next() {
        Some(Ok(Value::Array(steps))) => steps,
        _ if text.len() < 2 => Vec::new(),
        None | Some(Ok(Value::Null)) => Vec::new(),
        Some(_) => return Err(operation::not_steps(NO_LIST)),
    };
    let drafts: Vec<_> = steps.into_iter().map(draft).collect::<Result<_, _>>()?;
    match drafts.len() {
        0 => Err(operation::not_steps("")),
        1..=MAX_STEPS => Ok(drafts),
        _ => Err(operation::not_steps("too many")),
    }
}

/// Whether it could be steps, where they have no effect.
///
/// # Errors
/// [`ParameterError::Invalid`].
pub(super) fn check(text: &str) -> Result<(), ParameterError> {
    if text.len() < 2 {
        return Ok(());
    }
    match serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .next()
    {
        Some(Ok(Value::Array(_) | Value::Null)) => Ok(()),
        _ => Err(operation::not_steps(NO_LIST)),
    }
}

fn draft(step: Value) -> Result<Draft, ParameterError> {
    let step = match step {
        Value::Object(step) => step,
        // No operation has that name, which is said of it.
        Value::Null => Map::new(),
        _ => return Err(operation::not_steps(NO_LIST)),
    };
    let mut draft = Draft {
        operation: String::new(),
        given: Vec::new(),
        ignore_failure: false,
    };
    for (key, value) in step {
        match (key.to_ascii_lowercase().as_str(), value) {
            ("operation", Value::String(name)) => draft.operation = name,
            ("params", Value::Object(params)) => draft.given = given(params),
            ("ignore_failure", Value::Bool(ignored)) => draft.ignore_failure = ignored,
            ("params" | "ignore_failure", Value::Null) => {}
            _ => return Err(operation::not_steps(NO_LIST)),
        }
    }
    Ok(draft)
}

fn given(params: Map<String, Value>) -> Vec<(String, Given)> {
    let one = |(name, value): (String, Value)| {
        let value = match value {
            Value::String(text) => Given::Text(text),
            Value::Bool(truth) => Given::Boolean(truth),
            Value::Number(number) => Given::Number(number.as_f64().unwrap_or(f64::INFINITY)),
            Value::Null | Value::Array(_) | Value::Object(_) => Given::Other,
        };
        (name, value)
    };
    params.into_iter().map(one).collect()
}
