//! Steps that change a picture's look or its edges, as stages.

use super::geometry::Canvas;
use super::sketch::Sketch;
use super::stage::Stage;
use super::step::{Edges, Effects};
use super::tone::Tone;
use super::value::Extend;

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
