//! Pictures that move: frames out of a decoder, each on the whole canvas, and whole frames into a file that says only what changed.
//!
//! Decoders do disposal and blending; what comes out is what a viewer shows. Neither side holds more than a few pictures, whatever
//! the number of frames.

mod canvas;
mod change;
mod film;

use serde::{Deserialize, Serialize};

pub(super) use self::canvas::{Canvas, Disposal};
pub(super) use self::change::{differing, differing_area, part, rows};
pub(super) use self::film::{Cel, Cels, Film};
use super::{Error, Format, Raster, Rows};

/// Pixels that a frame may have beyond those of its canvas.
pub const FRAME_EXCESS: u64 = 1 << 18;

/// What a header says of a picture that moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Animation {
    /// How often it is shown; 0 for without end.
    pub plays: u32,
    /// How long all frames take together, in milliseconds.
    pub duration: u64,
    /// Pixels of all frames as they are stored, which may be fewer than those of their canvas, or more.
    pub drawn: u64,
}

/// A part of a picture, in its pixels; empty where a side is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Columns before it.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its columns.
    pub width: u32,
    /// Its rows.
    pub height: u32,
}

impl Area {
    /// All of a picture of that size.
    pub(super) fn whole(width: u32, height: u32) -> Self {
        Self {
            left: 0,
            top: 0,
            width,
            height,
        }
    }

    /// Whether nothing lies in it.
    pub fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The smallest area that has both in it.
    #[must_use]
    pub(super) fn with(self, other: Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return if self.is_empty() { other } else { self };
        }
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        Self {
            left,
            top,
            width: (self.left + self.width).max(other.left + other.width) - left,
            height: (self.top + self.height).max(other.top + other.height) - top,
        }
    }

    /// What of it lies in a picture of that size.
    #[must_use]
    pub(super) fn within(self, width: u32, height: u32) -> Self {
        let left = self.left.min(width);
        let top = self.top.min(height);
        Self {
            left,
            top,
            width: self.width.min(width - left),
            height: self.height.min(height - top),
        }
    }

    /// Whether a pixel is in it.
    pub(super) fn holds(self, x: u32, y: u32) -> bool {
        (self.left..self.left + self.width).contains(&x)
            && (self.top..self.top + self.height).contains(&y)
    }
}

/// A frame that is on the canvas now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where the canvas may differ from what it was before.
    pub changed: Area,
    /// How long it is shown, in milliseconds.
    pub milliseconds: u32,
}

/// Frames of a picture that moves, in their order.
pub trait Frames {
    /// Puts the next frame on the canvas; `None` when there are no more.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn next(&mut self) -> Result<Option<Frame>, Error>;

    /// The rows of the canvas as it is now: red, green, blue and alpha.
    fn rows(&self) -> Box<dyn Rows + '_>;
}

/// Where an encoder takes whole frames, all of the same shape.
pub trait FrameSink {
    /// Takes a frame that is shown for so many milliseconds.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn push(&mut self, picture: Raster, milliseconds: u32) -> Result<(), Error>;

    /// Shows the last frame for longer.
    fn prolong(&mut self, milliseconds: u32);

    /// Ends the file and hands out its bytes.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error>;
}

impl Format {
    /// Whether a file in it that is written here may move.
    pub fn moves(self) -> bool {
        matches!(self, Self::Gif | Self::Png | Self::WebP)
    }
}
