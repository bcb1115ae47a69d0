//! The table of operations: what may be done to a picture.

use super::parameter::{self, ParameterError};
use super::value::{Enlarge, Fit};

/// An endpoint that makes a picture out of a picture, and a step of a pipeline.
#[derive(Debug, PartialEq)]
pub struct OperationRow {
    /// Path without the slash.
    pub name: &'static str,
    /// What it does beside what every operation does.
    pub verb: Verb,
    /// One line for a person.
    pub about: &'static str,
    /// What must be given.
    pub needs: Needs,
    /// How the picture fits into width and height when the client doesn't say.
    pub fit: Fit,
    /// Whether it may become larger than the source when the client doesn't say.
    pub enlarge: Enlarge,
}

/// What is particular to an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Nothing: sides, turns, effects and the format, as any operation takes them.
    Plain,
    /// Imaginary's letterbox, its `force` and `nocrop`.
    Resize,
    /// A side that isn't given stays, and is not scaled.
    Crop,
    /// The same, around what draws the eye.
    SmartCrop,
    /// Takes `nocrop`.
    Enlarge,
    /// Cuts an area out.
    Extract,
    /// Repeats pixels.
    Zoom,
    /// Mirrors left and right.
    Flip,
    /// Mirrors top and bottom.
    Flop,
    /// Nothing beside what any does; for imaginary, nothing else at all.
    Autorotate,
    /// Cuts borders of one colour away.
    Trim,
    /// Draws a text.
    Watermark,
    /// Draws another picture.
    WatermarkImage,
    /// Several of the others, in their order.
    Pipeline,
}

/// The parameters without which an operation has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// `width` or `height`.
    Side,
    /// `width` and `height`.
    Sides,
    /// `type`.
    Type,
    /// `areawidth` and `areaheight`.
    Area,
    /// `factor`.
    Factor,
    /// `rotate`, and not 0.
    Rotate,
    /// `sigma` or `minampl`, and not 0.
    Blur,
    /// `sharpen`, and not 0.
    Sharpen,
    /// `brightness`, `contrast`, `saturation` or `gamma`, and not 1.
    Tone,
    /// `pixelate`, and more than 1.
    Square,
    /// `pad`, and not 0.
    Border,
    /// `radius`, and not 0.
    Radius,
    /// `text`.
    Text,
    /// `image`.
    Image,
    /// `operations`.
    Operations,
}

impl Needs {
    /// Parameters by which an operation has something to do, all of which it takes to begin with.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &[],
            Self::Side | Self::Sides => &["width", "height"],
            Self::Type => &["type"],
            Self::Area => &["areawidth", "areaheight"],
            Self::Factor => &["factor"],
            Self::Rotate => &["rotate"],
            Self::Blur => &["sigma"],
            Self::Sharpen => &["sharpen"],
            Self::Tone => &["brightness"],
            Self::Square => &["pixelate"],
            Self::Border => &["pad"],
            Self::Radius => &["radius"],
            Self::Text => &["text"],
            Self::Image => &["image"],
            Self::Operations => &["operations"],
        }
    }

    /// Whether nothing else does in their place.
    pub fn is_strict(self) -> bool {
        !matches!(self, Self::Side | Self::Sides | Self::Blur | Self::Tone)
    }
}

