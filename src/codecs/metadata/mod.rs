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
use super::{Colour, Error, Format, Header, Orientation, avif, jpeg, jxl, png, tiff, webp};

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
    /// What the samples mean, where that is said.
    pub(super) profile: Option<Profile>,
}

/// What samples mean, as it is said in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// An ICC profile.
    pub bytes: Arc<[u8]>,
    /// The code points of primaries and transfer that come next to it (ITU-T H.273).
    pub points: (u8, u8),
}

impl Profile {
    /// Code points of what only a profile says.
    pub const UNSAID: (u8, u8) = (2, 2);
}

/// Whether a file of that format can say what the samples of a picture mean, by the source's own profile where it has one.
pub fn holds_profile(header: &Header, format: Format) -> bool {
    let fits = match &header.colour {
        Colour::Icc(profile) => profile.len() <= PROFILE_BYTES,
        _ => true,
    };
    fits && writes_profile(format)
}

/// Whether files of that format are written with a profile, where there is one.
pub fn writes_profile(format: Format) -> bool {
    writes(format) || format == Format::Tiff
}

/// Whether files of that format are written with metadata.
pub fn writes(format: Format) -> bool {
    matches!(
        format,
        Format::Jpeg | Format::Png | Format::WebP | Format::Avif
    )
}

/// Bytes that reading and writing it takes at most, the file itself not included: each part as it is found, in its new form and
/// as a piece of the file. `profile` is how long that is.
pub fn bytes(keep: Keep, profile: u64) -> u64 {
    let parts = if keep == Keep::Nothing { 0 } else { 2 };
    parts * PART_BYTES as u64 * 4 + profile * 3
}

/// What a file of that format says.
fn said(source: &[u8], format: Format) -> Said<'_> {
    match format {
        Format::Jpeg => jpeg::said(source),
        Format::Png => png::said(source),
        Format::WebP => webp::said(source),
        Format::Avif | Format::Heic => avif::said(source),
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
    pub fn with_profile(self, profile: Option<Profile>) -> Self {
        Self { profile, ..self }
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
            Format::Tiff => tiff::annotated(file, self),
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
