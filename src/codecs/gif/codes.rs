//! Codes of variable length (LZW) in and out of blocks of up to 255 bytes.

use weezl::decode::{Configuration, Decoder};
use weezl::encode::Encoder;
use weezl::{BitOrder, LzwStatus};

use super::broken;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;
use crate::codecs::bytes::Reader;

/// The largest size of a first code: a pixel's number has no more bits. With more of them there would be less to read
/// each time for which the table is filled anew.
const LARGEST: u8 = 8;

/// Blocks out of which no pixel comes, at most: nobody writes codes that forget all codes again and again.
const IDLE: u32 = 64;

/// Numbers of pixels out of blocks.
pub(super) struct Codes<'a> {
    reader: Reader<'a>,
    block: &'a [u8],
    decoder: Decoder,
    /// Blocks since there was a pixel.
    idle: u32,
    checkpoint: &'a Checkpoint,
}

impl<'a> Codes<'a> {
    /// At the size of the first code.
    pub(super) fn new(mut reader: Reader<'a>, checkpoint: &'a Checkpoint) -> Result<Self, Error> {
        let size = reader.u8().ok_or_else(cut)?;
        if !(1..=LARGEST).contains(&size) {
            return Err(broken("pixels", "its codes have an impossible size"));
        }
        let order = Configuration::new(BitOrder::Lsb, size);
        Ok(Self {
            reader,
            block: &[],
            // What follows the last pixel is of no concern.
            decoder: order.with_yield_on_full_buffer(true).build(),
            idle: 0,
            checkpoint,
        })
    }

    /// The next pixels, as many as there is room for.
    pub(super) fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Error> {
        while !room.is_empty() {
            // The decoder may hold pixels behind the last block.
            let mut end = None;
            if self.block.is_empty() {
                match self.reader.peek() {
                    Some(0) => end = Some(LITTLE),
                    Some(length) => {
                        self.checkpoint.check(Stage::Decode)?;
                        self.idle += 1;
                        if self.idle > IDLE {
                            return Err(broken("pixels", CORRUPT));
                        }
                        let _length = self.reader.u8();
                        self.block = self.reader.take(usize::from(length)).ok_or_else(cut)?;
                    }
                    None => end = Some(CUT),
                }
            }
            let step = self.decoder.decode_bytes(self.block, room);
            self.block = self.block.get(step.consumed_in..).unwrap_or_default();
            room = room.get_mut(step.consumed_out..).unwrap_or_default();
            if step.consumed_out > 0 {
                self.idle = 0;
            }
            let moved = step.consumed_in > 0 || step.consumed_out > 0;
            match step.status {
                Err(_) => return Err(broken("pixels", CORRUPT)),
                Ok(_) if room.is_empty() => {}
                Ok(LzwStatus::Done) => return Err(broken("pixels", LITTLE)),
                // A code may be one that clears the table, and was read before.
                Ok(LzwStatus::Ok) => {}
                Ok(LzwStatus::NoProgress) if moved => {}
                Ok(LzwStatus::NoProgress) => match end {
                    Some(end) => return Err(broken("pixels", end)),
                    None if self.block.is_empty() => {}
                    None => return Err(broken("pixels", CORRUPT)),
                },
            }
        }
        Ok(())
    }
}

const CUT: &str = "it is cut short";
const LITTLE: &str = "it has too little image data";
const CORRUPT: &str = "its codes are corrupt";

fn cut() -> Error {
    broken("pixels", CUT)
}

/// Bytes of codes that are made at a time.
const ROOM: usize = 4 << 10;

/// Numbers of pixels into blocks.
pub(super) struct Coder {
    encoder: Encoder,
    room: Vec<u8>,
    /// Codes that don't fill a block yet.
    rest: Vec<u8>,
}

impl Coder {
    /// Begins the codes of numbers below 2 to the power of `bits`, 2 to 8.
    pub(super) fn new(bits: u8, file: &mut Vec<u8>) -> Self {
        file.push(bits);
        Self {
            encoder: Encoder::new(BitOrder::Lsb, bits),
            room: vec![0; ROOM],
            rest: Vec::with_capacity(ROOM + 255),
        }
    }

    /// Takes the next pixels.
    pub(super) fn push(&mut self, mut numbers: &[u8], file: &mut Vec<u8>) -> Result<(), Error> {
        while !numbers.is_empty() {
            let step = self.encoder.encode_bytes(numbers, &mut self.room);
            numbers = numbers.get(step.consumed_in..).unwrap_or_default();
            self.take(step.consumed_out, file);
            if step.status.is_err() || (step.consumed_in, step.consumed_out) == (0, 0) {
                return Err(Error::Internal("a number beyond its palette".to_owned()));
            }
        }
        Ok(())
    }

    /// Ends the codes.
    pub(super) fn finish(mut self, file: &mut Vec<u8>) -> Result<(), Error> {
        self.encoder.finish();
        loop {
            let step = self.encoder.encode_bytes(&[], &mut self.room);
            self.take(step.consumed_out, file);
            match step.status {
                Ok(LzwStatus::Done) => break,
                Ok(_) if step.consumed_out > 0 => {}
                _ => return Err(Error::Internal("codes without an end".to_owned())),
            }
        }
        block(&self.rest, file);
        file.push(0);
        Ok(())
    }

    fn take(&mut self, count: usize, file: &mut Vec<u8>) {
        self.rest
            .extend_from_slice(self.room.get(..count).unwrap_or_default());
        let whole = self.rest.len() / 255 * 255;
        for part in self.rest.get(..whole).unwrap_or_default().chunks(255) {
            block(part, file);
        }
        self.rest.drain(..whole);
    }
}

/// A block of up to 255 bytes; none for none.
fn block(content: &[u8], file: &mut Vec<u8>) {
    if let Ok(length @ 1..) = u8::try_from(content.len()) {
        file.push(length);
        file.extend_from_slice(content);
    }
}
