//! Colour: from what the file's samples mean to sRGB.
//!
//! The home of `moxcms`. Works on the small picture, after resampling. A profile
//! that is broken, or meant for another kind of picture, counts as none.

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace,
    Layout, MatrixCoefficients, RenderingIntent, TransferCharacteristics, TransformOptions,
    curve_from_gamma,
};

use super::hdr::{Rendition, Transfer};
use super::{Error, press};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Chromaticities, Colour, Model, Raster, Shape};

/// Pixels converted between two polls: a fraction of a millisecond, and a multiple of what vectors take, so that the rest
/// which is converted one by one is the same as if all were converted at once.
const POLL_PIXELS: usize = 1 << 14;

/// The picture in sRGB: grey or RGB, alpha kept.
///
/// A grey picture with a profile comes back as RGB with equal samples.
///
/// # Errors
/// The colour engine fails on a transform that it has agreed to make; a stopped checkpoint.
pub(super) fn to_srgb(
    raster: Raster,
    colour: &Colour,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let plain = |raster: Raster| {
        if raster.model == Model::Cmyk {
            return press::to_rgb(&raster, checkpoint);
        }
        Ok(raster)
    };
    let profile = match meaning(colour, raster.model) {
        None => return Ok(plain(raster)?),
        Some(Meaning::Bright(rendition)) => return Ok(rendition.draw(raster, checkpoint)?),
        Some(Meaning::Space(profile)) => profile,
    };
    let (from, to, model) = match raster.model {
        Model::Gray => (Layout::Gray, Layout::Rgb, Model::Rgb),
        Model::GrayAlpha => (Layout::GrayAlpha, Layout::Rgba, Model::Rgba),
        Model::Rgb => (Layout::Rgb, Layout::Rgb, Model::Rgb),
        Model::Rgba => (Layout::Rgba, Layout::Rgba, Model::Rgba),
        // The engine calls any four inks RGBA.
        Model::Cmyk => (Layout::Rgba, Layout::Rgb, Model::Rgb),
        Model::YCbCr { .. } => return Ok(raster),
    };
    // A profile may have a table for one intent alone.
    let transform = [
        RenderingIntent::RelativeColorimetric,
        RenderingIntent::Perceptual,
    ]
    .into_iter()
    .find_map(|rendering_intent| {
        let options = TransformOptions {
            rendering_intent,
            ..TransformOptions::default()
        };
        profile
            .create_transform_8bit(from, &ColorProfile::new_srgb(), to, options)
            .ok()
    });
    let Some(transform) = transform else {
        // A profile that parses but can't be used says nothing that could be obeyed.
        return Ok(plain(raster)?);
    };
    let shape = Shape {
        model,
        ..raster.shape()
    };
    let source = raster
        .planes
        .first()
        .map_or(&[][..], |plane| &plane.samples);
    let (ins, outs) = (raster.model.channels() as usize, model.channels() as usize);
    let mut samples = vec![0; source.len() / ins * outs];
    let parts = source.chunks(POLL_PIXELS * ins);
    for (source, samples) in parts.zip(samples.chunks_mut(POLL_PIXELS * outs)) {
        checkpoint.check(Stage::Resize)?;
        transform
            .transform(source, samples)
            .map_err(|error| Error::Internal(format!("colour: {error:?}")))?;
    }
    Ok(Raster::interleaved(shape, samples))
}

/// Whether R, G and B of that meaning are those of sRGB.
pub(super) fn is_srgb(colour: &Colour) -> bool {
    meaning(colour, Model::Rgb).is_none()
}

/// What samples mean that aren't sRGB's.
enum Meaning {
    /// Colours of another space.
    Space(Box<ColorProfile>),
    /// Light that is brighter than white.
    Bright(Box<Rendition>),
}

