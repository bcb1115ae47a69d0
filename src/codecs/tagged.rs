//! An orientation written into a file that has none, for a picture that is to stay as it was stored.

use super::{Format, Header, Orientation, exif, png};

/// The file with an EXIF block that says how it is to be turned. `header` is the file's own.
///
/// A format that can't say it comes back as it was.
pub(super) fn tagged(mut file: Vec<u8>, header: &Header, orientation: Orientation) -> Vec<u8> {
    let block = exif::block(orientation);
    let (at, piece) = match header.format {
        // Behind the signature and our JFIF segment, as EXIF wants it.
        Format::Jpeg => (20, jpeg(&block)),
        // Behind the signature and IHDR.
        Format::Png => (33, png::exif(&block)),
        Format::WebP => return webp(&file, header, &block),
        _ => return file,
    };
    if at <= file.len() {
        file.reserve_exact(piece.len());
        file.splice(at..at, piece);
    }
    file
}

fn jpeg(block: &[u8]) -> Vec<u8> {
    let content = [b"Exif\0\0", block].concat();
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    [&[0xff, 0xe1], &length.to_be_bytes()[..], &content].concat()
}

/// A file with more than a picture begins with a chunk that says what else there is.
fn webp(file: &[u8], header: &Header, block: &[u8]) -> Vec<u8> {
    const FLAGS: usize = 20;
    const ALPHA: u8 = 1 << 4;
    const EXIF: u8 = 1 << 3;
    let (Some(riff), Some(chunks)) = (file.get(..12), file.get(12..)) else {
        return file.to_vec();
    };
    let mut made = Vec::with_capacity(file.len() + block.len() + 32);
    made.extend_from_slice(riff);
    if !chunks.starts_with(b"VP8X") {
        let alpha = if header.has_alpha() { ALPHA } else { 0 };
        made.extend_from_slice(b"VP8X\x0a\0\0\0");
        made.extend([alpha, 0, 0, 0]);
        for side in [header.width, header.height] {
            made.extend((side - 1).to_le_bytes().into_iter().take(3));
        }
    }
    made.extend_from_slice(chunks);
    if let Some(flags) = made.get_mut(FLAGS) {
        *flags |= EXIF;
    }
    made.extend_from_slice(b"EXIF");
    let length = u32::try_from(block.len()).unwrap_or(u32::MAX);
    made.extend(length.to_le_bytes());
    made.extend_from_slice(block);
    let riff = u32::try_from(made.len() - 8).unwrap_or(u32::MAX);
    if let Some(slot) = made.get_mut(4..8) {
        slot.copy_from_slice(&riff.to_le_bytes());
    }
    made
}
