//! Rows into a PNG file: the smallest layout, filters, one stream, chunks by hand.

use libdeflater::Crc;

use super::deflate;
use super::filter::Filtered;
use super::held;
use super::layout::Layout;
use super::pieces::compress;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Encoding, Error, Kind, Model, Shape, Sink};

/// libdeflate's level where repetitions are found: a fiftieth larger than at its default of 6, in four fifths of the time.
pub(super) const LEVEL: i32 = 5;

/// The level for samples, which only tells what repeats.
const QUICK: i32 = 1;

/// How much larger than at the quick level files may be without a search for repetitions, in percent: it takes an eighth of
/// the time of the usual level, and for photographs as many bytes as the quick one.
const CODES_COST: usize = 2;

/// Bytes of a picture that are compressed in each way, to see which suits it.
const SAMPLE: usize = 64 << 10;

/// Places that those bytes are from, since a drawing may have a photograph in its middle.
const STRETCHES: usize = 4;

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(model: Model) -> bool {
    matches!(
        model,
        Model::Gray | Model::GrayAlpha | Model::Rgb | Model::Rgba
    )
}

/// Peak bytes: the filtered rows, the compressed stream at its worst, and what is held before.
pub(in crate::codecs) fn encode_bytes(encoding: Encoding, shape: Shape) -> u64 {
    let filtered = shape.bytes() + u64::from(shape.height) * 2;
    // Neither way makes much more of noise than it is, and libdeflate has tables of its own.
    filtered * 2 + filtered / 64 + held::bytes(encoding, shape) + (2 << 20)
}

/// Starts an encode.
pub(in crate::codecs) fn create<'a>(
    encoding: Encoding,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Sink + 'a> {
    Box::new(PngSink {
        encoding,
        shape,
        held: held::needed(encoding).then(Vec::new),
        begun: None,
        row: Vec::new(),
        checkpoint,
    })
}

struct PngSink<'a> {
    encoding: Encoding,
    shape: Shape,
    /// All rows so far, where they have to be there at once.
    held: Option<Vec<u8>>,
    /// What the first rows decide.
    begun: Option<Begun>,
    row: Vec<u8>,
    checkpoint: &'a Checkpoint,
}

pub(super) struct Begun {
    pub(super) layout: Layout,
    /// Whether it is worth looking for repetitions.
    pub(super) repeats: bool,
    pub(super) filtered: Filtered,
}

impl Sink for PngSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        self.checkpoint.check(Stage::Encode)?;
        let samples = band.planes.first().map_or(&[][..], |plane| &plane.samples);
        let shape = self.shape;
        if let Some(held) = &mut self.held {
            if held.is_empty() {
                held.reserve_exact(usize::try_from(shape.bytes()).unwrap_or_default());
            }
            held.extend_from_slice(samples);
            return Ok(());
        }
        if self.begun.is_none() {
            self.begun = Some(begin(samples, shape, self.encoding.kind, self.checkpoint)?);
        }
        let Some(begun) = &mut self.begun else {
            return Ok(());
        };
        for row in samples.chunks_exact(row_bytes(shape)) {
            self.checkpoint.check(Stage::Encode)?;
            begun.layout.convert(row, shape.model, &mut self.row);
            begun.filtered.push(&self.row);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let begun = match (self.begun, self.held) {
            (_, Some(held)) => held::begin(held, self.shape, self.encoding, self.checkpoint)?,
            (Some(begun), None) => begun,
            (None, None) => begin(&[], self.shape, self.encoding.kind, self.checkpoint)?,
        };
        let filtered = begun.filtered.bytes();
        let interlaced = self.encoding.interlaced;
        let mut file = opened(&header(self.shape, &begun.layout, 8, interlaced));
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
        let level = self.encoding.compression.map_or(LEVEL, i32::from);
        // Below the usual level a search that finds nothing makes larger files, and takes longer.
        let asked = self.encoding.compression.is_some() && level >= LEVEL;
        closed(file, |file| {
            if begun.repeats || asked {
                compress(filtered, level, self.checkpoint, file)
            } else {
                deflate::compress(filtered, self.checkpoint, file)
            }
        })
    }
}

