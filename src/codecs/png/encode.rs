//! Rows into a PNG file: adaptive filters, one libdeflate stream, chunks by hand.

use libdeflater::{CompressionLvl, Compressor, Crc};

use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Model, Shape, Sink};

/// libdeflate's level: files a little smaller than zlib's at its default, in a fraction of the time.
const LEVEL: i32 = 6;

/// Rows filtered between two polls.
const POLL_ROWS: usize = 64;

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(model: Model) -> bool {
    matches!(
        model,
        Model::Gray | Model::GrayAlpha | Model::Rgb | Model::Rgba
    )
}

/// Peak bytes: the filtered rows, the compressed stream at its worst, and the file.
pub(in crate::codecs) fn encode_bytes(shape: Shape) -> u64 {
    let filtered = shape.bytes() + u64::from(shape.height);
    // Stored blocks add five bytes to each 64 KiB, and the compressor has tables of its own.
    filtered * 2 + filtered / 1_000 + (2 << 20)
}

/// Starts an encode.
pub(in crate::codecs) fn create<'a>(
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Sink + 'a> {
    let row = shape.width as usize * shape.model.channels() as usize;
    Box::new(PngSink {
        shape,
        filtered: Vec::with_capacity((row + 1) * shape.height as usize),
        previous: vec![0; row],
        candidates: std::array::from_fn(|_| vec![0; row]),
        checkpoint,
    })
}

struct PngSink<'a> {
    shape: Shape,
    /// Each row with its filter's number before it.
    filtered: Vec<u8>,
    previous: Vec<u8>,
    /// The row through each of the five filters.
    candidates: [Vec<u8>; 5],
    checkpoint: &'a Checkpoint,
}

impl Sink for PngSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        let samples = band.planes.first().map_or(&[][..], |plane| &plane.samples);
        let row_bytes = self.previous.len();
        for (index, row) in samples.chunks_exact(row_bytes).enumerate() {
            if index.is_multiple_of(POLL_ROWS) {
                self.checkpoint.check(Stage::Encode)?;
            }
            self.filter(row);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let level = CompressionLvl::new(LEVEL)
            .map_err(|error| Error::Internal(format!("libdeflate: {error:?}")))?;
        let mut compressor = Compressor::new(level);
        let bound = compressor.zlib_compress_bound(self.filtered.len());
        // The stream is written where it will stay: behind the header, with room for its length and name.
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut file, *b"IHDR", &self.header());
        let start = file.len();
        file.resize(start + 8 + bound, 0);
        let stream = file.get_mut(start + 8..).unwrap_or_default();
        let length = compressor
            .zlib_compress(&self.filtered, stream)
            .map_err(|error| Error::Internal(format!("libdeflate: {error:?}")))?;
        file.truncate(start + 8 + length);
        seal(&mut file, start, *b"IDAT", length)?;
        chunk(&mut file, *b"IEND", &[]);
        file.shrink_to_fit();
        Ok(file)
    }
}

impl PngSink<'_> {
    fn header(&self) -> [u8; 13] {
        let colour_type = match self.shape.model {
            Model::Gray => 0,
            Model::GrayAlpha => 4,
            Model::Rgba => 6,
            _ => 2,
        };
        let mut header = [0; 13];
        let fields = self
            .shape
            .width
            .to_be_bytes()
            .into_iter()
            .chain(self.shape.height.to_be_bytes())
            // Eight bits, the colour type, and the only methods there are.
            .chain([8, colour_type, 0, 0, 0]);
        for (slot, byte) in header.iter_mut().zip(fields) {
            *slot = byte;
        }
        header
    }

    /// Takes the filter whose bytes, as signed numbers, are nearest to zero (PNG, 12.7).
    fn filter(&mut self, row: &[u8]) {
        let step = self.shape.model.channels() as usize;
        let mut best = (u64::MAX, 0_u8);
        for (number, candidate) in (0_u8..).zip(&mut self.candidates) {
            apply(number, step, row, &self.previous, candidate);
            let weight = weight(candidate);
            if weight < best.0 {
                best = (weight, number);
            }
        }
        self.filtered.push(best.1);
        if let Some(candidate) = self.candidates.get(usize::from(best.1)) {
            self.filtered.extend_from_slice(candidate);
        }
        self.previous.copy_from_slice(row);
    }
}

fn weight(filtered: &[u8]) -> u64 {
    // Short sums stay in 16 bits, which the compiler turns into wide adds.
    filtered
        .chunks(256)
        .map(|part| {
            let sum: u16 = part
                .iter()
                .map(|&byte| u16::from(byte.min(byte.wrapping_neg())))
                .sum();
            u64::from(sum)
        })
        .sum()
}

/// One of the five filters, by its number in the file.
#[expect(
    clippy::indexing_slicing,
    reason = "all slices have the row's length, and the first pixel is split off before"
)]
fn apply(number: u8, step: usize, row: &[u8], above: &[u8], out: &mut [u8]) {
    let length = row.len();
    let (row, above, out) = (&row[..length], &above[..length], &mut out[..length]);
    // The first pixel has no left neighbour: it counts as zero.
    for index in 0..step {
        out[index] = row[index].wrapping_sub(match number {
            2 | 4 => above[index],
            3 => above[index] / 2,
            _ => 0,
        });
    }
    let left = &row[..length - step];
    let corner = &above[..length - step];
    let (row, above, out) = (&row[step..], &above[step..], &mut out[step..]);
    let length = out.len();
    let (left, corner) = (&left[..length], &corner[..length]);
    match number {
        0 => out.copy_from_slice(row),
        1 => {
            for i in 0..length {
                out[i] = row[i].wrapping_sub(left[i]);
            }
        }
        2 => {
            for i in 0..length {
                out[i] = row[i].wrapping_sub(above[i]);
            }
        }
        3 => {
            for i in 0..length {
                let mean = u16::midpoint(u16::from(left[i]), u16::from(above[i]));
                #[expect(clippy::cast_possible_truncation, reason = "a mean of two bytes")]
                let mean = mean as u8;
                out[i] = row[i].wrapping_sub(mean);
            }
        }
        _ => {
            for i in 0..length {
                out[i] = row[i].wrapping_sub(paeth(left[i], above[i], corner[i]));
            }
        }
    }
}

/// The neighbour nearest to left + above - corner, ties in that order. Without branches, so that it vectorises.
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let to_left = (b - c).abs();
    let to_above = (a - c).abs();
    let to_corner = (a + b - 2 * c).abs();
    let upper = if to_above <= to_corner { above } else { corner };
    if to_left <= to_above && to_left <= to_corner {
        left
    } else {
        upper
    }
}

/// A chunk whose content is at hand.
fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    file.extend(length.to_be_bytes());
    file.extend(kind);
    file.extend(content);
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(content);
    file.extend(crc.sum().to_be_bytes());
}

/// Closes the chunk whose content of `length` bytes ends the file, and whose first 8 bytes at `start` are still blank.
fn seal(file: &mut Vec<u8>, start: usize, kind: [u8; 4], length: usize) -> Result<(), Error> {
    let length = u32::try_from(length)
        .ok()
        .filter(|&length| i32::try_from(length).is_ok())
        .ok_or_else(|| Error::Internal("a PNG stream longer than a chunk can be".to_owned()))?;
    if let Some(blank) = file.get_mut(start..start + 8) {
        blank.copy_from_slice(&[length.to_be_bytes(), kind].concat());
    }
    let mut crc = Crc::new();
    crc.update(file.get(start + 4..).unwrap_or_default());
    let sum = crc.sum();
    file.extend(sum.to_be_bytes());
    Ok(())
}
