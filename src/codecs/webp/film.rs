//! Frames into an animated WebP file: each is a still picture of what changes, and stands for all that was there.

use super::encode;
use super::probe;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::animation::{Area, Cel, Cels, Film, FrameSink, differing_area, part};
use crate::codecs::{Encoding, Error, Raster, Shape};

/// Bits of the first chunk.
const ANIMATION: u8 = 1 << 1;
const ALPHA: u8 = 1 << 4;

/// A frame takes the place of what is below it.
const REPLACES: u8 = 1 << 1;

/// Bytes of RIFF's head, and of the chunk that a still picture with alpha begins with.
const RIFF: usize = 12;
const FIRST: usize = 18;

/// The longest time that there is room for, in milliseconds.
const LONGEST: u64 = (1 << 24) - 1;

/// Peak bytes: the pictures before and after the one that is written, the part of it that changes, what libwebp takes for that, and the file so far.
pub(in crate::codecs) fn animate_bytes(encoding: Encoding, shape: Shape, frames: u32) -> u64 {
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    // Noise, and a vector that grows.
    let file = pixels * if encoding.lossless { 12 } else { 9 } + 4096;
    shape.bytes() * (Film::HELD + 1)
        + encode::encode_bytes(encoding, shape)
        + file.saturating_mul(u64::from(frames))
}

/// Starts an encode of frames.
pub(in crate::codecs) fn animate<'a>(
    encoding: Encoding,
    shape: Shape,
    plays: u32,
    checkpoint: &'a Checkpoint,
) -> Box<dyn FrameSink + 'a> {
    let mut file = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0".to_vec();
    file.extend([ANIMATION, 0, 0, 0]);
    for side in [shape.width, shape.height] {
        file.extend(low(side.saturating_sub(1)));
    }
    file.extend(b"ANIM\x06\0\0\0\0\0\0\0");
    let plays = u16::try_from(plays).unwrap_or(u16::MAX);
    file.extend(plays.to_le_bytes());
    Box::new(Film::new(Box::new(WebPCels {
        encoding,
        shape,
        file,
        checkpoint,
    })))
}

struct WebPCels<'a> {
    encoding: Encoding,
    shape: Shape,
    file: Vec<u8>,
    checkpoint: &'a Checkpoint,
}

impl Cels for WebPCels<'_> {
    fn write(&mut self, cel: &Cel<'_>) -> Result<(), Error> {
        let Shape { width, height, .. } = self.shape;
        let area = match cel.before {
            None => Area::whole(width, height),
            Some(before) => even(differing_area(before, cel.picture, self.checkpoint)?),
        };
        let still = self.still(cel.picture, area)?;
        let chunks = still.get(RIFF..).unwrap_or_default();
        let alpha = probe(&still).is_ok_and(|header| header.has_alpha());
        if let Some(flags) = self.file.get_mut(RIFF + 8).filter(|_| alpha) {
            *flags |= ALPHA;
        }
        let picture = match chunks.strip_prefix(b"VP8X") {
            Some(_) => chunks.get(FIRST..).unwrap_or_default(),
            None => chunks,
        };
        let length = u32::try_from(picture.len() + 16).unwrap_or(u32::MAX);
        self.file.extend(b"ANMF");
        self.file.extend(length.to_le_bytes());
        let time = u32::try_from(cel.milliseconds.min(LONGEST)).unwrap_or_default();
        for number in [
            area.left / 2,
            area.top / 2,
            area.width - 1,
            area.height - 1,
            time,
        ] {
            self.file.extend(low(number));
        }
        self.file.push(REPLACES);
        self.file.extend_from_slice(picture);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        let mut file = self.file;
        let size = u32::try_from(file.len().saturating_sub(8)).map_err(|_too_long| {
            Error::Internal("a WebP file longer than it can say".to_owned())
        })?;
        if let Some(room) = file.get_mut(4..8) {
            room.copy_from_slice(&size.to_le_bytes());
        }
        file.shrink_to_fit();
        Ok(file)
    }
}

impl WebPCels<'_> {
    /// A part of a picture as a file.
    fn still(&self, picture: &Raster, area: Area) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let part = part(picture, area);
        let mut sink = encode::create(self.encoding, part.shape(), self.checkpoint);
        sink.push(&part)?;
        drop(part);
        sink.finish()
    }
}

/// The area with even corners, which are all that can be said.
fn even(area: Area) -> Area {
    let (left, top) = (area.left & 1, area.top & 1);
    Area {
        left: area.left - left,
        top: area.top - top,
        width: area.width + left,
        height: area.height + top,
    }
}

/// The low 24 bits.
fn low(number: u32) -> impl Iterator<Item = u8> {
    number.to_le_bytes().into_iter().take(3)
}
