//! What it takes to render a drawing at a size: time and layers, added up before a pixel is touched.
//!
//! It goes where `resvg` will go, with the same transforms. What it adds up is bounded by what may be spent: each step
//! costs something, so that it ends soon, however often a drawing repeats itself.

use resvg::tiny_skia::{Rect, Transform};
use resvg::usvg::{self, Group, Node, Paint, filter};

use super::too_many;
use super::weights::{Canvas, DASH, DASHES, MOVED, NODE, PAINTED, SEGMENT, outline, weight};
use crate::codecs::Error;

/// Nanoseconds that all of a drawing may take, about.
const WORK: f64 = 8e9;

/// Bytes of a pixel in a layer.
const PIXEL: f64 = 4.0;

/// Refuses what takes too long, or layers of more than `layers` bytes.
///
/// # Errors
/// `TooComplex`.
pub(super) fn bill(
    root: &Group,
    transform: Transform,
    size: (u32, u32),
    layers: u64,
) -> Result<(), Error> {
    let canvas = (f64::from(size.0), f64::from(size.1));
    let mut bill = Bill {
        work: 0.0,
        held: 0.0,
        layers: layers as f64,
        reach: reach(size),
    };
    bill.nodes(root, transform, canvas)
}

/// Where `resvg` lets layers go to: five times the picture.
fn reach((width, height): (u32, u32)) -> Option<Rect> {
    let (width, height) = (width as f32, height as f32);
    Rect::from_ltrb(-2.0 * width, -2.0 * height, 3.0 * width, 3.0 * height)
}

struct Bill {
    /// Nanoseconds so far.
    work: f64,
    /// Bytes of the layers around.
    held: f64,
    layers: f64,
    reach: Option<Rect>,
}

impl Bill {
    fn spend(&mut self, nanoseconds: f64) -> Result<(), Error> {
        self.work += nanoseconds;
        // What is no number is too much.
        if self.work <= WORK {
            return Ok(());
        }
        let milliseconds = |nanoseconds: f64| whole(nanoseconds / 1e6);
        Err(too_many(
            "milliseconds of drawing",
            milliseconds(WORK),
            milliseconds(self.work),
        ))
    }

    fn hold(&mut self, bytes: f64) -> Result<(), Error> {
        self.held += bytes;
        if self.held <= self.layers {
            return Ok(());
        }
        let kibibytes = |bytes: f64| whole(bytes / 1024.0);
        Err(too_many(
            "KiB of layers",
            kibibytes(self.layers),
            kibibytes(self.held),
        ))
    }

    fn nodes(&mut self, group: &Group, transform: Transform, canvas: Canvas) -> Result<(), Error> {
        for node in group.children() {
            self.spend(NODE)?;
            match node {
                Node::Group(group) => self.group(group, transform, canvas)?,
                Node::Path(path) => self.path(path, transform, canvas)?,
                Node::Text(text) => self.group(text.flattened(), transform, canvas)?,
                // None is loaded.
                Node::Image(_) => {}
            }
        }
        Ok(())
    }

    fn group(&mut self, group: &Group, transform: Transform, canvas: Canvas) -> Result<(), Error> {
        let transform = transform.pre_concat(group.transform());
        if !group.should_isolate() {
            return self.nodes(group, transform, canvas);
        }
        let bounds = group.layer_bounding_box().to_rect();
        let Some(layer) = self.layer(bounds, transform) else {
            return Ok(());
        };
        let before = self.held;
        // What is filtered is turned afterwards, on a layer that covers the picture's corners, too.
        let turned = transform.has_skew() && !group.filters().is_empty();
        let pixels = layer.0 * layer.1 * if turned { 2.0 } else { 1.0 };
        self.spend(pixels * MOVED)?;
        self.hold(pixels * PIXEL)?;
        self.nodes(group, transform, layer)?;
        for filter in group.filters() {
            self.filter(filter, transform, layer)?;
        }
        let mut clip = group.clip_path();
        let within = self.held;
        while let Some(path) = clip {
            // As a picture, and as a mask.
            self.spend(pixels * MOVED)?;
            self.hold(pixels * (PIXEL + 1.0))?;
            let transform = transform.pre_concat(path.transform());
            self.clip(path.root(), transform, layer)?;
            clip = path.clip_path();
        }
        self.held = within;
        let mut mask = group.mask();
        while let Some(picture) = mask {
            self.spend(pixels * 2.0 * MOVED)?;
            self.hold(pixels * (PIXEL + 2.0))?;
            self.nodes(picture.root(), transform, layer)?;
            mask = picture.mask();
        }
        self.held = before;
        Ok(())
    }

    /// Size of a group's layer, a little more than its bounds as far as they are within reach; `None` where it isn't drawn.
    fn layer(&self, bounds: Rect, transform: Transform) -> Option<Canvas> {
        let reach = self.reach?;
        let bounds = bounds.transform(transform)?;
        let side = |low: f32, high: f32, from: f32, to: f32| {
            let (low, high) = (low.max(from), high.min(to));
            (high > low).then(|| f64::from(high - low) + 5.0)
        };
        let across = side(bounds.left(), bounds.right(), reach.left(), reach.right());
        let down = side(bounds.top(), bounds.bottom(), reach.top(), reach.bottom());
        across.zip(down)
    }

