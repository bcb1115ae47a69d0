//! Resampling of ink, and cutting of pixels: strips of rows through `fast_image_resize`, whose home this is.
//!
//! Lanczos with three lobes, the vertical pass first, strip by strip, on samples as they are. What is only
//! cut out is copied there, what lies behind alpha too.

use std::ops::Range;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::{PixelTrait, ResizeOptions, Resizer, pixels};

use super::Error;
use super::resample::Resampling;
use super::strip::{BAND_ROWS, Span};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Plane, Shape};

/// A picture on its way to its target size.
pub(super) struct StripScaler {
    channels: u32,
    source_width: u32,
    across: Span,
    down: Span,
    strip_rows: u32,
    /// Source rows `first..first + held`.
    samples: Vec<u8>,
    first: u32,
    held: u32,
    answer: Plane,
    done: u32,
}

impl StripScaler {
    pub(super) fn new(source: Shape, resampling: Resampling) -> Self {
        let channels = source.model.channels();
        let across = resampling.across(source.width);
        let down = resampling.down(source.height);
        let row_bytes = |width: u32| u64::from(width) * u64::from(channels);
        Self {
            channels,
            source_width: source.width,
            across,
            down,
            strip_rows: down.strip_rows(row_bytes(source.width), row_bytes(across.target)),
            samples: Vec::new(),
            first: 0,
            held: 0,
            answer: Plane::new(across.target, down.target, channels),
            done: 0,
        }
    }

    fn row_bytes(&self) -> usize {
        self.source_width as usize * self.channels as usize
    }

    /// Whether no further source row is of any use.
    ///
    /// When the part reaches the last row, the decoder is read to its end, so that it sees a broken end too.
    pub(super) fn satisfied(&self) -> bool {
        let whole = 0..self.answer.height;
        self.done == self.answer.height && self.down.needed(&whole).end < self.down.limit
    }

    /// Takes the rows of a band; a whole picture is moved, not copied.
    pub(super) fn take(&mut self, plane: &mut Plane) {
        if self.held == 0 && plane.height == self.down.limit {
            self.samples = std::mem::take(&mut plane.samples);
            self.held = plane.height;
            return;
        }
        let spare = self.samples.capacity() - self.samples.len();
        if spare < plane.samples.len() {
            // Doubling, as vectors do by themselves, would hold rows that are never used.
            self.samples.reserve_exact(self.room());
        }
        self.samples.extend_from_slice(&plane.samples);
        self.held += plane.height;
    }

    /// Bytes that are ever held: see `forget`.
    fn room(&self) -> usize {
        let strip = self.done..(self.done + self.strip_rows).min(self.answer.height);
        let needed = self.down.needed(&strip);
        (2 * (needed.end - needed.start) + 2 * BAND_ROWS) as usize * self.row_bytes()
    }

    /// Makes every strip whose source rows are there, then lets go of rows that no strip needs any more.
    pub(super) fn advance(
        &mut self,
        resizer: &mut Resizer,
        checkpoint: &Checkpoint,
    ) -> Result<(), Error> {
        let end = self.first + self.held;
        while self.done < self.answer.height {
            let rows = self.done..(self.done + self.strip_rows).min(self.answer.height);
            let needed = self.down.needed(&rows);
            if needed.end > end {
                break;
            }
            checkpoint.check(Stage::Resize)?;
            self.strip(&rows, &needed, resizer)?;
            self.done = rows.end;
        }
        self.forget(end);
        Ok(())
    }

    fn forget(&mut self, end: u32) {
        let keep = if self.done == self.answer.height {
            end
        } else {
            let next = self.done..(self.done + 1);
            self.down.needed(&next).start.min(end)
        };
        // Moving rows down costs, so it waits until it frees more than it moves.
        if keep - self.first > end - keep {
            let gone = (keep - self.first) as usize * self.row_bytes();
            self.samples.drain(..gone);
            self.first = keep;
            self.held = end - keep;
        }
    }

    /// Makes `rows` of the answer of the source rows `needed`, all of which are held.
    fn strip(
        &mut self,
        rows: &Range<u32>,
        needed: &Range<u32>,
        resizer: &mut Resizer,
    ) -> Result<(), Error> {
        let row_bytes = self.row_bytes();
        let skip = (needed.start - self.first) as usize * row_bytes;
        let count = (needed.end - needed.start) as usize * row_bytes;
        let source = self
            .samples
            .get(skip..skip + count)
            .ok_or_else(|| broken("source rows that were promised are gone"))?;
        let answer_row = self.answer.width as usize * self.channels as usize;
        let answer = self
            .answer
            .samples
            .get_mut(rows.start as usize * answer_row..rows.end as usize * answer_row)
            .ok_or_else(|| broken("a strip lies outside the answer"))?;

        let source_height = needed.end - needed.start;
        let covered = self.down.covered(rows);
        let (left, width) = inside(self.across.start, self.across.length, self.source_width);
        let (top, height) = inside(
            covered.start - f64::from(needed.start),
            covered.end - covered.start,
            source_height,
        );
        let options = ResizeOptions::new()
            .crop(left, top, width, height)
            .use_alpha(false);
        let mut scaled = Scaled {
            source,
            source_size: (self.source_width, source_height),
            answer,
            answer_size: (self.answer.width, rows.end - rows.start),
            options,
        };
        match self.channels {
            1 => scaled.by::<pixels::U8>(resizer),
            2 => scaled.by::<pixels::U8x2>(resizer),
            3 => scaled.by::<pixels::U8x3>(resizer),
            _ => scaled.by::<pixels::U8x4>(resizer),
        }
    }

    /// The answer, if all of it was made.
    pub(super) fn finish(self) -> Option<Plane> {
        (self.done == self.answer.height).then_some(self.answer)
    }
}

/// `length` from `start`, kept inside `0..=limit` in spite of rounding.
fn inside(start: f64, length: f64, limit: u32) -> (f64, f64) {
    let limit = f64::from(limit);
    let start = start.clamp(0.0, limit);
    let mut length = length.min(limit - start);
    while start + length > limit {
        length = length.next_down();
    }
    (start, length)
}

/// Rows of samples, and those that are made of them.
struct Scaled<'a> {
    source: &'a [u8],
    source_size: (u32, u32),
    answer: &'a mut [u8],
    answer_size: (u32, u32),
    options: ResizeOptions,
}

impl Scaled<'_> {
    /// For pixels that are known while this is compiled: asked by a value, the resampler brings the kernels of nine more
    /// kinds into the binary, 0.8 MB.
    fn by<P: PixelTrait>(&mut self, resizer: &mut Resizer) -> Result<(), Error> {
        let (width, height) = self.source_size;
        let source = TypedImageRef::<P>::from_buffer(width, height, self.source)
            .map_err(|error| broken(&error.to_string()))?;
        let (width, height) = self.answer_size;
        let mut answer = TypedImage::<P>::from_buffer(width, height, self.answer)
            .map_err(|error| broken(&error.to_string()))?;
        resizer
            .resize_typed(&source, &mut answer, &self.options)
            .map_err(|error| broken(&error.to_string()))
    }
}

fn broken(detail: &str) -> Error {
    Error::Internal(format!("resampling: {detail}"))
}
