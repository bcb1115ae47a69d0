//! Rows out of a PNG file.

use png::{DecodingError, InterlaceInfo, Reader, Transformations};

use super::error::{broken, invalid};
use super::probe::{PIECE, is_deep, start};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::polled::Polled;
use crate::codecs::samples::nearest;
use crate::codecs::{Band, Error, Header, Raster, Rows, Shape};

/// Peak bytes of a decode: some rows and the inflater's window, or the whole picture when it is interlaced.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    let deep = if header.bit_depth == 16 { 2 } else { 1 };
    let row = u64::from(header.width) * u64::from(header.model.channels()) * deep;
    let whole = if header.progressive {
        header.model.bytes(header.width, header.height)
    } else {
        0
    };
    // The library holds two rows and what it has inflated ahead of them.
    whole + row * 6 + (512 << 10)
}

/// Starts a decode.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    let reader = started(bytes, checkpoint)?;
    let shape = header.shape();
    let deep = is_deep(reader.info());
    Ok(Box::new(PngRows {
        row: vec![0; reader.output_line_size(shape.width).unwrap_or_default()],
        interlaced: header.progressive,
        reader,
        shape,
        deep,
        next: 0,
        ended: false,
        checkpoint,
    }))
}

/// The library behind the header; palettes become colours.
pub(super) fn started<'a>(
    bytes: &'a [u8],
    checkpoint: &'a Checkpoint,
) -> Result<Reader<Polled<'a>>, Error> {
    checkpoint.check(Stage::Decode)?;
    let file = Polled::new(bytes, Some(checkpoint), PIECE);
    start(file, Transformations::EXPAND).map_err(|error| failed(&error, "header", checkpoint))
}

struct PngRows<'a> {
    reader: Reader<Polled<'a>>,
    shape: Shape,
    /// Samples come as 16 bit.
    deep: bool,
    interlaced: bool,
    /// One row as the library writes it, for deep samples.
    row: Vec<u8>,
    next: u32,
    ended: bool,
    checkpoint: &'a Checkpoint,
}

impl Rows for PngRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        let rows = rows.min(self.shape.height - self.next);
        if rows == 0 {
            if !self.ended {
                self.ended = true;
                // The rest of the file: a missing end means that it was cut short.
                self.reader
                    .finish()
                    .map_err(|error| failed(&error, "pixels", self.checkpoint))?;
            }
            return Ok(false);
        }
        if self.interlaced {
            self.next = self.shape.height;
            *band = self.whole()?;
            return Ok(true);
        }
        let stride = self.shape.width as usize * self.shape.model.channels() as usize;
        let samples = band.make_rows(self.shape, rows);
        for row in samples.chunks_exact_mut(stride) {
            self.checkpoint.check(Stage::Decode)?;
            let target = if self.deep {
                &mut self.row[..]
            } else {
                &mut *row
            };
            self.reader
                .read_row(target)
                .map_err(|error| failed(&error, "pixels", self.checkpoint))?;
            if self.deep {
                narrow(&self.row, row);
            }
        }
        self.next += rows;
        Ok(true)
    }
}

impl PngRows<'_> {
    /// All of an interlaced picture: its rows come in seven passes.
    fn whole(&mut self) -> Result<Raster, Error> {
        self.checkpoint.check(Stage::Decode)?;
        let channels = self.shape.model.channels() as usize;
        let stride = self.shape.width as usize * channels;
        let mut samples = vec![0; stride * self.shape.height as usize];
        let mut narrowed = vec![0; if self.deep { stride } else { 0 }];
        let bits = u8::try_from(8 * channels).unwrap_or(8);
        while let Some(place) = self
            .reader
            .read_row(&mut self.row)
            .map_err(|error| failed(&error, "pixels", self.checkpoint))?
        {
            self.checkpoint.check(Stage::Decode)?;
            let InterlaceInfo::Adam7(pass) = place else {
                return Err(invalid("pixels", "its data contradicts its header"));
            };
            // Rows of early passes are short; what lies behind them in the buffer is left out.
            let row = if self.deep {
                narrow(&self.row, &mut narrowed);
                &narrowed
            } else {
                &self.row
            };
            png::expand_interlaced_row(&mut samples, stride, row, &pass, bits);
        }
        Ok(Raster::interleaved(self.shape, samples))
    }
}

/// Why the library gave up: the work was stopped, or the file is broken.
pub(super) fn failed(error: &DecodingError, stage: &'static str, checkpoint: &Checkpoint) -> Error {
    match checkpoint.stopped() {
        Some(why) => Error::Stopped(why),
        None => broken(error, stage),
    }
}

/// Big-endian 16-bit samples to 8 bit, rounded to the nearest.
pub(super) fn narrow(deep: &[u8], samples: &mut [u8]) {
    let (pairs, _) = deep.as_chunks::<2>();
    for (sample, &pair) in samples.iter_mut().zip(pairs) {
        *sample = nearest(u16::from_be_bytes(pair));
    }
}
