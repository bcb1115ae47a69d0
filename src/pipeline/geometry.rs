//! Sizes and rectangles: what part of the picture becomes how many pixels.
//!
//! Whole numbers wherever sizes are decided, so that every machine rounds alike;
//! only the cut is fractional, since the resampler takes it as such.

use serde::{Deserialize, Serialize};

use super::step::Sizing;
use super::value::{Axis, Enlarge, Fit, Gravity};
use crate::codecs::Orientation;

/// A rectangle in pixels of some picture; sides above 0, inside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Distance from the left edge.
    pub left: f64,
    /// Distance from the top edge.
    pub top: f64,
    /// Pixels across.
    pub width: f64,
    /// Pixels down.
    pub height: f64,
}

/// Where the picture goes when the answer is larger than it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canvas {
    /// Width of the answer.
    pub width: u32,
    /// Height of the answer.
    pub height: u32,
    /// Pixels left of the picture.
    pub left: u32,
    /// Pixels above the picture.
    pub top: u32,
}

/// The part of the picture that stays, the size it gets, and what is around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Geometry {
    pub(super) window: Window,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) canvas: Option<Canvas>,
}

pub(super) type Size = (u32, u32);

/// Works out the geometry for a picture shown as `source` pixels (sides at least 1).
pub(super) fn geometry(source: Size, asked: Sizing) -> Geometry {
    let whole = Window::whole(source);
    let plain = |(width, height): Size| Geometry {
        window: whole,
        width,
        height,
        canvas: None,
    };
    if asked.cuts {
        return piece(source, asked);
    }
    let grow = asked.enlarge != Enlarge::Never;
    let (width, height) = match (asked.width, asked.height) {
        (None, None) => return plain(source),
        (Some(width), None) => {
            return plain(bound(
                (width, share(source.1, width, source.0)),
                source,
                grow,
            ));
        }
        (None, Some(height)) => {
            return plain(bound(
                (share(source.0, height, source.1), height),
                source,
                grow,
            ));
        }
        (Some(width), Some(height)) => (width, height),
    };
    let target = (width, height);
    if asked.enlarge == Enlarge::UnlessSmaller && source.0 < width && source.1 < height {
        return plain(source);
    }
    match asked.fit {
        Fit::Inside => plain(bound(inside(source, target), source, grow)),
        Fit::Outside => plain(bound(outside(source, target), source, grow)),
        Fit::Fill if grow => plain(target),
        Fit::Fill => plain((width.min(source.0), height.min(source.1))),
        Fit::Cover => {
            let (width, height) = if grow { target } else { shrink(target, source) };
            Geometry {
                window: cut(source, (width, height), asked.gravity),
                width,
                height,
                canvas: None,
            }
        }
        Fit::Contain => {
            let inner = plain(bound(inside(source, target), source, grow));
            Geometry {
                canvas: canvas(target, (inner.width, inner.height), asked.gravity),
                ..inner
            }
        }
    }
}

/// The part that is no larger than the sides that are given, in whole pixels.
pub(super) fn piece(source: Size, asked: Sizing) -> Geometry {
    let width = asked.width.unwrap_or(source.0).min(source.0);
    let height = asked.height.unwrap_or(source.1).min(source.1);
    let place = |axis, whole: u32, part: u32| {
        // What is odd goes to the left, and to the top.
        let place = asked.gravity.place(axis, f64::from(whole), f64::from(part));
        place.ceil()
    };
    Geometry {
        window: Window {
            left: place(Axis::Across, source.0, width),
            top: place(Axis::Down, source.1, height),
            width: f64::from(width),
            height: f64::from(height),
        },
        width,
        height,
        canvas: None,
    }
}

/// `side * numerator / denominator`, rounded half up, at least 1. No argument is 0.
fn share(side: u32, numerator: u32, denominator: u32) -> u32 {
    let (side, numerator, denominator) = (
        u64::from(side),
        u64::from(numerator),
        u64::from(denominator),
    );
    let rounded = (2 * side * numerator + denominator) / (2 * denominator);
    u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
}

/// Whether `a` is wider than `b`, compared by aspect ratio.
fn wider(a: Size, b: Size) -> bool {
    u64::from(a.0) * u64::from(b.1) > u64::from(b.0) * u64::from(a.1)
}

