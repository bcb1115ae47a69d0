//! What a file's tags amount to, counted without a parser: whatever takes a parser's time or memory is bounded before there is one.

use super::doctype::{self, Doctype};
use super::{BYTES, broken, too_many};
use crate::codecs::Error;

/// Elements, at most: maps have some ten thousand.
const ELEMENTS: u64 = 50_000;

/// Attributes of all elements, and of one. Parsers compare each of an element's with all others.
const ATTRIBUTES: u64 = 400_000;
const ATTRIBUTES_OF_ONE: u64 = 200;

/// Declarations of namespaces: each may be inherited by all that come after it.
const NAMESPACES: u64 = 500;

/// Elements inside of each other. Every reader of a document calls itself for each.
pub(super) const DEPTH: u64 = 100;

/// Bytes that entities may add to a file.
const GROWTH: u64 = 1 << 20;

/// References to entities that are followed within one, as the parser has it.
const REFERENCES: u64 = 255;

/// Bytes of an attribute that count as a unit.
pub(super) const LIST: u64 = 256;

/// Units that references may make of a drawing, beside a multiple of its own.
const SPARE_UNITS: u64 = 10_000;
const MULTIPLE: u64 = 4;

/// What is in a file, at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    elements: u64,
    attributes: u64,
    /// Bytes between tags, where there are texts.
    text: u64,
    /// Bytes that entities may stand for.
    growth: u64,
    /// Bytes of the file.
    length: u64,
    namespaces: u64,
    /// Whether anything refers to an element.
    refers: bool,
    /// Whether anything may need a layer.
    layered: bool,
}

impl Counts {
    /// What the drawing may be made of, once references are followed: elements, letters, attributes by the dozen.
    pub(super) fn units(&self) -> u64 {
        let own = 1 + self.elements + self.text + self.length / LIST + self.growth / 8;
        if self.refers {
            own * MULTIPLE + SPARE_UNITS
        } else {
            own
        }
    }

    /// Whether parts of it are put together before they are drawn.
    pub(super) fn layered(&self) -> bool {
        self.layered
    }

    /// Nodes of the document, texts between elements and comments included.
    pub(super) fn nodes(&self) -> u32 {
        let nodes = 64 + 4 * self.elements + self.growth;
        u32::try_from(nodes).unwrap_or(u32::MAX)
    }

    /// Bytes that reading the drawing holds at its peak, at most. Measured over documents of nothing but the dearest of each.
    pub(super) fn bytes(&self) -> u64 {
        let nodes = 300 * self.elements + 150 * self.attributes;
        nodes + 1_500 * self.units() + 5 * self.length + 16 * self.growth + (1 << 20)
    }
}

/// Counts a file's tags.
///
/// # Errors
/// `TooComplex`.
pub(super) fn scan(bytes: &[u8]) -> Result<Counts, Error> {
    if bytes.len() > BYTES {
        return Err(too_many("bytes of SVG", BYTES as u64, bytes.len() as u64));
    }
    let has = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
    let mut counts = Counts {
        refers: has(b"href") || has(b"url("),
        layered: LAYERS.iter().any(|word| has(word)) || nested(bytes),
        length: bytes.len() as u64,
        ..Counts::default()
    };
    let mut scanner = Scanner {
        references: memchr::memchr_iter(b'&', bytes).count() as u64,
        rest: bytes,
        depth: 0,
        counts: &mut counts,
    };
    while scanner.step()? {}
    if !has(b"<text") && !has(b":text") {
        counts.text = 0;
    }
    Ok(counts)
}

/// What `usvg` makes layers of, as a property or an element. Some are cut off at their own edges.
const LAYERS: &[&[u8]] = &[
    b"opacity", b"filter", b"mask", b"clip", b"blend", b"isol", b"pattern", b"symbol", b"marker",
];

/// Whether there is a drawing in the drawing.
fn nested(bytes: &[u8]) -> bool {
    let finder = memchr::memmem::Finder::new(b"svg");
    let tags = finder.find_iter(bytes).filter(|&at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        matches!(before, Some(b'<' | b':'))
    });
    tags.count() > 1
}

struct Scanner<'a> {
    /// To entities, in all of the file.
    references: u64,
    rest: &'a [u8],
    depth: u64,
    counts: &'a mut Counts,
}

