//! GIF, in and out: blocks by hand, codes by `weezl`, whose home this is.
//!
//! Frames are decoded row by row onto their canvas, so that neither a library nor a file can ask for more than that.

mod blocks;
mod codes;
mod decode;
mod encode;
mod write;

pub(super) use self::blocks::probe;
pub(super) use self::decode::{decode_bytes, frames, frames_bytes, open};
pub(super) use self::encode::{animate, animate_bytes, create, encode_bytes};
use super::{Error, Format, Model};

/// Rows of an interlaced picture in the order of the file: where each pass begins, and how far its rows are apart.
const PASSES: [(usize, usize); 4] = [(0, 8), (4, 8), (2, 4), (1, 2)];

/// The rows of a picture in the order in which a file has them.
fn order(height: usize, interlaced: bool) -> impl Iterator<Item = usize> {
    let passes: &[_] = if interlaced { &PASSES } else { &[(0, 1)] };
    passes
        .iter()
        .flat_map(move |&(first, step)| (first..height).step_by(step))
}

/// Layouts that can be written.
pub(super) fn accepts(model: Model) -> bool {
    matches!(
        model,
        Model::Gray | Model::GrayAlpha | Model::Rgb | Model::Rgba
    )
}

fn broken(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Gif,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests;
