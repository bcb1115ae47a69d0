//! Sizes and cuts as imaginary's pictures have them, where its library makes a picture much smaller.
//!
//! It takes whole blocks of pixels for one, and reduces what that gives by a fraction. What doesn't fill half of a block at the right and
//! at the bottom isn't part of it, and a side may come out a pixel short of what was asked for: 79 for 80. A JPEG's
//! blocks are of 8, 4 or 2 pixels first, as its decoder scales, and what doesn't fill one of those is gone, too. Found by its
//! recorded answers: a picture of 400×20 reduced to 20×1 has the mean of 15 rows, 1×1 of 640×427 that of 640 rows, the last of them
//! 216 times.

use super::geometry::{Geometry, Size, Window, canvas, cut};
use super::step::Sizing;
use super::value::Fit;

/// What is made of a picture that is shown as `source` pixels, for the geometry that it would have here.
///
/// `scales` says whether its decoder takes blocks itself.
pub(super) fn reduced(made: Geometry, source: Size, asked: Sizing, scales: bool) -> Geometry {
    let target = match (asked.fit, asked.width, asked.height) {
        (Fit::Fill | Fit::Outside, ..) => return made,
        (Fit::Contain | Fit::Cover, Some(width), Some(height)) => (width, height),
        _ => (made.width, made.height),
    };
    if asked.cuts {
        return made;
    }
    let Some(taken) = Taken::of(source, target, asked, scales) else {
        return made;
    };
    match asked.fit {
        Fit::Cover => {
            let size = (target.0.min(taken.size.0), target.1.min(taken.size.1));
            if size == target {
                return made;
            }
            Geometry {
                window: cut(source, size, asked.gravity),
                width: size.0,
                height: size.1,
                canvas: None,
            }
        }
        Fit::Contain => Geometry {
            window: taken.window,
            width: taken.size.0,
            height: taken.size.1,
            canvas: canvas(target, taken.size, asked.gravity),
        },
        // A side that is short is filled with its last pixels there, and the picture keeps its shape here.
        _ if taken.size == target => Geometry {
            window: taken.window,
            ..made
        },
        _ => made,
    }
}

/// The part that is looked at, and how many pixels it becomes.
struct Taken {
    window: Window,
    size: Size,
}

impl Taken {
    /// `None` where single pixels are reduced, or where nothing would be left.
    fn of(source: Size, target: Size, asked: Sizing, scales: bool) -> Option<Self> {
        let chosen = |across: f64, down: f64| match asked.fit {
            Fit::Cover => across.max(down),
            _ => across.min(down),
        };
        let ratio = |target: u32, source: u32| f64::from(target) / f64::from(source);
        let fraction = match (asked.width, asked.height) {
            (Some(width), None) => ratio(width, source.0),
            (None, Some(height)) => ratio(height, source.1),
            _ => chosen(ratio(target.0, source.0), ratio(target.1, source.1)),
        };
        let (loaded, side) = sides(1.0 / fraction, scales)?;
        // What its decoder leaves over is cut off, what then remains of a block counts by its half.
        let blocks = |source: u32| {
            let (whole, side) = (u64::from(source / loaded), u64::from(side));
            u32::try_from((2 * whole + side) / (2 * side)).unwrap_or(u32::MAX)
        };
        let (across, down) = (blocks(source.0), blocks(source.1));
        if across == 0 || down == 0 {
            return None;
        }
        let rest = if side > 1 {
            chosen(ratio(target.0, across), ratio(target.1, down))
        } else {
            (fraction * f64::from(loaded)).min(1.0)
        };
        let block = loaded.saturating_mul(side);
        let (left, width, made_width) = part(across, rest, block, source.0);
        let (top, height, made_height) = part(down, rest, block, source.1);
        Some(Self {
            window: Window {
                left,
                top,
                width,
                height,
            },
            size: (made_width, made_height),
        })
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
        _ => Some((loaded, whole(factor / f64::from(loaded)).max(1))),
    }
}

/// Of so many blocks in a row, the pixels from which on and how many of the source's are looked at, and what number of pixels they become.
fn part(blocks: u32, rest: f64, block: u32, source: u32) -> (f64, f64, u32) {
    let made = whole(f64::from(blocks) * rest + 0.5).max(1);
    let (blocks, block, source) = (f64::from(blocks), f64::from(block), f64::from(source));
    if blocks < 2.0 && block > source {
        // The last row counts for all that aren't there: a smaller part has the same middle.
        let start = source * (1.0 - source / block);
        return (start, source - start, made);
    }
    // What comes out is the middle of what goes in.
    let taken = (f64::from(made) / rest).min(blocks);
    let start = (blocks - taken) / 2.0 * block;
    let end = (start + taken * block).min(source);
    (start, end - start, made)
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
    use crate::pipeline::geometry;
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
        reduced(geometry::geometry(source, asked), source, asked, scales)
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
            [103.8, 0.0, 432.41, 427.0],
            (80, 79),
        ),
        (
            (640, 427),
            Fit::Cover,
            (80, 80),
            false,
            [106.5, 0.0, 427.0, 427.0],
            (80, 80),
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
