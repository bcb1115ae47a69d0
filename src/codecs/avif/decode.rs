//! The pixels of an AVIF file: frames are decoded as their rows are asked for, a row of a grid's cells at a time.

use super::cells::Cells;
use super::convert::{self, Levels, Matrix};
use super::picture::Picture;
use super::probe::model;
use super::rows::{AvifRows, Scratch};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Header, Model, Rows, Shape};

/// Rows that are handed out are a multiple of this, so that chroma's are whole.
const ROWS: u32 = 16;

/// Prepares a decode; the work is done when rows are asked for.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    Ok(Box::new(rows(bytes, header, header.model, checkpoint)?))
}

/// Rows in that layout: the header's, or R, G, B of planes.
pub(super) fn rows<'a>(
    bytes: &'a [u8],
    header: &Header,
    layout: Model,
    checkpoint: &'a Checkpoint,
) -> Result<AvifRows<'a>, Error> {
    let picture = Picture::new(bytes)?;
    let shape = Shape {
        width: picture.cut.width,
        height: picture.cut.height,
        model: layout,
    };
    let stated = (header.width, header.height, header.model);
    if (shape.width, shape.height, model(&picture)) != stated {
        return Err(Error::Internal("a header of another file".to_owned()));
    }
    let levels = convert::levels(&picture.colour.sequence, picture.cicp);
    let alpha = picture.alpha.as_ref().map(|alpha| {
        let range = alpha.sequence.full_range;
        Levels::new(alpha.sequence.depth, range, false)
    });
    let matrix = match layout {
        Model::YCbCr { .. } => Matrix::to_601(picture.cicp),
        _ => Some(Matrix::to_rgb(picture.cicp)),
    };
    Ok(AvifRows {
        picture,
        shape,
        given: 0,
        cells: [Cells::default(), Cells::default()],
        levels,
        alpha,
        matrix,
        scratch: Scratch::default(),
        checkpoint,
    })
}

impl AvifRows<'_> {
    /// Decodes the cells that the next row is in, if they aren't yet: that row's number, and the one behind the last that
    /// these have, both of the decoded picture.
    pub(super) fn prepare(&mut self) -> Result<(u32, u32), Error> {
        self.checkpoint.check(Stage::Decode)?;
        let Self { picture, cells, .. } = self;
        let first = picture.cut.top + self.given;
        let [colour, alpha] = cells;
        colour.prepare(picture, &picture.colour, first, self.checkpoint)?;
        let mut end = (picture.cut.top + self.shape.height).min(colour.rows.1);
        if let Some(layer) = &picture.alpha {
            alpha.prepare(picture, layer, first, self.checkpoint)?;
            end = end.min(alpha.rows.1);
        }
        Ok((first, end))
    }
}

impl Rows for AvifRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        if self.given == self.shape.height {
            return Ok(false);
        }
        let (first, end) = self.prepare()?;
        let at_once = (rows / ROWS * ROWS).max(ROWS);
        let end = end.min(first + at_once);
        let [colour, _] = &self.cells;
        let start = colour.rows.0;
        let range = (first - start) as usize..(end - start) as usize;
        match self.shape.model {
            Model::YCbCr { .. } if self.matrix.is_some() => {
                self.planes_of_another_matrix(band, range);
            }
            Model::YCbCr { .. } => self.planes(band, range),
            _ => self.pixels(band, range),
        }
        self.given += end - first;
        Ok(true)
    }
}

/// Peak bytes: see `memory`.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    header.held
}