impl Scanner<'_> {
    /// Up to behind the next tag, comment or the like; `false` at the end.
    fn step(&mut self) -> Result<bool, Error> {
        let Some(at) = memchr::memchr(b'<', self.rest) else {
            return Ok(false);
        };
        let (text, tag) = self.rest.split_at(at);
        let ink = |text: &&[u8]| !text.trim_ascii().is_empty();
        self.counts.text += Some(text).filter(ink).map_or(0, <[u8]>::len) as u64;
        let skip = |end: &[u8]| memchr::memmem::find(tag, end).map(|at| at + end.len());
        let length = match tag {
            [b'<', b'!', b'-', b'-', ..] => skip(b"-->"),
            [b'<', b'?', ..] => skip(b"?>"),
            [b'<', b'!', b'[', ..] => {
                // What is escaped as a whole may be a text's.
                let length = skip(b"]]>");
                self.counts.text += length.unwrap_or(tag.len()) as u64;
                length
            }
            [b'<', b'!', b'D', ..] => Some(self.declared(tag)?),
            [b'<', b'!', ..] => Some(2),
            [b'<', b'/', ..] => {
                self.depth = self.depth.saturating_sub(1);
                Some(2)
            }
            _ => Some(self.tag(tag)?),
        };
        // The parser will say what is wrong with what doesn't end.
        let rest = length.and_then(|length| self.rest.get(at + length..));
        self.rest = rest.unwrap_or_default();
        Ok(!self.rest.is_empty())
    }

    /// A document type; its length. An entity may be made of tags, where what looks like a comment may be none: each bracket is taken for a tag.
    fn declared(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let wrong = || broken("header", "its document type is wrong");
        let doctype = doctype::read(bytes).ok_or_else(wrong)?;
        let length = doctype.length;
        let inside = bytes.get(..length).unwrap_or(bytes);
        let tags = inside
            .windows(2)
            .filter(|pair| matches!(pair, [b'<', next] if !matches!(next, b'!' | b'?' | b'/')));
        let attributes = memchr::memchr_iter(b'=', inside).count() as u64;
        self.counts.elements += tags.count() as u64;
        self.counts.attributes += attributes;
        self.counts.namespaces += memchr::memmem::find_iter(inside, b"xmlns").count() as u64;
        self.check(attributes)?;
        self.grow(doctype)?;
        Ok(length)
    }

    /// Counts what references to entities may become: as many as there are, each the longest one that is declared, by way of as many
    /// others as the parser follows.
    fn grow(&mut self, doctype: Doctype) -> Result<(), Error> {
        let each = doctype.longest as u64 * if doctype.nested { REFERENCES } else { 1 };
        let growth = self.references.saturating_mul(each);
        if growth > GROWTH {
            return Err(too_many("bytes that entities stand for", GROWTH, growth));
        }
        self.counts.growth = self.counts.growth.max(growth);
        Ok(())
    }

    /// An element's tag; its length.
    fn tag(&mut self, tag: &[u8]) -> Result<usize, Error> {
        let mut attributes = 0;
        let mut at = 1;
        let mut last = b' ';
        while let Some(&byte) = tag.get(at) {
            at += 1;
            match byte {
                b'>' => break,
                b'"' | b'\'' => {
                    let rest = tag.get(at..).unwrap_or_default();
                    at += memchr::memchr(byte, rest).map_or(rest.len(), |found| found + 1);
                }
                b'=' => attributes += 1,
                // As its prefix or as its name.
                b'x' if tag.get(at..).is_some_and(|rest| rest.starts_with(b"mlns")) => {
                    self.counts.namespaces += 1;
                }
                _ => {}
            }
            last = byte;
        }
        let closes = last == b'/';
        self.counts.elements += 1;
        self.counts.attributes += attributes;
        self.depth += u64::from(!closes);
        self.check(attributes)?;
        Ok(at)
    }

    /// Whether all is within its limits, behind an element with so many attributes.
    fn check(&self, attributes: u64) -> Result<(), Error> {
        let Counts {
            elements,
            attributes: all,
            namespaces,
            ..
        } = *self.counts;
        for (what, limit, actual) in [
            ("elements", ELEMENTS, elements),
            ("attributes", ATTRIBUTES, all),
            ("attributes of one element", ATTRIBUTES_OF_ONE, attributes),
            ("declarations of namespaces", NAMESPACES, namespaces),
            ("elements inside of each other", DEPTH, self.depth),
        ] {
            if actual > limit {
                return Err(too_many(what, limit, actual));
            }
        }
        Ok(())
    }
}
