//! What is done to the small picture after the first resampling, a stage at a time.
//!
//! A picture is grey or RGB, with or without alpha, in the answer's space.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::color::Target;
use super::geometry::{Canvas, Size};
use super::overlay::{self, Fronts, Overlay};
use super::reshape::{self, Reshape};
use super::text::{self, Text};
use super::tone::{self, Tone};
use super::value::{Colour, Extend};
use super::{
    Error, Picture, Scratch, blur, canvas, compose, corners, grey, pixelate, sharpen, smart, zoom,
};
use crate::checkpoint::Checkpoint;
use crate::codecs::{Header, Model, Raster, Shape};

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
    /// Brightness, contrast, gamma, saturation.
    Tone(Tone),
    /// What a blur of that deviation in pixels would take is added.
    Sharpen { sigma: f64 },
    /// Squares of so many pixels across become one colour.
    Pixelate { side: u32 },
    /// Corners become round.
    Corners { radius: u32 },
    /// Text is drawn over the picture.
    Text(Text),
    /// Another picture is.
    Overlay(Overlay),
    /// Colour goes.
    Grey,
    /// What is transparent shows this colour.
    Ground(Colour),
}

/// What stages take from the plan and the request.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// Whether samples are mixed as light.
    pub(super) linear: bool,
    /// What samples mean.
    pub(super) target: &'a Target,
    /// Pictures that are drawn over the first.
    pub(super) beside: &'a [Picture<'a>],
    /// Where those are kept once they are decoded, for the next frame.
    pub(super) fronts: Option<&'a Fronts>,
}

impl Stage {
    /// Pixels of the result.
    pub(super) fn size(&self, size: Size) -> Size {
        match *self {
            Self::Reshape(reshape) => reshape.size(),
            Self::Canvas { canvas, .. } => (canvas.width, canvas.height),
            Self::Zoom { width, height, .. } | Self::Smart { width, height } => (width, height),
            Self::Blur { .. }
            | Self::Tone(_)
            | Self::Sharpen { .. }
            | Self::Pixelate { .. }
            | Self::Corners { .. }
            | Self::Text(_)
            | Self::Overlay(_)
            | Self::Grey
            | Self::Ground(_) => size,
        }
    }

    /// Whether it works on luma and chroma as they come, each plane by itself. Blurring mixes samples, and mixing comes to the same before
    /// and after another mixing.
    pub(super) fn takes_planes(&self) -> bool {
        matches!(self, Self::Blur { .. })
    }

    /// Layout of the result.
    pub(super) fn model(&self, model: Model) -> Model {
        let alpha = match self {
            Self::Canvas {
                extend: Extend::Background,
                ..
            }
            | Self::Corners { .. }
            // As imaginary's answers have it.
            | Self::Overlay(_) => true,
            Self::Ground(Colour { rgba: [.., alpha] }) => model.has_alpha() && *alpha < 255,
            _ => model.has_alpha(),
        };
        let keeps_grey = match self {
            Self::Grey => true,
            Self::Overlay(drawn) => model.channels() < 3 && drawn.is_grey(),
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
    pub(super) fn extra_bytes(&self, size: Size, beside: &[Header]) -> u64 {
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
                reshape::resampling(window, target, source.model, true).peak_bytes(source) + turned
            }
            Self::Blur { sigma } => blur::extra_bytes(size, sigma),
            Self::Sharpen { sigma } => sharpen::extra_bytes(size, sigma),
            Self::Pixelate { side } => pixelate::extra_bytes(size, side),
            Self::Text(ref text) => text::extra_bytes(text, size),
            Self::Overlay(ref drawn) => overlay::extra_bytes(drawn, beside),
            Self::Smart { .. } => smart::extra_bytes(size),
            // A row of places.
            Self::Canvas { canvas, .. } => u64::from(canvas.width) * 8,
            Self::Zoom { .. }
            | Self::Tone(_)
            | Self::Corners { .. }
            | Self::Grey
            | Self::Ground(_) => pixels.min(1 << 16),
        }
    }

    /// Bytes that it keeps for the next frame of an animation.
    pub(super) fn kept_bytes(&self) -> u64 {
        match self {
            Self::Overlay(drawn) => overlay::kept_bytes(drawn),
            _ => 0,
        }
    }

