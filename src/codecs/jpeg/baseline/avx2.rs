//! The inverse transforms of [`super::idct`] with AVX2: eight columns at a time, two products an instruction.
//!
//! Written without closures: code that they are handed to doesn't have AVX2, and would call them one by one.
#![expect(
    unsafe_code,
    reason = "a measured kernel: four times as fast as the portable one"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "lines of a block have letters"
)]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_add_epi32, _mm_madd_epi16, _mm_packs_epi16, _mm_packs_epi32,
    _mm_set1_epi8, _mm_set1_epi32, _mm_setr_epi8, _mm_shuffle_epi8, _mm_srai_epi32,
    _mm_storeu_si128, _mm_sub_epi32, _mm_xor_si128, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_castsi256_si128, _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_mullo_epi16, _mm256_packs_epi16, _mm256_packs_epi32, _mm256_permute2x128_si256,
    _mm256_set1_epi8, _mm256_set1_epi32, _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_slli_epi32,
    _mm256_srai_epi32, _mm256_storeu_si256, _mm256_sub_epi32, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_xor_si256,
};

use super::idct::factors::{
    E0, E1, E2, E3, HALF_E0, HALF_E2, HALF_O0, HALF_O1, O0, O1, O2, O3, QUARTER_O, Z3, Z4,
};
use super::idct::{Block, EIGHT, FOUR, TWO, put};

/// Lines of a block in pairs, as they are stored: 0 and 4, 2 and 6, 1 and 7, 5 and 3.
type Pairs = [__m256i; 4];

const fn both([a, b]: [i16; 2]) -> i32 {
    (b as i32) << 16 | a.cast_unsigned() as i32
}

#[inline]
#[target_feature(enable = "avx2")]
fn by(pairs: __m256i, factors: [i16; 2]) -> __m256i {
    _mm256_madd_epi16(pairs, _mm256_set1_epi32(both(factors)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn by_half(pairs: __m128i, factors: [i16; 2]) -> __m128i {
    _mm_madd_epi16(pairs, _mm_set1_epi32(both(factors)))
}

/// The block, dequantised.
#[inline]
#[target_feature(enable = "avx2")]
fn load(block: Block<'_>) -> Pairs {
    let coefficients: *const __m256i = block.coefficients.as_ptr().cast();
    let quantisers: *const __m256i = block.quantisers.as_ptr().cast();
    // SAFETY: each points to 64 numbers of 16 bit, four times what is loaded; no alignment is needed.
    unsafe {
        [
            _mm256_mullo_epi16(
                _mm256_loadu_si256(coefficients),
                _mm256_loadu_si256(quantisers),
            ),
            _mm256_mullo_epi16(
                _mm256_loadu_si256(coefficients.add(1)),
                _mm256_loadu_si256(quantisers.add(1)),
            ),
            _mm256_mullo_epi16(
                _mm256_loadu_si256(coefficients.add(2)),
                _mm256_loadu_si256(quantisers.add(2)),
            ),
            _mm256_mullo_epi16(
                _mm256_loadu_si256(coefficients.add(3)),
                _mm256_loadu_si256(quantisers.add(3)),
            ),
        ]
    }
}

/// Eight points to eight.
#[inline]
#[target_feature(enable = "avx2")]
fn eight<const SHIFT: i32>(pairs: Pairs) -> [__m256i; 8] {
    let [p04, p26, p17, p53] = pairs;
    let round = _mm256_set1_epi32(1 << (SHIFT - 1));
    let even0 = _mm256_add_epi32(by(p04, E0), round);
    let even1 = _mm256_add_epi32(by(p04, E1), round);
    let (even2, even3) = (by(p26, E2), by(p26, E3));
    let e0 = _mm256_add_epi32(even0, even3);
    let e1 = _mm256_add_epi32(even1, even2);
    let e2 = _mm256_sub_epi32(even1, even2);
    let e3 = _mm256_sub_epi32(even0, even3);
    let sums = _mm256_add_epi16(p17, p53);
    let (odd3, odd4) = (by(sums, Z3), by(sums, Z4));
    let o0 = _mm256_add_epi32(by(p17, O0), odd3);
    let o1 = _mm256_add_epi32(by(p53, O1), odd4);
    let o2 = _mm256_add_epi32(by(p53, O2), odd3);
    let o3 = _mm256_add_epi32(by(p17, O3), odd4);
    [
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(e0, o3)),
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(e1, o2)),
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(e2, o1)),
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(e3, o0)),
        _mm256_srai_epi32::<SHIFT>(_mm256_sub_epi32(e3, o0)),
        _mm256_srai_epi32::<SHIFT>(_mm256_sub_epi32(e2, o1)),
        _mm256_srai_epi32::<SHIFT>(_mm256_sub_epi32(e1, o2)),
        _mm256_srai_epi32::<SHIFT>(_mm256_sub_epi32(e0, o3)),
    ]
}

