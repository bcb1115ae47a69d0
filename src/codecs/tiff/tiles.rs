//! Rows out of tiles, a row of tiles at a time.

use super::converter::{Converter, failed};
use super::decode::Lines;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Error, Shape};

pub(super) struct Tiles<'a> {
    converter: Converter<'a>,
    shape: Shape,
    /// The rows of a row of tiles, as far as they belong to the picture.
    held: Vec<u8>,
    /// A row of one tile.
    line: Vec<u8>,
    /// The next row of the picture.
    next: u32,
    checkpoint: &'a Checkpoint,
}

impl<'a> Tiles<'a> {
    pub(super) fn new(converter: Converter<'a>, shape: Shape, checkpoint: &'a Checkpoint) -> Self {
        Self {
            converter,
            shape,
            held: Vec::new(),
            line: Vec::new(),
            next: 0,
            checkpoint,
        }
    }

    /// Reads a row of tiles.
    fn read(&mut self, index: u32) -> Result<(), Error> {
        let pixel = self.shape.model.channels() as usize * self.converter.sample_bytes;
        let stride = self.shape.width as usize * pixel;
        let line = self.converter.layout.chunk.0 as usize * pixel;
        let rows = self.converter.layout.rows_of(index) as usize;
        self.held.resize(stride * rows, 0);
        self.line.resize(line, 0);
        for column in 0..self.converter.layout.across() {
            self.checkpoint.check(Stage::Decode)?;
            let mut tile = self.converter.chunk(index, column, self.checkpoint)?;
            for row in self.held.chunks_exact_mut(stride) {
                self.checkpoint.check(Stage::Decode)?;
                let place = row.get_mut(column as usize * line..).unwrap_or_default();
                let count = place.len().min(line);
                let read = if count == line {
                    self.converter
                        .row(&mut tile, place.get_mut(..line).unwrap_or_default())
                } else {
                    let read = self.converter.row(&mut tile, &mut self.line);
                    place.copy_from_slice(self.line.get(..count).unwrap_or_default());
                    read
                };
                read.map_err(|fault| failed(fault, self.checkpoint))?;
            }
        }
        Ok(())
    }
}

impl Lines for Tiles<'_> {
    fn next(&mut self, row: &mut [u8]) -> Result<(), Error> {
        let (_, height) = self.converter.layout.chunk;
        let (index, inside) = (self.next / height, self.next % height);
        if inside == 0 {
            self.read(index)?;
        }
        let from = inside as usize * row.len();
        let held = self.held.get(from..from + row.len());
        row.copy_from_slice(held.unwrap_or_default());
        self.next += 1;
        Ok(())
    }
}
