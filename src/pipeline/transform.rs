//! Resampling of ink by `fast_image_resize`, whose home this is, and cutting of pixels: strips of rows.
//!
//! Lanczos with three lobes, the vertical pass first, strip by strip, on samples as they are. What is only
//! cut out is copied there, what lies behind alpha too.

use std::ops::Range;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::{ResizeOptions, Resizer, pixels};

use super::Error;
use super::resample::Resampling;
use super::strip::{BAND_ROWS, Span};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Plane, Shape};

/// A picture on its way to its target size.
pub(super) struct StripScaler {
    channels: u32,
    is_a_cut: bool,
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
            is_a_cut: resampling.is_a_cut(),
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
        if self.is_a_cut {
            let source = source.chunks_exact(row_bytes);
            let answer = answer.chunks_exact_mut(answer_row);
            return cut(source, (left, top), self.channels, answer);
        }
        let options = ResizeOptions::new()
            .crop(left, top, width, height)
            .use_alpha(false);
        let source_size = (self.source_width, source_height);
        let answer_size = (self.answer.width, rows.end - rows.start);
        mixed(
            (source, source_size),
            (answer, answer_size),
            resizer,
            &options,
        )
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

/// Copies what lies at a place, which is a pixel's corner: each pixel of the answer is one of the source's.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "inside the source"
)]
fn cut<'a>(
    source: impl Iterator<Item = &'a [u8]>,
    (left, top): (f64, f64),
    channels: u32,
    answer: impl Iterator<Item = &'a mut [u8]>,
) -> Result<(), Error> {
    let left = left as usize * channels as usize;
    for (made, row) in answer.zip(source.skip(top as usize)) {
        let kept = row.get(left..left + made.len());
        made.copy_from_slice(kept.ok_or_else(|| broken("a cut lies outside the source"))?);
    }
    Ok(())
}

/// Rows of pixels, and how many of how many there are.
type Rows<T> = (T, (u32, u32));

/// Mixes ink. What else is mixed has a kernel of its own, and no other kind of pixel than this one's gets into the binary.
fn mixed(
    (source, (width, height)): Rows<&[u8]>,
    (answer, (made_width, made_height)): Rows<&mut [u8]>,
    resizer: &mut Resizer,
    options: &ResizeOptions,
) -> Result<(), Error> {
    let told = |error: &dyn std::fmt::Display| broken(&error.to_string());
    let source = TypedImageRef::<pixels::U8x4>::from_buffer(width, height, source);
    let source = source.map_err(|error| told(&error))?;
    let answer = TypedImage::<pixels::U8x4>::from_buffer(made_width, made_height, answer);
    let mut answer = answer.map_err(|error| told(&error))?;
    let done = resizer.resize_typed(&source, &mut answer, options);
    done.map_err(|error| told(&error))
}

fn broken(detail: &str) -> Error {
    Error::Internal(format!("resampling: {detail}"))
}
