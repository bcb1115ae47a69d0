//! Pictures into a GIF file: one, or what changes from each of an animation to the next.
//!
//! A pixel is seen or not; half of its alpha decides. In an animation, what doesn't change is left transparent, so
//! that what was mixed of a few colours once stays as it was.

use super::write::{Timing, Writer};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::animation::{Area, Cel, Cels, Disposal, Film, FrameSink, differing, rows};
use crate::codecs::palette;
use crate::codecs::samples::pixels;
use crate::codecs::{Band, Encoding, Error, Model, Raster, Shape, Sink};

/// The least alpha that is seen.
const SEEN: u8 = 128;

/// Peak bytes of an encode: the rows, what of them is seen, and the larger of what finding colours takes, and codes.
pub(in crate::codecs) fn encode_bytes(shape: Shape) -> u64 {
    shape.bytes() + frame_bytes(shape) + file_bytes(shape)
}

/// The same of an animation of so many frames: the file so far, and the pictures before and after the one that is written.
pub(in crate::codecs) fn animate_bytes(shape: Shape, frames: u32) -> u64 {
    let file = file_bytes(shape).saturating_mul(u64::from(frames));
    shape.bytes() * Film::HELD + frame_bytes(shape) + file
}

/// What is held of a frame while it is written.
fn frame_bytes(shape: Shape) -> u64 {
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    let cut_out = Shape {
        model: Model::Rgba,
        ..shape
    };
    pixels * 5 + palette::bytes(cut_out) + (256 << 10)
}

/// Bytes of a frame in the file: of noise each pixel is a code of up to 12 bits; and a vector that grows is there twice.
fn file_bytes(shape: Shape) -> u64 {
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    pixels * 9 / 2 + 4096
}

/// Starts an encode of one picture.
pub(in crate::codecs) fn create<'a>(
    encoding: Encoding,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Sink + 'a> {
    Box::new(GifSink {
        encoding,
        shape,
        samples: Vec::new(),
        checkpoint,
    })
}

struct GifSink<'a> {
    encoding: Encoding,
    shape: Shape,
    /// All rows so far.
    samples: Vec<u8>,
    checkpoint: &'a Checkpoint,
}

impl Sink for GifSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        self.checkpoint.check(Stage::Encode)?;
        if self.samples.is_empty() {
            let all = usize::try_from(self.shape.bytes()).unwrap_or_default();
            self.samples.reserve_exact(all);
        }
        for plane in &band.planes {
            self.samples.extend_from_slice(&plane.samples);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        let Self {
            encoding,
            shape,
            samples,
            checkpoint,
        } = *self;
        if samples.len() as u64 != shape.bytes() {
            return Err(Error::Internal("rows are missing".to_owned()));
        }
        let picture = Raster::interleaved(shape, samples);
        let area = Area::whole(shape.width, shape.height);
        let seen = cut_out(&picture, None, Area::default(), area, checkpoint)?;
        drop(picture);
        let indexed = palette::cut_out(shape.width, &seen, false, encoding.quality, checkpoint)?;
        drop(seen);
        let mut writer = Writer::new(shape.width, shape.height, encoding.interlaced);
        writer.begin(&indexed, 1);
        writer.frame(area, &indexed, None, checkpoint)?;
        Ok(writer.finish())
    }
}

/// Starts an encode of frames.
pub(in crate::codecs) fn animate<'a>(
    encoding: Encoding,
    shape: Shape,
    plays: u32,
    checkpoint: &'a Checkpoint,
) -> Box<dyn FrameSink + 'a> {
    Box::new(Film::new(Box::new(GifCels {
        quality: encoding.quality,
        shape,
        plays,
        writer: Writer::new(shape.width, shape.height, encoding.interlaced),
        cleared: Area::default(),
        checkpoint,
    })))
}

struct GifCels<'a> {
    quality: u8,
    shape: Shape,
    plays: u32,
    writer: Writer,
    /// What the last frame leaves transparent.
    cleared: Area,
    checkpoint: &'a Checkpoint,
}