/// Of four lines, whose columns are in the stored order: columns 0 and 4 in pairs beside 1 and 7, and 2 and 6 beside 5 and 3.
#[inline]
#[target_feature(enable = "avx2")]
fn pair_up(a: __m256i, b: __m256i, c: __m256i, d: __m256i) -> (__m256i, __m256i) {
    let (ac, bd) = (_mm256_packs_epi32(a, c), _mm256_packs_epi32(b, d));
    let (ab, cd) = (_mm256_unpacklo_epi32(ac, bd), _mm256_unpackhi_epi32(ac, bd));
    (_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd))
}

/// Rows of eight samples: two in each 16 bytes, in the order 0, 1, 4, 5, 2, 3, 6, 7.
#[inline]
#[target_feature(enable = "avx2")]
fn rows(columns: [__m256i; 8]) -> [u8; 64] {
    let [a, b, c, d, e, f, g, h] = columns;
    // In each half: four samples of each of four columns.
    let left = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    let right = _mm256_packs_epi16(_mm256_packs_epi32(e, f), _mm256_packs_epi32(g, h));
    #[rustfmt::skip]
    let turn = _mm256_setr_epi8(
        0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
        0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
    );
    let middle = _mm256_set1_epi8(-128);
    let left = _mm256_shuffle_epi8(_mm256_xor_si256(left, middle), turn);
    let right = _mm256_shuffle_epi8(_mm256_xor_si256(right, middle), turn);
    let mut bytes = [0; 64];
    let room: *mut __m256i = bytes.as_mut_ptr().cast();
    // SAFETY: there is room for two times 32 bytes; no alignment is needed.
    unsafe {
        _mm256_storeu_si256(room, _mm256_unpacklo_epi32(left, right));
        _mm256_storeu_si256(room.add(1), _mm256_unpackhi_epi32(left, right));
    }
    bytes
}

/// Writes the block's eight rows of eight samples.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn whole(block: Block<'_>, out: &mut [u8], stride: usize) {
    let [a, b, c, d, e, f, g, h] = eight::<{ EIGHT.0 }>(load(block));
    let (upper0, upper1) = pair_up(a, b, c, d);
    let (lower0, lower1) = pair_up(e, f, g, h);
    let samples = rows(eight::<{ EIGHT.1 }>([
        _mm256_permute2x128_si256::<0x20>(upper0, lower0),
        _mm256_permute2x128_si256::<0x20>(upper1, lower1),
        _mm256_permute2x128_si256::<0x31>(upper0, lower0),
        _mm256_permute2x128_si256::<0x31>(upper1, lower1),
    ]));
    let ([r0, r1, r4, r5, r2, r3, r6, r7], _) = samples.as_chunks::<8>() else {
        return;
    };
    for (row, samples) in out.chunks_mut(stride).zip([r0, r1, r2, r3, r4, r5, r6, r7]) {
        put(row, *samples);
    }
}

