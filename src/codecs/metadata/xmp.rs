//! An XMP packet, without what doesn't hold any more.
//!
//! It is text that anybody may have written: properties are taken out where they stand as every writer puts them, and where
//! anything is left of what has to go, nothing stays.

use memchr::memmem;

use super::Keep;

/// Properties of the old picture, and of a file that was more than one segment.
const STALE: [&str; 3] = [
    "tiff:Orientation",
    "xmp:Thumbnails",
    "xmpNote:HasExtendedXMP",
];

/// How properties begin that say where a picture was made.
const PLACE: &str = "exif:GPS";

/// What else names a place, in small letters, whatever the schema: of IPTC, Photoshop, Dublin Core and their kin.
const PLACES: [&str; 9] = [
    "gps",
    ":city",
    ":state",
    ":country",
    ":location",
    ":sublocation",
    ":province",
    ":worldregion",
    ":coverage",
];

/// What of a packet stays; `None` where nothing does.
pub(super) fn kept(packet: &[u8], keep: Keep) -> Option<Vec<u8>> {
    // Who has the rights EXIF says too, and a packet is kept or not.
    if matches!(keep, Keep::Nothing | Keep::Copyright) {
        return None;
    }
    let mut text = std::str::from_utf8(packet).ok()?.to_owned();
    // What is no property may hide one; and no packet has a document type.
    if text.contains("<!") || text.contains('\0') {
        return None;
    }
    for name in STALE {
        text = without(text, name)?;
    }
    let left = |text: &str, word: &[u8]| memmem::find(text.as_bytes(), word).is_some();
    if left(&text, b":Orientation") || left(&text, b":Thumbnails") {
        return None;
    }
    if keep == Keep::Harmless {
        text = without(text, PLACE)?;
        // Their values come in many forms: where there are any, nothing stays.
        let small = text.to_ascii_lowercase();
        if PLACES.iter().any(|word| left(&small, word.as_bytes())) {
            return None;
        }
    }
    Some(text.into_bytes())
}

/// The text without attributes and elements whose names begin like that; `None` where one has no end.
fn without(text: String, name: &str) -> Option<String> {
    let mut made = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(name) {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('<') {
            made.push_str(before);
            rest = behind_element(from)?;
        } else if before.ends_with(char::is_whitespace) {
            made.push_str(before);
            rest = behind_attribute(from)?;
        } else {
            return None;
        }
    }
    if made.is_empty() && rest.len() == text.len() {
        return Some(text);
    }
    made.push_str(rest);
    Some(made)
}

/// What follows an attribute, which the text begins with.
fn behind_attribute(text: &str) -> Option<&str> {
    let (_, value) = text.split_at(name_length(text));
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (_, behind) = value.strip_prefix(quote)?.split_once(quote)?;
    Some(behind)
}

/// What follows an element, which the text begins with, behind the bracket.
fn behind_element(text: &str) -> Option<&str> {
    let (name, _) = text.split_at(name_length(text));
    let (head, behind) = text.split_once('>')?;
    if head.ends_with('/') {
        return Some(behind);
    }
    let close = format!("</{name}");
    let (inside, behind) = behind.split_once(&close)?;
    let (rest, behind) = behind.split_once('>')?;
    // Of the same name inside itself, or of a longer one.
    let nested = inside.contains(&format!("<{name}")) || !rest.trim().is_empty();
    (!nested).then_some(behind)
}

/// Bytes of the name that a text begins with.
fn name_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '<');
    text.find(ends).unwrap_or(text.len())
}
