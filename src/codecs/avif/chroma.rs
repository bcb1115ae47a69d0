//! Luma, chroma and alpha of pixels, by themselves.

use super::aom::Sample;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Error, Shape};

/// Luma and both planes of chroma, and alpha.
pub(super) type Separated<S> = ([Vec<S>; 3], Vec<S>);

/// Planes of R, G, B and alpha. Of the four pixels that share chroma each counts as far as it is seen.
/// All have as many bits, at most 12, and keep them.
pub(super) fn coloured<S: Sample>(
    shape: Shape,
    mut pixels: impl Iterator<Item = [S; 4]>,
    depth: u8,
    checkpoint: &Checkpoint,
) -> Result<Separated<S>, Error> {
    let sample = |value: i32| S::nearest((value + (1 << (BITS - 1))) >> BITS, depth);
    let width = shape.width as usize;
    let all = width * shape.height as usize;
    let [mut luma, mut blue, mut red, mut alpha] = [const { Vec::new() }; 4];
    luma.reserve_exact(all);
    alpha.reserve_exact(all);
    let mut pair: Vec<[S; 4]> = Vec::with_capacity(width * 2);
    for _ in 0..shape.height.div_ceil(2) {
        checkpoint.check(Stage::Encode)?;
        pair.clear();
        pair.extend(pixels.by_ref().take(width * 2));
        luma.extend(pair.iter().map(|&[r, g, b, _]| {
            let [r, g, b] = [r, g, b].map(Into::into);
            sample(fixed(0.299) * r + fixed(0.587) * g + fixed(0.114) * b)
        }));
        alpha.extend(pair.iter().map(|&[.., alpha]| alpha));
        let (upper, lower) = pair.split_at(width.min(pair.len()));
        // The last row may be alone.
        let lower = if lower.is_empty() { upper } else { lower };
        for (upper, lower) in upper.chunks(2).zip(lower.chunks(2)) {
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
