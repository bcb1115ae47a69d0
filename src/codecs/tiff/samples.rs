//! Samples as they are stored, and samples of 8 bit.

use super::kinds::{Meaning, Number, Prediction};
use super::layout::Layout;
use crate::codecs::samples::nearest;

/// Adds what was taken away from a row of `channels` samples a pixel, in place. `spare` has room for the row.
pub(super) fn restore(layout: &Layout<'_>, channels: usize, row: &mut [u8], spare: &mut Vec<u8>) {
    let big = layout.file.big_endian;
    match (layout.prediction, layout.bits) {
        (Prediction::None, _) => {}
        (Prediction::Left, 8) => match channels {
            1 => add_bytes::<1>(row),
            3 => add_bytes::<3>(row),
            4 => add_bytes::<4>(row),
            _ => add_at(row, channels),
        },
        (Prediction::Left, 16) => add::<2>(row, channels, big),
        (Prediction::Left, 32) => add::<4>(row, channels, big),
        (Prediction::Left, _) => add::<8>(row, channels, big),
        (Prediction::Float, bits) => {
            add_at(row, channels);
            gather(row, usize::from(bits / 8), big, spare);
        }
    }
}

fn add_bytes<const N: usize>(row: &mut [u8]) {
    let mut left = [0_u8; N];
    for pixel in row.as_chunks_mut::<N>().0 {
        for (sample, left) in pixel.iter_mut().zip(&mut left) {
            *left = left.wrapping_add(*sample);
            *sample = *left;
        }
    }
}

/// The same for any number of bytes.
fn add_at(row: &mut [u8], channels: usize) {
    for at in channels..row.len() {
        let left = row.get(at - channels).copied().unwrap_or(0);
        if let Some(sample) = row.get_mut(at) {
            *sample = sample.wrapping_add(left);
        }
    }
}

/// The same for whole numbers of `N` bytes.
fn add<const N: usize>(row: &mut [u8], channels: usize, big: bool) {
    let (samples, _) = row.as_chunks_mut::<N>();
    for at in channels..samples.len() {
        let left = samples
            .get(at - channels)
            .map_or(0, |&left| whole(left, big));
        if let Some(sample) = samples.get_mut(at) {
            let sum = whole(*sample, big).wrapping_add(left);
            let bytes = sum.to_be_bytes();
            if let Some(low) = bytes.last_chunk::<N>() {
                *sample = *low;
            }
            if !big {
                sample.reverse();
            }
        }
    }
}

/// Puts the bytes of each float together again, whose first ones come first for all.
fn gather(row: &mut [u8], size: usize, big: bool, spare: &mut Vec<u8>) {
    spare.clear();
    spare.extend_from_slice(row);
    let count = row.len() / size.max(1);
    for (byte, all) in spare.chunks(count.max(1)).take(size).enumerate() {
        let place = if big { byte } else { size - 1 - byte };
        let places = row.iter_mut().skip(place).step_by(size);
        for (place, &value) in places.zip(all) {
            *place = value;
        }
    }
}

/// A whole number without a sign.
fn whole<const N: usize>(bytes: [u8; N], big: bool) -> u64 {
    let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    if big {
        bytes.iter().fold(0, add)
    } else {
        bytes.iter().rev().fold(0, add)
    }
}

/// A whole number of 16 bit.
pub(super) fn number(layout: &Layout<'_>, bytes: [u8; 2]) -> u16 {
    if layout.file.big_endian {
        u16::from_be_bytes(bytes)
    } else {
        u16::from_le_bytes(bytes)
    }
}

/// A row of stored samples as samples of 8 bit, of the same meaning: the nearest of the levels that there are.
///
/// What is below zero counts as that; a float above 1 counts as 1. Numbers of a palette stay as they are; of CIELAB the
/// highest byte is taken, whose sign stays.
pub(super) fn narrow(layout: &Layout<'_>, row: &[u8], samples: &mut [u8]) {
    let big = layout.file.big_endian;
    let numbers = layout.meaning == Meaning::Palette;
    if matches!(layout.meaning, Meaning::Lab { .. }) {
        let size = usize::from(layout.bits / 8).max(1);
        let first = if big { 0 } else { size - 1 };
        for (sample, &byte) in samples.iter_mut().zip(row.iter().skip(first).step_by(size)) {
            *sample = byte;
        }
        return;
    }
    let signed = layout.number == Number::Signed;
    match (layout.number, layout.bits) {
        (Number::Unsigned, 8) => samples.copy_from_slice(row.get(..samples.len()).unwrap_or(row)),
        (Number::Unsigned, 16) => {
            put(row, samples, |bytes| nearest(number(layout, bytes)));
        }
        (Number::Unsigned, 1) if !numbers => {
            for (eight, &byte) in samples.chunks_mut(8).zip(row) {
                for (bit, sample) in eight.iter_mut().enumerate() {
                    *sample = 0_u8.wrapping_sub(byte >> (7 - bit) & 1);
                }
            }
        }
        (Number::Float, _) => floats(row, layout.bits, big, samples),
        (_, 8) if !numbers => put(row, samples, |bytes: [u8; 1]| {
            scaled(whole(bytes, big), 8, signed)
        }),
        (_, 16) => put(row, samples, |bytes: [u8; 2]| {
            scaled(whole(bytes, big), 16, signed)
        }),
        (_, 24) => put(row, samples, |bytes: [u8; 3]| {
            scaled(whole(bytes, big), 24, signed)
        }),
        (_, 32) => put(row, samples, |bytes: [u8; 4]| {
            scaled(whole(bytes, big), 32, signed)
        }),
        (_, 64) => put(row, samples, |bytes: [u8; 8]| {
            scaled(whole(bytes, big), 64, signed)
        }),
        (_, bits) => {
            let each = |value: u64| {
                if numbers {
                    value.to_le_bytes()[0]
                } else {
                    scaled(value, bits, signed)
                }
            };
            bitwise(row, bits, samples, each);
        }
    }
}

