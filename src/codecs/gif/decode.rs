//! Frames of a GIF file on their canvas.

use super::blocks::{Stored, Walk};
use super::codes::Codes;
use super::{broken, order};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::animation::{Canvas, Disposal, Frame, Frames};
use crate::codecs::{Error, Header, Rows, whole};

/// A row, and the table of codes.
const STATE_BYTES: u64 = 256 << 10;

/// Peak bytes of a decode of the first frame.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    header.model.bytes(header.width, header.height) + STATE_BYTES
}

/// Peak bytes of a decode of all frames: the canvas, and what a frame wants back on it.
pub(in crate::codecs) fn frames_bytes(header: &Header) -> u64 {
    Canvas::bytes(header.width, header.height) + STATE_BYTES
}

/// Prepares a decode of the first frame; the work is done when the first rows are asked for.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    let shape = header.shape();
    whole::rows(shape, checkpoint, move || {
        let mut frames = GifFrames::new(bytes, checkpoint)?;
        // What becomes of it later makes no difference.
        frames.step(Some(Disposal::Keep))?;
        Ok(frames.canvas.into_samples())
    })
}

/// Starts a decode of all frames.
pub(in crate::codecs) fn frames<'a>(
    bytes: &'a [u8],
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Frames + 'a>, Error> {
    Ok(Box::new(GifFrames::new(bytes, checkpoint)?))
}

struct GifFrames<'a> {
    walk: Walk<'a>,
    canvas: Canvas,
    /// The numbers of a row's pixels.
    row: Vec<u8>,
    checkpoint: &'a Checkpoint,
}

impl<'a> GifFrames<'a> {
    fn new(bytes: &'a [u8], checkpoint: &'a Checkpoint) -> Result<Self, Error> {
        let walk = Walk::new(bytes)?;
        Ok(Self {
            canvas: Canvas::new(walk.width, walk.height),
            walk,
            row: Vec::new(),
            checkpoint,
        })
    }

    /// The next frame, with its own disposal or another.
    fn step(&mut self, disposal: Option<Disposal>) -> Result<Option<Frame>, Error> {
        self.checkpoint.check(Stage::Decode)?;
        let Some(stored) = self.walk.next()? else {
            return Ok(None);
        };
        let changed = self
            .canvas
            .begin(stored.area, disposal.unwrap_or(stored.disposal));
        self.draw(&stored)?;
        Ok(Some(Frame {
            changed,
            milliseconds: stored.milliseconds,
        }))
    }

    fn draw(&mut self, stored: &Stored<'_>) -> Result<(), Error> {
        let Stored { area, palette, .. } = *stored;
        if area.is_empty() {
            return Ok(());
        }
        if palette.is_empty() {
            return Err(broken("pixels", "it has no palette"));
        }
        let seen = area.within(self.walk.width, self.walk.height);
        let (colours, _) = palette.as_chunks::<3>();
        let mut codes = Codes::new(stored.data.clone(), self.checkpoint)?;
        self.row.resize(area.width as usize, 0);
        for y in order(area.height as usize, stored.interlaced) {
            self.checkpoint.check(Stage::Decode)?;
            codes.fill(&mut self.row)?;
            let Some(y) = u32::try_from(y).ok().filter(|&y| y < seen.height) else {
                continue;
            };
            let (pixels, _) = self.canvas.row(seen, y).as_chunks_mut::<4>();
            for (pixel, number) in pixels.iter_mut().zip(&self.row) {
                if stored.transparent == Some(*number) {
                    continue;
                }
                // A number without a colour leaves the canvas as it is, too.
                if let Some([r, g, b]) = colours.get(usize::from(*number)) {
                    *pixel = [*r, *g, *b, 255];
                }
            }
        }
        Ok(())
    }
}

impl Frames for GifFrames<'_> {
    fn next(&mut self) -> Result<Option<Frame>, Error> {
        self.step(None)
    }

    fn rows(&self) -> Box<dyn Rows + '_> {
        self.canvas.rows()
    }
}
