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
#[derive(Clone, Copy, Debug)]
pub(super) enum Sizes {
    /// As they are asked for.
    Exact,
    /// As they are asked for, of a drawing, which has no pixels before it has a size; imaginary's next step has a file of pixels.
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

/// What a picture becomes before it is cut or put on a canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    across: Side,
    down: Side,
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
        let covers = covers(asked);
        let chosen = |across: f64, down: f64| {
            if covers {
                across.min(down)
            } else {
                across.max(down)
            }
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
        // How many of its blocks become a pixel, in the floats that it has for them.
        let each = |target: u32, blocks: u32| 1.0 / (f64::from(target) / f64::from(blocks));
        let (width, height) = (each(target.0, across), each(target.1, down));
        let rest = if side > 1 {
            chosen(width, height)
        } else {
            (factor / f64::from(loaded)).max(1.0)
        };
        let rest = match asked.fit {
            Fit::Fill => (width, height),
            _ => (rest, rest),
        };
        let block = loaded.saturating_mul(side);
        Some(Self {
            across: Side::new(across, rest.0, block, source.0),
            down: Side::new(down, rest.1, block, source.1),
        })
    }

    /// How many pixels it becomes.
    pub(super) fn size(&self) -> Size {
        (self.across.made, self.down.made)
    }

    /// What is looked at for that.
    pub(super) fn window(&self) -> Window {
        self.part(Window::whole(self.size()))
    }

    /// What is looked at for a part of what it becomes.
    fn part(&self, part: Window) -> Window {
        let (left, width) = self.across.part(part.left, part.width);
        let (top, height) = self.down.part(part.top, part.height);
        Window {
            left,
            top,
            width,
            height,
        }
    }

    /// What comes of it, in place of that geometry.
    pub(super) fn geometry(&self, made: Geometry, asked: Sizing) -> Geometry {
        let target = target(&made, asked);
        let size = self.size();
        match asked.fit {
            _ if covers(asked) => {
                let part = Sizing {
                    width: Some(target.0.min(size.0)),
                    height: Some(target.1.min(size.1)),
                    ..asked
                };
                let piece = geometry::piece(size, part);
                Geometry {
                    window: self.part(piece.window),
                    ..piece
                }
            }
            Fit::Contain => Geometry {
                window: self.window(),
                width: size.0,
                height: size.1,
                canvas: canvas(target, size, asked.gravity),
            },
            // A side that comes out a pixel short there, or is filled with its last pixels, isn't so here.
            _ if size == target => Geometry {
                window: self.window(),
                ..made
            },
            _ => made,
        }
    }
}

/// Whether what is too much of one side is cut off.
pub(super) fn covers(asked: Sizing) -> bool {
    asked.fit == Fit::Cover && asked.width.is_some() && asked.height.is_some()
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
#[derive(Clone, Copy, Debug)]
struct Side {
    /// Up to which of the source's pixels there are blocks.
    end: f64,
    /// What number of pixels they become.
    made: u32,
    /// Where the first of those begins, which may be before the source does, and how many of the source's become one.
    first: f64,
    each: f64,
}

impl Side {
    /// Of so many blocks, of which `rest` become a pixel.
    fn new(blocks: u32, rest: f64, block: u32, source: u32) -> Self {
        let made = whole(f64::from(blocks) / rest + 0.5).max(1);
        let (blocks, block, source) = (f64::from(blocks), f64::from(block), f64::from(source));
        let all = Self {
            end: source,
            made,
            first: 0.0,
            each: source / f64::from(made),
        };
        if rest < 1.0 {
            // It makes blocks larger again: what looks the same here is all of the source.
            return all;
        }
        if blocks < 2.0 && block > source {
            // The last row counts for all that aren't there: a smaller part has the same middle.
            let first = source * (1.0 - source / block);
            return Self {
                first,
                each: (source - first) / f64::from(made),
                ..all
            };
        }
        // What comes out is the middle of what goes in. Where the last of several blocks isn't whole, the last pixels are made of
        // less than they are there, where its last row counts more.
        Self {
            end: source.min(blocks * block),
            first: (blocks - f64::from(made) * rest) / 2.0 * block,
            each: rest * block,
            ..all
        }
    }

    /// Where in the source some of its pixels begin, and how many they are made of.
    fn part(&self, from: f64, pixels: f64) -> (f64, f64) {
        let start = self.first + from * self.each;
        let end = (start + pixels * self.each).min(self.end);
        let start = start.max(0.0);
        (start, end - start)
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
        placed(source, fit, sides, scales, Gravity::default())
    }

    fn placed(
        source: Size,
        fit: Fit,
        sides: (u32, u32),
        scales: bool,
        gravity: Gravity,
    ) -> Geometry {
        let given = |side| (side > 0).then_some(side);
        let asked = Sizing {
            width: given(sides.0),
            height: given(sides.1),
            fit,
            enlarge: Enlarge::UnlessSmaller,
            cuts: false,
            gravity,
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
            place in (0.0..=1.0, 0.0..=1.0),
        ) {
            let gravity = Gravity::Side { x: place.0, y: place.1 };
            let made = placed(source, fit, sides, scales, gravity);
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
            [106.5, 1.17, 427.0, 421.66],
            (80, 79),
        ),
        // Fit is no word of imaginary's where one side is given: none is short.
        (
            (223, 91),
            Fit::Cover,
            (19, 0),
            true,
            [0.0, 0.0, 223.0, 91.0],
            (19, 8),
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
            [0.0, 0.0, 640.0, 427.0],
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
