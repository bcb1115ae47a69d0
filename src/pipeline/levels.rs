//! Samples as the numbers that are mixed: as they are, or by a curve.
//!
//! Mixed numbers have 15 bits and a sign. The brightest stays a fifth below what they can
//! hold, and the darkest at zero, so that what a filter overshoots survives until the second pass.

use std::ops::Range;

use super::interleaved::Interleaved;
use super::sight::Sight;

/// Fractional bits of samples that are mixed as they are.
const FRACTION: u32 = 6;

/// How samples become numbers and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Levels {
    /// A plane's samples in their own steps.
    Plain,
    /// By a curve, of pixels whose samples are interleaved.
    Pixels(Interleaved),
}

/// A plane's samples as linear light.
pub(super) const LIGHT: Levels = Levels::Pixels(Interleaved {
    channels: 1,
    alpha: false,
    linear: true,
});

impl Levels {
    /// Interleaved samples of a pixel.
    pub(super) fn channels(self) -> u32 {
        match self {
            Self::Pixels(kind) => kind.channels,
            Self::Plain => 1,
        }
    }

    /// Whether a pixel's last sample is alpha.
    pub(super) fn alpha(self) -> bool {
        matches!(self, Self::Pixels(Interleaved { alpha: true, .. }))
    }

    /// The numbers of two rows, the upper one's in the low halves; each channel's in a stretch of `stride`.
    ///
    /// With alpha, `sights` has what is seen of each block of the numbers that lie in `out`, and gets what is seen of the rows.
    pub(super) fn pair(
        self,
        rows: [&[u8]; 2],
        stride: usize,
        out: &mut [u32],
        sights: &mut [Sight],
    ) {
        match self {
            Self::Pixels(kind) => kind.pair(rows, stride, out, sights),
            Self::Plain => {
                let [upper, lower] = rows;
                for (out, (&upper, &lower)) in out.iter_mut().zip(upper.iter().zip(lower)) {
                    *out = u32::from(upper) << FRACTION | u32::from(lower) << (16 + FRACTION);
                }
            }
        }
    }

    /// The samples nearest to the numbers, which come channel by channel, of a part of a row of which this is seen.
    pub(super) fn samples(self, numbers: &[i16], part: Range<usize>, sight: Sight, out: &mut [u8]) {
        match self {
            Self::Pixels(kind) => kind.samples(numbers, part, sight, out),
            Self::Plain => {
                let out = out.get_mut(part.clone()).unwrap_or_default();
                for (out, &number) in out.iter_mut().zip(numbers.get(part).unwrap_or_default()) {
                    // Half a step is added before the fraction goes.
                    let rounded = number.saturating_add(1 << (FRACTION - 1)) >> FRACTION;
                    #[expect(clippy::cast_sign_loss, reason = "clamped")]
                    let sample = rounded.clamp(0, 255) as u8;
                    *out = sample;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_back() {
        let samples: Vec<u8> = (0..=255).collect();
        let reversed: Vec<u8> = (0..=255).rev().collect();
        for levels in [Levels::Plain, LIGHT] {
            let mut pairs = vec![0; 256];
            levels.pair([&samples, &reversed], 256, &mut pairs, &mut []);
            let halves = |shift: u32| -> Vec<i16> {
                let half = |pair: &u32| i16::try_from(pair >> shift & 0xffff).unwrap();
                pairs.iter().map(half).collect()
            };
            let mut back = vec![0; 256];
            levels.samples(&halves(0), 0..256, Sight::OPAQUE, &mut back);
            assert_eq!(back, samples);
            levels.samples(&halves(16), 0..256, Sight::OPAQUE, &mut back);
            assert_eq!(back, reversed);
        }
    }

    #[test]
    fn what_overshoots_is_clamped() {
        for levels in [Levels::Plain, LIGHT] {
            let mut samples = [1; 4];
            let numbers = [i16::MIN, -1, i16::MAX, 30_000];
            levels.samples(&numbers, 0..4, Sight::OPAQUE, &mut samples);
            assert_eq!(samples, [0, 0, 255, 255], "{levels:?}");
        }
    }
}
