//! One step: an operation and what it is asked to do.

mod effects;
mod marks;
mod shape;
mod sizing;
mod writing;

pub use self::effects::{Edges, Effects};
pub use self::marks::{ImageMark, TextMark};
use self::shape::{area, turn};
use self::sizing::{both_sides, either_enlarge, sizing};
pub use self::writing::Writing;
pub(super) use self::writing::{is_imaginarys, parse_type};
use super::operation::{self, Needs, OperationRow, Verb};
use super::parameter::{self, Grammar, ParameterError, Values};
use super::trim::Bounds;
use super::value::{Colour, Enlarge, Extend, Fit, Gravity};

/// What is done to a picture in one step, in the order of the fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which operation.
    pub operation: &'static OperationRow,
    /// Whether the pipeline goes on without it when it fails.
    pub ignore_failure: bool,
    /// What it can't do without and doesn't have.
    pub missing: Option<ParameterError>,
    /// By which tolerance borders of one colour go, once it is upright.
    pub trim: Option<u8>,
    /// What is left without them, once that is known.
    pub bounds: Option<Bounds>,
    /// How it is turned.
    pub turn: Turn,
    /// How many times each pixel is repeated beside itself; 0 is not at all.
    pub factor: u32,
    /// The size it gets.
    pub sizing: Sizing,
    /// The part that is cut out.
    pub area: Area,
    /// What is done to its look.
    pub effects: Effects,
    /// The text that is drawn over it.
    pub text: Option<TextMark>,
    /// The picture that is drawn over it, with its corner at that of the area.
    pub image: Option<ImageMark>,
    /// What is done to its edges.
    pub edges: Edges,
    /// Whether colour goes.
    pub grey: bool,
    /// What lies behind transparent parts and beside the picture; `None` is the format's default.
    pub background: Option<Colour>,
    /// Whether to resize in linear light; `None` is the server's default.
    pub linear: Option<bool>,
    /// What is asked of the file.
    pub writing: Writing,
}

/// Turns and mirrors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// The orientation that the file asks for stays a tag.
    pub as_stored: bool,
    /// Quarters clockwise, 0 to 3.
    pub quarters: u8,
    /// Left and right change places.
    pub flip: bool,
    /// Top and bottom change places.
    pub flop: bool,
}

/// A size, and how a picture gets it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizing {
    /// Width in pixels, at least 1.
    pub width: Option<u32>,
    /// Height in pixels, at least 1.
    pub height: Option<u32>,
    /// How the picture fits into both.
    pub fit: Fit,
    /// Whether it may become larger than the source.
    pub enlarge: Enlarge,
    /// A side that isn't given stays, and nothing is scaled.
    pub cuts: bool,
    /// Which part stays where something is cut, and where the picture goes on a canvas.
    pub gravity: Gravity,
    /// What fills a canvas.
    pub extend: Extend,
}

/// A part of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Distance from the left edge.
    pub left: u32,
    /// Distance from the top edge.
    pub top: u32,
    /// Pixels across, at least 1; 0 is not given.
    pub width: u32,
    /// Pixels down, at least 1; 0 is not given.
    pub height: u32,
    /// It is not where it says, but in the middle, and of the source's size.
    pub centred: bool,
}

/// No side that is asked for is longer, whatever the settings.
const MAX_SIDE: u32 = parameter::MAX_LENGTH;

