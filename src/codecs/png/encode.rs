//! Rows into a PNG file: the smallest layout, filters, one libdeflate stream, chunks by hand.

use libdeflater::{CompressionLvl, Compressor, Crc};

use super::filter::Filtered;
use super::layout::Layout;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Model, Shape, Sink};

/// libdeflate's level where matches are found: files a little smaller than zlib's at its default, in a fraction of the time.
const THOROUGH: i32 = 6;

/// The level for what hardly repeats, photographs: a third of the time for a twentieth more bytes.
const QUICK: i32 = 1;

/// How much larger files may be for the quick level, in percent.
const QUICK_COSTS: usize = 6;

/// Bytes from the middle of a picture that are compressed in each way, to see which suits it.
const SAMPLE: usize = 48 << 10;

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
    Box::new(PngSink {
        shape,
        begun: None,
        row: Vec::new(),
        checkpoint,
    })
}

struct PngSink<'a> {
    shape: Shape,
    /// What the first rows decide.
    begun: Option<Begun>,
    row: Vec<u8>,
    checkpoint: &'a Checkpoint,
}

struct Begun {
    layout: Layout,
    level: i32,
    filtered: Filtered,
}

impl Sink for PngSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        self.checkpoint.check(Stage::Encode)?;
        let samples = band.planes.first().map_or(&[][..], |plane| &plane.samples);
        let shape = self.shape;
        if self.begun.is_none() {
            self.begun = Some(begin(samples, shape)?);
        }
        let Some(begun) = &mut self.begun else {
            return Ok(());
        };
        for (index, row) in samples.chunks_exact(row_bytes(shape)).enumerate() {
            if index.is_multiple_of(POLL_ROWS) {
                self.checkpoint.check(Stage::Encode)?;
            }
            begun.layout.convert(row, shape.model, &mut self.row);
            begun.filtered.push(&self.row);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let begun = match self.begun {
            Some(begun) => begun,
            None => begin(&[], self.shape)?,
        };
        let filtered = begun.filtered.bytes();
        let mut compressor = compressor(begun.level)?;
        let bound = compressor.zlib_compress_bound(filtered.len());
        // The stream is written where it will stay: behind the header, with room for its length and name.
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut file, *b"IHDR", &header(self.shape, &begun.layout));
        if let Layout::Palette(palette) = &begun.layout {
            let colours = palette.colours.iter();
            let rgb: Vec<u8> = colours
                .clone()
                .flat_map(|&[r, g, b, _]| [r, g, b])
                .collect();
            chunk(&mut file, *b"PLTE", &rgb);
            let alpha = colours.map(|&[.., alpha]| alpha);
            let alpha: Vec<u8> = alpha.take_while(|&alpha| alpha < 255).collect();
            if !alpha.is_empty() {
                chunk(&mut file, *b"tRNS", &alpha);
            }
        }
        let start = file.len();
        file.resize(start + 8 + bound, 0);
        let stream = file.get_mut(start + 8..).unwrap_or_default();
        let length = compressor
            .zlib_compress(filtered, stream)
            .map_err(|error| Error::Internal(format!("libdeflate: {error:?}")))?;
        file.truncate(start + 8 + length);
        seal(&mut file, start, *b"IDAT", length)?;
        chunk(&mut file, *b"IEND", &[]);
        file.shrink_to_fit();
        Ok(file)
    }
}

fn row_bytes(shape: Shape) -> usize {
    shape.width as usize * shape.model.channels() as usize
}

fn compressor(level: i32) -> Result<Compressor, Error> {
    let level = CompressionLvl::new(level)
        .map_err(|error| Error::Internal(format!("libdeflate: {error:?}")))?;
    Ok(Compressor::new(level))
}

/// Decides layout, filters and level by the first rows, which are all there are but where a picture comes in pieces.
fn begin(samples: &[u8], shape: Shape) -> Result<Begun, Error> {
    let layout = if samples.len() as u64 == shape.bytes() {
        Layout::smallest(samples, shape.model)
    } else {
        Layout::plain(shape.model)
    };
    let (adaptive, level) = match layout {
        // Neighbours in a palette have nothing to do with each other.
        Layout::Palette(_) => (false, THOROUGH),
        _ => suits(samples, shape, &layout)?,
    };
    let filtered = Filtered::new(
        layout.step(),
        layout.step() * shape.width as usize,
        shape.height as usize,
        adaptive,
    );
    Ok(Begun {
        layout,
        level,
        filtered,
    })
}

/// Whether filters make a sample of the picture smaller, and the level that pays.
fn suits(samples: &[u8], shape: Shape, layout: &Layout) -> Result<(bool, i32), Error> {
    let rows = samples.chunks_exact(row_bytes(shape));
    let row = layout.step() * shape.width as usize;
    let count = (SAMPLE / row).clamp(1, rows.len().max(1));
    let skip = (rows.len().max(1) - count) / 2;
    let mut ways = [false, true].map(|adaptive| Filtered::new(layout.step(), row, count, adaptive));
    let mut converted = Vec::new();
    for row in rows.skip(skip).take(count) {
        layout.convert(row, shape.model, &mut converted);
        for way in &mut ways {
            way.push(&converted);
        }
    }
    let mut room = Vec::new();
    let mut size = |way: &Filtered, level: i32| {
        let mut compressor = compressor(level)?;
        room.resize(compressor.zlib_compress_bound(way.bytes().len()), 0);
        compressor
            .zlib_compress(way.bytes(), &mut room)
            .map_err(|error| Error::Internal(format!("libdeflate: {error:?}")))
    };
    let [none, adaptive] = &ways;
    let (none_size, adaptive_size) = (size(none, THOROUGH)?, size(adaptive, THOROUGH)?);
    let (way, thorough) = if none_size <= adaptive_size {
        (none, none_size)
    } else {
        (adaptive, adaptive_size)
    };
    let quick = size(way, QUICK)? * 100 <= thorough * (100 + QUICK_COSTS);
    let level = if quick { QUICK } else { THOROUGH };
    Ok((adaptive_size < none_size, level))
}

/// Eight bits, the colour type, and the only methods there are.
fn header(shape: Shape, layout: &Layout) -> Vec<u8> {
    let [width, height] = [shape.width, shape.height].map(u32::to_be_bytes);
    let rest = [8, layout.colour_type(), 0, 0, 0];
    [&width[..], &height, &rest].concat()
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
