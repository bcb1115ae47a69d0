//! The two curves by which samples become the numbers that are mixed, and come back.

use std::sync::LazyLock;

/// The number of the brightest sample of a curve, and of what is opaque.
pub(super) const BRIGHTEST: i16 = 26_214;

/// Numbers that aren't negative.
const NUMBERS: usize = 1 << 15;

/// Bytes that a processor looks up together, at most.
const QUARTER: usize = 64;

/// A table of 256 bytes in quarters.
pub(super) type Quarters = [[u8; QUARTER]; 4];

/// How samples become numbers, from 0 to [`BRIGHTEST`], and back.
pub(super) struct Curve {
    /// The number of each sample.
    pub(super) numbers: [u16; 256],
    /// Their low and their high bytes.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "a kernel of x86 asks")
    )]
    pub(super) low: Quarters,
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "a kernel of x86 asks")
    )]
    pub(super) high: Quarters,
    /// The sample nearest to each number, those that overshoot included.
    samples: Box<[u8]>,
}

/// Linear light of the sRGB curve (IEC 61966-2-1).
static LIGHT: LazyLock<Curve> = LazyLock::new(|| Curve::new(decoded, coded));

/// The sRGB curve, from 0 to 1: the light of a sample.
pub(super) fn decoded(coded: f64) -> f64 {
    if coded <= 0.040_45 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    }
}

/// What undoes it: a sample of that much light.
pub(super) fn coded(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// The samples' own steps.
static EVEN: LazyLock<Curve> = LazyLock::new(|| Curve::new(|coded| coded, |number| number));

impl Curve {
    /// The curve of light, or the one that leaves samples as they are.
    pub(super) fn of(linear: bool) -> &'static Self {
        if linear { &LIGHT } else { &EVEN }
    }

    /// A curve and what undoes it, both from 0..=1 to 0..=1.
    fn new(to: impl Fn(f64) -> f64, from: impl Fn(f64) -> f64) -> Self {
        let brightest = f64::from(BRIGHTEST);
        let numbers: [u16; 256] =
            std::array::from_fn(|sample| round(to(sample as f64 / 255.0) * brightest));
        let mut samples = vec![u8::MAX; NUMBERS].into_boxed_slice();
        for (number, sample) in (0..=BRIGHTEST).zip(&mut samples) {
            let coded = from(f64::from(number) / brightest);
            *sample = u8::try_from(round(coded * 255.0)).unwrap_or(u8::MAX);
        }
        let (mut low, mut high) = ([[0; QUARTER]; 4], [[0; QUARTER]; 4]);
        let bytes = low
            .as_flattened_mut()
            .iter_mut()
            .zip(high.as_flattened_mut());
        for (number, (low, high)) in numbers.iter().zip(bytes) {
            [*low, *high] = number.to_le_bytes();
        }
        Self {
            numbers,
            low,
            high,
            samples,
        }
    }

    /// The number of a sample.
    #[expect(clippy::indexing_slicing, reason = "there is one for each")]
    #[inline]
    pub(super) fn number(&self, sample: u8) -> u16 {
        self.numbers[usize::from(sample)]
    }

    /// The sample nearest to a number; what overshoots is clamped.
    #[inline]
    pub(super) fn sample(&self, number: i16) -> u8 {
        let number = usize::from(number.max(0).cast_unsigned());
        self.samples.get(number).copied().unwrap_or(u8::MAX)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 65,535"
)]
fn round(value: f64) -> u16 {
    value.round() as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_back() {
        for linear in [false, true] {
            let curve = Curve::of(linear);
            for sample in 0..=255 {
                let number = curve.number(sample);
                assert_eq!(curve.sample(i16::try_from(number).unwrap()), sample);
            }
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
        let to = sum(&mut LIGHT.numbers.iter().map(|&light| u32::from(light)));
        let from = sum(&mut LIGHT.samples[..=26_214]
            .iter()
            .map(|&sample| u32::from(sample)));
        assert_eq!((to, from), (1_243_182_798, 838_536));
    }

    #[test]
    fn half_the_light_is_188() {
        assert_eq!(Curve::of(true).sample(13_107), 188);
    }
}
