//! Coverage: how much of each pixel lies within outlines, exactly, in whole numbers.
//!
//! Each line adds to the pixels that it crosses what lies between it and the right edge; running sums over a row
//! then are areas. Outlines that overlap are joined, those that run the other way are holes.

use super::layout::{Block, Placed};
use super::{PIXEL, Point, Style, font, outline};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::pipeline::geometry::Size;

/// What is inked.
#[derive(Debug)]
pub(super) struct Ink {
    /// Samples in a row.
    pub(super) width: u32,
    /// Rows of samples, 0 for bare and 255 for full.
    pub(super) samples: Vec<u8>,
}

/// Bytes of sums that are held at once: bands of rows are done one after the other.
const BAND_BYTES: u64 = 4 << 20;

/// What one sum takes.
const SUM_BYTES: u64 = 4;

/// A sum of this much is a whole pixel: 256 parts of its height by 512 halves of parts of its width.
const FULL: i64 = PIXEL * PIXEL * 2;

/// The part of the block that is `seen`, from its corner on.
///
/// # Errors
/// A stopped checkpoint, which is polled at each glyph.
pub(super) fn ink(
    block: &Block,
    style: Style,
    seen: Size,
    checkpoint: &Checkpoint,
) -> Result<Ink, Stop> {
    let (width, height) = (seen.0 as usize, seen.1 as usize);
    let mut samples = vec![0; width * height];
    let rows = band_rows(seen);
    let units = font::measures().map_or(1, |measures| measures.em);
    let grid = outline::Grid::new(style, units);
    let mut sums = vec![0; rows * width];
    let mut top = 0;
    for band in samples.chunks_mut(rows * width) {
        let end = top + PIXEL * i64::try_from(band.len() / width).unwrap_or_default();
        let mut sheet = Sheet {
            width: i64::from(seen.0),
            top,
            end,
            sums: &mut sums,
        };
        sheet.sums.fill(0);
        let touches = |glyph: &&Placed| glyph.rows.0 < end && glyph.rows.1 > top;
        for glyph in block.glyphs.iter().filter(touches) {
            checkpoint.check(Stage::Resize)?;
            outline::lines(glyph.id, glyph.at, grid, |from, to| sheet.line(from, to));
        }
        for (out, sums) in band.chunks_mut(width).zip(sums.chunks(width)) {
            cover(sums, out);
        }
        top = end;
    }
    Ok(Ink {
        width: seen.0,
        samples,
    })
}

fn band_rows(seen: Size) -> usize {
    let rows = BAND_BYTES / (SUM_BYTES * u64::from(seen.0).max(1));
    usize::try_from(rows.clamp(1, u64::from(seen.1).max(1))).unwrap_or(1)
}

/// Bytes of the sums.
pub(super) fn extra_bytes(seen: Size) -> u64 {
    band_rows(seen) as u64 * u64::from(seen.0) * SUM_BYTES
}

/// Running sums as coverage.
fn cover(sums: &[i32], out: &mut [u8]) {
    let mut sum = 0_i64;
    for (out, &step) in out.iter_mut().zip(sums) {
        sum += i64::from(step);
        let area = sum.abs().min(FULL);
        *out = u8::try_from((area * 255 + FULL / 2) / FULL).unwrap_or(u8::MAX);
    }
}

/// Sums of a band of rows.
struct Sheet<'a> {
    /// Pixels in a row.
    width: i64,
    /// Where the band begins and ends, downwards.
    top: i64,
    end: i64,
    sums: &'a mut [i32],
}

