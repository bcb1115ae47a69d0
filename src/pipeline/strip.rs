//! Strips: which source rows a few rows of the answer are made of.
//!
//! The resampler works strip by strip, so that a picture that arrives in rows
//! never has to be held whole, and so that work can stop between strips. The
//! strips depend on sizes alone; the same plan always gives the same ones.

use std::ops::Range;

use super::filter::GAUSS_REACH;
use super::geometry::Window;
use crate::codecs::Shape;

/// Lanczos with three lobes reaches three target pixels to either side.
const LOBES: f64 = 3.0;

/// Source bytes that one strip should look at: small enough for a core's share of
/// the cache, large enough that the filter's weights, made anew for each strip,
/// cost little beside it.
const STRIP_BYTES: u64 = 4 << 20;

/// Rows of the answer in a strip, at least.
const LEAST_ROWS: u32 = 16;

/// Rows asked of a decoder at once.
pub(super) const BAND_ROWS: u32 = 64;

/// One direction of a resampling: `length` pixels from `start` become `target` pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Where the part begins in the source.
    pub(super) start: f64,
    /// How much of the source it is.
    pub(super) length: f64,
    /// Pixels of the source.
    pub(super) limit: u32,
    /// Pixels of the answer, at least 1.
    pub(super) target: u32,
    /// Of a Gaussian in the place of Lanczos, in pixels, where as many come out as go in; 0 is none.
    pub(super) deviation: f64,
}

impl Span {
    fn scale(self) -> f64 {
        self.length / f64::from(self.target)
    }

    /// Source pixels that the filter reaches to either side.
    pub(super) fn reach(self) -> f64 {
        if self.deviation > 0.0 {
            return GAUSS_REACH * self.deviation + 0.5;
        }
        LOBES * self.scale().max(1.0)
    }

    /// Weights of a pixel, at most.
    pub(super) fn weights(self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "pixels of a picture's side, rounded up"
        )]
        let weights = (2.0 * self.reach()).ceil() as u64;
        weights
    }

    /// The part of the source that these rows of the answer cover, without the filter's reach.
    pub(super) fn covered(self, rows: &Range<u32>) -> Range<f64> {
        let at = |row: u32| self.start + f64::from(row) * self.scale();
        at(rows.start)..at(rows.end)
    }

    /// The source rows that these rows of the answer are made of.
    pub(super) fn needed(self, rows: &Range<u32>) -> Range<u32> {
        let covered = self.covered(rows);
        // One row more on either side keeps rounding out of the question.
        let first = (covered.start - self.reach()).floor() - 1.0;
        let last = (covered.end + self.reach()).ceil() + 1.0;
        let limit = f64::from(self.limit);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the rows of a picture"
        )]
        let row = |at: f64| at.clamp(0.0, limit) as u32;
        row(first)..row(last)
    }

    /// How many rows of the answer make a strip, when a source row and one of the answer have so many bytes.
    pub(super) fn strip_rows(self, row_bytes: u64, answer_bytes: u64) -> u32 {
        let rows = STRIP_BYTES as f64 / row_bytes.max(1) as f64;
        let fit = (rows - 2.0 * self.reach()) / self.scale();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a float saturates, and the result is clamped"
        )]
        let fit = fit as u32;
        // One source row may become many.
        let made = u32::try_from(STRIP_BYTES / answer_bytes.max(1)).unwrap_or(u32::MAX);
        fit.min(made).max(LEAST_ROWS).min(self.target)
    }
}

/// Bytes that resampling holds besides the answer: source rows, and the filter's own buffers.
pub(super) fn peak_bytes(source: Shape, window: Window, target: (u32, u32)) -> u64 {
    let row_bytes = u64::from(source.width) * u64::from(source.model.channels());
    let span = Span {
        start: window.top,
        length: window.height,
        limit: source.height,
        target: target.1,
        deviation: 0.0,
    };
    let answer_bytes = u64::from(target.0) * u64::from(source.model.channels());
    let rows = span.strip_rows(row_bytes, answer_bytes);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rows of a picture, rounded up"
    )]
    let needed = (f64::from(rows) * span.scale() + 2.0 * span.reach() + 4.0).ceil() as u64;
    let needed = needed.min(u64::from(source.height)) * row_bytes;
    let planes = source.model.planes() as u64;
    let bands = 3 * u64::from(BAND_ROWS) * row_bytes;
    let between = u64::from(rows) * row_bytes;
    let answer = 2 * u64::from(rows) * u64::from(target.0) * 4;
    // Weights are 64-bit floats first, 2·3·scale + 1 of them for a pixel.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "weights of a picture's side, rounded up"
    )]
    let weights = (16.0 * (2.0 * LOBES) * (window.width + window.height)) as u64
        + 32 * u64::from(target.0.max(target.1));
    // Rows that have been used go only when that frees more than it moves.
    planes * (2 * needed + bands) + between + answer + weights
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strips_cover_the_answer_with_rows_that_exist(
            limit in 1_u32..20_000,
            target in 1_u32..5_000,
            (a, b) in (0.0_f64..1.0, 0.001_f64..1.0),
            (row_bytes, answer_bytes) in (1_u64..400_000, 1_u64..400_000),
        ) {
            let length = b * f64::from(limit);
            let start = a * (f64::from(limit) - length);
            let span = Span { start, length, limit, target, deviation: 0.0 };
            let step = span.strip_rows(row_bytes, answer_bytes);
            prop_assert!(step >= 1 && step <= target);
            prop_assert!(step <= LEAST_ROWS || u64::from(step) * answer_bytes <= STRIP_BYTES);
            let mut last = 0..0;
            for first in (0..target).step_by(step as usize) {
                let rows = first..(first + step).min(target);
                let needed = span.needed(&rows);
                prop_assert!(needed.start < needed.end && needed.end <= limit);
                // Rows are only ever needed further down, so that those above can go.
                prop_assert!(needed.start >= last.start && needed.end >= last.end);
                let covered = span.covered(&rows);
                prop_assert!(f64::from(needed.start) <= covered.start);
                prop_assert!(f64::from(needed.end) >= covered.end - 1e-6);
                last = needed;
            }
        }
    }
}
