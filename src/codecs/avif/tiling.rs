//! A picture in cells, each of which libaom writes by itself: nothing can stop it within one, but between two.

use std::borrow::Cow;

use super::aom::{self, Effort};
use super::planes::{Planes, Sample};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Encoding, Error};

/// The shortest side of a cell, by the standard for images in such files (ISO/IEC 23000-22, 7.3.11).
pub(super) const LEAST_SIDE: u32 = 64;

/// Sides of cells are multiples of this.
const STEP: u32 = 8;

/// How a picture is cut into cells, of which the last ones may reach beyond it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tiling {
    pub(super) columns: u32,
    pub(super) cell: (u32, u32),
    rows: u32,
    size: (u32, u32),
}

impl Tiling {
    /// The picture as it is.
    pub(super) fn one(width: u32, height: u32) -> Self {
        Self {
            columns: 1,
            rows: 1,
            cell: (width, height),
            size: (width, height),
        }
    }

    /// Cells with sides of `side` at most, or one where the picture has no more pixels than two of them.
    pub(super) fn new(width: u32, height: u32, side: u32) -> Self {
        let most = u64::from(side) * u64::from(side) * 2;
        if u64::from(width) * u64::from(height) <= most {
            return Self::one(width, height);
        }
        let cut = |length: u32| {
            let count = length.div_ceil(side);
            (
                count,
                length
                    .div_ceil(count)
                    .next_multiple_of(STEP)
                    .max(LEAST_SIDE),
            )
        };
        let ((columns, across), (rows, down)) = (cut(width), cut(height));
        Self {
            columns,
            rows,
            cell: (across, down),
            size: (width, height),
        }
    }

    /// The streams of all cells, row by row, of samples and chroma as the encoding has them.
    pub(super) fn encode<S: Sample>(
        &self,
        planes: [&[S]; 3],
        encoding: Encoding,
        effort: Effort,
        checkpoint: &Checkpoint,
    ) -> Result<Vec<Cow<'static, [u8]>>, Error> {
        let mut streams = Vec::new();
        let Encoding { depth, chroma, .. } = encoding;
        let mut copies = [const { Vec::new() }; 3];
        for row in 0..self.rows {
            for column in 0..self.columns {
                checkpoint.check(Stage::Encode)?;
                let (width, height) = self.cell;
                let samples = if self.cell == self.size {
                    planes
                } else {
                    for (index, (plane, copy)) in planes.iter().zip(&mut copies).enumerate() {
                        let shared = if index > 0 { chroma } else { (1, 1) };
                        self.copy(plane, shared, (column, row), copy);
                    }
                    [&copies[0][..], &copies[1], &copies[2]]
                };
                let planes = Planes {
                    width,
                    height,
                    depth,
                    chroma,
                    samples,
                };
                streams.push(Cow::Owned(aom::encode(&planes, effort)?));
            }
        }
        Ok(streams)
    }

    /// Copies a cell's samples of a plane, of which as many columns and rows of pixels share one. Beyond the picture its last ones
    /// go on.
    fn copy<S: Sample>(&self, plane: &[S], shared: (u8, u8), at: (u32, u32), copy: &mut Vec<S>) {
        copy.clear();
        let length = |side: u32, shared: u8| side.div_ceil(shared.into()) as usize;
        let stride = length(self.size.0, shared.0);
        let (width, height) = (length(self.cell.0, shared.0), length(self.cell.1, shared.1));
        let left = at.0 as usize * width;
        let rows = plane
            .chunks(stride.max(1))
            .skip(at.1 as usize * height)
            .take(height);
        for row in rows {
            let part = row.get(left..).unwrap_or_default();
            let part = part.get(..width).unwrap_or(part);
            copy.extend_from_slice(part);
            let last = part.last().copied().unwrap_or_default();
            copy.resize(copy.len() + width - part.len(), last);
        }
        while !plane.is_empty() && copy.len() < width * height {
            let last = copy.len().saturating_sub(width);
            copy.extend_from_within(last..);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_cover_a_picture_and_are_bounded(
            width in 64..16_384_u32,
            height in 64..16_384_u32,
            large in any::<bool>(),
        ) {
            let side = if large { 1024 } else { 512 };
            let Tiling { columns, rows, cell, .. } = Tiling::new(width, height, side);
            for (count, cell, whole) in [(columns, cell.0, width), (rows, cell.1, height)] {
                prop_assert!(count * cell >= whole && (count - 1) * cell < whole);
                prop_assert!(cell >= LEAST_SIDE && count <= 32);
            }
            prop_assert!(u64::from(cell.0) * u64::from(cell.1) <= u64::from(side) * u64::from(side) * 2);
        }

        #[test]
        fn copies_are_the_picture(width in 64..90_u32, height in 64..90_u32, shared in (1..=2_u8, 1..=2_u8)) {
            let tiling = Tiling {
                columns: 2,
                rows: 2,
                cell: (64, 64),
                size: (width, height),
            };
            let length = |side: u32, shared: u8| side.div_ceil(shared.into());
            let (across, down) = (length(width, shared.0), length(height, shared.1));
            let value = |x: u32, y: u32| u8::try_from((x * 7 + y * 13) % 251).unwrap();
            let plane: Vec<u8> = (0..down).flat_map(|y| (0..across).map(move |x| value(x, y))).collect();
            let mut copy = Vec::new();
            for (column, row) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                // The last cells have to begin within it.
                if column * 64 >= width || row * 64 >= height {
                    continue;
                }
                tiling.copy(&plane, shared, (column, row), &mut copy);
                let (wide, high) = (length(64, shared.0), length(64, shared.1));
                prop_assert_eq!(copy.len(), (wide * high) as usize);
                for (sample, at) in copy.iter().zip(0..) {
                    let (x, y) = (column * wide + at % wide, row * high + at / wide);
                    prop_assert_eq!(*sample, value(x.min(across - 1), y.min(down - 1)));
                }
            }
        }
    }
}
