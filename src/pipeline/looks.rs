//! Steps that repeat pixels, or change a picture's look or its edges, as stages.

use super::geometry::Canvas;
use super::parameter::ParameterError;
use super::sketch::{Sketch, inside};
use super::stage::Stage;
use super::step::{Area, Edges, Effects, Step};
use super::tone::Tone;
use super::value::Extend;

/// Adds pixels that are repeated.
///
/// # Errors
/// An area that isn't in the picture.
pub(super) fn zoom(sketch: &mut Sketch, step: &Step) -> Result<(), ParameterError> {
    let source = sketch.size();
    let times = step.factor.saturating_add(1);
    let zoomed = (
        source.0.saturating_mul(times),
        source.1.saturating_mul(times),
    );
    let mut area = step.area;
    if area.left == 0 && area.top == 0 {
        area = Area {
            width: zoomed.0,
            height: zoomed.1,
            ..area
        };
    } else if area.centred {
        let place = |whole: u32, part: u32| (whole - part).div_ceil(2);
        area = Area {
            left: place(zoomed.0, source.0),
            top: place(zoomed.1, source.1),
            width: source.0,
            height: source.1,
            ..area
        };
    } else {
        let or = |side: u32, other: u32| if side == 0 { other } else { side };
        area.width = or(area.width, source.0);
        area.height = or(area.height, source.1);
    }
    inside(area, zoomed)?;
    // Only pixels of which something is seen are decoded, where the decoder can tell.
    let seen = |start: u32, length: u32| {
        let first = start / times;
        (first, (start + length).div_ceil(times) - first)
    };
    let (left, width) = seen(area.left, area.width);
    let (top, height) = seen(area.top, area.height);
    let cut = Area {
        left,
        top,
        width,
        height,
        ..area
    };
    sketch.reshape(inside(cut, source)?, (width, height));
    sketch.stage(Stage::Zoom {
        times,
        left: area.left - left * times,
        top: area.top - top * times,
        width: area.width,
        height: area.height,
    });
    Ok(())
}

/// Adds what changes the look of a picture of a settled size.
pub(super) fn effects(sketch: &mut Sketch, effects: &Effects) {
    if effects.tone != Tone::default() {
        sketch.stage(Stage::Tone(effects.tone));
    }
    if effects.sharpen > 0.0 {
        sketch.stage(Stage::Sharpen {
            sigma: effects.sharpen,
        });
    }
    if effects.blur > 0.0 {
        sketch.stage(Stage::Blur {
            sigma: effects.blur,
        });
    }
    if effects.pixelate > 1 {
        sketch.stage(Stage::Pixelate {
            side: effects.pixelate,
        });
    }
}

/// Adds what comes when all is drawn.
pub(super) fn edges(sketch: &mut Sketch, edges: Edges) {
    let [top, right, bottom, left] = edges.border;
    if edges.border != [0; 4] {
        let (width, height) = sketch.size();
        let canvas = Canvas {
            width: width.saturating_add(left).saturating_add(right),
            height: height.saturating_add(top).saturating_add(bottom),
            left,
            top,
        };
        sketch.stage(Stage::Canvas {
            canvas,
            extend: Extend::Background,
        });
    }
    if edges.radius > 0 {
        sketch.stage(Stage::Corners {
            radius: edges.radius,
        });
    }
}
