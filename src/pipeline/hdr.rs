//! Pictures of high dynamic range as a plain screen shows them.
//!
//! Light is decoded by its curve (ITU-R BT.2100, PQ or HLG for a screen of 1000 cd/m²), put in relation to white paper at
//! 203 cd/m² (ITU-R BT.2408), and its peaks are pressed together by Reinhard's extended operator (Reinhard et al.,
//! 2002, equation 4) on the largest of red, green and blue, so that hues stay. What lies outside of sRGB is cut.

use std::sync::LazyLock;

use super::curve::coded;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Raster};

/// How brightness is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    /// SMPTE ST 2084.
    Pq,
    /// Hybrid log-gamma.
    Hlg,
}

/// White paper, in cd/m².
const WHITE: f64 = 203.0;

/// The brightest that becomes white, in cd/m²: what most pictures are graded for. What is brighter is white too.
const PEAK: f64 = 1_000.0;

/// Light of white paper, in the tables' whole numbers: the last bit of a library's power doesn't show in them.
const UNIT: f64 = 65_536.0;

/// Steps of light that are told apart on the way back to samples.
const STEPS: usize = 1 << 14;

/// What a sample of each brightness means, and how it is shown.
pub(super) struct Rendition {
    light: [f32; 256],
    /// Of light of these primaries, that of sRGB's.
    matrix: [[f32; 3]; 3],
    transfer: Transfer,
}

/// The sRGB sample of each step of light.
static SAMPLES: LazyLock<Box<[u8]>> = LazyLock::new(|| {
    let steps = (0..=STEPS).map(|step| step as f64 / STEPS as f64);
    steps.map(sample).collect()
});

fn sample(light: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 255, and not below 0"
    )]
    let sample = (coded(light) * 255.0).round() as u8;
    sample
}

/// Of a sample from 0 to 1, its light where white paper has 1.
fn pq(sample: f64) -> f64 {
    // ST 2084: m1, m2, c1, c2, c3.
    let root = sample.powf(32.0 / 2_523.0);
    let ratio = (root - 3_424.0 / 4_096.0).max(0.0) / (2_413.0 / 128.0 - 2_392.0 / 128.0 * root);
    ratio.powf(16_384.0 / 2_610.0) * 10_000.0 / WHITE
}

/// Of a sample from 0 to 1, the light of the scene, from 0 to 1.
fn hlg(sample: f64) -> f64 {
    // BT.2100: a, b, c.
    const A: f64 = 0.178_832_77;
    const B: f64 = 0.284_668_92;
    const C: f64 = 0.559_910_73;
    if sample <= 0.5 {
        sample * sample / 3.0
    } else {
        (((sample - C) / A).exp() + B) / 12.0
    }
}

impl Rendition {
    /// Of samples with that curve, whose primaries become those of sRGB by `matrix`, rows first.
    pub(super) fn new(transfer: Transfer, matrix: [[f64; 3]; 3]) -> Self {
        let light = std::array::from_fn(|sample| {
            let coded = sample as f64 / 255.0;
            let light = match transfer {
                Transfer::Pq => pq(coded),
                Transfer::Hlg => hlg(coded),
            };
            single((light * UNIT).round() / UNIT)
        });
        Self {
            light,
            matrix: matrix.map(|row| row.map(|weight| single((weight * UNIT).round() / UNIT))),
            transfer,
        }
    }

    /// The picture in sRGB, alpha as it is.
    ///
    /// # Errors
    /// A stopped checkpoint, which is polled at each row.
    pub(super) fn draw(
        &self,
        mut picture: Raster,
        checkpoint: &Checkpoint,
    ) -> Result<Raster, Stop> {
        let model = picture.model;
        let channels = model.channels() as usize;
        let Some(plane) = picture.planes.first_mut() else {
            return Ok(picture);
        };
        for row in plane.samples.chunks_mut(plane.stride.max(1)) {
            checkpoint.check(Stage::Resize)?;
            for pixel in row.chunks_exact_mut(channels) {
                match (model, &mut *pixel) {
                    (Model::Gray | Model::GrayAlpha, [grey, ..]) => {
                        let [shown, ..] = self.shown([*grey; 3], false);
                        *grey = shown;
                    }
                    (_, [red, green, blue, ..]) => {
                        [*red, *green, *blue] = self.shown([*red, *green, *blue], true);
                    }
                    _ => {}
                }
            }
        }
        Ok(picture)
    }

