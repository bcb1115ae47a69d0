//! How a picture is turned, and which part of it is meant.

use super::{Area, MAX_SIDE, Turn};
use crate::pipeline::operation::{OperationRow, Verb};
use crate::pipeline::parameter::{Grammar, ParameterError, Values};

/// Turns and mirrors; a rotation is `degrees`, at least 0.
pub(super) fn turn(
    operation: &OperationRow,
    values: &Values<'_>,
    degrees: f64,
) -> Result<Turn, ParameterError> {
    let quarters = (degrees / 90.0).floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below 4"
    )]
    let quarters = match values.grammar() {
        Grammar::Strict => quarters % 4.0,
        Grammar::Imaginary => quarters.min(3.0),
    } as u8;
    let mirrors = |name, verb| {
        let asked = values.boolean(name)?.unwrap_or(false);
        Ok(asked || operation.verb == verb)
    };
    Ok(Turn {
        as_stored: values.boolean("norotation")?.unwrap_or(false),
        quarters,
        flip: mirrors("flip", Verb::Flip)?,
        flop: mirrors("flop", Verb::Flop)?,
    })
}

/// The area that is cut out, or where something is put.
pub(super) fn area(operation: &OperationRow, values: &Values<'_>) -> Result<Area, ParameterError> {
    let pixels = |name| {
        let pixels = values.whole(name, 0..=MAX_SIDE)?;
        Ok(pixels.unwrap_or(0).min(MAX_SIDE))
    };
    let area = Area {
        left: pixels("left")?,
        top: pixels("top")?,
        width: pixels("areawidth")?,
        height: pixels("areaheight")?,
        centred: operation.verb == Verb::Zoom && values.boolean("nocrop")? == Some(false),
    };
    Ok(area)
}
