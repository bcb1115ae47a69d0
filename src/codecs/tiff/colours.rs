//! What samples of 8 bit mean, as grey, RGB or inks.

use super::kinds::Meaning;
use super::layout::Layout;
use super::tags::{USUAL_LUMA, USUAL_RANGE};

/// Turns samples into colours.
pub(super) struct Colours {
    palette: Vec<[u8; 3]>,
    luma: [f32; 3],
    range: [f32; 6],
}

impl Colours {
    pub(super) fn new(layout: &Layout<'_>) -> Self {
        Self {
            palette: palette(layout),
            luma: layout.luma,
            range: layout.range,
        }
    }

    /// Luma and chroma as JPEG has them, and no palette.
    pub(super) fn usual() -> Self {
        Self {
            palette: Vec::new(),
            luma: USUAL_LUMA,
            range: USUAL_RANGE,
        }
    }

    /// Whether samples become others, and as many as RGB has.
    pub(super) fn converts(layout: &Layout<'_>) -> bool {
        match layout.meaning {
            Meaning::Palette | Meaning::Lab { .. } => true,
            // What a picture inside hands out in pixels is RGB already.
            Meaning::Ycc { .. } => layout.planar || !layout.packing.is_picture(),
            _ => false,
        }
    }

    /// Makes RGB of a row of samples that are something else, of as many as the meaning has.
    pub(super) fn convert(&self, layout: &Layout<'_>, samples: &[u8], row: &mut [u8]) {
        let (pixels, _) = row.as_chunks_mut::<3>();
        if layout.meaning == Meaning::Palette {
            for (pixel, &number) in pixels.iter_mut().zip(samples) {
                *pixel = self
                    .palette
                    .get(usize::from(number))
                    .copied()
                    .unwrap_or_default();
            }
            return;
        }
        let mut last = None;
        for (pixel, &sample) in pixels.iter_mut().zip(samples.as_chunks::<3>().0) {
            // Neighbours are often equal.
            let colour = match last {
                Some((same, colour)) if same == sample => colour,
                _ => match layout.meaning {
                    Meaning::Lab { icc } => lab(sample, icc),
                    _ => self.ycc(sample),
                },
            };
            last = Some((sample, colour));
            *pixel = colour;
        }
    }

    /// RGB of luma and chroma.
    pub(super) fn ycc(&self, [y, cb, cr]: [u8; 3]) -> [u8; 3] {
        let [black, white, zero_b, most_b, zero_r, most_r] = self.range;
        let spread = |sample: u8, zero: f32, most: f32, size: f32| {
            let range = most - zero;
            (f32::from(sample) - zero) * size / if range > 0.0 { range } else { size }
        };
        let y = spread(y, black, white, 255.0);
        let cb = spread(cb, zero_b, most_b, 127.0);
        let cr = spread(cr, zero_r, most_r, 127.0);
        let [red, green, blue] = self.luma;
        let r = y + cr * (2.0 - 2.0 * red);
        let b = y + cb * (2.0 - 2.0 * blue);
        let g = (y - blue * b - red * r) / green;
        [r, g, b].map(level)
    }

    /// Rows of pixels out of units that share chroma: luma of `across`×`down` pixels, and two samples of chroma.
    pub(super) fn units(
        &self,
        (across, down): (u8, u8),
        units: &[u8],
        width: usize,
        rows: &mut [u8],
    ) {
        let (across, down) = (usize::from(across), usize::from(down));
        for (unit, samples) in units.chunks_exact(across * down + 2).enumerate() {
            let Some((luma, &[cb, cr])) = samples.split_last_chunk::<2>() else {
                return;
            };
            for (row, luma) in rows.chunks_mut(width * 3).zip(luma.chunks(across)) {
                let place = row.get_mut(unit * across * 3..).unwrap_or_default();
                for (pixel, &y) in place.as_chunks_mut::<3>().0.iter_mut().zip(luma) {
                    *pixel = self.ycc([y, cb, cr]);
                }
            }
        }
    }
}

/// Colours of 16 bit each; files of old programs have 8 bit there.
fn palette(layout: &Layout<'_>) -> Vec<[u8; 3]> {
    let Some(values) = layout
        .palette
        .filter(|_| layout.meaning == Meaning::Palette)
    else {
        return Vec::new();
    };
    let count = 1_u64 << layout.bits.min(8);
    let value = |at| values.number(at).unwrap_or(0);
    let deep = (0..count * 3).any(|at| value(at) > 255);
    let level = |at| {
        let level = if deep {
            (value(at) + 128) / 257
        } else {
            value(at)
        };
        u8::try_from(level).unwrap_or(u8::MAX)
    };
    let colour = |at| [level(at), level(at + count), level(at + 2 * count)];
    (0..count).map(colour).collect()
}

/// Turns grey whose least value is white; `channels` samples a pixel, of which the first is grey.
pub(super) fn invert(row: &mut [u8], channels: usize) {
    for grey in row.iter_mut().step_by(channels) {
        *grey = !*grey;
    }
}

/// sRGB of CIELAB, which has the white of D50, in 8 bit: lightness to 255, the other two with a sign, or above 128.
#[expect(clippy::many_single_char_names, reason = "the colours' own names")]
pub(in crate::codecs) fn lab([l, a, b]: [u8; 3], icc: bool) -> [u8; 3] {
    let axis = |sample: u8| {
        if icc {
            f32::from(sample) - 128.0
        } else {
            f32::from(sample.cast_signed())
        }
    };
    let y = (f32::from(l) / 2.55 + 16.0) / 116.0;
    let cubed = |t: f32| {
        if t > 6.0 / 29.0 {
            t * t * t
        } else {
            (t - 4.0 / 29.0) * 3.0 * (6.0_f32 / 29.0).powi(2)
        }
    };
    let [x, y, z] = [
        cubed(y + axis(a) / 500.0) * 0.964_2,
        cubed(y),
        cubed(y - axis(b) / 200.0) * 0.824_9,
    ];
    // From D50, adapted by Bradford's matrix, to the primaries of sRGB.
    [
        3.133_856 * x - 1.616_867 * y - 0.490_615 * z,
        -0.978_769 * x + 1.916_142 * y + 0.033_454 * z,
        0.071_945 * x - 0.228_991 * y + 1.405_243 * z,
    ]
    .map(|light| {
        let light = light.clamp(0.0, 1.0);
        let coded = if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        };
        level(coded * 255.0)
    })
}

fn level(value: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 255"
    )]
    let level = value.round().clamp(0.0, 255.0) as u8;
    level
}
