//! What a file's EXIF and profile say, for a person.

use super::directory::{CAMERA, Entry, LONG, PLACE, SHORT, Tiff, Value};
use super::said;
use crate::codecs::bytes::Reader;
use crate::codecs::{Colour, Header};

/// Characters of a text, at most.
const CHARACTERS: usize = 200;

/// Tags of a profile that are looked at, at most: printers' have two dozen.
const TAGS: u32 = 100;

/// A picture's facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// What its colour profile calls itself.
    pub profile: Option<String>,
    /// Who and what made it, by name.
    pub texts: Vec<(&'static str, String)>,
    /// How it was taken: `exposure` in seconds, `fNumber`, `iso`, `focalLength` in millimetres.
    pub numbers: Vec<(&'static str, f64)>,
    /// Whether it says where it was taken.
    pub has_place: bool,
}

/// Texts by their tags, the camera's own behind the others.
const TEXTS: [(u16, &str); 5] = [
    (0x010f, "make"),
    (0x0110, "model"),
    (0x0131, "software"),
    (0x013b, "artist"),
    (0x8298, "copyright"),
];
const TAKEN: u16 = 0x9003;
const TIME_ZONE: u16 = 0x9011;
const CAMERA_TEXTS: [(u16, &str); 2] = [(TAKEN, "taken"), (0xa434, "lens")];
const NUMBERS: [(u16, &str); 4] = [
    (0x829a, "exposure"),
    (0x829d, "fNumber"),
    (0x8827, "iso"),
    (0x920a, "focalLength"),
];

impl Facts {
    /// Of a file, whose header `probe` has read.
    pub fn of(source: &[u8], header: &Header) -> Self {
        let mut facts = said(source, header.format)
            .exif
            .and_then(facts)
            .unwrap_or_default();
        if let Colour::Icc(profile) = &header.colour {
            facts.profile = name(profile);
        }
        facts
    }
}

fn facts(block: &[u8]) -> Option<Facts> {
    let tiff = Tiff::new(block)?;
    let main = tiff.directory(tiff.u32_at(4)?, |_| true)?;
    let camera = tiff.below(CAMERA, |_| true).unwrap_or_default();
    let texts = named(&main, &TEXTS).chain(named(&camera, &CAMERA_TEXTS));
    let texts = texts.filter_map(|(name, entry)| {
        let text = text(entry)?;
        if entry.tag == TAKEN {
            let zone = camera.iter().find(|entry| entry.tag == TIME_ZONE);
            return Some((name, moment(&text, zone.and_then(self::text))));
        }
        Some((name, text))
    });
    let numbers = named(&camera, &NUMBERS);
    let numbers = numbers.filter_map(|(name, entry)| Some((name, number(tiff, entry)?)));
    Some(Facts {
        profile: None,
        texts: texts.collect(),
        numbers: numbers.collect(),
        has_place: tiff
            .below(PLACE, |_| true)
            .is_some_and(|place| !place.is_empty()),
    })
}

/// The entries that have a name here, with it.
fn named<'a, 'b>(
    entries: &'b [Entry<'a>],
    names: &'static [(u16, &'static str)],
) -> impl Iterator<Item = (&'static str, &'b Entry<'a>)> {
    names.iter().filter_map(|&(tag, name)| {
        let entry = entries.iter().find(|entry| entry.tag == tag)?;
        Some((name, entry))
    })
}

/// An ASCII value, or what came of it: cameras write UTF-8 as well.
fn text(entry: &Entry<'_>) -> Option<String> {
    const ASCII: u16 = 2;
    const UTF8: u16 = 129;
    let Value::Bytes(bytes) = entry.value else {
        return None;
    };
    if !matches!(entry.kind, ASCII | UTF8) {
        return None;
    }
    let text = bytes.split(|&byte| byte == 0).next()?;
    shown(&String::from_utf8_lossy(text))
}

/// Cut to what may be shown.
fn shown(text: &str) -> Option<String> {
    let plain = text.chars().filter(|c| !c.is_control());
    let text: String = plain.take(CHARACTERS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// EXIF's way of writing a moment, `2026:11:27 00:45:00`, as ISO 8601 has it; anything else as it is.
fn moment(text: &str, zone: Option<String>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let [_, _, _, _, a @ b':', _, _, b @ b':', _, _, c @ b' ', ..] = &mut bytes[..] else {
        return text.to_owned();
    };
    (*a, *b, *c) = (b'-', b'-', b'T');
    let moment = String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned());
    moment + &zone.unwrap_or_default()
}

/// A number, or the first of several; finite.
fn number(tiff: Tiff<'_>, entry: &Entry<'_>) -> Option<f64> {
    const RATIONAL: u16 = 5;
    let Value::Bytes(bytes) = entry.value else {
        return None;
    };
    let value = Tiff {
        bytes,
        big: tiff.big,
    };
    let number = match entry.kind {
        SHORT => f64::from(value.u16_at(0)?),
        LONG => f64::from(value.u32_at(0)?),
        RATIONAL => f64::from(value.u32_at(0)?) / f64::from(value.u32_at(4)?),
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// What a profile calls itself (ICC.1: the tag `desc`, of version 2 or of version 4).
fn name(profile: &[u8]) -> Option<String> {
    let mut tags = Reader::new(profile.get(128..)?);
    let count = tags.u32_be()?.min(TAGS);
    for _ in 0..count {
        let (tag, at, length) = (tags.array::<4>()?, tags.u32_be()?, tags.u32_be()?);
        if tag != *b"desc" {
            continue;
        }
        let from = usize::try_from(at).ok()?;
        let tag = profile.get(from..)?;
        let tag = tag.get(..usize::try_from(length).ok()?).unwrap_or(tag);
        return described(tag);
    }
    None
}

fn described(tag: &[u8]) -> Option<String> {
    let mut reader = Reader::new(tag);
    match &reader.array::<8>()?[..4] {
        b"desc" => {
            let length = usize::try_from(reader.u32_be()?).ok()?;
            let text = reader.take(length.min(4 * CHARACTERS))?;
            let text = text.split(|&byte| byte == 0).next()?;
            shown(&String::from_utf8_lossy(text))
        }
        b"mluc" => {
            let [_count, _size, _language] = [reader.u32_be()?, reader.u32_be()?, reader.u32_be()?];
            let length = usize::try_from(reader.u32_be()?).ok()?;
            let from = usize::try_from(reader.u32_be()?).ok()?;
            let text = tag.get(from..)?.get(..length.min(2 * CHARACTERS))?;
            let units = text
                .as_chunks::<2>()
                .0
                .iter()
                .map(|&unit| u16::from_be_bytes(unit));
            let text: String = char::decode_utf16(units).filter_map(Result::ok).collect();
            shown(&text)
        }
        _ => None,
    }
}
