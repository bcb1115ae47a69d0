//! Large pixels in the place of small ones.

use super::compose;
use super::geometry::Size;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Raster, Shape};

/// Sums of red, green and blue, each times alpha, of alpha, and how many there are.
type Sums = [u64; 5];

/// The picture in squares of so many pixels across, from its left upper corner on, each in the mean of its colours; what is transparent has
/// no part in that.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn pixelate(
    mut picture: Raster,
    square: u32,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let Shape { width, model, .. } = picture.shape();
    let (square, channels) = (square.max(1) as usize, model.channels() as usize);
    let row_bytes = width as usize * channels;
    let planes = picture.planes.iter_mut();
    for band in planes.flat_map(|plane| plane.samples.chunks_mut(row_bytes * square)) {
        let mut sums: Vec<Sums> = vec![[0; 5]; (width as usize).div_ceil(square)];
        for row in band.chunks_exact(row_bytes) {
            checkpoint.check(Stage::Resize)?;
            for (sum, block) in sums.iter_mut().zip(row.chunks(square * channels)) {
                block
                    .chunks_exact(channels)
                    .for_each(|pixel| add(sum, pixel));
            }
        }
        for row in band.chunks_exact_mut(row_bytes) {
            checkpoint.check(Stage::Resize)?;
            for (sum, block) in sums.iter().zip(row.chunks_mut(square * channels)) {
                let mean = mean(sum);
                for pixel in block.chunks_exact_mut(channels) {
                    compose::write(mean, model, pixel);
                }
            }
        }
    }
    Ok(picture)
}

fn add(sum: &mut Sums, pixel: &[u8]) {
    let [r, g, b, alpha] = compose::read(pixel).map(u64::from);
    for (sum, value) in sum
        .iter_mut()
        .zip([r * alpha, g * alpha, b * alpha, alpha, 1])
    {
        *sum += value;
    }
}

fn mean(&[r, g, b, alpha, count]: &Sums) -> [u8; 4] {
    let part = |sum: u64, whole: u64| {
        let mean = (sum + whole / 2).checked_div(whole).unwrap_or(0);
        u8::try_from(mean).unwrap_or(u8::MAX)
    };
    [
        part(r, alpha),
        part(g, alpha),
        part(b, alpha),
        part(alpha, count),
    ]
}

/// Bytes held besides the picture, which is changed in place.
pub(super) fn extra_bytes(size: Size, square: u32) -> u64 {
    u64::from(size.0.div_ceil(square.max(1))) * size_of::<Sums>() as u64
}
