//! The passes with AVX2: sixteen products an instruction.
#![expect(
    unsafe_code,
    reason = "a measured kernel: four to six times as fast as the portable one"
)]

use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_packs_epi32, _mm_set1_epi32, _mm_srai_epi32, _mm_storel_epi64,
    _mm256_add_epi32, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_hadd_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_packs_epi32, _mm256_permute4x64_epi64,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_srai_epi32, _mm256_storeu_si256,
};

use super::{HALF, SLACK};
use crate::pipeline::filter::{Filter, WEIGHT_BITS};

const SHIFT: i32 = WEIGHT_BITS.cast_signed();

/// Proof that the processor has AVX2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct Token(());

impl Token {
    pub(super) fn new() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

/// See [`super::Kernel::vertical`].
pub(super) fn vertical(
    _token: Token,
    pairs: &[&[u32]],
    weights: &[i16],
    start: usize,
    out: &mut [i16],
) {
    let shortest = pairs.iter().map(|pair| pair.len()).min();
    let columns = shortest.unwrap_or(0).saturating_sub(start);
    let width = columns.min(out.len()) / SLACK * SLACK;
    let (weights, _) = weights.as_chunks::<2>();
    let out = out.get_mut(..width).unwrap_or_default();
    // SAFETY: the token proves AVX2; all of `pairs` have at least as many columns from `start` on as `out`.
    unsafe { vertical_avx2(pairs, weights, start, out) }
}

/// # Safety
/// There is AVX2, and each of `pairs` has, from `start` on, at least as many columns as `out`, a multiple of [`SLACK`].
#[target_feature(enable = "avx2")]
unsafe fn vertical_avx2(pairs: &[&[u32]], weights: &[[i16; 2]], start: usize, out: &mut [i16]) {
    for x in (0..out.len()).step_by(SLACK) {
        let mut sums = [_mm256_set1_epi32(HALF); 4];
        for (pair, &[upper, lower]) in pairs.iter().zip(weights) {
            let weights = i32::from(lower) << 16 | i32::from(upper) & 0xffff;
            let weights = _mm256_set1_epi32(weights);
            for (step, sum) in sums.iter_mut().enumerate() {
                // SAFETY: `start + x + 32` is at most the length, as the caller promises; no alignment is needed.
                let samples =
                    unsafe { _mm256_loadu_si256(pair.as_ptr().add(start + x + 8 * step).cast()) };
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(samples, weights));
            }
        }
        let [a, b, c, d] = sums;
        // SAFETY: `x + 32` is at most the length of `out`; no alignment is needed.
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().add(x).cast(), narrowed(a, b));
            _mm256_storeu_si256(out.as_mut_ptr().add(x + 16).cast(), narrowed(c, d));
        }
    }
}

/// Sums as samples again.
#[inline]
#[target_feature(enable = "avx2")]
fn narrowed(first: __m256i, second: __m256i) -> __m256i {
    let (first, second) = (
        _mm256_srai_epi32::<SHIFT>(first),
        _mm256_srai_epi32::<SHIFT>(second),
    );
    // Packing works in halves; the quarters are put in order after it.
    _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(first, second))
}

/// See [`super::Kernel::horizontal`].
pub(super) fn horizontal(
    _token: Token,
    row: &[i16],
    filter: &Filter,
    start: usize,
    out: &mut [i16],
) {
    let taps = filter.taps();
    assert!(
        taps.is_multiple_of(16) && filter.end() <= row.len(),
        "row too short for its filter"
    );
    assert!(
        filter.firsts().len() * taps == filter.all().len(),
        "a weight is missing"
    );
    let fours = out.len() / 4 * 4;
    let (whole, rest) = out.split_at_mut(fours);
    let firsts = filter.firsts().get(start..).unwrap_or_default();
    let weights = filter.all().get(start * taps..).unwrap_or_default();
    // SAFETY: the token proves AVX2; the assertions are what the function asks for.
    unsafe { horizontal_avx2(row, (firsts, weights, taps), whole) };
    super::horizontal(row, filter, start + fours, rest);
}

/// # Safety
/// There is AVX2; each pixel has as many weights, a multiple of 16, and `row` has all samples that they stand for.
#[target_feature(enable = "avx2")]
unsafe fn horizontal_avx2(
    row: &[i16],
    (firsts, weights, taps): (&[u32], &[i16], usize),
    out: &mut [i16],
) {
    let (fours, _) = out.as_chunks_mut::<4>();
    let (firsts, _) = firsts.as_chunks::<4>();
    let weights = weights.chunks_exact(4 * taps);
    for ((out, firsts), weights) in fours.iter_mut().zip(firsts).zip(weights) {
        let mut sums = [_mm256_setzero_si256(); 4];
        for (pixel, (sum, &first)) in sums.iter_mut().zip(firsts).enumerate() {
            for tap in (0..taps).step_by(16) {
                // SAFETY: a pixel's samples lie inside `row`, and its weights inside the four
                // pixels' `4 * taps`, as the caller promises; no alignment is needed.
                let (samples, weights): (__m256i, __m256i) = unsafe {
                    (
                        _mm256_loadu_si256(row.as_ptr().add(first as usize + tap).cast()),
                        _mm256_loadu_si256(weights.as_ptr().add(pixel * taps + tap).cast()),
                    )
                };
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(samples, weights));
            }
        }
        let [a, b, c, d] = sums;
        let folded = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
        let sum = _mm_add_epi32(
            _mm256_castsi256_si128(folded),
            _mm256_extracti128_si256::<1>(folded),
        );
        let sum = _mm_srai_epi32::<SHIFT>(_mm_add_epi32(sum, _mm_set1_epi32(HALF)));
        // SAFETY: there is room for four samples of two bytes; no alignment is needed.
        unsafe { _mm_storel_epi64(out.as_mut_ptr().cast(), _mm_packs_epi32(sum, sum)) };
    }
}
