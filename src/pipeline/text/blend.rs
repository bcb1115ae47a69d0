//! One colour put on a picture where there is ink.

use super::Tiling;
use super::coverage::Ink;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Raster, Shape};
use crate::pipeline::compose;

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
                compose::write(compose::read(pixel), model, out);
            }
        }
    }
    Ok(made)
}

/// Puts ink on the picture.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn blend(
    picture: &mut Raster,
    ink: &Ink,
    tiling: Tiling,
    checkpoint: &Checkpoint,
) -> Result<(), Stop> {
    let Shape { width, model, .. } = picture.shape();
    let channels = model.channels() as usize;
    let rows = picture
        .planes
        .iter_mut()
        .flat_map(|plane| plane.samples.chunks_exact_mut(width as usize * channels));
    for (y, row) in (0..).zip(rows) {
        checkpoint.check(Stage::Resize)?;
        let Some(samples) = ink_row(ink, tiling, y) else {
            continue;
        };
        let mut start = tiling.start.0;
        while start < width {
            let pixels = row.chunks_exact_mut(channels).skip(start as usize);
            for (pixel, &covered) in pixels.zip(samples).filter(|(_, covered)| **covered > 0) {
                let mixed =
                    compose::over(tinted(tiling.colour.rgba, covered), compose::read(pixel));
                compose::write(mixed, model, pixel);
            }
            if !tiling.repeats {
                break;
            }
            start = start.saturating_add(tiling.step.0);
        }
    }
    Ok(())
}

/// The samples that lie in a row of the picture.
fn ink_row(ink: &Ink, tiling: Tiling, y: u32) -> Option<&[u8]> {
    let below = y.checked_sub(tiling.start.1)?;
    if !tiling.repeats && below >= tiling.step.1 {
        return None;
    }
    let row = (below % tiling.step.1) as usize;
    ink.samples.chunks_exact(ink.width as usize).nth(row)
}

fn tinted([r, g, b, alpha]: [u8; 4], covered: u8) -> [u8; 4] {
    let alpha = (u32::from(alpha) * u32::from(covered) + 127) / 255;
    [r, g, b, u8::try_from(alpha).unwrap_or(u8::MAX)]
}