pub(super) fn row_bytes(shape: Shape) -> usize {
    shape.width as usize * shape.model.channels() as usize
}

/// Decides layout, filters and the search by the first rows, which are all there are but where a picture comes in pieces.
fn begin(
    samples: &[u8],
    shape: Shape,
    kind: Kind,
    checkpoint: &Checkpoint,
) -> Result<Begun, Error> {
    let layout = if samples.len() as u64 == shape.bytes() {
        Layout::smallest(samples, shape.model, kind, checkpoint)?
    } else {
        Layout::plain(shape.model)
    };
    let (adaptive, repeats) = match layout {
        // Neighbours in a palette have nothing to do with each other.
        Layout::Palette(_) => (false, true),
        _ => suits(samples, shape, &layout, checkpoint)?,
    };
    let filtered = Filtered::new(
        layout.step(),
        layout.step() * shape.width as usize,
        shape.height as usize,
        adaptive,
    );
    Ok(Begun {
        layout,
        repeats,
        filtered,
    })
}

/// Whether filters make a sample of the picture smaller, and whether looking for repetitions does.
pub(super) fn suits(
    samples: &[u8],
    shape: Shape,
    layout: &Layout,
    checkpoint: &Checkpoint,
) -> Result<(bool, bool), Error> {
    let rows = samples.chunks_exact(row_bytes(shape));
    let row = layout.step() * shape.width as usize;
    let stretches = STRETCHES.min(rows.len()).max(1);
    let count = (SAMPLE / stretches / row).max(1);
    let mut ways = [false, true]
        .map(|adaptive| Filtered::new(layout.step(), row, count * stretches, adaptive));
    let mut converted = Vec::new();
    let between = rows.len() / stretches;
    for stretch in 0..stretches {
        let rows = rows.clone().skip(stretch * between + between / 2);
        for row in rows.take(count.min(between)) {
            layout.convert(row, shape.model, &mut converted);
            for way in &mut ways {
                way.push(&converted);
            }
        }
    }
    let mut room = Vec::new();
    let mut size = |way: &Filtered| {
        room.clear();
        compress(way.bytes(), QUICK, checkpoint, &mut room).map(|()| room.len())
    };
    let [none, adaptive] = &ways;
    let sizes = (size(none)?, size(adaptive)?);
    let (way, least) = if sizes.0 <= sizes.1 {
        (none, sizes.0)
    } else {
        (adaptive, sizes.1)
    };
    let stretch = way.bytes().len().div_ceil(stretches).max(1);
    let codes = deflate::size(way.bytes().chunks(stretch));
    let repeats = codes * 100 > least * (100 + CODES_COST);
    Ok((sizes.1 < sizes.0, repeats))
}

/// Eight bits, the colour type, the only methods there are, and whether it comes in passes.
pub(super) fn header(shape: Shape, layout: &Layout, bits: u8, interlaced: bool) -> Vec<u8> {
    let [width, height] = [shape.width, shape.height].map(u32::to_be_bytes);
    let rest = [bits, layout.colour_type(), 0, 0, u8::from(interlaced)];
    [&width[..], &height, &rest].concat()
}

/// A file as far as its header.
pub(super) fn opened(header: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", header);
    file
}

/// The file with its pixels, which `stream` appends where they will stay: behind room for their length and name.
pub(super) fn closed(
    mut file: Vec<u8>,
    stream: impl FnOnce(&mut Vec<u8>) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let start = file.len();
    file.resize(start + 8, 0);
    stream(&mut file)?;
    let length = file.len() - start - 8;
    seal(&mut file, start, *b"IDAT", length)?;
    chunk(&mut file, *b"IEND", &[]);
    file.shrink_to_fit();
    Ok(file)
}

/// A chunk whose content is at hand.
pub(super) fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
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