impl Sheet<'_> {
    fn line(&mut self, from: Point, to: Point) {
        let ((x0, y0), (x1, y1), sign) = if from.1 <= to.1 {
            (from, to, 1)
        } else {
            (to, from, -1)
        };
        let (first, last) = (y0.max(self.top), y1.min(self.end));
        let at = |y: i64| x0 + ((x1 - x0) * (y - y0)).div_euclid(y1 - y0);
        let (mut y, mut x) = (first, if first < last { at(first) } else { 0 });
        while y < last {
            let next = ((y.div_euclid(PIXEL) + 1) * PIXEL).min(last);
            let next_x = if next == y1 { x1 } else { at(next) };
            let row = (y - self.top) / PIXEL;
            self.row(row, (x, next_x), sign * (next - y));
            (y, x) = (next, next_x);
        }
    }

    /// A line within a row of pixels, which goes that far down.
    fn row(&mut self, row: i64, (from, to): (i64, i64), down: i64) {
        let (left, right) = (from.min(to), from.max(to));
        let edge = self.width * PIXEL;
        if left == right {
            return self.add(row, (left, left), down);
        }
        let mut x = left;
        let mut done = 0;
        while x < right && x < edge {
            // All that is left of the picture is one step.
            let column_end = if x < 0 { 0 } else { (x / PIXEL + 1) * PIXEL };
            let next = column_end.min(right);
            let part = down * (next - left) / (right - left);
            self.add(row, (x, next), part - done);
            (x, done) = (next, part);
        }
    }

    /// A line within a pixel.
    fn add(&mut self, row: i64, (from, to): (i64, i64), down: i64) {
        let middle = (from + to).max(0);
        let column = (from.max(0) / PIXEL).min(to.max(0) / PIXEL);
        if column >= self.width {
            return;
        }
        let beyond = down * (middle - 2 * PIXEL * column);
        let whole = down * 2 * PIXEL;
        self.sum(row, column, whole - beyond);
        if column + 1 < self.width {
            self.sum(row, column + 1, beyond);
        }
    }

    fn sum(&mut self, row: i64, column: i64, value: i64) {
        let index = usize::try_from(row * self.width + column).ok();
        if let Some(sum) = index.and_then(|index| self.sums.get_mut(index)) {
            let value = i32::try_from(value).unwrap_or_default();
            *sum = sum.saturating_add(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: (i64, i64) = (6, 5);

    /// Coverage of a polygon in a picture of [`SIZE`], a band of two rows after the other.
    fn covered(points: &[Point]) -> Vec<u8> {
        let mut out = Vec::new();
        for top in (0..SIZE.1).step_by(2) {
            let rows = (SIZE.1 - top).min(2);
            let mut sums = vec![0; usize::try_from(rows * SIZE.0).unwrap()];
            let mut sheet = Sheet {
                width: SIZE.0,
                top: top * PIXEL,
                end: (top + rows) * PIXEL,
                sums: &mut sums,
            };
            let ends = points.iter().cycle().skip(1);
            for (&from, &to) in points.iter().zip(ends) {
                sheet.line(from, to);
            }
            for sums in sums.chunks(6) {
                let mut row = [0; 6];
                cover(sums, &mut row);
                out.extend(row);
            }
        }
        out
    }

    #[test]
    fn areas_are_exact() {
        // Half a pixel beside a whole one, and a triangle.
        let rectangle = [(128, 256), (512, 256), (512, 384), (128, 384)];
        let mut expected = vec![0; 30];
        expected[6..8].copy_from_slice(&[64, 128]);
        assert_eq!(covered(&rectangle), expected);
        let triangle = [(0, 0), (512, 0), (0, 512)];
        let mut expected = vec![0; 30];
        expected[0..2].copy_from_slice(&[255, 128]);
        expected[6] = 128;
        assert_eq!(covered(&triangle), expected);
        // A hole that runs the other way, and two of the same that run alike.
        let outer = [(0, 0), (512, 0), (512, 512), (0, 512)];
        let hole = [(0, 0), (0, 256), (256, 256), (256, 0)];
        let both = [outer.as_slice(), &[(0, 0)], &hole, &[(0, 0)]].concat();
        assert_eq!(covered(&both)[..2], [0, 255]);
        let twice = [outer, outer].concat();
        assert_eq!(covered(&twice)[..3], [255, 255, 0]);
    }

    /// Whether a point is within the polygon, by the winding number.
    fn winds(points: &[Point], at: (f64, f64)) -> bool {
        let ends = points.iter().cycle().skip(1);
        let mut winding = 0;
        for (&from, &to) in points.iter().zip(ends) {
            let [from, to] = [from, to].map(|(x, y)| (x as f64, y as f64));
            let side = (to.0 - from.0) * (at.1 - from.1) - (at.0 - from.0) * (to.1 - from.1);
            if from.1 <= at.1 && to.1 > at.1 && side < 0.0 {
                winding += 1;
            } else if from.1 > at.1 && to.1 <= at.1 && side > 0.0 {
                winding -= 1;
            }
        }
        winding != 0
    }

    proptest! {
        #[test]
        fn triangles_anywhere_cover_what_they_should(
            points in prop::collection::vec((-900_i64..2500, -900_i64..2200), 3),
        ) {
            let made = covered(&points);
            for y in 0..SIZE.1 {
                for x in 0..SIZE.0 {
                    let steps = 24;
                    let inside = (0..steps * steps).filter(|step| {
                        let part = |at: i64, step: i64| (at as f64 + (step as f64 + 0.5) / steps as f64) * 256.0;
                        winds(&points, (part(x, step % steps), part(y, step / steps)))
                    });
                    let expected = inside.count() as f64 * 255.0 / (steps * steps) as f64;
                    let got = f64::from(made[usize::try_from(y * SIZE.0 + x).unwrap()]);
                    // So many samples of a pixel leave a few hundredths open.
                    prop_assert!((got - expected).abs() <= 16.0, "{x},{y}: {got}, not {expected}");
                }
            }
        }
    }
}
