//! PNG of 16 bit a sample, in and out.

use png::Reader;

use super::decode::{failed, started};
use super::encode::{LEVEL, closed, header, opened};
use super::filter::Filtered;
use super::layout::Layout;
use super::pieces::compress;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::deep::{DeepRaster, DeepRows};
use crate::codecs::polled::Polled;
use crate::codecs::{Encoding, Error, Header, Shape};

/// Starts a decode of a file that has 16 bit and isn't interlaced.
pub(in crate::codecs) fn open_deep<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn DeepRows + 'a>, Error> {
    let reader = started(bytes, checkpoint)?;
    let shape = header.shape();
    Ok(Box::new(DeepPngRows {
        row: vec![0; reader.output_line_size(shape.width).unwrap_or_default()],
        reader,
        shape,
        left: shape.height,
        checkpoint,
    }))
}

struct DeepPngRows<'a> {
    reader: Reader<Polled<'a>>,
    shape: Shape,
    /// One row as the library writes it, the high byte first.
    row: Vec<u8>,
    left: u32,
    checkpoint: &'a Checkpoint,
}

impl DeepRows for DeepPngRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, row: &mut [u16]) -> Result<bool, Error> {
        self.checkpoint.check(Stage::Decode)?;
        let broken = |error| failed(&error, "pixels", self.checkpoint);
        let Some(left) = self.left.checked_sub(1) else {
            self.reader.finish().map_err(broken)?;
            return Ok(false);
        };
        self.left = left;
        self.reader.read_row(&mut self.row).map_err(broken)?;
        let (pairs, _) = self.row.as_chunks::<2>();
        for (sample, &pair) in row.iter_mut().zip(pairs) {
            *sample = u16::from_be_bytes(pair);
        }
        Ok(true)
    }
}

/// Peak bytes of an encode: filtered rows, the compressed stream at its worst, some rows.
pub(in crate::codecs) fn encode_deep_bytes(shape: Shape) -> u64 {
    let filtered = shape.bytes() * 2 + u64::from(shape.height) * 2;
    let row = shape.bytes() / u64::from(shape.height.max(1)) * 2;
    filtered * 2 + filtered / 64 + row * 8 + (2 << 20)
}

/// A file of the picture, in the layout that it has.
pub(in crate::codecs) fn encode_deep(
    encoding: Encoding,
    picture: &DeepRaster,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let shape = picture.shape;
    let samples = shape.width as usize * shape.model.channels() as usize;
    let step = shape.model.channels() as usize * 2;
    let mut filtered = Filtered::new(step, samples * 2, shape.height as usize, true);
    let mut bytes = Vec::with_capacity(samples * 2);
    for row in picture.rows() {
        checkpoint.check(Stage::Encode)?;
        bytes.clear();
        bytes.extend(row.iter().flat_map(|sample| sample.to_be_bytes()));
        filtered.push(&bytes);
    }
    let layout = Layout::plain(shape.model);
    let file = opened(&header(shape, &layout, 16, false));
    let level = encoding.compression.map_or(LEVEL, i32::from);
    closed(file, |file| {
        compress(filtered.bytes(), level, checkpoint, file)
    })
}
