//! Rendering: the tree's nodes one by one, so that a stop is seen between them, and then pixels as the pipeline has them.

use resvg::tiny_skia::{Paint, Pixmap, Transform};
use resvg::usvg::{self, Group, Node, Path, Stroke, Tree};

use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::samples::Sample as _;
use crate::codecs::{Error, Part, Shape};

/// Pixels between two polls.
const POLL_PIXELS: usize = 1 << 16;

/// Pixels from the picture's corner up to which moving there and back is exact to a 256th of a pixel.
const FAR: f32 = 65_536.0;

/// What is made of a drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// Its size in pixels when nothing is scaled.
    pub(super) size: (u32, u32),
    /// What of it is rendered.
    pub(super) part: Option<Part>,
    /// What that becomes.
    pub(super) shape: Shape,
}

impl View {
    /// Columns and rows that are made.
    pub(super) fn pixels(self) -> (u32, u32) {
        (self.shape.width, self.shape.height)
    }

    /// From the units of a tree of that drawing to pixels.
    pub(super) fn transform(self, tree: &Tree) -> Transform {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let part = self.part.unwrap_or(Part {
            left: 0.0,
            top: 0.0,
            width,
            height,
            pixels: self.size,
        });
        let across = f64::from(self.shape.width) / part.width;
        let down = f64::from(self.shape.height) / part.height;
        #[expect(clippy::cast_possible_truncation, reason = "it is what they take")]
        Transform::from_row(
            (across * width / f64::from(tree.size().width())) as f32,
            0.0,
            0.0,
            (down * height / f64::from(tree.size().height())) as f32,
            (-part.left * across) as f32,
            (-part.top * down) as f32,
        )
    }
}

/// Renders what the view says.
pub(super) fn draw(tree: &Tree, view: View, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let (width, height) = view.pixels();
    let mut pixmap = Pixmap::new(width, height)
        .ok_or_else(|| Error::Internal("a drawing's pixels can't be had".to_owned()))?;
    render(tree, view.transform(tree), &mut pixmap, checkpoint)?;
    let mut samples = pixmap.take();
    straighten(&mut samples, checkpoint)?;
    Ok(samples)
}

/// What `resvg` does with a drawing, with a poll before each node where they can be drawn one by one.
fn render(
    tree: &Tree,
    transform: Transform,
    pixmap: &mut Pixmap,
    checkpoint: &Checkpoint,
) -> Result<(), Stop> {
    if one_by_one(tree.root(), transform) {
        return nodes(tree.root(), transform, pixmap, checkpoint);
    }
    checkpoint.check(Stage::Decode)?;
    resvg::render(tree, transform, &mut pixmap.as_mut());
    Ok(())
}

/// Whether each node below the group can be drawn by itself: `resvg` takes only those that have a box, puts the box's corner at the
/// picture's, and so has to be told to move it back by as much, which rounds what is far out.
fn one_by_one(group: &Group, transform: Transform) -> bool {
    group.children().iter().all(|node| match node {
        Node::Group(group) if !group.should_isolate() => {
            one_by_one(group, transform.pre_concat(group.transform()))
        }
        node => match (node.abs_layer_bounding_box(), node) {
            (Some(bounds), _) => {
                let (across, down) = (bounds.x().abs(), bounds.y().abs());
                let x = transform.sx.abs() * across + transform.kx.abs() * down;
                let y = transform.ky.abs() * across + transform.sy.abs() * down;
                x.max(y) <= FAR
            }
            (None, Node::Path(path)) => {
                stroke_of_a_line(path).is_none_or(|(_, colour)| colour.is_some())
            }
            (None, _) => false,
        },
    })
}

/// What is drawn of a path without a box, which is a line straight across or down: its stroke, and the paint where that is one colour.
fn stroke_of_a_line(path: &Path) -> Option<(&Stroke, Option<Paint<'static>>)> {
    let stroke = path.stroke().filter(|_| path.is_visible())?;
    let usvg::Paint::Color(colour) = stroke.paint() else {
        return Some((stroke, None));
    };
    let mut paint = Paint {
        anti_alias: path.rendering_mode().use_shape_antialiasing(),
        ..Paint::default()
    };
    paint.set_color_rgba8(
        colour.red,
        colour.green,
        colour.blue,
        stroke.opacity().to_u8(),
    );
    Some((stroke, Some(paint)))
}

/// What `resvg` does with a group that needs no layer, of nodes that can be drawn one by one.
fn nodes(
    group: &Group,
    transform: Transform,
    pixmap: &mut Pixmap,
    checkpoint: &Checkpoint,
) -> Result<(), Stop> {
    for node in group.children() {
        checkpoint.check(Stage::Decode)?;
        match (node, node.abs_layer_bounding_box()) {
            (Node::Group(group), _) if !group.should_isolate() => {
                let transform = transform.pre_concat(group.transform());
                nodes(group, transform, pixmap, checkpoint)?;
            }
            (node, Some(bounds)) => {
                // It puts the node's own corner into the picture's.
                let place = transform.pre_translate(bounds.x(), bounds.y());
                let _drawn = resvg::render_node(node, place, &mut pixmap.as_mut());
            }
            (Node::Path(path), None) => {
                if let Some((stroke, Some(paint))) = stroke_of_a_line(path) {
                    let stroke = stroke.to_tiny_skia();
                    pixmap.stroke_path(path.data(), &paint, &stroke, transform, None);
                }
            }
            (_, None) => {}
        }
    }
    Ok(())
}

/// Colours as they are without their alpha, which is multiplied in.
fn straighten(samples: &mut [u8], checkpoint: &Checkpoint) -> Result<(), Stop> {
    let (pixels, _) = samples.as_chunks_mut::<4>();
    for some in pixels.chunks_mut(POLL_PIXELS) {
        checkpoint.check(Stage::Decode)?;
        for [r, g, b, a] in some {
            if !matches!(*a, 0 | 255) {
                for sample in [r, g, b] {
                    *sample = sample.straight(*a);
                }
            }
        }
    }
    Ok(())
}
