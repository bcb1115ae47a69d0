//! What it takes to render a drawing at a size: time and layers, added up before a pixel is touched.
//!
//! It goes where `resvg` will go, with the same transforms. What it adds up is bounded by what may be spent: each step
//! costs something, so that it ends soon, however often a drawing repeats itself.

use resvg::tiny_skia::{Rect, Transform};
use resvg::usvg::{self, Group, Image, ImageKind, Node, Paint, filter};

use super::layers::Space;
use super::shown::{self, Shown};
use super::too_many;
use super::weights::{
    DASH, DASHES, MIXED, MOVED, NODE, PAINTED, SEGMENT, STOP, outline, spend, weight, whole,
};
use crate::codecs::Error;

/// How many pixels from the picture's corner a shape may end. From some 1,000 million on tiny-skia draws beside the canvas, and panics.
const FAR: f32 = 67_108_864.0;

/// Bytes of a pixel in a layer.
const PIXEL: f64 = 4.0;

/// Refuses what takes too long, or layers of more than `layers` bytes; tells how pictures are shown. What was spent
/// before is in `work`, and what this takes is added to it, in nanoseconds.
///
/// # Errors
/// `TooComplex`.
pub(super) fn bill(
    root: &Group,
    transform: Transform,
    size: (u32, u32),
    layers: u64,
    work: &mut f64,
) -> Result<Vec<Shown>, Error> {
    let mut bill = Bill {
        work: *work,
        held: 0.0,
        layers: layers as f64,
        shown: Vec::new(),
    };
    if let Some(space) = Space::new(size, transform) {
        bill.nodes(root, space)?;
    }
    *work = bill.work;
    Ok(bill.shown)
}

struct Bill {
    /// Nanoseconds so far.
    work: f64,
    /// Bytes of the layers around.
    held: f64,
    layers: f64,
    shown: Vec<Shown>,
}

