//! Answers of 16 bit a sample: the same way as for 8 bit, for cuts, sizes, turns and colours, in 32-bit floats.
//!
//! A row of the source is light as soon as it is read; it is mixed across, and added to the rows of the answer that it is part of. So
//! of the source no more is held than a row. No sum is reordered and nothing fused, so that it is the same on any processor.

mod curve;
mod mix;

pub(super) use self::curve::{DeepCurve, SRGB};
use self::mix::resampled;
use super::parameter::{self, ParameterError};
use super::plan::Plan;
use super::request::Request;
use super::resample::{self, Resampling, Whole};
use super::value::Space;
use super::{Error, Picture, Scratch, color, geometry, output, turn, ycc};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::deep::{
    DeepRaster, DeepRows, Widened, deep_model, encode_deep, encode_deep_bytes, open_deep,
    open_deep_bytes,
};
use crate::codecs::{self, Header, Model, Orientation, Shape};

/// Bits of a sample of the answer: as many as its format has of those that are asked for, or those of a source that keeps its
/// colours, where that can be.
///
/// # Errors
/// What stands in the way, where more than 8 are asked for.
pub(super) fn depth(plan: &Plan, header: &Header, request: &Request) -> Result<u8, ParameterError> {
    let asked = output::last(request, |writing| writing.depth);
    let kept = match output::last(request, |writing| writing.space) {
        Some(Space::P3 | Space::Source) if header.deep => header.bit_depth,
        _ => 8,
    };
    let depth = plan.encoding.format.row().depth(asked.unwrap_or(kept));
    // What stands in the way is a question to the profile, which takes longer than all of a plan.
    if depth <= 8 {
        return Ok(8);
    }
    match (obstacle(plan, header), asked) {
        (None, _) => Ok(depth),
        (Some(words), Some(bits)) => Err(parameter::outside("bitdepth", &bits, words.to_owned())),
        (Some(_), None) => Ok(8),
    }
}

/// Why a plan can't be followed with more than 8 bit, in words for the client; `None` where it can.
fn obstacle(plan: &Plan, header: &Header) -> Option<&'static str> {
    if !plan.motion.is_still() {
        return Some("8 for what moves, or is one of its frames");
    }
    if plan.encoding.palette || plan.encoding.interlaced {
        return Some("8 with palette or interlace");
    }
    if !plan.stages.is_empty() || plan.canvas.is_some() || plan.background.rgba != [0; 4] {
        return Some(
            "8 beside anything but cuts, sizes, turns and a colorspace of srgb, p3 or keep",
        );
    }
    if header.model == Model::Cmyk || !color::converts_deep(plan.attached.space, header) {
        return Some(
            "8 for a source of inks, of high dynamic range, or with tables in its profile",
        );
    }
    None
}

/// Makes the planned picture.
///
/// # Errors
/// The codec's, and a stopped checkpoint.
pub(super) fn run(
    picture: Picture<'_>,
    plan: &Plan,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let mut rows = open(picture, plan, scratch, checkpoint)?;
    let mut small = resampled(&mut *rows, plan.resampling, checkpoint)?;
    drop(rows);
    checkpoint.check(Stage::Resize)?;
    let header = picture.header;
    color::convert_deep(&mut small, plan.attached.space, &header.colour, checkpoint)?;
    let turned = turned(small, plan.orientation, checkpoint)?;
    checkpoint.check(Stage::Encode)?;
    Ok(encode_deep(plan.encoding, &turned, checkpoint)?)
}

/// The source's rows; those of planes are mixed in their own size first.
fn open<'a>(
    picture: Picture<'a>,
    plan: &Plan,
    scratch: &mut Scratch,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn DeepRows + 'a>, Error> {
    let Picture { file, header } = picture;
    if !matches!(deep_model(header), Model::YCbCr { .. }) {
        return Ok(open_deep(file, header, plan.scale, checkpoint)?);
    }
    let mut rows = codecs::open(file, header, plan.scale, checkpoint)?;
    let shape = rows.shape();
    let whole = whole(shape, plan.resampling);
    let planes = resample::resample(&mut *rows, whole, scratch, checkpoint)?;
    drop(rows);
    let mixed = ycc::to_rgb(planes, checkpoint)?;
    Ok(Box::new(Widened::new(Box::new(Whole::new(mixed)))))
}

/// A picture of planes in its own size, with chroma for each pixel.
fn whole(shape: Shape, asked: Resampling) -> Resampling {
    let size = (shape.width, shape.height);
    Resampling {
        window: geometry::Window::whole(size),
        target: size,
        model: output::EACH,
        ..asked
    }
}

/// Bytes held at the peak.
pub(super) fn peak_bytes(header: &Header, plan: &Plan) -> u64 {
    let source = codecs::scaled(header, plan.scale);
    let model = match deep_model(header) {
        Model::YCbCr { .. } => Model::Rgb,
        other => other,
    };
    let (width, height) = plan.resampling.target;
    let answer = Shape {
        width,
        height,
        model,
    };
    let channels = u64::from(model.channels());
    let decoding = open_deep_bytes(header, plan.scale);
    let reading = if model == deep_model(header) {
        u64::from(source.width) * 16 * channels
    } else {
        // What is in planes is mixed in its own size.
        let mixed = Shape { model, ..source };
        whole(source, plan.resampling).peak_bytes(source) + mixed.bytes()
    };
    // Sums of rows that aren't complete: as many as a row of the source is part of, and one more.
    let scale = plan.resampling.window.height / f64::from(height);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it saturates, and is not negative"
    )]
    let open = (6.0 * (1.0 / scale).max(1.0) + 3.0).ceil() as u64;
    let sums = open.min(u64::from(height)) * u64::from(width) * channels * 4;
    // A source's row as it is read, and as light. A pixel of the source has six or seven weights of four bytes along a side,
    // which are eight bytes before, and one of the answer as many, and a list of them.
    let row = u64::from(source.width) * channels * 6;
    let weights = 36 * (u64::from(source.width) + u64::from(source.height))
        + 80 * (u64::from(width) + u64::from(height));
    let mixing = decoding + reading + sums + row + weights + answer.bytes() * 2;
    // A turn holds two pictures.
    let finishing = answer.bytes() * 4;
    let writing = answer.bytes() * 2 + encode_deep_bytes(plan.encoding, answer);
    mixing.max(finishing).max(writing) + TABLES
}

/// Curves of light, at most four of them.
const TABLES: u64 = 2 << 20;

/// The picture as it is to be shown.
fn turned(
    picture: DeepRaster,
    orientation: Orientation,
    checkpoint: &Checkpoint,
) -> Result<DeepRaster, Stop> {
    if orientation == Orientation::default() {
        return Ok(picture);
    }
    let DeepRaster { shape, samples } = picture;
    let size = (shape.width, shape.height);
    let channels = shape.model.channels();
    let samples = turn::samples(&samples, size, channels, orientation, checkpoint)?;
    let (width, height) = turn::shown(size, orientation);
    let shape = Shape {
        width,
        height,
        ..shape
    };
    Ok(DeepRaster { shape, samples })
}
