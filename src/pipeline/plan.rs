//! Pure arithmetic: a request, a header and limits become a plan.
//!
//! The plan is all that work needs to know: how far the decoder scales, which
//! part is resampled to which size, what happens after, and how many bytes of
//! memory that takes at its peak. No pixel is looked at here.
#![warn(clippy::arithmetic_side_effects)]

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::cost::{self, Cost};
use super::geometry::{self, Asked, Canvas, Geometry, Window};
use super::operation::{Request, Type};
use super::resample::Resampling;
use super::value::Colour;
use super::{color, scale};
use crate::codecs::{self, Encoding, Format, Header, Model, Orientation, Scale};

/// Changes whenever the same plan starts to give other bytes, so that entity tags change too.
pub const OUTPUT_VERSION: u32 = 5;

/// How large pictures may be, and the server's default for linear light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Pixels of a source picture.
    pub max_pixels: u64,
    /// Pixels along either side of an answer.
    pub max_output_side: u32,
    /// Pixels of an answer.
    pub max_output_pixels: u64,
    /// Whether to resize in linear light where the client doesn't say.
    pub linear: bool,
}

/// What will be done to one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// How far the decoder scales.
    pub(super) scale: Scale,
    /// What becomes of the decoder's pixels, in the stored orientation.
    pub(super) resampling: Resampling,
    /// Whether the resampled planes go to the encoder as they are.
    pub(super) planar: bool,
    /// What the decoder's samples mean.
    pub(super) decoded: Model,
    /// The turn after resampling.
    pub orientation: Orientation,
    /// The canvas after the turn, where the answer is larger than the picture.
    pub canvas: Option<Canvas>,
    /// What is put behind the picture at the end.
    pub background: Colour,
    /// How to write the answer.
    pub encoding: Encoding,
    /// Width of the answer.
    pub width: u32,
    /// Height of the answer.
    pub height: u32,
    /// What the work takes.
    pub cost: Cost,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The source has too many pixels.
    ImageTooLarge {
        /// Stored width.
        width: u32,
        /// Stored height.
        height: u32,
        /// Allowed pixels.
        limit: u64,
    },
    /// The answer would have too many pixels along a side.
    SideTooLong {
        /// The longer side.
        actual: u32,
        /// Allowed pixels along a side, by configuration or by the format.
        limit: u32,
    },
    /// The answer would have too many pixels.
    OutputTooLarge {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// Allowed pixels.
        limit: u64,
    },
}

/// Makes the plan for one picture.
///
/// # Errors
/// The picture or the answer is out of limits.
pub fn plan(request: &Request, header: &Header, settings: &Settings) -> Result<Plan, Error> {
    if pixels(header.width, header.height) > settings.max_pixels {
        return Err(Error::ImageTooLarge {
            width: header.width,
            height: header.height,
            limit: settings.max_pixels,
        });
    }
    let geometry = arranged(request, header);
    let alone = (geometry.width, geometry.height);
    let (width, height) = geometry.canvas.map_or(alone, |c| (c.width, c.height));
    let encoding = encoding(request, header);
    check_output(width, height, encoding.format, settings)?;

    let stored = (header.width, header.height);
    let window = geometry.window.stored(header.orientation, stored);
    let target = if header.orientation.swaps() {
        (geometry.height, geometry.width)
    } else {
        (geometry.width, geometry.height)
    };
    let planar = matches!(header.model, Model::YCbCr { .. })
        && geometry.canvas.is_none()
        && codecs::accepts(encoding.format, LOSSY)
        && color::is_srgb(&header.colour);
    let mut resampling = Resampling {
        window,
        target,
        model: match header.model {
            Model::YCbCr { .. } if planar => LOSSY,
            Model::YCbCr { .. } => Model::YCbCr { across: 1, down: 1 },
            other => other,
        },
        mirrored: header.orientation.reverses(),
        linear: request.linear.unwrap_or(settings.linear),
    };
    let lossless = encoding.format.row().quality.is_none();
    let scale = scale::scale(header, &resampling, lossless);
    let decoded = codecs::scaled(header, scale);
    let factor = f64::from(scale.eighths) / 8.0;
    resampling.window = window.scaled(factor, (decoded.width, decoded.height));
    let mut plan = Plan {
        scale,
        resampling,
        planar,
        decoded: header.model,
        orientation: header.orientation,
        canvas: geometry.canvas,
        background: background(request, encoding.format),
        encoding,
        width,
        height,
        cost: Cost::default(),
    };
    plan.cost = cost::cost(&plan, header, decoded);
    Ok(plan)
}

