//! The inverse transforms on eight lanes at a time: the passes of [`super::idct`], with AVX2.
#![expect(
    unsafe_code,
    reason = "a measured kernel: twice as fast as the portable one"
)]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_packs_epi32, _mm_packus_epi16, _mm_storeu_si128,
    _mm256_add_epi32, _mm256_castsi256_si128, _mm256_cvtepi16_epi32, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_mullo_epi32, _mm256_packs_epi32, _mm256_permute2x128_si256,
    _mm256_set1_epi32, _mm256_slli_epi32, _mm256_srai_epi32, _mm256_sub_epi32,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64,
};

use super::idct::{Block, EIGHT, FOUR, Lanes, eight, four, put};

/// Eight 32-bit numbers.
///
/// Made only by functions of this file that need AVX2, which is what each of its methods relies on.
#[derive(Clone, Copy)]
struct Eight(__m256i);

impl Lanes for Eight {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: there is AVX2, see the type.
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: there is AVX2, see the type.
        Self(unsafe { _mm256_sub_epi32(self.0, other.0) })
    }
    #[inline(always)]
    fn times(self, factor: i32) -> Self {
        // SAFETY: there is AVX2, see the type.
        Self(unsafe { _mm256_mullo_epi32(self.0, _mm256_set1_epi32(factor)) })
    }
    #[inline(always)]
    fn left<const BITS: i32>(self) -> Self {
        // SAFETY: there is AVX2, see the type.
        Self(unsafe { _mm256_slli_epi32::<BITS>(self.0) })
    }
    #[inline(always)]
    fn descale<const BITS: i32>(self) -> Self {
        // SAFETY: there is AVX2, see the type.
        Self(unsafe {
            let half = _mm256_set1_epi32(1 << (BITS - 1));
            _mm256_srai_epi32::<BITS>(_mm256_add_epi32(self.0, half))
        })
    }
}

/// The block's rows, dequantised, a column in each lane.
#[target_feature(enable = "avx2")]
fn load(block: Block<'_>) -> [Eight; 8] {
    std::array::from_fn(|y| {
        let coefficients = block.coefficients.as_chunks::<8>().0[y].as_ptr();
        let quantisers = block.quantisers.as_chunks::<8>().0[y].as_ptr();
        // SAFETY: each points to eight numbers of its type, and the loads need no alignment.
        let (coefficients, quantisers) = unsafe {
            (
                _mm_loadu_si128(coefficients.cast()),
                _mm256_loadu_si256(quantisers.cast()),
            )
        };
        Eight(_mm256_mullo_epi32(
            _mm256_cvtepi16_epi32(coefficients),
            quantisers,
        ))
    })
}

/// Rows become columns.
#[target_feature(enable = "avx2")]
fn transpose(v: [Eight; 8]) -> [Eight; 8] {
    let [a, b, c, d, e, f, g, h] = v.map(|lanes| lanes.0);
    let (ab0, ab1) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let (cd0, cd1) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    let (ef0, ef1) = (_mm256_unpacklo_epi32(e, f), _mm256_unpackhi_epi32(e, f));
    let (gh0, gh1) = (_mm256_unpacklo_epi32(g, h), _mm256_unpackhi_epi32(g, h));
    let low = [
        _mm256_unpacklo_epi64(ab0, cd0),
        _mm256_unpackhi_epi64(ab0, cd0),
        _mm256_unpacklo_epi64(ab1, cd1),
        _mm256_unpackhi_epi64(ab1, cd1),
    ];
    let high = [
        _mm256_unpacklo_epi64(ef0, gh0),
        _mm256_unpackhi_epi64(ef0, gh0),
        _mm256_unpacklo_epi64(ef1, gh1),
        _mm256_unpackhi_epi64(ef1, gh1),
    ];
    let near = |i: usize| Eight(_mm256_permute2x128_si256::<0x20>(low[i], high[i]));
    let far = |i: usize| Eight(_mm256_permute2x128_si256::<0x31>(low[i], high[i]));
    [
        near(0),
        near(1),
        near(2),
        near(3),
        far(0),
        far(1),
        far(2),
        far(3),
    ]
}

/// Writes the block's eight rows of eight samples.
#[target_feature(enable = "avx2")]
pub(super) fn whole(block: Block<'_>, out: &mut [u8], stride: usize) {
    let between = transpose(eight::<_, { EIGHT.0 }>(load(block)));
    let samples = transpose(eight::<_, { EIGHT.1 }>(between)).map(|lanes| lanes.0);
    let middle = _mm256_set1_epi32(128);
    let [a, b, c, d, e, f, g, h] = samples.map(|row| _mm256_add_epi32(row, middle));
    let mut rows = out.chunks_mut(stride);
    for (first, second) in [(a, b), (c, d), (e, f), (g, h)] {
        // In each half: four samples of the first row, four of the second.
        let both = _mm256_packs_epi32(first, second);
        let (left, right) = (
            _mm256_castsi256_si128(both),
            _mm256_extracti128_si256::<1>(both),
        );
        let bytes = bytes(_mm_packus_epi16(left, right));
        // Left of the first, left of the second, right of the first, right of the second.
        let [l0, l1, r0, r1] = *bytes.as_chunks::<4>().0 else {
            return;
        };
        for (left, right) in [(l0, r0), (l1, r1)] {
            if let Some(row) = rows.next() {
                let [a, b, c, d] = left;
                let [e, f, g, h] = right;
                put(row, [a, b, c, d, e, f, g, h]);
            }
        }
    }
}

/// Writes four rows of four samples.
#[target_feature(enable = "avx2")]
pub(super) fn half(block: Block<'_>, out: &mut [u8], stride: usize) {
    let [a, b, c, d] = four::<_, { FOUR.0 }>(load(block));
    let zero = Eight(_mm256_set1_epi32(0));
    // Only the first four lanes of each column are rows of the answer.
    let columns = transpose([a, b, c, d, zero, zero, zero, zero]);
    let [a, b, c, d] = four::<_, { FOUR.1 }>(columns);
    let rows = transpose([a, b, c, d, zero, zero, zero, zero]);
    let middle = _mm256_set1_epi32(128);
    let [a, b, c, d, ..] = rows.map(|row| _mm256_castsi256_si128(_mm256_add_epi32(row.0, middle)));
    let samples = bytes(_mm_packus_epi16(
        _mm_packs_epi32(a, b),
        _mm_packs_epi32(c, d),
    ));
    for (row, &samples) in out.chunks_mut(stride).zip(samples.as_chunks::<4>().0) {
        put(row, samples);
    }
}

#[target_feature(enable = "avx2")]
fn bytes(vector: __m128i) -> [u8; 16] {
    let mut bytes = [0; 16];
    // SAFETY: there is room for sixteen bytes, and the store needs no alignment.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), vector) };
    bytes
}
