//! Metadata in the segments of a JPEG file.

use std::borrow::Cow;

use super::segments::{SOS, Segments};
use crate::codecs::metadata::{Metadata, Said, spliced};

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const PROFILE: &[u8] = b"ICC_PROFILE\0";

const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;

/// Bytes of a profile in one segment: all it holds but its length, the name, a number and a count.
const PROFILE_PIECE: usize = 65_533 - PROFILE.len() - 2;

/// What the segments before the first scan say.
pub(in crate::codecs) fn said(file: &[u8]) -> Said<'_> {
    let mut said = Said::default();
    let Ok(mut segments) = Segments::new(file) else {
        return said;
    };
    while let Ok((marker, body)) = segments.next() {
        if marker == SOS {
            break;
        }
        if marker != APP1 {
            continue;
        }
        if let Some(block) = body.strip_prefix(EXIF) {
            said.exif(block);
        } else if let Some(packet) = body.strip_prefix(XMP) {
            said.xmp(Cow::Borrowed(packet));
        }
    }
    said
}

/// A file of our encoder with metadata behind its first segment, JFIF's; `None` for another file.
pub(in crate::codecs) fn annotated(file: &[u8], metadata: &Metadata) -> Option<Vec<u8>> {
    let mut pieces = Vec::new();
    if let Some(block) = &metadata.exif {
        pieces.push(segment(APP1, &[EXIF, block])?);
    }
    if let Some(packet) = &metadata.xmp {
        pieces.push(segment(APP1, &[XMP, packet])?);
    }
    if let Some(profile) = &metadata.profile {
        let parts = profile.bytes.chunks(PROFILE_PIECE);
        let count = u8::try_from(parts.len()).ok()?;
        for (number, part) in (1..).zip(parts) {
            pieces.push(segment(APP2, &[PROFILE, &[number, count], part])?);
        }
    }
    spliced(file, 20, &pieces)
}

/// A segment; `None` where it would be too long.
fn segment(marker: u8, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length = u16::try_from(length + 2).ok()?.to_be_bytes();
    let head = [0xff, marker];
    let whole: [&[u8]; 2] = [&head, &length];
    Some([&whole, parts].concat().concat())
}
