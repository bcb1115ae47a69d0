//! The header of an AVIF file.

use super::picture::{IDENTITY, Picture, YCGCO};
use super::properties::Cicp;
use crate::codecs::{Colour, Error, Format, Header, Model, Orientation};

/// Reads the header; decodes no pixel.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let picture = Picture::new(bytes)?;
    Ok(Header {
        format: Format::Avif,
        width: picture.cut.width,
        height: picture.cut.height,
        model: model(&picture),
        opaque: false,
        bit_depth: picture.colour.sequence.depth,
        orientation: picture.turn,
        stated: (picture.turn != Orientation::default()).then(|| picture.turn.exif()),
        colour: colour(&picture),
        progressive: false,
        buffered: false,
        frames: 1,
        held: 0,
        animation: None,
        detail: detail(&picture),
    })
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

/// Pictures of which more is decoded than is shown have details of their own.
pub(super) const CUT: [&str; 4] = ["4:2:0 cut", "4:2:2 cut", "4:4:4 cut", "4:0:0 cut"];

fn detail(picture: &Picture<'_>) -> &'static str {
    let [a, b, c, d] = CUT;
    match (picture.colour.sequence.chroma, picture.is_cut()) {
        (Some((2, 2)), false) => "4:2:0",
        (Some((2, 2)), true) => a,
        (Some((2, _)), false) => "4:2:2",
        (Some((2, _)), true) => b,
        (Some(_), false) => "4:4:4",
        (Some(_), true) => c,
        (None, false) => "4:0:0",
        (None, true) => d,
    }
}
