//! Samples as the numbers that are mixed: as they are, or as light.
//!
//! Mixed numbers have 15 bits and a sign. The brightest stays a fifth below what they can
//! hold, and the darkest at zero, so that what a filter overshoots survives until the second pass.

#[cfg(target_arch = "x86_64")]
#[path = "levels_vbmi.rs"]
mod vbmi;

use std::sync::LazyLock;

use super::interleaved::Interleaved;

/// The number of the brightest light.
pub(super) const BRIGHTEST: i16 = 26_214;

/// Fractional bits of samples that are mixed as they are.
const FRACTION: u32 = 6;

/// How samples become numbers and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Levels {
    /// The samples' own steps.
    Plain,
    /// Linear light of the sRGB curve (IEC 61966-2-1).
    Light,
    /// Linear light of pixels whose samples are interleaved.
    Pixels(Interleaved),
}

static TO_LIGHT: LazyLock<[u16; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let coded = value as f64 / 255.0;
        let light = if coded <= 0.040_45 {
            coded / 12.92
        } else {
            ((coded + 0.055) / 1.055).powf(2.4)
        };
        round(light * f64::from(BRIGHTEST))
    })
});

/// The sample nearest to each light.
static FROM_LIGHT: LazyLock<Box<[u8]>> = LazyLock::new(|| {
    (0..=BRIGHTEST)
        .map(|value| {
            let light = f64::from(value) / f64::from(BRIGHTEST);
            let coded = if light <= 0.003_130_8 {
                light * 12.92
            } else {
                1.055 * light.powf(1.0 / 2.4) - 0.055
            };
            u8::try_from(round(coded * 255.0)).unwrap_or(u8::MAX)
        })
        .collect()
});

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 65,535"
)]
fn round(value: f64) -> u16 {
    value.round() as u16
}

/// The light of each sample.
pub(super) fn to_light() -> &'static [u16; 256] {
    &TO_LIGHT
}

/// The sample nearest to a light.
#[inline]
pub(super) fn from_light(light: i16) -> u8 {
    let light = usize::try_from(light).unwrap_or(0);
    FROM_LIGHT.get(light).copied().unwrap_or(u8::MAX)
}

/// The light of as many samples as can be looked up together here, from the first on.
fn quick(upper: &[u8], lower: &[u8], out: &mut [u32]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(token) = vbmi::Token::new() {
        return vbmi::pair(token, &TO_LIGHT, upper, lower, out);
    }
    0
}

impl Levels {
    /// Interleaved samples of a pixel.
    pub(super) fn channels(self) -> u32 {
        match self {
            Self::Pixels(kind) => kind.channels,
            _ => 1,
        }
    }

    /// The numbers of two rows, the upper one's in the low halves; each channel's in a stretch of `stride`.
    pub(super) fn pair(self, upper: &[u8], lower: &[u8], stride: usize, out: &mut [u32]) {
        let samples = upper.iter().zip(lower);
        match self {
            Self::Pixels(kind) => kind.pair(upper, lower, stride, out),
            Self::Plain => {
                for (out, (&upper, &lower)) in out.iter_mut().zip(samples) {
                    *out = u32::from(upper) << FRACTION | u32::from(lower) << (16 + FRACTION);
                }
            }
            Self::Light => {
                let done = quick(upper, lower, out);
                let rest = upper.iter().zip(lower).zip(out).skip(done);
                let light = |sample: u8| TO_LIGHT.get(usize::from(sample)).copied().unwrap_or(0);
                for ((&upper, &lower), out) in rest {
                    *out = u32::from(light(upper)) | u32::from(light(lower)) << 16;
                }
            }
        }
    }

    /// The samples nearest to the numbers, which come channel by channel.
    pub(super) fn samples(self, numbers: &[i16], out: &mut [u8]) {
        match self {
            Self::Pixels(kind) => kind.samples(numbers, out),
            Self::Plain => {
                for (out, &number) in out.iter_mut().zip(numbers) {
                    // Half a step is added before the fraction goes.
                    let rounded = number.saturating_add(1 << (FRACTION - 1)) >> FRACTION;
                    #[expect(clippy::cast_sign_loss, reason = "clamped")]
                    let sample = rounded.clamp(0, 255) as u8;
                    *out = sample;
                }
            }
            Self::Light => {
                let table = &**FROM_LIGHT;
                for (out, &number) in out.iter_mut().zip(numbers) {
                    let light = usize::try_from(number).unwrap_or(0);
                    *out = table.get(light).copied().unwrap_or(u8::MAX);
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
        for levels in [Levels::Plain, Levels::Light] {
            let mut pairs = vec![0; 256];
            levels.pair(&samples, &reversed, 256, &mut pairs);
            let halves = |shift: u32| -> Vec<i16> {
                let half = |pair: &u32| i16::try_from(pair >> shift & 0xffff).unwrap();
                pairs.iter().map(half).collect()
            };
            let mut back = vec![0; 256];
            levels.samples(&halves(0), &mut back);
            assert_eq!(back, samples);
            levels.samples(&halves(16), &mut back);
            assert_eq!(back, reversed);
        }
    }

    #[test]
    fn many_at_once_are_as_one_by_one() {
        let upper: Vec<u8> = (0..1_000_u32)
            .map(|at| u8::try_from(at * 7 % 256).unwrap())
            .collect();
        let lower: Vec<u8> = (0..1_000_u32)
            .map(|at| u8::try_from(at * 13 % 251).unwrap())
            .collect();
        let mut together = vec![0; 1_000];
        Levels::Light.pair(&upper, &lower, 1_000, &mut together);
        for (at, &both) in together.iter().enumerate() {
            let mut alone = [0];
            Levels::Light.pair(&upper[at..=at], &lower[at..=at], 1, &mut alone);
            assert_eq!(alone, [both], "{at}");
        }
    }

    #[test]
    fn what_overshoots_is_clamped() {
        for levels in [Levels::Plain, Levels::Light] {
            let mut samples = [1; 4];
            levels.samples(&[i16::MIN, -1, i16::MAX, 30_000], &mut samples);
            assert_eq!(samples, [0, 0, 255, 255], "{levels:?}");
        }
    }

    /// The tables come from a library's power function: here is what they have to be, whatever its last bit.
    #[test]
    fn the_tables_are_the_same_everywhere() {
        let sum = |numbers: &mut dyn Iterator<Item = u32>| {
            numbers.fold(0_u32, |sum, number| {
                sum.wrapping_mul(31).wrapping_add(number)
            })
        };
        let to = sum(&mut TO_LIGHT.iter().map(|&light| u32::from(light)));
        let from = sum(&mut FROM_LIGHT.iter().map(|&sample| u32::from(sample)));
        assert_eq!((to, from), (1_243_182_798, 838_536));
    }

    #[test]
    fn half_the_light_is_188() {
        let mut sample = [0];
        Levels::Light.samples(&[13_107], &mut sample);
        assert_eq!(sample, [188]);
    }
}
