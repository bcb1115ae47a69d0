//! Where groups lie that are put together by themselves: as `resvg` places their layers, in the same steps.

use resvg::tiny_skia::{NonZeroRect, Rect, Transform};
use resvg::usvg::Group;

use super::weights::Canvas;

/// Where nodes are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    /// From the nodes' units to pixels of the canvas.
    pub(super) transform: Transform,
    pub(super) canvas: Canvas,
    /// Where layers may lie, in pixels of the canvas.
    pub(super) reach: Rect,
}

impl Space {
    /// Of a canvas, in which `resvg` lets layers reach as far as five times its size.
    pub(super) fn new((width, height): (u32, u32), transform: Transform) -> Option<Self> {
        let (across, down) = (width as f32, height as f32);
        Some(Self {
            transform,
            canvas: (f64::from(width), f64::from(height)),
            reach: Rect::from_ltrb(-2.0 * across, -2.0 * down, 3.0 * across, 3.0 * down)?,
        })
    }

    /// The same in the units of a group.
    pub(super) fn within(self, transform: Transform) -> Self {
        Self {
            transform: self.transform.pre_concat(transform),
            ..self
        }
    }

    /// Pixels of the canvas that something with these bounds may touch.
    pub(super) fn covered(self, bounds: Rect) -> f64 {
        let side = |low: f32, high: f32, limit: f64| {
            (f64::from(high).min(limit) - f64::from(low).max(0.0)).max(0.0) + 2.0
        };
        bounds.transform(self.transform).map_or(0.0, |bounds| {
            side(bounds.left(), bounds.right(), self.canvas.0)
                * side(bounds.top(), bounds.bottom(), self.canvas.1)
        })
    }

    /// Whether anything within these bounds is on the canvas, but for what a pixel's rounding makes of it.
    pub(super) fn shows(self, bounds: Rect) -> bool {
        bounds.transform(self.transform).is_some_and(|bounds| {
            let [left, top, right, bottom] =
                [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()].map(f64::from);
            right >= -1.0
                && bottom >= -1.0
                && left <= self.canvas.0 + 1.0
                && top <= self.canvas.1 + 1.0
        })
    }

    /// The layer of a group, whose own transform is in already; `None` where it isn't drawn.
    pub(super) fn layer(self, group: &Group) -> Option<Self> {
        let is_filtered = !group.filters().is_empty();
        let turn = if is_filtered {
            turn(self.transform)
        } else {
            Transform::identity()
        };
        // What is filtered is drawn upright, and may reach as far as what is seen once it is turned.
        let back = turn.invert()?;
        let reach = self.reach.transform(back)?;
        let transform = back.pre_concat(self.transform);
        let bounds = group.layer_bounding_box().to_rect().transform(transform)?;
        let around = if is_filtered { 0.0 } else { 2.0 };
        let (left, top) = (bounds.left().floor(), bounds.top().floor());
        let right = left + bounds.width().ceil().max(1.0) + around;
        let bottom = top + bounds.height().ceil().max(1.0) + around;
        let left = (left - around).max(reach.left().floor());
        let top = (top - around).max(reach.top().floor());
        let right = right.min(reach.right().ceil());
        let bottom = bottom.min(reach.bottom().ceil());
        if !(right > left && bottom > top) {
            return None;
        }
        Some(Self {
            transform: Transform::from_translate(-left, -top).pre_concat(transform),
            canvas: (f64::from(right - left), f64::from(bottom - top)),
            reach,
        })
    }

    /// Where what a step of a filter shows is drawn: in its own part of the filter's region, and not turned. The space is that of the filtered layer.
    pub(super) fn shown(self, region: NonZeroRect, part: NonZeroRect) -> Option<Self> {
        let region = region.transform(self.transform)?;
        #[expect(clippy::cast_possible_truncation, reason = "they were such")]
        let (width, height) = (self.canvas.0 as f32, self.canvas.1 as f32);
        let (left, top) = (
            region.left().floor().max(0.0),
            region.top().floor().max(0.0),
        );
        let right = region.right().ceil().min(width);
        let bottom = region.bottom().ceil().min(height);
        let moved = Transform::from_translate(-left, -top).pre_concat(self.transform);
        let part = part.transform(moved)?;
        let (across, down) = self.transform.get_scale();
        let (x, y) = (part.left().floor(), part.top().floor());
        Some(Self {
            transform: Transform::from_row(across, 0.0, 0.0, down, x, y),
            canvas: (f64::from(right - left), f64::from(bottom - top)),
            reach: Rect::from_xywh(0.0, 0.0, right - left, bottom - top)?,
        })
    }
}

/// What a transform does beside scaling and moving.
fn turn(transform: Transform) -> Transform {
    let across = transform.sx.hypot(transform.ky);
    let down = transform.kx.hypot(transform.sy);
    Transform::from_row(
        transform.sx / across,
        transform.ky / across,
        transform.kx / down,
        transform.sy / down,
        0.0,
        0.0,
    )
}
