//! The header of a PNG file.

use std::io::Cursor;
use std::sync::Arc;

use png::{BitDepth, ColorType, Decoder, DecodingError, Info, Limits, Reader};

use crate::codecs::bytes;
use crate::codecs::{Chromaticities, Colour, Error, Format, Header, Model, exif};

/// What the library may hold for chunks and rows, besides what it hands out. The widest row
/// there is, and a profile of some megabytes, fit.
const LIBRARY_BYTES: usize = 64 << 20;

/// Reads the header, up to the first pixel.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    check_palette(bytes)?;
    let reader =
        start(bytes, png::Transformations::EXPAND).map_err(|error| broken(&error, "header"))?;
    let info = reader.info();
    Ok(Header {
        format: Format::Png,
        width: info.width,
        height: info.height,
        model: model(info),
        bit_depth: info.bit_depth as u8,
        orientation: info
            .exif_metadata
            .as_deref()
            .map(exif::orientation)
            .unwrap_or_default(),
        colour: colour(info),
        progressive: info.interlaced,
        frames: info
            .animation_control
            .map_or(1, |animation| animation.num_frames.max(1)),
        detail: match info.color_type {
            ColorType::Indexed => "palette",
            ColorType::Grayscale | ColorType::GrayscaleAlpha => "grey",
            ColorType::Rgb | ColorType::Rgba => "truecolour",
        },
    })
}

/// A decoder that stands before the first row.
pub(super) fn start(
    bytes: &[u8],
    transformations: png::Transformations,
) -> Result<Reader<Cursor<&[u8]>>, DecodingError> {
    let limits = Limits {
        bytes: LIBRARY_BYTES,
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    // Text may inflate to gigabytes, and nobody here reads it.
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(transformations);
    decoder.read_info()
}

/// The library's words, for a client.
pub(super) fn broken(error: &DecodingError, stage: &'static str) -> Error {
    let detail = match error {
        DecodingError::IoError(_) => "it is cut short".to_owned(),
        DecodingError::LimitsExceeded => "its chunks need more memory than any picture".to_owned(),
        other => other.to_string(),
    };
    Error::Invalid {
        format: Format::Png,
        stage,
        detail,
    }
}

/// A palette of a length that no palette has makes the library panic: it is refused before.
fn check_palette(file: &[u8]) -> Result<(), Error> {
    let invalid = |detail: &str| Error::Invalid {
        format: Format::Png,
        stage: "header",
        detail: detail.to_owned(),
    };
    let mut reader = bytes::Reader::new(file);
    let Some(_signature) = reader.take(8) else {
        return Err(invalid("it is cut short"));
    };
    while let (Some(length), Some(kind)) = (reader.u32_be(), reader.array::<4>()) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match &kind {
            b"PLTE" if length == 0 || length > 768 || !length.is_multiple_of(3) => {
                return Err(invalid("its palette has an impossible length"));
            }
            b"IDAT" | b"IEND" => break,
            _ => {}
        }
        // The chunk and its checksum.
        if reader.take(length.saturating_add(4)).is_none() {
            break;
        }
    }
    Ok(())
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
fn colour(info: &Info<'_>) -> Colour {
    if let Some(points) = info.coding_independent_code_points {
        return Colour::Cicp {
            primaries: points.color_primaries,
            transfer: points.transfer_function,
            full_range: points.is_video_full_range_image,
        };
    }
    if let Some(profile) = info.icc_profile.as_deref() {
        return Colour::Icc(Arc::from(profile));
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
