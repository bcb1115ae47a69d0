//! Frames that make colour or alpha, alone or side by side in a grid.

use super::items::{Item, Items};
use super::sequence::{self, FRAMES, Sequence};
use super::{broken, hevc, of_heic, properties};
use crate::codecs::Error;
use crate::codecs::bytes::Reader;

/// Cells of a grid, at most: a gigapixel in frames of a megapixel.
const CELLS: usize = 1 << 10;

/// What frames are coded in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// AV1, of AVIF.
    Av1,
    /// HEVC, of HEIC.
    Hevc,
}

/// Frames side by side; one frame is a grid of one cell.
pub(super) struct Layer {
    pub(super) columns: u32,
    /// Items, row by row.
    pub(super) cells: Vec<u32>,
    /// Size of each cell in pixels.
    pub(super) cell: (u32, u32),
    /// Size of the whole, of which the last cells may have more.
    pub(super) size: (u32, u32),
    /// What its cells are coded in.
    pub(super) coding: Coding,
    /// What the first cell says, and all have to be like.
    pub(super) sequence: Sequence,
    /// Frames of each cell's stream, at most.
    pub(super) frames: u32,
    /// The operating point to decode.
    pub(super) point: u8,
}

impl Coding {
    pub(super) fn of(item: &Item) -> Option<Self> {
        match &item.kind {
            b"av01" => Some(Self::Av1),
            b"hvc1" => Some(Self::Hevc),
            _ => None,
        }
    }

    /// What is wrong with a file of such frames.
    pub(super) fn named(self, error: Error) -> Error {
        match self {
            Self::Av1 => error,
            Self::Hevc => of_heic(error),
        }
    }
}

impl Layer {
    pub(super) fn new(items: &Items<'_>, id: u32) -> Result<Self, Error> {
        let item = items.item(id)?;
        let size = properties::size(items, item)?;
        match &item.kind {
            b"grid" => Self::grid(items, id, item, size),
            _ => Self::frame(items, id, item, size),
        }
    }

    fn frame(
        items: &Items<'_>,
        id: u32,
        item: &Item,
        size: Option<(u32, u32)>,
    ) -> Result<Self, Error> {
        let unread = || broken("it is made in a way that is not read here");
        let coding = Coding::of(item).ok_or_else(unread)?;
        let (sequence, frames, point) = match coding {
            Coding::Av1 => av1(items, item)?,
            Coding::Hevc => (hevc::sequence(items, item)?, 1, 0),
        };
        let cell = (sequence.width, sequence.height);
        if size.is_some_and(|size| size != cell) {
            return Err(broken("its frame has another size than it says"));
        }
        Ok(Self {
            columns: 1,
            cells: vec![id],
            cell,
            size: cell,
            coding,
            sequence,
            frames,
            point,
        })
    }

    fn grid(
        items: &Items<'_>,
        id: u32,
        item: &Item,
        size: Option<(u32, u32)>,
    ) -> Result<Self, Error> {
        let short = || broken("its grid is cut short");
        let (columns, rows, output) = grid(items.start(item)?).ok_or_else(short)?;
        if size.is_some_and(|size| size != output) {
            return Err(broken("its grid has another size than it says"));
        }
        let cells: Vec<u32> = items.referred(*b"dimg", id).take(CELLS + 1).collect();
        if cells.len() > CELLS {
            return Err(Error::TooComplex {
                what: "cells in a grid".into(),
                limit: CELLS as u64,
                actual: cells.len() as u64,
            });
        }
        if cells.len() as u64 != u64::from(columns) * u64::from(rows) {
            return Err(broken("its grid has another number of cells than it says"));
        }
        let first = cells.first().copied().ok_or_else(short)?;
        let (mut like, mut coded) = (None, None);
        for &id in &cells {
            let item = items.item(id)?;
            let coding = Coding::of(item);
            if coding.is_none() || *coded.get_or_insert(coding) != coding {
                return Err(broken("a cell of its grid is no frame"));
            }
            let size = properties::size(items, item)?;
            if *like.get_or_insert(size) != size {
                return Err(broken("cells of its grid have different sizes"));
            }
        }
        let one = Self::frame(items, first, items.item(first)?, like.flatten())?;
        let covered = |cells: u32, cell: u32, whole: u32| {
            let (cells, cell, whole) = (u64::from(cells), u64::from(cell), u64::from(whole));
            cells * cell >= whole && (cells - 1) * cell < whole
        };
        let (width, height) = one.cell;
        if !covered(columns, width, output.0) || !covered(rows, height, output.1) {
            return Err(broken("the cells of its grid don't cover it"));
        }
        let (across, down) = one.sequence.chroma.unwrap_or((1, 1));
        // Chroma of a cell may not reach into the next one.
        if (columns > 1 && width % u32::from(across) != 0)
            || (rows > 1 && height % u32::from(down) != 0)
        {
            return Err(broken("the cells of its grid share samples of chroma"));
        }
        Ok(Self {
            columns,
            cells,
            size: output,
            frames: if one.sequence.still { 1 } else { FRAMES },
            ..one
        })
    }

    /// Pixels of all cells.
    pub(super) fn decoded_pixels(&self) -> u64 {
        let (width, height) = self.sequence.coded;
        u64::from(width) * u64::from(height) * self.cells.len() as u64
    }
}

/// What an item's stream of AV1 says, how many frames it has, at most, and the operating point to decode.
fn av1(items: &Items<'_>, item: &Item) -> Result<(Sequence, u32, u8), Error> {
    let start = items.start(item)?;
    let sequence = sequence::sequence(start);
    let sequence = sequence.ok_or_else(|| broken("its stream has no header"))?;
    // Of one that lies in pieces only the first is read here.
    let frames = match (sequence.still, item.extents.len()) {
        (true, _) => 1,
        (false, 1) => sequence::frames(start),
        _ => FRAMES,
    };
    let point = properties::operating_point(items, item);
    let point = point.ok_or_else(|| broken("it asks for a layer below the last"))?;
    Ok((sequence, frames.clamp(1, FRAMES), point))
}

/// Columns, rows and size of a grid.
fn grid(content: &[u8]) -> Option<(u32, u32, (u32, u32))> {
    let mut reader = Reader::new(content);
    let [0, flags, rows, columns] = reader.array()? else {
        return None;
    };
    let mut side = || {
        let side = if flags & 1 == 0 {
            u32::from(reader.u16_be()?)
        } else {
            reader.u32_be()?
        };
        (side > 0).then_some(side)
    };
    Some((
        u32::from(columns) + 1,
        u32::from(rows) + 1,
        (side()?, side()?),
    ))
}
