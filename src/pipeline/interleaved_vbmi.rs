//! Pixels split with AVX-512 VBMI, which looks up 64 bytes at once: first samples by their places, then their numbers.
#![expect(
    unsafe_code,
    reason = "a measured kernel: eight times as fast as a look-up for each sample"
)]

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_avg_epu16, _mm512_loadu_si512, _mm512_mask_blend_epi8,
    _mm512_mask_cmpneq_epi8_mask, _mm512_mask_test_epi8_mask, _mm512_movepi8_mask,
    _mm512_mulhrs_epi16, _mm512_or_si512, _mm512_permutex2var_epi8, _mm512_permutexvar_epi8,
    _mm512_set1_epi8, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512, _mm512_sub_epi16, _mm512_unpackhi_epi8, _mm512_unpackhi_epi16,
    _mm512_unpacklo_epi8, _mm512_unpacklo_epi16,
};
use std::ops::Range;

use super::{Looked, OPAQUE, STEP, Slot};
use crate::pipeline::curve::{BRIGHTEST, Curve, Quarters};
use crate::pipeline::sight::Sight;

/// Proof that the processor has what this takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token(());

impl Token {
    pub(super) fn new() -> Option<Self> {
        let all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi");
        all.then_some(Self(()))
    }
}

/// See [`super::portable`].
pub(super) fn steps<const N: usize, const ALPHA: bool>(
    _token: Token,
    curve: &Curve,
    rows: [&[u8]; 2],
    first: usize,
    slot: &mut Slot<'_>,
) {
    // SAFETY: the token proves the features.
    unsafe { steps_vbmi::<N, ALPHA>(curve, rows, first, slot) }
}

/// Where each channel's samples are among 64 pixels, in bytes, in the order that [`steps_vbmi`] takes them.
///
/// Fours of samples are in such an order that unpacking, which works in quarters, leaves them in their own.
struct Places<const N: usize>;

impl<const N: usize> Places<N> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        reason = "computed by the compiler"
    )]
    const ALL: [[u8; STEP]; N] = {
        let mut places = [[0; STEP]; N];
        let mut index = 0;
        while index < STEP {
            let (quarter, four, one) = (index / 16, index / 4 % 4, index % 4);
            let pixel = 16 * four + 4 * quarter + one;
            let mut channel = 0;
            while channel < N {
                places[channel][index] = (pixel * N + channel) as u8;
                channel += 1;
            }
            index += 1;
        }
        places
    };

    /// Bits for the bytes that are the last of their pixels, where a pixel has a power of two of bytes.
    const LAST: u64 = (u64::MAX / ((1 << N) - 1)) << (N - 1);
}

type Vectors = [__m512i; 4];

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn load(bytes: &[u8; STEP]) -> __m512i {
    // SAFETY: there are 64 bytes to be loaded; no alignment is needed.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn load_all([a, b, c, d]: &Quarters) -> Vectors {
    [load(a), load(b), load(c), load(d)]
}

/// A step's pixels, as many vectors as they have channels.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn pixels<const N: usize>(bytes: &[[u8; STEP]]) -> Vectors {
    let mut vectors = [_mm512_setzero_si512(); 4];
    for (vector, bytes) in vectors.iter_mut().zip(bytes).take(N) {
        *vector = load(bytes);
    }
    vectors
}

/// The bytes at these places of a table, of which only so many quarters are in use.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn bytes<const QUARTERS: usize>(places: __m512i, &[a, b, c, d]: &Vectors) -> __m512i {
    if QUARTERS == 1 {
        return _mm512_permutexvar_epi8(places, a);
    }
    let lower = _mm512_permutex2var_epi8(a, places, b);
    if QUARTERS == 2 {
        return lower;
    }
    let upper = _mm512_permutex2var_epi8(c, places, d);
    _mm512_mask_blend_epi8(_mm512_movepi8_mask(places), lower, upper)
}

/// Pairs of bytes as numbers.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn words(low: __m512i, high: __m512i) -> [__m512i; 2] {
    [
        _mm512_unpacklo_epi8(low, high),
        _mm512_unpackhi_epi8(low, high),
    ]
}

/// The negative parts that alphas let through.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn parts(alphas: __m512i) -> [__m512i; 2] {
    let zero = _mm512_setzero_si512();
    let [first, second] = words(alphas, alphas);
    [
        _mm512_sub_epi16(zero, _mm512_avg_epu16(first, zero)),
        _mm512_sub_epi16(zero, _mm512_avg_epu16(second, zero)),
    ]
}

/// See [`super::part_of`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn parts_of([a, b]: [__m512i; 2], [first, second]: [__m512i; 2]) -> [__m512i; 2] {
    let zero = _mm512_setzero_si512();
    [
        _mm512_sub_epi16(zero, _mm512_mulhrs_epi16(a, first)),
        _mm512_sub_epi16(zero, _mm512_mulhrs_epi16(b, second)),
    ]
}

