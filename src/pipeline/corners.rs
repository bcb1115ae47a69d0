//! Corners that are round.

use super::compose;
use super::geometry::Size;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Raster, Shape};

/// The radius that the corners get: no more than half of the shorter side.
pub(super) fn radius(asked: u32, size: Size) -> f32 {
    let most = size.0.min(size.1) as f32 / 2.0;
    (asked as f32).min(most)
}

/// The picture with what is outside its round corners gone. `model` has alpha.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn round(
    picture: Raster,
    asked: u32,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let mut picture = compose::laid_out(picture, model, checkpoint)?;
    let Shape { width, height, .. } = picture.shape();
    let radius = radius(asked, (width, height));
    let channels = model.channels() as usize;
    let planes = picture.planes.iter_mut();
    let rows = planes.flat_map(|plane| plane.samples.chunks_exact_mut(width as usize * channels));
    for (y, row) in (0..height).zip(rows) {
        checkpoint.check(Stage::Resize)?;
        let down = beyond(y, height, radius);
        if down <= 0.0 {
            continue;
        }
        for (x, pixel) in (0..width).zip(row.chunks_exact_mut(channels)) {
            let across = beyond(x, width, radius);
            if across <= 0.0 {
                continue;
            }
            // How much of a pixel a circle covers whose edge is as good as straight there.
            let covered = (radius - across.hypot(down) + 0.5).clamp(0.0, 1.0);
            let [r, g, b, alpha] = compose::read(pixel);
            let alpha = compose::sample(f32::from(alpha) * covered);
            compose::write([r, g, b, alpha], model, pixel);
        }
    }
    Ok(picture)
}

/// How far the middle of a pixel lies beyond the line on which the circles' centres are.
fn beyond(at: u32, side: u32, radius: f32) -> f32 {
    let middle = at as f32 + 0.5;
    (radius - middle).max(middle - (side as f32 - radius))
}
