//! Rows into an AVIF file: luma with chroma as the encoding has it, or alone, and alpha as a picture of its own.

use super::aom::Effort;
use super::chroma::{self, Separated};
use super::mux::{self, Parts};
use super::planes::Sample;
use super::tiling::{LEAST_SIDE, Tiling};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Encoding, Error, Model, Orientation, Shape, Sink};

/// libaom's speed where none is asked for.
const SPEED: u8 = 6;

/// Its slowest: those below gain a percent, and take up to twenty times as long.
const SLOWEST: u8 = 4;

/// Its quickest.
const QUICKEST: u8 = 9;

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(encoding: Encoding, model: Model) -> bool {
    model == encoding.planes() || !matches!(model, Model::YCbCr { .. } | Model::Cmyk)
}

/// Peak bytes: the rows, their planes, what libaom holds for a frame, which are pictures with borders and what it tries for
/// each block, and streams, which the file has again: for noise about two bytes a pixel.
pub(in crate::codecs) fn encode_bytes(encoding: Encoding, shape: Shape) -> u64 {
    let (_, tiling) = effort(encoding, shape);
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    let (width, height) = tiling.cell;
    let frame = u64::from(width).next_multiple_of(64) * u64::from(height).next_multiple_of(64);
    let streams = if shape.model.has_alpha() { 7 } else { 5 };
    // Both planes of chroma, of which four pixels share each sample in the usual way, have up to four times as many samples.
    let (across, down) = encoding.chroma;
    let more = 4 / u64::from(across * down) - 1;
    let pixel = FRAME_BYTES + more * CHROMA_BYTES;
    shape.bytes() * 2 + pixels * (streams + more * 2) + frame * pixel + LEAST_BYTES
}

/// Bytes of libaom for each pixel of a frame.
const FRAME_BYTES: u64 = 16;

/// And for half a sample more of chroma.
const CHROMA_BYTES: u64 = 6;

/// Bytes of its tables, and of its smallest frame.
const LEAST_BYTES: u64 = 4 << 20;

/// Starts an encode.
pub(in crate::codecs) fn create<'a>(
    encoding: Encoding,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Sink + 'a> {
    Box::new(AvifSink {
        encoding,
        shape,
        planes: vec![Vec::new(); shape.model.planes()],
        checkpoint,
    })
}

struct AvifSink<'a> {
    encoding: Encoding,
    shape: Shape,
    planes: Vec<Vec<u8>>,
    checkpoint: &'a Checkpoint,
}

impl Sink for AvifSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        let channels = self.shape.model.channels();
        for (all, plane) in self.planes.iter_mut().zip(&band.planes) {
            for row in plane.rows(channels) {
                self.checkpoint.check(Stage::Encode)?;
                all.extend_from_slice(row);
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let planes = std::mem::take(&mut self.planes);
        let separated = separated(self.encoding, self.shape, planes, self.checkpoint)?;
        written(self.encoding, self.shape, &separated, self.checkpoint)
    }
}

/// A file of those planes, in samples of the encoding's depth.
pub(super) fn written<S: Sample>(
    encoding: Encoding,
    shape: Shape,
    (colours, alpha): &Separated<S>,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let (effort, cells) = effort(encoding, shape);
    let planes = colours.each_ref().map(|plane| &plane[..]);
    let colour = cells.encode(planes, encoding, effort, checkpoint)?;
    // What hides nothing is left out.
    let opaque = S::nearest((1 << encoding.depth) - 1, encoding.depth);
    let alpha = if alpha.iter().any(|&alpha| alpha < opaque) {
        cells.encode([alpha, &[], &[]], encoding.of_greys(), effort, checkpoint)?
    } else {
        Vec::new()
    };
    checkpoint.check(Stage::Encode)?;
    let parts = Parts {
        width: shape.width,
        height: shape.height,
        columns: cells.columns,
        cell: cells.cell,
        colour: &colour,
        alpha: &alpha,
        profile: None,
        exif: None,
        xmp: None,
        turn: Orientation::default(),
    };
    mux::file(&parts).ok_or_else(|| Error::Internal("an AVIF file that is too long".to_owned()))
}

/// libaom's numbers for a quality of 1 to 100 and a speed, and the cells that nothing can stop its work within.
fn effort(encoding: Encoding, shape: Shape) -> (Effort, Tiling) {
    let missing = u32::from(100 - encoding.quality.min(100));
    let quantizer = (missing * 63 + 50) / 100;
    let narrow = shape.width.min(shape.height) < LEAST_SIDE;
    let slowest = if narrow { SPEED } else { SLOWEST };
    let speed = encoding.speed.unwrap_or(SPEED).clamp(slowest, QUICKEST);
    let effort = Effort {
        quantizer: u8::try_from(quantizer).unwrap_or(63),
        speed,
    };
    let side = if speed < SPEED { 512 } else { 1024 };
    let tiling = if narrow {
        Tiling::one(shape.width, shape.height)
    } else {
        Tiling::new(shape.width, shape.height, side)
    };
    (effort, tiling)
}

/// Luma and chroma, where there is some, and alpha, by themselves.
fn separated(
    encoding: Encoding,
    shape: Shape,
    planes: Vec<Vec<u8>>,
    checkpoint: &Checkpoint,
) -> Result<Separated<u8>, Error> {
    let rows = || Error::Internal("rows are missing".to_owned());
    let alone = match <[Vec<u8>; 3]>::try_from(planes) {
        Ok(planes) => return Ok((planes, Vec::new())),
        Err(mut planes) => planes.pop().ok_or_else(rows)?,
    };
    Ok(match shape.model {
        Model::GrayAlpha => {
            let (mut luma, mut alpha) = (Vec::new(), Vec::new());
            for row in alone.chunks(shape.width as usize * 2) {
                checkpoint.check(Stage::Encode)?;
                let (pixels, _) = row.as_chunks::<2>();
                luma.extend(pixels.iter().map(|[grey, _]| *grey));
                alpha.extend(pixels.iter().map(|[_, alpha]| *alpha));
            }
            ([luma, Vec::new(), Vec::new()], alpha)
        }
        Model::Rgb => {
            let (pixels, _) = alone.as_chunks::<3>();
            let opaque = |&[r, g, b]: &[u8; 3]| [r, g, b, u8::MAX];
            chroma::coloured(encoding, shape, pixels.iter().map(opaque), checkpoint)?
        }
        Model::Rgba => {
            let (pixels, _) = alone.as_chunks::<4>();
            chroma::coloured(encoding, shape, pixels.iter().copied(), checkpoint)?
        }
        _ => ([alone, Vec::new(), Vec::new()], Vec::new()),
    })
}
