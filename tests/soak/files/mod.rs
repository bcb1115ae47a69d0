//! Pictures to work on, and files that mean harm.

use crate::random::Random;
use fixtures::png;

/// Files that cost far more than they weigh.
pub(crate) mod bombs;
/// A chunk of a PNG.
#[path = "../../shared/chunk.rs"]
mod chunk;
/// Headers that promise more than there is.
mod declared;
/// Bits and streams, by hand.
mod parts;
/// Small files of every kind, cut and changed.
mod variants;

/// The API's tests draw their pictures with these too.
#[path = "../../api/fixtures.rs"]
#[expect(dead_code, reason = "the rest is for the API's tests")]
mod fixtures;

/// A photograph as JPEG.
pub(crate) fn photo(width: u32, height: u32, quality: u8) -> Vec<u8> {
    let picture = image::DynamicImage::ImageRgba8(fixtures::photo(width, height)).to_rgb8();
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(&picture)
        .unwrap();
    bytes
}

/// Colours that no format compresses, as PNG.
pub(crate) fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut random = Random(3);
    png(&image::RgbaImage::from_fn(width, height, |_, _| {
        image::Rgba([random.byte(), random.byte(), random.byte(), 255])
    }))
}

/// A drawing with alpha, as PNG.
pub(crate) fn drawing(side: u32) -> Vec<u8> {
    png(&fixtures::disc(side))
}

/// A file with a name that says what is wrong with it.
pub(crate) type Named = (String, Vec<u8>);

/// All of them, the same at every run.
pub(crate) fn hostile() -> Vec<Named> {
    let mut files = declared::all();
    files.extend(bombs::all());
    files.extend(variants::all());
    files
}

/// Those of them that are small.
pub(crate) fn hostile_small() -> Vec<Named> {
    variants::all()
}