impl Plan {
    /// The plan as text that is equal for equal pictures; part of the entity tag.
    pub fn canonical(&self) -> String {
        let Window {
            left,
            top,
            width,
            height,
        } = self.resampling.window;
        let mut text = format!(
            "v{OUTPUT_VERSION} decode {}+{}/8 window {left},{top},{width},{height} to {}x{} {} turn {}",
            self.scale.eighths,
            self.scale.chroma,
            self.resampling.target.0,
            self.resampling.target.1,
            if self.resampling.linear {
                "linear"
            } else {
                "gamma"
            },
            self.orientation.exif(),
        );
        if let Some(canvas) = self.canvas {
            let Canvas {
                width,
                height,
                left,
                top,
            } = canvas;
            // Writing to a string can't fail.
            let _ok = write!(text, " canvas {width}x{height}+{left}+{top}");
        }
        let [r, g, b, a] = self.background.rgba;
        let Encoding { format, quality } = self.encoding;
        let _ok = write!(text, " on {r},{g},{b},{a} as {} q{quality}", format.name());
        text
    }

    /// The layout of the picture on its canvas and background: grey or RGB, with or without alpha.
    pub(super) fn composed_model(&self) -> Model {
        let adds_alpha = self.canvas.is_some() && self.background.rgba[3] < 255;
        let alpha = self.encoding.format.row().alpha
            && self.background.rgba[3] < 255
            && (self.decoded.has_alpha() || adds_alpha);
        let grey = matches!(self.decoded, Model::Gray | Model::GrayAlpha)
            && self.background.is_grey()
            && codecs::accepts(self.encoding.format, Model::Gray);
        match (grey, alpha) {
            (true, false) => Model::Gray,
            (true, true) => Model::GrayAlpha,
            (false, false) => Model::Rgb,
            (false, true) => Model::Rgba,
        }
    }

    /// The layout of the picture when it reaches the encoder.
    pub(super) fn final_model(&self) -> Model {
        match self.composed_model() {
            _ if self.planar => LOSSY,
            model if codecs::accepts(self.encoding.format, model) => model,
            _ => LOSSY,
        }
    }
}

/// Where the picture and its parts go.
fn arranged(request: &Request, header: &Header) -> Geometry {
    geometry::geometry(
        header.displayed(),
        Asked {
            width: request.width.map(|side| request.dpr.scale(side)),
            height: request.height.map(|side| request.dpr.scale(side)),
            fit: request.fit,
            enlarge: request.enlarge,
            gravity: request.gravity,
        },
    )
}

/// What lossy formats hold: a chroma sample for four pixels.
const LOSSY: Model = Model::YCbCr { across: 2, down: 2 };

pub(super) fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width).saturating_mul(u64::from(height))
}

fn check_output(width: u32, height: u32, format: Format, settings: &Settings) -> Result<(), Error> {
    let limit = settings.max_output_side.min(format.row().max_side);
    let actual = width.max(height);
    if actual > limit {
        return Err(Error::SideTooLong { actual, limit });
    }
    if pixels(width, height) > settings.max_output_pixels {
        return Err(Error::OutputTooLarge {
            width,
            height,
            limit: settings.max_output_pixels,
        });
    }
    Ok(())
}

/// The format of the answer, and its quality.
fn encoding(request: &Request, header: &Header) -> Encoding {
    let alpha = header.has_alpha();
    let fits = |format: Format| format.row().alpha || !alpha;
    let by_alpha = if alpha { Format::Png } else { Format::Jpeg };
    let source = if header.format.row().writes {
        header.format
    } else {
        by_alpha
    };
    let format = match request.output {
        Type::Named(format) => format,
        Type::Source => source,
        Type::Auto => {
            let better = request.accept.better.iter().copied().find(|&f| fits(f));
            // The input's, else by alpha, else whichever of the two is read.
            let others = [source, by_alpha, Format::Png, Format::Jpeg];
            let wanted = |format: &Format| !request.accept.refused.contains(format);
            better
                .or_else(|| others.into_iter().find(wanted))
                .unwrap_or(source)
        }
    };
    let quality = request.quality.or(format.row().quality).unwrap_or(100);
    // A lossless format has no quality; one value keeps equal answers equal.
    let quality = format.row().quality.map_or(100, |_| quality);
    Encoding { format, quality }
}

fn background(request: &Request, format: Format) -> Colour {
    let default = if format.row().alpha {
        Colour::TRANSPARENT
    } else {
        Colour::WHITE
    };
    let chosen = request.background.unwrap_or(default);
    // What can't be transparent shows paper behind a background that is.
    if format.row().alpha {
        chosen
    } else {
        chosen.on_white()
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
