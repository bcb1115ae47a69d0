//! One picture out of an HEVC stream: the home of `heifer_hevc_dec`, which decodes single pictures alone, in safe Rust.
//!
//! It has one thread, the caller's, and nothing that could stop it within a frame.

use heifer_hevc_dec::Error as Failure;
use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::nal::{NalHeader, NalUnit};
use heifer_hevc_dec::params::{ParameterSets, Sps};
use heifer_hevc_dec::recon;

use crate::codecs::avif::cells::pieces_bytes;
use crate::codecs::avif::frame::{Frame, Owned, Plane};
use crate::codecs::avif::items::{Item, Items};
use crate::codecs::avif::layer::Layer;
use crate::codecs::avif::sequence::Sequence;
use crate::codecs::bytes::Reader;
use crate::codecs::error::too_many;
use crate::codecs::{Error, Format};

/// Parts of a stream, at most.
const UNITS: usize = 1 << 12;

/// What stands before each part of a stream, where parts aren't counted (ITU-T H.265, annex B).
const START: [u8; 4] = [0, 0, 0, 1];

/// What an item's `hvcC` says of its frame (ISO/IEC 14496-15, 8.3.2).
///
/// # Errors
/// `Invalid` for one that is broken, or says what isn't read here.
pub(in crate::codecs::avif) fn sequence(items: &Items<'_>, item: &Item) -> Result<Sequence, Error> {
    let configuration = Configuration::of(items, item)?;
    let mut sets = ParameterSets::default();
    for unit in &configuration.units {
        let unit = NalUnit::parse(unit).map_err(|error| failed("header", &error))?;
        sets.add(&unit).map_err(|error| failed("header", &error))?;
    }
    let mut said = sets.sps.iter().flatten();
    let (Some(first), None) = (said.next(), said.next()) else {
        return Err(invalid("header", "it hasn't one description of its frames"));
    };
    described(first)
}

fn described(set: &Sps) -> Result<Sequence, Error> {
    let foreign = || {
        invalid(
            "header",
            "its samples are stored in a way that is not read here",
        )
    };
    let depth = set.bit_depth_luma;
    let chroma = match set.chroma_format_idc {
        _ if set.separate_colour_plane_flag => return Err(foreign()),
        0 => None,
        1 => Some((2, 2)),
        2 => Some((2, 1)),
        _ => Some((1, 1)),
    };
    if !(8..=12).contains(&depth) || (chroma.is_some() && depth != set.bit_depth_chroma) {
        return Err(foreign());
    }
    let [left, right, top, bottom] = set.conf_win_offsets;
    let (across, down) = set.chroma_subsampling();
    let side = |coded: u32, before: u32, behind: u32, share: u32| {
        let cut = before.checked_add(behind)?.checked_mul(share)?;
        coded.checked_sub(cut).filter(|&side| side > 0)
    };
    let width = side(set.pic_width_in_luma_samples, left, right, across);
    let height = side(set.pic_height_in_luma_samples, top, bottom, down);
    let (Some(width), Some(height)) = (width, height) else {
        return Err(invalid("header", "it has no size"));
    };
    let said = set.vui.as_ref();
    Ok(Sequence {
        width,
        height,
        depth,
        chroma,
        colour: said.map_or([2; 3], |said| {
            [
                said.colour_primaries,
                said.transfer_characteristics,
                said.matrix_coeffs,
            ]
        }),
        full_range: said.is_some_and(|said| said.video_full_range_flag),
        still: true,
        copies: 0,
        grade: (0, 0),
    })
}

/// Decodes the picture of an item's stream, which is a cell of `layer`.
///
/// # Errors
/// `Invalid` or `TooComplex`; a picture that isn't what the layer's header says is the first.
pub(in crate::codecs::avif) fn decode(
    items: &Items<'_>,
    item: &Item,
    stream: &[u8],
    layer: &Layer,
) -> Result<Frame, Error> {
    let most = pieces_bytes(layer.cell);
    if stream.len() as u64 > most {
        return Err(too_many("bytes of a frame", most, stream.len() as u64));
    }
    // No frame is larger than its description says, and that has been looked at.
    if sequence(items, item)? != layer.sequence {
        return Err(invalid(
            "pixels",
            "a frame has another header than the first",
        ));
    }
    let stream = Configuration::of(items, item)?.stream(stream)?;
    let options = DecodeOptions {
        max_pixels: coded_pixels(layer),
        ..DecodeOptions::default()
    };
    let frame = decode_picture(&stream, options).map_err(|error| failed("pixels", &error))?;
    drop(stream);
    copied(frame, layer)
}

