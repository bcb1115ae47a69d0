//! The header of a PNG file.

use png::{AnimationControl, BitDepth, ColorType, Decoder, DecodingError, Info, Limits, Reader};

use super::chunks;
use super::error::broken;
use crate::codecs::polled::Polled;
use crate::codecs::{Animation, Chromaticities, Colour, Error, Format, Header, Model, exif};

/// What the library may hold for chunks and rows, besides what it hands out. The widest row
/// there is fits.
const LIBRARY_BYTES: usize = 64 << 20;

/// Bytes of the file between two polls: deflate makes 16 megabytes of them at most.
pub(super) const PIECE: usize = 16 << 10;

/// Reads the header, up to the first pixel.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let profile = chunks::walk(bytes)?;
    let reader = start(
        Polled::new(bytes, None, PIECE),
        png::Transformations::EXPAND,
    )
    .map_err(|error| broken(&error, "header"))?;
    let info = reader.info();
    let (frames, animation) = match info.animation_control {
        Some(control) => survey(bytes, control)?,
        None => (1, None),
    };
    let stated = info.exif_metadata.as_deref().and_then(exif::stated);
    Ok(Header {
        format: Format::Png,
        width: info.width,
        height: info.height,
        model: model(info),
        opaque: false,
        bit_depth: info.bit_depth as u8,
        orientation: exif::turn(stated),
        stated,
        colour: colour(info, profile),
        progressive: info.interlaced,
        // What is interlaced comes as a whole, in 8.
        deep: info.bit_depth as u8 == 16 && !info.interlaced,
        buffered: info.interlaced,
        frames,
        page: 0,
        animation,
        held: 0,
        reading: 0,
        detail: match info.color_type {
            ColorType::Indexed => "palette",
            ColorType::Grayscale | ColorType::GrayscaleAlpha => "grey",
            ColorType::Rgb | ColorType::Rgba => "truecolour",
        },
    })
}

/// A decoder that stands before the first row.
pub(super) fn start(
    file: Polled<'_>,
    transformations: png::Transformations,
) -> Result<Reader<Polled<'_>>, DecodingError> {
    let limits = Limits {
        bytes: LIBRARY_BYTES,
    };
    let mut decoder = Decoder::new_with_limits(file, limits);
    // Text may inflate to gigabytes, and nobody here reads it. So may a profile, which is read
    // once, by us, and never again for the pixels.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(transformations);
    decoder.read_info()
}

/// How many frames there are, and what is said of them where there are several.
fn survey(bytes: &[u8], control: AnimationControl) -> Result<(u32, Option<Animation>), Error> {
    let (mut frames, mut duration, mut drawn) = (0, 0, 0);
    chunks::controls(bytes, |width, height, time| {
        if frames < control.num_frames {
            frames += 1;
            duration += u64::from(time);
            drawn += u64::from(width) * u64::from(height);
        }
    })?;
    let animation = Animation {
        plays: control.num_plays,
        duration,
        drawn,
    };
    Ok((frames.max(1), (frames > 1).then_some(animation)))
}

/// What is handed out, after expansion to 8 bit.
fn model(info: &Info<'_>) -> Model {
    let transparent = info.trns.is_some();
    match (info.color_type, transparent) {
        (ColorType::Grayscale, false) => Model::Gray,
        (ColorType::Grayscale, true) | (ColorType::GrayscaleAlpha, _) => Model::GrayAlpha,
        (ColorType::Rgb | ColorType::Indexed, false) => Model::Rgb,
        (ColorType::Rgb | ColorType::Indexed, true) | (ColorType::Rgba, _) => Model::Rgba,
    }
}

/// The strongest statement wins (PNG, third edition, 4.3): cICP, iCCP, sRGB, gAMA with cHRM.
fn colour(info: &Info<'_>, profile: Option<&[u8]>) -> Colour {
    if let Some(points) = info.coding_independent_code_points {
        return Colour::Cicp {
            primaries: points.color_primaries,
            transfer: points.transfer_function,
            full_range: points.is_video_full_range_image,
        };
    }
    if let Some(profile) = profile.and_then(chunks::profile) {
        return Colour::embedded(&profile);
    }
    if info.srgb.is_some() {
        return Colour::Srgb;
    }
    let Some(gamma) = info.gama_chunk else {
        return Colour::Srgb;
    };
    let gamma = gamma.into_value();
    let chromaticities = info.chrm_chunk.map(|points| {
        let pair = |(x, y): (png::ScaledFloat, png::ScaledFloat)| (x.into_value(), y.into_value());
        Chromaticities {
            white: pair(points.white),
            red: pair(points.red),
            green: pair(points.green),
            blue: pair(points.blue),
        }
    });
    // 45455 is how files spell sRGB without the chunk for it.
    if (gamma - 0.45455).abs() < 0.001 && chromaticities.is_none_or(is_srgb) {
        return Colour::Srgb;
    }
    Colour::Gamma {
        gamma,
        chromaticities,
    }
}

fn is_srgb(points: Chromaticities) -> bool {
    let near =
        |a: (f32, f32), b: (f32, f32)| (a.0 - b.0).abs() < 0.002 && (a.1 - b.1).abs() < 0.002;
    near(points.white, (0.3127, 0.329))
        && near(points.red, (0.64, 0.33))
        && near(points.green, (0.3, 0.6))
        && near(points.blue, (0.15, 0.06))
}

/// Whether rows come as 16-bit samples.
pub(super) fn is_deep(info: &Info<'_>) -> bool {
    info.bit_depth == BitDepth::Sixteen
}
