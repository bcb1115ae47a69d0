//! Where two pictures differ, and parts of one.

use super::Area;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Raster, Shape};

/// The rows of an interleaved picture.
pub(in crate::codecs) fn rows(picture: &Raster) -> Box<dyn Iterator<Item = &[u8]> + '_> {
    let channels = picture.model.channels();
    let planes = picture.planes.iter().take(1);
    Box::new(planes.flat_map(move |plane| plane.rows(channels)))
}

/// Where pixels of row `y` are as `is` says, from the first to the last.
pub(in crate::codecs) fn differing<T>(
    y: u32,
    pixels: impl Iterator<Item = T>,
    is: impl Fn(T) -> bool,
) -> Area {
    let mut found: Option<(u32, u32)> = None;
    for (x, pixel) in (0..).zip(pixels) {
        if is(pixel) {
            found = Some(found.map_or((x, x), |(first, _)| (first, x)));
        }
    }
    found.map_or_else(Area::default, |(first, last)| Area {
        left: first,
        top: y,
        width: last - first + 1,
        height: 1,
    })
}

/// The smallest area in which all differences between pictures of the same shape lie; a pixel, where there is none.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(in crate::codecs) fn differing_area(
    before: &Raster,
    after: &Raster,
    checkpoint: &Checkpoint,
) -> Result<Area, Stop> {
    let channels = after.model.channels() as usize;
    let mut area = Area::default();
    for (y, (a, b)) in (0..).zip(rows(before).zip(rows(after))) {
        checkpoint.check(Stage::Encode)?;
        // Most rows are the same, and are compared at once.
        if a != b {
            let pairs = a.chunks_exact(channels).zip(b.chunks_exact(channels));
            area = area.with(differing(y, pairs, |(a, b)| a != b));
        }
    }
    Ok(if area.is_empty() {
        Area::whole(1, 1)
    } else {
        area
    })
}

/// A part of an interleaved picture.
pub(in crate::codecs) fn part(picture: &Raster, area: Area) -> Raster {
    let channels = picture.model.channels() as usize;
    let width = area.width as usize * channels;
    let start = area.left as usize * channels;
    let mut samples = Vec::with_capacity(width * area.height as usize);
    let rows = rows(picture).skip(area.top as usize);
    for row in rows.take(area.height as usize) {
        samples.extend_from_slice(row.get(start..start + width).unwrap_or_default());
    }
    let shape = Shape {
        width: area.width,
        height: area.height,
        model: picture.model,
    };
    Raster::interleaved(shape, samples)
}
