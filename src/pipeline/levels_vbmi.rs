//! Light of samples with AVX-512 VBMI, which looks up 64 bytes at once.
#![expect(
    unsafe_code,
    reason = "a measured kernel: eight times as fast as a look-up for each sample"
)]

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_mask_blend_epi8, _mm512_movepi8_mask,
    _mm512_permutex2var_epi8, _mm512_permutexvar_epi32, _mm512_setr_epi32, _mm512_storeu_si512,
    _mm512_unpackhi_epi8, _mm512_unpackhi_epi16, _mm512_unpacklo_epi8, _mm512_unpacklo_epi16,
};

/// Samples that are looked up at once.
const STEP: usize = 64;

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

/// Fills `out` with the lights of two rows, the upper one's in the low halves, as far as whole steps go; how far that is.
pub(super) fn pair(
    _token: Token,
    lights: &[u16; 256],
    upper: &[u8],
    lower: &[u8],
    out: &mut [u32],
) -> usize {
    // SAFETY: the token proves the features.
    unsafe { pair_vbmi(lights, upper, lower, out) }
}

/// The low and the high bytes of 256 numbers, in their order.
struct Table {
    low: [__m512i; 4],
    high: [__m512i; 4],
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn load(bytes: &[u8; STEP]) -> __m512i {
    // SAFETY: there are 64 bytes to be loaded; no alignment is needed.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn store(numbers: __m512i, out: &mut [u32; STEP / 4]) {
    // SAFETY: there is room for 64 bytes; no alignment is needed.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), numbers) };
}

/// One byte of each sample's number.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn bytes(samples: __m512i, [a, b, c, d]: [__m512i; 4]) -> __m512i {
    let lower = _mm512_permutex2var_epi8(a, samples, b);
    let upper = _mm512_permutex2var_epi8(c, samples, d);
    _mm512_mask_blend_epi8(_mm512_movepi8_mask(samples), lower, upper)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn table(lights: &[u16; 256]) -> Table {
    let (mut low, mut high) = ([0; 256], [0; 256]);
    for ((light, low), high) in lights.iter().zip(&mut low).zip(&mut high) {
        [*low, *high] = light.to_le_bytes();
    }
    let [low, high] = [low, high].map(|bytes: [u8; 256]| {
        let [a, b, c, d] = bytes.as_chunks::<STEP>().0 else {
            return [[0; STEP]; 4];
        };
        [*a, *b, *c, *d]
    });
    let [a, b, c, d] = &low;
    let low = [load(a), load(b), load(c), load(d)];
    let [a, b, c, d] = &high;
    let high = [load(a), load(b), load(c), load(d)];
    Table { low, high }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn pair_vbmi(lights: &[u16; 256], upper: &[u8], lower: &[u8], out: &mut [u32]) -> usize {
    let Table { low, high } = table(lights);
    // Fours of samples, so that unpacking, which works in quarters, leaves them in their order.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    let (upper, lower) = (upper.as_chunks::<STEP>().0, lower.as_chunks::<STEP>().0);
    let mut done = 0;
    for ((upper, lower), out) in upper.iter().zip(lower).zip(out.as_chunks_mut::<STEP>().0) {
        let upper = _mm512_permutexvar_epi32(order, load(upper));
        let lower = _mm512_permutexvar_epi32(order, load(lower));
        let (upper_low, upper_high) = (bytes(upper, low), bytes(upper, high));
        let (lower_low, lower_high) = (bytes(lower, low), bytes(lower, high));
        let upper0 = _mm512_unpacklo_epi8(upper_low, upper_high);
        let upper1 = _mm512_unpackhi_epi8(upper_low, upper_high);
        let lower0 = _mm512_unpacklo_epi8(lower_low, lower_high);
        let lower1 = _mm512_unpackhi_epi8(lower_low, lower_high);
        if let [a, b, c, d] = out.as_chunks_mut::<{ STEP / 4 }>().0 {
            store(_mm512_unpacklo_epi16(upper0, lower0), a);
            store(_mm512_unpackhi_epi16(upper0, lower0), b);
            store(_mm512_unpacklo_epi16(upper1, lower1), c);
            store(_mm512_unpackhi_epi16(upper1, lower1), d);
        }
        done += STEP;
    }
    done
}
