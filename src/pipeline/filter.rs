//! Weights of a resampling in one direction, in fixed point.

use super::strip::Span;

/// Weights are integers over this power of two; the weights of a pixel add up to 1 exactly.
pub(super) const WEIGHT_BITS: u32 = 14;

/// Lanczos with three lobes, widened where the picture shrinks, for every pixel of an answer.
#[derive(Debug)]
pub(super) struct Filter {
    /// Weights of each pixel, padded with zeros.
    taps: usize,
    /// The source pixel of each pixel's first weight.
    first: Vec<u32>,
    weights: Vec<i16>,
}

impl Filter {
    /// Weights whose number is a multiple of `group`, and whose first source pixel is a multiple of `align`.
    pub(super) fn new(span: Span, group: usize, align: u32) -> Self {
        let pixels: Vec<(u32, Vec<f64>)> = (0..span.target)
            .map(|pixel| weights(span, pixel, align))
            .collect();
        let most = pixels.iter().map(|(_, weights)| weights.len()).max();
        let taps = most.unwrap_or(1).next_multiple_of(group);
        let mut filter = Self {
            taps,
            first: Vec::with_capacity(pixels.len()),
            weights: Vec::with_capacity(pixels.len() * taps),
        };
        for (first, weights) in pixels {
            filter.first.push(first);
            filter.append(&weights);
        }
        filter
    }

    /// Rounds the weights of a pixel so that they add up to 1.
    ///
    /// What one is rounded by is made good by the next: with thousands of small weights, all might else be rounded to nothing.
    fn append(&mut self, weights: &[f64]) {
        let one = f64::from(1_u32 << WEIGHT_BITS);
        let sum: f64 = weights.iter().sum();
        let (mut wanted, mut given) = (0.0, 0_i32);
        let start = self.weights.len();
        for weight in weights {
            wanted += weight / sum * one;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a weight is never beyond 1.3 of the whole, nor is a sum of some"
            )]
            let rounded = wanted.round() as i32;
            let weight = i16::try_from(rounded - given).unwrap_or_default();
            self.weights.push(weight);
            given += i32::from(weight);
        }
        self.weights.resize(start + self.taps, 0);
    }

    /// Weights of each pixel.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// The source pixel of each pixel's first weight.
    pub(super) fn firsts(&self) -> &[u32] {
        &self.first
    }

    /// All weights, [`Self::taps`] of each pixel.
    pub(super) fn all(&self) -> &[i16] {
        &self.weights
    }

    /// First source pixel and weights of a pixel.
    pub(super) fn of(&self, pixel: usize) -> (u32, &[i16]) {
        let first = self.first.get(pixel).copied().unwrap_or_default();
        let start = pixel * self.taps;
        let weights = self.weights.get(start..start + self.taps);
        (first, weights.unwrap_or_default())
    }

    /// Moves the source's origin: pixels before `origin` are not there any more.
    pub(super) fn start_at(&mut self, origin: u32) {
        for first in &mut self.first {
            *first -= origin;
        }
    }
}

/// First source pixel, a multiple of `align`, and the weights from there on, of those pixels that the source has.
///
/// A pixel of the answer whose middle lies beyond the edge counts as one on it: the weights stay small.
fn weights(span: Span, pixel: u32, align: u32) -> (u32, Vec<f64>) {
    let scale = span.length / f64::from(span.target);
    let widening = scale.max(1.0);
    let last = f64::from(span.limit);
    let center = (span.start + (f64::from(pixel) + 0.5) * scale).clamp(0.0, last);
    let reach = 3.0 * widening;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the pixels of a picture"
    )]
    let inside = |at: f64| at.clamp(0.0, last) as u32;
    // Pixels whose middles the filter covers.
    let first = inside((center - reach + 0.5).floor());
    let end = inside((center + reach - 0.5).ceil());
    let first = first / align * align;
    let weights = (first..end).map(|at| lanczos((f64::from(at) + 0.5 - center) / widening));
    (first, weights.collect())
}