/// Pixels of a cell with what is decoded beside it: sides are multiples of the smallest blocks.
fn coded_pixels(layer: &Layer) -> u64 {
    let coded = |side: u32| u64::from(side).next_multiple_of(64);
    coded(layer.cell.0) * coded(layer.cell.1)
}

/// The decoded planes, if they are what the layer's header says; samples of 8 bit get a byte each.
fn copied(frame: recon::Frame, layer: &Layer) -> Result<Frame, Error> {
    let Sequence { depth, chroma, .. } = layer.sequence;
    let count = if chroma.is_some() { 3 } else { 1 };
    let (across, down) = chroma.unwrap_or((1, 1));
    let (width, height) = layer.cell;
    let small = (width.div_ceil(across.into()), height.div_ceil(down.into()));
    let sizes = [layer.cell, small, small];
    let got = frame.widths.into_iter().zip(frame.heights);
    let fits = got.zip(sizes).take(count).all(|(got, size)| got == size);
    let depths = frame
        .bit_depth
        .into_iter()
        .take(if count == 3 { 2 } else { 1 });
    if !fits || depths.into_iter().any(|got| got != depth) {
        return Err(invalid("pixels", "its frame isn't what its header says"));
    }
    let planes = frame.planes.into_iter().zip(sizes).take(count);
    let planes = planes.map(|(samples, (width, _))| Plane {
        width: width as usize,
        samples: if depth > 8 {
            Owned::More(samples)
        } else {
            let byte = |sample: u16| u8::try_from(sample).unwrap_or(u8::MAX);
            Owned::Eight(samples.into_iter().map(byte).collect())
        },
    });
    Ok(Frame {
        planes: planes.collect(),
    })
}

/// What stands in an item's `hvcC`.
struct Configuration<'a> {
    /// Bytes of the length before each part of the stream.
    length: u8,
    /// Parts that come before the stream's own.
    units: Vec<&'a [u8]>,
}

impl<'a> Configuration<'a> {
    fn of(items: &Items<'a>, item: &Item) -> Result<Self, Error> {
        let said = items.property(item, *b"hvcC");
        let read = said.and_then(Self::parse);
        read.ok_or_else(|| invalid("header", "its frames aren't described"))
    }

    fn parse(content: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        let [1, ..] = reader.array::<21>()? else {
            return None;
        };
        let length = (reader.u8()? & 3) + 1;
        let mut units = Vec::new();
        for _ in 0..reader.u8()? {
            let _kind = reader.u8()?;
            for _ in 0..reader.u16_be()? {
                let length = usize::from(reader.u16_be()?);
                units.push(reader.take(length)?);
                if units.len() > UNITS {
                    return None;
                }
            }
        }
        Some(Self { length, units })
    }

    /// The stream with all that comes before it, as the decoder takes it: of the base layer alone.
    fn stream(&self, stream: &[u8]) -> Result<Vec<u8>, Error> {
        let cut = || invalid("pixels", "its stream is cut short");
        let mut units = self.units.clone();
        let mut reader = Reader::new(stream);
        while !reader.rest().is_empty() {
            let length = (0..self.length).try_fold(0_usize, |length, _| {
                Some(length << 8 | usize::from(reader.u8()?))
            });
            units.push(
                length
                    .and_then(|length| reader.take(length))
                    .ok_or_else(cut)?,
            );
            if units.len() > UNITS {
                return Err(too_many(
                    "parts of a stream",
                    UNITS as u64,
                    units.len() as u64,
                ));
            }
        }
        let is_base =
            |unit: &&[u8]| NalHeader::parse(unit).is_ok_and(|header| header.layer_id == 0);
        units.retain(is_base);
        let all: usize = units.iter().map(|unit| unit.len() + START.len()).sum();
        let mut joined = Vec::with_capacity(all);
        for unit in units {
            joined.extend_from_slice(&START);
            joined.extend_from_slice(unit);
        }
        Ok(joined)
    }
}

fn failed(stage: &'static str, failure: &Failure) -> Error {
    invalid(stage, &failure.to_string())
}

fn invalid(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Heic,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
