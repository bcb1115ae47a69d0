//! Files in a drawing, as `data:` URLs: what they are, and the drawing's text without them.
//!
//! Each is taken out of the text and has a short name in its place, so that it is there once, however often it is shown.
//! Formats that browsers show in a drawing are read, drawings too, but not what is in those.

use std::borrow::Cow;
use std::ops::Range;

use super::data::decoded;
use super::scan::Found;
use super::{head, packed, too_many};
use crate::codecs::{self, Colour, Error, Format, Header, Model, Scale, header};

/// Pixels of all pictures in a drawing.
const PIXELS: u64 = 100_000_000;

/// Bytes that making a picture smaller takes for each of its columns: rows on their way, of some kinds.
const COLUMN: u64 = 1 << 10;

/// What the name begins with that stands for a file.
const NAME: &str = "embedded:";

/// Bytes of the profiles of all pictures, unpacked.
const PROFILES: u64 = 16 << 20;

/// A picture that can be shown.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) file: Vec<u8>,
    pub(super) header: Header,
    /// Whether its element stretches it to any shape.
    pub(super) stretched: bool,
}

impl Embedded {
    /// Its width and height as it is shown.
    pub(super) fn size(&self) -> (u32, u32) {
        self.header.displayed()
    }

    pub(super) fn is_drawing(&self) -> bool {
        self.header.format == Format::Svg
    }

    /// `None` for what isn't read, or is broken.
    fn read(bytes: &[u8], found: &Found) -> Result<Option<Self>, Error> {
        let file = bytes.get(found.value.clone()).and_then(decoded);
        // Browsers unpack none of those.
        let Some(file) = file.filter(|file| !packed::is_packed(file)) else {
            return Ok(None);
        };
        let header = match codecs::recognise(&file) {
            Ok(Format::Svg) => super::alone(&file),
            Ok(Format::Jpeg | Format::Png | Format::WebP | Format::Gif | Format::Avif) => {
                codecs::probe(&file)
            }
            _ => return Ok(None),
        };
        match header {
            Ok(header) => Ok(Some(Self {
                file,
                header,
                stretched: is_stretched(bytes, found),
            })),
            Err(error @ Error::TooComplex { .. }) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Bytes that unpacking its profile took, at most, be it one that is read.
    fn profile(&self) -> u64 {
        let held = self.header.held_bytes();
        let known = !matches!(self.header.colour, Colour::Srgb | Colour::Gamma { .. });
        if known || self.header.format != Format::Png {
            return held;
        }
        // Deflate makes no more of a byte than 1032.
        let packed = memchr::memmem::find(&self.file, b"iCCP").and_then(|at| {
            let length = self.file.get(..at)?.last_chunk::<4>()?;
            Some(u64::from(u32::from_be_bytes(*length)))
        });
        let most = header::PROFILE_BYTES as u64;
        packed.map_or(0, |packed| packed.saturating_mul(1032).min(most))
    }

    /// Nanoseconds, about, that making it smaller takes. A drawing tells for itself, once it is drawn.
    fn reading(&self) -> u64 {
        let header = &self.header;
        if self.is_drawing() {
            return 0;
        }
        let pixels = u64::from(header.width) * u64::from(header.height);
        let colours = if header.colour == Colour::Srgb && header.model != Model::Cmyk {
            0
        } else {
            COLOURS
        };
        pixels
            .saturating_mul(header.pixel_nanoseconds() + 1)
            .saturating_add(colours)
    }
}

/// Nanoseconds that the tables of a transform between colour spaces take.
const COLOURS: u64 = 8_000_000;

/// What is embedded in a drawing, in the order of its text; `None` for what isn't shown.
///
/// # Errors
/// `TooComplex` for more than any drawing may have.
pub(super) fn read(bytes: &[u8], found: &[Found]) -> Result<Vec<Option<Embedded>>, Error> {
    let mut count = Count::default();
    let all = found.iter().map(|found| {
        let read = Embedded::read(bytes, found)?;
        count.add(read.as_ref())?;
        Ok(read)
    });
    all.collect()
}

/// Nanoseconds, about, that making all pictures smaller takes.
pub(super) fn nanoseconds(embedded: &[Option<Embedded>]) -> f64 {
    let pictures = embedded.iter().flatten();
    pictures.map(|picture| picture.reading() as f64).sum()
}

/// What is embedded in all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    /// Whether there is anything that is shown.
    pub(super) any: bool,
    /// Whether there is a drawing.
    pub(super) drawings: bool,
    /// Nanoseconds that reading all takes, about.
    pub(super) reading: u64,
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
            count.add(Embedded::read(bytes, found)?.as_ref())?;
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
        self.profiles += read.profile();
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
        // Drawings take as long as documents of their size do, about.
        let reading = if read.is_drawing() {
            held
        } else {
            read.reading()
        };
        self.reading = self.reading.saturating_add(reading);
        for (what, limit, actual) in [
            ("pixels of pictures in it", PIXELS, self.pixels),
            (
                "bytes of profiles of pictures in it",
                PROFILES,
                self.profiles,
            ),
        ] {
            if actual > limit {
                return Err(too_many(what, limit, actual));
            }
        }
        Ok(())
    }
}

/// The drawing's text, with a name in the place of each embedded file. An element that doesn't say its picture's size says it there.
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
    for (index, (one, embedded)) in found.iter().zip(embedded).enumerate() {
        let is_first = last.replace(&one.tag) != Some(&one.tag);
        let mut same = found.iter().filter(|other| other.tag == one.tag);
        let is_meant = one.plain || is_first && !same.any(|other| other.plain);
        let shown = embedded.as_ref().filter(|_| is_meant);
        let mut edits = shown.map_or_else(Vec::new, |embedded| sizes(bytes, one, embedded.size()));
        edits.push((one.value.clone(), format!("{NAME}{index}")));
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
    let Some((name, rest)) = tag(bytes, found) else {
        return Vec::new();
    };
    let local = name.rsplit(['<', ':']).next();
    let said = ["width", "height"].map(|side| head::attribute(rest, side));
    // What is said by an entity is said.
    let is_said = |side: Option<&str>| {
        side.is_some_and(|value| head::length(value).is_some() || value.contains('&'))
    };
    if local != Some("image") || said.into_iter().any(is_said) {
        return Vec::new();
    }
    let start = found.tag.start + name.len();
    let edit = |(side, pixels, value): (&str, u32, Option<&str>)| match value {
        // Of a value that is part of the tag's text.
        Some(value) => {
            let place = found.tag.start + (value.as_ptr().addr() - name.as_ptr().addr());
            (place..place + value.len(), pixels.to_string())
        }
        None => (start..start, format!(" {side}='{pixels}'")),
    };
    let [across, down] = said;
    vec![
        edit(("width", width, across)),
        edit(("height", height, down)),
    ]
}

/// Whether the element says that its picture may have any ratio.
fn is_stretched(bytes: &[u8], found: &Found) -> bool {
    let ratio = tag(bytes, found)
        .and_then(|(_, attributes)| head::attribute(attributes, "preserveAspectRatio"));
    ratio.is_some_and(|ratio| ratio.trim_start().starts_with("none"))
}

/// An element's tag: its name with the bracket, and its attributes.
fn tag<'a>(bytes: &'a [u8], found: &Found) -> Option<(&'a str, &'a str)> {
    let tag = std::str::from_utf8(bytes.get(found.tag.clone())?).ok()?;
    let name = tag.find(|c: char| c.is_ascii_whitespace())?;
    tag.split_at_checked(name)
}
