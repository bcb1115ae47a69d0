//! TIFF: own reader of strips and tiles, and a writer of one strip.
//!
//! The directory is read where it lies (`directory.rs`, `tags.rs`) and judged as a whole (`layout.rs`) before
//! anything is held. A decode goes on by the row of a strip, or by the row of tiles: `unpack/` gives bytes as they
//! were before compression, `samples.rs` makes samples of 8 bit of them, `colours.rs` and `converter.rs` what the picture is
//! handed out as.
//! Strips and tiles that are JPEG or WebP files of their own go to those codecs (`within.rs`, `planes.rs`).

mod chunks;
mod colours;
mod converter;
mod decode;
mod deep;
mod directory;
mod encode;
mod kinds;
mod layout;
mod planes;
mod probe;
mod samples;
mod strips;
mod tags;
mod tiles;
mod unpack;
mod within;

pub(super) use self::colours::lab;
pub(super) use self::decode::open;
pub(super) use self::deep::open_deep;
pub(super) use self::encode::{
    accepts, annotated, create, encode_bytes, encode_deep, encode_deep_bytes,
};
pub(super) use self::probe::{decode_bytes, probe};
pub(super) use self::unpack::unpacked;
use super::{Error, Format};

/// A refusal, for the client.
fn broken(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Tiff,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
