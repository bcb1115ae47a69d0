//! The one font there is, laid out. The home of `harfrust`, which shapes by it and reads its outlines.

use std::sync::LazyLock;

use harfrust::font::glyph::outline::{DrawMemory, DrawOptions, PathSink};
use harfrust::{Buffer, Direction, Font, GlyphId, Script, ShapeOptions, ShaperFont, unicode};

use crate::typeface;

/// What was parsed of the file is kept: some tens of kilobytes, once.
static FONT: LazyLock<Option<Font>> = LazyLock::new(|| Font::new(typeface::FILE, 0));

/// Sizes that hold for every letter, in font units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measures {
    /// Units of an em.
    pub(super) em: i64,
    /// From one baseline to the next.
    pub(super) line: i64,
}

/// Sizes that hold for every letter.
pub(super) fn measures() -> Option<Measures> {
    let metrics = FONT.as_ref()?.metrics();
    let line = metrics.hhea_line?;
    Some(Measures {
        em: i64::from(metrics.units_per_em),
        line: i64::from(line.ascender.to_i32()) - i64::from(line.descender.to_i32()),
    })
}

/// A glyph and where it goes, in font units: right of the last glyph's origin, and up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub(super) id: u32,
    pub(super) offset: (i64, i64),
    pub(super) advance: i64,
}

/// The glyphs of a text of one script and one direction, from left to right. What the font lacks is its box.
pub(super) fn shape(text: &str, backwards: bool) -> Vec<Glyph> {
    let Some(font) = FONT.as_ref() else {
        return Vec::new();
    };
    let mut buffer = Buffer::new();
    buffer.push_str(text);
    buffer.set_direction(if backwards {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    buffer.guess_segment_properties();
    if harfrust::shape(&ShaperFont::new(font), &mut buffer, ShapeOptions::new()).is_err() {
        return Vec::new();
    }
    let glyphs = buffer.glyph_infos().iter().zip(buffer.glyph_positions());
    glyphs
        .map(|(glyph, place)| Glyph {
            id: glyph.glyph_id,
            offset: (i64::from(place.x_offset), i64::from(place.y_offset)),
            advance: i64::from(place.x_advance),
        })
        .collect()
}

/// Where the text changes its script, in bytes; what belongs to none goes with what is before it.
pub(super) fn scripts(text: &str) -> Vec<usize> {
    let mut current = None;
    let mut changes = Vec::new();
    for (at, character) in text.char_indices() {
        let script = unicode::script(u32::from(character));
        if matches!(script, Script::COMMON | Script::INHERITED | Script::UNKNOWN) {
            continue;
        }
        if current.is_some_and(|current| current != script) {
            changes.push(at);
        }
        current = Some(script);
    }
    changes
}

/// Sends a glyph's outline to `sink`, in font units, up being positive. What can't be read has none.
pub(super) fn outline(glyph: u32, sink: &mut dyn PathSink) {
    let outlines = FONT.as_ref().map(Font::outline_glyphs);
    if let Some(outline) = outlines.and_then(|all| all.get(GlyphId::new(glyph))) {
        // The font is ours: nothing is wrong with its outlines.
        let _metrics = outline.draw(&DrawOptions::new(), DrawMemory::Scratch, sink);
    }
}
