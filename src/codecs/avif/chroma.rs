//! Luma, chroma and alpha of pixels, by themselves.

use super::planes::Sample;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Encoding, Error, Shape};

/// Luma and both planes of chroma, and alpha.
pub(super) type Separated<S> = ([Vec<S>; 3], Vec<S>);

/// Planes of R, G, B and alpha, of as many bits as the encoding has, and at most 12. Of the pixels that share chroma there each
/// counts as far as it is seen.
pub(super) fn coloured<S: Sample>(
    encoding: Encoding,
    shape: Shape,
    mut pixels: impl Iterator<Item = [S; 4]>,
    checkpoint: &Checkpoint,
) -> Result<Separated<S>, Error> {
    let depth = encoding.depth;
    let (across, down) = (encoding.chroma.0.into(), encoding.chroma.1.into());
    let sample = |value: i32| S::nearest((value + (1 << (BITS - 1))) >> BITS, depth);
    let width = shape.width as usize;
    let all = width * shape.height as usize;
    let [mut luma, mut blue, mut red, mut alpha] = [const { Vec::new() }; 4];
    luma.reserve_exact(all);
    alpha.reserve_exact(all);
    let mut rows: Vec<[S; 4]> = Vec::with_capacity(width * down);
    for _ in 0..(shape.height as usize).div_ceil(down) {
        checkpoint.check(Stage::Encode)?;
        rows.clear();
        rows.extend(pixels.by_ref().take(width * down));
        luma.extend(rows.iter().map(|&[r, g, b, _]| {
            let [r, g, b] = [r, g, b].map(Into::into);
            sample(fixed(0.299) * r + fixed(0.587) * g + fixed(0.114) * b)
        }));
        alpha.extend(rows.iter().map(|&[.., alpha]| alpha));
        let (upper, lower) = rows.split_at(width.min(rows.len()));
        for (index, upper) in upper.chunks(across).enumerate() {
            // The last row may be alone.
            let lower = lower.get(index * across..).unwrap_or_default();
            let lower = lower.get(..upper.len()).unwrap_or_default();
            let [r, g, b] = mean(upper.iter().chain(lower));
            let middle = 1 << (BITS + u32::from(depth) - 1);
            blue.push(sample(
                middle + fixed(0.5) * b - fixed(0.168_736) * r - fixed(0.331_264) * g,
            ));
            red.push(sample(
                middle + fixed(0.5) * r - fixed(0.418_688) * g - fixed(0.081_312) * b,
            ));
        }
    }
    Ok(([luma, blue, red], alpha))
}

/// The mean colour of some pixels, by how far they are seen, or of all alike where none is.
fn mean<'a, S: Sample + 'a>(pixels: impl Iterator<Item = &'a [S; 4]> + Clone) -> [i32; 3] {
    let seen: i32 = pixels.clone().map(|&[.., alpha]| alpha.into()).sum();
    let mut sums = [0; 3];
    let mut weights = 0;
    for &[r, g, b, alpha] in pixels {
        let weight = if seen > 0 { alpha.into() } else { 1 };
        weights += weight;
        for (sum, colour) in sums.iter_mut().zip([r, g, b]) {
            *sum += colour.into() * weight;
        }
    }
    sums.map(|sum| (sum + weights / 2) / weights.max(1))
}

/// Fractional bits of the factors.
const BITS: u32 = 16;

/// A factor in fixed point.
#[expect(clippy::cast_possible_truncation, reason = "factors are below 2")]
const fn fixed(factor: f64) -> i32 {
    (factor * (1 << BITS) as f64 + 0.5) as i32
}
