//! Mirrors and quarter turns of a whole picture.

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
    let turned = match raster.model.channels() {
        1 => turned::<1>,
        2 => turned::<2>,
        3 => turned::<3>,
        _ => turned::<4>,
    };
    let planes = raster.planes.iter();
    Ok(Raster {
        model: raster.model,
        planes: planes
            .map(|plane| turned(plane, orientation, checkpoint))
            .collect::<Result<_, _>>()?,
    })
}

fn turned<const N: usize>(
    plane: &Plane,
    orientation: Orientation,
    checkpoint: &Checkpoint,
) -> Result<Plane, Stop> {
    let (pixels, _) = plane.samples.as_chunks::<N>();
    let (width, height) = if orientation.swaps() {
        (plane.height, plane.width)
    } else {
        (plane.width, plane.height)
    };
    let (last_x, last_y) = (plane.width - 1, plane.height - 1);
    let source = |x: u32, y: u32| {
        // Undo the turn, then the mirror.
        let (sx, sy) = match orientation.quarters % 4 {
            0 => (x, y),
            1 => (y, last_y - x),
            2 => (last_x - x, last_y - y),
            _ => (last_x - y, x),
        };
        let sx = if orientation.mirror { last_x - sx } else { sx };
        sy as usize * plane.width as usize + sx as usize
    };
    let mut turned = Plane::new(width, height, u32::try_from(N).unwrap_or(1));
    let (out, _) = turned.samples.as_chunks_mut::<N>();
    for (y, row) in (0..height).zip(out.chunks_exact_mut(width as usize)) {
        checkpoint.check(Stage::Resize)?;
        for (x, pixel) in (0..width).zip(row) {
            *pixel = pixels.get(source(x, y)).copied().unwrap_or([0; N]);
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