/// sinc(x)·sinc(x/3) within three lobes.
///
/// With s = sin(πx/3), sin(πx) is 3s − 4s³.
fn lanczos(x: f64) -> f64 {
    let angle = x * std::f64::consts::FRAC_PI_3;
    if angle.abs() < 1e-6 {
        1.0
    } else if angle.abs() < std::f64::consts::PI {
        let square = sine(angle) * sine(angle);
        square * (1.0 - square * (4.0 / 3.0)) / (angle * angle)
    } else {
        0.0
    }
}

/// The sine of an angle of half a turn at most to either side: its power series, within 1e-13.
///
/// Of our own, since a library's last bit depends on the processor, and because weights are
/// made anew for every picture: this takes a fifth of the time.
fn sine(angle: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, PI};
    let near = if angle > FRAC_PI_2 {
        PI - angle
    } else if angle < -FRAC_PI_2 {
        -PI - angle
    } else {
        angle
    };
    let square = near * near;
    // 1, 1/3!, 1/5!, …, with alternating signs, the smallest first.
    let series = [
        2.811_457_254_345_520_6e-15,
        -7.647_163_731_819_816e-13,
        1.605_904_383_682_161_3e-10,
        -2.505_210_838_544_172e-8,
        2.755_731_922_398_589_4e-6,
        -1.984_126_984_126_984e-4,
        8.333_333_333_333_333e-3,
        -1.666_666_666_666_666_6e-1,
        1.0,
    ];
    near * series.iter().fold(0.0, |sum, term| sum * square + term)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn weights_add_up_and_stay_inside(
            limit in 1_u32..5_000,
            target in 1_u32..800,
            (a, b) in (-0.01_f64..1.0, 0.001_f64..1.02),
            align in 1_u32..3,
        ) {
            let length = b * f64::from(limit);
            let span = Span { start: a * (f64::from(limit) - length), length, limit, target };
            let filter = Filter::new(span, 2, align);
            for pixel in 0..target as usize {
                let (first, weights) = filter.of(pixel);
                prop_assert!(first % align == 0);
                let sum: i32 = weights.iter().map(|&w| i32::from(w)).sum();
                prop_assert_eq!(sum, 1 << WEIGHT_BITS);
                // Beyond the picture there are only zeros, and no sum of products can overflow.
                let inside = (limit - first) as usize;
                prop_assert!(weights.iter().skip(inside).all(|&w| w == 0));
                let most: i32 = weights.iter().map(|&w| i32::from(w).abs()).sum();
                prop_assert!(most < 2 << WEIGHT_BITS);
            }
        }
    }

    #[test]
    fn the_series_is_the_sine() {
        for step in -1000..=1000 {
            let angle = f64::from(step) / 1000.0 * std::f64::consts::PI;
            assert!((sine(angle) - angle.sin()).abs() < 1e-13, "{angle}");
        }
    }

    #[test]
    fn a_pixel_of_many_has_a_part_of_each() {
        for limit in [4_000, 40_000] {
            let span = Span {
                start: 0.0,
                length: f64::from(limit),
                limit,
                target: 1,
            };
            let filter = Filter::new(span, 2, 1);
            let (_, weights) = filter.of(0);
            assert_eq!(
                weights.iter().map(|&w| i32::from(w)).sum::<i32>(),
                1 << WEIGHT_BITS
            );
            assert!(weights.iter().all(|&w| (-1..=10).contains(&w)), "{limit}");
        }
    }

    #[test]
    fn nothing_to_do_is_exact() {
        let span = Span {
            start: 0.0,
            length: 9.0,
            limit: 9,
            target: 9,
        };
        let filter = Filter::new(span, 1, 1);
        for pixel in 0..9 {
            let (first, weights) = filter.of(pixel);
            let at = weights.iter().position(|&w| w == 1 << WEIGHT_BITS).unwrap();
            assert_eq!(first as usize + at, pixel);
        }
    }
}
