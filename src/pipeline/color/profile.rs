//! ICC profiles that go into answers: the source's own, or one that is written here (ICC.1:2022) and says the same.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, ToneReprCurve, Xyzd};

use super::own;
use crate::codecs::{Colour, Model, Profile};
use crate::pipeline::value::Space;

/// Code points of Display P3 (ITU-T H.273).
const P3: (u8, u8) = (12, 13);

/// The profile that says what samples of an answer in that space mean, of a picture whose samples meant `colour` and were laid out
/// as `model`; `None` where that is sRGB, or isn't said.
pub(in crate::pipeline) fn profile(space: Space, colour: &Colour, model: Model) -> Option<Profile> {
    let (points, profile) = match (space, colour) {
        (Space::P3, _) => (P3, Box::new(ColorProfile::new_display_p3())),
        (Space::Source | Space::Stored, Colour::Icc(bytes)) => {
            return Some(Profile {
                bytes: Arc::clone(bytes),
                points: Profile::UNSAID,
            });
        }
        (Space::Srgb | Space::Stored, _) => return None,
        (Space::Source, colour) => {
            let points = match colour {
                Colour::Cicp {
                    primaries,
                    transfer,
                    ..
                } => (*primaries, *transfer),
                _ => Profile::UNSAID,
            };
            (points, own(colour, model)?)
        }
    };
    let name = if points == P3 {
        "Display P3"
    } else {
        "as the source"
    };
    Some(Profile {
        bytes: Arc::from(written(&profile, name)),
        points,
    })
}

/// The white of all profiles, D50, in s15Fixed16.
const WHITE: [i32; 3] = [0xf6d6, 0x1_0000, 0xd32d];

/// A profile of primaries and curves, or of a curve for grey. The same bytes for the same profile: its date is that of the standard.
fn written(profile: &ColorProfile, name: &str) -> Vec<u8> {
    let mut tags = vec![
        (*b"desc", text(name)),
        (*b"cprt", text("CC0")),
        (*b"wtpt", numbers(*b"XYZ ", &WHITE)),
    ];
    if let Some(chad) = &profile.chromatic_adaptation {
        let numbers_of_it = chad.v.as_flattened().iter().copied().map(fixed);
        let adapted: Vec<i32> = numbers_of_it.collect();
        tags.push((*b"chad", numbers(*b"sf32", &adapted)));
    }
    let is_grey = profile.color_space == DataColorSpace::Gray;
    if is_grey {
        tags.extend(profile.gray_trc.as_ref().map(|c| (*b"kTRC", curve(c))));
    } else {
        let xyz = |Xyzd { x, y, z }: Xyzd| numbers(*b"XYZ ", &[x, y, z].map(fixed));
        tags.push((*b"rXYZ", xyz(profile.red_colorant)));
        tags.push((*b"gXYZ", xyz(profile.green_colorant)));
        tags.push((*b"bXYZ", xyz(profile.blue_colorant)));
        let curves = [
            (*b"rTRC", &profile.red_trc),
            (*b"gTRC", &profile.green_trc),
            (*b"bTRC", &profile.blue_trc),
        ];
        let said = curves.into_iter();
        tags.extend(said.filter_map(|(tag, trc)| Some((tag, curve(trc.as_ref()?)))));
    }
    let mut table = count(tags.len()).to_be_bytes().to_vec();
    let mut data: Vec<u8> = Vec::new();
    let start = 128 + 4 + 12 * tags.len();
    let mut last: Option<(usize, Vec<u8>)> = None;
    for (tag, content) in tags {
        // Equal curves stand there once.
        let at = match &last {
            Some((at, same)) if *same == content => *at,
            _ => start + data.len(),
        };
        table.extend(tag);
        table.extend(count(at).to_be_bytes());
        table.extend(count(content.len()).to_be_bytes());
        if at == start + data.len() {
            data.extend_from_slice(&content);
            data.resize(data.len().next_multiple_of(4), 0);
        }
        last = Some((at, content));
    }
    let mut file = head(128 + table.len() + data.len(), is_grey);
    file.extend(table);
    file.extend(data);
    file
}

/// The first 128 bytes: version 4.3, of a display.
fn head(length: usize, is_grey: bool) -> Vec<u8> {
    let mut head = count(length).to_be_bytes().to_vec();
    head.extend(b"\0\0\0\0\x04\x30\0\0mntr");
    head.extend(if is_grey { b"GRAY" } else { b"RGB " });
    head.extend(b"XYZ ");
    for part in [2022_u16, 5, 1, 0, 0, 0] {
        head.extend(part.to_be_bytes());
    }
    head.extend(b"acsp");
    // Platform, flags, device and the relative colorimetric intent.
    head.extend([0; 24]);
    head.extend([0, 0, 0, 1]);
    for number in WHITE {
        head.extend(number.to_be_bytes());
    }
    head.resize(128, 0);
    head
}

/// A text in one language (`multiLocalizedUnicodeType`).
fn text(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut made = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS".to_vec();
    made.extend(count(units.len()).to_be_bytes());
    made.extend(28_u32.to_be_bytes());
    made.extend(units);
    made
}

fn numbers(kind: [u8; 4], numbers: &[i32]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|number| number.to_be_bytes());
    kind.into_iter().chain([0; 4]).chain(numbers).collect()
}

/// A curve, by its samples or by the numbers of a formula.
fn curve(curve: &ToneReprCurve) -> Vec<u8> {
    match curve {
        ToneReprCurve::Lut(samples) => {
            let mut made = b"curv\0\0\0\0".to_vec();
            made.extend(count(samples.len()).to_be_bytes());
            made.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
            made
        }
        ToneReprCurve::Parametric(of) => {
            // The five formulas take so many numbers.
            let kind = [1, 3, 4, 5, 7].iter().position(|&taken| taken == of.len());
            let kind = kind.and_then(|kind| u8::try_from(kind).ok());
            let mut made = b"para\0\0\0\0\0".to_vec();
            made.extend([kind.unwrap_or_default(), 0, 0]);
            let numbers = of.iter().map(|&number| fixed(f64::from(number)));
            made.extend(numbers.flat_map(i32::to_be_bytes));
            made
        }
    }
}

/// s15Fixed16.
fn fixed(number: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let fixed = (number * 65_536.0).round() as i32;
    fixed
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
