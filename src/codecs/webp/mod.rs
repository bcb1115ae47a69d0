//! WebP through libwebp: lossy and lossless, in and out. Animations frame by frame, in chunks by hand.
//!
//! The home of `libwebp_sys`. Lossy pictures without alpha come as planes, as they are decoded;
//! all others as a whole. Nothing is scaled on the way: libwebp's own scaling is worse than ours.

mod annotations;
mod decode;
mod encode;
mod film;
mod frames;
mod incremental;
mod planes;
mod probe;

pub(super) use self::annotations::{annotated, said};
pub(super) use self::decode::{decode_bytes, open};
pub(super) use self::encode::{accepts, create, encode_bytes};
pub(super) use self::film::{animate, animate_bytes};
pub(super) use self::frames::{frames, frames_bytes};
pub(super) use self::probe::probe;

#[cfg(test)]
mod tests;
