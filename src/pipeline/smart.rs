//! The part of a picture that draws the eye.
//!
//! A score for each of 32×32 cells, from edges, the colour of skin and saturation, as libvips' *attention* and smartcrop.js have them:
//! edges are a Laplacian of luminance, skin is a direction in XYZ, saturation is CIELAB's a. The scores are blurred
//! as widely as the part is large, and the best cell is its middle.

use super::compose;
use super::curve::{BRIGHTEST, Curve};
use super::geometry::Size;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Raster, Shape};

/// Cells along a side, at most.
const CELLS: u32 = 32;

/// The direction of skin in XYZ.
const SKIN: [f64; 3] = [0.78, 0.57, 0.44];

/// Luminance, of 100, below which colours say nothing.
const DARK: f64 = 5.0;

/// The corner of the part of `size`, no larger than the picture.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn place(picture: &Raster, size: Size, checkpoint: &Checkpoint) -> Result<Size, Stop> {
    let shape = picture.shape();
    let cells = Cells::of(picture, checkpoint)?;
    let (x, y) = cells.best(size, (shape.width, shape.height));
    let place = |middle: f64, part: u32, whole: u32| {
        let left = (middle - f64::from(part) / 2.0).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the picture"
        )]
        let left = left.clamp(0.0, f64::from(whole - part)) as u32;
        left
    };
    Ok((
        place(x, size.0, shape.width),
        place(y, size.1, shape.height),
    ))
}

/// Cuts it out.
///
/// # Errors
/// The same.
pub(super) fn cut(picture: &Raster, size: Size, checkpoint: &Checkpoint) -> Result<Raster, Stop> {
    let shape = picture.shape();
    let (left, top) = place(picture, size, checkpoint)?;
    let (left, top) = (left as usize, top as usize);
    let channels = shape.model.channels() as usize;
    let mut part = Raster::new(Shape {
        width: size.0,
        height: size.1,
        ..shape
    });
    if let (Some(from), Some(to)) = (picture.planes.first(), part.planes.first_mut()) {
        let row = size.0 as usize * channels;
        let rows = from.rows(shape.model.channels()).skip(top);
        for (from, to) in rows.zip(to.samples.chunks_exact_mut(row)) {
            checkpoint.check(Stage::Resize)?;
            let start = left * channels;
            if let Some(part) = from.get(start..start + row) {
                to.copy_from_slice(part);
            }
        }
    }
    Ok(part)
}

/// Bytes held besides the pictures.
pub(super) fn extra_bytes(_size: Size) -> u64 {
    u64::from(CELLS * CELLS) * 200
}

/// The mean of each cell's samples, as XYZ with white at about 100.
struct Cells {
    across: u32,
    down: u32,
    colours: Vec<[f64; 3]>,
}

impl Cells {
    /// What is transparent shows white.
    fn of(picture: &Raster, checkpoint: &Checkpoint) -> Result<Self, Stop> {
        let shape = picture.shape();
        let (across, down) = (shape.width.min(CELLS), shape.height.min(CELLS));
        let light = Curve::of(true);
        let mut sums = vec![[0_u64; 4]; (across * down) as usize];
        let channels = shape.model.channels();
        let rows = picture.planes.iter().flat_map(|plane| plane.rows(channels));
        for (y, row) in (0_u64..).zip(rows) {
            checkpoint.check(Stage::Resize)?;
            let cell_row = y * u64::from(down) / u64::from(shape.height);
            for (x, pixel) in (0_u64..).zip(row.chunks_exact(channels as usize)) {
                let cell = x * u64::from(across) / u64::from(shape.width);
                let cell = cell_row * u64::from(across) + cell;
                let [r, g, b, alpha] = compose::read(pixel);
                let Some([red, green, blue, count]) = usize::try_from(cell)
                    .ok()
                    .and_then(|cell| sums.get_mut(cell))
                else {
                    continue;
                };
                let paper = 255 * u64::from(255 - alpha);
                for (sum, sample) in [(red, r), (green, g), (blue, b)] {
                    *sum += u64::from(sample) * u64::from(alpha) + paper;
                }
                *count += 255;
            }
        }
        let colours = sums.into_iter().map(|[r, g, b, count]| {
            let part = |sum: u64| {
                let mean = (sum + count / 2) / count.max(1);
                let mean = u8::try_from(mean).unwrap_or(u8::MAX);
                f64::from(light.number(mean)) / f64::from(BRIGHTEST)
            };
            let (r, g, b) = (part(r), part(g), part(b));
            // Linear sRGB to XYZ (IEC 61966-2-1).
            [
                41.24 * r + 35.76 * g + 18.05 * b,
                21.26 * r + 71.52 * g + 7.22 * b,
                1.93 * r + 11.92 * g + 95.05 * b,
            ]
        });
        Ok(Self {
            across,
            down,
            colours: colours.collect(),
        })
    }

