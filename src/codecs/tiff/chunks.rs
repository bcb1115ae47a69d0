//! Where strips and tiles are in the file, and how long they are.

use super::kinds::{Meaning, Packing};
use super::layout::Layout;

impl<'a> Layout<'a> {
    /// The bytes of a strip or tile, compressed, as far as the file goes.
    pub(super) fn packed(&self, plane: u8, row: u32, column: u32) -> Option<&'a [u8]> {
        let all = u64::from(self.across()) * u64::from(self.down());
        let inside = u64::from(row) * u64::from(self.across()) + u64::from(column);
        let index = u64::from(plane) * all + inside;
        let bytes = self.file.from(self.offsets.number(index)?)?;
        let length = if self.packing == Packing::Stored {
            // Nothing tells more of what isn't compressed than its size.
            let rows = self.rows_of(row) as usize;
            Some(self.raw_bytes().saturating_mul(self.units(rows)))
        } else {
            self.length(index)
        };
        Some(
            length
                .and_then(|length| bytes.get(..length))
                .unwrap_or(bytes),
        )
    }

    /// How often [`raw_bytes`](Self::raw_bytes) is what so many rows take.
    fn units(&self, rows: usize) -> usize {
        match self.meaning {
            Meaning::Ycc { across, down } if !self.planar && across * down > 1 => {
                rows.div_ceil(usize::from(down))
            }
            _ => rows,
        }
    }

    /// What is said of a strip's or tile's length; without one it goes to the end of the file.
    fn length(&self, index: u64) -> Option<usize> {
        let length = self.lengths?.number(index).filter(|&length| length > 0);
        length.and_then(|length| usize::try_from(length).ok())
    }

    /// The longest of them.
    pub(super) fn longest(&self) -> u64 {
        let file = self.file.len() as u64;
        if self.packing == Packing::Stored {
            let whole = self.units(self.chunk.1 as usize);
            return (self.raw_bytes() as u64)
                .saturating_mul(whole as u64)
                .min(file);
        }
        let lengths = (0..self.chunks()).map(|index| self.length(index));
        let longest = lengths.map(|length| length.map_or(file, |length| length as u64));
        longest.max().unwrap_or(file).min(file)
    }
}
