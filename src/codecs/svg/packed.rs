//! Drawings in gzip (`.svgz`): the home of `flate2`.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::bufread::MultiGzDecoder;

use super::{BYTES, broken, too_many};
use crate::codecs::Error;

/// What gzip begins with, and the one way to compress that it has (RFC 1952, 2.3.1).
const SIGNATURE: [u8; 3] = [0x1f, 0x8b, 8];

/// Bytes of a packed file, at most: of the slowest a millisecond takes 27 KB, and a header is read where requests are.
const PACKED: usize = 1 << 20;

/// Nanoseconds, about, that unpacking a byte takes.
pub(super) const NANOSECONDS: u64 = 4;

pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// The text: what is packed, or the bytes themselves.
///
/// # Errors
/// `TooComplex` for more than [`PACKED`] or [`BYTES`], `Invalid` for what can't be unpacked, or has another checksum.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    if !is_packed(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    // What unpacks to little may be long, and takes its time.
    if bytes.len() > PACKED {
        return Err(too_many("bytes of gzip", PACKED as u64, bytes.len() as u64));
    }
    let mut text = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(BYTES as u64 + 1);
    let unpacked = decoder.read_to_end(&mut text);
    if text.len() > BYTES {
        return Err(too_many(
            "bytes of SVG in gzip",
            BYTES as u64,
            text.len() as u64,
        ));
    }
    unpacked.map_err(|error| broken("header", &format!("its gzip is broken: {error}")))?;
    Ok(Cow::Owned(text))
}

/// As much of its beginning, as far as that can be unpacked out of as many bytes.
pub(super) fn beginning(bytes: &[u8], length: usize) -> Cow<'_, [u8]> {
    let first = bytes.get(..length).unwrap_or(bytes);
    if !is_packed(bytes) {
        return Cow::Borrowed(first);
    }
    let mut text = Vec::new();
    // What is broken behind the beginning is for whoever reads all.
    let _broken = MultiGzDecoder::new(first)
        .take(length as u64)
        .read_to_end(&mut text);
    Cow::Owned(text)
}