/// What has to be applied, if anything.
fn meaning(colour: &Colour, model: Model) -> Option<Meaning> {
    let profile = match colour {
        Colour::Srgb => return None,
        Colour::Icc(bytes) => {
            let profile = ColorProfile::new_from_slice(bytes).ok()?;
            let fits = match model {
                Model::Gray | Model::GrayAlpha => profile.color_space == DataColorSpace::Gray,
                Model::Rgb | Model::Rgba => profile.color_space == DataColorSpace::Rgb,
                Model::Cmyk => profile.color_space == DataColorSpace::Cmyk,
                Model::YCbCr { .. } => false,
            };
            if !fits || means_srgb(&profile) {
                return None;
            }
            profile
        }
        Colour::Cicp {
            primaries,
            transfer,
            full_range,
        } => {
            let color_primaries = CicpColorPrimaries::try_from(*primaries).ok()?;
            let transfer_characteristics = TransferCharacteristics::try_from(*transfer).ok()?;
            if color_primaries == CicpColorPrimaries::Bt709
                && transfer_characteristics == TransferCharacteristics::Srgb
            {
                return None;
            }
            ColorProfile::new_from_cicp(CicpProfile {
                color_primaries,
                transfer_characteristics,
                matrix_coefficients: MatrixCoefficients::Identity,
                full_range: *full_range,
            })
        }
        Colour::Gamma {
            gamma,
            chromaticities,
        } => from_gamma(*gamma, *chromaticities)?,
    };
    if let Some(transfer) = transfer(&profile)
        && !matches!(model, Model::Cmyk | Model::YCbCr { .. })
    {
        let matrix = profile.transform_matrix(&ColorProfile::new_srgb());
        let rendition = Rendition::new(transfer, matrix.v);
        return Some(Meaning::Bright(Box::new(rendition)));
    }
    fitted(profile, model).map(|profile| Meaning::Space(Box::new(profile)))
}

/// The curve of high dynamic range that a profile states.
fn transfer(profile: &ColorProfile) -> Option<Transfer> {
    match profile.cicp?.transfer_characteristics {
        TransferCharacteristics::Smpte2084 => Some(Transfer::Pq),
        TransferCharacteristics::Hlg => Some(Transfer::Hlg),
        _ => None,
    }
}

/// The profile for a picture of that model: of one for RGB, a grey picture has the curve alone.
fn fitted(mut profile: ColorProfile, model: Model) -> Option<ColorProfile> {
    if profile.color_space != DataColorSpace::Rgb {
        return Some(profile);
    }
    match model {
        Model::Rgb | Model::Rgba => Some(profile),
        Model::Gray | Model::GrayAlpha => {
            let mut grey = ColorProfile::new_gray_with_gamma(1.0);
            grey.gray_trc = profile.green_trc.take();
            Some(grey)
        }
        Model::Cmyk | Model::YCbCr { .. } => None,
    }
}

/// PNG's gAMA is the exponent of the encoding; a profile has that of the decoding.
fn from_gamma(gamma: f32, chromaticities: Option<Chromaticities>) -> Option<ColorProfile> {
    // Beyond these no display ever was; the file is wrong about itself.
    if !(0.1..=10.0).contains(&gamma) {
        return None;
    }
    let curve = curve_from_gamma(1.0 / gamma);
    let mut profile = ColorProfile::new_srgb();
    if let Some(points) = chromaticities {
        let point = |(x, y): (f32, f32)| Chromaticity { x, y };
        if [points.white, points.red, points.green, points.blue]
            .iter()
            .any(|&(x, y)| !(0.0..=1.0).contains(&x) || !(0.001..=1.0).contains(&y))
        {
            return None;
        }
        profile.update_rgb_colorimetry(
            point(points.white).to_xyyb(),
            ColorPrimaries {
                red: point(points.red),
                green: point(points.green),
                blue: point(points.blue),
            },
        );
    }
    profile.cicp = None;
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
    Some(profile)
}

/// Whether converting from it would change nothing that can be seen: sRGB's
/// primaries to the third decimal, and its curve, as the many variants of the profile have them.
fn means_srgb(profile: &ColorProfile) -> bool {
    let srgb = ColorProfile::new_srgb();
    let near = |a: f64, b: f64| (a - b).abs() < 0.002;
    let colorants = [
        (profile.red_colorant, srgb.red_colorant),
        (profile.green_colorant, srgb.green_colorant),
        (profile.blue_colorant, srgb.blue_colorant),
    ];
    let has_table = profile.lut_a_to_b_perceptual.is_some()
        || profile.lut_a_to_b_colorimetric.is_some()
        || profile.lut_a_to_b_saturation.is_some();
    if has_table
        || colorants
            .iter()
            .any(|(a, b)| !near(a.x, b.x) || !near(a.y, b.y) || !near(a.z, b.z))
    {
        return false;
    }
    // The curves are compared by what they do to a ramp.
    let (Ok(theirs), Ok(ours)) = (ramp(profile), ramp(&srgb)) else {
        return false;
    };
    theirs.iter().zip(&ours).all(|(a, b)| a.abs_diff(*b) <= 1)
}

/// All 256 greys, converted to sRGB.
fn ramp(profile: &ColorProfile) -> Result<Vec<u8>, moxcms::CmsError> {
    let grey: Vec<u8> = (0..=255).flat_map(|value| [value; 3]).collect();
    let mut converted = vec![0; grey.len()];
    profile
        .create_transform_8bit(
            Layout::Rgb,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        )?
        .transform(&grey, &mut converted)?;
    Ok(converted)
}

#[cfg(test)]
#[path = "color_tests.rs"]
mod tests;