    /// Nanoseconds, about, for a picture of that size.
    pub(super) fn nanoseconds(&self, size: Size, beside: &[Header]) -> u64 {
        let pixels = |size: Size| u64::from(size.0) * u64::from(size.1);
        let made = pixels(self.size(size));
        match *self {
            Self::Reshape(_) => 4 * (pixels(size) + made),
            Self::Blur { sigma } => blur::nanoseconds(size, sigma),
            Self::Sharpen { sigma } => sharpen::nanoseconds(size, sigma),
            Self::Text(ref text) => text::nanoseconds(text, size),
            Self::Overlay(ref drawn) => overlay::nanoseconds(drawn, beside),
            Self::Smart { .. } => 4 * pixels(size),
            Self::Zoom { .. } | Self::Canvas { .. } => 2 * made,
            Self::Tone(_)
            | Self::Pixelate { .. }
            | Self::Corners { .. }
            | Self::Grey
            | Self::Ground(_) => 4 * made,
        }
    }

    /// Decides by the pixels of a first frame what is to be the same for all that follow.
    ///
    /// # Errors
    /// A stopped checkpoint.
    pub(super) fn settle(
        &mut self,
        picture: &Raster,
        checkpoint: &Checkpoint,
    ) -> Result<(), Error> {
        if let Self::Smart { width, height } = *self {
            let (left, top) = smart::place(picture, (width, height), checkpoint)?;
            *self = Self::Reshape(Reshape::cut((left, top), (width, height)));
        }
        Ok(())
    }

    /// Text that is equal for equal stages; part of the entity tag.
    pub(super) fn write(&self, text: &mut String) {
        // The derived text has all that the stage is made of. Writing to a string can't fail.
        let _ok = write!(text, " then {self:?}");
    }

    /// Does it to each plane of luma and chroma.
    ///
    /// # Errors
    /// A stopped checkpoint; a stage that doesn't [take planes](Self::takes_planes).
    pub(super) fn run_on_planes(
        &self,
        picture: Raster,
        scratch: &mut Scratch,
        checkpoint: &Checkpoint,
    ) -> Result<Raster, Error> {
        let Self::Blur { sigma } = *self else {
            return Err(Error::Internal(format!("{self:?} has no use for planes")));
        };
        let model = picture.model;
        let planes = picture.planes.into_iter().enumerate();
        let planes = planes.map(|(index, plane)| {
            let grey = Raster {
                model: Model::Gray,
                planes: vec![plane],
            };
            let (across, _) = model.factors(index);
            let blurred = blur::blur(grey, sigma / f64::from(across), scratch, checkpoint)?;
            blurred
                .planes
                .into_iter()
                .next()
                .ok_or_else(|| Error::Internal("a blur lost a plane".to_owned()))
        });
        Ok(Raster {
            model,
            planes: planes.collect::<Result<_, Error>>()?,
        })
    }

    /// Does it.
    ///
    /// # Errors
    /// A stopped checkpoint, which is polled at each row at least; a picture beside the first that can't be read.
    pub(super) fn run(
        &self,
        picture: Raster,
        given: Given<'_>,
        scratch: &mut Scratch,
        checkpoint: &Checkpoint,
    ) -> Result<Raster, Error> {
        let Given { linear, target, .. } = given;
        let model = self.model(picture.model);
        Ok(match *self {
            Self::Reshape(reshape) => {
                reshape::reshaped(picture, reshape, linear, scratch, checkpoint)?
            }
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
            Self::Tone(tone) => tone::tone(picture, tone, checkpoint)?,
            Self::Sharpen { sigma } => sharpen::sharpen(picture, sigma, checkpoint)?,
            Self::Pixelate { side } => pixelate::pixelate(picture, side, checkpoint)?,
            Self::Corners { radius } => corners::round(picture, radius, model, checkpoint)?,
            Self::Text(ref text) => {
                let ink = target.ink(text.colour)?;
                text::draw(picture, text, ink, model, checkpoint)?
            }
            Self::Overlay(ref drawn) => {
                let front = overlay::front(drawn, given, scratch, checkpoint)?;
                overlay::draw(picture, &front, drawn, model, checkpoint)?
            }
            Self::Grey => grey::grey(&picture, model, checkpoint)?,
            Self::Ground(colour) => {
                let ink = target.ink(colour)?;
                compose::compose(picture, None, ink, model, checkpoint)?
            }
        })
    }
}
