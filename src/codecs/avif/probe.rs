//! The header of an AVIF or HEIC file.

use super::layer::Coding;
use super::picture::{IDENTITY, Picture, YCGCO};
use super::properties::Cicp;
use super::{memory, of_heic};
use crate::codecs::{Colour, Error, Format, Header, Model, Orientation};

/// Reads the header; decodes no pixel.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let picture = Picture::new(bytes)?;
    Ok(Header {
        format: match picture.colour.coding {
            Coding::Av1 => Format::Avif,
            Coding::Hevc => Format::Heic,
        },
        width: picture.cut.width,
        height: picture.cut.height,
        model: model(&picture),
        opaque: false,
        bit_depth: picture.colour.sequence.depth,
        orientation: picture.turn,
        stated: (picture.turn != Orientation::default()).then(|| picture.turn.exif()),
        colour: colour(&picture),
        progressive: false,
        // The last of several frames is shown, and each takes its time.
        deep: picture.colour.sequence.depth > 8,
        buffered: picture.frames() > 1,
        frames: 1,
        page: 0,
        held: memory::held_bytes(&picture),
        reading: 0,
        animation: None,
        detail: detail(&picture),
    })
}

/// The same of a file whose brands say HEIC.
pub(in crate::codecs) fn probe_heic(bytes: &[u8]) -> Result<Header, Error> {
    probe(bytes).map_err(of_heic)
}

/// The layout of what is decoded. Planes stay planes where they can.
pub(super) fn model(picture: &Picture<'_>) -> Model {
    let Some((across, down)) = picture.colour.sequence.chroma else {
        return match picture.alpha {
            Some(_) => Model::GrayAlpha,
            None => Model::Gray,
        };
    };
    let shares = !(picture.cut.left.is_multiple_of(u32::from(across))
        && picture.cut.top.is_multiple_of(u32::from(down)));
    match picture.cicp.matrix {
        _ if picture.alpha.is_some() => Model::Rgba,
        IDENTITY | YCGCO => Model::Rgb,
        // Chroma's first sample would belong to a pixel that isn't shown.
        _ if shares => Model::Rgb,
        _ => Model::YCbCr { across, down },
    }
}

/// What samples mean: a profile, or code points, as far as they say anything but sRGB.
fn colour(picture: &Picture<'_>) -> Colour {
    if let Some(profile) = picture.profile {
        return Colour::embedded(profile);
    }
    let Cicp {
        primaries,
        transfer,
        ..
    } = picture.cicp;
    // Curves of cameras say how light was coded, not how it is shown: as sRGB is, on every display. Nor does what is unsaid.
    let transfer = match transfer {
        1 | 2 | 6 | 14 | 15 => 13,
        other => other,
    };
    match (primaries, transfer) {
        (1 | 2, 13) => Colour::Srgb,
        (primaries, transfer) => Colour::Cicp {
            primaries: if primaries == 2 { 1 } else { primaries },
            transfer,
            full_range: true,
        },
    }
}

fn detail(picture: &Picture<'_>) -> &'static str {
    match picture.colour.sequence.chroma {
        Some((2, 2)) => "4:2:0",
        Some((2, _)) => "4:2:2",
        Some(_) => "4:4:4",
        None => "4:0:0",
    }
}