impl Cels for GifCels<'_> {
    fn write(&mut self, cel: &Cel<'_>) -> Result<(), Error> {
        let Shape { width, height, .. } = self.shape;
        let (mut area, disposal) = self.place(cel)?;
        if self.writer.is_empty() {
            area = Area::whole(width, height);
        } else if area.is_empty() {
            // It has to be shown for its time, though nothing of what changes is seen.
            area = Area::whole(1, 1);
        }
        let seen = cut_out(cel.picture, cel.before, self.cleared, area, self.checkpoint)?;
        // Where a frame has no transparent number, some viewers clear its area to a colour.
        let clears = disposal == Disposal::Clear;
        let indexed = palette::cut_out(area.width, &seen, clears, self.quality, self.checkpoint)?;
        drop(seen);
        let alone = cel.before.is_none() && cel.after.is_none();
        if self.writer.is_empty() {
            self.writer
                .begin(&indexed, if alone { 1 } else { self.plays });
        }
        let timing = Timing {
            milliseconds: cel.milliseconds,
            disposal,
        };
        let timing = (!alone).then_some(timing);
        self.writer.frame(area, &indexed, timing, self.checkpoint)?;
        self.cleared = match disposal {
            Disposal::Clear => area,
            _ => Area::default(),
        };
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        Ok(self.writer.finish())
    }
}

impl GifCels<'_> {
    /// The area that has to be drawn, and what becomes of it: nothing can be drawn that is transparent, so what goes away
    /// after this frame has to be in an area that is cleared then.
    fn place(&self, cel: &Cel<'_>) -> Result<(Area, Disposal), Error> {
        let (mut changed, mut goes) = (Area::default(), Area::default());
        let mut here_rows = rows(cel.picture);
        let mut before = cel.before.map(rows);
        let mut after = cel.after.map(rows);
        for y in 0.. {
            let Some(row) = here_rows.next() else { break };
            self.checkpoint.check(Stage::Encode)?;
            let before = before.as_mut().and_then(Iterator::next);
            let after = after.as_mut().and_then(Iterator::next);
            let model = cel.picture.model;
            let here = pixels(row, model).map(seen);
            if let Some(before) = before {
                let shown = (0..).zip(pixels(before, model).map(seen));
                let shown = shown.map(|(x, pixel)| self.left(x, y, pixel));
                changed = changed.with(differing(y, here.clone().zip(shown), |(a, b)| a != b));
            } else {
                let opaque = |&pixel: &[u8; 4]| pixel != [0; 4];
                changed = changed.with(differing(y, here.clone(), |pixel| opaque(&pixel)));
            }
            if let Some(after) = after {
                let next = pixels(after, model).map(seen);
                let gone = |(now, next): ([u8; 4], [u8; 4])| now != next && next == [0; 4];
                goes = goes.with(differing(y, here.zip(next), gone));
            }
        }
        Ok(if goes.is_empty() {
            (changed, Disposal::Keep)
        } else {
            (changed.with(goes), Disposal::Clear)
        })
    }

    /// What the last frame's disposal leaves of a pixel.
    fn left(&self, x: u32, y: u32, pixel: [u8; 4]) -> [u8; 4] {
        if self.cleared.holds(x, y) {
            [0; 4]
        } else {
            pixel
        }
    }
}

/// The pixels of an area that are to be drawn: what is seen and isn't there yet. All others are transparent.
fn cut_out(
    picture: &Raster,
    before: Option<&Raster>,
    cleared: Area,
    area: Area,
    checkpoint: &Checkpoint,
) -> Result<Vec<[u8; 4]>, Error> {
    let mut drawn = Vec::with_capacity(area.width as usize * area.height as usize);
    let (left, width) = (area.left as usize, area.width as usize);
    let mut before = before.map(|before| rows(before).skip(area.top as usize));
    let here_rows = rows(picture).skip(area.top as usize);
    for (y, row) in (area.top..area.top + area.height).zip(here_rows) {
        checkpoint.check(Stage::Encode)?;
        let here = pixels(row, picture.model).skip(left).take(width).map(seen);
        match before.as_mut().and_then(Iterator::next) {
            None => drawn.extend(here),
            Some(before) => {
                let there = pixels(before, picture.model).skip(left).map(seen);
                let pairs = (area.left..).zip(here.zip(there));
                drawn.extend(pairs.map(|(x, (here, there))| {
                    let stays = here == there && !cleared.holds(x, y);
                    if stays { [0; 4] } else { here }
                }));
            }
        }
    }
    Ok(drawn)
}

/// A pixel as a viewer shows it: as it is, or not at all.
fn seen([r, g, b, alpha]: [u8; 4]) -> [u8; 4] {
    if alpha < SEEN { [0; 4] } else { [r, g, b, 255] }
}
