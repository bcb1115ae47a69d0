//! Zstandard, by `ruzstd`.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{Fault, Unpack};

/// How far back a stream may reach: as far as levels up to 19 do.
const WINDOW: u64 = 8 << 20;

/// A window that grew by doubling, beside the one it grew from; a block, and tables.
pub(super) const HELD_BYTES: u64 = 3 * WINDOW + (1 << 20);

pub(super) struct Zstd<'a> {
    decoder: StreamingDecoder<Cursor<Cow<'a, [u8]>>, FrameDecoder>,
}

impl<'a> Zstd<'a> {
    pub(super) fn new(data: Cow<'a, [u8]>) -> Result<Self, Fault> {
        let made = StreamingDecoder::new_with_max_window_size(Cursor::new(data), WINDOW);
        let decoder = made.map_err(|_error| Fault::Corrupt)?;
        Ok(Self { decoder })
    }
}

impl Unpack for Zstd<'_> {
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Fault> {
        while !room.is_empty() {
            match self.decoder.read(room) {
                Ok(0) => return Err(Fault::Short),
                Ok(count) => room = room.get_mut(count..).unwrap_or_default(),
                Err(_error) => return Err(Fault::Corrupt),
            }
        }
        Ok(())
    }
}
