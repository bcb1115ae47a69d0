//! A glyph's outline as straight lines on the grid of 256ths of a pixel.

use skrifa::outline::OutlinePen;

use super::{PIXEL, Point, Style, font};

/// From font units to 256ths of a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    style: Style,
    /// Font units of an em.
    units: i64,
}

/// How far slanted letters lean to the right on their way up, in 256ths: 11 degrees.
const SLANT: i64 = 50;

/// Bold strokes are thicker by this part of an em.
const WIDENING: i64 = 24;

impl Grid {
    pub(super) fn new(style: Style, units: i64) -> Self {
        Self { style, units }
    }

    /// The place of a point that is given in font units, up being positive there.
    pub(super) fn point(self, across: i64, up: i64) -> Point {
        self.halves(2 * across, 2 * up)
    }

    fn halves(self, across: i64, up: i64) -> Point {
        // The em is in 64ths of a pixel.
        let scale = |halves: i64| {
            let product = halves * i64::from(self.style.em) * (PIXEL / 64);
            (product + self.units).div_euclid(2 * self.units)
        };
        (scale(across), -scale(up))
    }

    /// Font units of a length.
    pub(super) fn units(self, length: i64) -> i64 {
        length.saturating_mul(self.units) / (i64::from(self.style.em.max(1)) * (PIXEL / 64))
    }

    /// By how much a glyph becomes wider, in font units.
    pub(super) fn widening(self, advance: i64) -> i64 {
        if self.style.bold && advance > 0 {
            self.units / WIDENING
        } else {
            0
        }
    }
}

/// The lines of a glyph with its origin at that place, contour after contour, each closed.
///
/// A bold one is drawn twice, a bit apart: where both have ink is as inked as where one has.
pub(super) fn lines(glyph: u32, at: Point, grid: Grid, mut line: impl FnMut(Point, Point)) {
    let mut copy = |shift: i64| {
        let mut pen = Pen {
            grid,
            origin: (at.0 + grid.point(shift, 0).0, at.1),
            first: at,
            last: at,
            line: &mut line,
        };
        font::outline(glyph, &mut pen);
        pen.finish();
    };
    copy(0);
    if grid.style.bold {
        copy(grid.units / WIDENING);
    }
}

/// Draws paths as lines.
struct Pen<'a> {
    grid: Grid,
    origin: Point,
    /// Where the contour began.
    first: Point,
    last: Point,
    line: &'a mut dyn FnMut(Point, Point),
}

impl Pen<'_> {
    fn place(&self, x: f32, y: f32) -> Point {
        // Font units are whole, or half between two points off the curve, and far from a float's last digit.
        #[expect(clippy::cast_possible_truncation, reason = "16-bit numbers")]
        let (across, up) = ((x * 2.0) as i64, (y * 2.0) as i64);
        let leaning = if self.grid.style.italic {
            up * SLANT / 256
        } else {
            0
        };
        let (x, y) = self.grid.halves(across + leaning, up);
        (self.origin.0 + x, self.origin.1 + y)
    }

    fn to(&mut self, point: Point) {
        if point != self.last {
            (self.line)(self.last, point);
            self.last = point;
        }
    }

    fn finish(&mut self) {
        self.to(self.first);
    }
}

impl OutlinePen for Pen<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.finish();
        self.first = self.place(x, y);
        self.last = self.first;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let point = self.place(x, y);
        self.to(point);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        let (from, control, end) = (self.last, self.place(cx0, cy0), self.place(x, y));
        let pieces = pieces(from, control, end);
        for i in 1..=pieces {
            let rest = pieces - i;
            let weights = (rest * rest, 2 * i * rest, i * i);
            let mix = |a: i64, b: i64, c: i64| {
                let whole = pieces * pieces;
                (a * weights.0 + b * weights.1 + c * weights.2 + whole / 2).div_euclid(whole)
            };
            self.to((mix(from.0, control.0, end.0), mix(from.1, control.1, end.1)));
        }
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, x: f32, y: f32) {
        // A TrueType font, as ours is, has none.
        self.line_to(x, y);
    }

    fn close(&mut self) {
        self.finish();
    }
}

/// Lines that a curve is replaced with, so that none is further from it than a 16th of a pixel.
fn pieces(from: Point, control: Point, end: Point) -> i64 {
    let bend = |a: i64, b: i64, c: i64| (a - 2 * b + c).unsigned_abs();
    let most = bend(from.0, control.0, end.0).max(bend(from.1, control.1, end.1));
    // One line is a quarter of the bend away from its curve; n are n² times nearer.
    let squared = most / 64;
    i64::try_from(squared.isqrt() + 1)
        .unwrap_or(MAX_PIECES)
        .min(MAX_PIECES)
}

const MAX_PIECES: i64 = 256;
