//! Icons: the largest entry, by our own PNG codec where it is a PNG, else through the `image` crate.
//!
//! That crate reads PNGs in icons without any limit, so that a packed profile could take gigabytes.

use super::bytes::Reader;
use super::png as entries;
use super::{Error, Format, Header, Rows, bridge};
use crate::checkpoint::Checkpoint;

/// The header's `detail` where the entry is a PNG.
const PNG: &str = "png";

/// Reads the header.
pub(super) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let Some(entry) = packed(bytes) else {
        return bridge::probe(Format::Ico, bytes);
    };
    Ok(Header {
        format: Format::Ico,
        frames: 1,
        animation: None,
        detail: PNG,
        ..entries::probe(entry)?
    })
}

/// Peak bytes of a decode.
pub(super) fn decode_bytes(header: &Header) -> u64 {
    if header.detail == PNG {
        entries::decode_bytes(header)
    } else {
        bridge::decode_bytes(header)
    }
}

/// Prepares a decode.
pub(super) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    match packed(bytes) {
        Some(entry) if header.detail == PNG => entries::open(entry, header, checkpoint),
        _ => Ok(bridge::open(bytes, header, checkpoint)),
    }
}

/// The PNG that is the best entry. It must be the entry that `image` would choose: it may see no PNG.
fn packed(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    reader.take(4)?;
    let count = u16::from_le_bytes(reader.array()?);
    let mut entries = (0..count)
        .map(|_| {
            let [width, height, _, _, _, _, low, high] = reader.array()?;
            let (_length, offset) = (reader.u32_le()?, reader.u32_le()?);
            // A side of 0 stands for 256 and more.
            let side = |side: u8| u32::from(side.wrapping_sub(1)) + 1;
            let score = (u16::from_le_bytes([low, high]), side(width) * side(height));
            Some((score, offset))
        })
        .collect::<Option<Vec<_>>>()?;
    // Of equals the last is taken if it is among them, else the first.
    let last = entries.pop()?;
    let (_, offset) = entries.into_iter().fold(
        last,
        |best, entry| {
            if entry.0 > best.0 { entry } else { best }
        },
    );
    let entry = bytes.get(usize::try_from(offset).ok()?..)?;
    entry.starts_with(b"\x89PNG\r\n\x1a\n").then_some(entry)
}
