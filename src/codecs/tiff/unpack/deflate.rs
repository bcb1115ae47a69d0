//! Deflate in a zlib stream, by `fdeflate`, which is what the PNG decoder has too.

use std::borrow::Cow;

use fdeflate::{DecompressionError, Decompressor};

use super::{Fault, IDLE, Unpack};

/// How far back a stream may reach.
const WINDOW: usize = 32 << 10;

/// What is held of a stream: a window, and what comes behind it.
const BUFFER: usize = 4 * WINDOW;

/// The buffer, and the tables of codes.
pub(super) const HELD_BYTES: u64 = BUFFER as u64 + (64 << 10);

pub(super) struct Deflate<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
    decoder: Box<Decompressor>,
    buffer: Vec<u8>,
    /// Of the buffer, what has been handed out, and what has been made.
    given: usize,
    made: usize,
}

impl<'a> Deflate<'a> {
    pub(super) fn new(data: Cow<'a, [u8]>) -> Self {
        let mut decoder = Box::new(Decompressor::new());
        // A sum is only there once all has been read, which not every strip is.
        decoder.ignore_adler32();
        Self {
            data,
            at: 0,
            decoder,
            buffer: vec![0; BUFFER],
            given: 0,
            made: 0,
        }
    }

    /// Makes some more, where all has been handed out.
    fn make(&mut self) -> Result<(), Fault> {
        if self.made == BUFFER {
            self.buffer.copy_within(BUFFER - WINDOW.., 0);
            self.made = WINDOW;
        }
        self.given = self.made;
        let data = self.data.get(self.at..).unwrap_or_default();
        let data = data.get(..IDLE).unwrap_or(data);
        // Not as the end of what there is: then nothing would be had of what comes before a missing end.
        let done = self.decoder.read(data, &mut self.buffer, self.made, false);
        let (read, made) = done.map_err(|error| match error {
            DecompressionError::InsufficientInput => Fault::Short,
            _ => Fault::Corrupt,
        })?;
        self.at += read;
        self.made += made;
        if made == 0 {
            return Err(Fault::Short);
        }
        Ok(())
    }
}

impl Unpack for Deflate<'_> {
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Fault> {
        while !room.is_empty() {
            if self.given == self.made {
                self.make()?;
            }
            let ready = self.buffer.get(self.given..self.made).unwrap_or_default();
            let count = ready.len().min(room.len());
            let (now, later) = room.split_at_mut(count);
            now.copy_from_slice(ready.get(..count).unwrap_or_default());
            self.given += count;
            room = later;
        }
        Ok(())
    }
}