    fn at(&self, x: i64, y: i64) -> [f64; 3] {
        let x = x.clamp(0, i64::from(self.across) - 1);
        let y = y.clamp(0, i64::from(self.down) - 1);
        let index = usize::try_from(y * i64::from(self.across) + x);
        let colour = index.ok().and_then(|index| self.colours.get(index));
        colour.copied().unwrap_or_default()
    }

    /// How much a cell draws the eye.
    fn score(&self, x: i64, y: i64) -> f64 {
        let luminance = |x, y| {
            let [_, y, _] = self.at(x, y);
            y
        };
        let around =
            luminance(x - 1, y) + luminance(x + 1, y) + luminance(x, y - 1) + luminance(x, y + 1);
        let edge = 5.0 * (4.0 * luminance(x, y) - around).abs();
        let colour = self.at(x, y);
        if luminance(x, y) <= DARK {
            return edge;
        }
        let length = colour.iter().map(|c| c * c).sum::<f64>().sqrt();
        let distance = colour
            .iter()
            .zip(SKIN)
            .map(|(c, skin)| (c / length - skin) * (c / length - skin))
            .sum::<f64>()
            .sqrt();
        let skin = 100.0 - 100.0 * distance;
        let [x, y, _] = colour;
        let redness = 500.0 * (root(x / 95.047) - root(y / 100.0));
        edge + skin + redness
    }

    /// The middle of the best part of `size`, in pixels of the picture: the upper left corner of the best cell, as libvips has it.
    fn best(&self, size: Size, picture: Size) -> (f64, f64) {
        let across = f64::from(self.across) / f64::from(picture.0);
        let down = f64::from(self.down) / f64::from(picture.1);
        let width = f64::from(size.0) * across;
        let height = f64::from(size.1) * down;
        let sigma = ((width * width + height * height).sqrt() / 10.0).max(1.0);
        let columns = i64::from(self.across);
        let rows = i64::from(self.down);
        let scores: Vec<f64> = (0..rows)
            .flat_map(|y| (0..columns).map(move |x| self.score(x, y)))
            .collect();
        let down_first = blurred(&scores, (self.across, self.down), sigma, true);
        let smooth = blurred(&down_first, (self.across, self.down), sigma, false);
        let mut best = (0, f64::NEG_INFINITY);
        for (index, &score) in (0_u32..).zip(&smooth) {
            if score > best.1 {
                best = (index, score);
            }
        }
        let (x, y) = (best.0 % self.across, best.0 / self.across);
        (f64::from(x) / across, f64::from(y) / down)
    }
}

/// CIELAB's cube root, by Newton's method, whose last bit is the same everywhere.
fn root(value: f64) -> f64 {
    if value <= 0.008_856 {
        return 7.787 * value + 16.0 / 116.0;
    }
    (0..12).fold(1.0, |root: f64, _| {
        (2.0 * root + value / (root * root)) / 3.0
    })
}

/// Scores blurred in one direction; beyond the edge they go on as they are there.
fn blurred(scores: &[f64], size: Size, sigma: f64, down: bool) -> Vec<f64> {
    let weights: Vec<f64> = (0..i64::from(CELLS))
        .map(|at| super::filter::gauss(at as f64 / sigma))
        .take_while(|&weight| weight > 0.0)
        .collect();
    let (columns, rows) = (i64::from(size.0), i64::from(size.1));
    let at = |x: i64, y: i64| {
        let index = y.clamp(0, rows - 1) * columns + x.clamp(0, columns - 1);
        let index = usize::try_from(index).ok();
        index
            .and_then(|index| scores.get(index))
            .copied()
            .unwrap_or(0.0)
    };
    (0..rows)
        .flat_map(|y| (0..columns).map(move |x| (x, y)))
        .map(|(x, y)| {
            (0_i64..).zip(&weights).fold(0.0, |sum, (by, weight)| {
                let (dx, dy) = if down { (0, by) } else { (by, 0) };
                let both = at(x + dx, y + dy) + at(x - dx, y - dy);
                let both = if by == 0 { both / 2.0 } else { both };
                sum + weight * both
            })
        })
        .collect()
}
