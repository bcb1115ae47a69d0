//! How large pictures may be, and what is said of those that are larger.

use super::parameter::ParameterError;
use super::plan::pixels;
use crate::codecs::{self, Format, Header};

/// Whether this program can read documents at all.
pub const READS_DOCUMENTS: bool = codecs::pdf::IS_BUILT;

/// How large pictures may be, and the server's default for linear light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Pixels of a source picture, all frames that are decoded together.
    pub max_pixels: u64,
    /// Pixels along either side of an answer.
    pub max_output_side: u32,
    /// Pixels of an answer, all of its frames together.
    pub max_output_pixels: u64,
    /// Frames of an animation that moves.
    pub max_frames: u32,
    /// Whether drawings are read.
    pub drawings: bool,
    /// Whether documents are read.
    pub documents: bool,
    /// Whether to resize in linear light where the client doesn't say.
    pub linear: bool,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A step lacks a parameter, or one makes no sense for this picture.
    Parameter(ParameterError),
    /// The source is a drawing, and none is read.
    Drawing,
    /// The source is a document, and none is read.
    Document,
    /// The source has too many pixels.
    ImageTooLarge {
        /// Stored width.
        width: u32,
        /// Stored height.
        height: u32,
        /// How many frames of that size would be decoded.
        frames: u32,
        /// Allowed pixels.
        limit: u64,
    },
    /// The source has too many frames.
    TooManyFrames {
        /// How many would be decoded.
        actual: u32,
        /// Allowed frames.
        limit: u32,
    },
    /// The answer would have too many pixels along a side.
    SideTooLong {
        /// The longer side.
        actual: u32,
        /// Allowed pixels along a side, by configuration or by the format.
        limit: u32,
    },
    /// The answer would have too many pixels.
    OutputTooLarge {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// How many frames of that size.
        frames: u32,
        /// Allowed pixels.
        limit: u64,
    },
}

/// Refuses a source that has more pixels than are decoded, or is a drawing where none is read.
///
/// # Errors
/// `ImageTooLarge` or `Drawing`.
pub fn check_source(header: &Header, settings: &Settings) -> Result<(), Error> {
    if header.format == Format::Svg && !settings.drawings {
        return Err(Error::Drawing);
    }
    if pixels(header.width, header.height) <= settings.max_pixels {
        return Ok(());
    }
    Err(Error::ImageTooLarge {
        width: header.width,
        height: header.height,
        frames: 1,
        limit: settings.max_pixels,
    })
}