    fn shown(&self, samples: [u8; 3], coloured: bool) -> [u8; 3] {
        let light =
            samples.map(|sample| self.light.get(usize::from(sample)).copied().unwrap_or(0.0));
        let light = match self.transfer {
            Transfer::Pq => light,
            Transfer::Hlg => on_screen(light),
        };
        let light = if coloured {
            self.matrix
                .map(|[r, g, b]| (r * light[0] + g * light[1] + b * light[2]).max(0.0))
        } else {
            light
        };
        let most = light[0].max(light[1]).max(light[2]);
        let peak = single(PEAK / WHITE);
        let pressed = (1.0 + most / (peak * peak)) / (1.0 + most);
        light.map(|light| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it saturates"
            )]
            let step = (light * pressed * STEPS as f32 + 0.5) as usize;
            SAMPLES.get(step).copied().unwrap_or(u8::MAX)
        })
    }
}

/// Of the scene's light, that of a screen, where white paper has 1: BT.2100's opto-optical transfer with a system gamma of 1.2.
fn on_screen(scene: [f32; 3]) -> [f32; 3] {
    static POWERS: LazyLock<Box<[f32]>> = LazyLock::new(|| {
        let steps = (0..=STEPS).map(|step| step as f64 / STEPS as f64);
        let factors = steps.map(|luminance| luminance.powf(0.2) * PEAK / WHITE);
        factors
            .map(|factor| single((factor * UNIT).round() / UNIT))
            .collect()
    });
    let [red, green, blue] = scene;
    let luminance = 0.2627 * red + 0.678 * green + 0.0593 * blue;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to 1"
    )]
    let step = (luminance * STEPS as f32 + 0.5) as usize;
    let factor = POWERS.get(step).copied().unwrap_or(single(PEAK / WHITE));
    scene.map(|light| light * factor)
}

#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
const fn single(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    #[test]
    fn curves_are_as_published() {
        // BT.2408, table 1: white paper at 203 cd/m² is 58 % of PQ and 75 % of HLG; 1000 cd/m² is 75 % of PQ.
        assert!((pq(0.580_69) - 1.0).abs() < 0.001, "{}", pq(0.580_69));
        assert!((pq(0.751_83) * WHITE - 1_000.0).abs() < 1.0);
        assert!((pq(1.0) * WHITE - 10_000.0).abs() < 0.001);
        assert!((hlg(1.0) - 1.0).abs() < 1e-6 && (hlg(0.5) - 1.0 / 12.0).abs() < 1e-9);
        let scene = single(hlg(0.75));
        let white = on_screen([scene; 3])[0];
        assert!((white - 1.0).abs() < 0.005, "{white}");
    }

    #[test]
    fn white_paper_is_light_grey_and_peaks_are_white() {
        // By the operator: 1.0412 / 2 of light is a sample of 190.
        for (transfer, paper, peak) in [(Transfer::Pq, 148, 192), (Transfer::Hlg, 191, 255)] {
            let rendition = Rendition::new(transfer, SAME);
            let [grey, ..] = rendition.shown([paper; 3], true);
            assert!((188..=192).contains(&grey), "{transfer:?}: {grey}");
            assert_eq!(rendition.shown([peak; 3], true), [255; 3], "{transfer:?}");
            assert_eq!(rendition.shown([255; 3], false), [255; 3], "{transfer:?}");
            assert_eq!(rendition.shown([0; 3], true), [0; 3], "{transfer:?}");
            let greys: Vec<u8> = (0..=255)
                .map(|s| rendition.shown([s; 3], true)[0])
                .collect();
            assert!(greys.is_sorted(), "{transfer:?}");
        }
    }

    #[test]
    fn a_bright_colour_keeps_its_hue() {
        let rendition = Rendition::new(Transfer::Pq, SAME);
        let [red, green, blue] = rendition.shown([180, 148, 100], true);
        assert!(
            red > green && green > blue && red < 255,
            "{red} {green} {blue}"
        );
    }
}
