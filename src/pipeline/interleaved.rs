//! Interleaved samples as light: split into channels before they are mixed, and joined after it.
//!
//! Colour is multiplied with alpha before it is mixed and divided after, so that what can't be seen lends no colour.
#![expect(
    clippy::inline_always,
    reason = "without it the hot loop calls instead of computing, and without the caller's AVX2"
)]

use super::levels::{self, BRIGHTEST};

/// How samples of a pixel are interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interleaved {
    /// Samples per pixel, 2 to 4.
    pub(super) channels: u32,
    /// Whether the last one is alpha.
    pub(super) alpha: bool,
}

/// Pixels that are looked at together, whether any of them is seen.
const RUN: usize = 16;

/// The whole of a light, in the steps of a weight.
const WHOLE: u32 = 1 << 16;

/// The part of a pixel's light that its alpha lets through, in 1/65536.
#[expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "computed by the compiler"
)]
const PARTS: [u32; 256] = {
    let mut parts = [0; 256];
    let mut alpha = 0;
    while alpha < 256 {
        parts[alpha] = (alpha as u32 * WHOLE + 127) / 255;
        alpha += 1;
    }
    parts
};

impl Interleaved {
    /// The numbers of two rows, the upper one's in the low halves, each channel's in a stretch of `stride` of its own.
    pub(super) fn pair(self, upper: &[u8], lower: &[u8], stride: usize, out: &mut [u32]) {
        match (self.channels, self.alpha) {
            (2, _) => pair::<2, true>(upper, lower, stride, out),
            (3, _) => pair::<3, false>(upper, lower, stride, out),
            (_, true) => pair::<4, true>(upper, lower, stride, out),
            (_, false) => pair::<4, false>(upper, lower, stride, out),
        }
    }

    /// The pixels nearest to the numbers, which come channel by channel.
    pub(super) fn samples(self, numbers: &[i16], out: &mut [u8]) {
        match (self.channels, self.alpha) {
            (2, _) => samples::<2, true>(numbers, out),
            (3, _) => samples::<3, false>(numbers, out),
            (_, true) => samples::<4, true>(numbers, out),
            (_, false) => samples::<4, false>(numbers, out),
        }
    }
}

/// The numbers of a pixel.
#[inline(always)]
fn numbers<const N: usize, const ALPHA: bool>(pixel: [u8; N], light: &[u16; 256]) -> [u32; N] {
    let of = |sample: u8| u32::from(light.get(usize::from(sample)).copied().unwrap_or_default());
    let part = match pixel.last() {
        Some(&alpha) if ALPHA => PARTS.get(usize::from(alpha)).copied().unwrap_or_default(),
        _ => WHOLE,
    };
    let mut numbers = pixel.map(of);
    if let Some(last) = numbers.last_mut().filter(|_| ALPHA) {
        *last = BRIGHTEST.cast_unsigned().into();
    }
    if part == WHOLE {
        return numbers;
    }
    numbers.map(|number| (number * part + WHOLE / 2) >> 16)
}

#[expect(
    clippy::indexing_slicing,
    reason = "a pixel loop; each stretch is cut to the number of pixels first"
)]
fn pair<const N: usize, const ALPHA: bool>(
    upper: &[u8],
    lower: &[u8],
    stride: usize,
    out: &mut [u32],
) {
    let light = levels::to_light();
    let (upper, lower) = (upper.as_chunks::<N>().0, lower.as_chunks::<N>().0);
    let count = upper.len().min(lower.len()).min(stride);
    let mut stretches = out.chunks_exact_mut(stride);
    let mut stretches: [&mut [u32]; N] = std::array::from_fn(|_| {
        let stretch = stretches.next().unwrap_or_default();
        let end = count.min(stretch.len());
        &mut stretch[..end]
    });
    if stretches.iter().any(|stretch| stretch.len() < count) {
        return;
    }
    let some = upper
        .chunks(RUN)
        .zip(lower.chunks(RUN))
        .take(count.div_ceil(RUN));
    for (run, (upper, lower)) in some.enumerate() {
        let range = run * RUN..(run * RUN + upper.len().min(lower.len())).min(count);
        let seen = |pixels: &[[u8; N]]| pixels.iter().fold(0, |all, pixel| all | pixel[N - 1]);
        if ALPHA && seen(upper) | seen(lower) == 0 {
            // Pictures with alpha are mostly transparent.
            for stretch in &mut stretches {
                stretch[range.clone()].fill(0);
            }
            continue;
        }
        for (index, (&upper, &lower)) in range.zip(upper.iter().zip(lower)) {
            let (upper, lower) = (
                numbers::<N, ALPHA>(upper, light),
                numbers::<N, ALPHA>(lower, light),
            );
            for channel in 0..N {
                stretches[channel][index] = upper[channel] | lower[channel] << 16;
            }
        }
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "a pixel loop; each channel is cut to the number of pixels first"
)]
fn samples<const N: usize, const ALPHA: bool>(numbers: &[i16], out: &mut [u8]) {
    let (pixels, _) = out.as_chunks_mut::<N>();
    let count = pixels.len();
    if count == 0 || numbers.len() < count * N {
        return;
    }
    let channels: [&[i16]; N] = std::array::from_fn(|channel| &numbers[channel * count..][..count]);
    for (index, pixel) in pixels.iter_mut().enumerate() {
        let mixed = channels.map(|channel| channel[index]);
        *pixel = if ALPHA {
            divided(mixed)
        } else {
            mixed.map(levels::from_light)
        };
    }
}

