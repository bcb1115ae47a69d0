//! What stands in the decoder's place in a binary that reads no HEIC.

use crate::checkpoint::Checkpoint;
use crate::codecs::Error;
use crate::codecs::avif::frame::Frame;
use crate::codecs::avif::items::{Item, Items};
use crate::codecs::avif::layer::Layer;
use crate::codecs::avif::sequence::Sequence;

/// What such a file is.
fn unread() -> Error {
    Error::Unsupported {
        looks_like: Some(super::UNREAD.into()),
    }
}

pub(in crate::codecs::avif) fn sequence(
    _items: &Items<'_>,
    _item: &Item,
) -> Result<Sequence, Error> {
    Err(unread())
}

pub(in crate::codecs::avif) fn decode(
    _items: &Items<'_>,
    _item: &Item,
    _stream: &[u8],
    _layer: &Layer,
    _checkpoint: &Checkpoint,
) -> Result<Frame, Error> {
    Err(unread())
}
