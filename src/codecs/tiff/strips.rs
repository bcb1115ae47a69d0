//! Rows out of strips, one strip after the other.

use super::converter::{Chunk, Converter, failed};
use super::decode::Lines;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;

pub(super) struct Strips<'a> {
    converter: Converter<'a>,
    strip: Chunk<'a>,
    /// The next row, and those that are left of its strip.
    next: u32,
    left: u32,
    checkpoint: &'a Checkpoint,
}

impl<'a> Strips<'a> {
    pub(super) fn new(converter: Converter<'a>, checkpoint: &'a Checkpoint) -> Self {
        Self {
            converter,
            strip: Vec::new(),
            next: 0,
            left: 0,
            checkpoint,
        }
    }
}

impl Lines for Strips<'_> {
    fn next(&mut self, row: &mut [u8]) -> Result<(), Error> {
        self.checkpoint.check(Stage::Decode)?;
        if self.left == 0 {
            let (_, height) = self.converter.layout.chunk;
            let index = self.next / height;
            // What the last one held is given back first.
            self.strip = Vec::new();
            self.strip = self.converter.chunk(index, 0, self.checkpoint)?;
            self.left = self.converter.layout.rows_of(index);
        }
        let read = self.converter.row(&mut self.strip, row);
        read.map_err(|fault| failed(fault, self.checkpoint))?;
        self.left -= 1;
        self.next += 1;
        Ok(())
    }
}
