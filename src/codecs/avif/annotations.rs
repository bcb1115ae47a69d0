//! Metadata in the items of an AVIF file.

use std::borrow::Cow;

use super::layer::Layer;
use super::mux::{self, Parts};
use super::picture::Picture;
use crate::codecs::exif;
use crate::codecs::metadata::{Metadata, Said};

/// The longest item that is looked at; longer ones say nothing that would stay.
const LONGEST: usize = 1 << 16;

/// Items that describe a picture, at most; others say nothing.
const DESCRIPTIONS: usize = 16;

/// What items that describe the picture say.
pub(in crate::codecs) fn said(file: &[u8]) -> Said<'_> {
    let mut said = Said::default();
    let Ok(picture) = Picture::new(file) else {
        return said;
    };
    let items = &picture.items;
    let ids = items.referring(*b"cdsc", items.primary);
    for id in ids.take(DESCRIPTIONS) {
        let Ok(item) = items.item(id) else { continue };
        match items.bytes(item, LONGEST) {
            // What lies in pieces no camera wrote.
            Ok(Cow::Borrowed(content)) if &item.kind == b"Exif" => {
                if let Some(block) = tiff(content) {
                    said.exif(block);
                }
            }
            Ok(packet) if item.xml => said.xmp(packet),
            _ => {}
        }
    }
    said
}

/// The TIFF structure, which begins so many bytes behind the number that says so.
fn tiff(content: &[u8]) -> Option<&[u8]> {
    let (offset, rest) = content.split_first_chunk()?;
    rest.get(usize::try_from(u32::from_be_bytes(*offset)).ok()?..)
}

/// A file of our encoder with metadata. What EXIF says of a turn no reader obeys: it becomes the picture's own; `None` for
/// another file.
pub(in crate::codecs) fn annotated(file: &[u8], metadata: &Metadata) -> Option<Vec<u8>> {
    let picture = Picture::new(file).ok()?;
    let items = &picture.items;
    let stream = |id: &u32| items.bytes(items.item(*id).ok()?, 0).ok();
    let streams = |layer: &Layer| layer.cells.iter().map(stream).collect::<Option<Vec<_>>>();
    let colour = streams(&picture.colour)?;
    let alpha = match &picture.alpha {
        Some(alpha) => streams(alpha)?,
        None => Vec::new(),
    };
    let parts = Parts {
        width: picture.cut.width,
        height: picture.cut.height,
        columns: picture.colour.columns,
        cell: picture.colour.cell,
        colour: &colour,
        alpha: &alpha,
        profile: metadata.profile.as_ref(),
        exif: metadata.exif.as_deref(),
        xmp: metadata.xmp.as_deref(),
        turn: exif::turn(metadata.exif.as_deref().and_then(exif::stated)),
    };
    mux::file(&parts)
}
