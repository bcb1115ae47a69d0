//! Files in a drawing, as `data:` URLs: what they are, and the drawing's text without them.
//!
//! Each is taken out of the text and has a short name in its place, so that it is there once, however often it is shown.
//! Formats that browsers show in a drawing are read, drawings too, but not what is in those.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};
use resvg::usvg::roxmltree;

use super::scan::{DATA, Found};
use super::{head, too_many};
use crate::codecs::{self, Error, Format, Header, Scale};

/// Pixels of all pictures in a drawing.
const PIXELS: u64 = 100_000_000;

/// Bytes that making a picture smaller takes for each of its columns: rows on their way, of some kinds.
const COLUMN: u64 = 1 << 10;

/// What the name begins with that stands for a file.
const NAME: &str = "embedded:";

/// A picture that can be shown.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) file: Vec<u8>,
    pub(super) header: Header,
}

impl Embedded {
    /// Its width and height as it is shown.
    pub(super) fn size(&self) -> (u32, u32) {
        self.header.displayed()
    }

    pub(super) fn is_drawing(&self) -> bool {
        self.header.format == Format::Svg
    }

    fn read(bytes: &[u8], found: &Found) -> Option<Self> {
        let file = decoded(bytes.get(found.value.clone())?)?;
        let header = match codecs::recognise(&file).ok()? {
            Format::Svg => super::alone(&file).ok()?,
            Format::Jpeg | Format::Png | Format::WebP | Format::Gif | Format::Avif => {
                codecs::probe(&file).ok()?
            }
            _ => return None,
        };
        Some(Self { file, header })
    }
}

/// What is embedded in a drawing, in the order of its text; `None` for what isn't shown.
///
/// # Errors
/// `TooComplex` for more pixels than any drawing may have.
pub(super) fn read(bytes: &[u8], found: &[Found]) -> Result<Vec<Option<Embedded>>, Error> {
    let mut count = Count::default();
    let all = found.iter().map(|found| {
        let read = Embedded::read(bytes, found);
        count.add(read.as_ref())?;
        Ok(read)
    });
    all.collect()
}

/// Pixels of all of them.
pub(super) fn pixels(embedded: &[Option<Embedded>]) -> f64 {
    let pictures = embedded.iter().flatten();
    let pictures = pictures.filter(|embedded| !embedded.is_drawing());
    let pixels = pictures.map(|embedded| {
        let (width, height) = embedded.size();
        f64::from(width) * f64::from(height)
    });
    pixels.sum()
}

/// What is embedded in all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    /// Whether there is anything that is shown.
    pub(super) any: bool,
    /// Whether there is a drawing.
    pub(super) drawings: bool,
    /// Bytes that making the dearest of them smaller holds, at most, and that the profiles of all hold.
    dearest: u64,
    profiles: u64,
    pixels: u64,
}

impl Count {
    /// Reads the headers of all, of which one is there at a time.
    ///
    /// # Errors
    /// `TooComplex`.
    pub(super) fn new(bytes: &[u8], found: &[Found]) -> Result<Self, Error> {
        let mut count = Self::default();
        for found in found {
            count.add(Embedded::read(bytes, found).as_ref())?;
        }
        Ok(count)
    }

    /// Bytes that are held for them beside their files, at most, before they are as small as they are shown.
    pub(super) fn bytes(self) -> u64 {
        self.dearest.saturating_add(self.profiles)
    }

    fn add(&mut self, read: Option<&Embedded>) -> Result<(), Error> {
        let Some(read) = read else {
            return Ok(());
        };
        let header = &read.header;
        self.any = true;
        self.profiles += header.held_bytes();
        let held = if read.is_drawing() {
            self.drawings = true;
            header.held
        } else {
            self.pixels += u64::from(header.width) * u64::from(header.height);
            // As a table of numbers.
            let profile = header.held_bytes().saturating_mul(4);
            let rows = u64::from(header.width) * COLUMN;
            codecs::decode_bytes(header, Scale::FULL) + profile + rows
        };
        self.dearest = self.dearest.max(held);
        if self.pixels > PIXELS {
            return Err(too_many("pixels of pictures in it", PIXELS, self.pixels));
        }
        Ok(())
    }
}

