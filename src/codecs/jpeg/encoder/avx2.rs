//! The transform and the division of [`super::transform`] with AVX2: two neighbouring blocks at a time, one in each
//! half of a register, so that nothing crosses between the halves.
//!
//! Written without closures: code that they are handed to doesn't have AVX2, and would call them one by one.
#![expect(unsafe_code, reason = "a measured kernel")]
#![expect(
    clippy::many_single_char_names,
    clippy::indexing_slicing,
    reason = "lines of a block have letters and numbers, and all indices are of eight lines"
)]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_storeu_si128, _mm256_abs_epi16, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpgt_epi16,
    _mm256_cvtepu8_epi16, _mm256_extracti128_si256, _mm256_madd_epi16, _mm256_movemask_epi8,
    _mm256_mulhi_epu16, _mm256_or_si256, _mm256_packs_epi16, _mm256_packs_epi32, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_sign_epi16,
    _mm256_slli_epi16, _mm256_srai_epi32, _mm256_sub_epi16, _mm256_unpackhi_epi16,
    _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi16, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64,
};

use super::quantiser::Quantiser;
use super::transform::factors::{C1, C2, C3, C4, C5, C6, C7};
use super::transform::{Block, SHIFTS, SIDE, ZIGZAG, without_lone};

/// Lines of two blocks.
type Lines = [__m256i; SIDE];

/// A row of blocks; see [`super::transform::row`].
#[target_feature(enable = "avx2")]
pub(super) fn row(samples: &[u8], stride: usize, quantiser: &Quantiser, blocks: &mut [Block]) {
    for (index, pair) in blocks.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let lines = load(samples, stride, index * 2 * SIDE);
        let columns = pass::<{ SHIFTS[0] }>(lines);
        let coefficients = pass::<{ SHIFTS[1] }>(turned(columns));
        quantise(&coefficients, quantiser, pair);
    }
}

/// Eight rows of sixteen samples, less 128.
#[inline]
#[target_feature(enable = "avx2")]
fn load(samples: &[u8], stride: usize, left: usize) -> Lines {
    let mut lines = [_mm256_setzero_si256(); SIDE];
    for (y, line) in lines.iter_mut().enumerate() {
        let row = samples.get(y * stride + left..).unwrap_or_default();
        let Some(row) = row.first_chunk::<16>() else {
            break;
        };
        // SAFETY: the pointer is to as many bytes as are loaded; no alignment is needed.
        let row = unsafe { _mm_loadu_si128(row.as_ptr().cast()) };
        *line = _mm256_sub_epi16(_mm256_cvtepu8_epi16(row), _mm256_set1_epi16(128));
    }
    lines
}

const fn both(a: i16, b: i16) -> i32 {
    (b as i32) << 16 | a.cast_unsigned() as i32
}

/// Two of the eight terms of a sum, for half the columns.
#[inline]
#[target_feature(enable = "avx2")]
fn by(pairs: __m256i, a: i16, b: i16) -> __m256i {
    _mm256_madd_epi16(pairs, _mm256_set1_epi32(both(a, b)))
}

/// Of 32 bit to 16, rounded.
#[inline]
#[target_feature(enable = "avx2")]
fn round<const SHIFT: i32>(low: __m256i, high: __m256i) -> __m256i {
    let half = _mm256_set1_epi32(1 << (SHIFT - 1));
    _mm256_packs_epi32(
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(low, half)),
        _mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(high, half)),
    )
}

/// Values of two lines side by side, of half the columns each.
#[derive(Clone, Copy)]
struct Pairs(__m256i, __m256i);

#[inline]
#[target_feature(enable = "avx2")]
fn pairs(a: __m256i, b: __m256i) -> Pairs {
    Pairs(_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b))
}

/// A line of the even half.
#[inline]
#[target_feature(enable = "avx2")]
fn even<const SHIFT: i32>(pairs: Pairs, a: i16, b: i16) -> __m256i {
    round::<SHIFT>(by(pairs.0, a, b), by(pairs.1, a, b))
}

