//! What a file says beside its pixels: EXIF, XMP and a colour profile; what of it stays, and in what form.
//!
//! Where it stands in a file each format knows by itself. Only what a format's reader finds at once is read; no part is longer than
//! [`PART_BYTES`], and what is longer is left out.

mod directory;
mod exif;
mod facts;
mod xmp;

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::facts::Facts;
use super::{Colour, Error, Format, Header, Orientation, avif, jpeg, jxl, png, webp};

/// What of a source's metadata stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keep {
    /// Nothing.
    #[default]
    Nothing,
    /// Who made it and who has the rights.
    Copyright,
    /// All but where it was made, and what only a camera's maker understands.
    Harmless,
    /// All that still holds.
    All,
}

/// The longest EXIF block, and the longest XMP packet: either fits a segment of a JPEG file.
const PART_BYTES: usize = 65_000;

/// The longest profile that is attached; longer ones, which only printers have, are converted.
const PROFILE_BYTES: usize = 1 << 20;

/// What a source says, as it stands there.
#[derive(Default)]
pub(super) struct Said<'a> {
    /// A TIFF structure, without what a format puts before it.
    pub(super) exif: Option<&'a [u8]>,
    /// An XMP packet.
    pub(super) xmp: Option<Cow<'a, [u8]>>,
}

impl<'a> Said<'a> {
    /// Takes what wasn't said before; a part that is too long counts as none.
    pub(super) fn exif(&mut self, block: &'a [u8]) {
        let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        if self.exif.is_none() && block.len() <= PART_BYTES {
            self.exif = Some(block);
        }
    }

    /// The same.
    pub(super) fn xmp(&mut self, packet: Cow<'a, [u8]>) {
        if self.xmp.is_none() && packet.len() <= PART_BYTES {
            self.xmp = Some(packet);
        }
    }
}

/// What is written beside a picture.
#[derive(Debug, Default, PartialEq)]
pub struct Metadata {
    /// A TIFF structure of an even length.
    pub(super) exif: Option<Vec<u8>>,
    /// An XMP packet.
    pub(super) xmp: Option<Vec<u8>>,
    /// An ICC profile.
    pub(super) profile: Option<Arc<[u8]>>,
}

/// The profile of a picture, where a file of that format can have it attached.
pub fn attachable(header: &Header, format: Format) -> Option<&Arc<[u8]>> {
    match &header.colour {
        Colour::Icc(profile) if writes(format) && profile.len() <= PROFILE_BYTES => Some(profile),
        _ => None,
    }
}

/// Whether files of that format are written with metadata.
pub fn writes(format: Format) -> bool {
    matches!(
        format,
        Format::Jpeg | Format::Png | Format::WebP | Format::Avif
    )
}

/// Bytes that reading and writing it takes at most, the file itself not included: each part as it is found, in its new form and
/// as a piece of the file.
pub fn bytes(keep: Keep, profile: Option<&Arc<[u8]>>) -> u64 {
    let parts = if keep == Keep::Nothing { 0 } else { 2 };
    let profile = profile.map_or(0, |profile| profile.len());
    (parts * PART_BYTES * 4 + profile * 3) as u64
}

/// What a file of that format says.
fn said(source: &[u8], format: Format) -> Said<'_> {
    match format {
        Format::Jpeg => jpeg::said(source),
        Format::Png => png::said(source),
        Format::WebP => webp::said(source),
        Format::Avif => avif::said(source),
        Format::Jxl => jxl::said(source),
        _ => Said::default(),
    }
}

impl Metadata {
    /// What stays of a source's for a picture that is still to be turned as `tag` says.
    pub fn of(source: &[u8], header: &Header, keep: Keep, tag: Orientation) -> Self {
        let said = if keep == Keep::Nothing {
            Said::default()
        } else {
            said(source, header.format)
        };
        let kept = said.exif.and_then(|block| exif::kept(block, keep, tag));
        let tagged = || (tag != Orientation::default()).then(|| super::exif::block(tag));
        Self {
            exif: kept.or_else(tagged),
            xmp: said.xmp.and_then(|packet| xmp::kept(&packet, keep)),
            profile: None,
        }
    }

    /// With a profile that says what the samples mean.
    #[must_use]
    pub fn with_profile(self, profile: Option<&Arc<[u8]>>) -> Self {
        Self {
            profile: profile.cloned(),
            ..self
        }
    }

    /// Puts it into a file that an encoder here made. A format that has no place for it stays as it is.
    ///
    /// # Errors
    /// `Internal` for a file that no encoder here makes.
    pub fn attached(&self, file: Vec<u8>, format: Format) -> Result<Vec<u8>, Error> {
        if *self == Self::default() {
            return Ok(file);
        }
        let made = match format {
            Format::Jpeg => jpeg::annotated(&file, self),
            Format::Png => png::annotated(&file, self)?,
            Format::WebP => webp::annotated(&file, self),
            Format::Avif => avif::annotated(&file, self),
            _ => Some(file),
        };
        made.ok_or_else(|| Error::Internal("a file without a head of its own".to_owned()))
    }
}

/// Puts pieces into a file, behind its first bytes.
pub(super) fn spliced(file: &[u8], at: usize, pieces: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (head, rest) = file.split_at_checked(at)?;
    let more: usize = pieces.iter().map(Vec::len).sum();
    let mut made = Vec::with_capacity(file.len() + more);
    made.extend_from_slice(head);
    for piece in pieces {
        made.extend_from_slice(piece);
    }
    made.extend_from_slice(rest);
    Some(made)
}

#[cfg(test)]
mod attached_tests;
#[cfg(test)]
mod tests;