const fn row(
    (name, verb, needs): (&'static str, Verb, Needs),
    (fit, enlarge): (Fit, Enlarge),
    about: &'static str,
) -> OperationRow {
    OperationRow {
        name,
        verb,
        about,
        needs,
        fit,
        enlarge,
    }
}

/// Sides as given, larger than the source too: what most operations do with them.
const STRETCH: (Fit, Enlarge) = (Fit::Fill, Enlarge::Always);
const CUT: (Fit, Enlarge) = (Fit::Cover, Enlarge::UnlessSmaller);
const INSIDE: (Fit, Enlarge) = (Fit::Inside, Enlarge::Never);

/// Every operation.
#[rustfmt::skip]
pub const OPERATIONS: &[OperationRow] = &[
    row(("resize", Verb::Resize, Needs::Side), INSIDE,
        "Scales the picture into width and height, as `fit` says."),
    row(("fit", Verb::Plain, Needs::Sides), INSIDE,
        "Scales the whole picture into width and height."),
    row(("crop", Verb::Crop, Needs::Side), CUT,
        "Fills width and height, and cuts the rest as `gravity` says; with one side, only cuts."),
    row(("smartcrop", Verb::SmartCrop, Needs::Side), CUT,
        "Crops around what draws the eye."),
    row(("thumbnail", Verb::Plain, Needs::Side), STRETCH,
        "Scales to width and height exactly, to larger ones too."),
    row(("enlarge", Verb::Enlarge, Needs::Sides), (Fit::Cover, Enlarge::Always),
        "Fills width and height, larger than the source too."),
    row(("extract", Verb::Extract, Needs::Area), STRETCH,
        "Cuts out the area at `left`, `top`, after scaling to the sides that are given."),
    row(("zoom", Verb::Zoom, Needs::Factor), STRETCH,
        "Repeats each pixel `factor` times; cuts out an area of that where one is given."),
    row(("rotate", Verb::Plain, Needs::Rotate), INSIDE,
        "Turns by 90, 180 or 270 degrees, clockwise."),
    row(("autorotate", Verb::Autorotate, Needs::Nothing), STRETCH,
        "Turns the picture upright, as any operation does."),
    row(("flip", Verb::Flip, Needs::Nothing), STRETCH,
        "Mirrors left and right."),
    row(("flop", Verb::Flop, Needs::Nothing), STRETCH,
        "Mirrors top and bottom."),
    row(("convert", Verb::Plain, Needs::Type), STRETCH,
        "Writes the picture in another format; scales it too when a side is given."),
    row(("blur", Verb::Plain, Needs::Blur), STRETCH,
        "Blurs the picture, after scaling."),
    row(("sharpen", Verb::Plain, Needs::Sharpen), STRETCH,
        "Sharpens the picture, after scaling."),
    row(("modulate", Verb::Plain, Needs::Tone), STRETCH,
        "Changes `brightness`, `contrast`, `saturation` or `gamma`."),
    row(("pixelate", Verb::Plain, Needs::Square), STRETCH,
        "Makes the picture of squares, each in the mean of its colours."),
    row(("trim", Verb::Trim, Needs::Nothing), STRETCH,
        "Cuts borders in the colour of the left upper corner away, before all else."),
    row(("pad", Verb::Plain, Needs::Border), STRETCH,
        "Adds a border in the colour of `background`."),
    row(("round", Verb::Plain, Needs::Radius), STRETCH,
        "Rounds the corners; what is gone shows the `background`."),
    row(("watermark", Verb::Watermark, Needs::Text), STRETCH,
        "Draws `text` over the picture, again and again unless `noreplicate`."),
    row(("watermarkimage", Verb::WatermarkImage, Needs::Image), STRETCH,
        "Draws a second picture at `left`, `top` over the first: `image`, a URL or a form's part."),
    row(("pipeline", Verb::Pipeline, Needs::Operations), STRETCH,
        "Does up to 10 operations in their order, with one decode and one encode."),
];

/// An operation that needs nothing, and does what it is asked to.
pub(super) fn plain() -> &'static OperationRow {
    const { &row(("", Verb::Plain, Needs::Nothing), STRETCH, "") }
}

/// The operation of that name.
pub fn named(name: &str) -> Option<&'static OperationRow> {
    OPERATIONS.iter().find(|row| row.name == name)
}

/// The operations that can be a step of a pipeline.
pub fn pipelined() -> impl Iterator<Item = &'static OperationRow> {
    OPERATIONS.iter().filter(|row| row.verb != Verb::Pipeline)
}

impl OperationRow {
    /// Its name as a step of a pipeline, where imaginary has another than for the path.
    pub fn step_name(&self) -> &'static str {
        match self.verb {
            Verb::WatermarkImage => "watermarkImage",
            _ => self.name,
        }
    }
}

/// The operation that a step of that name does.
pub fn in_pipeline(name: &str) -> Option<&'static OperationRow> {
    pipelined().find(|row| row.step_name() == name)
}

/// What is wrong with `operations` that are no steps; `value` is what they are instead, in a word.
pub fn not_steps(value: &str) -> ParameterError {
    parameter::invalid("operations", value)
}
