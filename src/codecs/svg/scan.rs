//! What a file's tags amount to, counted without a parser: whatever takes a parser's time or memory is bounded before there is one.

use std::ops::Range;

use super::counts::Counts;
use super::doctype;
use super::{BYTES, BYTES_WITH_DATA, broken, too_many};
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

/// Files that are embedded in it, at most, and how their URLs begin.
const PICTURES: u64 = 200;
pub(super) const DATA: &[u8] = b"data:";

/// References to characters in them: one for each of their lines, where those are escaped.
const ESCAPES: u64 = 1 << 18;

/// Bytes that entities may add to a file.
const GROWTH: u64 = 1 << 20;

/// References to entities that are followed within one, as the parser has it.
const REFERENCES: u64 = 255;

/// A reference that is a `data:` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Whether its attribute has no prefix: that one counts, where there are two.
    pub(super) plain: bool,
    /// Where the element's tag is, from its bracket to the other.
    pub(super) tag: Range<usize>,
    /// Where the value is, without its quotes.
    pub(super) value: Range<usize>,
}

/// Counts a file's tags, and finds what is embedded in them.
///
/// # Errors
/// `TooComplex`.
pub(super) fn scan(bytes: &[u8]) -> Result<(Counts, Vec<Found>), Error> {
    if bytes.len() > BYTES_WITH_DATA {
        let limit = BYTES_WITH_DATA as u64;
        return Err(too_many("bytes of SVG", limit, bytes.len() as u64));
    }
    let mut counts = Counts {
        length: bytes.len() as u64,
        ..Counts::default()
    };
    let mut scanner = Scanner {
        references: memchr::memchr_iter(b'&', bytes).count() as u64,
        longest: 0,
        rest: bytes,
        depth: 0,
        counts: &mut counts,
        found: Vec::new(),
        escapes: 0,
    };
    while scanner.step()? {}
    scanner.grow()?;
    let found = scanner.found;
    counts.data = found.iter().map(|found| found.value.len() as u64).sum();
    if counts.written() > BYTES as u64 {
        let what = "bytes of SVG beside what is embedded in it";
        return Err(too_many(what, BYTES as u64, counts.written()));
    }
    let has =
        |word: &[u8]| written(bytes, &found).any(|text| memchr::memmem::find(text, word).is_some());
    counts.refers = has(b"href") || has(b"url(");
    counts.layered = LAYERS.iter().any(|word| has(word))
        || written(bytes, &found).map(drawings).sum::<usize>() > 1;
    if !has(b"<text") && !has(b":text") {
        counts.text = 0;
    }
    Ok((counts, found))
}

/// The file's text around what is embedded.
fn written<'a>(bytes: &'a [u8], found: &'a [Found]) -> impl Iterator<Item = &'a [u8]> {
    let starts = std::iter::once(0).chain(found.iter().map(|found| found.value.end));
    let ends = found.iter().map(|found| found.value.start);
    let ends = ends.chain(std::iter::once(bytes.len()));
    let places = starts.zip(ends);
    places.map(|(start, end)| bytes.get(start..end).unwrap_or_default())
}

/// What `usvg` makes layers of, as a property or an element. Some are cut off at their own edges.
const LAYERS: &[&[u8]] = &[
    b"opacity", b"filter", b"mask", b"clip", b"blend", b"isol", b"pattern", b"symbol", b"marker",
    b"slice",
];

/// How many elements a text has that are a drawing.
fn drawings(text: &[u8]) -> usize {
    let finder = memchr::memmem::Finder::new(b"svg");
    let tags = finder.find_iter(text).filter(|&at| {
        let before = at.checked_sub(1).and_then(|at| text.get(at));
        matches!(before, Some(b'<' | b':'))
    });
    tags.count()
}

/// Whether an attribute's value is a `data:` URL.
fn is_data(value: &[u8]) -> bool {
    let scheme = value.trim_ascii_start().get(..DATA.len());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(DATA))
}

/// Whether what ends so is about to say a reference; and whether its name has no prefix.
fn reference(tag: &[u8]) -> Option<bool> {
    let name = tag.trim_ascii_end().strip_suffix(b"=")?.trim_ascii_end();
    let before = name.strip_suffix(b"href")?.last()?;
    match before {
        b':' => Some(false),
        byte if byte.is_ascii_whitespace() => Some(true),
        _ => None,
    }
}

struct Scanner<'a> {
    /// To entities, in all of the file.
    references: u64,
    /// Bytes that one of them may stand for.
    longest: u64,
    rest: &'a [u8],
    depth: u64,
    counts: &'a mut Counts,
    found: Vec<Found>,
    /// References to characters in what was found.
    escapes: u64,
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
        let times = if doctype.nested { REFERENCES } else { 1 };
        self.longest = self.longest.max(doctype.longest as u64 * times);
        Ok(length)
    }

    /// Counts what references to entities may become: as many as there are, each the longest one that is declared, by way of as many
    /// others as the parser follows. What is embedded is unescaped by itself, and knows no entities.
    fn grow(&mut self) -> Result<(), Error> {
        let references = self.references.saturating_sub(self.escapes);
        let growth = references.saturating_mul(self.longest);
        if growth > GROWTH {
            return Err(too_many("bytes that entities stand for", GROWTH, growth));
        }
        self.counts.growth = growth;
        Ok(())
    }

    /// An element's tag; its length.
    fn tag(&mut self, tag: &[u8]) -> Result<usize, Error> {
        let mut attributes = 0;
        let (before, start) = (self.found.len(), self.place(tag));
        let mut at = 1;
        let mut last = b' ';
        while let Some(&byte) = tag.get(at) {
            at += 1;
            match byte {
                b'>' => break,
                b'"' | b'\'' => {
                    let rest = tag.get(at..).unwrap_or_default();
                    let end = memchr::memchr(byte, rest);
                    if let Some(value) = end.and_then(|end| rest.get(..end))
                        && is_data(value)
                        && let Some(plain) = reference(tag.get(..at - 1).unwrap_or_default())
                    {
                        self.find(start, start + at..start + at + value.len(), (value, plain))?;
                    }
                    at += end.map_or(rest.len(), |end| end + 1);
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
        for found in self.found.iter_mut().skip(before) {
            found.tag.end = start + at;
        }
        let closes = last == b'/';
        self.counts.elements += 1;
        self.counts.attributes += attributes;
        self.depth += u64::from(!closes);
        self.check(attributes)?;
        Ok(at)
    }

    /// Where in the file bytes begin that reach to its end.
    fn place(&self, rest: &[u8]) -> usize {
        usize::try_from(self.counts.length).map_or(0, |length| length - rest.len())
    }

    /// Notes a `data:` URL in a tag that starts there and isn't read to its end yet.
    fn find(
        &mut self,
        start: usize,
        place: Range<usize>,
        (value, plain): (&[u8], bool),
    ) -> Result<(), Error> {
        self.found.push(Found {
            plain,
            tag: start..start,
            value: place,
        });
        self.escapes += memchr::memchr_iter(b'&', value).count() as u64;
        for (what, limit, actual) in [
            ("embedded files", PICTURES, self.found.len() as u64),
            ("references in embedded files", ESCAPES, self.escapes),
        ] {
            if actual > limit {
                return Err(too_many(what, limit, actual));
            }
        }
        Ok(())
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