fn inside(source: Size, target: Size) -> Size {
    if wider(source, target) {
        (target.0, share(source.1, target.0, source.0))
    } else {
        (share(source.0, target.1, source.1), target.1)
    }
}

/// The size of the whole picture that covers the target.
pub(super) fn outside(source: Size, target: Size) -> Size {
    if wider(source, target) {
        (share(source.0, target.1, source.1), target.1)
    } else {
        (target.0, share(source.1, target.0, source.0))
    }
}

/// The scaled size, unless that enlarges and must not.
fn bound(scaled: Size, source: Size, enlarge: bool) -> Size {
    if !enlarge && (scaled.0 > source.0 || scaled.1 > source.1) {
        source
    } else {
        scaled
    }
}

/// The largest box of the target's shape that is no larger than target and source.
fn shrink(target: Size, source: Size) -> Size {
    if target.0 <= source.0 && target.1 <= source.1 {
        target
    } else if wider(target, source) {
        (source.0, share(target.1, source.0, target.0).min(source.1))
    } else {
        (share(target.0, source.1, target.1).min(source.0), source.1)
    }
}

/// The part of the source that has the target's shape.
pub(super) fn cut(source: Size, target: Size, gravity: Gravity) -> Window {
    let (source_width, source_height) = (f64::from(source.0), f64::from(source.1));
    let (target_width, target_height) = (f64::from(target.0), f64::from(target.1));
    let (width, height) = if wider(source, target) {
        (source_height * target_width / target_height, source_height)
    } else {
        (source_width, source_width * target_height / target_width)
    };
    Window {
        left: gravity.place(Axis::Across, source_width, width),
        top: gravity.place(Axis::Down, source_height, height),
        width,
        height,
    }
}

/// Where a picture goes on one of the target's size, unless it is as large.
pub(super) fn canvas(target: Size, inner: Size, gravity: Gravity) -> Option<Canvas> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place lies between 0 and a side of the canvas"
    )]
    let place = |axis, whole: u32, part: u32| {
        let gravity = match gravity {
            // A focal point is about the picture; on a canvas the picture is in the middle.
            Gravity::Focus { .. } | Gravity::Smart => Gravity::default(),
            side @ Gravity::Side { .. } => side,
        };
        gravity
            .place(axis, f64::from(whole), f64::from(part))
            .floor() as u32
    };
    (inner != target).then(|| Canvas {
        width: target.0,
        height: target.1,
        left: place(Axis::Across, target.0, inner.0),
        top: place(Axis::Down, target.1, inner.1),
    })
}

impl Window {
    /// All of a picture.
    pub(super) fn whole(size: Size) -> Self {
        Self {
            left: 0.0,
            top: 0.0,
            width: f64::from(size.0),
            height: f64::from(size.1),
        }
    }

    /// The same part in the stored picture, whose turn to the displayed one is `orientation`.
    ///
    /// `self` is in pixels of the displayed picture, `stored` is the stored picture's size.
    pub(super) fn stored(self, orientation: Orientation, stored: Size) -> Self {
        let (stored_width, stored_height) = (f64::from(stored.0), f64::from(stored.1));
        // Undo the clockwise quarter turns, then the mirror.
        let turned = match orientation.quarters % 4 {
            0 => self,
            1 => Self {
                left: self.top,
                top: stored_height - self.left - self.width,
                width: self.height,
                height: self.width,
            },
            2 => Self {
                left: stored_width - self.left - self.width,
                top: stored_height - self.top - self.height,
                ..self
            },
            _ => Self {
                left: stored_width - self.top - self.height,
                top: self.left,
                width: self.height,
                height: self.width,
            },
        };
        if orientation.mirror {
            Self {
                left: stored_width - turned.left - turned.width,
                ..turned
            }
        } else {
            turned
        }
    }

    /// The same part of the picture scaled by `factor`, kept inside `size`.
    pub(super) fn scaled(self, factor: f64, size: Size) -> Self {
        let place = |start: f64, length: f64, limit: u32| {
            let limit = f64::from(limit);
            let length = (length * factor).min(limit);
            ((start * factor).clamp(0.0, limit - length), length)
        };
        let (left, width) = place(self.left, self.width, size.0);
        let (top, height) = place(self.top, self.height, size.1);
        Self {
            left,
            top,
            width,
            height,
        }
    }
}

#[cfg(test)]
#[path = "geometry_tests.rs"]
mod tests;
