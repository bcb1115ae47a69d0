//! From AV1's samples to ours: any depth to 8 bit, any range to the full one, any matrix to BT.601's or to R, G, B.

use super::frame::Samples;
use super::picture::{IDENTITY, YCGCO};
use super::properties::Cicp;
use super::sequence::Sequence;
use crate::codecs::samples::Sample;

/// Fractional bits of a level.
pub(super) const LEVEL_BITS: u32 = 8;

/// Fractional bits of a factor: a product with the largest level still fits 31 bits, and so do three of them together.
const FACTOR_BITS: u32 = 13;

/// The middle of chroma.
const MIDDLE: i32 = 128 << LEVEL_BITS;

/// The largest level, which is that of alpha where nothing shows through.
pub(super) const MOST: i32 = 255 << LEVEL_BITS;

/// What each stored sample means, from 0 to 255 with [`LEVEL_BITS`] for the fraction.
pub(super) struct Levels {
    exact: Vec<i32>,
    rounded: Vec<u8>,
    /// Samples are stored as they come out.
    same: bool,
}

impl Levels {
    /// For luma, R, G, B and alpha, or for chroma, which is around a middle.
    pub(super) fn new(depth: u8, full_range: bool, chroma: bool) -> Self {
        let steps = 1_i64 << (depth - 8);
        let zero = match (chroma, full_range) {
            (true, _) => 128 * steps,
            (false, true) => 0,
            (false, false) => 16 * steps,
        };
        let span = match (chroma, full_range) {
            (_, true) => 256 * steps - 1,
            (true, false) => 224 * steps,
            (false, false) => 219 * steps,
        };
        let base = i64::from(if chroma { MIDDLE } else { 0 });
        let exact = (0..256 * steps).map(|sample| {
            let scaled = (sample - zero) * i64::from(MOST) * 2 + span;
            let level = scaled.div_euclid(2 * span) + base;
            i32::try_from(level.clamp(0, i64::from(MOST))).unwrap_or(MOST)
        });
        let exact: Vec<i32> = exact.collect();
        Self {
            rounded: exact.iter().map(|&level| u8::of(level)).collect(),
            same: depth == 8 && full_range,
            exact,
        }
    }

    /// Appends the samples as 8 bit.
    pub(super) fn append(&self, samples: Samples<'_>, out: &mut Vec<u8>) {
        let rounded = |at: usize| self.rounded.get(at).copied().unwrap_or(u8::MAX);
        match samples {
            Samples::Eight(samples) if self.same => out.extend_from_slice(samples),
            Samples::Eight(samples) => out.extend(samples.iter().map(|&s| rounded(usize::from(s)))),
            Samples::More(samples) => out.extend(samples.iter().map(|&s| rounded(usize::from(s)))),
        }
    }

    /// Appends the samples' levels.
    pub(super) fn append_exact(&self, samples: Samples<'_>, out: &mut Vec<i32>) {
        let exact = |at: usize| self.exact.get(at).copied().unwrap_or(MOST);
        match samples {
            Samples::Eight(samples) => out.extend(samples.iter().map(|&s| exact(usize::from(s)))),
            Samples::More(samples) => out.extend(samples.iter().map(|&s| exact(usize::from(s)))),
        }
    }
}

/// A sample that is handed out.
pub(super) trait Made: Sample {
    /// The nearest to a level.
    fn of(level: i32) -> Self;
}

impl Made for u8 {
    fn of(level: i32) -> Self {
        let rounded = (level + (1 << (LEVEL_BITS - 1))) >> LEVEL_BITS;
        Self::try_from(rounded.clamp(0, 255)).unwrap_or(Self::MAX)
    }
}

impl Made for u16 {
    fn of(level: i32) -> Self {
        // 257 steps for each of a byte.
        let rounded = (level.clamp(0, MOST) * 257 + (1 << (LEVEL_BITS - 1))) >> LEVEL_BITS;
        Self::try_from(rounded).unwrap_or(Self::MAX)
    }
}

/// How planes become others: three sums of products.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Matrix {
    factors: [[i32; 3]; 3],
    /// The second and third plane are around a middle, before and after.
    middles: (bool, bool),
}

impl Matrix {
    /// To R, G and B.
    pub(super) fn to_rgb(cicp: Cicp) -> Self {
        let (rows, centred) = match cicp.matrix {
            IDENTITY => ([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], false),
            YCGCO => ([[1.0, -1.0, 1.0], [1.0, 1.0, 0.0], [1.0, -1.0, -1.0]], true),
            _ => (rgb(weights(cicp)), true),
        };
        Self::fixed(rows, (centred, false))
    }

