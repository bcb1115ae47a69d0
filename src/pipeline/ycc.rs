//! Between R, G, B and luma with two planes of chroma, as JPEG has them (ITU-R BT.601, full range).

use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Plane, Raster};

/// Fractional bits of the factors.
const BITS: u32 = 16;

/// A factor in fixed point.
#[expect(clippy::cast_possible_truncation, reason = "factors are below 2")]
const fn fixed(factor: f64) -> i32 {
    (factor * (1 << BITS) as f64 + 0.5) as i32
}

const HALF: i32 = 1 << (BITS - 1);

/// Samples of a plane between two polls: some microseconds.
const POLL_SAMPLES: usize = 1 << 14;

/// Interleaved R, G, B of planes of equal size; anything else stays.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn to_rgb(raster: Raster, checkpoint: &Checkpoint) -> Result<Raster, Stop> {
    let Model::YCbCr { .. } = raster.model else {
        return Ok(raster);
    };
    let mut shape = raster.shape();
    shape.model = Model::Rgb;
    let [luma, blue, red] = &*raster.planes else {
        return Ok(raster);
    };
    let mut samples = vec![0; luma.samples.len() * 3];
    let [luma, blue, red] = [luma, blue, red].map(|plane| plane.samples.chunks(POLL_SAMPLES));
    let planes = luma.zip(blue).zip(red);
    for (out, ((luma, blue), red)) in samples.chunks_mut(POLL_SAMPLES * 3).zip(planes) {
        checkpoint.check(Stage::Resize)?;
        let planes = luma.iter().zip(blue).zip(red);
        for (out, ((&y, &cb), &cr)) in out.as_chunks_mut::<3>().0.iter_mut().zip(planes) {
            let (y, cb, cr) = (
                i32::from(y) << BITS,
                i32::from(cb) - 128,
                i32::from(cr) - 128,
            );
            *out = [
                sample(y + fixed(1.402) * cr),
                sample(y - fixed(0.344_136) * cb - fixed(0.714_136) * cr),
                sample(y + fixed(1.772) * cb),
            ];
        }
    }
    Ok(Raster::interleaved(shape, samples))
}

/// Planes of a picture in R, G, B, when `model` asks for them; anything else stays.
///
/// Chroma is the mean of the pixels that share a sample; beyond the edge the last pixel counts again.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn from_rgb(
    raster: Raster,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let (Model::YCbCr { across, down }, Model::Rgb) = (model, raster.model) else {
        return Ok(raster);
    };
    let shape = raster.shape();
    let Some(source) = raster.planes.first() else {
        return Ok(raster);
    };
    let (pixels, _) = source.samples.as_chunks::<3>();
    let mut luma = Vec::with_capacity(pixels.len());
    for part in pixels.chunks(POLL_SAMPLES) {
        checkpoint.check(Stage::Resize)?;
        luma.extend(part.iter().map(|&[r, g, b]| {
            let [r, g, b] = [r, g, b].map(i32::from);
            sample(fixed(0.299) * r + fixed(0.587) * g + fixed(0.114) * b)
        }));
    }
    let mut planes = vec![Plane {
        width: shape.width,
        height: shape.height,
        stride: shape.width as usize,
        samples: luma,
    }];
    let (width, height) = model.plane_size(1, shape.width, shape.height);
    planes.resize_with(3, || Plane::new(width, height, 1));
    if let [_, blue, red] = &mut *planes {
        let mut sums = vec![[0; 3]; width as usize];
        for y in 0..height {
            checkpoint.check(Stage::Resize)?;
            sums.fill([0; 3]);
            for inner in 0..u32::from(down) {
                let row = (y * u32::from(down) + inner).min(shape.height - 1) as usize;
                let start = row * shape.width as usize;
                let row = pixels.get(start..start + shape.width as usize);
                add(row.unwrap_or_default(), usize::from(across), &mut sums);
            }
            let count = i32::from(across) * i32::from(down);
            let start = y as usize * width as usize;
            let blue = blue.samples.iter_mut().skip(start);
            let red = red.samples.iter_mut().skip(start);
            for ((blue, red), &[r, g, b]) in blue.zip(red).zip(&sums) {
                let middle = 128 << BITS;
                let cb = fixed(0.5) * b - fixed(0.168_736) * r - fixed(0.331_264) * g;
                let cr = fixed(0.5) * r - fixed(0.418_688) * g - fixed(0.081_312) * b;
                *blue = sample(middle + cb / count);
                *red = sample(middle + cr / count);
            }
        }
    }
    Ok(Raster { model, planes })
}

/// Adds the pixels of a row to the sums of the samples they share.
fn add(row: &[[u8; 3]], across: usize, sums: &mut [[i32; 3]]) {
    for (sum, pixels) in sums.iter_mut().zip(row.chunks(across)) {
        let last = pixels.last().copied().unwrap_or_default();
        for index in 0..across {
            let pixel = pixels.get(index).copied().unwrap_or(last);
            for (sum, sample) in sum.iter_mut().zip(pixel) {
                *sum += i32::from(sample);
            }
        }
    }
}

/// Rounds to the nearest sample.
fn sample(value: i32) -> u8 {
    #[expect(clippy::cast_sign_loss, reason = "clamped")]
    let sample = ((value + HALF) >> BITS).clamp(0, 255) as u8;
    sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::Shape;

    #[test]
    fn colours_come_back() {
        let shape = Shape {
            width: 4,
            height: 2,
            model: Model::Rgb,
        };
        let pixels: [[u8; 3]; 8] = [
            [0, 0, 0],
            [255, 255, 255],
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [12, 200, 77],
            [128, 128, 128],
            [250, 240, 10],
        ];
        let raster = Raster::interleaved(shape, pixels.as_flattened().to_vec());
        let planes = from_rgb(
            raster,
            Model::YCbCr { across: 1, down: 1 },
            &Checkpoint::new(),
        )
        .unwrap();
        // The values of JFIF's equations, rounded.
        assert_eq!(planes.planes[0].samples[2..5], [76, 150, 29]);
        assert_eq!(planes.planes[1].samples[2..5], [85, 44, 255]);
        assert_eq!(planes.planes[2].samples[2..5], [255, 21, 107]);
        let back = to_rgb(planes, &Checkpoint::new()).unwrap();
        for (got, wanted) in back.planes[0].samples.iter().zip(pixels.as_flattened()) {
            assert!(got.abs_diff(*wanted) <= 2, "{got} for {wanted}");
        }
    }

    #[test]
    fn shared_samples_are_means() {
        let shape = Shape {
            width: 3,
            height: 1,
            model: Model::Rgb,
        };
        let samples = [[255, 0, 0], [0, 0, 255], [0, 0, 255]]
            .as_flattened()
            .to_vec();
        let raster = Raster::interleaved(shape, samples);
        let planes = from_rgb(
            raster,
            Model::YCbCr { across: 2, down: 2 },
            &Checkpoint::new(),
        )
        .unwrap();
        // The last pixel is alone, and counts twice.
        assert_eq!(planes.planes[1].samples, [170, 255]);
        assert_eq!(planes.planes[2].samples, [181, 107]);
    }
}
