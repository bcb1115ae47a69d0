//! What parts of a drawing cost to be rendered.

use resvg::tiny_skia::{PathSegment, Point, Transform};
use resvg::usvg::filter;

use super::too_many;
use crate::codecs::Error;

/// Nanoseconds that all of a drawing may take, about.
const WORK: f64 = 8e9;

/// Pixels across and down.
pub(super) type Canvas = (f64, f64);

/// Nanoseconds, about: of a node, of a segment of a path, of an edge's step down by a quarter of a row, of a pixel that is painted, and of one that is moved as part of a layer.
pub(super) const NODE: f64 = 300.0;
pub(super) const SEGMENT: f64 = 100.0;
const STEP: f64 = 4.0;
pub(super) const PAINTED: f64 = 6.0;
pub(super) const MOVED: f64 = 8.0;

/// What a picture takes: for each pixel that it covers, and for each of its own whenever it is read.
pub(super) const MIXED: f64 = 80.0;
pub(super) const READ: f64 = 8.0;

/// What a gradient's stop adds to each pixel.
pub(super) const STOP: f64 = 0.7;

/// What a dash costs: it has two ends and two sides.
pub(super) const DASH: f64 = 1_000.0;

/// Dashes of a path after which it is drawn without any.
pub(super) const DASHES: f64 = 1e6;

/// Nanoseconds for each pixel of the layer.
pub(super) fn weight(kind: &filter::Kind, transform: Transform, layer: Canvas) -> f64 {
    let (across, down) = transform.get_scale();
    let base = 4.0 * MOVED;
    base + match kind {
        filter::Kind::Morphology(morphology) => {
            let reach = |radius: f32, scale: f32, side: f64| {
                (2.0 * f64::from(radius * scale) + 2.0).min(side)
            };
            let columns = reach(morphology.radius_x().get(), across, layer.0);
            let rows = reach(morphology.radius_y().get(), down, layer.1);
            3.0 * columns * rows
        }
        filter::Kind::ConvolveMatrix(convolution) => {
            let matrix = convolution.matrix();
            let (columns, rows) = (f64::from(matrix.columns()), f64::from(matrix.rows()));
            // Where it goes around the edges, it does so in steps of a layer's side.
            let around = 1.0 + columns / layer.0.max(1.0) + rows / layer.1.max(1.0);
            6.0 * columns * rows * around
        }
        filter::Kind::Turbulence(noise) => 250.0 * (f64::from(noise.num_octaves()) + 1.0),
        filter::Kind::DiffuseLighting(_) | filter::Kind::SpecularLighting(_) => 200.0,
        filter::Kind::Merge(merge) => MOVED * merge.inputs().len() as f64,
        filter::Kind::GaussianBlur(_) | filter::Kind::DropShadow(_) => 80.0,
        _ => 40.0,
    }
}

/// What a path is long.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outline {
    segments: f64,
    /// In units of the path itself.
    pub(super) length: f64,
    /// Rows that its segments pass, all together.
    rows: f64,
}

impl Outline {
    pub(super) fn work(self) -> f64 {
        self.segments * SEGMENT + self.rows * 4.0 * STEP
    }
}

/// What a path is long, on a canvas of that height.
pub(super) fn outline(
    segments: impl Iterator<Item = PathSegment>,
    transform: Transform,
    height: f64,
) -> Outline {
    let mut all = Outline::default();
    let mut last = Point::zero();
    let mut first = Point::zero();
    let steep = f64::from(transform.ky.abs() + transform.sy.abs());
    let mut line = |all: &mut Outline, to: Point| {
        let (across, down) = (f64::from(to.x - last.x), f64::from(to.y - last.y));
        all.length += across.hypot(down);
        all.rows += (across.abs().max(down.abs()) * steep).min(height) + 1.0;
        last = to;
    };
    for segment in segments {
        all.segments += 1.0;
        match segment {
            PathSegment::MoveTo(to) => {
                first = to;
                // It is far from what was before, and not drawn.
                let (length, rows) = (all.length, all.rows);
                line(&mut all, to);
                (all.length, all.rows) = (length, rows);
            }
            PathSegment::LineTo(to) => line(&mut all, to),
            PathSegment::QuadTo(by, to) => {
                all.segments += 3.0;
                line(&mut all, by);
                line(&mut all, to);
            }
            PathSegment::CubicTo(by, over, to) => {
                all.segments += 6.0;
                line(&mut all, by);
                line(&mut all, over);
                line(&mut all, to);
            }
            PathSegment::Close => line(&mut all, first),
        }
    }
    all
}

/// As a number to be told.
pub(super) fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it saturates"
    )]
    let whole = number.ceil() as u64;
    whole
}

/// Adds to what was spent.
///
/// # Errors
/// `TooComplex`.
pub(super) fn spend(work: &mut f64, nanoseconds: f64) -> Result<(), Error> {
    *work += nanoseconds;
    // What is no number is too much.
    if *work <= WORK {
        return Ok(());
    }
    let milliseconds = |nanoseconds: f64| whole(nanoseconds / 1e6);
    Err(too_many(
        "milliseconds of drawing",
        milliseconds(WORK),
        milliseconds(*work),
    ))
}
