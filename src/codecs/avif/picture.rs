//! What the picture of a file is made of: frames of AV1, alone or side by side in a grid, for colour and for alpha.

use super::alpha;
use super::boxes::Boxes;
use super::items::{Item, Items};
use super::properties::{self, Cicp, Cut};
use super::sequence::{self, FRAMES, Sequence};
use super::{broken, unsupported};
use crate::codecs::bytes::Reader;
use crate::codecs::{Error, Orientation};

/// Cells of a grid, at most: a gigapixel in frames of a megapixel.
const CELLS: usize = 1 << 10;

/// Pixels that are decoded but not shown, at most: as many again as are shown, and these.
const UNSEEN_PIXELS: u64 = 1 << 20;

/// Bits of the matrix's code point: samples are G, B, R.
pub(super) const IDENTITY: u8 = 0;
/// Luma is half green and a quarter of each other, chroma the differences of that.
pub(super) const YCGCO: u8 = 8;

/// A file's picture.
pub(super) struct Picture<'a> {
    pub(super) items: Items<'a>,
    pub(super) colour: Layer,
    pub(super) alpha: Option<Layer>,
    /// Colours are multiplied by alpha.
    pub(super) premultiplied: bool,
    /// Code points, what isn't said by what that means.
    pub(super) cicp: Cicp,
    pub(super) profile: Option<&'a [u8]>,
    /// What of the decoded picture is shown.
    pub(super) cut: Cut,
    /// How that is turned.
    pub(super) turn: Orientation,
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
    /// What the first cell says, and all have to be like.
    pub(super) sequence: Sequence,
    /// Frames of each cell's stream, at most.
    pub(super) frames: u32,
    /// The operating point to decode.
    pub(super) point: u8,
}

impl<'a> Picture<'a> {
    /// Reads what comes before the pixels.
    ///
    /// # Errors
    /// `Unsupported`, `TooComplex` or `Invalid`.
    pub(super) fn new(file: &'a [u8]) -> Result<Self, Error> {
        let meta = Boxes::new(file).find(*b"meta")?;
        let items = Items::new(file, meta.ok_or_else(|| broken("it has no list of items"))?)?;
        let primary = items.item(items.primary)?;
        properties::check(&items, primary)?;
        let colour = Layer::new(&items, items.primary)?;
        let alpha = alpha::find(&items, &colour)?;
        if alpha
            .as_ref()
            .is_some_and(|alpha| alpha.size != colour.size)
        {
            return Err(broken("its alpha has another size than its colours"));
        }
        let premultiplied = alpha.is_some() && items.referred(*b"prem", items.primary).count() > 0;
        let (mut profile, mut said) = properties::colour(&items, primary);
        if let Some(cell) = colour.cells.first().and_then(|&id| items.item(id).ok()) {
            // A grid's cells may say it in its place.
            let (of_cell, said_of_cell) = properties::colour(&items, cell);
            profile = profile.or(of_cell);
            said = said.or(said_of_cell);
        }
        let (cut, turn) = properties::shown(&items, primary, colour.size)?;
        let (width, height) = colour.size;
        let cut = cut.unwrap_or(Cut {
            left: 0,
            top: 0,
            width,
            height,
        });
        let cicp = said.unwrap_or_else(|| colour.sequence.cicp());
        let picture = Self {
            items,
            colour,
            alpha,
            premultiplied,
            cicp,
            profile,
            cut,
            turn,
        };
        picture.check()?;
        Ok(picture)
    }

    fn check(&self) -> Result<(), Error> {
        let shown = u64::from(self.cut.width) * u64::from(self.cut.height);
        let layers = [Some(&self.colour), self.alpha.as_ref()];
        for layer in layers.into_iter().flatten() {
            // What is decoded is bounded by what is shown, since limits are about that.
            if layer.decoded_pixels() > shown * 2 + UNSEEN_PIXELS {
                return Err(broken("it shows a small part of its pixels alone"));
            }
        }
        let chroma = self.colour.sequence.chroma;
        match (self.cicp.matrix, chroma) {
            (_, None) | (1 | 2 | 4..=7 | 9 | 12, _) | (IDENTITY | YCGCO, Some((1, 1))) => Ok(()),
            (IDENTITY | YCGCO, _) => Err(broken("its colours have planes of different sizes")),
            _ => Err(broken(
                "its colours are coded in a way that is not read here",
            )),
        }
    }

    /// Frames of its streams, at most.
    pub(super) fn frames(&self) -> u32 {
        let alpha = self.alpha.as_ref().map_or(0, |alpha| alpha.frames);
        self.colour.frames.max(alpha)
    }
}

impl Layer {
    pub(super) fn new(items: &Items<'_>, id: u32) -> Result<Self, Error> {
        let item = items.item(id)?;
        let size = properties::size(items, item)?;
        match &item.kind {
            b"av01" => Self::frame(items, id, item, size),
            b"grid" => Self::grid(items, id, item, size),
            b"hvc1" | b"hev1" | b"lhv1" => Err(unsupported("a HEIC image")),
            _ => Err(broken("it is made in a way that is not read here")),
        }
    }

    fn frame(
        items: &Items<'_>,
        id: u32,
        item: &Item,
        size: Option<(u32, u32)>,
    ) -> Result<Self, Error> {
        let sequence = sequence::sequence(items.start(item)?);
        let sequence = sequence.ok_or_else(|| broken("its stream has no header"))?;
        let coded = (sequence.width, sequence.height);
        let size = size.unwrap_or(coded);
        if size != coded {
            return Err(broken("its frame has another size than it says"));
        }
        // Of one that lies in pieces only the first is read here.
        let frames = match (sequence.still, item.extents.len()) {
            (true, _) => 1,
            (false, 1) => sequence::frames(items.start(item)?),
            _ => FRAMES,
        };
        let point = properties::operating_point(items, item);
        Ok(Self {
            columns: 1,
            cells: vec![id],
            cell: size,
            size,
            sequence,
            frames: frames.clamp(1, FRAMES),
            point: point.ok_or_else(|| broken("it asks for a layer below the last"))?,
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
        let mut like = None;
        for &id in &cells {
            let item = items.item(id)?;
            if &item.kind != b"av01" {
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
    fn decoded_pixels(&self) -> u64 {
        u64::from(self.cell.0) * u64::from(self.cell.1) * self.cells.len() as u64
    }
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

impl Sequence {
    /// What it says of colours.
    fn cicp(&self) -> Cicp {
        let [primaries, transfer, matrix] = self.colour;
        Cicp {
            primaries,
            transfer,
            matrix,
            full_range: self.full_range,
        }
    }
}
