//! Metadata in the chunks of a WebP file.

use std::borrow::Cow;

use super::probe;
use crate::codecs::bytes::Reader;
use crate::codecs::metadata::{Metadata, Said};

/// Bits of the first chunk of a file that has more than a picture.
const MOVES: u8 = 1 << 1;
const PROFILE: u8 = 1 << 5;
const ALPHA: u8 = 1 << 4;
const EXIF: u8 = 1 << 3;
const XMP: u8 = 1 << 2;

/// Chunks that are looked at.
const CHUNKS: usize = 1 << 16;

/// Bytes of RIFF's head, and of that first chunk.
const RIFF: usize = 12;
const FIRST: usize = 18;

/// What the chunks say.
pub(in crate::codecs) fn said(file: &[u8]) -> Said<'_> {
    let mut said = Said::default();
    let mut reader = Reader::new(file.get(RIFF..).unwrap_or_default());
    for _ in 0..CHUNKS {
        let (Some(kind), Some(length)) = (reader.array::<4>(), reader.u32_le()) else {
            break;
        };
        let Some(content) = reader.take(usize::try_from(length).unwrap_or(usize::MAX)) else {
            break;
        };
        if length % 2 == 1 {
            let _padding = reader.u8();
        }
        match &kind {
            b"EXIF" => said.exif(content),
            b"XMP " => said.xmp(Cow::Borrowed(content)),
            _ => {}
        }
    }
    said
}

/// A file of our encoder with metadata: a profile before the picture, the rest behind it; `None` for another file.
pub(in crate::codecs) fn annotated(file: &[u8], metadata: &Metadata) -> Option<Vec<u8>> {
    let header = probe(file).ok()?;
    let (riff, chunks) = file.split_at_checked(RIFF)?;
    // libwebp writes such a chunk itself where alpha is lossy's.
    let (picture, stated) = match chunks.strip_prefix(b"VP8X") {
        Some(first) => (chunks.get(FIRST..)?, *first.get(4)?),
        None => (chunks, 0),
    };
    let parts = [
        (
            *b"ICCP",
            PROFILE,
            metadata.profile.as_ref().map(|profile| &*profile.bytes),
        ),
        (*b"EXIF", EXIF, metadata.exif.as_deref()),
        (*b"XMP ", XMP, metadata.xmp.as_deref()),
    ];
    let said = parts.iter().filter_map(|(.., part)| *part);
    let length: usize = said.map(|part| part.len() + 10).sum();
    let mut flags = stated & MOVES;
    flags |= if header.has_alpha() { ALPHA } else { 0 };
    for (_, flag, part) in &parts {
        flags |= if part.is_some() { *flag } else { 0 };
    }
    let mut made = Vec::with_capacity(file.len() + length + FIRST);
    made.extend_from_slice(riff);
    made.extend_from_slice(b"VP8X\x0a\0\0\0");
    made.extend([flags, 0, 0, 0]);
    for side in [header.width, header.height] {
        made.extend((side - 1).to_le_bytes().into_iter().take(3));
    }
    let [profile, behind @ ..] = parts;
    append(&mut made, profile.0, profile.2);
    made.extend_from_slice(picture);
    for (name, _, part) in behind {
        append(&mut made, name, part);
    }
    let size = u32::try_from(made.len().checked_sub(8)?).ok()?;
    made.get_mut(4..8)?.copy_from_slice(&size.to_le_bytes());
    Some(made)
}

/// Appends a chunk, padded to an even length.
fn append(file: &mut Vec<u8>, name: [u8; 4], content: Option<&[u8]>) {
    let Some(content) = content else { return };
    file.extend(name);
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    file.extend(length.to_le_bytes());
    file.extend_from_slice(content);
    if content.len() % 2 == 1 {
        file.push(0);
    }
}
