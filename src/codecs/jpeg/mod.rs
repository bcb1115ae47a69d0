//! JPEG: own header reader, own encoder, own decoder for most files; the others through libjpeg-turbo's libjpeg API and a small C shim.
//!
//! The home of `turbojpeg_sys`. 8-bit files; Y, Cb and Cr come as planes, as they are stored, each scaled by
//! eighths. Files in one sequential scan have a decoder of our own, which is quicker and streams; the others, and files of
//! inks or RGB, go through libjpeg-turbo. Twelve bit and lossless files are refused.

mod annotations;
mod baseline;
mod decode;
mod encoder;
mod ffi;
mod library;
mod probe;
mod profile;
mod segments;

pub(super) use self::annotations::{annotated, said};
#[cfg(fuzzing)]
pub(super) use self::baseline::compare::check as compare;
pub(super) use self::decode::{decode_bytes, open};
pub(super) use self::encoder::{accepts, create, encode_bytes};
pub(super) use self::probe::probe;
use super::{Header, Model, Scale, Shape};

/// Eighths at which the decoder's scaled transforms are exact and quick.
pub(super) const SCALES: &[u8] = &[1, 2, 4, 8];

/// Scans of a progressive file that are read; its cost grows with pixels times scans.
/// Encoders write about 10; the library's own fuzzing stops at 100 too.
const MAX_SCANS: u32 = 100;

/// What the decoder hands out: each side divided, rounded up.
pub(super) fn scaled(header: &Header, scale: Scale) -> Shape {
    let side = |side: u32| {
        let eighths = u64::from(side) * u64::from(scale.eighths);
        u32::try_from(eighths.div_ceil(8)).unwrap_or(u32::MAX)
    };
    // Luma samples for each of chroma, when either is scaled by itself.
    let factor = |factor: u8| (factor * scale.eighths / scale.chroma).max(1);
    Shape {
        width: side(header.width),
        height: side(header.height),
        model: match header.model {
            Model::YCbCr { across, down } => Model::YCbCr {
                across: factor(across),
                down: factor(down),
            },
            other => other,
        },
    }
}

#[cfg(test)]
mod tests;