/// Two rows' numbers, the upper one's in the low halves.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn paired(upper: [__m512i; 2], lower: [__m512i; 2]) -> Vectors {
    [
        _mm512_unpacklo_epi16(upper[0], lower[0]),
        _mm512_unpackhi_epi16(upper[0], lower[0]),
        _mm512_unpacklo_epi16(upper[1], lower[1]),
        _mm512_unpackhi_epi16(upper[1], lower[1]),
    ]
}

/// What is seen of a step's two blocks, each of which is half of the vectors.
#[expect(clippy::indexing_slicing, reason = "four vectors, two blocks")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn sights<const N: usize>(upper: Vectors, lower: Vectors) -> [Sight; 2] {
    let opaque = _mm512_set1_epi8(-1);
    let mut sights = [Sight::MIXED; 2];
    let mut block = 0;
    while block < 2 {
        let (mut seen, mut through) = (0, 0);
        let mut index = block * (N / 2);
        while index < (block + 1) * (N / 2) {
            let any = _mm512_or_si512(upper[index], lower[index]);
            let all = _mm512_and_si512(upper[index], lower[index]);
            seen |= _mm512_mask_test_epi8_mask(Places::<N>::LAST, any, any);
            through |= _mm512_mask_cmpneq_epi8_mask(Places::<N>::LAST, all, opaque);
            index += 1;
        }
        sights[block] = Sight::of(seen != 0, through != 0);
        block += 1;
    }
    sights
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn steps_vbmi<const N: usize, const ALPHA: bool>(
    curve: &Curve,
    [upper, lower]: [&[u8]; 2],
    first: usize,
    slot: &mut Slot<'_>,
) {
    let curve = [load_all(&curve.low), load_all(&curve.high)];
    let upper = upper.as_chunks::<STEP>().0.chunks_exact(N);
    let lower = lower.as_chunks::<STEP>().0.chunks_exact(N);
    for (step, (upper, lower)) in (first..).zip(upper.zip(lower)) {
        let rows = [pixels::<N>(upper), pixels::<N>(lower)];
        let looked = if ALPHA {
            slot.look(step, sights::<N>(rows[0], rows[1]))
        } else {
            Looked::Opaque { before: true }
        };
        let colours = if ALPHA { N - 1 } else { N };
        let zero = _mm512_setzero_si512();
        match looked {
            Looked::Nothing { before: true } => {}
            Looked::Nothing { before: false } => fill(zero, 0..N, step, slot),
            Looked::Opaque { before } => {
                if !before {
                    let both = _mm512_set1_epi32((OPAQUE | OPAQUE << 16).cast_signed());
                    fill(both, colours..N, step, slot);
                }
                let mut channel = 0;
                while channel < colours {
                    let [upper, lower] = numbers::<N>(&curve, &rows, channel);
                    put(paired(upper, lower), channel, step, slot);
                    channel += 1;
                }
            }
            Looked::Mixed => mixed::<N>(&curve, &rows, step, slot),
        }
    }
}

/// Numbers of colours, times their alphas, and of the alphas.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn mixed<const N: usize>(
    curve: &[Vectors; 2],
    rows: &[Vectors; 2],
    step: usize,
    slot: &mut Slot<'_>,
) {
    let alphas = placed::<N>(rows, N - 1);
    let (first, second) = (parts(alphas[0]), parts(alphas[1]));
    let mut channel = 0;
    while channel < N {
        let [upper, lower] = if channel == N - 1 {
            [[_mm512_set1_epi16(BRIGHTEST); 2]; 2]
        } else {
            numbers::<N>(curve, rows, channel)
        };
        let pairs = paired(parts_of(upper, first), parts_of(lower, second));
        put(pairs, channel, step, slot);
        channel += 1;
    }
}

/// A channel's samples of two rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn placed<const N: usize>([upper, lower]: &[Vectors; 2], channel: usize) -> [__m512i; 2] {
    let places = load(Places::<N>::ALL.get(channel).unwrap_or(&[0; STEP]));
    [bytes::<N>(places, upper), bytes::<N>(places, lower)]
}

/// A channel's numbers of two rows.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn numbers<const N: usize>(
    curve: &[Vectors; 2],
    rows: &[Vectors; 2],
    channel: usize,
) -> [[__m512i; 2]; 2] {
    let [upper, lower] = placed::<N>(rows, channel);
    let [low, high] = curve;
    [
        words(bytes::<4>(upper, low), bytes::<4>(upper, high)),
        words(bytes::<4>(lower, low), bytes::<4>(lower, high)),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn put(numbers: Vectors, channel: usize, step: usize, slot: &mut Slot<'_>) {
    let Some(out) = slot.step(channel, step) else {
        return;
    };
    for (out, numbers) in out
        .as_chunks_mut::<{ STEP / 4 }>()
        .0
        .iter_mut()
        .zip(numbers)
    {
        // SAFETY: there is room for 64 bytes; no alignment is needed.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), numbers) };
    }
}

/// Gives all of a step's pixels the same number in these channels.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn fill(number: __m512i, channels: Range<usize>, step: usize, slot: &mut Slot<'_>) {
    let mut channel = channels.start;
    while channel < channels.end {
        put([number; 4], channel, step, slot);
        channel += 1;
    }
}
