//! Brightness, contrast, gamma and saturation, as the CSS filters of these names have them.

use serde::{Deserialize, Serialize};

use super::compose;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Raster, Shape};

/// How samples are changed, in this order. 1 leaves them as they are.
///
/// Source: Filter Effects Module Level 1, 10 (`brightness`, `contrast`, `saturate`), on sRGB samples; each result is cut to what a
/// sample can be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tone {
    /// Factor on every sample.
    pub brightness: f64,
    /// Factor on the distance from the middle of the scale.
    pub contrast: f64,
    /// Samples, as parts of 1, are raised to the power of 1 over this: more than 1 makes dark parts lighter.
    pub gamma: f64,
    /// Factor on the distance from grey of the same luminance.
    pub saturation: f64,
}

impl Default for Tone {
    fn default() -> Self {
        Self {
            brightness: 1.0,
            contrast: 1.0,
            gamma: 1.0,
            saturation: 1.0,
        }
    }
}

/// Weights of red, green and blue in luminance, as the specification rounds them.
const WEIGHTS: [f32; 3] = [0.213, 0.715, 0.072];

impl Tone {
    /// What becomes of each sample before saturation, 0 to 255 and not rounded.
    fn curve(&self) -> [f32; 256] {
        std::array::from_fn(|sample| {
            let bright = (sample as f64 / 255.0 * self.brightness).clamp(0.0, 1.0);
            let contrasted = ((bright - 0.5) * self.contrast + 0.5).clamp(0.0, 1.0);
            #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
            let made = (contrasted.powf(self.gamma.recip()) * 255.0) as f32;
            made
        })
    }
}

/// The picture with its samples changed; alpha stays.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn tone(
    mut picture: Raster,
    tone: Tone,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let Shape { width, model, .. } = picture.shape();
    let channels = model.channels() as usize;
    let curve = tone.curve();
    #[expect(clippy::cast_possible_truncation, reason = "at most 10")]
    let saturation = tone.saturation as f32;
    let planes = picture.planes.iter_mut();
    for row in planes.flat_map(|plane| plane.samples.chunks_exact_mut(width as usize * channels)) {
        checkpoint.check(Stage::Resize)?;
        for pixel in row.chunks_exact_mut(channels) {
            let [r, g, b, alpha] = compose::read(pixel);
            let made = [r, g, b].map(|sample| at(&curve, sample));
            let grey: f32 = made
                .iter()
                .zip(WEIGHTS)
                .map(|(sample, weight)| sample * weight)
                .sum();
            let [r, g, b] = made.map(|sample| {
                if channels < 3 {
                    return compose::sample(sample);
                }
                compose::sample(grey + (sample - grey) * saturation)
            });
            compose::write([r, g, b, alpha], model, pixel);
        }
    }
    Ok(picture)
}

fn at(curve: &[f32; 256], sample: u8) -> f32 {
    curve.get(usize::from(sample)).copied().unwrap_or_default()
}
