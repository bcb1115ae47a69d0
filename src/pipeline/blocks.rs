//! Sizes and cuts as imaginary's pictures have them, where its library makes a picture much smaller.
//!
//! From 8/3 on it takes whole blocks of pixels for one, and reduces what that gives by a fraction. What doesn't fill half of a block at
//! the right and at the bottom isn't part of it, and a side may come out a pixel short of what was asked for: 79 for 80. A JPEG's
//! blocks are of 8, 4 or 2 pixels first, as its decoder scales, and what doesn't fill one of those is gone, too. Found by its
//! recorded answers: a picture of 400×20 reduced to 20×1 has the mean of 15 rows, 1×1 of 640×427 that of 640 rows, the last of them
//! 216 times.

use super::geometry::{self, Geometry, Size, Window, canvas};
use super::parameter::Grammar;
use super::request::Type;
use super::step::{Sizing, Step};
use super::value::Fit;
use crate::codecs::{self, Format, Header};

/// How sizes come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sizes {
    /// As they are asked for.
    Exact,
    /// As imaginary's do, of a drawing, which has no pixels before it has a size.
    Drawn,
    /// As imaginary's do, of a picture whose decoder takes blocks of pixels or doesn't.
    Blocks { scales: bool },
}

impl Sizes {
    /// Of a request's first step.
    pub(super) fn new(grammar: Grammar, header: &Header) -> Self {
        match grammar {
            Grammar::Imaginary if codecs::draws(header) => Self::Drawn,
            Grammar::Imaginary => Self::Blocks {
                scales: header.format == Format::Jpeg,
            },
            Grammar::Strict => Self::Exact,
        }
    }

    /// Of the step that comes next: there each is a file of its own.
    pub(super) fn after(self, step: &Step) -> Self {
        match (self, step.writing.output) {
            (Self::Exact, _) => self,
            (_, Some(Type::Named(format))) => Self::Blocks {
                scales: format == Format::Jpeg,
            },
            (Self::Drawn, _) => Self::Blocks { scales: false },
            _ => self,
        }
    }
}

/// The part of a picture that is looked at, and how many pixels it becomes before it is cut or put on a canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) window: Window,
    pub(super) size: Size,
    /// How many pixels across and down become one.
    each: (f64, f64),
}

impl Taken {
    /// Of a picture that is shown as `source` pixels, for the geometry that it would have here; `None` where that is it.
    pub(super) fn of(made: &Geometry, source: Size, asked: Sizing, sizes: Sizes) -> Option<Self> {
        let Sizes::Blocks { scales } = sizes else {
            return None;
        };
        if asked.cuts || asked.fit == Fit::Outside {
            return None;
        }
        let target = target(made, asked);
        let chosen = |across: f64, down: f64| match asked.fit {
            Fit::Cover => across.min(down),
            _ => across.max(down),
        };
        let times = |source: u32, target: u32| f64::from(source) / f64::from(target);
        let factor = match (asked.width, asked.height) {
            (Some(width), None) => times(source.0, width),
            (None, Some(height)) => times(source.1, height),
            _ => chosen(times(source.0, target.0), times(source.1, target.1)),
        };
        let (loaded, side) = sides(factor, scales)?;
        // What its decoder leaves over is cut off, what then remains of a block counts by its half.
        let blocks = |source: u32| {
            let (whole, side) = (u64::from(source / loaded), u64::from(side));
            u32::try_from((2 * whole + side) / (2 * side)).unwrap_or(u32::MAX)
        };
        let (across, down) = (blocks(source.0), blocks(source.1));
        if across == 0 || down == 0 {
            return None;
        }
        // How many of its pixels become one, in the floats that it has for them.
        let each = |target: u32, blocks: u32| 1.0 / (f64::from(target) / f64::from(blocks));
        let (width, height) = (each(target.0, across), each(target.1, down));
        let rest = match asked.fit {
            Fit::Fill => (width, height),
            _ if side > 1 => (chosen(width, height), chosen(width, height)),
            _ => {
                let rest = (factor / f64::from(loaded)).max(1.0);
                (rest, rest)
            }
        };
        let block = loaded.saturating_mul(side);
        let row = Side::of(across, rest.0, block, source.0);
        let column = Side::of(down, rest.1, block, source.1);
        Some(Self {
            window: Window {
                left: row.start,
                top: column.start,
                width: row.length,
                height: column.length,
            },
            size: (row.made, column.made),
            each: (row.each, column.each),
        })
    }

