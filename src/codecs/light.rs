//! Light without a limit, as samples of sRGB.
//!
//! 1 is white, as it is in sRGB. Up to [`KNEE`] light stays as it is; what is brighter comes ever nearer to white, each
//! colour in its own ratio (after Reinhard and others, Photographic Tone Reproduction for Digital Images, 2002, by its
//! brightest channel and behind a knee).

use std::sync::LazyLock;

use crate::checkpoint::{Checkpoint, Stage, Stop};

/// What isn't changed: all but the last tenth of sRGB's steps.
const KNEE: f32 = 0.8;

/// Pixels between two polls.
const POLL_PIXELS: usize = 1 << 14;

/// The light from which on each sample but 0 is the nearest.
static STEPS: LazyLock<[f32; 255]> = LazyLock::new(|| {
    std::array::from_fn(|step| {
        let sample = (step as f64 + 0.5) / 255.0;
        // IEC 61966-2-1.
        let light = if sample <= 0.04045 {
            sample / 12.92
        } else {
            ((sample + 0.055) / 1.055).powf(2.4)
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is compared has no more bits"
        )]
        let light = light as f32;
        light
    })
});

/// Samples of native 32-bit floats, three a pixel and none beyond what Radiance has (10^38), as sRGB of 8 bit.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn shown(samples: &[u8], checkpoint: &Checkpoint) -> Result<Vec<u8>, Stop> {
    let (samples, _) = samples.as_chunks::<4>();
    let (pixels, _) = samples.as_chunks::<3>();
    let mut shown = Vec::with_capacity(pixels.len() * 3);
    for part in pixels.chunks(POLL_PIXELS) {
        checkpoint.check(Stage::Decode)?;
        for pixel in part {
            let light = pixel.map(f32::from_ne_bytes);
            let brightest = light.into_iter().fold(0.0, f32::max);
            let scale = bent(brightest);
            shown.extend(light.map(|light| sample(light * scale)));
        }
    }
    Ok(shown)
}

/// What light so bright is multiplied by.
fn bent(light: f32) -> f32 {
    if light <= KNEE {
        return 1.0;
    }
    let room = 1.0 - KNEE;
    let above = (light - KNEE) / room;
    (KNEE + room * (1.0 - 1.0 / (1.0 + above))) / light
}

/// The nearest sample.
fn sample(light: f32) -> u8 {
    let steps = STEPS.partition_point(|&step| step <= light);
    u8::try_from(steps).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(light: [f32; 3]) -> Vec<u8> {
        let samples: Vec<u8> = light.into_iter().flat_map(f32::to_ne_bytes).collect();
        shown(&samples, &Checkpoint::new()).unwrap()
    }

    /// Against the curve of sRGB, in greys and colours.
    #[test]
    fn light_is_shown_as_srgb_and_bent_where_it_is_bright() {
        for (light, expected) in [
            ([0.0; 3], [0, 0, 0]),
            ([0.001, 0.01, 0.1], [3, 25, 89]),
            ([0.214_041_14; 3], [128, 128, 128]),
            ([0.6, 0.3, 0.0], [203, 149, 0]),
            // White has the room of what is brighter.
            ([1.0; 3], [243, 243, 243]),
            ([2.0, 1.0, 0.0], [252, 185, 0]),
            ([1e9; 3], [255, 255, 255]),
            ([1.7e38; 3], [255, 255, 255]),
            ([-1.0; 3], [0, 0, 0]),
        ] {
            let got = of(light);
            let off = got
                .iter()
                .zip(expected)
                .map(|(a, b): (&u8, u8)| a.abs_diff(b))
                .max();
            assert!(off <= Some(1), "{light:?}: {got:?}, not {expected:?}");
        }
        let greys: Vec<u8> = (0..1000).map(|i| of([i as f32 / 50.0; 3])[0]).collect();
        assert!(greys.is_sorted() && greys[999] >= 250, "{:?}", greys[999]);
    }
}
