//! What a directory's tags say, one by one.

use super::broken;
use super::directory::Directory;
use super::kinds::{Alpha, Meaning, Number, Packing, Prediction};
use crate::codecs::Error;

/// Weights of red, green and blue where a file says nothing else (ITU-R BT.601).
pub(super) const USUAL_LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// And the full range.
pub(super) const USUAL_RANGE: [f32; 6] = [0.0, 255.0, 128.0, 255.0, 128.0, 255.0];

/// A refusal of what is no mistake.
pub(super) fn unread(detail: &str) -> Error {
    broken("header", detail)
}

pub(super) fn packing(directory: &Directory<'_>) -> Result<Packing, Error> {
    let options = directory.number(292).unwrap_or(0);
    Ok(match directory.number(259).unwrap_or(1) {
        1 => Packing::Stored,
        2 => Packing::FaxRows,
        3 if options & 2 != 0 => {
            return Err(unread(
                "its fax rows are not compressed, which is not read here",
            ));
        }
        3 => Packing::Fax3 {
            two: options & 1 != 0,
        },
        4 => Packing::Fax4,
        5 => Packing::Lzw,
        6 => {
            return Err(unread(
                "its pixels are JPEG of the old style, which is not read here",
            ));
        }
        7 => Packing::Jpeg,
        8 | 32_946 => Packing::Deflate,
        32_773 => Packing::PackBits,
        50_000 => Packing::Zstd,
        50_001 => Packing::WebP,
        other => {
            return Err(unread(&format!(
                "its compression, number {other}, is not read here"
            )));
        }
    })
}

pub(super) fn depth(directory: &Directory<'_>) -> Result<u8, Error> {
    let Some(bits) = directory.find(258) else {
        return Ok(1);
    };
    let all = bits.all_equal().and_then(|bits| u8::try_from(bits).ok());
    all.filter(|bits| (1..=64).contains(bits))
        .ok_or_else(|| unread("its samples are of a kind that is not read here"))
}

pub(super) fn number(directory: &Directory<'_>) -> Result<Number, Error> {
    let Some(formats) = directory.find(339) else {
        return Ok(Number::Unsigned);
    };
    match formats.all_equal() {
        // What nothing is known of is a number as any other.
        Some(1 | 4) => Ok(Number::Unsigned),
        Some(2) => Ok(Number::Signed),
        Some(3) => Ok(Number::Float),
        _ => Err(unread("its samples are of a kind that is not read here")),
    }
}

pub(super) fn meaning(
    directory: &Directory<'_>,
    packing: Packing,
    samples: u8,
) -> Result<Meaning, Error> {
    // Fax says of itself that white is zero.
    let said = directory.number(262).or(packing.is_fax().then_some(0));
    Ok(match said {
        Some(white @ 0..=1) => Meaning::Grey {
            white_is_zero: white == 0,
        },
        Some(2) => Meaning::Rgb,
        Some(3) => Meaning::Palette,
        // A mask for another page: what is to be seen is one.
        Some(4) => Meaning::Grey {
            white_is_zero: false,
        },
        // Another set of inks than the usual four can't be told apart.
        Some(5) if directory.number(332) != Some(2) => Meaning::Inks,
        Some(6) if packing.is_picture() => Meaning::Ycc { across: 1, down: 1 },
        Some(6) => {
            let sampling = directory.find(530);
            let factor = |index| match sampling {
                None => Some(2),
                Some(values) => values
                    .number(index)
                    .filter(|factor| matches!(factor, 1 | 2 | 4)),
            };
            let factor = |index| factor(index).and_then(|factor| u8::try_from(factor).ok());
            let (across, down) = factor(0)
                .zip(factor(1))
                .ok_or_else(|| broken("header", "its chroma is subsampled as no file's is"))?;
            if (across, down) != (1, 1) && samples != 3 {
                return Err(unread("its samples are of a kind that is not read here"));
            }
            Meaning::Ycc { across, down }
        }
        Some(kind @ 8..=9) => Meaning::Lab { icc: kind == 9 },
        Some(_) => return Err(unread("its colours are of a kind that is not read here")),
        None => return Err(broken("header", "it doesn't say what its colours mean")),
    })
}

/// The first sample beyond the colours that is one, where there is any.
pub(super) fn alpha(directory: &Directory<'_>, meaning: Meaning, samples: u8) -> Option<Alpha> {
    if !matches!(meaning, Meaning::Grey { .. } | Meaning::Rgb) {
        return None;
    }
    let colours = meaning.colours();
    let Some(extra) = directory.find(338) else {
        // Many programs forget to say so.
        return (meaning == Meaning::Rgb && samples == 4).then_some(Alpha {
            at: colours,
            multiplied: false,
        });
    };
    (colours..samples).find_map(|at| match extra.number(u64::from(at - colours)) {
        Some(kind @ 1..=2) => Some(Alpha {
            at,
            multiplied: kind == 1,
        }),
        _ => None,
    })
}

pub(super) fn prediction(directory: &Directory<'_>, packing: Packing) -> Result<Prediction, Error> {
    if packing.is_picture() || packing.is_fax() {
        return Ok(Prediction::None);
    }
    match directory.number(317) {
        // The tag belongs to these three, and means nothing elsewhere.
        Some(2) if packing != Packing::Stored => Ok(Prediction::Left),
        Some(3) if packing != Packing::Stored => Ok(Prediction::Float),
        None | Some(1..=3) => Ok(Prediction::None),
        Some(_) => Err(unread(
            "its samples are predicted in a way that is not read here",
        )),
    }
}

pub(super) fn weights(directory: &Directory<'_>) -> [f32; 3] {
    let said = directory.find(529);
    let said = |index| said.and_then(|values| values.fraction(index));
    match (said(0), said(1), said(2)) {
        (Some(red), Some(green), Some(blue)) if green > 0.0 => [red, green, blue].map(single),
        _ => USUAL_LUMA,
    }
}

pub(super) fn range(directory: &Directory<'_>) -> [f32; 6] {
    let said = directory.find(532);
    let mut range = USUAL_RANGE;
    for (index, value) in (0..).zip(&mut range) {
        *value = said
            .and_then(|values| values.fraction(index))
            .map_or(*value, single);
    }
    range
}

#[expect(clippy::cast_possible_truncation, reason = "of some digits")]
fn single(number: f64) -> f32 {
    number as f32
}
