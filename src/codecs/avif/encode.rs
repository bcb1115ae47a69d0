//! Rows into an AVIF file: colours as 4:2:0, or luma alone, and alpha as a picture of its own.

use super::aom::Effort;
use super::mux::{self, Parts};
use super::tiling::{LEAST_SIDE, Tiling};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Encoding, Error, Model, Orientation, Shape, Sink};

/// The planes that are written as they come.
const PLANES: Model = Model::YCbCr { across: 2, down: 2 };

/// libaom's speed where none is asked for.
const SPEED: u8 = 6;

/// Its slowest: those below gain a percent, and take up to twenty times as long.
const SLOWEST: u8 = 4;

/// Its quickest.
const QUICKEST: u8 = 9;

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(model: Model) -> bool {
    model == PLANES || !matches!(model, Model::YCbCr { .. } | Model::Cmyk)
}

/// Peak bytes: the rows, their planes, what libaom holds for a frame, which are pictures with borders and what it tries for
/// each block, and streams, which the file has again: for noise about two bytes a pixel.
pub(in crate::codecs) fn encode_bytes(encoding: Encoding, shape: Shape) -> u64 {
    let (_, tiling) = effort(encoding, shape);
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    let (width, height) = tiling.cell;
    let frame = u64::from(width).next_multiple_of(64) * u64::from(height).next_multiple_of(64);
    let streams = if shape.model.has_alpha() { 7 } else { 5 };
    shape.bytes() * 2 + pixels * streams + frame * FRAME_BYTES + LEAST_BYTES
}

/// Bytes of libaom for each pixel of a frame.
const FRAME_BYTES: u64 = 16;

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
        let shape = self.shape;
        let (effort, cells) = effort(self.encoding, shape);
        let planes = std::mem::take(&mut self.planes);
        let (colours, alpha) = separated(shape, planes, self.checkpoint)?;
        let [luma, blue, red] = &colours;
        let colour = cells.encode([luma, blue, red], effort, self.checkpoint)?;
        // What hides nothing is left out.
        let seen = alpha.iter().any(|&alpha| alpha < u8::MAX);
        let alpha = if seen {
            cells.encode([&alpha, &[], &[]], effort, self.checkpoint)?
        } else {
            Vec::new()
        };
        self.checkpoint.check(Stage::Encode)?;
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

type Separated = ([Vec<u8>; 3], Vec<u8>);

/// Luma and chroma, where there is some, and alpha, by themselves.
fn separated(
    shape: Shape,
    planes: Vec<Vec<u8>>,
    checkpoint: &Checkpoint,
) -> Result<Separated, Error> {
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
            coloured(shape, pixels.iter().map(opaque), checkpoint)?
        }
        Model::Rgba => {
            let (pixels, _) = alone.as_chunks::<4>();
            coloured(shape, pixels.iter().copied(), checkpoint)?
        }
        _ => ([alone, Vec::new(), Vec::new()], Vec::new()),
    })
}

/// Planes of R, G, B and alpha. Of the four pixels that share chroma each counts as far as it is seen.
fn coloured(
    shape: Shape,
    mut pixels: impl Iterator<Item = [u8; 4]>,
    checkpoint: &Checkpoint,
) -> Result<Separated, Error> {
    let width = shape.width as usize;
    let all = width * shape.height as usize;
    let [mut luma, mut blue, mut red, mut alpha] = [const { Vec::new() }; 4];
    luma.reserve_exact(all);
    alpha.reserve_exact(all);
    let mut pair: Vec<[u8; 4]> = Vec::with_capacity(width * 2);
    for _ in 0..shape.height.div_ceil(2) {
        checkpoint.check(Stage::Encode)?;
        pair.clear();
        pair.extend(pixels.by_ref().take(width * 2));
        luma.extend(pair.iter().map(|&[r, g, b, _]| {
            let [r, g, b] = [r, g, b].map(i32::from);
            sample(fixed(0.299) * r + fixed(0.587) * g + fixed(0.114) * b)
        }));
        alpha.extend(pair.iter().map(|&[.., alpha]| alpha));
        let (upper, lower) = pair.split_at(width.min(pair.len()));
        // The last row may be alone.
        let lower = if lower.is_empty() { upper } else { lower };
        for (upper, lower) in upper.chunks(2).zip(lower.chunks(2)) {
            let [r, g, b] = mean(upper.iter().chain(lower));
            let middle = 128 << BITS;
            blue.push(sample(
                middle + fixed(0.5) * b - fixed(0.168_736) * r - fixed(0.331_264) * g,
            ));
            red.push(sample(
                middle + fixed(0.5) * r - fixed(0.418_688) * g - fixed(0.081_312) * b,
            ));
        }
    }
    Ok(([luma, blue, red], alpha))
}

/// The mean colour of some pixels, by how far they are seen, or of all alike where none is.
fn mean<'a>(pixels: impl Iterator<Item = &'a [u8; 4]> + Clone) -> [i32; 3] {
    let seen: i32 = pixels.clone().map(|&[.., alpha]| i32::from(alpha)).sum();
    let mut sums = [0; 3];
    let mut weights = 0;
    for &[r, g, b, alpha] in pixels {
        let weight = if seen > 0 { i32::from(alpha) } else { 1 };
        weights += weight;
        for (sum, colour) in sums.iter_mut().zip([r, g, b]) {
            *sum += i32::from(colour) * weight;
        }
    }
    sums.map(|sum| (sum + weights / 2) / weights.max(1))
}

/// Fractional bits of the factors.
const BITS: u32 = 16;

/// A factor in fixed point.
#[expect(clippy::cast_possible_truncation, reason = "factors are below 2")]
const fn fixed(factor: f64) -> i32 {
    (factor * (1 << BITS) as f64 + 0.5) as i32
}

fn sample(value: i32) -> u8 {
    let rounded = (value + (1 << (BITS - 1))) >> BITS;
    u8::try_from(rounded.clamp(0, 255)).unwrap_or(u8::MAX)
}