/// Parses one step. `values` win over `fields`.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn parse(
    operation: &'static OperationRow,
    values: Values<'_>,
    mut fields: Values<'_>,
    max_side: u32,
) -> Result<Step, ParameterError> {
    let mut query = values;
    if operation.verb == Verb::Autorotate && query.grammar() == Grammar::Imaginary {
        // All of them are read, and none counts.
        let all = Values::collect(&[], true, Grammar::Imaginary)?;
        parse(operation::plain(), query, fields, max_side)?;
        (query, fields) = (all, Values::collect(&[], true, Grammar::Imaginary)?);
    }
    // What has several names is settled source by source: a form can't contradict the query.
    let sides = both_sides(&query, &mut fields, max_side)?;
    let enlarge = either_enlarge(&query, &mut fields)?;
    let values = query.or(fields);
    let loose = values.grammar() == Grammar::Imaginary;
    let rotate = values.get("rotate", |text| {
        if loose {
            return parameter::loose(text).map(|degrees| (degrees + 0.5).floor());
        }
        let degrees: u16 = parameter::whole(text)?;
        (degrees.is_multiple_of(90) && degrees <= 3600).then_some(f64::from(degrees))
    })?;
    let turn = turn(operation, &values, rotate.unwrap_or(0.0))?;
    let area = area(operation, &values)?;
    let mut step = Step {
        operation,
        ignore_failure: false,
        missing: None,
        trim: effects::trim(operation, &values)?,
        bounds: None,
        turn,
        factor: values.whole("factor", 1..=100)?.unwrap_or(0),
        sizing: sizing(operation, &values, sides, enlarge, turn)?,
        area,
        effects: effects::effects(&values)?,
        text: marks::text(operation, &values)?,
        image: marks::image(operation, &values)?,
        edges: effects::edges(&values)?,
        grey: grey(&values)?,
        background: background(&values)?,
        linear: values.boolean("linear")?,
        writing: writing::parse(&values)?,
    };
    let least = values.decimal("minampl", 0.0..=1.0)?.unwrap_or(0.0);
    let turns = rotate.is_some_and(|degrees| degrees > 0.0);
    let steps = values.get("operations", |text| Some(!text.is_empty()))?;
    step.missing = missing(&step, [turns, least > 0.0, steps.unwrap_or(false)]);
    Ok(step)
}

/// What the step can't do without.
fn missing(step: &Step, [turns, has_amplitude, has_steps]: [bool; 3]) -> Option<ParameterError> {
    let Sizing { width, height, .. } = step.sizing;
    let (words, row) = match step.operation.needs {
        Needs::Side if width.is_none() && height.is_none() => ("width or height", "width"),
        Needs::Sides if width.is_none() || height.is_none() => ("width and height", "width"),
        Needs::Type if step.writing.output.is_none() => ("type", "type"),
        Needs::Area if step.area.width == 0 || step.area.height == 0 => {
            ("areawidth and areaheight", "areawidth")
        }
        Needs::Factor if step.factor == 0 => ("factor", "factor"),
        Needs::Rotate if !turns => ("rotate", "rotate"),
        Needs::Blur if step.effects.blur == 0.0 && !has_amplitude => ("sigma", "sigma"),
        Needs::Text if step.text.is_none() => ("text", "text"),
        // Until it is found in a form.
        Needs::Image
            if step
                .image
                .as_ref()
                .is_none_or(|mark| mark.place().is_none()) =>
        {
            ("image", "image")
        }
        _ if step.operation.verb == Verb::Zoom && zooms_into_nothing(step.area) => {
            ("areawidth or areaheight", "areawidth")
        }
        Needs::Operations if !has_steps => ("operations", "operations"),
        needs => effects::missing(needs, &step.effects, step.edges)?,
    };
    Some(parameter::missing(step.operation.name, words, row))
}

fn zooms_into_nothing(area: Area) -> bool {
    (area.left > 0 || area.top > 0) && area.width == 0 && area.height == 0
}

fn grey(values: &Values<'_>) -> Result<bool, ParameterError> {
    let grey = values.get("colorspace", |text| match text {
        "bw" => Some(true),
        "srgb" | "p3" | "keep" => Some(false),
        _ => (values.grammar() == Grammar::Imaginary).then_some(false),
    })?;
    Ok(grey.unwrap_or(false) || values.boolean("grayscale")?.unwrap_or(false))
}

fn background(values: &Values<'_>) -> Result<Option<Colour>, ParameterError> {
    if values.grammar() == Grammar::Strict {
        return values.get("background", Colour::parse);
    }
    let given = values.get("background", |text| match text {
        "" => Some(None),
        text => Colour::loose(text).map(Some),
    })?;
    // Black is none there.
    Ok(given.flatten().filter(|colour| *colour != Colour::BLACK))
}
