//! The same for samples of 16 bit, where a space is three primaries and curves, or a curve for grey.

use moxcms::{ColorProfile, ToneReprCurve};

use super::meaning::{Meaning, fitted, has_table, meaning};
use super::{drawn, is_in};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::deep::DeepRaster;
use crate::codecs::{Colour, Header};
use crate::pipeline::deep::{DeepCurve, SRGB};
use crate::pipeline::value::Space;

/// Pixels between two polls.
const POLL_PIXELS: usize = 1 << 14;

/// Whether a picture with that header can be taken to that space with 16 bit.
pub(in crate::pipeline) fn converts_deep(space: Space, header: &Header) -> bool {
    match space {
        Space::Source | Space::Stored => true,
        Space::Srgb | Space::P3 => match meaning(&header.colour, drawn(header.model)) {
            None => true,
            Some(Meaning::Bright(..)) => false,
            Some(Meaning::Space(profile)) => has_curves(&profile),
        },
    }
}

fn has_curves(profile: &ColorProfile) -> bool {
    let trcs = [&profile.red_trc, &profile.green_trc, &profile.blue_trc];
    let coloured = trcs.into_iter().all(Option::is_some);
    !has_table(profile) && (coloured || profile.gray_trc.is_some())
}

/// Takes a picture whose samples mean `colour` to that space, alpha as it is; [`converts_deep`] has said that it can be.
///
/// # Errors
/// A stopped checkpoint.
pub(in crate::pipeline) fn convert_deep(
    picture: &mut DeepRaster,
    space: Space,
    colour: &Colour,
    checkpoint: &Checkpoint,
) -> Result<(), Stop> {
    if matches!(space, Space::Source | Space::Stored) {
        return Ok(());
    }
    let model = picture.shape.model;
    if model.channels() >= 3 && is_in(colour, space) {
        return Ok(());
    }
    let channels = model.channels() as usize;
    let from = match meaning(colour, model) {
        Some(Meaning::Space(profile)) => Some(profile),
        // Greys of sRGB are those of P3.
        None if space == Space::P3 && channels >= 3 => {
            fitted(ColorProfile::new_srgb(), model).map(Box::new)
        }
        _ => None,
    };
    let Some(from) = from else { return Ok(()) };
    let parts = picture.samples.chunks_mut(POLL_PIXELS * channels);
    if let Some(trc) = &from.gray_trc {
        let curve = DeepCurve::of(|coded| evaluated(trc, coded));
        for part in parts {
            checkpoint.check(Stage::Resize)?;
            for sample in part.iter_mut().step_by(channels) {
                *sample = SRGB.sample(curve.light(*sample));
            }
        }
        return Ok(());
    }
    let to = match space {
        Space::P3 => ColorProfile::new_display_p3(),
        _ => ColorProfile::new_srgb(),
    };
    let matrix = from.transform_matrix(&to).v.map(|row| row.map(single));
    let trcs = [&from.red_trc, &from.green_trc, &from.blue_trc];
    let curves = trcs
        .map(|trc| DeepCurve::of(|coded| trc.as_ref().map_or(coded, |trc| evaluated(trc, coded))));
    let [red, green, blue] = &curves;
    for part in parts {
        checkpoint.check(Stage::Resize)?;
        for pixel in part.chunks_exact_mut(channels) {
            let [r, g, b, ..] = pixel else { continue };
            let light = [red.light(*r), green.light(*g), blue.light(*b)];
            let seen = matrix.map(|[x, y, z]| x * light[0] + y * light[1] + z * light[2]);
            // Both spaces have that curve.
            [*r, *g, *b] = seen.map(|light| SRGB.sample(light.clamp(0.0, 1.0)));
        }
    }
    Ok(())
}

/// Rounded, so that the last bit of a library doesn't show.
fn single(number: f64) -> f32 {
    const UNIT: f64 = (1 << 22) as f64;
    #[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
    let single = ((number * UNIT).round() / UNIT) as f32;
    single
}

/// Light of a sample, both from 0 to 1 (ICC.1:2022, 10.6 and 10.18).
#[expect(
    clippy::many_single_char_names,
    reason = "the numbers of a formula are called so"
)]
fn evaluated(curve: &ToneReprCurve, coded: f64) -> f64 {
    let light = match curve {
        ToneReprCurve::Lut(samples) => match samples[..] {
            [] => coded,
            [gamma] => coded.powf(f64::from(gamma) / 256.0),
            _ => between(samples, coded),
        },
        ToneReprCurve::Parametric(of) => {
            let number = |at: usize| of.get(at).copied().map_or(0.0, f64::from);
            let [g, a, b, c, d, e, f] = std::array::from_fn(number);
            match of.len() {
                1 => coded.powf(g),
                3 if coded >= -b / a => (a * coded + b).powf(g),
                3 => 0.0,
                4 if coded >= -b / a => (a * coded + b).powf(g) + c,
                4 => c,
                5 if coded >= d => (a * coded + b).powf(g),
                5 => c * coded,
                _ if coded >= d => (a * coded + b).powf(g) + e,
                _ => c * coded + f,
            }
        }
    };
    light.clamp(0.0, 1.0)
}

fn between(samples: &[u16], coded: f64) -> f64 {
    let last = samples.len() - 1;
    let place = coded * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the last place"
    )]
    let at = (place as usize).min(last);
    let sample = |at: usize| samples.get(at.min(last)).copied().map_or(0.0, f64::from);
    let part = place - at as f64;
    (sample(at) * (1.0 - part) + sample(at + 1) * part) / 65_535.0
}
