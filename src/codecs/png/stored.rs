//! A PNG that isn't compressed, for who decodes it at once.

use super::encode::{closed, header, opened};
use super::layout::Layout;
use super::pieces;
use crate::checkpoint::Checkpoint;
use crate::codecs::{Error, Model, Shape};

/// Writes `width`×`height` pixels of RGBA.
///
/// # Errors
/// A stopped checkpoint.
pub(in crate::codecs) fn stored(
    (width, height): (u32, u32),
    samples: &[u8],
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let shape = Shape {
        width,
        height,
        model: Model::Rgba,
    };
    let row = width as usize * 4;
    let mut rows = Vec::with_capacity((row + 1) * height as usize);
    for samples in samples.chunks_exact(row.max(1)) {
        rows.push(0);
        rows.extend_from_slice(samples);
    }
    let file = opened(&header(shape, &Layout::plain(Model::Rgba), 8, false));
    closed(file, |out| pieces::compress(&rows, 0, checkpoint, out))
}
