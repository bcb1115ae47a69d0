//! Colour that goes.

use super::compose;
use super::curve::Curve;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Raster, Shape};

/// Weights of red, green and blue in luminance (ITU-R BT.709), over 65,536.
const WEIGHTS: [u32; 3] = [13_933, 46_871, 4732];

/// The picture in grey: the luminance of its light, and its alpha as it is.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn grey(
    picture: &Raster,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let source = picture.shape();
    let mut made = Raster::new(Shape { model, ..source });
    let light = Curve::of(true);
    if let (Some(from), Some(to)) = (picture.planes.first(), made.planes.first_mut()) {
        let row = |channels: u32| source.width as usize * channels as usize;
        let from = from.samples.chunks_exact(row(source.model.channels()));
        let to = to.samples.chunks_exact_mut(row(model.channels()));
        for (from, to) in from.zip(to) {
            checkpoint.check(Stage::Resize)?;
            let from = from.chunks_exact(source.model.channels() as usize);
            for (pixel, out) in from.zip(to.chunks_exact_mut(model.channels() as usize)) {
                let [r, g, b, alpha] = compose::read(pixel);
                let sum: u32 = [r, g, b]
                    .into_iter()
                    .zip(WEIGHTS)
                    .map(|(sample, weight)| u32::from(light.number(sample)) * weight)
                    .sum();
                let number = i16::try_from((sum + (1 << 15)) >> 16).unwrap_or(i16::MAX);
                let grey = light.sample(number);
                compose::write([grey, grey, grey, alpha], model, out);
            }
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luminance_is_light() {
        let shape = Shape {
            width: 5,
            height: 1,
            model: Model::Rgb,
        };
        let pixels = [
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [255, 255, 255],
            [90, 90, 90],
        ];
        let picture = Raster::interleaved(shape, pixels.as_flattened().to_vec());
        let made = grey(&picture, Model::Gray, &Checkpoint::new()).unwrap();
        // BT.709 luminance back through the sRGB curve: 0.2126 is 127, 0.7152 is 220, 0.0722 is 76.
        assert_eq!(made.planes[0].samples, [127, 220, 76, 255, 90]);
    }
}
