//! Where two pictures differ.

use super::Area;
use crate::codecs::Raster;

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