/// The drawing's text, with a name for each file that is embedded in it. A picture whose element says no size has it there.
pub(super) fn text<'a>(
    bytes: &'a [u8],
    found: &[Found],
    embedded: &[Option<Embedded>],
) -> Cow<'a, [u8]> {
    if found.is_empty() {
        return Cow::Borrowed(bytes);
    }
    let mut text = Vec::new();
    let mut done = 0;
    let mut last = None;
    for (index, (found, embedded)) in found.iter().zip(embedded).enumerate() {
        let is_first = last.replace(&found.tag) != Some(&found.tag);
        let shown = embedded.as_ref().filter(|_| is_first);
        let mut edits =
            shown.map_or_else(Vec::new, |embedded| sizes(bytes, found, embedded.size()));
        edits.push((found.value.clone(), format!("{NAME}{index}")));
        edits.sort_by_key(|(place, _)| (place.start, place.end));
        for (place, words) in edits {
            let kept = bytes.get(done..place.start).unwrap_or_default();
            text.extend_from_slice(kept);
            text.extend_from_slice(words.as_bytes());
            done = done.max(place.end);
        }
    }
    text.extend_from_slice(bytes.get(done..).unwrap_or_default());
    Cow::Owned(text)
}

/// Which of the files a name stands for.
pub(super) fn index(name: &str) -> Option<usize> {
    name.strip_prefix(NAME)?.parse().ok()
}

/// What says the size of an `image` that has that of its file; nothing where one of the sides is said.
fn sizes(bytes: &[u8], found: &Found, (width, height): (u32, u32)) -> Vec<(Range<usize>, String)> {
    let tag = bytes.get(found.tag.clone()).unwrap_or_default();
    let Some((name, rest)) = std::str::from_utf8(tag)
        .ok()
        .and_then(|tag| tag.split_once(|c: char| c.is_ascii_whitespace()))
    else {
        return Vec::new();
    };
    let local = name.rsplit(['<', ':']).next();
    let said = ["width", "height"].map(|side| head::attribute(rest, side));
    let is_said = |side: Option<&str>| side.is_some_and(|value| head::length(value).is_some());
    if local != Some("image") || said.into_iter().any(is_said) {
        return Vec::new();
    }
    let start = found.tag.start + name.len();
    let edit = |(name, side, value): (&str, u32, Option<&str>)| match value {
        // Of a value that is part of the tag's text.
        Some(value) => {
            let place = found.tag.start + (value.as_ptr().addr() - tag.as_ptr().addr());
            (place..place + value.len(), side.to_string())
        }
        None => (start..start, format!(" {name}='{side}'")),
    };
    let [across, down] = said;
    vec![
        edit(("width", width, across)),
        edit(("height", height, down)),
    ]
}

/// The file that a `data:` URL is.
fn decoded(value: &[u8]) -> Option<Vec<u8>> {
    let value = std::str::from_utf8(value).ok()?;
    let value = unescaped(value)?;
    let rest = value.trim_start().get(DATA.len()..)?;
    let (kind, body) = rest.split_once(',')?;
    let body = body.split('#').next()?;
    let packed = kind.trim_end().rsplit(';').next()?.trim_start();
    if !packed.eq_ignore_ascii_case("base64") {
        return Some(percent_encoding::percent_decode_str(body).collect());
    }
    let body: Cow<'_, [u8]> = percent_encoding::percent_decode_str(body).into();
    let end = body.trim_ascii_end();
    let end = end.strip_suffix(b"=").unwrap_or(end);
    BASE64
        .as_ref()?
        .decode(end.strip_suffix(b"=").unwrap_or(end))
        .ok()
}

/// Base64 as browsers take it: with spaces anywhere, and bits beyond the end.
static BASE64: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    specification.symbols.push_str(letters);
    specification.ignore.push_str(" \t\r\n\x0c");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
});

/// An attribute's value with its references to characters followed. One to an entity of the file's own is none that is known here.
fn unescaped(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('&') {
        return Some(Cow::Borrowed(value));
    }
    let quote = if value.contains('"') { '\'' } else { '"' };
    let element = format!("<a b={quote}{value}{quote}/>");
    let document = roxmltree::Document::parse(&element).ok()?;
    let value = document.root_element().attribute("b")?;
    Some(Cow::Owned(value.to_owned()))
}
