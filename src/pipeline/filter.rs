//! Weights of a resampling in one direction, in fixed point.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_3, PI};

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
    /// Where the last of all weights' source pixels ends.
    end: usize,
}

impl Filter {
    /// Weights whose number is a multiple of `group`, and whose first source pixel is a multiple of `align`.
    pub(super) fn new(span: Span, group: usize, align: u32) -> Self {
        let reaches: Vec<Reach> = (0..span.target)
            .map(|pixel| reach(span, pixel, align))
            .collect();
        let most = reaches.iter().map(|reach| reach.end - reach.first).max();
        let taps = (most.unwrap_or(1) as usize).next_multiple_of(group);
        let mut filter = Self {
            taps,
            first: reaches.iter().map(|reach| reach.first).collect(),
            weights: Vec::with_capacity(reaches.len() * taps),
            end: 0,
        };
        let step = FRAC_PI_3 / widening(span);
        let deviation = span.deviation;
        let mut exact = Vec::with_capacity(taps);
        for reach in reaches {
            filter.end = filter.end.max(reach.first as usize + taps);
            if deviation > 0.0 {
                gaussian(&reach, deviation, &mut exact);
            } else {
                lanczos(&reach, step, &mut exact);
            }
            filter.append(&exact);
        }
        filter
    }

    /// Rounds the weights of a pixel so that they add up to 1.
    ///
    /// What one is rounded by is made good by the next: with thousands of small weights, all might else be rounded to nothing.
    fn append(&mut self, weights: &[f64]) {
        let factor = f64::from(1_u32 << WEIGHT_BITS) / weights.iter().sum::<f64>();
        // Far below any sum, so that cutting off rounds down: a library's rounding would be a call for each weight.
        let below = 1_i32 << 20;
        let offset = f64::from(below) + 0.5;
        let (mut wanted, mut given) = (0.0, 0_i32);
        let start = self.weights.len();
        for weight in weights {
            wanted += weight * factor;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a weight is never beyond 1.3 of the whole, nor is a sum of some"
            )]
            let rounded = (wanted + offset) as i32 - below;
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

    /// One more than the last source pixel that any weight stands for, those of padding included.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "a kernel of x86 asks")
    )]
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// All weights, [`Self::taps`] of each pixel.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "a kernel of x86 asks")
    )]
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
        // Kernels read by these numbers without looking again.
        assert!(
            self.first.iter().all(|&first| first >= origin),
            "a pixel that is needed is gone"
        );
        for first in &mut self.first {
            *first -= origin;
        }
        self.end -= origin as usize;
    }
}

/// The source pixel of a pixel's first weight, and its weights, which add up to 1 as exactly as floats do.
pub(super) fn exact(span: Span, pixel: u32) -> (u32, Vec<f64>) {
    let reach = reach(span, pixel, 1);
    let mut weights = Vec::with_capacity((reach.end - reach.first) as usize);
    lanczos(&reach, FRAC_PI_3 / widening(span), &mut weights);
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    (reach.first, weights)
}

/// The source pixels that a pixel of the answer is made of, and where its middle lies among them.
struct Reach {
    first: u32,
    end: u32,
    center: f64,
}

/// How many source pixels a lobe is wide.
fn widening(span: Span) -> f64 {
    (span.length / f64::from(span.target)).max(1.0)
}

/// The pixels that the filter covers and the source has, from a multiple of `align` on.
///
/// A pixel of the answer whose middle lies beyond the edge counts as one on it: the weights stay small.
fn reach(span: Span, pixel: u32, align: u32) -> Reach {
    let last = f64::from(span.limit);
    let scale = span.length / f64::from(span.target);
    let center = (span.start + (f64::from(pixel) + 0.5) * scale).clamp(0.0, last);
    let reach = span.reach();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the pixels of a picture"
    )]
    let inside = |at: f64| at.clamp(0.0, last) as u32;
    // Pixels whose middles the filter covers.
    let first = inside((center - reach + 0.5).floor());
    let end = inside((center + reach - 0.5).ceil());
    Reach {
        first: first / align * align,
        end,
        center,
    }
}

