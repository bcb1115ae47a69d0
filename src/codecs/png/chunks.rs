//! Walks over chunks, for what can't be left to the library.

use libdeflater::{DecompressionError, Decompressor};

use super::error::invalid;
use super::frames::milliseconds;
use crate::codecs::bytes::Reader;
use crate::codecs::error::too_many;
use crate::codecs::{Error, header};

/// Checks what would make the library panic, and gives the content of the first iCCP chunk.
///
/// A palette of a length that no palette has is refused, and so is what the library would hold of EXIF, which it can't skip.
pub(super) fn walk(file: &[u8]) -> Result<Option<&[u8]>, Error> {
    let mut reader = Reader::new(file);
    let Some(_signature) = reader.take(8) else {
        return Err(invalid("header", "it is cut short"));
    };
    let (mut profile, mut count, mut pixels) = (None, 0, false);
    while let (Some(length), Some(kind)) = (reader.u32_be(), reader.array::<4>()) {
        count_one(&mut count)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match &kind {
            b"eXIf" if length > EXIF_BYTES => {
                return Err(too_many("bytes of EXIF", EXIF_BYTES as u64, length as u64));
            }
            b"PLTE" if length == 0 || length > 768 || !length.is_multiple_of(3) => {
                return Err(invalid("header", "its palette has an impossible length"));
            }
            b"IDAT" => pixels = true,
            b"IEND" => break,
            _ => {}
        }
        let content = reader.take(length);
        let (Some(content), Some(_checksum)) = (content, reader.u32_be()) else {
            break;
        };
        if &kind == b"iCCP" && profile.is_none() && !pixels {
            profile = Some(content);
        }
    }
    Ok(profile)
}

/// Bytes of EXIF, at most; the library holds them twice. Cameras write less than 64 KiB.
const EXIF_BYTES: usize = 1 << 20;

/// Chunks of a file, at most. In one of 64 MiB the usual size of pixels' chunks makes eight thousand.
const MOST: u64 = 1 << 18;

/// Counts a chunk.
///
/// # Errors
/// There are too many.
fn count_one(count: &mut u64) -> Result<(), Error> {
    *count += 1;
    if *count <= MOST {
        return Ok(());
    }
    Err(too_many("chunks", MOST, *count))
}

/// Tells the width and height of each frame, and for how many milliseconds it is shown.
///
/// # Errors
/// There are too many chunks.
pub(super) fn controls(file: &[u8], mut tell: impl FnMut(u32, u32, u32)) -> Result<(), Error> {
    let mut reader = Reader::new(file.get(8..).unwrap_or_default());
    let mut count = 0;
    while let (Some(length), Some(kind)) = (reader.u32_be(), reader.array::<4>()) {
        count_one(&mut count)?;
        let content = reader.take(usize::try_from(length).unwrap_or(usize::MAX));
        let (Some(content), Some(_checksum)) = (content, reader.u32_be()) else {
            break;
        };
        if &kind == b"fcTL"
            && let Some(time) = content
                .get(20..24)
                .and_then(|time| time.as_chunks().0.split_first())
        {
            let mut fields = Reader::new(content);
            let (_number, width, height) = (fields.u32_be(), fields.u32_be(), fields.u32_be());
            let (numerator, rest) = time;
            let denominator = rest.first().copied().unwrap_or_default();
            tell(
                width.unwrap_or_default(),
                height.unwrap_or_default(),
                milliseconds(
                    u16::from_be_bytes(*numerator),
                    u16::from_be_bytes(denominator),
                ),
            );
        }
    }
    Ok(())
}

/// The profile in an iCCP chunk; `None` when it is broken, or larger than any that is read.
///
/// The library would inflate whatever is there; here nothing beyond the limit is ever written.
pub(super) fn profile(chunk: &[u8]) -> Option<Vec<u8>> {
    // A name of at most 79 bytes, its end, and the only method there is.
    let name = chunk.iter().take(80).position(|&byte| byte == 0)?;
    let [0, stream @ ..] = chunk.get(name + 1..)? else {
        return None;
    };
    let mut decompressor = Decompressor::new();
    // Most profiles are small, so little room is tried first.
    for room in [16 << 10, header::PROFILE_BYTES] {
        let mut profile = vec![0; room];
        match decompressor.zlib_decompress(stream, &mut profile) {
            Ok(length) => {
                profile.truncate(length);
                profile.shrink_to_fit();
                return Some(profile);
            }
            Err(DecompressionError::InsufficientSpace) => {}
            Err(DecompressionError::BadData) => return None,
        }
    }
    None
}
