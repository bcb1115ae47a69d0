//! From the sRGB curve to linear light and back, by tables.
//!
//! 8-bit samples become 16-bit light, and light becomes the nearest 8-bit
//! sample (IEC 61966-2-1). Alpha is no light: it is only widened.

use std::sync::LazyLock;

/// How samples of a picture are interleaved.
#[derive(Clone, Copy)]
pub(super) struct Samples {
    /// Samples per pixel.
    pub(super) channels: usize,
    /// Whether the last one is alpha.
    pub(super) alpha: bool,
}

static TO_LINEAR: LazyLock<[u16; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let coded = value as f64 / 255.0;
        let light = if coded <= 0.040_45 {
            coded / 12.92
        } else {
            ((coded + 0.055) / 1.055).powf(2.4)
        };
        round(light * 65_535.0)
    })
});

/// The 8-bit sample nearest to each 16-bit light; 64 KiB, since the dark end needs every step.
static FROM_LINEAR: LazyLock<Box<[u8]>> = LazyLock::new(|| {
    (0..=u16::MAX)
        .map(|value| {
            let light = f64::from(value) / 65_535.0;
            let coded = if light <= 0.003_130_8 {
                light * 12.92
            } else {
                1.055 * light.powf(1.0 / 2.4) - 0.055
            };
            u8::try_from(round(coded * 255.0)).unwrap_or(u8::MAX)
        })
        .collect()
});

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and 65,535"
)]
fn round(value: f64) -> u16 {
    value.round() as u16
}

/// Fills `light` with native 16-bit samples, two bytes for each of `samples`.
pub(super) fn to_linear(samples: &[u8], light: &mut [u8], kind: Samples) {
    let table = &*TO_LINEAR;
    let colours = kind.channels - usize::from(kind.alpha);
    let pixels = samples.chunks_exact(kind.channels);
    for (pixel, out) in pixels.zip(light.chunks_exact_mut(2 * kind.channels)) {
        for (index, (&sample, out)) in pixel.iter().zip(out.chunks_exact_mut(2)).enumerate() {
            let wide = if index < colours {
                table.get(usize::from(sample)).copied().unwrap_or_default()
            } else {
                u16::from(sample) * 257
            };
            out.copy_from_slice(&wide.to_ne_bytes());
        }
    }
}

/// The way back.
pub(super) fn from_linear(light: &[u8], samples: &mut [u8], kind: Samples) {
    let table = &**FROM_LINEAR;
    let colours = kind.channels - usize::from(kind.alpha);
    let pixels = light.chunks_exact(2 * kind.channels);
    for (pixel, out) in pixels.zip(samples.chunks_exact_mut(kind.channels)) {
        for (index, (wide, out)) in pixel.chunks_exact(2).zip(out).enumerate() {
            let wide = wide.try_into().map_or(0, u16::from_ne_bytes);
            *out = if index < colours {
                table.get(usize::from(wide)).copied().unwrap_or_default()
            } else {
                // The nearest of 256 levels; 128 is half a step.
                u8::try_from((u32::from(wide) + 128) / 257).unwrap_or(u8::MAX)
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_comes_back() {
        let samples: Vec<u8> = (0..=255).collect();
        for (channels, alpha) in [(1, false), (2, true), (4, true)] {
            let kind = Samples { channels, alpha };
            let mut light = vec![0; 512];
            to_linear(&samples, &mut light, kind);
            let mut back = vec![0; 256];
            from_linear(&light, &mut back, kind);
            assert_eq!(back, samples);
        }
    }

    #[test]
    fn half_the_light_is_188() {
        let half = 32_768_u16.to_ne_bytes();
        let mut sample = [0];
        let kind = Samples {
            channels: 1,
            alpha: false,
        };
        from_linear(&half, &mut sample, kind);
        assert_eq!(sample, [188]);
    }
}