/// sinc(x)·sinc(x/3) within three lobes, for pixels that are `step` apart as angles of πx/3.
///
/// With s = sin(πx/3), sin(πx) is 3s − 4s³. Each sine is the last one's, turned by a step: a series for each would
/// take six times as long, and weights are made anew for every picture.
fn lanczos(reach: &Reach, step: f64, weights: &mut Vec<f64>) {
    let angle = |at: u32| (f64::from(at) + 0.5 - reach.center) * step;
    weights.clear();
    let mut at = reach.first;
    while at < reach.end && angle(at) <= -PI {
        weights.push(0.0);
        at += 1;
    }
    let (turn_sine, turn_cosine) = (sine(step), sine(FRAC_PI_2 + step));
    let (mut s, mut c) = (sine(angle(at)), sine(FRAC_PI_2 + angle(at)));
    for at in at..reach.end {
        let angle = angle(at);
        let square = s * s;
        weights.push(if angle.abs() < 1e-6 {
            1.0
        } else if angle < PI {
            square * (1.0 - square * (4.0 / 3.0)) / (angle * angle)
        } else {
            0.0
        });
        (s, c) = (
            s * turn_cosine + c * turn_sine,
            c * turn_cosine - s * turn_sine,
        );
    }
}

/// A Gaussian of that deviation in pixels.
fn gaussian(reach: &Reach, deviation: f64, weights: &mut Vec<f64>) {
    weights.clear();
    let places = reach.first..reach.end;
    weights.extend(places.map(|at| gauss((f64::from(at) + 0.5 - reach.center) / deviation)));
}

/// The least weight of a Gaussian's mask, beside 1 in its middle: what is lighter is left out, as libvips does.
const LEAST_WEIGHT: f64 = 0.2;

/// Where a Gaussian falls to that, in deviations: √(−2·ln 0.2).
pub(super) const GAUSS_REACH: f64 = 1.794_122_577_994_101_4;

/// exp(−x²/2) where it is a fifth at least, else 0: the power series of e, within 1e-15.
pub(super) fn gauss(x: f64) -> f64 {
    let power = x * x / 2.0;
    let terms = (1..24).rev().map(f64::from);
    let growth = terms.fold(1.0, |sum, n| 1.0 + sum * power / n);
    let weight = 1.0 / growth;
    if weight < LEAST_WEIGHT { 0.0 } else { weight }
}

/// The sine of an angle of half a turn at most to either side: its power series, within 1e-13.
///
/// Of our own, since a library's last bit depends on the processor.
fn sine(angle: f64) -> f64 {
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
            let span = Span { start: a * (f64::from(limit) - length), length, limit, target, deviation: 0.0 };
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
            let angle = f64::from(step) / 1000.0 * PI;
            assert!((sine(angle) - angle.sin()).abs() < 1e-13, "{angle}");
        }
    }

    #[test]
    fn turned_sines_stay_exact() {
        let sinc = |x: f64| {
            if x == 0.0 {
                1.0
            } else {
                (PI * x).sin() / (PI * x)
            }
        };
        for (center, widening, first, end) in [
            (4.5, 1.0, 0, 9),
            (4.2, 1.0, 0, 9),
            (0.1, 7.5, 0, 23),
            (20_000.3, 5_000.0, 4_998, 35_002),
        ] {
            let mut weights = Vec::new();
            let reach = Reach { first, end, center };
            lanczos(&reach, FRAC_PI_3 / widening, &mut weights);
            for (at, weight) in (first..end).zip(weights) {
                let x = (f64::from(at) + 0.5 - center) / widening;
                let wanted = if x.abs() < 3.0 {
                    sinc(x) * sinc(x / 3.0)
                } else {
                    0.0
                };
                assert!(
                    (weight - wanted).abs() < 1e-8,
                    "{at} of {center}: {weight}, {wanted}"
                );
            }
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
                deviation: 0.0,
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
            deviation: 0.0,
        };
        let filter = Filter::new(span, 1, 1);
        for pixel in 0..9 {
            let (first, weights) = filter.of(pixel);
            let at = weights.iter().position(|&w| w == 1 << WEIGHT_BITS).unwrap();
            assert_eq!(first as usize + at, pixel);
        }
    }
}
