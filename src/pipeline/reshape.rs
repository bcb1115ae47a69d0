//! A cut, a size and a turn as one.

use serde::{Deserialize, Serialize};

use super::geometry::{Size, Window};
use super::resample::{self, Resampling};
use super::{Error, Scratch, turn};
use crate::checkpoint::Checkpoint;
use crate::codecs::{Model, Orientation, Raster};

/// A cut, a size and a turn, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reshape {
    /// The part that stays, in pixels of the picture that it is taken from.
    pub(super) window: Window,
    /// The size it gets, before the turn.
    pub(super) target: Size,
    /// The turn.
    pub(super) turn: Orientation,
}

impl Reshape {
    /// Leaves a picture of that size as it is.
    pub(super) fn identity(size: Size) -> Self {
        Self {
            window: Window::whole(size),
            target: size,
            turn: Orientation::default(),
        }
    }

    /// Cuts out the part of that size at that corner.
    pub(super) fn cut(corner: Size, size: Size) -> Self {
        Self {
            window: Window {
                left: f64::from(corner.0),
                top: f64::from(corner.1),
                ..Window::whole(size)
            },
            target: size,
            turn: Orientation::default(),
        }
    }

    /// Whether it leaves the picture as it is.
    pub(super) fn is_identity(&self) -> bool {
        *self == Self::identity(self.target)
    }

    /// Pixels of the result.
    pub(super) fn size(&self) -> Size {
        self.swapped(self.target)
    }

    fn swapped(&self, size: Size) -> Size {
        if self.turn.swaps() {
            (size.1, size.0)
        } else {
            size
        }
    }

    /// Pixels that a pixel of the source becomes, across and down, before the turn.
    fn density(&self) -> (f64, f64) {
        (
            f64::from(self.target.0) / self.window.width,
            f64::from(self.target.1) / self.window.height,
        )
    }

    /// Cuts `window` out of the result, in its pixels, and makes it that size.
    pub(super) fn fold(&mut self, window: Window, size: Size) {
        let part = window.stored(self.turn, self.target);
        let (across, down) = self.density();
        self.window = Window {
            left: self.window.left + part.left / across,
            top: self.window.top + part.top / down,
            width: part.width / across,
            height: part.height / down,
        };
        self.target = self.swapped(size);
    }

    /// Whether that would show more than the result has, since the source has it.
    pub(super) fn finer_by(&self, window: Window, size: Size) -> bool {
        let mut folded = *self;
        folded.fold(window, size);
        let (before, after) = (self.density(), folded.density());
        let finer = |before: f64, after: f64| before < 1.0 && after > before * (1.0 + 1e-9);
        finer(before.0, after.0) || finer(before.1, after.1)
    }
}

/// A resampling of an interleaved picture.
pub(super) fn resampling(window: Window, target: Size, model: Model, linear: bool) -> Resampling {
    Resampling {
        window,
        target,
        model,
        mirrored: (false, false),
        linear,
    }
}

/// Does it.
///
/// # Errors
/// A stopped checkpoint.
pub(super) fn reshaped(
    mut picture: Raster,
    reshape: Reshape,
    linear: bool,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let shape = picture.shape();
    let size = (shape.width, shape.height);
    if (reshape.window, reshape.target) != (Window::whole(size), size) {
        let window = reshape.window.scaled(1.0, size);
        let resampling = resampling(window, reshape.target, picture.model, linear);
        let mut rows = resample::Whole::new(picture);
        picture = resample::resample(&mut rows, resampling, scratch, checkpoint)?;
    }
    Ok(turn::turn(picture, reshape.turn, checkpoint)?)
}
