//! Drawings in gzip (`.svgz`).

use std::borrow::Cow;

use libdeflater::Decompressor;

use super::BYTES;

/// What gzip begins with, and the one way to compress that it has (RFC 1952, 2.3.1).
const SIGNATURE: [u8; 3] = [0x1f, 0x8b, 8];

/// Bytes of a packed file, at most: a header is read where requests are, and blocks that unpack to nothing take their time.
const PACKED: usize = 128 << 10;

/// Nanoseconds, about, that unpacking a byte takes.
pub(super) const NANOSECONDS: u64 = 4;

pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// The text: what is packed, or the bytes themselves.
///
/// `None` for more than [`PACKED`] bytes, or [`BYTES`] of text, and for what can't be unpacked, or has another checksum or length.
pub(super) fn text(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !is_packed(bytes) {
        return Some(Cow::Borrowed(bytes));
    }
    let (_, length) = bytes.split_last_chunk().filter(|_| bytes.len() <= PACKED)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let mut text = vec![0; Some(length).filter(|&length| length <= BYTES)?];
    let made = Decompressor::new().gzip_decompress(bytes, &mut text).ok()?;
    (made == length).then_some(Cow::Owned(text))
}
