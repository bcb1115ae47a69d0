//! Frames into an APNG: each is the part that changes, and stands for all that was there.

use super::deflate;
use super::encode::{chunk, header, opened, suits};
use super::filter::Filtered;
use super::layout::Layout;
use super::pieces::compress;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::animation::{Area, Cel, Cels, Film, FrameSink, differing_area, part};
use crate::codecs::{Encoding, Error, Raster, Shape};

/// Bytes of the signature and the header's chunk, before that which counts frames.
const HEAD: usize = 8 + 25;

/// Peak bytes: the pictures before and after the one that is written, the part of it that changes, that filtered and packed, and the file so far.
pub(in crate::codecs) fn animate_bytes(shape: Shape, frames: u32) -> u64 {
    let filtered = shape.bytes() + u64::from(shape.height) * 2;
    // A vector that grows is there twice.
    let file = (filtered + filtered / 64) * 5 / 2 + 4096;
    shape.bytes() * (Film::HELD + 1)
        + filtered * 2
        + filtered / 64
        + file.saturating_mul(u64::from(frames))
        + (2 << 20)
}

/// Starts an encode of frames. They have no palette, and come in one pass.
pub(in crate::codecs) fn animate<'a>(
    encoding: Encoding,
    shape: Shape,
    plays: u32,
    checkpoint: &'a Checkpoint,
) -> Box<dyn FrameSink + 'a> {
    let layout = Layout::plain(shape.model);
    let mut file = opened(&header(shape, &layout, 8, false));
    // How many frames there are is known at the end.
    chunk(&mut file, *b"acTL", &[0; 8]);
    Box::new(Film::new(Box::new(PngCels {
        level: encoding.compression.map(i32::from),
        shape,
        layout,
        suited: None,
        plays,
        frames: 0,
        sequence: 0,
        file,
        checkpoint,
    })))
}

struct PngCels<'a> {
    level: Option<i32>,
    shape: Shape,
    layout: Layout,
    /// Whether filters and a search for repetitions are worth it, as the first frame has it.
    suited: Option<(bool, bool)>,
    plays: u32,
    frames: u32,
    /// The number of the next chunk of those that are counted.
    sequence: u32,
    file: Vec<u8>,
    checkpoint: &'a Checkpoint,
}

impl Cels for PngCels<'_> {
    fn write(&mut self, cel: &Cel<'_>) -> Result<(), Error> {
        let Shape { width, height, .. } = self.shape;
        let area = match cel.before {
            None => Area::whole(width, height),
            Some(before) => differing_area(before, cel.picture, self.checkpoint)?,
        };
        let mut control = self.next().to_vec();
        for number in [area.width, area.height, area.left, area.top] {
            control.extend(number.to_be_bytes());
        }
        control.extend(time(cel.milliseconds));
        // It stays, and takes the place of what is below it.
        control.extend([0, 0]);
        chunk(&mut self.file, *b"fcTL", &control);
        let first = self.frames == 0;
        let mut content = if first {
            Vec::new()
        } else {
            self.next().to_vec()
        };
        self.packed(&part(cel.picture, area), &mut content)?;
        let kind = if first { *b"IDAT" } else { *b"fdAT" };
        if i32::try_from(content.len()).is_err() {
            let detail = "a PNG stream longer than a chunk can be".to_owned();
            return Err(Error::Internal(detail));
        }
        chunk(&mut self.file, kind, &content);
        self.frames += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        let mut file = self.file;
        let mut counts = Vec::new();
        let numbers = [self.frames, self.plays].map(u32::to_be_bytes);
        chunk(&mut counts, *b"acTL", numbers.as_flattened());
        if let Some(room) = file.get_mut(HEAD..HEAD + counts.len()) {
            room.copy_from_slice(&counts);
        }
        chunk(&mut file, *b"IEND", &[]);
        file.shrink_to_fit();
        Ok(file)
    }
}

impl PngCels<'_> {
    /// The number of a chunk.
    fn next(&mut self) -> [u8; 4] {
        let number = self.sequence.to_be_bytes();
        self.sequence += 1;
        number
    }

    /// Appends a part, filtered and packed.
    fn packed(&mut self, part: &Raster, out: &mut Vec<u8>) -> Result<(), Error> {
        let shape = part.shape();
        let samples = part.planes.first().map_or(&[][..], |plane| &plane.samples);
        let (adaptive, repeats) = match self.suited {
            Some(suited) => suited,
            None => suits(samples, shape, &self.layout, self.checkpoint)?,
        };
        self.suited = Some((adaptive, repeats));
        let step = self.layout.step();
        let row = step * shape.width as usize;
        let mut filtered = Filtered::new(step, row, shape.height as usize, adaptive);
        for row in samples.chunks_exact(row.max(1)) {
            self.checkpoint.check(Stage::Encode)?;
            filtered.push(row);
        }
        match self.level {
            Some(level) => compress(filtered.bytes(), level, self.checkpoint, out),
            None if repeats => {
                compress(filtered.bytes(), super::encode::LEVEL, self.checkpoint, out)
            }
            None => deflate::compress(filtered.bytes(), self.checkpoint, out),
        }
    }
}

/// A time as two numbers, of which the second divides the first: milliseconds, or seconds where it is long.
fn time(milliseconds: u64) -> impl Iterator<Item = u8> {
    let (number, parts) = match u16::try_from(milliseconds) {
        Ok(number) => (number, 1000_u16),
        Err(_) => (
            u16::try_from((milliseconds + 500) / 1000).unwrap_or(u16::MAX),
            1,
        ),
    };
    [number.to_be_bytes(), parts.to_be_bytes()]
        .into_iter()
        .flatten()
}
