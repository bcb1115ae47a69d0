//! Pictures in a drawing, in the size that they are shown in: for `usvg` and `resvg`, each is a PNG.
//!
//! Before the sizes are known, what stands for a picture says its size and which one it is, and has no pixels.

use std::sync::Arc;

use super::draw::View;
use super::embedded::Embedded;
use super::render::Drawing;
use super::{SIDE, layer_bytes, weights};
use crate::checkpoint::Checkpoint;
use crate::codecs::{Error, Header, Model, Raster, Shape, header, png, samples};

/// Who makes pixels of the pictures in a drawing.
pub trait Painter {
    /// The picture as it is displayed, upright and in sRGB, in `size` pixels: one interleaved plane, grey or RGB, with or without alpha.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn paint(
        &self,
        file: &[u8],
        header: &Header,
        size: (u32, u32),
        checkpoint: &Checkpoint,
    ) -> Result<Raster, Error>;
}

/// Files of PNG, as many as are embedded; `None` for what isn't shown.
pub(super) type Pictures = Vec<Option<Arc<Vec<u8>>>>;

/// How a picture is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    /// Pixels that it is wide and high, where it is largest.
    across: f64,
    down: f64,
    /// How often. Each time it is read anew.
    times: f64,
}

impl Shown {
    /// Once more, in that size.
    pub(super) fn add(&mut self, across: f64, down: f64) {
        self.across = self.across.max(across);
        self.down = self.down.max(down);
        self.times += 1.0;
    }
}

/// What stands for pictures: as much of a file as says its size, and then which one it is.
pub(super) fn stubs(embedded: &[Option<Embedded>]) -> Pictures {
    let stub = |(index, embedded): (u32, &Option<Embedded>)| {
        let (width, height) = embedded.as_ref()?.size();
        let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        for number in [width, height, index] {
            file.extend(number.to_be_bytes());
        }
        Some(Arc::new(file))
    };
    (0..).zip(embedded).map(stub).collect()
}

/// Which of the pictures that stands for.
pub(super) fn index(stub: &[u8]) -> Option<usize> {
    let (_, index) = stub.split_last_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*index)).ok()
}

/// Makes what is shown. What can't be read isn't shown, as in browsers.
///
/// # Errors
/// A stopped checkpoint; a drawing takes more time than there is.
pub(super) fn painted(
    embedded: &[Option<Embedded>],
    shown: &[Shown],
    drawing: Drawing<'_>,
    (painter, work): (&dyn Painter, &mut f64),
    checkpoint: &Checkpoint,
) -> Result<Pictures, Error> {
    let sizes = sizes(embedded, shown, drawing.pictures);
    for (shown, size) in shown.iter().zip(&sizes) {
        let pixels = size.map_or(0.0, pixels);
        weights::spend(work, shown.times * pixels * weights::READ)?;
    }
    let mut pictures = Pictures::new();
    for (embedded, size) in embedded.iter().zip(sizes) {
        let (Some(embedded), Some(size)) = (embedded, size) else {
            pictures.push(None);
            continue;
        };
        let made = if embedded.is_drawing() {
            inner(embedded, size, drawing.layers).render(None, work, checkpoint)
        } else {
            let made = painter.paint(&embedded.file, &embedded.header, size, checkpoint);
            made.map(|made| rgba(&made))
        };
        pictures.push(match made {
            Ok(made) => Some(Arc::new(png::stored(size, &made, checkpoint)?)),
            Err(Error::Invalid { .. } | Error::Unsupported { .. }) => None,
            Err(error) => return Err(error),
        });
    }
    Ok(pictures)
}

/// A drawing in a drawing, in which no third one is shown.
fn inner(embedded: &Embedded, (width, height): (u32, u32), layers: u64) -> Drawing<'_> {
    let Header {
        width: w,
        height: h,
        detail,
        ..
    } = embedded.header;
    let shape = Shape {
        width,
        height,
        model: Model::Rgba,
    };
    Drawing {
        bytes: &embedded.file,
        view: View {
            size: (w, h),
            part: None,
            shape,
        },
        layers: layer_bytes(detail, shape).min(layers),
        pictures: 0,
    }
}

/// The sizes to make pictures in, `None` for what isn't shown: as large as it is shown, or smaller, where all would have more than `most` pixels.
fn sizes(embedded: &[Option<Embedded>], shown: &[Shown], most: u64) -> Vec<Option<(u32, u32)>> {
    let sizes = |share: f64| {
        let pairs = embedded.iter().zip(shown);
        pairs.map(move |(embedded, shown)| size(embedded.as_ref()?, shown, share))
    };
    let all: f64 = sizes(1.0).flatten().map(pixels).sum();
    let share = (most as f64 / all).sqrt();
    sizes(if share < 1.0 { share / MORE } else { 1.0 }).collect()
}

fn pixels((width, height): (u32, u32)) -> f64 {
    f64::from(width) * f64::from(height)
}

/// The size to make a picture in, of which so many pixels are shown; `None` for none. Drawings may be made larger than they are.
fn size(embedded: &Embedded, shown: &Shown, share: f64) -> Option<(u32, u32)> {
    let own = embedded.size();
    let scale = (shown.across / f64::from(own.0)).max(shown.down / f64::from(own.1)) * share;
    if scale >= 1.0 && !embedded.is_drawing() {
        return Some(own);
    }
    fitted(own, scale)
}

/// How much larger than needed a picture may be made to have nearly its own ratio.
const MORE: f64 = 1.06;

/// The size that is at least so many times its own, and has nearly the same ratio: `usvg` fits pictures into their places by that.
fn fitted((width, height): (u32, u32), scale: f64) -> Option<(u32, u32)> {
    let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
    let least = header::whole_side((long * scale).ceil(), SIDE)?;
    let most = header::whole_side((long * scale * MORE).floor(), SIDE)?;
    let off = |side: u32| {
        let other = short / long * f64::from(side);
        (other.round().max(1.0) / other - 1.0).abs()
    };
    let sides = (least..=most.max(least)).take(SIDES);
    let side = sides.min_by(|&a, &b| off(a).total_cmp(&off(b)))?;
    let other = header::whole_side((short / long * f64::from(side)).max(1.0), SIDE)?;
    Some(if width > height {
        (side, other)
    } else {
        (other, side)
    })
}

/// Sides that are tried.
const SIDES: usize = 100;

/// As interleaved samples of red, green, blue and alpha.
fn rgba(raster: &Raster) -> Vec<u8> {
    let samples = raster
        .planes
        .first()
        .map_or(&[][..], |plane| &plane.samples);
    samples::pixels(samples, raster.model).flatten().collect()
}