/// The pixel whose colour, times its alpha, is this.
#[inline(always)]
fn divided<const N: usize>(mixed: [i16; N]) -> [u8; N] {
    let opaque = f32::from(BRIGHTEST);
    let alpha = f32::from(mixed.last().copied().unwrap_or_default());
    let visible = nearest(alpha * (255.0 / opaque));
    if visible == 0 {
        // No colour that nobody sees: it would only make files larger.
        return [0; N];
    }
    let factor = opaque / alpha;
    let mut pixel = mixed.map(|number| {
        let light = (f32::from(number) * factor + 0.5).clamp(0.0, opaque);
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let light = light as i16;
        as_seen(levels::from_light(light), visible)
    });
    if let Some(last) = pixel.last_mut() {
        *last = visible;
    }
    pixel
}

/// The nearest whole level.
#[inline(always)]
fn nearest(value: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float saturates"
    )]
    let level = (value + 0.5) as u8;
    level
}

/// A colour with only as many steps as are seen through its alpha: half a level off at most on any background.
#[inline(always)]
fn as_seen(colour: u8, alpha: u8) -> u8 {
    if alpha == 255 {
        return colour;
    }
    let alpha = u32::from(alpha);
    let seen = (u32::from(colour) * alpha + 127) / 255;
    u8::try_from((seen * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(kind: Interleaved, pixels: &[u8]) -> Vec<u8> {
        let count = pixels.len() / kind.channels as usize;
        let stride = count + 3;
        let mut out = vec![0; stride * kind.channels as usize];
        kind.pair(pixels, pixels, stride, &mut out);
        let numbers: Vec<i16> = out
            .chunks(stride)
            .flat_map(|stretch| &stretch[..count])
            .map(|&both| {
                assert_eq!(both >> 16, both & 0xffff);
                i16::try_from(both & 0xffff).unwrap()
            })
            .collect();
        let mut back = vec![0; pixels.len()];
        kind.samples(&numbers, &mut back);
        back
    }

    #[test]
    fn opaque_pixels_come_back() {
        for (channels, alpha) in [(2, true), (3, false), (4, true)] {
            let kind = Interleaved { channels, alpha };
            let pixels: Vec<u8> = (0..=255_u8)
                .flat_map(|value| {
                    let pixel = [value, 255 - value, value / 2, 255];
                    if alpha {
                        pixel[4 - channels as usize..].to_vec()
                    } else {
                        pixel[..channels as usize].to_vec()
                    }
                })
                .collect();
            assert_eq!(through(kind, &pixels), pixels, "{kind:?}");
        }
    }

    #[test]
    fn what_is_seen_comes_back() {
        let kind = Interleaved {
            channels: 4,
            alpha: true,
        };
        for alpha in 0..=255 {
            let pixels: Vec<u8> = (0..=255)
                .flat_map(|value| [value, 255 - value, 77, alpha])
                .collect();
            let back = through(kind, &pixels);
            for (&from, &to) in pixels.iter().zip(&back) {
                let seen = |sample: u8| f64::from(sample) * f64::from(alpha) / 255.0;
                assert!((seen(from) - seen(to)).abs() < 1.3, "{alpha}: {from}, {to}");
            }
            assert!(back.iter().skip(3).step_by(4).all(|&to| to == alpha));
        }
    }
}
