//! The two passes of resampling one plane: sums of products, in integers.
//!
//! Samples are 16 bit, weights too, sums 32 bit, so that every processor and every order of
//! adding gives the same. The portable code is what the others are held to.

#[cfg(target_arch = "x86_64")]
#[path = "kernel_avx2.rs"]
mod avx2;

use super::filter::{Filter, WEIGHT_BITS};

/// Columns that a pass may touch beyond those it is asked for: buffers are as much longer.
pub(super) const SLACK: usize = 32;

/// Half of the last bit that stays.
const HALF: i32 = 1 << (WEIGHT_BITS - 1);

/// Which code runs; chosen once per picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    /// Any processor's.
    Portable,
    /// Eight lanes; only made where the processor has AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Token),
}

impl Kernel {
    /// The fastest that this processor has.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = avx2::Token::new() {
            return Self::Avx2(token);
        }
        Self::Portable
    }

    /// Mixes rows. Each of `pairs` holds two rows, the upper one's samples in the low halves; each has two of `weights`.
    ///
    /// `out` begins with their column `start` and is a multiple of [`SLACK`] long; it is filled as far as all rows go.
    pub(super) fn vertical(self, pairs: &[&[u32]], weights: &[i16], start: usize, out: &mut [i16]) {
        match self {
            Self::Portable => vertical(pairs, weights, start, out),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => avx2::vertical(token, pairs, weights, start, out),
        }
    }

    /// Mixes samples of a row; `out` begins with the pixel `start` of the filter's.
    ///
    /// `row` is [`SLACK`] longer than what the filter's weights cover.
    pub(super) fn horizontal(self, row: &[i16], filter: &Filter, start: usize, out: &mut [i16]) {
        match self {
            Self::Portable => horizontal(row, filter, start, out),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(token) => avx2::horizontal(token, row, filter, start, out),
        }
    }
}

fn vertical(pairs: &[&[u32]], weights: &[i16], start: usize, out: &mut [i16]) {
    let (weights, _) = weights.as_chunks::<2>();
    for (x, out) in (start..).zip(out) {
        let sums = pairs.iter().zip(weights).map(|(pair, &[upper, lower])| {
            let both = pair.get(x).copied().unwrap_or_default();
            low(both) * i32::from(upper) + high(both) * i32::from(lower)
        });
        *out = narrowed(sums.sum());
    }
}

fn horizontal(row: &[i16], filter: &Filter, start: usize, out: &mut [i16]) {
    for (pixel, out) in (start..).zip(out) {
        let (first, weights) = filter.of(pixel);
        let samples = row.get(first as usize..).unwrap_or_default();
        let products = samples.iter().zip(weights);
        *out = narrowed(products.map(|(&s, &w)| i32::from(s) * i32::from(w)).sum());
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low half")]
fn low(both: u32) -> i32 {
    i32::from((both as u16).cast_signed())
}

fn high(both: u32) -> i32 {
    both.cast_signed() >> 16
}

/// A sum of products as a sample again, rounded half up.
fn narrowed(sum: i32) -> i16 {
    let value = (sum + HALF) >> WEIGHT_BITS;
    #[expect(clippy::cast_possible_truncation, reason = "clamped")]
    let value = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::strip::Span;

    proptest! {
        #[test]
        fn every_kernel_gives_the_same(
            seed in any::<u32>(),
            blocks in 1_usize..6,
            pairs in 1_usize..20,
            from in any::<u8>(),
            (limit, target) in (1_u32..300, 1_u32..200),
        ) {
            let mut state = seed;
            let mut sample = move || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 16
            };
            let width = blocks * SLACK;
            // Up to what light has as its brightest sample; weights add up to twice 1 at most.
            let rows: Vec<Vec<u32>> = (0..pairs)
                .map(|_| (0..width).map(|_| (sample() % 26_215) | ((sample() % 26_215) << 16)).collect())
                .collect();
            let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
            let most = i32::try_from(pairs).unwrap();
            let weights: Vec<i16> = (0..2 * pairs)
                .map(|_| i16::try_from((i32::try_from(sample()).unwrap() - 32_768) / 2 / most).unwrap())
                .collect();
            let start = usize::from(from) % blocks * SLACK;
            let (mut expected, mut got) = (vec![0; width - start], vec![0; width - start]);
            Kernel::Portable.vertical(&rows, &weights, start, &mut expected);
            Kernel::best().vertical(&rows, &weights, start, &mut got);
            prop_assert_eq!(&expected, &got);

            let span = Span { start: 0.0, length: f64::from(limit), limit, target, deviation: 0.0 };
            let filter = Filter::new(span, 16, 1);
            let row: Vec<i16> = (0..limit as usize + filter.taps() + SLACK)
                .map(|_| i16::try_from(sample() / 2).unwrap() - 3_000)
                .collect();
            let start = usize::from(from) % target as usize;
            let (mut expected, mut got) = (vec![0; target as usize - start], vec![0; target as usize - start]);
            Kernel::Portable.horizontal(&row, &filter, start, &mut expected);
            Kernel::best().horizontal(&row, &filter, start, &mut got);
            prop_assert_eq!(expected, got);
        }
    }
}