    /// To BT.601's luma and chroma; `None` where they are that.
    pub(super) fn to_601(cicp: Cicp) -> Option<Self> {
        let weights = weights(cicp);
        if weights == BT601 {
            return None;
        }
        let (red, blue) = BT601;
        let green = 1.0 - red - blue;
        let luma = [red, green, blue];
        let rgb = rgb(weights);
        let column = |at: usize| {
            let [r, g, b] = rgb.map(|row| row.get(at).copied().unwrap_or_default());
            let y = luma.iter().zip([r, g, b]).map(|(w, c)| w * c).sum::<f64>();
            [y, (b - y) / (2.0 - 2.0 * blue), (r - y) / (2.0 - 2.0 * red)]
        };
        let [a, b, c] = [column(0), column(1), column(2)];
        let rows = [0, 1, 2]
            .map(|at: usize| [a, b, c].map(|column| column.get(at).copied().unwrap_or_default()));
        Some(Self::fixed(rows, (true, true)))
    }

    fn fixed(rows: [[f64; 3]; 3], middles: (bool, bool)) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "factors are below 4")]
        let fixed = |factor: f64| (factor * f64::from(1 << FACTOR_BITS)).round() as i32;
        Self {
            factors: rows.map(|row| row.map(fixed)),
            middles,
        }
    }

    /// Three levels of a pixel as three samples.
    pub(super) fn apply<S: Made>(&self, levels: [i32; 3]) -> [S; 3] {
        let middle = |centred: bool| if centred { MIDDLE } else { 0 };
        let (before, after) = (middle(self.middles.0), middle(self.middles.1));
        let [luma, blue, red] = levels;
        let pixel = [luma, blue - before, red - before];
        let sum = |row: [i32; 3]| {
            let sum: i32 = row
                .iter()
                .zip(pixel)
                .map(|(factor, level)| factor * level)
                .sum();
            (sum + (1 << (FACTOR_BITS - 1))) >> FACTOR_BITS
        };
        let [first, second, third] = self.factors.map(sum);
        [first, second + after, third + after].map(S::of)
    }
}

/// What red and blue weigh in luma.
type Weights = (f64, f64);

const BT601: Weights = (0.299, 0.114);
const BT709: Weights = (0.2126, 0.0722);
const BT2020: Weights = (0.2627, 0.0593);

fn weights(cicp: Cicp) -> Weights {
    match (cicp.matrix, cicp.primaries) {
        (1, _) | (12, 1) => BT709,
        (4, _) => (0.30, 0.11),
        (7, _) => (0.212, 0.087),
        (9, _) | (12, 9) => BT2020,
        // What isn't said, too.
        _ => BT601,
    }
}

/// What luma and both planes of chroma add to R, G and B.
fn rgb((red, blue): Weights) -> [[f64; 3]; 3] {
    let green = 1.0 - red - blue;
    let (by_blue, by_red) = (2.0 - 2.0 * blue, 2.0 - 2.0 * red);
    [
        [1.0, 0.0, by_red],
        [1.0, -by_blue * blue / green, -by_red * red / green],
        [1.0, by_blue, 0.0],
    ]
}

/// The levels of a layer's planes.
pub(super) fn levels(sequence: &Sequence, cicp: Cicp) -> [Levels; 3] {
    let of = |chroma| Levels::new(sequence.depth, cicp.full_range, chroma);
    let chroma = cicp.matrix != IDENTITY;
    [of(false), of(chroma), of(chroma)]
}

