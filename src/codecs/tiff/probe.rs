//! The header of a TIFF.

use super::directory::{Directory, File};
use super::kinds::Meaning;
use super::layout::Layout;
use super::{broken, unpack, within};
use crate::codecs::{Colour, Error, Format, Header, Model, exif};

/// Tables, the layout itself, lists of strips' readers, and which pages were seen on the way to one.
const SPARE_BYTES: u64 = 512 << 10;

/// Reads the header of a page; that of the first where there is no such one.
pub(in crate::codecs) fn probe(bytes: &[u8], page: u32) -> Result<Header, Error> {
    let file = File::new(bytes).ok_or_else(|| broken("header", "it is cut short"))?;
    let frames = file.pages();
    let page = if page < frames { page } else { 0 };
    let directory = file.page(page);
    let directory = directory.ok_or_else(|| broken("header", "it has no directory"))?;
    let layout = Layout::read(&directory)?;
    let model = handed_out(&layout);
    let stated = directory
        .number(274)
        .and_then(|tag| u16::try_from(tag).ok());
    let stated = stated.filter(|tag| (1..=8).contains(tag));
    Ok(Header {
        format: Format::Tiff,
        width: layout.width,
        height: layout.height,
        model,
        opaque: false,
        bit_depth: layout.bits.min(32),
        orientation: exif::turn(stated),
        stated: stated.filter(|&tag| tag > 1),
        colour: colour(&directory, layout.meaning),
        progressive: false,
        deep: layout.is_deep(),
        buffered: false,
        frames,
        page,
        animation: None,
        held: held_bytes(&layout, model),
        reading: 0,
        detail: layout.packing.name(),
    })
}

/// What a decode of that layout hands out.
fn handed_out(layout: &Layout<'_>) -> Model {
    match layout.first.as_deref() {
        Some(&Header {
            format: Format::Jpeg,
            model: planes @ Model::YCbCr { .. },
            ..
        }) if !layout.planar => planes,
        _ => layout.model(),
    }
}

/// Peak bytes of a decode.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    header.held
}

/// The same by its parts: a row in each of its forms, the rows of a row of tiles, and what unpacks it.
fn held_bytes(layout: &Layout<'_>, model: Model) -> u64 {
    let (width, height) = layout.chunk;
    let pixels = u64::from(width);
    let stored = pixels * u64::from(layout.samples / layout.planes());
    let shared = match layout.meaning {
        Meaning::Ycc { down, .. } => pixels * 3 * u64::from(down),
        _ => 0,
    };
    // As it is stored, twice; its samples, and those that are used; a line of a tile.
    let row = layout.raw_bytes() as u64 * 2 + stored + pixels * 5 + shared + pixels * 4;
    let rows = model.bytes(layout.width, height.min(layout.height));
    let reversed = if layout.reversed { layout.longest() } else { 0 };
    let planes = layout.used().count() as u64;
    let planes = if layout.planar { planes } else { 1 };
    let unpacked = match &layout.first {
        Some(first) => within::held_bytes(layout, first) * planes,
        None => (unpack::held_bytes(layout) + reversed) * planes,
    };
    let together = match model {
        _ if layout.tiled => rows,
        Model::YCbCr { .. } => rows,
        _ => 0,
    };
    row + together + unpacked + SPARE_BYTES
}

/// The embedded profile, of samples that stay what they are.
fn colour(directory: &Directory<'_>, meaning: Meaning) -> Colour {
    let profile = directory.find(34_675).and_then(|profile| profile.bytes());
    match (profile, meaning) {
        (None, _) | (_, Meaning::Lab { .. }) => Colour::Srgb,
        (Some(profile), _) => Colour::embedded(profile),
    }
}
