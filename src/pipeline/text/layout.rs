//! Lines: where a text is broken, in which order its parts are seen, and where each glyph goes.

use std::ops::Range;

use unicode_bidi::BidiInfo;
use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::font::{self, Glyph};
use super::outline;
use super::{PIXEL, Point, Text};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::pipeline::geometry::Size;

/// Glyphs at their places.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) glyphs: Vec<Placed>,
    /// Pixels that the ink takes, at least 1 across and down.
    pub(super) size: Size,
}

/// A glyph that has ink.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) id: u32,
    /// Its origin, from the corner of the block's ink.
    pub(super) at: Point,
    /// Where its ink begins and ends, downwards.
    pub(super) rows: (i64, i64),
}

/// The text in lines. `None` is a text without ink.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn layout(text: &Text, checkpoint: &Checkpoint) -> Result<Option<Block>, Stop> {
    let Some(measures) = font::measures() else {
        return Ok(None);
    };
    let plain = plain(&text.content);
    let bidi = BidiInfo::new(&plain, None);
    let grid = outline::Grid::new(text.style, measures.em);
    let width = grid.units(i64::from(text.width) * PIXEL);
    let mut ink = Ink::default();
    let mut glyphs = Vec::new();
    let mut baseline = 0;
    for line in lines(&plain, width, grid, checkpoint)? {
        checkpoint.check(Stage::Resize)?;
        let (shaped, from_right) = shaped(&bidi, line);
        let advance = |glyph: &Glyph| glyph.advance + grid.widening(glyph.advance);
        let mut pen = if from_right {
            width - shaped.iter().map(advance).sum::<i64>()
        } else {
            0
        };
        for glyph in shaped {
            let at = grid.point(pen + glyph.offset.0, baseline + glyph.offset.1);
            pen += advance(&glyph);
            let own = Ink::of(glyph.id, at, grid);
            if let Some((top, bottom)) = own.rows() {
                ink.add(own);
                glyphs.push(Placed {
                    id: glyph.id,
                    at,
                    rows: (top, bottom),
                });
            }
        }
        baseline -= measures.line;
    }
    Ok(ink.block(glyphs))
}

/// Line feeds for all that ends a line, and spaces for what else has no shape.
fn plain(text: &str) -> String {
    let replaced = |character: char| match character {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        other if other.is_control() => ' ',
        other => other,
    };
    text.replace("\r\n", "\n").chars().map(replaced).collect()
}

/// The lines, without the space that they end in. `width` is in font units.
fn lines(
    text: &str,
    width: i64,
    grid: outline::Grid,
    checkpoint: &Checkpoint,
) -> Result<Vec<Range<usize>>, Stop> {
    let measure = |part: &str| -> i64 {
        let glyphs = font::shape(part, false);
        let advance = |glyph: &Glyph| glyph.advance + grid.widening(glyph.advance);
        glyphs.iter().map(advance).sum()
    };
    let trimmed = |line: Range<usize>| {
        let part = text.get(line.clone()).unwrap_or_default();
        line.start..line.start + part.trim_end().len()
    };
    let mut made = Vec::new();
    let (mut start, mut end, mut taken) = (0, 0, 0);
    for (next, opportunity) in linebreaks(text) {
        checkpoint.check(Stage::Resize)?;
        let part = text.get(end..next).unwrap_or_default();
        let bare = part.trim_end();
        let bare_width = measure(bare);
        if end > start && taken + bare_width > width {
            made.push(trimmed(start..end));
            (start, taken) = (end, 0);
        }
        taken += bare_width
            + measure(
                part.get(bare.len()..)
                    .unwrap_or_default()
                    .trim_matches('\n'),
            );
        end = next;
        if opportunity == BreakOpportunity::Mandatory {
            made.push(trimmed(start..end));
            (start, taken) = (end, 0);
        }
    }
    Ok(made)
}

/// The glyphs of a line from left to right, and whether its paragraph runs from the right.
fn shaped(bidi: &BidiInfo<'_>, line: Range<usize>) -> (Vec<Glyph>, bool) {
    let inside = |paragraph: &&unicode_bidi::ParagraphInfo| paragraph.range.contains(&line.start);
    let Some(paragraph) = bidi.paragraphs.iter().find(inside) else {
        return (Vec::new(), false);
    };
    let mut glyphs = Vec::new();
    let (levels, runs) = bidi.visual_runs(paragraph, line);
    for run in runs {
        let backwards = levels
            .get(run.start)
            .is_some_and(unicode_bidi::Level::is_rtl);
        let text = bidi.text.get(run).unwrap_or_default();
        let mut parts = parts(text);
        if backwards {
            parts.reverse();
        }
        for part in parts {
            glyphs.extend(font::shape(part, backwards));
        }
    }
    (glyphs, paragraph.level.is_rtl())
}

/// The text in parts of one script each.
fn parts(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut parts = Vec::new();
    for at in font::scripts(text).into_iter().rev() {
        let (before, after) = rest.split_at(at);
        parts.push(after);
        rest = before;
    }
    parts.push(rest);
    parts.reverse();
    parts
}

/// The box around ink, its end not included.
#[derive(Clone, Copy, Debug, Default)]
struct Ink(Option<(Point, Point)>);

impl Ink {
    fn of(glyph: u32, at: Point, grid: outline::Grid) -> Self {
        let mut ink = Self::default();
        outline::lines(glyph, at, grid, |from, to| {
            ink.add(Self(Some((from, from))));
            ink.add(Self(Some((to, to))));
        });
        ink
    }

    fn rows(self) -> Option<(i64, i64)> {
        self.0.map(|(first, last)| (first.1, last.1))
    }

    fn add(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some((a, b)), Some((c, d))) => {
                Some(((a.0.min(c.0), a.1.min(c.1)), (b.0.max(d.0), b.1.max(d.1))))
            }
            (one, another) => one.or(another),
        };
    }

    /// With places counted from the whole pixel that the ink begins in.
    fn block(self, mut glyphs: Vec<Placed>) -> Option<Block> {
        let (first, last) = self.0?;
        let floor = |place: i64| place.div_euclid(PIXEL) * PIXEL;
        let corner = (floor(first.0), floor(first.1));
        for glyph in &mut glyphs {
            glyph.at = (glyph.at.0 - corner.0, glyph.at.1 - corner.1);
            glyph.rows = (glyph.rows.0 - corner.1, glyph.rows.1 - corner.1);
        }
        let side = |length: i64| {
            let pixels = (length + PIXEL - 1).div_euclid(PIXEL).max(1);
            u32::try_from(pixels).unwrap_or(u32::MAX)
        };
        Some(Block {
            glyphs,
            size: (side(last.0 - corner.0), side(last.1 - corner.1)),
        })
    }
}

/// Bytes that laying out takes: what is known of each byte of text, and of each glyph.
pub(super) fn extra_bytes(text: &str) -> u64 {
    (1 << 20) + 500 * text.len() as u64
}
