//! What is done to a picture's look, whatever its size.

use std::ops::RangeInclusive;

use crate::pipeline::operation::{Needs, OperationRow, Verb};
use crate::pipeline::parameter::{self, ParameterError, Values};
use crate::pipeline::tone::Tone;
use crate::pipeline::trim::USUAL;

/// The largest deviation of a blur.
const MAX_SIGMA: f64 = 1000.0;

/// The largest deviation of what sharpening adds.
const MAX_SHARPENING: f64 = 10.0;

/// The largest factor on a tone.
const MAX_TONE: f64 = 10.0;

/// The largest side of a square that is one colour.
const MAX_SQUARE: u32 = 1000;

/// The largest border.
const MAX_BORDER: u32 = 10_000;

/// What is done to a picture of a settled size, in the order of the fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// How its samples are changed.
    pub tone: Tone,
    /// Standard deviation, in pixels, of the blur that sharpening is the opposite of; 0 is none.
    pub sharpen: f64,
    /// Standard deviation of the blur in pixels; 0 is none.
    pub blur: f64,
    /// Pixels along a side of the squares that it is made of; 0 and 1 are pixels as they are.
    pub pixelate: u32,
}

/// What is done to its edges when all is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// Pixels of background above, to the right, below, to the left.
    pub border: [u32; 4],
    /// Radius of its corners in pixels; 0 is a right angle.
    pub radius: u32,
}

/// What the values ask for.
pub(super) fn effects(values: &Values<'_>) -> Result<Effects, ParameterError> {
    let within = |name, range: RangeInclusive<f64>| {
        values.get(name, |text| {
            parameter::decimal(text).filter(|number| range.contains(number))
        })
    };
    let factor = |name, least| Ok(within(name, least..=MAX_TONE)?.unwrap_or(1.0));
    let squares = 1..=MAX_SQUARE;
    let square = |text: &str| parameter::whole(text).filter(|side| squares.contains(side));
    Ok(Effects {
        tone: Tone {
            brightness: factor("brightness", 0.0)?,
            contrast: factor("contrast", 0.0)?,
            saturation: factor("saturation", 0.0)?,
            gamma: factor("gamma", 0.1)?,
        },
        sharpen: within("sharpen", 0.0..=MAX_SHARPENING)?.unwrap_or(0.0),
        blur: values.decimal("sigma", 0.0..=MAX_SIGMA)?.unwrap_or(0.0),
        pixelate: values.get("pixelate", square)?.unwrap_or(0),
    })
}

/// The tolerance by which borders go.
pub(super) fn trim(
    operation: &OperationRow,
    values: &Values<'_>,
) -> Result<Option<u8>, ParameterError> {
    let given = values.get("trim", |text| match text {
        "" => Some(USUAL),
        text => parameter::whole(text),
    })?;
    let usual = (operation.verb == Verb::Trim).then_some(USUAL);
    Ok(given.or(usual))
}

/// What the values ask for.
pub(super) fn edges(values: &Values<'_>) -> Result<Edges, ParameterError> {
    let radius = values.get("radius", |text| match text {
        "max" => Some(u32::MAX),
        text => parameter::whole(text).filter(|&radius: &u32| radius <= super::MAX_SIDE),
    })?;
    Ok(Edges {
        border: values.get("pad", border)?.unwrap_or_default(),
        radius: radius.unwrap_or(0),
    })
}

/// One, two or four numbers, as in the `padding` of CSS.
fn border(text: &str) -> Option<[u32; 4]> {
    let number = |text: &str| parameter::whole(text.trim()).filter(|&side| side <= MAX_BORDER);
    let sides = text.split(',').map(number).collect::<Option<Vec<u32>>>()?;
    match *sides {
        [all] => Some([all; 4]),
        [down, across] => Some([down, across, down, across]),
        [top, right, bottom, left] => Some([top, right, bottom, left]),
        _ => None,
    }
}

/// What an operation that is one of these can't do without, if it isn't there: in words, and the row that says what is allowed.
pub(super) fn missing(
    needs: Needs,
    effects: &Effects,
    edges: Edges,
) -> Option<(&'static str, &'static str)> {
    match needs {
        Needs::Sharpen if effects.sharpen == 0.0 => Some(("sharpen", "sharpen")),
        Needs::Tone if effects.tone == Tone::default() => {
            Some(("brightness, contrast, saturation or gamma", "brightness"))
        }
        Needs::Square if effects.pixelate < 2 => Some(("pixelate", "pixelate")),
        Needs::Border if edges.border == [0; 4] => Some(("pad", "pad")),
        Needs::Radius if edges.radius == 0 => Some(("radius", "radius")),
        _ => None,
    }
}
