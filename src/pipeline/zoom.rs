//! Pixels repeated, as they are.

use super::geometry::Size;
use super::parameter::ParameterError;
use super::sketch::{Sketch, inside};
use super::stage;
use super::step::{Area, Step};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Raster, Shape};

/// Adds what a step repeats.
///
/// # Errors
/// An area that isn't in the picture.
pub(super) fn add(sketch: &mut Sketch, step: &Step) -> Result<(), ParameterError> {
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
    sketch.stage(stage::Stage::Zoom {
        times,
        left: area.left - left * times,
        top: area.top - top * times,
        width: area.width,
        height: area.height,
    });
    Ok(())
}

/// The area of `size` at `corner` of the picture in which each pixel is `times`×`times`.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn zoom(
    picture: &Raster,
    times: u32,
    corner: (u32, u32),
    size: Size,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let source = picture.shape();
    let channels = source.model.channels() as usize;
    let row_bytes = source.width as usize * channels;
    let mut zoomed = Raster::new(Shape {
        width: size.0,
        height: size.1,
        model: source.model,
    });
    if let (Some(from), Some(to)) = (picture.planes.first(), zoomed.planes.first_mut()) {
        let out_bytes = size.0 as usize * channels;
        let mut rest = &mut *to.samples;
        let mut last: &[u8] = &[];
        for y in corner.1..corner.1 + size.1 {
            checkpoint.check(Stage::Resize)?;
            let (row, below) = rest.split_at_mut(out_bytes.min(rest.len()));
            rest = below;
            if y % times != 0 && !last.is_empty() {
                row.copy_from_slice(last);
                last = row;
                continue;
            }
            let start = (y / times) as usize * row_bytes;
            let from = from.samples.get(start..start + row_bytes);
            let from = from.unwrap_or_default();
            for (x, out) in (corner.0..).zip(row.chunks_exact_mut(channels)) {
                let start = (x / times) as usize * channels;
                if let Some(pixel) = from.get(start..start + channels) {
                    out.copy_from_slice(pixel);
                }
            }
            last = row;
        }
    }
    Ok(zoomed)
}
