//! AVIF: still pictures of AV1 in HEIF's container, and HEIC, whose frames are of HEVC (`hevc`). Of an animation, the picture that its
//! file names as the one to show.
//!
//! The container is read by code of our own, which is pure and counts everything: [`boxes`], [`items`] and [`lists`] know
//! where things are, [`properties`] and [`sequence`] what is said of them, [`layer`] and [`picture`] what they make together. libaom
//! decodes frames (`av1`), in the [`room`] that was promised, and encodes them (`aom`); [`cells`] puts them side by side, and
//! [`rows`] makes samples of them, by [`convert`]; [`memory`] promises what all that takes; [`tiling`] cuts what is written, and [`mux`] puts a file around it.

mod alpha;
mod annotations;
mod aom;
mod av1;
mod bits;
mod boxes;
mod cells;
mod chroma;
mod convert;
mod decode;
mod deep;
mod describe;
mod encode;
mod frame;
mod hevc;
mod items;
mod layer;
mod lists;
mod memory;
mod mux;
mod picture;
mod planes;
mod probe;
mod properties;
mod room;
mod rows;
mod sequence;
mod tiling;

pub(super) use self::annotations::{annotated, said};
pub(super) use self::decode::{decode_bytes, open};
pub(super) use self::deep::{encode_deep, encode_deep_bytes, open_deep};
pub(super) use self::encode::{accepts, create, encode_bytes};
pub(super) use self::hevc::{IS_BUILT as READS_HEIC, UNREAD as UNREAD_HEIC};
pub(super) use self::probe::{probe, probe_heic};

use super::{Error, Format};

fn broken(detail: &str) -> Error {
    Error::Invalid {
        format: Format::Avif,
        stage: "header".into(),
        detail: detail.to_owned(),
    }
}

/// The same of a HEIC file.
fn of_heic(error: Error) -> Error {
    match error {
        Error::Invalid { stage, detail, .. } => Error::Invalid {
            format: Format::Heic,
            stage,
            detail,
        },
        other => other,
    }
}
