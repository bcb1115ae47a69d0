//! What a decode takes, promised by the probe and kept to by `av1`.

use super::cells::pieces_bytes;
use super::layer::{Coding, Layer};
use super::picture::Picture;

/// Bytes of libaom's own for each pixel: modes and references of blocks, as if all were the smallest.
const STATE_BYTES: u64 = 16;

/// Bytes of HEVC's decoder for each pixel, what it knows of blocks, and for each half a sample: planes of two bytes, and once more
/// what of them is shown, or one before its last filter.
const HEVC_BYTES: u64 = 2;
const HEVC_COPIES: u64 = 2;

/// Bytes of its tables, and of what a row of its largest blocks takes.
const LEAST_BYTES: u64 = 4 << 20;

/// Columns and rows around a frame that it is referred to by, and what lines are aligned to.
const BORDER: u64 = 2 * 64 + 40;

/// Peak bytes: copies of a row of cells, of alpha too, and what the decoder has of the cell that it works on.
pub(super) fn held_bytes(picture: &Picture<'_>) -> u64 {
    let layers = [Some(&picture.colour), picture.alpha.as_ref()];
    let layers = layers.into_iter().flatten();
    let copies: u64 = layers.clone().map(copies).sum();
    let work = layers.map(|layer| work(picture, layer)).max().unwrap_or(0);
    copies + work + LEAST_BYTES
}

/// Bytes of libaom's frames while a cell is decoded: those that its stream has, and of each filter one.
pub(super) fn room(layer: &Layer) -> u64 {
    frame_bytes(layer) * u64::from(layer.frames + layer.sequence.copies)
}

fn frame_bytes(layer: &Layer) -> u64 {
    let (width, height) = (u64::from(layer.cell.0), u64::from(layer.cell.1));
    // A grey picture has planes of chroma there, too.
    let chroma = layer.sequence.chroma.unwrap_or((2, 2));
    (width + BORDER) * (height + BORDER) * halves(chroma) * depth(layer) / 2
}

fn work(picture: &Picture<'_>, layer: &Layer) -> u64 {
    match layer.coding {
        Coding::Av1 => {
            let pixels = u64::from(layer.cell.0) * u64::from(layer.cell.1);
            room(layer) + pixels * STATE_BYTES + pieces_bytes(layer.cell)
        }
        Coding::Hevc => hevc_work(picture, layer),
    }
}

/// Planes and blocks of what is decoded, and its stream twice: in one piece, and as the decoder takes its parts.
fn hevc_work(picture: &Picture<'_>, layer: &Layer) -> u64 {
    let (width, height) = layer.sequence.coded;
    let halves = layer.sequence.chroma.map_or(2, halves);
    let planes = u64::from(width) * u64::from(height) * (HEVC_BYTES + halves * HEVC_COPIES);
    // The same item may be many cells, and have many pieces.
    let mut cells = layer.cells.clone();
    cells.sort_unstable();
    cells.dedup();
    let items = &picture.items;
    let items = cells
        .iter()
        .filter_map(|&id| Some(items.length(items.item(id).ok()?)));
    planes + 2 * items.max().unwrap_or(0)
}

fn copies(layer: &Layer) -> u64 {
    let pixels = u64::from(layer.cell.0) * u64::from(layer.cell.1) * u64::from(layer.columns);
    let halves = layer.sequence.chroma.map_or(2, halves);
    pixels * halves * depth(layer) / 2
}

/// Twice the samples of a pixel.
fn halves((across, down): (u8, u8)) -> u64 {
    2 + 4 / (u64::from(across) * u64::from(down))
}

fn depth(layer: &Layer) -> u64 {
    if layer.sequence.depth > 8 { 2 } else { 1 }
}
