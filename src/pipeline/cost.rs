//! How many bytes a plan's work holds at its peak: what admission grants.

use super::plan::{Plan, pixels};
use crate::codecs::{self, Header, Shape};

/// The pixel memory without which not even a tiny picture, such as the self-test's, could be granted any.
pub const LEAST_BYTES: u64 = 8 << 20;

/// The sum of what is held at once in the dearest moment: decoder and strip, or pictures and encoder.
pub(super) fn peak_bytes(plan: &Plan, header: &Header, decoded: Shape) -> u64 {
    let target = Shape {
        width: plan.resampling.target.0,
        height: plan.resampling.target.1,
        model: plan.resampling.model,
    };
    let answer = Shape {
        width: plan.width,
        height: plan.height,
        model: plan.final_model(),
    };
    let resampling =
        codecs::decode_bytes(header).saturating_add(plan.resampling.peak_bytes(decoded));
    // Colour, turn, canvas and conversion each hold two pictures at a time, with four channels at most.
    let finishing = pixels(answer.width, answer.height)
        .max(pixels(target.width, target.height))
        .saturating_mul(8)
        .saturating_add(header.held_bytes().saturating_mul(PROFILE_COPIES));
    let writing = answer
        .bytes()
        .saturating_add(codecs::encode_bytes(plan.encoding, answer));
    resampling
        .max(finishing)
        .max(writing)
        .saturating_add(FIXED_BYTES)
}

/// A profile's tables are parsed into numbers of up to four bytes for each of the file's.
const PROFILE_COPIES: u64 = 4;

/// Tables and small buffers of any job: filter weights, colour tables, codec state.
const FIXED_BYTES: u64 = 1 << 20;
