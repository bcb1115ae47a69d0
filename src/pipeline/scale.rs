//! How far the decoder scales before we do.

use std::fmt::Write as _;

use super::geometry::Window;
use super::resample::Resampling;
use crate::codecs::{self, Header, Part, Scale};

/// How many times the decoder's picture must stay larger than the answer, so that its own, coarser scaling isn't seen.
///
/// Measured over photographs by SSIMULACRA2: in gamma space 1.5 loses nothing against what
/// libvips does, in linear light 2.5 loses 0.3 points in the median and 2.2 in the worst case.
/// Chroma, and colours that don't mix as light, never need more than 1.5.
const MARGIN: f64 = 1.5;
const MARGIN_LIGHT: f64 = 2.5;

/// What is written without loss keeps what the coarser scaling would take: it costs 0.5 points in the median, 3 in the worst case.
const MARGIN_LOSSLESS: f64 = 8.0;

/// The decoder's smallest scales that leave the margins. `resampling` has its window in pixels of the full size.
pub(super) fn scale(header: &Header, resampling: &Resampling, lossless: bool) -> Scale {
    if codecs::draws(header) {
        return drawn(resampling);
    }
    let full = codecs::scaled(header, Scale::FULL);
    let smallest = |plane: usize, margin: f64| {
        let (across, down) = resampling.plane(full, plane);
        let enough = |eighths: u8| {
            [across, down].iter().all(|span| {
                let samples = span.length * f64::from(eighths) / 8.0;
                samples >= margin * f64::from(span.target)
            })
        };
        let mut scales = codecs::scales(header).iter().copied();
        scales.find(|&eighths| enough(eighths)).unwrap_or(8)
    };
    let margin = match (resampling.linear, lossless) {
        (true, true) => MARGIN_LOSSLESS,
        (true, false) => MARGIN_LIGHT,
        (false, _) => MARGIN,
    };
    let eighths = smallest(0, margin);
    let (across, down) = full.model.factors(1);
    // Chroma has no more samples than luma in either direction.
    let most = eighths.saturating_mul(across.min(down)).min(8);
    Scale {
        eighths,
        chroma: smallest(1, MARGIN).min(most),
        part: None,
    }
}

/// Just the part that stays, in just the size it gets: nothing is left to be mixed.
fn drawn(resampling: &Resampling) -> Scale {
    let Window {
        left,
        top,
        width,
        height,
    } = resampling.window;
    Scale {
        part: Some(Part {
            left,
            top,
            width,
            height,
            pixels: resampling.target,
        }),
        ..Scale::FULL
    }
}

/// The window in pixels that the decoder hands out at that scale.
pub(super) fn window(full: Window, header: &Header, scale: Scale) -> Window {
    let decoded = codecs::scaled(header, scale);
    let size = (decoded.width, decoded.height);
    if scale.part.is_some() {
        return Window::whole(size);
    }
    full.scaled(f64::from(scale.eighths) / 8.0, size)
}

/// Which part of a drawing is rendered, as text of the plan.
pub(super) fn write(scale: Scale, text: &mut String) {
    if let Some(part) = scale.part {
        let Part {
            left,
            top,
            width,
            height,
            ..
        } = part;
        // Writing to a string can't fail.
        let _ok = write!(text, " of {left},{top},{width},{height}");
    }
}
