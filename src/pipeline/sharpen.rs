//! Sharpening: what a blur would take away is added to lightness once more, but for what is noise and what would be a halo.
//!
//! Source: the curve of libvips' `sharpen` with its defaults, which leaves small differences alone, triples larger ones, and is bounded; its
//! numbers are for a lightness from 0 to 100.

use std::collections::VecDeque;

use super::compose;
use super::geometry::Size;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Raster, Shape};

/// The largest deviation of the blur, in pixels.
const MOST: f64 = 10.0;

/// Samples to a step of lightness.
const STEP: f32 = 2.55;

/// Differences up to this are left alone.
const FLAT: f32 = 2.0 * STEP;

/// The factor beyond.
const SLOPE: f32 = 3.0;

/// The most that is added.
const BRIGHTEST: f32 = 10.0 * STEP;

/// The most that is taken away.
const DARKEST: f32 = 20.0 * STEP;

/// Weights of red, green and blue in lightness (ITU-R BT.709).
const WEIGHTS: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// One row of lightness times alpha, and of alpha, blurred across; no alpha where all is opaque.
struct Line {
    light: Vec<f32>,
    alpha: Vec<f32>,
}

/// The picture sharpened by what differs from a blur of that deviation in pixels. What is transparent has no part in it.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn sharpen(
    mut picture: Raster,
    sigma: f64,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let shape = picture.shape();
    let weights = weights(sigma);
    let reach = weights.len() / 2;
    let (channels, height) = (shape.model.channels() as usize, shape.height as usize);
    let row_bytes = shape.width as usize * channels;
    let Some(plane) = picture.planes.first_mut() else {
        return Ok(picture);
    };
    let samples = &mut plane.samples;
    // Lines of the rows around the current one. A row is read before any that needs it is written.
    let mut lines: VecDeque<Line> = VecDeque::with_capacity(weights.len());
    let line = |samples: &[u8], y: usize| {
        let row = samples.get(y * row_bytes..(y + 1) * row_bytes);
        blurred_across(row.unwrap_or_default(), shape, &weights)
    };
    for y in 0..reach.min(height) {
        checkpoint.check(Stage::Resize)?;
        lines.push_back(line(samples, y));
    }
    for y in 0..height {
        checkpoint.check(Stage::Resize)?;
        if y + reach < height {
            lines.push_back(line(samples, y + reach));
        }
        if y > reach {
            lines.pop_front();
        }
        let first = y.saturating_sub(reach);
        let soft = blurred_down(&lines, first, y, height, &weights);
        let row = samples.get_mut(y * row_bytes..(y + 1) * row_bytes);
        for (pixel, soft) in row.unwrap_or_default().chunks_exact_mut(channels).zip(soft) {
            let [r, g, b, alpha] = compose::read(pixel);
            let added = curve(lightness([r, g, b]) - soft);
            let [r, g, b] = [r, g, b].map(|sample| compose::sample(f32::from(sample) + added));
            compose::write([r, g, b, alpha], shape.model, pixel);
        }
    }
    Ok(picture)
}

/// What is added for such a difference.
fn curve(difference: f32) -> f32 {
    let beyond = SLOPE * (difference.abs() - FLAT).max(0.0);
    if difference < 0.0 {
        -beyond.min(DARKEST)
    } else {
        beyond.min(BRIGHTEST)
    }
}

fn lightness(colour: [u8; 3]) -> f32 {
    let weighted = colour.into_iter().zip(WEIGHTS);
    weighted
        .map(|(sample, weight)| f32::from(sample) * weight)
        .sum()
}

/// A Gaussian of that deviation, its sum 1, an odd number of weights.
fn weights(sigma: f64) -> Vec<f32> {
    let reach = reach(sigma);
    let bell = |at: usize| {
        let distance = at as f64 - reach as f64;
        (-distance * distance / (2.0 * sigma * sigma)).exp()
    };
    let sum: f64 = (0..=2 * reach).map(bell).sum();
    #[expect(clippy::cast_possible_truncation, reason = "at most 1")]
    let weights = (0..=2 * reach).map(|at| (bell(at) / sum) as f32).collect();
    weights
}

/// Pixels to either side that count.
fn reach(sigma: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most three times the largest deviation"
    )]
    let reach = (3.0 * sigma.min(MOST)).ceil() as usize;
    reach
}

fn blurred_across(row: &[u8], shape: Shape, weights: &[f32]) -> Line {
    let channels = shape.model.channels() as usize;
    let width = shape.width as usize;
    let reach = weights.len() / 2;
    let has_alpha = shape.model.has_alpha();
    // The edge is repeated outwards.
    let mut light = Vec::with_capacity(width + 2 * reach);
    let mut alpha = Vec::with_capacity(if has_alpha { width + 2 * reach } else { 0 });
    for at in 0..width + 2 * reach {
        let start = at.saturating_sub(reach).min(width - 1) * channels;
        let pixel = row.get(start..start + channels).unwrap_or_default();
        let [r, g, b, seen] = compose::read(pixel);
        if has_alpha {
            light.push(lightness([r, g, b]) * f32::from(seen));
            alpha.push(f32::from(seen));
        } else {
            light.push(lightness([r, g, b]));
        }
    }
    Line {
        light: convolved(&light, weights),
        alpha: convolved(&alpha, weights),
    }
}

/// A sum for each place at which all weights have one.
fn convolved(values: &[f32], weights: &[f32]) -> Vec<f32> {
    let length = (values.len() + 1).saturating_sub(weights.len());
    let mut sums = vec![0.0; length];
    for (at, weight) in weights.iter().enumerate() {
        for (sum, value) in sums.iter_mut().zip(values.iter().skip(at)) {
            *sum += value * weight;
        }
    }
    sums
}

/// Blurred lightness of row `y`; `lines` begin with row `first`.
fn blurred_down(
    lines: &VecDeque<Line>,
    first: usize,
    y: usize,
    height: usize,
    weights: &[f32],
) -> Vec<f32> {
    let reach = weights.len() / 2;
    let line = |at: usize| {
        let row = (y + at).saturating_sub(reach).min(height - 1);
        lines.get(row.saturating_sub(first))
    };
    let sum = |of: fn(&Line) -> &[f32]| {
        let length = lines.front().map_or(0, |line| of(line).len());
        let mut sums = vec![0.0; length];
        for (line, weight) in (0..weights.len()).filter_map(line).zip(weights) {
            for (sum, value) in sums.iter_mut().zip(of(line)) {
                *sum += value * weight;
            }
        }
        sums
    };
    let mut light = sum(|line| &line.light);
    let alpha = sum(|line| &line.alpha);
    for (light, alpha) in light.iter_mut().zip(&alpha) {
        // Where nothing is seen all around there is nothing to sharpen either.
        *light /= alpha.max(f32::MIN_POSITIVE);
    }
    light
}

/// Bytes held besides the picture, which is changed in place.
pub(super) fn extra_bytes(size: Size, sigma: f64) -> u64 {
    let reach = reach(sigma) as u64;
    (2 * reach + 6) * (u64::from(size.0) + 2 * reach) * 8
}

/// About.
pub(super) fn nanoseconds(size: Size, sigma: f64) -> u64 {
    let taps = 2 * reach(sigma) as u64 + 1;
    u64::from(size.0) * u64::from(size.1) * (8 + taps)
}
