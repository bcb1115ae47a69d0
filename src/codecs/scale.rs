//! In which size a decoder hands a picture out, and which part of a drawing.

use serde::{Deserialize, Serialize};

/// The size that a decoder hands the picture out in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Eighths of the full size, for the first plane and for interleaved pictures.
    pub eighths: u8,
    /// Eighths of their own full size, for the planes of chroma.
    pub chroma: u8,
    /// What is made of a drawing, whatever the eighths say; all of it in its own size if `None`.
    pub part: Option<Part>,
}

/// The part of a drawing that is handed out, and in which size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Distance from the left edge, in pixels of the header's size.
    pub left: f64,
    /// Distance from the top edge.
    pub top: f64,
    /// Width, above 0.
    pub width: f64,
    /// Height, above 0.
    pub height: f64,
    /// Columns and rows that are made of it, at least 1 each.
    pub pixels: (u32, u32),
}

impl Scale {
    /// No scaling.
    pub const FULL: Self = Self {
        eighths: 8,
        chroma: 8,
        part: None,
    };

    /// Eighths for that plane.
    pub(crate) fn of(self, plane: usize) -> u8 {
        if plane == 0 {
            self.eighths
        } else {
            self.chroma
        }
    }
}