/// Makes a row of chroma as wide as luma, from its own row and the one that is nearest beside it: three parts to one, down and
/// across, since its samples lie in the middle of the pixels that share them. The same row twice is none beside it.
pub(super) fn widen(near: &[i32], far: &[i32], across: u8, width: usize, out: &mut Vec<i32>) {
    out.clear();
    let down = |at: usize| match (near.get(at), far.get(at)) {
        (Some(near), Some(far)) => near * 3 + far,
        _ => 4 * MIDDLE,
    };
    if across < 2 {
        out.extend((0..width).map(|at| (down(at) + 2) >> 2));
        return;
    }
    let last = near.len().saturating_sub(1);
    let mut before = down(0);
    let mut here = before;
    for at in 0..near.len() {
        let after = down((at + 1).min(last));
        out.push((here * 3 + before + 8) >> 4);
        out.push((here * 3 + after + 8) >> 4);
        (before, here) = (here, after);
    }
    out.truncate(width);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definitions of H.273, in floating point.
    #[test]
    fn levels_are_the_nearest() {
        for depth in [8_u8, 10, 12] {
            for (full, chroma) in [(true, false), (true, true), (false, false), (false, true)] {
                let levels = Levels::new(depth, full, chroma);
                let steps = f64::from(1_u32 << (depth - 8));
                let most = 256.0 * steps - 1.0;
                for (sample, (&exact, &rounded)) in
                    levels.exact.iter().zip(&levels.rounded).enumerate()
                {
                    let sample = sample as f64;
                    let wanted = match (full, chroma) {
                        (true, false) => sample / most * 255.0,
                        (true, true) => (sample - 128.0 * steps) / most * 255.0 + 128.0,
                        (false, false) => (sample / steps - 16.0) / 219.0 * 255.0,
                        (false, true) => (sample / steps - 128.0) / 224.0 * 255.0 + 128.0,
                    };
                    let wanted = wanted.clamp(0.0, 255.0);
                    assert!((f64::from(exact) / 256.0 - wanted).abs() <= 0.002);
                    assert!((f64::from(rounded) - wanted).abs() <= 0.503);
                }
            }
        }
    }

    fn cicp(matrix: u8) -> Cicp {
        Cicp {
            primaries: 1,
            transfer: 13,
            matrix,
            full_range: true,
        }
    }

    /// Corners of the cube and some colours, by each standard's own equations.
    #[test]
    fn matrices_are_those_of_their_standards() {
        for (matrix, (kr, kb)) in [
            (1, (0.2126, 0.0722)),
            (2, (0.299, 0.114)),
            (5, (0.299, 0.114)),
            (6, (0.299, 0.114)),
            (7, (0.212, 0.087)),
            (9, (0.2627, 0.0593)),
        ] {
            for rgb in [
                [0, 0, 0],
                [255, 255, 255],
                [255, 0, 0],
                [0, 255, 0],
                [0, 0, 255],
                [12, 200, 77],
            ] {
                let [r, g, b] = rgb.map(f64::from);
                let luma = |kr: f64, kb: f64| kr * r + (1.0 - kr - kb) * g + kb * b;
                let coded = |kr: f64, kb: f64| {
                    let y = luma(kr, kb);
                    [
                        y,
                        (b - y) / (2.0 - 2.0 * kb) + 128.0,
                        (r - y) / (2.0 - 2.0 * kr) + 128.0,
                    ]
                };
                #[expect(clippy::cast_possible_truncation, reason = "up to 255")]
                let stored = coded(kr, kb).map(|v| (v * 256.0).round() as i32);
                let got: [u8; 3] = Matrix::to_rgb(cicp(matrix)).apply(stored);
                for (got, wanted) in got.iter().zip(rgb) {
                    assert!(got.abs_diff(wanted) <= 1, "{matrix} {rgb:?}: {got:?}");
                }
                if let Some(to_601) = Matrix::to_601(cicp(matrix)) {
                    let wanted = coded(0.299, 0.114);
                    for (got, wanted) in to_601.apply::<u8>(stored).iter().zip(wanted) {
                        let far = (f64::from(*got) - wanted.clamp(0.0, 255.0)).abs();
                        assert!(far <= 0.6, "{matrix} {rgb:?}: {far}");
                    }
                } else {
                    assert!((kr - 0.299).abs() < 1e-9);
                }
            }
        }
        let level = |sample: i32| sample << LEVEL_BITS;
        assert_eq!(
            Matrix::to_rgb(cicp(0)).apply::<u8>([level(1), level(2), level(3)]),
            [3, 1, 2]
        );
        let [y, cg, co] = [100, 128 + 20, 128 - 5].map(level);
        assert_eq!(
            Matrix::to_rgb(cicp(8)).apply::<u8>([y, cg, co]),
            [75, 120, 85]
        );
    }

    #[test]
    fn chroma_is_widened_between_its_samples() {
        let mut out = Vec::new();
        let (near, far) = ([0, 16_000, 32_000], [0, 16_000, 32_000]);
        widen(&near, &far, 2, 5, &mut out);
        assert_eq!(out, [0, 4_000, 12_000, 20_000, 28_000]);
        widen(&near, &[4_000, 16_000, 32_000], 1, 3, &mut out);
        assert_eq!(out, [1_000, 16_000, 32_000]);
        widen(&[7_000], &[7_000], 2, 1, &mut out);
        assert_eq!(out, [7_000]);
    }
}
