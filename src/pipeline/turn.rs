//! Mirrors and quarter turns of a whole picture.

use super::geometry::Size;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Orientation, Plane, Raster};

/// The picture as it is to be shown, each plane turned by its own size.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn turn(
    raster: Raster,
    orientation: Orientation,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    if orientation == Orientation::default() {
        return Ok(raster);
    }
    let channels = raster.model.channels();
    let turned = |plane: &Plane| {
        let size = (plane.width, plane.height);
        let (width, height) = shown(size, orientation);
        Ok(Plane {
            width,
            height,
            stride: (width * channels) as usize,
            samples: samples(&plane.samples, size, channels, orientation, checkpoint)?,
        })
    };
    Ok(Raster {
        model: raster.model,
        planes: raster.planes.iter().map(turned).collect::<Result<_, _>>()?,
    })
}

/// The size that a picture is shown in.
pub(super) fn shown((width, height): Size, orientation: Orientation) -> Size {
    if orientation.swaps() {
        (height, width)
    } else {
        (width, height)
    }
}

/// Samples of a picture of that size as they are to be shown, so many a pixel.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn samples<S: Copy + Default>(
    samples: &[S],
    size: Size,
    channels: u32,
    orientation: Orientation,
    checkpoint: &Checkpoint,
) -> Result<Vec<S>, Stop> {
    let turned = match channels {
        1 => turned::<1, S>,
        2 => turned::<2, S>,
        3 => turned::<3, S>,
        _ => turned::<4, S>,
    };
    turned(samples, size, orientation, checkpoint)
}

fn turned<const N: usize, S: Copy + Default>(
    samples: &[S],
    size: Size,
    orientation: Orientation,
    checkpoint: &Checkpoint,
) -> Result<Vec<S>, Stop> {
    let (pixels, _) = samples.as_chunks::<N>();
    let (width, height) = shown(size, orientation);
    let (last_x, last_y) = (size.0 - 1, size.1 - 1);
    let source = |x: u32, y: u32| {
        // Undo the turn, then the mirror.
        let (sx, sy) = match orientation.quarters % 4 {
            0 => (x, y),
            1 => (y, last_y - x),
            2 => (last_x - x, last_y - y),
            _ => (last_x - y, x),
        };
        let sx = if orientation.mirror { last_x - sx } else { sx };
        sy as usize * size.0 as usize + sx as usize
    };
    let mut turned = vec![S::default(); samples.len()];
    let (out, _) = turned.as_chunks_mut::<N>();
    for (y, row) in (0..height).zip(out.chunks_exact_mut(width as usize)) {
        checkpoint.check(Stage::Resize)?;
        for (x, pixel) in (0..width).zip(row) {
            let source = pixels.get(source(x, y));
            *pixel = source.copied().unwrap_or([S::default(); N]);
        }
    }
    Ok(turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codecs::{Model, Shape};

    /// Two rows of three, `a b c` over `d e f`.
    fn picture() -> Raster {
        let shape = Shape {
            width: 3,
            height: 2,
            model: Model::Gray,
        };
        Raster::interleaved(shape, b"abcdef".to_vec())
    }

    #[test]
    fn all_eight() {
        // What each EXIF tag shows, as exiftool's documentation has them in words.
        for (tag, width, shown) in [
            (1, 3, "abcdef"),
            (2, 3, "cbafed"),
            (3, 3, "fedcba"),
            (4, 3, "defabc"),
            (5, 2, "adbecf"),
            (6, 2, "daebfc"),
            (7, 2, "fcebda"),
            (8, 2, "cfbead"),
        ] {
            let turned = turn(picture(), Orientation::from_exif(tag), &Checkpoint::new()).unwrap();
            assert_eq!(
                turned.planes[0].samples,
                shown.as_bytes(),
                "orientation {tag}"
            );
            assert_eq!(turned.shape().width, width, "orientation {tag}");
        }
    }

    #[test]
    fn pixels_stay_together() {
        let shape = Shape {
            width: 2,
            height: 1,
            model: Model::Rgb,
        };
        let raster = Raster::interleaved(shape, vec![1, 2, 3, 4, 5, 6]);
        let turned = turn(raster, Orientation::from_exif(3), &Checkpoint::new()).unwrap();
        assert_eq!(turned.planes[0].samples, [4, 5, 6, 1, 2, 3]);
    }
}
