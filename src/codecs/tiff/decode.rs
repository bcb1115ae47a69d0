//! Rows out of a TIFF.

use super::converter::Converter;
use super::directory::File;
use super::layout::Layout;
use super::strips::Strips;
use super::tiles::Tiles;
use super::{broken, planes};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Header, Model, Rows, Shape};

/// Starts a decode of the page that the header is of.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    checkpoint.check(Stage::Decode)?;
    let (layout, shape) = page(bytes, header)?;
    if matches!(shape.model, Model::YCbCr { .. }) {
        return Ok(planes::open(layout, shape, checkpoint));
    }
    if layout.model() != shape.model {
        return Err(broken(
            "pixels",
            "its pixels are others than its header says",
        ));
    }
    let converter = Converter::new(layout, shape.model, 1);
    Ok(Box::new(ByteRows {
        lines: lines(converter, shape, checkpoint),
        shape,
        left: shape.height,
    }))
}

/// The layout of that page, and what is handed out of it.
pub(super) fn page<'a>(bytes: &'a [u8], header: &Header) -> Result<(Layout<'a>, Shape), Error> {
    let directory = File::new(bytes).and_then(|file| file.page(header.page));
    let directory = directory.ok_or_else(|| broken("header", "it has no directory"))?;
    let layout = Layout::read(&directory)?;
    let shape = header.shape();
    if (layout.width, layout.height) != (shape.width, shape.height) {
        return Err(broken(
            "pixels",
            "its picture has another size than its header",
        ));
    }
    Ok((layout, shape))
}

/// Rows of strips or tiles, in bytes.
pub(super) fn lines<'a>(
    converter: Converter<'a>,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Lines + 'a> {
    if converter.layout.tiled {
        Box::new(Tiles::new(converter, shape, checkpoint))
    } else {
        Box::new(Strips::new(converter, checkpoint))
    }
}

/// Bytes of rows, from top to bottom.
pub(super) trait Lines {
    /// The next row, all of it; there is one.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn next(&mut self, row: &mut [u8]) -> Result<(), Error>;
}

/// Rows of samples of a byte.
struct ByteRows<'a> {
    lines: Box<dyn Lines + 'a>,
    shape: Shape,
    left: u32,
}

impl Rows for ByteRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        let rows = rows.min(self.left);
        if rows == 0 {
            return Ok(false);
        }
        let stride = self.shape.width as usize * self.shape.model.channels() as usize;
        for row in band.make_rows(self.shape, rows).chunks_exact_mut(stride) {
            self.lines.next(row)?;
        }
        self.left -= rows;
        Ok(true)
    }
}
