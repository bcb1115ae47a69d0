//! What the frames of a file make a decoder hold, and work on in one go, up to the first that is shown.

use jxl_bitstream::Bitstream;
use jxl_frame::FrameHeader;
use jxl_frame::data::Toc;
use jxl_frame::header::{Encoding, FrameType};
use jxl_image::ImageHeader;
use jxl_oxide_common::Bundle as _;

use super::boxes::Codestream;
use super::{broken, cut, too_many};
use crate::codecs::Error;

/// Bytes that a frame's header has to end in, its table of contents included.
const LOOK: usize = 256 << 10;

/// Frames up to the first that is shown, at most: a preview, four steps of a coarse picture, and four to take parts from.
const FRAMES: u64 = 16;

/// Parts that a frame is coded in, at most, without a few that each has.
const PARTS: u64 = 60_000;

/// Pixels on a side of what is worked on in one go, once it has its full size. Bounds the time between two polls.
const PIECE_SIDE: u64 = 2_048;

/// Pixels of all frames beyond four times those of the picture.
const SPARE_PIXELS: u64 = 1 << 20;

/// What the frames need that are decoded before the first is shown, and that one.
pub(super) struct Need {
    /// Bytes besides the samples that are handed out.
    pub(super) bytes: u64,
    /// Whether what is shown is coded by transforms, and not sample by sample.
    pub(super) lossy: bool,
}

/// Reads the headers of frames from that place on.
///
/// # Errors
/// `TooComplex` for more, or larger, frames than a picture is made of; `Invalid`.
pub(super) fn need(
    stream: &Codestream<'_>,
    image: &mut ImageHeader,
    start: u64,
) -> Result<Need, Error> {
    let channels = 3 + image.metadata.ec_info.len() as u64;
    let size = (image.size.width, image.size.height);
    let limit = most_pixels(size);
    let mut need = Need {
        bytes: 0,
        lossy: false,
    };
    let (mut at, mut all, mut slots) = (start, 0, [0; 8]);
    let mut preview = image.metadata.preview.as_ref().map(|p| (p.width, p.height));
    for _ in 0..FRAMES {
        let window = stream.window(at, LOOK);
        let mut bits = Bitstream::new(&window);
        // A preview is a picture of its own size, and is stepped over.
        let skipped = preview.take();
        (image.size.width, image.size.height) = skipped.unwrap_or(size);
        let frame = FrameHeader::parse(&mut bits, image).map_err(|error| wrong(&error))?;
        let of_frame = pixels((frame.width, frame.height));
        // Which some readers take for all of the picture.
        if of_frame == 0 {
            return Err(broken("header", "a frame has no size"));
        }
        // Before anything is made of it: each frame alone, and all of them.
        all += of_frame >> (6 * frame.lf_level);
        if of_frame > limit || all > limit {
            return Err(too_many("pixels in its frames", limit, all.max(of_frame)));
        }
        listed(&frame)?;
        if skipped.is_none() {
            one_go(&frame)?;
            need.bytes = need.bytes.max(work(&frame, channels));
            if frame.is_keyframe() {
                need.lossy = frame.encoding == Encoding::VarDct;
                need.bytes += slots.iter().sum::<u64>();
                return Ok(need);
            }
            let slot = match frame.frame_type {
                FrameType::LfFrame => 3 + frame.lf_level as usize,
                _ => frame.save_as_reference as usize,
            };
            if let Some(held) = slots.get_mut(slot) {
                let stored = of_frame >> (6 * frame.lf_level);
                *held = (stored * channels * SAMPLE).max(*held);
            }
        }
        let contents = Toc::parse(&mut bits, &frame).map_err(|error| wrong(&error))?;
        at += (bits.num_read_bits() / 8 + contents.total_byte_size()) as u64;
    }
    Err(too_many(
        "frames before the first that is shown",
        FRAMES,
        FRAMES + 1,
    ))
}

/// Pixels of all frames together, at most, for a picture of that size.
pub(super) fn most_pixels(size: (u32, u32)) -> u64 {
    pixels(size) * 4 + SPARE_PIXELS
}

fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// Refuses a frame whose table of contents would be longer than any that is read: a hundred megapixels have 1,600 groups.
fn listed(frame: &FrameHeader) -> Result<(), Error> {
    let group = u64::from(frame.group_dim());
    let across = |side: u32| u64::from(side).div_ceil(group);
    let passes = u64::from(frame.passes.num_passes);
    let parts = across(frame.color_sample_width()) * across(frame.color_sample_height()) * passes;
    if parts > PARTS {
        return Err(too_many("parts of a frame", PARTS, parts));
    }
    Ok(())
}

/// Refuses a frame whose groups become larger than any writer makes them.
fn one_go(frame: &FrameHeader) -> Result<(), Error> {
    let group = u64::from(frame.group_dim()) * u64::from(frame.upsampling);
    let side = |side: u32| u64::from(side).min(group);
    let most = PIECE_SIDE * PIECE_SIDE;
    let piece = side(frame.width) * side(frame.height);
    if piece > most {
        return Err(too_many("pixels in a group", most, piece));
    }
    Ok(())
}

/// Bytes of a sample while it is worked on.
const SAMPLE: u64 = 4;

/// Bytes that a decoder holds for a frame besides what is handed out: of samples what was measured, and of trees and codes the most that there can be. A
/// file of some kilobytes has one set of the largest codes; there may be one of the frame, one of each pass, and one of a group.
fn work(frame: &FrameHeader, channels: u64) -> u64 {
    let pixels = pixels((frame.width, frame.height));
    let samples = pixels * channels;
    // Transforms are undone group by group; samples that are coded as such are there as a whole.
    let coded = match frame.encoding {
        Encoding::VarDct => pixels * (2 + (channels - 3) * SAMPLE),
        Encoding::Modular => samples * SAMPLE,
    };
    let group = u64::from(frame.group_dim()).pow(2).min(pixels) * channels;
    let trees =
        (samples / 16 + LEAST_NODES).min(MOST_NODES) + (group + LEAST_NODES).min(MOST_LOCAL);
    coded + trees * NODE + u64::from(frame.passes.num_passes + 2) * CODES + LEAST_BYTES
}

/// Nodes of the tree of a frame, and of that of a group, as the standard's level 5 limits them.
const LEAST_NODES: u64 = 1_024;
const MOST_NODES: u64 = 1 << 22;
const MOST_LOCAL: u64 = 1 << 20;

/// Bytes of a node. The list of them has more room than that, which nothing is written to; tables of codes have, too.
const NODE: u64 = 24;

/// Bytes of codes: 256 tables of 2^15 words each.
const CODES: u64 = 256 * ((4 << 15) + 1_024);

/// Bytes of what has a size of its own: steps of each transform, orders of coefficients, what was last decoded.
const LEAST_BYTES: u64 = 12 << 20;

fn wrong(error: &jxl_frame::Error) -> Error {
    if error.unexpected_eof() {
        return cut("header");
    }
    broken("header", "a frame's header is corrupt")
}
