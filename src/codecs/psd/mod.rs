//! Photoshop documents: the merged picture, which stands behind all layers, by the row.
//!
//! Versions 1 and 2 (PSB), stored or packed by `PackBits`; bitmap, grey, palette, RGB, inks and CIELAB of 8 or 16 bit.
//! Layers aren't looked at, but for whether the picture has transparency.

mod decode;
mod document;

pub(super) use self::decode::{decode_bytes, open, probe};
use super::{Error, Format};

fn cut() -> Error {
    broken("pixels", "it is cut short")
}

fn broken(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Psd,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
