//! The pixels: all of the first picture, as one band.

use super::boxes::Codestream;
use super::frames::most_pixels;
use super::library::Library;
use crate::checkpoint::Checkpoint;
use crate::codecs::{Header, Rows, Shape, whole};

/// Peak bytes: the samples, and what the frames were found to need.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    let copies = if is_deep(header) { 3 } else { 1 };
    header.model.bytes(header.width, header.height) * copies + header.held
}

/// Whether samples have more bits than are handed out.
fn is_deep(header: &Header) -> bool {
    header.bit_depth > 8
}

/// Channels of a frame, at most, as the standard's level 5 limits them.
const CHANNELS: u64 = 3 + 4;

/// Prepares a decode; the work is done when the first rows are asked for.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    let shape = Shape {
        width: header.width,
        height: header.height,
        model: header.model,
    };
    let deep = is_deep(header);
    whole::rows(shape, checkpoint, move || {
        let pieces = Codestream::of(bytes)?.into_pieces();
        let samples = most_pixels((shape.width, shape.height)) * CHANNELS;
        let samples = usize::try_from(samples).unwrap_or(usize::MAX);
        let mut library = Library::new(pieces, samples, checkpoint, "pixels");
        library.start(shape.model, deep)?;
        if deep {
            library.deep_samples(shape)
        } else {
            library.samples(shape)
        }
    })
}
