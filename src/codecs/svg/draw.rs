//! Rendering: the tree's nodes one by one, so that a stop is seen between them, and then pixels as the pipeline has them.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Group, Node, Tree};

use super::bill;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Error, Part, Shape};

/// Pixels between two polls.
const POLL_PIXELS: usize = 1 << 16;

/// What is made of a drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// Its size in pixels when nothing is scaled.
    pub(super) size: (u32, u32),
    /// What of it is rendered.
    pub(super) part: Option<Part>,
    /// What that becomes.
    pub(super) shape: Shape,
    /// Bytes that layers may have.
    pub(super) layers: u64,
}

/// Renders a part of a drawing.
pub(super) fn draw(tree: &Tree, view: View, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let View {
        size,
        part,
        shape,
        layers,
    } = view;
    let (width, height) = (f64::from(size.0), f64::from(size.1));
    let part = part.unwrap_or(Part {
        left: 0.0,
        top: 0.0,
        width,
        height,
        pixels: size,
    });
    let across = f64::from(shape.width) / part.width;
    let down = f64::from(shape.height) / part.height;
    #[expect(clippy::cast_possible_truncation, reason = "it is what they take")]
    let transform = Transform::from_row(
        (across * width / f64::from(tree.size().width())) as f32,
        0.0,
        0.0,
        (down * height / f64::from(tree.size().height())) as f32,
        (-part.left * across) as f32,
        (-part.top * down) as f32,
    );
    let pixels = (shape.width, shape.height);
    bill::bill(tree.root(), transform, pixels, layers)?;
    checkpoint.check(Stage::Decode)?;
    let mut pixmap = Pixmap::new(shape.width, shape.height)
        .ok_or_else(|| Error::Internal("a drawing's pixels can't be had".to_owned()))?;
    nodes(tree.root(), transform, &mut pixmap, checkpoint)?;
    let mut samples = pixmap.take();
    straighten(&mut samples, checkpoint)?;
    Ok(samples)
}

/// What `resvg` does with a group that needs no layer, with a poll before each node.
fn nodes(
    group: &Group,
    transform: Transform,
    pixmap: &mut Pixmap,
    checkpoint: &Checkpoint,
) -> Result<(), Stop> {
    for node in group.children() {
        checkpoint.check(Stage::Decode)?;
        match node {
            Node::Group(group) if !group.should_isolate() => {
                let transform = transform.pre_concat(group.transform());
                nodes(group, transform, pixmap, checkpoint)?;
            }
            node => {
                // It puts the node's own corner into the picture's.
                if let Some(bounds) = node.abs_layer_bounding_box() {
                    let place = transform.pre_translate(bounds.x(), bounds.y());
                    let _drawn = resvg::render_node(node, place, &mut pixmap.as_mut());
                }
            }
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
                let alpha = u32::from(*a);
                for sample in [r, g, b] {
                    let straight = (u32::from(*sample) * 255 + alpha / 2) / alpha;
                    *sample = u8::try_from(straight).unwrap_or(u8::MAX);
                }
            }
        }
    }
    Ok(())
}