impl Bill {
    fn spend(&mut self, nanoseconds: f64) -> Result<(), Error> {
        spend(&mut self.work, nanoseconds)
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

    fn nodes(&mut self, group: &Group, space: Space) -> Result<(), Error> {
        for node in group.children() {
            self.spend(NODE)?;
            match node {
                Node::Group(group) => self.group(group, space)?,
                Node::Path(path) => self.path(path, space)?,
                Node::Text(text) => self.group(text.flattened(), space)?,
                Node::Image(image) => self.image(image, space)?,
            }
        }
        Ok(())
    }

    /// A picture.
    fn image(&mut self, image: &Image, space: Space) -> Result<(), Error> {
        let size = image.size();
        let (Some(bounds), true) = (size.to_rect(0.0, 0.0), image.is_visible()) else {
            return Ok(());
        };
        reaches(bounds, space.transform)?;
        if let (ImageKind::PNG(stub), true) = (image.kind(), space.shows(bounds))
            && let Some(index) = shown::index(stub)
        {
            if self.shown.len() <= index {
                self.shown.resize(index + 1, Shown::default());
            }
            let Transform { sx, ky, kx, sy, .. } = space.transform;
            let across = f64::from(size.width() * sx.hypot(ky));
            let down = f64::from(size.height() * kx.hypot(sy));
            if let Some(shown) = self.shown.get_mut(index) {
                shown.add(across, down);
            }
        }
        self.spend(space.covered(bounds) * MIXED)
    }

    fn group(&mut self, group: &Group, space: Space) -> Result<(), Error> {
        let space = space.within(group.transform());
        if !group.should_isolate() {
            return self.nodes(group, space);
        }
        let Some(space) = space.layer(group) else {
            return Ok(());
        };
        let before = self.held;
        let pixels = space.canvas.0 * space.canvas.1;
        self.spend(pixels * MOVED)?;
        self.hold(pixels * PIXEL)?;
        self.nodes(group, space)?;
        for filter in group.filters() {
            self.filter(filter, space)?;
        }
        let mut clip = group.clip_path();
        let within = self.held;
        while let Some(path) = clip {
            // As a picture, and as a mask.
            self.spend(pixels * MOVED)?;
            self.hold(pixels * (PIXEL + 1.0))?;
            self.clip(path.root(), space.within(path.transform()))?;
            clip = path.clip_path();
        }
        self.held = within;
        let mut mask = group.mask();
        while let Some(picture) = mask {
            self.spend(pixels * 2.0 * MOVED)?;
            self.hold(pixels * (PIXEL + 2.0))?;
            reaches(picture.rect().to_rect(), space.transform)?;
            self.nodes(picture.root(), space)?;
            mask = picture.mask();
        }
        self.held = before;
        Ok(())
    }

    /// What cuts a layer; its parts may be cut, too, each on a layer of its own.
    fn clip(&mut self, group: &Group, space: Space) -> Result<(), Error> {
        for node in group.children() {
            self.spend(NODE)?;
            match node {
                Node::Path(path) => self.path(path, space)?,
                Node::Text(text) => self.clip(text.flattened(), space)?,
                Node::Group(group) => {
                    let space = space.within(group.transform());
                    let before = self.held;
                    let mut clip = group.clip_path();
                    while let Some(path) = clip {
                        let pixels = space.canvas.0 * space.canvas.1;
                        self.spend(pixels * 2.0 * MOVED)?;
                        self.hold(pixels * (2.0 * PIXEL + 1.0))?;
                        self.clip(path.root(), space.within(path.transform()))?;
                        clip = path.clip_path();
                    }
                    self.clip(group, space)?;
                    self.held = before;
                }
                Node::Image(_) => {}
            }
        }
        Ok(())
    }

    fn path(&mut self, path: &usvg::Path, space: Space) -> Result<(), Error> {
        let Space {
            transform, canvas, ..
        } = space;
        for bounds in [path.data().bounds(), path.stroke_bounding_box()] {
            reaches(bounds, transform)?;
        }
        let outline = outline(path.data().segments(), transform, canvas.1);
        if let Some(fill) = path.fill() {
            let pixels = space.covered(path.bounding_box());
            self.spend(outline.work() + pixels * PAINTED)?;
            self.paint(fill.paint(), space, pixels)?;
        }
        if let Some(stroke) = path.stroke() {
            let pixels = space.covered(path.stroke_bounding_box());
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
            self.paint(stroke.paint(), space, pixels)?;
        }
        Ok(())
    }

    /// What is behind a paint: a pattern is rendered anew for each path.
    fn paint(&mut self, paint: &Paint, space: Space, pixels: f64) -> Result<(), Error> {
        match paint {
            Paint::Color(_) => Ok(()),
            // All stops are looked at for every few pixels.
            Paint::LinearGradient(gradient) => {
                let stops = gradient.stops().len() as f64;
                self.spend(pixels * (PAINTED + stops * STOP) + stops * SEGMENT)
            }
            Paint::RadialGradient(gradient) => {
                let stops = gradient.stops().len() as f64;
                self.spend(pixels * (2.0 * PAINTED + stops * STOP) + stops * SEGMENT)
            }
            Paint::Pattern(pattern) => {
                let placed = space.transform.pre_concat(pattern.transform());
                let (across, down) = placed.get_scale();
                let rect = pattern.rect();
                let tile = (
                    f64::from(rect.width() * across) + 1.0,
                    f64::from(rect.height() * down) + 1.0,
                );
                let before = self.held;
                self.spend(pixels * 8.0 * PAINTED + tile.0 * tile.1 * MOVED)?;
                self.hold(tile.0 * tile.1 * PIXEL)?;
                let space = Space {
                    transform: Transform::from_scale(across, down),
                    canvas: tile,
                    ..space
                };
                self.nodes(pattern.root(), space)?;
                self.held = before;
                Ok(())
            }
        }
    }

    fn filter(&mut self, filter: &filter::Filter, space: Space) -> Result<(), Error> {
        let Space {
            transform, canvas, ..
        } = space;
        let pixels = canvas.0 * canvas.1;
        let before = self.held;
        // The source is copied once, and the last result. A blur has sums of two more sizes.
        self.hold(pixels * 3.0 * PIXEL)?;
        for primitive in filter.primitives() {
            self.spend(NODE + pixels * weight(primitive.kind(), transform, canvas))?;
            // Each keeps its result until the end.
            self.hold(pixels * PIXEL)?;
            if let filter::Kind::Image(image) = primitive.kind() {
                let shown = space.shown(filter.rect(), primitive.rect());
                if let Some(space) = shown {
                    self.nodes(image.root(), space)?;
                }
            }
        }
        self.held = before;
        Ok(())
    }
}

/// Refuses what ends too far out, or nowhere.
fn reaches(bounds: Rect, transform: Transform) -> Result<(), Error> {
    let end = bounds.transform(transform).map_or(f32::INFINITY, |bounds| {
        let ends = [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()];
        ends.map(f32::abs).into_iter().fold(0.0, f32::max)
    });
    if end <= FAR {
        return Ok(());
    }
    let pixels = |end: f32| whole(f64::from(end));
    Err(too_many(
        "pixels to the end of a shape",
        pixels(FAR),
        pixels(end),
    ))
}
