//! Pictures to resample, and what is to come of them by the definition, in 64-bit floats.

use super::*;

/// Hands a picture out in bands of so many rows.
pub(super) struct Bands {
    picture: Raster,
    next: u32,
    rows: u32,
}

impl Rows for Bands {
    fn shape(&self) -> Shape {
        self.picture.shape()
    }

    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, codecs::Error> {
        let shape = self.shape();
        if self.next == shape.height {
            return Ok(false);
        }
        let rows = self.rows.min(shape.height - self.next);
        let row_bytes = (shape.width * shape.model.channels()) as usize;
        let first = self.next as usize * row_bytes;
        let plane = &mut band.planes[0];
        (plane.width, plane.height) = (shape.width, rows);
        plane.stride = row_bytes;
        plane.samples.clear();
        plane.samples.extend_from_slice(
            &self.picture.planes[0].samples[first..first + rows as usize * row_bytes],
        );
        self.next += rows;
        Ok(true)
    }
}

pub(super) fn bands(picture: &Raster, rows: u32) -> Bands {
    Bands {
        picture: picture.clone(),
        next: 0,
        rows,
    }
}

/// A picture with smooth parts, edges and noise; the same for the same seed.
pub(super) fn picture(width: u32, height: u32, model: Model, seed: u32) -> Raster {
    let channels = model.channels();
    let mut state = seed | 1;
    let samples = (0..width * height * channels)
        .map(|index| {
            let (x, y) = (index / channels % width, index / channels / width);
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = state >> 27;
            let edge = if (x / 7 + y / 5) % 2 == 0 { 60 } else { 170 };
            u8::try_from(edge + noise + (x + y) % 20).unwrap()
        })
        .collect();
    let shape = Shape {
        width,
        height,
        model,
    };
    Raster::interleaved(shape, samples)
}

/// Weights of one target pixel, by the definition (Turkowski, Filters for Common Resampling Tasks, 1990).
fn weights(start: f64, length: f64, limit: u32, target: u32, index: u32) -> Vec<f64> {
    let scale = length / f64::from(target);
    let stretch = scale.max(1.0);
    let centre = start + (f64::from(index) + 0.5) * scale;
    let sinc = |x: f64| {
        let x = x * std::f64::consts::PI;
        if x == 0.0 { 1.0 } else { x.sin() / x }
    };
    let weights: Vec<f64> = (0..limit)
        .map(|at| {
            let x = (f64::from(at) + 0.5 - centre) / stretch;
            if x.abs() < 3.0 {
                sinc(x) * sinc(x / 3.0)
            } else {
                0.0
            }
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// One grey pixel of the exact answer.
pub(super) fn exact(
    picture: &Raster,
    window: Window,
    target: (u32, u32),
    (x, y): (u32, u32),
) -> f64 {
    let shape = picture.shape();
    let across = weights(window.left, window.width, shape.width, target.0, x);
    let down = weights(window.top, window.height, shape.height, target.1, y);
    let rows = picture.planes[0].samples.chunks_exact(shape.width as usize);
    rows.zip(down)
        .map(|(row, weight)| {
            let mix: f64 = row
                .iter()
                .zip(&across)
                .map(|(&s, w)| f64::from(s) * w)
                .sum();
            weight * mix
        })
        .sum::<f64>()
        .clamp(0.0, 255.0)
}
