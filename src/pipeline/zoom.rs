//! Pixels repeated, as they are.

use super::geometry::Size;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Raster, Shape};

/// The area of `size` at `corner` of the picture in which each pixel is `times`×`times`.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn zoom(
    picture: &Raster,
    times: u32,
    corner: (u32, u32),
    size: Size,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let source = picture.shape();
    let channels = source.model.channels() as usize;
    let row_bytes = source.width as usize * channels;
    let mut zoomed = Raster::new(Shape {
        width: size.0,
        height: size.1,
        model: source.model,
    });
    if let (Some(from), Some(to)) = (picture.planes.first(), zoomed.planes.first_mut()) {
        let out_bytes = size.0 as usize * channels;
        let mut rest = &mut *to.samples;
        let mut last: &[u8] = &[];
        for y in corner.1..corner.1 + size.1 {
            checkpoint.check(Stage::Resize)?;
            let (row, below) = rest.split_at_mut(out_bytes.min(rest.len()));
            rest = below;
            if y % times != 0 && !last.is_empty() {
                row.copy_from_slice(last);
                last = row;
                continue;
            }
            let start = (y / times) as usize * row_bytes;
            let from = from.samples.get(start..start + row_bytes);
            let from = from.unwrap_or_default();
            for (x, out) in (corner.0..).zip(row.chunks_exact_mut(channels)) {
                let start = (x / times) as usize * channels;
                if let Some(pixel) = from.get(start..start + channels) {
                    out.copy_from_slice(pixel);
                }
            }
            last = row;
        }
    }
    Ok(zoomed)
}