    /// What comes of it, in place of that geometry.
    pub(super) fn geometry(&self, made: Geometry, asked: Sizing) -> Geometry {
        let target = target(&made, asked);
        match asked.fit {
            Fit::Cover => {
                let (width, height) = (target.0.min(self.size.0), target.1.min(self.size.1));
                let part = Sizing {
                    width: Some(width),
                    height: Some(height),
                    ..asked
                };
                let piece = geometry::piece(self.size, part);
                let place = |start: f64, length: f64, place: f64, part: f64, each: f64| {
                    let place = place * each;
                    (start + place, (part * each).min(length - place))
                };
                let (whole, part, each) = (self.window, piece.window, self.each);
                let (left, width) = place(whole.left, whole.width, part.left, part.width, each.0);
                let (top, height) = place(whole.top, whole.height, part.top, part.height, each.1);
                Geometry {
                    window: Window {
                        left,
                        top,
                        width,
                        height,
                    },
                    ..piece
                }
            }
            Fit::Contain => Geometry {
                window: self.window,
                width: self.size.0,
                height: self.size.1,
                canvas: canvas(target, self.size, asked.gravity),
            },
            // A side that comes out a pixel short there, or is filled with its last pixels, isn't so here.
            _ if self.size == target => Geometry {
                window: self.window,
                ..made
            },
            _ => made,
        }
    }
}

/// What was asked for, where both sides were, else what comes of it here.
fn target(made: &Geometry, asked: Sizing) -> Size {
    match (asked.fit, asked.width, asked.height) {
        (Fit::Contain | Fit::Cover, Some(width), Some(height)) => (width, height),
        _ => (made.width, made.height),
    }
}

/// How many pixels the decoder takes for one, and how many of its pixels a block is across; `None` where all are looked at.
fn sides(factor: f64, scales: bool) -> Option<(u32, u32)> {
    // Its filter is four pixels wide, and gets a third more of them than the answer has.
    let wanted = if factor < 2.0 {
        1
    } else {
        whole(factor * 0.75)
    };
    let loaded = match wanted {
        8.. if scales => 8,
        4..8 if scales => 4,
        2..4 if scales => 2,
        _ => 1,
    };
    match loaded {
        1 if wanted < 2 => None,
        1 => Some((1, wanted)),
        _ => Some((loaded, whole(factor / f64::from(loaded)))),
    }
}

/// A row of the picture, or a column.
struct Side {
    /// The pixels from which on and how many of the source's are looked at.
    start: f64,
    length: f64,
    /// What number of pixels they become, and how many one.
    made: u32,
    each: f64,
}

impl Side {
    /// Of so many blocks, of which `rest` become a pixel.
    fn of(blocks: u32, rest: f64, block: u32, source: u32) -> Self {
        let made = whole(f64::from(blocks) / rest + 0.5).max(1);
        let (blocks, block, source) = (f64::from(blocks), f64::from(block), f64::from(source));
        if blocks < 2.0 && block > source {
            // The last row counts for all that aren't there: a smaller part has the same middle.
            let start = source * (1.0 - source / block);
            let length = source - start;
            let each = length / f64::from(made);
            return Self {
                start,
                length,
                made,
                each,
            };
        }
        // What comes out is the middle of what goes in. Where the last of several blocks isn't whole, all are made a bit smaller:
        // there the last row counts more.
        let taken = (f64::from(made) * rest).min(blocks);
        let start = (blocks - taken) / 2.0 * block;
        let end = (start + taken * block).min(source);
        Self {
            start,
            length: end - start,
            made,
            each: rest * block,
        }
    }
}