/// A line of the odd half.
#[inline]
#[target_feature(enable = "avx2")]
fn odd<const SHIFT: i32>(ab: Pairs, cd: Pairs, [a, b, c, d]: [i16; 4]) -> __m256i {
    round::<SHIFT>(
        _mm256_add_epi32(by(ab.0, a, b), by(cd.0, c, d)),
        _mm256_add_epi32(by(ab.1, a, b), by(cd.1, c, d)),
    )
}

/// Eight points in each column at once. No sum of 16 bit overflows: a sample is 8 bit, and the first pass leaves 14.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const SHIFT: i32>(lines: Lines) -> Lines {
    let [x0, x1, x2, x3, x4, x5, x6, x7] = lines;
    let (s0, d0) = (_mm256_add_epi16(x0, x7), _mm256_sub_epi16(x0, x7));
    let (s1, d1) = (_mm256_add_epi16(x1, x6), _mm256_sub_epi16(x1, x6));
    let (s2, d2) = (_mm256_add_epi16(x2, x5), _mm256_sub_epi16(x2, x5));
    let (s3, d3) = (_mm256_add_epi16(x3, x4), _mm256_sub_epi16(x3, x4));
    let (p0, m0) = (_mm256_add_epi16(s0, s3), _mm256_sub_epi16(s0, s3));
    let (p1, m1) = (_mm256_add_epi16(s1, s2), _mm256_sub_epi16(s1, s2));
    let (outer, inner) = (pairs(d0, d1), pairs(d2, d3));
    let differences = pairs(m0, m1);
    let (y0, y4) = if SHIFT == 11 {
        // The factor is a power of two.
        (
            _mm256_slli_epi16::<3>(_mm256_add_epi16(p0, p1)),
            _mm256_slli_epi16::<3>(_mm256_sub_epi16(p0, p1)),
        )
    } else {
        let sums = pairs(p0, p1);
        (even::<SHIFT>(sums, C4, C4), even::<SHIFT>(sums, C4, -C4))
    };
    [
        y0,
        odd::<SHIFT>(outer, inner, [C1, C3, C5, C7]),
        even::<SHIFT>(differences, C2, C6),
        odd::<SHIFT>(outer, inner, [C3, -C7, -C1, -C5]),
        y4,
        odd::<SHIFT>(outer, inner, [C5, -C1, C7, C3]),
        even::<SHIFT>(differences, C6, -C2),
        odd::<SHIFT>(outer, inner, [C7, -C5, C3, -C1]),
    ]
}

/// Columns for lines, in each block.
#[inline]
#[target_feature(enable = "avx2")]
fn turned(lines: Lines) -> Lines {
    let [a, b, c, d, e, f, g, h] = lines;
    let (ab0, ab1) = (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b));
    let (cd0, cd1) = (_mm256_unpacklo_epi16(c, d), _mm256_unpackhi_epi16(c, d));
    let (ef0, ef1) = (_mm256_unpacklo_epi16(e, f), _mm256_unpackhi_epi16(e, f));
    let (gh0, gh1) = (_mm256_unpacklo_epi16(g, h), _mm256_unpackhi_epi16(g, h));
    let (upper0, upper1) = (
        _mm256_unpacklo_epi32(ab0, cd0),
        _mm256_unpackhi_epi32(ab0, cd0),
    );
    let (upper2, upper3) = (
        _mm256_unpacklo_epi32(ab1, cd1),
        _mm256_unpackhi_epi32(ab1, cd1),
    );
    let (lower0, lower1) = (
        _mm256_unpacklo_epi32(ef0, gh0),
        _mm256_unpackhi_epi32(ef0, gh0),
    );
    let (lower2, lower3) = (
        _mm256_unpacklo_epi32(ef1, gh1),
        _mm256_unpackhi_epi32(ef1, gh1),
    );
    [
        _mm256_unpacklo_epi64(upper0, lower0),
        _mm256_unpackhi_epi64(upper0, lower0),
        _mm256_unpacklo_epi64(upper1, lower1),
        _mm256_unpackhi_epi64(upper1, lower1),
        _mm256_unpacklo_epi64(upper2, lower2),
        _mm256_unpackhi_epi64(upper2, lower2),
        _mm256_unpacklo_epi64(upper3, lower3),
        _mm256_unpackhi_epi64(upper3, lower3),
    ]
}

