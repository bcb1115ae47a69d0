//! Text drawn over the picture: laid out in lines, made coverage, blended in one colour.
//!
//! Reading order: [`Text`] is what the plan says, `layout` makes glyphs at places of it, `outline` makes lines of a
//! glyph, `coverage` makes samples of lines, `blend` puts those on the picture. Places are whole numbers, 256
//! for a pixel, from the font's own units on, so that the same text covers the same samples on every processor.

mod blend;
mod coverage;
mod font;
mod layout;
mod outline;

use serde::{Deserialize, Serialize};

use super::compose;
use super::geometry::Size;
use super::value::Colour;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::{Model, Raster};

/// Characters of a text, at most.
pub(super) const MAX_CHARACTERS: usize = 1000;

/// Places in a pixel.
const PIXEL: i64 = 256;

/// A place in 256ths of a pixel: right and down.
type Point = (i64, i64);

/// A text and how it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Text {
    /// At most [`MAX_CHARACTERS`]; lines end at line feeds.
    pub(super) content: String,
    /// Pixels across after which a line is broken, where it can be.
    pub(super) width: u32,
    /// How the letters look.
    pub(super) style: Style,
    /// Pixels between a text and the next, across and down.
    pub(super) margin: u32,
    /// Its alpha is the text's opacity.
    pub(super) colour: Colour,
    /// Whether it is drawn again and again, all over the picture.
    pub(super) repeats: bool,
}

/// How letters look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Style {
    /// The em in 64ths of a pixel.
    pub(super) em: u32,
    /// Strokes are thicker.
    pub(super) bold: bool,
    /// Letters lean.
    pub(super) italic: bool,
}

/// Draws the text, in that colour of the picture's space, on a picture that becomes `model`.
///
/// # Errors
/// A stopped checkpoint, which is polled at each line, glyph and row.
pub(super) fn draw(
    picture: Raster,
    text: &Text,
    colour: Colour,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let shape = picture.shape();
    let size = (shape.width, shape.height);
    let mut picture = compose::laid_out(picture, model, checkpoint)?;
    if let Some(block) = layout::layout(text, checkpoint)? {
        let seen = (block.size.0.min(size.0), block.size.1.min(size.1));
        let ink = coverage::ink(&block, text.style, seen, checkpoint)?;
        blend::blend(
            &mut picture,
            &ink,
            tiling(text, colour, block.size, size),
            checkpoint,
        )?;
    }
    Ok(picture)
}

/// Where ink goes: its first place, and the distances at which it comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tiling {
    start: Size,
    step: Size,
    repeats: bool,
    colour: Colour,
}

/// Where a text's ink begins, from the corner of the picture and of each repetition.
const CORNER: u32 = 100;

fn tiling(text: &Text, colour: Colour, ink: Size, picture: Size) -> Tiling {
    let start = |ink: u32, side: u32| {
        let free = side.saturating_sub(ink);
        // In the middle of a picture that has no room for it there. A narrower margin would have it cut where it comes again.
        let start = if free < CORNER { free / 2 } else { CORNER };
        start.min(text.margin)
    };
    let step = |ink: u32| ink.saturating_add(text.margin);
    Tiling {
        start: (start(ink.0, picture.0), start(ink.1, picture.1)),
        step: (step(ink.0), step(ink.1)),
        repeats: text.repeats,
        colour,
    }
}

/// Bytes held besides the picture that comes and the one that goes.
pub(super) fn extra_bytes(text: &Text, size: Size) -> u64 {
    let ink = u64::from(size.0) * u64::from(size.1);
    ink + coverage::extra_bytes(size) + layout::extra_bytes(&text.content)
}

/// About, for a picture of that size.
pub(super) fn nanoseconds(text: &Text, size: Size) -> u64 {
    let pixels = u64::from(size.0) * u64::from(size.1);
    // Each row that a letter reaches costs, and so does its outline.
    let letter = 30_000 + 20 * u64::from(text.style.em / 64);
    10 * pixels + letter * text.content.chars().count() as u64
}

#[cfg(test)]
mod tests;
