//! The one font there is, laid out. The home of `harfrust`, which shapes by it, of `skrifa`, which reads its outlines,
//! and of `unicode_script`.

use std::sync::LazyLock;

use harfrust::{Direction, FontRef, ShapeOptions, ShaperData, UnicodeBuffer};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::TableProvider;
use skrifa::{GlyphId, MetadataProvider};
use unicode_script::{Script, UnicodeScript};

use crate::typeface;

/// What was parsed of the file is kept: some tens of kilobytes, once.
static FONT: LazyLock<Option<Font>> = LazyLock::new(Font::read);

struct Font {
    tables: FontRef<'static>,
    shaping: ShaperData,
}

impl Font {
    fn read() -> Option<Self> {
        let tables = FontRef::new(typeface::FILE).ok()?;
        let shaping = ShaperData::new(&tables);
        Some(Self { tables, shaping })
    }
}

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
    let tables = &FONT.as_ref()?.tables;
    let line = tables.hhea().ok()?;
    Some(Measures {
        em: i64::from(tables.head().ok()?.units_per_em()),
        line: i64::from(line.ascender().to_i16()) - i64::from(line.descender().to_i16()),
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
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.set_direction(if backwards {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    buffer.guess_segment_properties();
    let shaper = font.shaping.shaper(&font.tables).build();
    let line = shaper.shape(buffer, ShapeOptions::new());
    let glyphs = line.glyph_infos().iter().zip(line.glyph_positions());
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
        let script = character.script();
        if matches!(script, Script::Common | Script::Inherited | Script::Unknown) {
            continue;
        }
        if current.is_some_and(|current| current != script) {
            changes.push(at);
        }
        current = Some(script);
    }
    changes
}

/// Sends a glyph's outline to `pen`, in font units, up being positive. What can't be read has none.
pub(super) fn outline(glyph: u32, pen: &mut impl OutlinePen) {
    let outlines = FONT.as_ref().map(|font| font.tables.outline_glyphs());
    if let Some(outline) = outlines.and_then(|all| all.get(GlyphId::new(glyph))) {
        let plain = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
        // The font is ours: nothing is wrong with its outlines.
        let _metrics = outline.draw(plain, pen);
    }
}
