//! Pictures that are there as a whole before any of them is written: those in a palette that has to be found, and those in seven passes.

use super::encode::{Begun, row_bytes, suits};
use super::filter::Filtered;
use super::layout::Layout;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::palette::{self, Palette};
use crate::codecs::{Encoding, Error, Shape};

/// What the seven passes of Adam7 take: their first column and row, and how far the next ones are (PNG 8.2).
const PASSES: [(usize, usize, usize, usize); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

/// Bytes that are held beside the filtered rows and the file: the samples, which go once they are laid out, or what
/// finding a palette takes beside them.
pub(super) fn bytes(encoding: Encoding, shape: Shape) -> u64 {
    if encoding.palette {
        shape.bytes() + palette::bytes(shape)
    } else if encoding.interlaced {
        shape.bytes()
    } else {
        0
    }
}

/// Whether an encoding needs all rows at once.
pub(super) fn needed(encoding: Encoding) -> bool {
    encoding.palette || encoding.interlaced
}

/// Lays out all samples, and filters them in the order of the file.
pub(super) fn begin(
    samples: Vec<u8>,
    shape: Shape,
    encoding: Encoding,
    checkpoint: &Checkpoint,
) -> Result<Begun, Error> {
    if samples.len() as u64 != shape.bytes() {
        return Err(Error::Internal("rows are missing".to_owned()));
    }
    let (layout, laid) = if encoding.palette {
        in_palette(&samples, shape, encoding.quality, checkpoint)?
    } else {
        let layout = Layout::smallest(&samples, shape.model, encoding.kind, checkpoint)?;
        let laid = laid_out(&samples, shape, &layout, checkpoint)?;
        (layout, laid)
    };
    let (adaptive, repeats) = match layout {
        Layout::Palette(_) => (false, true),
        _ => suits(&samples, shape, &layout, checkpoint)?,
    };
    drop(samples);
    let (step, width) = (layout.step(), shape.width as usize);
    let rows: Vec<&[u8]> = laid.chunks_exact(step * width).collect();
    let passes: &[_] = if encoding.interlaced {
        &PASSES
    } else {
        &[(0, 0, 1, 1)]
    };
    // Nearly as many rows more are the beginnings of other passes.
    let count = rows.len() * if encoding.interlaced { 2 } else { 1 };
    let mut filtered = Filtered::new(step, step * width, count, adaptive);
    let mut row = Vec::with_capacity(step * width);
    for &(left, top, across, down) in passes.iter().filter(|pass| pass.0 < width) {
        filtered.begin(step * (width - left).div_ceil(across));
        for whole in rows.iter().skip(top).step_by(down) {
            checkpoint.check(Stage::Encode)?;
            if across == 1 {
                filtered.push(whole);
                continue;
            }
            row.clear();
            let pixels = whole.chunks_exact(step).skip(left).step_by(across);
            row.extend(pixels.flatten());
            filtered.push(&row);
        }
    }
    Ok(Begun {
        layout,
        repeats,
        filtered,
    })
}

/// A palette, exact where the picture has no more colours than that, and the number of each pixel's colour.
fn in_palette(
    samples: &[u8],
    shape: Shape,
    quality: u8,
    checkpoint: &Checkpoint,
) -> Result<(Layout, Vec<u8>), Error> {
    if let Some(exact) = Layout::palette(samples, shape.model, checkpoint)? {
        let laid = laid_out(samples, shape, &exact, checkpoint)?;
        return Ok((exact, laid));
    }
    let (colours, numbers) = palette::reduced(shape, samples, quality, checkpoint)?;
    Ok((Layout::Palette(Palette::listed(colours)), numbers))
}

fn laid_out(
    samples: &[u8],
    shape: Shape,
    layout: &Layout,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let mut laid = Vec::with_capacity(layout.step() * shape.width as usize * shape.height as usize);
    let mut row = Vec::new();
    for samples in samples.chunks_exact(row_bytes(shape)) {
        checkpoint.check(Stage::Encode)?;
        layout.convert(samples, shape.model, &mut row);
        laid.extend_from_slice(&row);
    }
    Ok(laid)
}
