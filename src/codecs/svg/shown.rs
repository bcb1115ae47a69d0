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

/// Files of PNG, as many as are embedded: a stub for what isn't shown, so that all else stays in its place; `None` for what can't be.
pub(super) type Pictures = Vec<Option<Arc<Vec<u8>>>>;

/// How a picture is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    /// The most pixels that it is wide and high anywhere.
    across: f64,
    down: f64,
    /// How often. Each time it is read anew.
    times: f64,
}

impl Shown {
    /// Notes that it is shown at one more place, so many pixels wide and high.
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

/// Bytes of a stub: no file of PNG is as short.
const STUB: usize = 28;

/// Which of the pictures that stands for; `None` for a picture itself.
pub(super) fn index(stub: &[u8]) -> Option<usize> {
    if stub.len() != STUB {
        return None;
    }
    let (_, index) = stub.split_last_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*index)).ok()
}

/// Makes what is shown. What can't be read isn't shown, as in browsers.
///
/// # Errors
/// A stopped checkpoint; a drawing takes more time than there is.
pub(super) fn painted(
    (embedded, stubs): (&[Option<Embedded>], Pictures),
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
    let mut pictures = stubs;
    for ((picture, embedded), size) in pictures.iter_mut().zip(embedded).zip(sizes) {
        let (Some(embedded), Some(size)) = (embedded, size) else {
            continue;
        };
        let made = if embedded.is_drawing() {
            inner(embedded, size, drawing.layers).render(None, work, checkpoint)
        } else {
            let made = painter.paint(&embedded.file, &embedded.header, size, checkpoint);
            made.map(|made| rgba(&made))
        };
        match made {
            Ok(made) => *picture = Some(Arc::new(png::stored(size, &made, checkpoint)?)),
            Err(Error::Invalid { .. } | Error::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
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

/// The sizes to make pictures in, `None` for what isn't shown: as large as they are shown, or as they are. Where all of them would
/// have more than `most` pixels together, those are made smaller that have the most, down to one level.
fn sizes(embedded: &[Option<Embedded>], shown: &[Shown], most: u64) -> Vec<Option<(u32, u32)>> {
    let most = most as f64;
    let mut level = f64::INFINITY;
    loop {
        let pairs = embedded.iter().zip(shown);
        let sizes = pairs.map(|(embedded, shown)| size(embedded.as_ref()?, shown, level));
        let sizes: Vec<_> = sizes.collect();
        let all: f64 = sizes.iter().flatten().copied().map(pixels).sum();
        if all <= most {
            return sizes;
        }
        level = level.min(most) * STEP;
        // Each has a pixel then.
        if level < 1.0 {
            return vec![None; embedded.len()];
        }
    }
}

/// From a level to the next one that is tried.
const STEP: f64 = 0.9;

fn pixels((width, height): (u32, u32)) -> f64 {
    f64::from(width) * f64::from(height)
}

/// The size to make a picture in, of up to about `level` pixels; `None` where it isn't shown. Drawings may be made larger than they are.
fn size(embedded: &Embedded, shown: &Shown, level: f64) -> Option<(u32, u32)> {
    let own = embedded.size();
    let most = if embedded.is_drawing() {
        (SIDE, SIDE)
    } else {
        own
    };
    if shown.times <= 0.0 {
        return None;
    }
    let (across, down) = (f64::from(own.0), f64::from(own.1));
    // As many times its own sides as are needed.
    let (x, y) = (shown.across / across, shown.down / down);
    let limit = |scale: f64| {
        if embedded.is_drawing() {
            scale
        } else {
            scale.min(1.0)
        }
    };
    let (x, y) = if embedded.stretched {
        (limit(x), limit(y))
    } else {
        (limit(x.max(y)), limit(x.max(y)))
    };
    let share = (level / (across * x * down * y)).sqrt().min(1.0);
    if embedded.stretched {
        return Some((
            whole(across * x * share, most.0),
            whole(down * y * share, most.1),
        ));
    }
    Some(if x * share >= 1.0 && !embedded.is_drawing() {
        own
    } else {
        fitted(own, x * share)
    })
}

/// How much larger than needed a picture may be made to have nearly its own ratio.
const MORE: f64 = 1.06;

/// What of a pixel the other side may be off by, for the first side that is large enough to be taken.
const NEAR: f64 = 0.05;

/// What of a pixel a side may have beyond a whole number that still counts as that number: sides come from 32-bit floats.
const EXACT: f64 = 1e-3;

/// The size that is at least so many times its own, and has nearly the same ratio: `usvg` fits pictures into their places by that.
fn fitted((width, height): (u32, u32), scale: f64) -> (u32, u32) {
    let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
    let least = whole(long * scale, SIDE);
    let most = whole(long * scale * MORE - 1.0, SIDE).max(least);
    let other = |side: u32| short / long * f64::from(side);
    let off = |side: u32| (other(side).round().max(1.0) - other(side)).abs();
    let sides = || (least..=most).take(SIDES);
    let near = sides().find(|&side| off(side) <= NEAR);
    let nearest = || sides().min_by(|&a, &b| off(a).total_cmp(&off(b)));
    let side = near.or_else(nearest).unwrap_or(least);
    let other = whole(other(side).round(), SIDE);
    if width > height {
        (side, other)
    } else {
        (other, side)
    }
}

/// So many pixels in whole ones, at least 1.
fn whole(side: f64, most: u32) -> u32 {
    let side = (side - EXACT).ceil().clamp(1.0, f64::from(most));
    header::whole_side(side, most).unwrap_or(1)
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
