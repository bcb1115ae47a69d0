//! A picture on a larger one.

use super::compose;
use super::geometry::Canvas;
use super::value::Extend;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{Model, Raster, Shape};

/// Puts the picture on the canvas; what is beside it is as `extend` says. `model` has alpha where the picture or the canvas needs it.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn extend(
    picture: &Raster,
    canvas: Canvas,
    extend: Extend,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let source = picture.shape();
    let (from, to) = (source.model.channels() as usize, model.channels() as usize);
    let mut whole = Raster::new(Shape {
        width: canvas.width,
        height: canvas.height,
        model,
    });
    let place = |at: u32, start: u32, length: u32| place(at, start, length, extend);
    let columns: Vec<Option<u32>> = (0..canvas.width)
        .map(|x| place(x, canvas.left, source.width))
        .collect();
    let mut beside = [0; 4];
    compose::write(beside_of(extend), model, &mut beside);
    let beside = beside.get(..to).unwrap_or_default();
    let row_bytes = source.width as usize * from;
    let samples = picture
        .planes
        .first()
        .map_or(&[][..], |plane| &plane.samples);
    let out = whole
        .planes
        .iter_mut()
        .flat_map(|plane| plane.samples.chunks_exact_mut(canvas.width as usize * to));
    for (y, row) in (0..canvas.height).zip(out) {
        checkpoint.check(Stage::Resize)?;
        let line = place(y, canvas.top, source.height).and_then(|y| {
            let start = y as usize * row_bytes;
            samples.get(start..start + row_bytes)
        });
        for (column, out) in columns.iter().zip(row.chunks_exact_mut(to)) {
            let pixel = line.zip(*column).and_then(|(line, x)| {
                let start = x as usize * from;
                line.get(start..start + from)
            });
            match pixel {
                Some(pixel) if source.model == model => out.copy_from_slice(pixel),
                Some(pixel) => compose::write(compose::read(pixel), model, out),
                None => out.copy_from_slice(beside),
            }
        }
    }
    Ok(whole)
}

/// The row or column of the picture that is shown there, or none.
fn place(at: u32, start: u32, length: u32, extend: Extend) -> Option<u32> {
    if let Some(inside) = at.checked_sub(start).filter(|&inside| inside < length) {
        return Some(inside);
    }
    let before = at < start;
    match extend {
        Extend::Copy => Some(if before { 0 } else { length - 1 }),
        Extend::Mirror => {
            // Beyond an edge the picture runs backwards, then forwards again.
            let beyond = if before {
                start - 1 - at
            } else {
                at - start - length
            };
            let (turn, inside) = (beyond / length, beyond % length);
            let backwards = (turn % 2 == 0) != before;
            Some(if backwards {
                length - 1 - inside
            } else {
                inside
            })
        }
        Extend::Black | Extend::White | Extend::Background => None,
    }
}

/// What is beside the picture, where it isn't the picture itself; the background comes behind what is transparent.
fn beside_of(extend: Extend) -> [u8; 4] {
    match extend {
        Extend::White => [255; 4],
        _ => [0; 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beside() {
        let picture = Raster::interleaved(
            Shape {
                width: 3,
                height: 1,
                model: Model::Gray,
            },
            vec![1, 2, 3],
        );
        let canvas = Canvas {
            width: 11,
            height: 1,
            left: 4,
            top: 0,
        };
        for (kind, shown) in [
            (Extend::Copy, [1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3]),
            (Extend::Mirror, [3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1]),
            (Extend::Black, [0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0]),
            (
                Extend::White,
                [255, 255, 255, 255, 1, 2, 3, 255, 255, 255, 255],
            ),
        ] {
            let made = extend(&picture, canvas, kind, Model::Gray, &Checkpoint::new()).unwrap();
            assert_eq!(made.planes[0].samples, shown, "{kind:?}");
        }
        let made = extend(
            &picture,
            canvas,
            Extend::Background,
            Model::GrayAlpha,
            &Checkpoint::new(),
        );
        let made = made.unwrap();
        assert_eq!(made.planes[0].samples[6..12], [0, 0, 1, 255, 2, 255]);
    }
}
