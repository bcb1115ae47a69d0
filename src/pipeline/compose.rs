//! The last step before the encoder: canvas, background, and the layout it takes.

use super::geometry::Canvas;
use super::value::Colour;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Raster, Shape};
pub(super) use crate::codecs::{over, rgba as read};

/// Puts the picture on its canvas and background, and lays it out as `model`.
///
/// The picture is grey or RGB, with or without alpha.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn compose(
    raster: Raster,
    canvas: Option<Canvas>,
    background: Colour,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let nothing_behind = !raster.model.has_alpha() || background == Colour::TRANSPARENT;
    if canvas.is_none() && nothing_behind && raster.model == model {
        return Ok(raster);
    }
    let source = raster.shape();
    let canvas = canvas.unwrap_or(Canvas {
        width: source.width,
        height: source.height,
        left: 0,
        top: 0,
    });
    let shape = Shape {
        width: canvas.width,
        height: canvas.height,
        model,
    };
    let channels = model.channels() as usize;
    let mut behind = [0; 4];
    write(background.rgba, model, &mut behind);
    let behind = behind.get(..channels).unwrap_or_default();
    let mut samples = behind.repeat(shape.width as usize * shape.height as usize);
    let row_bytes = source.width as usize * source.model.channels() as usize;
    let out_row = shape.width as usize * channels;
    let pixels = raster
        .planes
        .first()
        .map_or(&[][..], |plane| &plane.samples);
    let rows = samples
        .chunks_exact_mut(out_row)
        .skip(canvas.top as usize)
        .zip(pixels.chunks_exact(row_bytes));
    for (out, row) in rows {
        checkpoint.check(Stage::Resize)?;
        let out = out.chunks_exact_mut(channels).skip(canvas.left as usize);
        let row = row.chunks_exact(source.model.channels() as usize);
        for (out, pixel) in out.zip(row) {
            write(over(read(pixel), background.rgba), model, out);
        }
    }
    Ok(Raster::interleaved(shape, samples))
}

/// The picture laid out as `model`, which has no less.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn laid_out(
    picture: Raster,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    if picture.model == model {
        return Ok(picture);
    }
    let source = picture.shape();
    let mut made = Raster::new(Shape { model, ..source });
    let row = |channels: u32| source.width as usize * channels as usize;
    if let (Some(from), Some(to)) = (picture.planes.first(), made.planes.first_mut()) {
        let from = from.samples.chunks_exact(row(source.model.channels()));
        let to = to.samples.chunks_exact_mut(row(model.channels()));
        for (from, to) in from.zip(to) {
            checkpoint.check(Stage::Resize)?;
            let pixels = from.chunks_exact(source.model.channels() as usize);
            for (pixel, out) in pixels.zip(to.chunks_exact_mut(model.channels() as usize)) {
                write(read(pixel), model, out);
            }
        }
    }
    Ok(made)
}

/// The sample nearest to a value.
pub(super) fn sample(value: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float saturates"
    )]
    let sample = (value + 0.5) as u8;
    sample
}

/// Grey takes the green sample: it is only asked for where all three are equal.
pub(super) fn write([r, g, b, a]: [u8; 4], model: Model, out: &mut [u8]) {
    for (slot, sample) in out.iter_mut().zip(match model {
        Model::Gray => [g, 0, 0, 0],
        Model::GrayAlpha => [g, a, 0, 0],
        _ => [r, g, b, a],
    }) {
        *slot = sample;
    }
}
