//! Numbers as interleaved pixels again: channels are joined, and colour is divided by alpha.

use std::ops::Range;

use super::curve::{BRIGHTEST, Curve};
use super::sight::Sight;

/// Pixels that are looked at together, whether any of them is seen.
const TOGETHER: usize = 16;

/// What divides by an alpha, times 2³², rounded up.
#[expect(clippy::indexing_slicing, reason = "computed by the compiler")]
static RECIPROCALS: [u64; 256] = {
    let mut reciprocals = [0; 256];
    let mut alpha = 1;
    while alpha < 256 {
        reciprocals[alpha] = (1_u64 << 32).div_ceil(alpha as u64);
        alpha += 1;
    }
    reciprocals
};

/// The pixels nearest to the numbers, which come channel by channel, of a part of a row of which this is seen.
#[expect(
    clippy::indexing_slicing,
    reason = "a pixel loop; each channel is cut to the part first"
)]
pub(super) fn pixels<const N: usize, const ALPHA: bool>(
    curve: &Curve,
    numbers: &[i16],
    part: Range<usize>,
    sight: Sight,
    out: &mut [u8],
) {
    let (pixels, _) = out.as_chunks_mut::<N>();
    let width = pixels.len();
    if part.start > part.end || part.end > width || numbers.len() < width * N {
        return;
    }
    let pixels = &mut pixels[part.clone()];
    if sight == Sight::NOTHING {
        pixels.fill([0; N]);
        return;
    }
    let channels: [&[i16]; N] =
        std::array::from_fn(|channel| &numbers[channel * width..][part.clone()]);
    for (index, pixels) in pixels.chunks_mut(TOGETHER).enumerate() {
        let range = index * TOGETHER..index * TOGETHER + pixels.len();
        let numbers = channels.map(|channel| &channel[range.clone()]);
        let sight = if ALPHA && sight == Sight::MIXED {
            seen(numbers[N - 1])
        } else {
            Sight::OPAQUE
        };
        for (index, pixel) in pixels.iter_mut().enumerate() {
            let mixed = numbers.map(|channel| channel[index]);
            *pixel = match sight {
                Sight::NOTHING => [0; N],
                Sight::OPAQUE => mixed.map(|number| curve.sample(number)),
                _ => divided(curve, mixed),
            };
        }
    }
}

/// What is seen of pixels with these alphas.
fn seen(alphas: &[i16]) -> Sight {
    let (mut least, mut most) = (i16::MAX, i16::MIN);
    for &alpha in alphas {
        least = least.min(alpha);
        most = most.max(alpha);
    }
    Sight::of(visible(most) != 0, (least, most) != (BRIGHTEST, BRIGHTEST))
}

/// How opaque a number is, as a sample.
#[inline]
fn visible(alpha: i16) -> u8 {
    nearest(f32::from(alpha) * (255.0 / f32::from(BRIGHTEST)))
}

/// The pixel whose colour, times its alpha, is this.
#[expect(clippy::indexing_slicing, reason = "a pixel's last sample")]
#[inline]
fn divided<const N: usize>(curve: &Curve, mixed: [i16; N]) -> [u8; N] {
    let visible = visible(mixed[N - 1]);
    if visible == 0 {
        // No colour that nobody sees: it would only make files larger.
        return [0; N];
    }
    let opaque = f32::from(BRIGHTEST);
    let factor = opaque / f32::from(mixed[N - 1]);
    let mut pixel = mixed.map(|number| {
        let number = (f32::from(number) * factor + 0.5).clamp(0.0, opaque);
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let number = number as i16;
        as_seen(curve.sample(number), visible)
    });
    pixel[N - 1] = visible;
    pixel
}

/// The nearest whole level.
#[inline]
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
#[expect(clippy::indexing_slicing, reason = "there is one for each alpha")]
#[inline]
fn as_seen(colour: u8, alpha: u8) -> u8 {
    let seen = (u32::from(colour) * u32::from(alpha) + 127) / 255;
    let seen = u64::from(seen * 255 + u32::from(alpha) / 2);
    // Exact: what the reciprocal is too large by adds less than a part of the divisor.
    let whole = (seen * RECIPROCALS[usize::from(alpha)]) >> 32;
    u8::try_from(whole).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_have_as_many_steps_as_are_seen() {
        for alpha in 1..=255_u8 {
            for colour in 0..=255 {
                let seen = (u32::from(colour) * u32::from(alpha) + 127) / 255;
                let expected = (seen * 255 + u32::from(alpha) / 2) / u32::from(alpha);
                assert_eq!(u32::from(as_seen(colour, alpha)), expected);
            }
        }
    }
}