/// Writes four rows of four samples.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn half(block: Block<'_>, out: &mut [u8], stride: usize) {
    let [p04, p26, p17, p53] = load(block);
    let round = _mm256_set1_epi32(1 << (FOUR.0 - 1));
    let even0 = _mm256_add_epi32(by(p04, HALF_E0), round);
    let even2 = by(p26, HALF_E2);
    let (e0, e1) = (
        _mm256_add_epi32(even0, even2),
        _mm256_sub_epi32(even0, even2),
    );
    let o0 = _mm256_add_epi32(by(p17, HALF_O0[0]), by(p53, HALF_O0[1]));
    let o1 = _mm256_add_epi32(by(p17, HALF_O1[0]), by(p53, HALF_O1[1]));
    let (near, far) = pair_up(
        _mm256_srai_epi32::<{ FOUR.0 }>(_mm256_add_epi32(e0, o0)),
        _mm256_srai_epi32::<{ FOUR.0 }>(_mm256_add_epi32(e1, o1)),
        _mm256_srai_epi32::<{ FOUR.0 }>(_mm256_sub_epi32(e1, o1)),
        _mm256_srai_epi32::<{ FOUR.0 }>(_mm256_sub_epi32(e0, o0)),
    );
    // The second pass has four rows only.
    let (p04, p17) = (
        _mm256_castsi256_si128(near),
        _mm256_extracti128_si256::<1>(near),
    );
    let (p26, p53) = (
        _mm256_castsi256_si128(far),
        _mm256_extracti128_si256::<1>(far),
    );
    let even0 = _mm_add_epi32(by_half(p04, HALF_E0), _mm_set1_epi32(1 << (FOUR.1 - 1)));
    let even2 = by_half(p26, HALF_E2);
    let (e0, e1) = (_mm_add_epi32(even0, even2), _mm_sub_epi32(even0, even2));
    let o0 = _mm_add_epi32(by_half(p17, HALF_O0[0]), by_half(p53, HALF_O0[1]));
    let o1 = _mm_add_epi32(by_half(p17, HALF_O1[0]), by_half(p53, HALF_O1[1]));
    let ab = _mm_packs_epi32(
        _mm_srai_epi32::<{ FOUR.1 }>(_mm_add_epi32(e0, o0)),
        _mm_srai_epi32::<{ FOUR.1 }>(_mm_add_epi32(e1, o1)),
    );
    let cd = _mm_packs_epi32(
        _mm_srai_epi32::<{ FOUR.1 }>(_mm_sub_epi32(e1, o1)),
        _mm_srai_epi32::<{ FOUR.1 }>(_mm_sub_epi32(e0, o0)),
    );
    let samples = _mm_xor_si128(_mm_packs_epi16(ab, cd), _mm_set1_epi8(-128));
    let turn = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let mut bytes = [0; 16];
    // SAFETY: there is room for sixteen bytes; no alignment is needed.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), _mm_shuffle_epi8(samples, turn)) };
    for (row, samples) in out.chunks_mut(stride).zip(bytes.as_chunks::<4>().0) {
        put(row, *samples);
    }
}

/// Writes two rows of two samples.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn quarter(block: Block<'_>, out: &mut [u8], stride: usize) {
    let [p04, _, p17, p53] = load(block);
    let round = _mm256_set1_epi32(1 << (TWO.0 - 1));
    // A power of two too large for a factor.
    let even = _mm256_slli_epi32::<1>(by(p04, HALF_E0));
    let even = _mm256_add_epi32(even, round);
    let odd = _mm256_add_epi32(by(p17, QUARTER_O[0]), by(p53, QUARTER_O[1]));
    let upper = _mm256_srai_epi32::<{ TWO.0 }>(_mm256_add_epi32(even, odd));
    let lower = _mm256_srai_epi32::<{ TWO.0 }>(_mm256_sub_epi32(even, odd));
    let mut columns = [0_i16; 16];
    // SAFETY: there is room for sixteen numbers of two bytes; no alignment is needed.
    unsafe {
        _mm256_storeu_si256(
            columns.as_mut_ptr().cast(),
            _mm256_packs_epi32(upper, lower),
        );
    };
    let [a0, _, _, _, b0, _, _, _, a1, a7, a5, a3, b1, b7, b5, b3] = columns;
    let rows = [[a0, a1, a7, a5, a3], [b0, b1, b7, b5, b3]];
    for (row, [v0, v1, v7, v5, v3]) in out.chunks_mut(stride).zip(rows) {
        put(row, super::idct::two_samples([v0, v1, 0, v3, 0, v5, 0, v7]));
    }
}