/// Samples that don't fill bytes, one behind the other, from a byte's highest bit on.
fn bitwise(row: &[u8], bits: u8, samples: &mut [u8], each: impl Fn(u64) -> u8) {
    let mut held = 0_u64;
    let mut count = 0;
    let mut bytes = row.iter();
    for sample in samples {
        while count < bits {
            held = held << 8 | u64::from(bytes.next().copied().unwrap_or(0));
            count += 8;
        }
        count -= bits;
        *sample = each(held >> count & ((1 << bits) - 1));
    }
}

/// Floats of 16, 24, 32 or 64 bits.
fn floats(row: &[u8], bits: u8, big: bool, samples: &mut [u8]) {
    match bits {
        16 => put(row, samples, |bytes| level(half(whole::<2>(bytes, big)))),
        24 => put(row, samples, |bytes| level(short(whole::<3>(bytes, big)))),
        32 => put(row, samples, |bytes: [u8; 4]| {
            level(if big {
                f32::from_be_bytes(bytes)
            } else {
                f32::from_le_bytes(bytes)
            })
        }),
        _ => put(row, samples, |bytes: [u8; 8]| {
            let exact = if big {
                f64::from_be_bytes(bytes)
            } else {
                f64::from_le_bytes(bytes)
            };
            #[expect(clippy::cast_possible_truncation, reason = "to its nearest")]
            let near = exact as f32;
            level(near)
        }),
    }
}

fn put<const N: usize>(row: &[u8], samples: &mut [u8], each: impl Fn([u8; N]) -> u8) {
    for (sample, &bytes) in samples.iter_mut().zip(row.as_chunks::<N>().0) {
        *sample = each(bytes);
    }
}

/// A whole number of so many bits, at most 64, as a level.
fn scaled(value: u64, bits: u8, signed: bool) -> u8 {
    // With a sign there is a bit less for what is above zero.
    let (value, bits) = match (signed, bits) {
        (true, 2..) if value >> (bits - 1) & 1 == 1 => return 0,
        (true, 2..) => (value, bits - 1),
        _ => (value, bits),
    };
    // So much of it that products fit.
    let (value, bits) = if bits > 32 {
        (value >> (bits - 32), 32)
    } else {
        (value, bits)
    };
    let most = (1_u64 << bits) - 1;
    u8::try_from((value * 255 + most / 2) / most).unwrap_or(u8::MAX)
}

/// The same for a sample from 0 to 1; what is beyond is cut off, and what is no number counts as white.
fn level(sample: f32) -> u8 {
    let sample = if sample < 1.0 { sample.max(0.0) } else { 1.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 255"
    )]
    let level = (sample * 255.0).round() as u8;
    level
}

/// A float of 16 bits: a sign, five bits of exponent, ten of fraction.
fn half(bits: u64) -> f32 {
    float(bits, 5, 10)
}

/// A float of 24 bits: a sign, seven bits of exponent, sixteen of fraction.
fn short(bits: u64) -> f32 {
    float(bits, 7, 16)
}

fn float(bits: u64, exponent_bits: u32, fraction_bits: u32) -> f32 {
    let exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
    let fraction = (bits & ((1 << fraction_bits) - 1)) as f32 / (1_u64 << fraction_bits) as f32;
    let middle = (1 << (exponent_bits - 1)) - 1;
    let power = i32::try_from(exponent).unwrap_or(0) - middle;
    let size = match exponent {
        0 => fraction * 2_f32.powi(1 - middle),
        _ if exponent == (1 << exponent_bits) - 1 && fraction > 0.0 => f32::NAN,
        _ if exponent == (1 << exponent_bits) - 1 => f32::INFINITY,
        _ => (1.0 + fraction) * 2_f32.powi(power),
    };
    if bits >> (fraction_bits + exponent_bits) & 1 == 1 {
        -size
    } else {
        size
    }
}
