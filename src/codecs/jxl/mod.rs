//! JPEG XL: the first picture that a file shows.
//!
//! The crate `jxl` decodes, a group of pixels at a time, and polls between two (`library`). It has limits on complexity (level 5 of
//! the standard), but none on memory; so what a file makes it hold is told from the headers of its frames ([`frames`]) before
//! it sees a byte of them, and that of a profile from the profile's first bytes ([`profile`]). Both read with the bit readers of
//! `jxl-oxide`, and hold next to nothing. Boxes are cut up by our own code ([`boxes`]): metadata is never unpacked.

mod boxes;
mod decode;
mod frames;
mod library;
mod probe;
mod profile;

pub(super) use self::boxes::{SIGNATURE, said};
pub(super) use self::decode::{decode_bytes, open, open_deep};
pub(super) use self::probe::probe;

use super::error::too_many;
use super::{Error, Format};

fn cut(stage: &'static str) -> Error {
    broken(stage, "it is cut short")
}

fn broken(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Jxl,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
