//! Pure arithmetic: a request, a header and limits become a plan.
//!
//! The plan is all that work needs to know: how far the decoder scales, which
//! part is resampled to which size, what happens after, and how many bytes of
//! memory that takes at its peak. No pixel is looked at here.
#![warn(clippy::arithmetic_side_effects)]

use std::fmt::Write as _;

use super::cost;
use super::geometry::{self, Asked, Canvas, Window};
use super::operation::{Request, Type};
use super::value::Colour;
use crate::codecs::{self, Encoding, Format, Header, Model, Orientation};

/// Changes whenever the same plan starts to give other bytes, so that entity tags change too.
pub const OUTPUT_VERSION: u32 = 1;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The decoder hands out the picture at this many eighths of its size.
    pub eighths: u8,
    /// The part of the decoded picture that is resampled, in its pixels.
    pub window: Window,
    /// Size after resampling, in the stored orientation.
    pub target: (u32, u32),
    /// The turn after resampling.
    pub orientation: Orientation,
    /// The canvas after the turn, where the answer is larger than the picture.
    pub canvas: Option<Canvas>,
    /// What is put behind the picture at the end.
    pub background: Colour,
    /// Whether to resample in linear light.
    pub linear: bool,
    /// How to write the answer.
    pub encoding: Encoding,
    /// Width of the answer.
    pub width: u32,
    /// Height of the answer.
    pub height: u32,
    /// Bytes that the work allocates at its peak, the source's own bytes not included.
    pub peak_bytes: u64,
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
    let geometry = geometry::geometry(
        header.displayed(),
        Asked {
            width: request.width.map(|side| request.dpr.scale(side)),
            height: request.height.map(|side| request.dpr.scale(side)),
            fit: request.fit,
            enlarge: request.enlarge,
            gravity: request.gravity,
        },
    );
    let (width, height) = geometry
        .canvas
        .map_or((geometry.width, geometry.height), |c| (c.width, c.height));
    let encoding = encoding(request, header);
    check_output(width, height, encoding.format, settings)?;

    let stored = (header.width, header.height);
    let window = geometry.window.stored(header.orientation, stored);
    let target = if header.orientation.swaps() {
        (geometry.height, geometry.width)
    } else {
        (geometry.width, geometry.height)
    };
    let linear = request.linear.unwrap_or(settings.linear);
    let eighths = eighths(header, window, target, linear);
    let decoded = codecs::scaled(header, eighths);
    let mut plan = Plan {
        eighths,
        window: window.scaled(f64::from(eighths) / 8.0, (decoded.width, decoded.height)),
        target,
        orientation: header.orientation,
        canvas: geometry.canvas,
        background: background(request, encoding.format),
        linear,
        encoding,
        width,
        height,
        peak_bytes: 0,
    };
    plan.peak_bytes = cost::peak_bytes(&plan, header, decoded);
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
        } = self.window;
        let mut text = format!(
            "v{OUTPUT_VERSION} decode {}/8 window {left},{top},{width},{height} to {}x{} {} turn {}",
            self.eighths,
            self.target.0,
            self.target.1,
            if self.linear { "linear" } else { "gamma" },
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

    /// The layout of the picture when it reaches the encoder.
    pub(super) fn final_model(&self, decoded: Model) -> Model {
        let adds_alpha = self.canvas.is_some() && self.background.rgba[3] < 255;
        let alpha = self.encoding.format.row().alpha
            && self.background.rgba[3] < 255
            && (decoded.has_alpha() || adds_alpha);
        let grey = matches!(decoded, Model::Gray | Model::GrayAlpha)
            && self.background.is_grey()
            && codecs::accepts(self.encoding.format, Model::Gray);
        match (grey, alpha) {
            (true, false) => Model::Gray,
            (true, true) => Model::GrayAlpha,
            (false, false) => Model::Rgb,
            (false, true) => Model::Rgba,
        }
    }
}

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
    let source = if header.format.row().writes {
        header.format
    } else if alpha {
        Format::Png
    } else {
        Format::Jpeg
    };
    let format = match request.output {
        Type::Named(format) => format,
        Type::Source => source,
        Type::Auto => request
            .accepted
            .iter()
            .copied()
            .find(|&format| fits(format))
            .unwrap_or(source),
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

/// How many times the decoder's picture must stay larger than the answer, so that its own, coarser scaling isn't seen.
/// Measured over photographs by SSIMULACRA2: in gamma space 1.5 loses nothing against what
/// libvips does, in linear light 2.5 loses 0.3 points in the median and 2.2 in the worst case.
fn margin(linear: bool) -> f64 {
    if linear { 2.5 } else { 1.5 }
}

/// The decoder's smallest scale that leaves the margin.
fn eighths(header: &Header, window: Window, target: (u32, u32), linear: bool) -> u8 {
    let enough = |eighths: u8| {
        let factor = f64::from(eighths) / 8.0;
        window.width * factor >= margin(linear) * f64::from(target.0)
            && window.height * factor >= margin(linear) * f64::from(target.1)
    };
    codecs::scales(header)
        .iter()
        .copied()
        .find(|&eighths| enough(eighths))
        .unwrap_or(8)
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
