//! Formats that move: frames in and out.

use super::{Encoding, Error, Format, FrameSink, Frames, Header, Shape, gif, png, webp};
use crate::checkpoint::Checkpoint;

/// Peak bytes that [`frames`] and reading all of them allocate, what their rows are copied to not included.
pub fn frames_bytes(header: &Header) -> u64 {
    match header.format {
        Format::Gif => gif::frames_bytes(header),
        Format::WebP => webp::frames_bytes(header),
        Format::Png => png::frames_bytes(header),
        _ => 0,
    }
}

/// Starts a decode of all frames of a file whose header says that it moves.
///
/// # Errors
/// [`Error`]; `Internal` for one that doesn't.
pub fn frames<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Frames + 'a>, Error> {
    match (header.format, header.animation) {
        (Format::Gif, Some(_)) => gif::frames(bytes, checkpoint),
        (Format::WebP, Some(_)) => Ok(webp::frames(bytes, header, checkpoint)),
        (Format::Png, Some(_)) => png::frames(bytes, header, checkpoint),
        _ => Err(Error::Internal("a picture that doesn't move".to_owned())),
    }
}

/// Peak bytes that an encode of so many frames of this shape allocates, the answer included.
pub fn animate_bytes(encoding: Encoding, shape: Shape, frames: u32) -> u64 {
    match encoding.format {
        Format::Gif => gif::animate_bytes(shape, frames),
        Format::WebP => webp::animate_bytes(encoding, shape, frames),
        Format::Png => png::animate_bytes(shape, frames),
        _ => 0,
    }
}

/// Starts an encode of frames of this shape, whose model the format accepts; `plays` is how often they are shown, 0 for without end.
///
/// # Errors
/// [`Error`]; `Internal` for a format that doesn't move.
pub fn animate<'a>(
    encoding: Encoding,
    shape: Shape,
    plays: u32,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn FrameSink + 'a>, Error> {
    match encoding.format {
        Format::Gif => Ok(gif::animate(encoding, shape, plays, checkpoint)),
        Format::WebP => Ok(webp::animate(encoding, shape, plays, checkpoint)),
        Format::Png => Ok(png::animate(encoding, shape, plays, checkpoint)),
        other => Err(Error::Internal(format!("{} doesn't move", other.name()))),
    }
}
