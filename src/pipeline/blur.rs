//! Gaussian blur, by the kernels of the resampler: as many pixels come out as go in, and what differs are the weights.

use super::geometry::{Size, Window};
use super::interleaved::Interleaved;
use super::levels::Levels;
use super::planes::PlaneScaler;
use super::resample;
use super::reshape::resampling;
use super::strip::Span;
use super::{Error, Scratch};
use crate::checkpoint::Checkpoint;
use crate::codecs::{Raster, Shape};

/// Beyond this deviation the picture is made smaller for the blur: what is lost is blurred away anyway,
/// and neither time nor memory grows with the deviation.
const MOST: f64 = 12.0;

/// The deviation at which a smaller picture is blurred, at least.
const LEAST: f64 = 6.0;

/// The picture blurred in its own steps, as others do, not in light; what is transparent doesn't spread.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn blur(
    picture: Raster,
    sigma: f64,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let shape = picture.shape();
    let size = (shape.width, shape.height);
    let small = smaller(size, sigma);
    if small == size {
        return gaussian(&picture, (sigma, sigma), scratch, checkpoint);
    }
    let mut resized = |picture: Raster, target: Size| {
        let shape = picture.shape();
        let whole = Window::whole((shape.width, shape.height));
        let resampling = resampling(whole, target, shape.model, false);
        let mut rows = resample::Whole::new(picture);
        resample::resample(&mut rows, resampling, scratch, checkpoint)
    };
    let reduced = resized(picture, small)?;
    let lesser = |small: u32, whole: u32| sigma * f64::from(small) / f64::from(whole);
    let sigmas = (lesser(small.0, size.0), lesser(small.1, size.1));
    let blurred = gaussian(&reduced, sigmas, &mut Scratch::default(), checkpoint)?;
    drop(reduced);
    resized(blurred, size)
}

/// The size at which a picture of `size` is blurred.
fn smaller(size: Size, sigma: f64) -> Size {
    if sigma <= MOST {
        return size;
    }
    let shrunk = |side: u32| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "smaller than a side"
        )]
        let small = (f64::from(side) * LEAST / sigma).ceil() as u32;
        small.clamp(1, side)
    };
    (shrunk(size.0), shrunk(size.1))
}

fn spans(size: Size, sigmas: (f64, f64)) -> (Span, Span) {
    let span = |side: u32, deviation: f64| Span {
        start: 0.0,
        length: f64::from(side),
        limit: side,
        target: side,
        deviation,
    };
    (span(size.0, sigmas.0), span(size.1, sigmas.1))
}

fn gaussian(
    picture: &Raster,
    sigmas: (f64, f64),
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let shape = picture.shape();
    let (across, down) = spans((shape.width, shape.height), sigmas);
    let levels = Levels::Pixels(Interleaved {
        channels: shape.model.channels(),
        alpha: shape.model.has_alpha(),
        linear: false,
    });
    let buffers = scratch.planes.pop().unwrap_or_default();
    let mut scaler = PlaneScaler::new(across, down, levels, buffers);
    for plane in &picture.planes {
        scaler.take(plane, checkpoint)?;
    }
    let (plane, buffers) = scaler.finish();
    scratch.planes.push(buffers);
    let plane = plane.ok_or_else(|| Error::Internal("a blur lost rows".to_owned()))?;
    Ok(Raster {
        model: shape.model,
        planes: vec![plane],
    })
}

/// Bytes held besides the picture that comes and the one that goes.
pub(super) fn extra_bytes(size: Size, sigma: f64) -> u64 {
    let small = smaller(size, sigma);
    let (across, down) = spans(small, (sigma.min(MOST), sigma.min(MOST)));
    let blurring = PlaneScaler::peak_bytes(across, down, 4);
    if small == size {
        return blurring;
    }
    let shape = |size: Size| Shape {
        width: size.0,
        height: size.1,
        model: crate::codecs::Model::Rgba,
    };
    let resizing = |from: Size, to: Size| {
        resampling(Window::whole(from), to, shape(from).model, false).peak_bytes(shape(from))
    };
    let between = shape(small).bytes();
    2 * between + blurring + resizing(size, small).max(resizing(small, size))
}

/// About.
pub(super) fn nanoseconds(size: Size, sigma: f64) -> u64 {
    let pixels = |size: Size| u64::from(size.0) * u64::from(size.1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number"
    )]
    let taps = (4.0 * sigma.min(MOST)) as u64 + 4;
    let small = smaller(size, sigma);
    let resized = if small == size { 0 } else { 8 * pixels(size) };
    resized + pixels(small) * taps
}
