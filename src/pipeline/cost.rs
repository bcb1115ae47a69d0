//! What a plan's work takes: the bytes it holds at its peak, which admission grants, and time, by which it decides who is next and who would wait for too long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::deep;
use super::motion::Motion;
use super::plan::{Plan, pixels};
use super::stage::Stage;
use crate::codecs::{self, Header, Keep, Orientation, Scale, Shape};

/// The pixel memory without which not even a tiny picture, such as the self-test's, could be granted any.
pub const LEAST_BYTES: u64 = 8 << 20;

/// What work takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Bytes allocated at the peak, the source's own bytes not included.
    pub peak_bytes: u64,
    /// Time on one processor of a server of 2024, about.
    pub time: Duration,
}

/// What the plan's work takes.
pub(super) fn cost(plan: &Plan, header: &Header, beside: &[Header]) -> Cost {
    Cost {
        peak_bytes: if plan.encoding.depth > 8 {
            deep_bytes(plan, header)
        } else {
            peak_bytes(plan, header, beside)
        },
        time: time(plan, header, beside),
    }
}

/// The sum of what is held at once in the dearest moment: decoder and strip, or pictures and encoder.
fn peak_bytes(plan: &Plan, header: &Header, beside: &[Header]) -> u64 {
    let decoded = codecs::scaled(header, plan.scale);
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
    let decoding = match plan.motion {
        motion if motion.is_still() => codecs::decode_bytes(header, plan.scale),
        _ => codecs::frames_bytes(header),
    };
    let resampling = decoding.saturating_add(plan.resampling.peak_bytes(decoded));
    // Colour, turn, canvas and conversion each hold two pictures at a time, with four channels at most.
    let finishing = pixels(answer.width, answer.height)
        .max(pixels(target.width, target.height))
        .saturating_mul(8)
        .saturating_add(header.held_bytes().saturating_mul(PROFILE_COPIES));
    // What is said beside the pixels is written into the file, which may be copied for it.
    let says = plan.tag != Orientation::default()
        || plan.attached.keep != Keep::Nothing
        || plan.attached.profile;
    let profile = plan.attached.profile_bytes(header);
    let tagging = if says {
        answer
            .bytes()
            .saturating_add(codecs::metadata_bytes(plan.attached.keep, profile))
    } else {
        0
    };
    if let Motion::All { frames, .. } = plan.motion {
        // The canvas, the frames that wait and the file are there all along.
        let film = codecs::animate_bytes(plan.encoding, answer, frames);
        // The file is copied for a profile.
        let film = if says { film * 2 + profile * 3 } else { film };
        let kept = plan.stages.iter().map(Stage::kept_bytes).sum::<u64>();
        return resampling
            .max(
                finishing
                    .max(staging(plan, beside))
                    .saturating_add(decoding),
            )
            .max(answer.bytes().saturating_add(decoding))
            .saturating_add(film)
            .saturating_add(kept)
            .saturating_add(FIXED_BYTES);
    }
    let writing = if plan.finds.is_some() {
        0
    } else {
        let encoding = codecs::encode_bytes(plan.encoding, answer);
        answer
            .bytes()
            .saturating_add(encoding)
            .saturating_add(tagging)
    };
    resampling
        .max(finishing)
        .max(staging(plan, beside))
        .max(writing)
        .saturating_add(FIXED_BYTES)
}

/// The same of a picture of more than 8 bit a sample, whose file may be copied for what is said beside the pixels.
fn deep_bytes(plan: &Plan, header: &Header) -> u64 {
    let profile = plan.attached.profile_bytes(header);
    let copied = pixels(plan.width, plan.height).saturating_mul(2 * 4);
    deep::peak_bytes(header, plan)
        .saturating_add(copied)
        .saturating_add(codecs::metadata_bytes(plan.attached.keep, profile))
        .saturating_add(header.held_bytes().saturating_mul(PROFILE_COPIES))
        .saturating_add(FIXED_BYTES)
}

/// What the dearest stage holds: the picture it gets, the one it makes, and what is its own.
fn staging(plan: &Plan, beside: &[Header]) -> u64 {
    let bytes = |(width, height)| pixels(width, height).saturating_mul(4);
    let mut size = plan.turned();
    let mut most = 0;
    for stage in &plan.stages {
        let made = stage.size(size);
        let held = bytes(size).saturating_add(bytes(made));
        most = most.max(held.saturating_add(stage.extra_bytes(size, beside)));
        size = made;
    }
    most
}

/// Nanoseconds, about, that it takes to decode and mix the picture.
pub(super) fn reading(header: &Header, scale: Scale) -> u64 {
    // A file has to be read in full, whatever is made of it; a drawing costs what is made of it.
    let (width, height, document) = if codecs::draws(header) {
        let made = codecs::scaled(header, scale);
        (made.width, made.height, header.held)
    } else {
        (header.width, header.height, 0)
    };
    pixels(width, height)
        .saturating_mul(pixel(header))
        .saturating_add(document.saturating_mul(DOCUMENT))
        .saturating_add(header.reading)
}

/// The same of a pixel.
fn pixel(header: &Header) -> u64 {
    header.pixel_nanoseconds() + RESAMPLING
}

fn time(plan: &Plan, header: &Header, beside: &[Header]) -> Duration {
    let source = match plan.motion {
        motion if motion.is_still() => reading(header, plan.scale),
        motion => motion.decoded(header).saturating_mul(pixel(header)),
    };
    let mixing = if plan.encoding.depth > 8 {
        let read = codecs::scaled(header, plan.scale);
        let (width, height) = plan.resampling.target;
        let read = pixels(read.width, read.height).saturating_mul(DEEP_READING);
        read.saturating_add(pixels(width, height).saturating_mul(DEEP_MAKING))
    } else {
        0
    };
    let source = source.saturating_add(mixing);
    let writing = if plan.finds.is_some() {
        0
    } else {
        plan.encoding.nanoseconds()
    };
    let answer = pixels(plan.width, plan.height).saturating_mul(writing);
    let mut size = plan.turned();
    let mut stages = 0_u64;
    for stage in &plan.stages {
        stages = stages.saturating_add(stage.nanoseconds(size, beside));
        size = stage.size(size);
    }
    let frame = answer.saturating_add(stages);
    let all = frame.saturating_mul(u64::from(plan.motion.written()));
    FIXED_TIME.saturating_add(Duration::from_nanos(all.saturating_add(source)))
}

/// Tables, buffers, and the way to the worker and back.
const FIXED_TIME: Duration = Duration::from_micros(300);

/// Nanoseconds that a byte of what a decoder holds besides pixels stands for.
const DOCUMENT: u64 = 2;

/// Nanoseconds that mixing takes for each pixel of the source.
const RESAMPLING: u64 = 1;

/// What more it takes with 16 bit a sample: for each pixel of the source, and of the answer.
const DEEP_READING: u64 = 40;
const DEEP_MAKING: u64 = 250;

/// A profile's tables are parsed into numbers of up to four bytes for each of the file's.
const PROFILE_COPIES: u64 = 4;

/// Tables and small buffers of any job: filter weights, colour tables, codec state.
const FIXED_BYTES: u64 = 1 << 20;
