//! Pictures to measure with, made here: the same on every machine.

use crate::checkpoint::Checkpoint;
use crate::codecs::{self, Encoding, Format, Model, Raster, Shape};

/// What a picture is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Motif {
    /// Its format, one that is written.
    pub format: Format,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// What it holds of colour.
    pub model: Model,
}

/// How cameras write.
const QUALITY: u8 = 88;

impl Motif {
    /// The file: soft shapes with edges in them, and grain, so that it is about as large as a photograph's.
    ///
    /// # Errors
    /// The format isn't written.
    pub fn file(self) -> Result<Vec<u8>, codecs::Error> {
        let shape = Shape {
            width: self.width,
            height: self.height,
            model: self.model,
        };
        let mut raster = Raster::new(shape);
        let channels = self.model.channels() as usize;
        let mut grain = 1_u32;
        for plane in &mut raster.planes {
            let stride = plane.stride.max(1);
            for (y, row) in plane.samples.chunks_mut(stride).enumerate() {
                for (index, sample) in row.iter_mut().enumerate() {
                    grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *sample = level((index / channels, y), index % channels, grain);
                }
            }
        }
        let encoding = Encoding::plain(self.format, QUALITY);
        let checkpoint = Checkpoint::new();
        let mut sink = codecs::create(encoding, shape, &checkpoint)?;
        sink.push(&raster)?;
        sink.finish()
    }
}

/// The channel's sample at that place; the fourth is alpha, which is nothing in a frame around each shape.
fn level((x, y): (usize, usize), channel: usize, grain: u32) -> u8 {
    if channel == 3 {
        return if wave(x, 470) < 8 { 0 } else { 255 };
    }
    // Each channel a little further on than the one before it.
    let soft = wave(x + channel * 40, 470) / 2 + wave(y, 610) / 2;
    let edge = if (x / 230 + y / 170).is_multiple_of(3) {
        40
    } else {
        0
    };
    let fine = wave(x + y, 23) / 16;
    let level = 20 + soft * 3 / 4 + edge + fine + (grain >> 28);
    u8::try_from(level).unwrap_or(u8::MAX)
}

/// From 0 to 200 and back, so many samples long: whole numbers alone.
fn wave(at: usize, length: usize) -> u32 {
    let at = at % length;
    let up = at.min(length - at) * 400 / length;
    u32::try_from(up).unwrap_or(0)
}
