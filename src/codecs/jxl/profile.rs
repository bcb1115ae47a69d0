//! Colour: the packed profile behind a file's header, and what samples mean.

use jxl::api::{
    JxlColorEncoding, JxlColorProfile, JxlPrimaries, JxlTransferFunction, JxlWhitePoint,
};
use jxl_bitstream::Bitstream;
use jxl_coding::{CodingResult, Decoder};

use super::{broken, cut, too_many};
use crate::codecs::{Colour, Error};

/// Bytes of a profile, as it is packed and as it is: four times those of sRGB's by tables, the largest that is common.
const PROFILE_BYTES: u64 = 1 << 18;

/// What a file of no length may have of those, and what each of its bytes adds. One of a profile may take no bit at all, and is read twice
/// where requests are handled, in some 30 ns: a few bytes are not to take long.
const SPARE_BYTES: u64 = 1 << 14;
const BYTES_A_BYTE: u64 = 16;

/// Kinds of places that a packed profile tells apart.
const CONTEXTS: u32 = 41;

/// Bytes that hold the two numbers which a packed profile begins with.
const PREAMBLE: usize = 18;

/// Steps over a packed profile, in a file of that length.
///
/// # Errors
/// `TooComplex` for one that would be larger than any that is read, as it is packed or as it says that it is; `Invalid`.
pub(super) fn skip(bits: &mut Bitstream<'_>, length: u64) -> Result<(), Error> {
    let size = bits.read_u64().map_err(|_short| cut("header"))?;
    limited(size, PROFILE_BYTES.min(SPARE_BYTES + length * BYTES_A_BYTE))?;
    let mut decoder = Decoder::parse(bits, CONTEXTS).map_err(|error| wrong(&error))?;
    let mut preamble = Vec::with_capacity(PREAMBLE);
    walk(bits, &mut decoder, size, |byte| {
        if preamble.len() < PREAMBLE {
            preamble.push(byte);
        }
    })
    .map_err(|error| wrong(&error))?
    .ok_or_else(|| broken("header", "its colour profile is corrupt"))?;
    limited(varint(&preamble), PROFILE_BYTES)
}

fn limited(size: u64, limit: u64) -> Result<(), Error> {
    if size > limit {
        return Err(too_many("bytes of colour profile", limit, size));
    }
    Ok(())
}

fn wrong(error: &jxl_coding::Error) -> Error {
    if error.unexpected_eof() {
        return cut("header");
    }
    broken("header", "its colour profile is corrupt")
}

/// Shows each byte to `see`; `None` for what isn't one.
fn walk(
    bits: &mut Bitstream<'_>,
    decoder: &mut Decoder,
    size: u64,
    mut see: impl FnMut(u8),
) -> CodingResult<Option<()>> {
    decoder.begin(bits)?;
    let (mut last, mut before) = (0_u8, 0_u8);
    for at in 0..size {
        // What stands before the first tag is all of one kind.
        let context = if at <= 128 { 0 } else { kind(last, before) };
        let Ok(byte) = u8::try_from(decoder.read_varint(bits, context)?) else {
            return Ok(None);
        };
        see(byte);
        (before, last) = (last, byte);
    }
    decoder.finalize()?;
    Ok(Some(()))
}

/// The kind of place that a byte stands in, by the two before it (ISO/IEC 18181-1, E.4.1).
fn kind(last: u8, before: u8) -> u32 {
    let near = match last {
        b'a'..=b'z' | b'A'..=b'Z' => 0,
        b'0'..=b'9' | b'.' | b',' => 1,
        0 | 1 => 2 + u32::from(last),
        2..=15 => 4,
        241..=254 => 5,
        255 => 6,
        _ => 7,
    };
    let far = match before {
        b'a'..=b'z' | b'A'..=b'Z' => 0,
        b'0'..=b'9' | b'.' | b',' => 1,
        0..=15 => 2,
        241..=255 => 3,
        _ => 4,
    };
    1 + near + 8 * far
}

/// The number at the beginning, seven bits in a byte; more than any profile has where it doesn't end.
fn varint(bytes: &[u8]) -> u64 {
    let mut number = 0;
    for (at, &byte) in bytes.iter().take(9).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return number;
        }
    }
    u64::MAX
}

/// What samples mean that the library hands out in that space.
pub(super) fn colour(profile: &JxlColorProfile) -> Colour {
    let (primaries, transfer) = match profile {
        JxlColorProfile::Icc(profile) => return Colour::embedded(profile),
        JxlColorProfile::Simple(JxlColorEncoding::RgbColorSpace {
            white_point,
            primaries,
            transfer_function,
            ..
        }) => (point(white_point, primaries), transfer_function),
        // Of grey, white says only what it is beside other colours.
        JxlColorProfile::Simple(JxlColorEncoding::GrayscaleColorSpace {
            transfer_function,
            ..
        }) => (Some(1), transfer_function),
        JxlColorProfile::Simple(JxlColorEncoding::XYB { .. }) => return Colour::Srgb,
    };
    let transfer = match transfer {
        JxlTransferFunction::BT709 => Some(1),
        JxlTransferFunction::Linear => Some(8),
        JxlTransferFunction::SRGB => Some(13),
        JxlTransferFunction::PQ => Some(16),
        JxlTransferFunction::DCI => Some(17),
        JxlTransferFunction::HLG => Some(18),
        JxlTransferFunction::Gamma(_) => None,
    };
    match (primaries, transfer) {
        (Some(1), Some(13)) => Colour::Srgb,
        (Some(primaries), Some(transfer)) => Colour::Cicp {
            primaries,
            transfer,
            full_range: true,
        },
        // What has no code point is said by a profile.
        _ => profile
            .try_as_icc()
            .map_or(Colour::Srgb, |profile| Colour::embedded(&profile)),
    }
}

/// The code point of primaries with their white (ITU-T H.273).
fn point(white: &JxlWhitePoint, primaries: &JxlPrimaries) -> Option<u8> {
    match (white, primaries) {
        (JxlWhitePoint::D65, JxlPrimaries::SRGB) => Some(1),
        (JxlWhitePoint::D65, JxlPrimaries::BT2100) => Some(9),
        (JxlWhitePoint::DCI, JxlPrimaries::P3) => Some(11),
        (JxlWhitePoint::D65, JxlPrimaries::P3) => Some(12),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_seven_bits() {
        for (bytes, expected) in [
            (&[5][..], 5),
            (&[0x80, 1], 128),
            (&[0xff, 0x7f], 16_383),
            (&[0x80], u64::MAX),
            (&[0xff; 18], u64::MAX),
        ] {
            assert_eq!(varint(bytes), expected, "{bytes:?}");
        }
    }
}
