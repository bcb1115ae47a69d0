//! Frames of an animated WebP file on their canvas.

use super::decode::{broken, finished};
use super::incremental::Incremental;
use super::probe::{Stored, Walk};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::animation::{Area, Canvas, Frame, Frames};
use crate::codecs::{Error, Header, Model, Rows, Shape};

/// Peak bytes of a decode of all frames: the canvas, one frame, and what libwebp holds for it, which is all of ARGB where it is lossless.
pub(in crate::codecs) fn frames_bytes(header: &Header) -> u64 {
    let pixels = u64::from(header.width) * u64::from(header.height);
    pixels * 13 + u64::from(header.width) * 256 + (1 << 20)
}

/// Starts a decode of all frames.
pub(in crate::codecs) fn frames<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Frames + 'a> {
    Box::new(WebPFrames {
        walk: Walk::new(bytes),
        size: (header.width, header.height),
        canvas: Canvas::new(header.width, header.height),
        checkpoint,
    })
}

struct WebPFrames<'a> {
    walk: Walk<'a>,
    size: (u32, u32),
    canvas: Canvas,
    checkpoint: &'a Checkpoint,
}

impl Frames for WebPFrames<'_> {
    fn next(&mut self) -> Result<Option<Frame>, Error> {
        self.checkpoint.check(Stage::Decode)?;
        let Some(stored) = self.walk.next() else {
            return Ok(None);
        };
        let Stored { area, .. } = stored;
        if area.within(self.size.0, self.size.1) != area {
            return Err(broken("a frame lies outside its canvas"));
        }
        let changed = self.canvas.begin(area, stored.disposal);
        let shape = Shape {
            width: area.width,
            height: area.height,
            model: Model::Rgba,
        };
        let samples = finished(Incremental::new(stored.file, shape)?, self.checkpoint)?;
        self.draw(area, &samples, stored.blends)?;
        Ok(Some(Frame {
            changed,
            milliseconds: stored.milliseconds,
        }))
    }

    fn rows(&self) -> Box<dyn Rows + '_> {
        self.canvas.rows()
    }
}

impl WebPFrames<'_> {
    fn draw(&mut self, area: Area, samples: &[u8], blends: bool) -> Result<(), Error> {
        let rows = samples.chunks_exact(area.width as usize * 4);
        for (y, row) in (0..area.height).zip(rows) {
            self.checkpoint.check(Stage::Decode)?;
            self.canvas.draw(area, y, row, blends);
        }
        Ok(())
    }
}
