//! Frames of a grid's cells, a row of them at a time; one frame is a grid of one cell.

use std::ops::Range;

use super::frame::{Frame, Samples};
use super::layer::{Coding, Layer};
use super::picture::Picture;
use super::{av1, hevc};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;

/// Bytes of a cell's item that lies in pieces, at most: one for each pixel, and some for the smallest; more than any stream
/// takes that isn't made to be long.
pub(super) fn pieces_bytes((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height) + (1 << 18)
}

/// The frames of one row of a grid's cells.
#[derive(Default)]
pub(super) struct Cells {
    frames: Vec<Frame>,
    /// The picture's first row of these, and the one behind them.
    pub(super) rows: (u32, u32),
}

impl Cells {
    /// Decodes the cells that have that row of the picture.
    pub(super) fn prepare(
        &mut self,
        picture: &Picture<'_>,
        layer: &Layer,
        row: u32,
        checkpoint: &Checkpoint,
    ) -> Result<(), Error> {
        if (self.rows.0..self.rows.1).contains(&row) {
            return Ok(());
        }
        self.frames.clear();
        let height = layer.cell.1;
        let index = row / height;
        let most = usize::try_from(pieces_bytes(layer.cell)).unwrap_or(usize::MAX);
        let columns = layer.columns as usize;
        let cells = layer.cells.chunks(columns).nth(index as usize);
        for &id in cells.unwrap_or_default() {
            checkpoint.check(Stage::Decode)?;
            let item = picture.items.item(id)?;
            let stream = picture.items.bytes(item, most);
            let stream = stream.map_err(|error| layer.coding.named(error))?;
            self.frames.push(match layer.coding {
                Coding::Av1 => av1::decode(&stream, layer)?,
                Coding::Hevc => hevc::decode(&picture.items, item, &stream, layer, checkpoint)?,
            });
        }
        self.rows = (index * height, index * height + height);
        Ok(())
    }

    /// Calls `take` for each frame with its row of that plane, and the columns of that which are in the range, in order.
    pub(super) fn row<'a>(
        &'a self,
        plane: usize,
        row: usize,
        columns: Range<usize>,
        mut take: impl FnMut(Samples<'a>),
    ) {
        let mut start = 0;
        for frame in &self.frames {
            let (width, _) = frame.size(plane);
            let end = start + width;
            let from = columns.start.clamp(start, end) - start;
            let to = columns.end.clamp(start, end) - start;
            take(frame.row(plane, row).part(from..to));
            start = end;
        }
    }

    /// Columns and rows of a plane.
    pub(super) fn size(&self, plane: usize) -> (usize, usize) {
        let width = self.frames.iter().map(|frame| frame.size(plane).0).sum();
        let height = self.frames.first().map_or(0, |frame| frame.size(plane).1);
        (width, height)
    }
}