    /// What cuts a layer; its parts may be cut, too, each on a layer of its own.
    fn clip(&mut self, group: &Group, transform: Transform, canvas: Canvas) -> Result<(), Error> {
        for node in group.children() {
            self.spend(NODE)?;
            match node {
                Node::Path(path) => self.path(path, transform, canvas)?,
                Node::Text(text) => self.clip(text.flattened(), transform, canvas)?,
                Node::Group(group) => {
                    let transform = transform.pre_concat(group.transform());
                    let before = self.held;
                    let mut clip = group.clip_path();
                    while let Some(path) = clip {
                        let pixels = canvas.0 * canvas.1;
                        self.spend(pixels * 2.0 * MOVED)?;
                        self.hold(pixels * (2.0 * PIXEL + 1.0))?;
                        self.clip(path.root(), transform.pre_concat(path.transform()), canvas)?;
                        clip = path.clip_path();
                    }
                    self.clip(group, transform, canvas)?;
                    self.held = before;
                }
                Node::Image(_) => {}
            }
        }
        Ok(())
    }

    fn path(
        &mut self,
        path: &usvg::Path,
        transform: Transform,
        canvas: Canvas,
    ) -> Result<(), Error> {
        let outline = outline(path.data().segments(), transform, canvas.1);
        let covered = |bounds: Rect| {
            let bounds = bounds.transform(transform);
            let side = |low: f32, high: f32, limit: f64| {
                (f64::from(high).min(limit) - f64::from(low).max(0.0)).max(0.0) + 2.0
            };
            bounds.map_or(0.0, |bounds| {
                side(bounds.left(), bounds.right(), canvas.0)
                    * side(bounds.top(), bounds.bottom(), canvas.1)
            })
        };
        if let Some(fill) = path.fill() {
            let pixels = covered(path.bounding_box());
            self.spend(outline.work() + pixels * PAINTED)?;
            self.paint(fill.paint(), transform, pixels)?;
        }
        if let Some(stroke) = path.stroke() {
            let pixels = covered(path.stroke_bounding_box());
            // Along both sides, and around corners.
            let mut work = outline.work() * 4.0;
            if let Some(dashes) = stroke.dasharray() {
                let sum: f64 = dashes.iter().map(|&length| f64::from(length)).sum();
                let count = outline.length * dashes.len() as f64 / 2.0 / sum;
                if count <= DASHES * 1.1 {
                    work += count * DASH;
                }
            }
            self.spend(work + pixels * PAINTED)?;
            self.paint(stroke.paint(), transform, pixels)?;
        }
        Ok(())
    }

    /// What is behind a paint: a pattern is rendered anew for each path.
    fn paint(&mut self, paint: &Paint, transform: Transform, pixels: f64) -> Result<(), Error> {
        match paint {
            Paint::Color(_) => Ok(()),
            Paint::LinearGradient(gradient) => {
                self.spend(pixels * PAINTED + gradient.stops().len() as f64 * SEGMENT)
            }
            Paint::RadialGradient(gradient) => {
                self.spend(pixels * 2.0 * PAINTED + gradient.stops().len() as f64 * SEGMENT)
            }
            Paint::Pattern(pattern) => {
                let (across, down) = transform.pre_concat(pattern.transform()).get_scale();
                let rect = pattern.rect();
                let tile = (
                    f64::from(rect.width() * across) + 1.0,
                    f64::from(rect.height() * down) + 1.0,
                );
                let before = self.held;
                self.spend(pixels * 8.0 * PAINTED + tile.0 * tile.1 * MOVED)?;
                self.hold(tile.0 * tile.1 * PIXEL)?;
                self.nodes(pattern.root(), Transform::from_scale(across, down), tile)?;
                self.held = before;
                Ok(())
            }
        }
    }

    fn filter(
        &mut self,
        filter: &filter::Filter,
        transform: Transform,
        layer: Canvas,
    ) -> Result<(), Error> {
        let pixels = layer.0 * layer.1;
        let before = self.held;
        // The source is copied once, and the last result. A blur has sums of two more sizes.
        self.hold(pixels * 3.0 * PIXEL)?;
        for primitive in filter.primitives() {
            self.spend(NODE + pixels * weight(primitive.kind(), transform, layer))?;
            // Each keeps its result until the end.
            self.hold(pixels * PIXEL)?;
            if let filter::Kind::Image(image) = primitive.kind() {
                self.nodes(image.root(), transform, layer)?;
            }
        }
        self.held = before;
        Ok(())
    }
}

/// As a number to be told.
fn whole(number: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it saturates"
    )]
    let whole = number.ceil() as u64;
    whole
}
