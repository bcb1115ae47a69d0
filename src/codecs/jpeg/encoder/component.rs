//! One plane of a picture: its rows as they come, then blocks of them.

use super::quantiser::Quantiser;
use super::transform::{self, Block, SIDE};
use crate::codecs::{Model, Plane, Shape};

/// A plane, of which a row of units is held at a time.
pub(super) struct Component {
    /// Rows of samples, `height` of them there, padded to pairs of blocks.
    staged: Plane,
    /// Blocks of those rows, and of the padding.
    blocks: Vec<Block>,
    /// Blocks of a unit in a row, and rows of them.
    pub(super) across: usize,
    pub(super) down: usize,
    /// Blocks in a row that have some of the picture.
    inside: usize,
    /// Rows of blocks that have some of it: of those held, and still to come.
    rows_inside: usize,
    rows_left: usize,
    quantiser: Quantiser,
    /// The mean of the block before.
    pub(super) last: i16,
}

impl Component {
    /// Plane `index` of a picture.
    pub(super) fn new(shape: Shape, index: usize, quantiser: Quantiser) -> Self {
        let (width, height) = shape.model.plane_size(index, shape.width, shape.height);
        let (across, down) = match shape.model {
            Model::YCbCr { across, down } if index == 0 => (across, down),
            _ => (1, 1),
        };
        let blocks = (width as usize).div_ceil(SIDE);
        let row = blocks.next_multiple_of(2);
        let down = usize::from(down);
        Self {
            staged: Plane {
                width,
                height: 0,
                stride: row * SIDE,
                samples: vec![0; row * SIDE * down * SIDE],
            },
            blocks: vec![Block::flat(0); row * down],
            across: usize::from(across),
            down,
            inside: blocks,
            rows_inside: 0,
            rows_left: (height as usize).div_ceil(SIDE),
            quantiser,
            last: 0,
        }
    }

    /// Whether no row is there.
    pub(super) fn is_empty(&self) -> bool {
        self.staged.height == 0
    }

    /// Whether all rows of a row of units are there.
    pub(super) fn is_full(&self) -> bool {
        self.staged.height as usize == self.down * SIDE
    }

    /// Takes rows until it is full or they end; whether there was one.
    pub(super) fn stage<'a>(&mut self, rows: &mut impl Iterator<Item = &'a [u8]>) -> bool {
        let before = self.staged.height;
        while !self.is_full() {
            let Some(row) = rows.next() else { break };
            let at = self.staged.height as usize * self.staged.stride;
            if let Some(slot) = self.staged.samples.get_mut(at..at + self.staged.stride) {
                let (samples, padding) = slot.split_at_mut(row.len().min(self.staged.stride));
                samples.copy_from_slice(row.get(..samples.len()).unwrap_or_default());
                padding.fill(row.last().copied().unwrap_or_default());
            }
            self.staged.height += 1;
        }
        self.staged.height > before
    }

    /// Repeats the picture's last row until it is full.
    pub(super) fn fill_up(&mut self) {
        let Plane { height, stride, .. } = self.staged;
        let last = (height.max(1) - 1) as usize * stride;
        for row in height as usize..self.down * SIDE {
            self.staged
                .samples
                .copy_within(last..last + stride, row * stride);
        }
    }

    /// Makes blocks of the rows that are there, and is empty then.
    pub(super) fn transform(&mut self) {
        let stride = self.staged.stride;
        self.rows_inside = self.rows_left.min(self.down);
        self.rows_left -= self.rows_inside;
        let rows = self.staged.samples.chunks(stride * SIDE);
        let rows = self.blocks.chunks_mut(stride / SIDE).zip(rows);
        for (blocks, samples) in rows.take(self.rows_inside) {
            transform::row(samples, stride, &self.quantiser, blocks);
        }
        self.staged.height = 0;
    }

    /// Blocks that have some of the picture: in a row, and rows of them in all, before any is there.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.inside, self.rows_left)
    }

    /// The blocks of those that have some of the picture, row after row.
    pub(super) fn blocks(&self) -> impl Iterator<Item = &Block> {
        let rows = self.blocks.chunks(self.staged.stride / SIDE);
        let rows = rows.take(self.rows_inside);
        rows.flat_map(|row| row.iter().take(self.inside))
    }

    /// A block of those; `None` where there is no picture.
    #[inline]
    pub(super) fn block(&self, column: usize, row: usize) -> Option<&Block> {
        let at = row * (self.staged.stride / SIDE) + column;
        let inside = column < self.inside && row < self.rows_inside;
        self.blocks.get(at).filter(|_| inside)
    }
}
