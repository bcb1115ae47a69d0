//! PNG: rows out through the `png` crate, chunks by hand in,
//! compressed by libdeflate or, where nothing repeats, by codes alone.
//!
//! The home of `png` and `libdeflater`. Every colour type and depth is read, as
//! 8 bit; what isn't interlaced streams. Where an animation stands still, its default image is shown.

mod annotations;
mod bits;
mod chunks;
mod codes;
mod decode;
mod deep;
mod deflate;
mod encode;
mod error;
mod film;
mod filter;
mod frames;
mod held;
mod layout;
mod pieces;
mod probe;
mod stored;
mod walk;

pub(super) use self::annotations::{annotated, said};
pub(super) use self::decode::{decode_bytes, open};
pub(super) use self::deep::{encode_deep, encode_deep_bytes, open_deep};
pub(super) use self::encode::{accepts, create, encode_bytes};
pub(super) use self::film::{animate, animate_bytes};
pub(super) use self::frames::{frames, frames_bytes};
pub(super) use self::probe::probe;
pub(super) use self::stored::stored;

#[cfg(test)]
mod tests;
