//! Metadata in the chunks of a PNG file.

use std::borrow::Cow;

use libdeflater::{CompressionLvl, Compressor, Decompressor};

use super::encode::chunk;
use crate::codecs::Error;
use crate::codecs::bytes::Reader;
use crate::codecs::metadata::{Metadata, Said, spliced};

/// The keyword of an iTXt chunk that is an XMP packet, and its end.
const XMP: &[u8] = b"XML:com.adobe.xmp\0";

/// Chunks that are looked at, and bytes of an inflated packet.
const CHUNKS: usize = 1 << 16;
const PACKET_BYTES: usize = 1 << 16;

/// Where IHDR ends: what a profile has to come behind, and before all else.
const HEAD: usize = 33;

/// What the chunks say, those behind the pixels too.
pub(in crate::codecs) fn said(file: &[u8]) -> Said<'_> {
    let mut said = Said::default();
    // The first counts, whatever it is: one is unpacked, and no more.
    let mut packet = None;
    let mut reader = Reader::new(file.get(8..).unwrap_or_default());
    for _ in 0..CHUNKS {
        let (Some(length), Some(kind)) = (reader.u32_be(), reader.array::<4>()) else {
            break;
        };
        let content = reader.take(usize::try_from(length).unwrap_or(usize::MAX));
        let (Some(content), Some(_checksum)) = (content, reader.u32_be()) else {
            break;
        };
        match &kind {
            b"eXIf" => said.exif(content),
            b"iTXt" => {
                if let Some(content) = content.strip_prefix(XMP) {
                    packet.get_or_insert(content);
                }
            }
            _ => {}
        }
    }
    if let Some(packet) = packet.and_then(text) {
        said.xmp(packet);
    }
    said
}

/// The text of an iTXt chunk behind its keyword: how it is packed, a language, the keyword in that.
fn text(content: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (&[squeezed, method], rest) = content.split_first_chunk()?;
    let rest = rest.get(memchr::memchr(0, rest)? + 1..)?;
    let rest = rest.get(memchr::memchr(0, rest)? + 1..)?;
    match (squeezed, method) {
        (0, _) => Some(Cow::Borrowed(rest)),
        (1, 0) => {
            let mut packet = vec![0; PACKET_BYTES];
            let mut decompressor = Decompressor::new();
            let length = decompressor.zlib_decompress(rest, &mut packet).ok()?;
            packet.truncate(length);
            Some(Cow::Owned(packet))
        }
        _ => None,
    }
}

/// A file of our encoder with metadata behind its header; `None` for another file.
///
/// # Errors
/// `Internal` where libdeflate fails on the profile.
pub(in crate::codecs) fn annotated(
    file: &[u8],
    metadata: &Metadata,
) -> Result<Option<Vec<u8>>, Error> {
    let mut pieces = Vec::new();
    if let Some(profile) = &metadata.profile {
        // A name for it, and the only method there is.
        let content = [b"ICC\0\0", &*deflated(&profile.bytes)?].concat();
        pieces.push(piece(*b"iCCP", &content));
    }
    if let Some(block) = &metadata.exif {
        pieces.push(piece(*b"eXIf", block));
    }
    if let Some(packet) = &metadata.xmp {
        pieces.push(piece(*b"iTXt", &[XMP, &[0; 4], packet].concat()));
    }
    Ok(spliced(file, HEAD, &pieces))
}

fn piece(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(content.len() + 12);
    chunk(&mut made, kind, content);
    made
}

fn deflated(profile: &[u8]) -> Result<Vec<u8>, Error> {
    let failed = |error: &dyn std::fmt::Debug| Error::Internal(format!("libdeflate: {error:?}"));
    let level = CompressionLvl::new(6).map_err(|error| failed(&error))?;
    let mut compressor = Compressor::new(level);
    let mut made = vec![0; compressor.zlib_compress_bound(profile.len())];
    let length = compressor.zlib_compress(profile, &mut made);
    made.truncate(length.map_err(|error| failed(&error))?);
    Ok(made)
}
