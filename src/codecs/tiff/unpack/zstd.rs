//! Zstandard, by `ruzstd`.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{Fault, Unpack};

/// How far back a stream may reach: as far as levels up to 19 do.
const WINDOW: u64 = 8 << 20;

/// A window that grew by doubling, beside the one it grew from; a block, and tables.
pub(super) const HELD_BYTES: u64 = 3 * WINDOW + (1 << 20);

pub(super) struct Zstd<'a> {
    decoder: StreamingDecoder<Metered<'a>, FrameDecoder>,
}

/// What may be read before bytes come out: those of a whole window are held back, and some more.
const IDLE_BYTES: usize = 9 << 20;

/// Bytes of a frame, of which no more are handed out than may be read in vain.
struct Metered<'a> {
    data: Cursor<Cow<'a, [u8]>>,
    left: usize,
}

impl Read for Metered<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.data.read(room)?;
        self.left = self
            .left
            .checked_sub(count)
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok(count)
    }
}

impl<'a> Zstd<'a> {
    pub(super) fn new(data: Cow<'a, [u8]>) -> Result<Self, Fault> {
        let data = Metered {
            data: Cursor::new(data),
            left: IDLE_BYTES,
        };
        let made = StreamingDecoder::new_with_max_window_size(data, WINDOW);
        let decoder = made.map_err(|_error| Fault::Corrupt)?;
        Ok(Self { decoder })
    }
}

impl Unpack for Zstd<'_> {
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Fault> {
        while !room.is_empty() {
            match self.decoder.read(room) {
                Ok(0) => return Err(Fault::Short),
                Ok(count) => {
                    self.decoder.get_mut().left = IDLE_BYTES;
                    room = room.get_mut(count..).unwrap_or_default();
                }
                Err(_error) => return Err(Fault::Corrupt),
            }
        }
        Ok(())
    }
}