/// The same line of a table for both blocks.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: &[u16; 64], index: usize) -> __m256i {
    let line: &[u16; SIDE] = &table.as_chunks().0[index];
    // SAFETY: the pointer is to as many bytes as are loaded; no alignment is needed.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(line.as_ptr().cast()) })
}

/// Divides, and finds what counts.
#[inline]
#[target_feature(enable = "avx2")]
fn quantise(coefficients: &Lines, quantiser: &Quantiser, pair: &mut [Block; 2]) {
    let [left, right] = pair;
    let mut degrees = [_mm256_setzero_si256(); SIDE];
    for index in 0..SIDE {
        let signed = coefficients[index];
        let size = _mm256_abs_epi16(signed);
        let biased = _mm256_add_epi16(size, twice(&quantiser.bias, index));
        let high = _mm256_mulhi_epu16(biased, twice(&quantiser.reciprocal, index));
        let quotient = _mm256_mulhi_epu16(high, twice(&quantiser.scale, index));
        let quotient = _mm256_sign_epi16(quotient, signed);
        store(left, index, _mm256_castsi256_si128(quotient));
        store(right, index, _mm256_extracti128_si256::<1>(quotient));
        let alive = _mm256_cmpgt_epi16(size, twice(&quantiser.dead, index));
        let strong = _mm256_cmpgt_epi16(size, twice(&quantiser.lone, index));
        // Zero, one below it for what is weak, and two for what is more.
        degrees[index] = _mm256_add_epi16(alive, strong);
    }
    let ([left_some, right_some], [left_weak, right_weak]) = masks(&degrees);
    left.some = without_lone(left_some, left_weak);
    right.some = without_lone(right_some, right_weak);
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(block: &mut Block, index: usize, values: __m128i) {
    let line: &mut [i16; SIDE] = &mut block.coefficients.as_chunks_mut().0[index];
    // SAFETY: there is room for as many bytes as are stored; no alignment is needed.
    unsafe { _mm_storeu_si128(line.as_mut_ptr().cast(), values) };
}

/// For each sixteen of the zigzag order, and each sixteen of a block: which byte goes where; 128 for none.
const SHUFFLES: [[[u8; 16]; 4]; 4] = {
    let mut shuffles = [[[128; 16]; 4]; 4];
    let mut index = 0;
    while index < 64 {
        let place = ZIGZAG[index];
        shuffles[index / 16][place as usize / 16][index % 16] = place % 16;
        index += 1;
    }
    shuffles
};

/// In zigzag order, of each block: a bit for each that is below zero, and a bit for each that is odd.
#[inline]
#[target_feature(enable = "avx2")]
fn masks(degrees: &Lines) -> ([u64; 2], [u64; 2]) {
    let [a, b, c, d, e, f, g, h] = *degrees;
    let bytes = [
        _mm256_packs_epi16(a, b),
        _mm256_packs_epi16(c, d),
        _mm256_packs_epi16(e, f),
        _mm256_packs_epi16(g, h),
    ];
    let (mut some, mut weak) = ([0; 2], [0; 2]);
    for (index, shuffles) in SHUFFLES.iter().enumerate() {
        let mut ordered = _mm256_setzero_si256();
        for (shuffle, bytes) in shuffles.iter().zip(bytes) {
            // SAFETY: the pointer is to as many bytes as are loaded; no alignment is needed.
            let shuffle = unsafe { _mm_loadu_si128(shuffle.as_ptr().cast()) };
            let shuffle = _mm256_broadcastsi128_si256(shuffle);
            ordered = _mm256_or_si256(ordered, _mm256_shuffle_epi8(bytes, shuffle));
        }
        let below = _mm256_movemask_epi8(ordered).cast_unsigned();
        let odd = _mm256_movemask_epi8(_mm256_slli_epi16::<7>(ordered)).cast_unsigned();
        some[0] |= u64::from(below & 0xffff) << (16 * index);
        some[1] |= u64::from(below >> 16) << (16 * index);
        weak[0] |= u64::from(odd & 0xffff) << (16 * index);
        weak[1] |= u64::from(odd >> 16) << (16 * index);
    }
    (some, weak)
}
