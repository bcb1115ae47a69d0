//! What samples mean that aren't sRGB's: profiles, code points and exponents, as one kind of profile.

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace,
    Layout, MatrixCoefficients, TransferCharacteristics, TransformOptions, curve_from_gamma,
};

use crate::codecs::{Chromaticities, Colour, Model};
use crate::pipeline::hdr::Transfer;

/// What samples mean that aren't sRGB's.
pub(super) enum Meaning {
    /// Colours of another space.
    Space(Box<ColorProfile>),
    /// Light that is brighter than white, with that curve and the profile's primaries.
    Bright(Transfer, Box<ColorProfile>),
}

/// What has to be applied, if anything.
pub(super) fn meaning(colour: &Colour, model: Model) -> Option<Meaning> {
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
            if !fits || means(&profile, &ColorProfile::new_srgb()) {
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
        return Some(Meaning::Bright(transfer, Box::new(profile)));
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
pub(super) fn fitted(mut profile: ColorProfile, model: Model) -> Option<ColorProfile> {
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

/// Whether converting from one to the other, which are both for RGB, would change nothing that can be seen: the same
/// primaries to the third decimal, and the same curve, as the many variants of such a profile have them.
pub(super) fn means(profile: &ColorProfile, other: &ColorProfile) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 0.002;
    let colorants = [
        (profile.red_colorant, other.red_colorant),
        (profile.green_colorant, other.green_colorant),
        (profile.blue_colorant, other.blue_colorant),
    ];
    if has_table(profile)
        || colorants
            .iter()
            .any(|(a, b)| !near(a.x, b.x) || !near(a.y, b.y) || !near(a.z, b.z))
    {
        return false;
    }
    // The curves are compared by what they do to a ramp.
    let (Ok(theirs), Ok(ours)) = (ramp(profile, other), ramp(other, other)) else {
        return false;
    };
    theirs.iter().zip(&ours).all(|(a, b)| a.abs_diff(*b) <= 1)
}

/// Whether what samples mean stands in a table, and not in curves alone.
pub(super) fn has_table(profile: &ColorProfile) -> bool {
    profile.lut_a_to_b_perceptual.is_some()
        || profile.lut_a_to_b_colorimetric.is_some()
        || profile.lut_a_to_b_saturation.is_some()
}

/// All 256 greys, converted to that space.
fn ramp(profile: &ColorProfile, to: &ColorProfile) -> Result<Vec<u8>, moxcms::CmsError> {
    let grey: Vec<u8> = (0..=255).flat_map(|value| [value; 3]).collect();
    let mut converted = vec![0; grey.len()];
    profile
        .create_transform_8bit(Layout::Rgb, to, Layout::Rgb, TransformOptions::default())?
        .transform(&grey, &mut converted)?;
    Ok(converted)
}
