//! Whether a file is the picture that was promised, by decoders that the server doesn't use.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, ImageFormat};
use pixmill::codecs::Format;

/// Panics unless the file is a whole picture in that format and of that size.
pub(crate) fn check(file: &[u8], format: Format, width: u32, height: u32) {
    let known = match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
        other => panic!("{} is not written", other.name()),
    };
    let picture = image::load_from_memory_with_format(file, known)
        .unwrap_or_else(|error| panic!("the answer is no {}: {error}", format.name()));
    assert_eq!((picture.width(), picture.height()), (width, height));
    let moving = match known {
        ImageFormat::Gif => GifDecoder::new(Cursor::new(file)).map(AnimationDecoder::into_frames),
        _ => return,
    };
    let frames = moving.expect("a GIF").collect_frames();
    assert!(!frames.expect("frames that can be read").is_empty());
}