/// Without what is behind the point.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a float saturates"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::value::{Enlarge, Extend, Gravity};

    fn made(source: Size, fit: Fit, sides: (u32, u32), scales: bool) -> Geometry {
        let given = |side| (side > 0).then_some(side);
        let asked = Sizing {
            width: given(sides.0),
            height: given(sides.1),
            fit,
            enlarge: Enlarge::UnlessSmaller,
            cuts: false,
            gravity: Gravity::default(),
            extend: Extend::Copy,
        };
        let made = geometry::geometry(source, asked);
        match Taken::of(&made, source, asked, Sizes::Blocks { scales }) {
            Some(taken) => taken.geometry(made, asked),
            None => made,
        }
    }

    proptest! {
        #[test]
        fn parts_lie_in_the_picture(
            source in (1_u32..70_000, 1_u32..70_000),
            sides in (0_u32..5_000, 1_u32..5_000),
            fit in prop::sample::select(vec![Fit::Inside, Fit::Contain, Fit::Cover, Fit::Fill]),
            scales: bool,
        ) {
            let made = made(source, fit, sides, scales);
            let Window { left, top, width, height } = made.window;
            prop_assert!(left >= 0.0 && top >= 0.0 && width > 0.0 && height > 0.0);
            prop_assert!(left + width <= f64::from(source.0) + 1e-6);
            prop_assert!(top + height <= f64::from(source.1) + 1e-6);
            prop_assert!(made.width >= 1 && made.height >= 1);
            if let (Fit::Contain | Fit::Cover, width @ 1.., height) = (fit, sides.0, sides.1) {
                prop_assert!(made.width <= width && made.height <= height);
            }
        }
    }

    /// The source, how it fits into which sides, whether its decoder scales, and the part and the size that come of it.
    type Case = (Size, Fit, Size, bool, [f64; 4], Size);

    const CASES: &[Case] = &[
        // 15 of 20 rows, since half of a second block isn't there.
        (
            (400, 20),
            Fit::Inside,
            (20, 0),
            false,
            [0.0, 0.0, 400.0, 15.0],
            (20, 1),
        ),
        // 31 columns of eight, of which there are 37 and a half.
        (
            (300, 500),
            Fit::Inside,
            (0, 2),
            true,
            [0.0, 0.0, 248.0, 496.0],
            (1, 2),
        ),
        (
            (400, 20),
            Fit::Contain,
            (50, 64),
            false,
            [0.0, 0.96, 400.0, 16.08],
            (50, 2),
        ),
        // 106 rows of four, reduced by 1.334.
        (
            (640, 427),
            Fit::Cover,
            (80, 80),
            true,
            [106.75, 1.17, 427.0, 421.66],
            (80, 79),
        ),
        // The middle 20 columns of 27.
        (
            (400, 20),
            Fit::Cover,
            (20, 1),
            false,
            [60.0, 0.0, 300.0, 15.0],
            (20, 1),
        ),
        // The last row for those that aren't there: the middle is that of 640 rows.
        (
            (640, 427),
            Fit::Inside,
            (1, 0),
            true,
            [0.0, 142.11, 640.0, 284.89],
            (1, 1),
        ),
        // Too small a part for anything to be left: as it would be here.
        (
            (640, 20),
            Fit::Inside,
            (1, 0),
            false,
            [0.0, 0.0, 640.0, 20.0],
            (1, 1),
        ),
        // Hardly smaller, or as large.
        (
            (640, 427),
            Fit::Inside,
            (480, 0),
            true,
            [0.0, 0.0, 640.0, 427.0],
            (480, 320),
        ),
        (
            (640, 427),
            Fit::Fill,
            (20, 100),
            true,
            [0.0, 0.0, 640.0, 416.0],
            (20, 100),
        ),
    ];

    #[test]
    fn blocks_are_looked_at_as_recorded() {
        for &(source, fit, sides, scales, window, size) in CASES {
            let made = made(source, fit, sides, scales);
            assert_eq!((made.width, made.height), size, "{source:?} to {sides:?}");
            let Window {
                left,
                top,
                width,
                height,
            } = made.window;
            let places = [left, top, width, height];
            let near = std::iter::zip(places, window).all(|(a, b)| (a - b).abs() < 0.02);
            assert!(near, "{source:?} to {sides:?}: {places:?}");
        }
    }
}
