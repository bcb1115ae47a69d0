//! The header of a JPEG XL file.

use jxl_bitstream::Bitstream;
use jxl_image::{ExtraChannelType, ImageHeader, ImageMetadata};
use jxl_oxide_common::Bundle as _;

use super::boxes::Codestream;
use super::library::Library;
use super::{broken, cut, frames, profile};
use crate::checkpoint::Checkpoint;
use crate::codecs::{Colour, Error, Format, Header, Model, Orientation};

/// Bytes that the header has to end in, a packed profile included.
const LOOK: usize = 1 << 20;

/// Pixels along a side, and of the whole, by the format's own rules.
const LONGEST: u32 = 1 << 30;
const LARGEST: u64 = 1 << 40;

/// Reads the header; decodes no pixel.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let stream = Codestream::of(bytes)?;
    let window = stream.window(0, LOOK);
    let mut bits = Bitstream::new(&window);
    let mut image = ImageHeader::parse(&mut bits, ()).map_err(|error| {
        if error.unexpected_eof() {
            return cut("header");
        }
        broken("header", "its header is corrupt")
    })?;
    let (width, height) = (image.size.width, image.size.height);
    let sides = 1..=LONGEST;
    let area = u64::from(width) * u64::from(height);
    if !sides.contains(&width) || !sides.contains(&height) || area > LARGEST {
        return Err(broken("header", "it has no size, or one that none has"));
    }
    let model = model(&image.metadata)?;
    if image.metadata.colour_encoding.want_icc() {
        profile::skip(&mut bits, stream.len())?;
    }
    bits.zero_pad_to_byte().map_err(|_short| cut("header"))?;
    let start = bits.num_read_bits() / 8;
    let colour = colour(window.get(..start).unwrap_or(&window), model)?;
    let need = frames::need(&stream, &mut image, start as u64)?;
    let meta = &image.metadata;
    let tag = u16::try_from(meta.orientation).unwrap_or(1);
    Ok(Header {
        format: Format::Jxl,
        width,
        height,
        model,
        opaque: false,
        bit_depth: u8::try_from(meta.bit_depth.bits_per_sample()).unwrap_or(32),
        orientation: Orientation::from_exif(tag),
        stated: (tag > 1).then_some(tag),
        colour,
        progressive: false,
        deep: meta.bit_depth.bits_per_sample() > 8,
        buffered: false,
        frames: 1,
        page: 0,
        // A copy of what isn't decoded yet.
        held: need.bytes + stream.len(),
        reading: 0,
        animation: None,
        detail: if need.lossy { "vardct" } else { "modular" },
    })
}

/// The layout of what is handed out; refuses what isn't read.
fn model(meta: &ImageMetadata) -> Result<Model, Error> {
    let is = |kind: fn(&ExtraChannelType) -> bool| meta.ec_info.iter().any(|info| kind(&info.ty));
    if is(|kind| matches!(kind, ExtraChannelType::Black)) {
        return Err(broken("header", "pictures of inks aren't read"));
    }
    let alpha = is(|kind| matches!(kind, ExtraChannelType::Alpha { .. }));
    Ok(match (meta.grayscale(), alpha) {
        (true, false) => Model::Gray,
        (true, true) => Model::GrayAlpha,
        (false, false) => Model::Rgb,
        (false, true) => Model::Rgba,
    })
}

/// What samples mean, by all bytes of a header.
fn colour(header: &[u8], model: Model) -> Result<Colour, Error> {
    let checkpoint = Checkpoint::new();
    let mut library = Library::new(vec![header], usize::MAX, &checkpoint, "header");
    Ok(profile::colour(library.start(model, false)?))
}
