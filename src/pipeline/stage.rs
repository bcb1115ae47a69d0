//! What is done to the small picture after the first resampling, a stage at a time.
//!
//! A picture is grey or RGB, with or without alpha, in sRGB.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::geometry::{Canvas, Size, Window};
use super::resample::{self, Resampling};
use super::text::{self, Text};
use super::value::{Colour, Extend};
use super::{Error, Scratch, blur, canvas, compose, grey, smart, turn, zoom};
use crate::checkpoint::Checkpoint;
use crate::codecs::{Model, Orientation, Raster, Shape};

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

/// A stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// Another cut, size and turn.
    Reshape(Reshape),
    /// Each pixel becomes `times`×`times`, of which an area is kept.
    Zoom {
        times: u32,
        left: u32,
        top: u32,
        width: u32,
        height: u32,
    },
    /// The picture is put on a larger one.
    Canvas { canvas: Canvas, extend: Extend },
    /// The part of that size that draws the eye.
    Smart { width: u32, height: u32 },
    /// A Gaussian blur of that deviation in pixels.
    Blur { sigma: f64 },
    /// Text is drawn over the picture.
    Text(Text),
    /// Colour goes.
    Grey,
    /// What is transparent shows this colour.
    Ground(Colour),
}

impl Stage {
    /// Pixels of the result.
    pub(super) fn size(&self, size: Size) -> Size {
        match *self {
            Self::Reshape(reshape) => reshape.size(),
            Self::Canvas { canvas, .. } => (canvas.width, canvas.height),
            Self::Zoom { width, height, .. } | Self::Smart { width, height } => (width, height),
            Self::Blur { .. } | Self::Text(_) | Self::Grey | Self::Ground(_) => size,
        }
    }

    /// Layout of the result.
    pub(super) fn model(&self, model: Model) -> Model {
        let alpha = match self {
            Self::Canvas {
                extend: Extend::Background,
                ..
            } => true,
            Self::Ground(Colour { rgba: [.., alpha] }) => model.has_alpha() && *alpha < 255,
            _ => model.has_alpha(),
        };
        let keeps_grey = match self {
            Self::Grey => true,
            Self::Text(Text { colour, .. }) | Self::Ground(colour) => {
                model.channels() < 3 && colour.is_grey()
            }
            _ => model.channels() < 3,
        };
        match (keeps_grey, alpha) {
            (true, false) => Model::Gray,
            (true, true) => Model::GrayAlpha,
            (false, false) => Model::Rgb,
            (false, true) => Model::Rgba,
        }
    }

    /// Bytes that the stage holds besides the picture that it gets and the one that it makes.
    pub(super) fn extra_bytes(&self, size: Size) -> u64 {
        let pixels = u64::from(size.0) * u64::from(size.1);
        match *self {
            Self::Reshape(Reshape { window, target, .. }) => {
                let source = Shape {
                    width: size.0,
                    height: size.1,
                    model: Model::Rgba,
                };
                // A turn holds a second picture of the new size.
                let turned = u64::from(target.0) * u64::from(target.1) * 4;
                resampling(window, target, source.model, true).peak_bytes(source) + turned
            }
            Self::Blur { sigma } => blur::extra_bytes(size, sigma),
            Self::Text(ref text) => text::extra_bytes(text, size),
            Self::Smart { .. } => smart::extra_bytes(size),
            // A row of places.
            Self::Canvas { canvas, .. } => u64::from(canvas.width) * 8,
            Self::Zoom { .. } | Self::Grey | Self::Ground(_) => pixels.min(1 << 16),
        }
    }

    /// Nanoseconds, about, for a picture of that size.
    pub(super) fn nanoseconds(&self, size: Size) -> u64 {
        let pixels = |size: Size| u64::from(size.0) * u64::from(size.1);
        let made = pixels(self.size(size));
        match *self {
            Self::Reshape(_) => 4 * (pixels(size) + made),
            Self::Blur { sigma } => blur::nanoseconds(size, sigma),
            Self::Text(ref text) => text::nanoseconds(text, size),
            Self::Smart { .. } => 4 * pixels(size),
            Self::Zoom { .. } | Self::Canvas { .. } => 2 * made,
            Self::Grey | Self::Ground(_) => 4 * made,
        }
    }

    /// Text that is equal for equal stages; part of the entity tag.
    pub(super) fn write(&self, text: &mut String) {
        // The derived text has all that the stage is made of. Writing to a string can't fail.
        let _ok = write!(text, " then {self:?}");
    }

    /// Does it.
    ///
    /// # Errors
    /// A stopped checkpoint, which is polled at each row at least.
    pub(super) fn run(
        &self,
        picture: Raster,
        linear: bool,
        scratch: &mut Scratch,
        checkpoint: &Checkpoint,
    ) -> Result<Raster, Error> {
        let model = self.model(picture.model);
        Ok(match *self {
            Self::Reshape(reshape) => reshaped(picture, reshape, linear, scratch, checkpoint)?,
            Self::Zoom {
                times,
                left,
                top,
                width,
                height,
            } => zoom::zoom(&picture, times, (left, top), (width, height), checkpoint)?,
            Self::Canvas { canvas, extend } => {
                canvas::extend(&picture, canvas, extend, model, checkpoint)?
            }
            Self::Smart { width, height } => smart::cut(&picture, (width, height), checkpoint)?,
            Self::Blur { sigma } => blur::blur(picture, sigma, scratch, checkpoint)?,
            Self::Text(ref text) => text::draw(picture, text, model, checkpoint)?,
            Self::Grey => grey::grey(&picture, model, checkpoint)?,
            Self::Ground(colour) => compose::compose(picture, None, colour, model, checkpoint)?,
        })
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

fn reshaped(
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
