//! One picture out of an HEVC stream: the home of `heifer_hevc_dec`, which decodes single pictures alone, in safe Rust.
//!
//! It has one thread, the caller's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heifer_hevc_dec::Error as Failure;
use heifer_hevc_dec::nal::{NalUnit, NalUnitType};
use heifer_hevc_dec::params::{ParameterSets, Pps, Sps};
use heifer_hevc_dec::recon::{self, Reconstructor};
use heifer_hevc_dec::slice::SliceHeader;
use heifer_hevc_dec::syntax::{Picture, decode_slice_segment};

use super::configuration::{Configuration, is};
use super::watched::Watched;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::avif::frame::{Frame, Owned, Plane};
use crate::codecs::avif::items::{Item, Items};
use crate::codecs::avif::layer::Layer;
use crate::codecs::avif::sequence::Sequence;
use crate::codecs::{Error, Format};

/// Columns and rows of tiles in a frame, at most (ITU-T H.265, table A.8).
const TILES: (u32, u32) = (20, 22);

/// The smallest blocks that a frame may be made of, as a power of two (7.4.3.2.1).
const LEAST_BLOCK: u8 = 4;

/// The longest side of a frame, as AV1 has it too.
const LONGEST: u32 = 1 << 16;

/// Columns, and rows, of a frame that are decoded and not shown, at most: those of its largest blocks.
const UNSEEN: u32 = 64;

/// What an item's `hvcC` says of its frame (ISO/IEC 14496-15, 8.3.2).
///
/// # Errors
/// `Invalid` for one that is broken, or says what isn't read here.
pub(in crate::codecs::avif) fn sequence(items: &Items<'_>, item: &Item) -> Result<Sequence, Error> {
    said(&Configuration::of(items, item)?)
}

fn said(configuration: &Configuration<'_>) -> Result<Sequence, Error> {
    let of_frames = |unit: &&&[u8]| is(unit, NalUnitType::Sps);
    let mut said = configuration.units.iter().filter(of_frames);
    // What else there is can't be read before this one is known to say what is sane.
    let (Some(first), None) = (said.next(), said.next()) else {
        return Err(invalid("header", "it hasn't one description of its frames"));
    };
    let read = || NalUnit::parse(first).and_then(|unit| Sps::parse(&unit.rbsp));
    described(&contained(read).map_err(|error| failed("header", &error))?)
}

/// A file that makes the decoder panic is at fault, whatever the decoder thinks of it.
fn contained<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or(Err(Failure::Invalid("it can't be made sense of")))
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
    if set.log2_ctb_size < LEAST_BLOCK
        || !(8..=12).contains(&depth)
        || (chroma.is_some() && depth != set.bit_depth_chroma)
    {
        return Err(foreign());
    }
    let [left, right, top, bottom] = set.conf_win_offsets;
    let (across, down) = set.chroma_subsampling();
    let side = |coded: u32, before: u32, behind: u32, share: u32| {
        let cut = before.checked_add(behind)?.checked_mul(share)?;
        // What is decoded and not shown was promised nobody: encoders fill the last of their blocks.
        let fits = coded <= LONGEST && cut < UNSEEN;
        coded.checked_sub(cut).filter(|&side| fits && side > 0)
    };
    let width = side(set.pic_width_in_luma_samples, left, right, across);
    let height = side(set.pic_height_in_luma_samples, top, bottom, down);
    let (Some(width), Some(height)) = (width, height) else {
        return Err(invalid("header", "it has no size, or no sane one"));
    };
    let said = set.vui.as_ref();
    Ok(Sequence {
        width,
        height,
        coded: (
            set.pic_width_in_luma_samples,
            set.pic_height_in_luma_samples,
        ),
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
    checkpoint: &Checkpoint,
) -> Result<Frame, Error> {
    let configuration = Configuration::of(items, item)?;
    // No frame is larger than its description says, and that has been looked at.
    if said(&configuration)? != layer.sequence {
        return Err(invalid(
            "pixels",
            "a frame has another header than the first",
        ));
    }
    let slices = configuration.slices(stream)?;
    let frame = contained(|| frame(&configuration.sets()?, &slices, checkpoint));
    // Whatever it ended by, where nobody waits.
    checkpoint.check(Stage::Decode)?;
    copied(frame.map_err(|error| failed("pixels", &error))?, layer)
}

/// The frame that slices make. Each begins where the one before has ended, so that nothing is decoded twice.
fn frame(
    sets: &ParameterSets,
    slices: &[&[u8]],
    checkpoint: &Checkpoint,
) -> Result<recon::Frame, Failure> {
    let mut made: Option<(Picture<'_>, Reconstructor<'_>)> = None;
    let mut last: Option<SliceHeader> = None;
    for slice in slices {
        let unit = NalUnit::parse(slice)?;
        let header = SliceHeader::parse(&unit.rbsp, &unit.header, sets, last.as_ref())?;
        let (pps, sps) = sets.get(usize::from(header.slice_pic_parameter_set_id))?;
        if made.is_none() {
            check(pps)?;
        }
        let (picture, pixels) =
            made.get_or_insert_with(|| (Picture::new(sps, pps), Reconstructor::new(sps, pps)));
        if picture.pps.pps_pic_parameter_set_id != pps.pps_pic_parameter_set_id {
            return Err(Failure::Invalid("slices of one picture differ"));
        }
        let first = usize::try_from(header.slice_segment_address).ok();
        let first = first.and_then(|at| picture.layout.rs_to_ts.get(at));
        if first != Some(&picture.decoded_ctbs) {
            return Err(Failure::Invalid("slices don't follow each other"));
        }
        pixels.start_slice(&header);
        let data = unit.rbsp.get(header.header_size..);
        let data = data.ok_or(Failure::UnexpectedEof)?;
        let mut watched = Watched { pixels, checkpoint };
        decode_slice_segment(
            picture,
            &header,
            header.slice_qp_y(sets)?,
            data,
            &mut watched,
        )?;
        if let Some(failure) = pixels.error.take() {
            return Err(failure);
        }
        if !header.dependent_slice_segment_flag {
            last = Some(header);
        }
    }
    let whole = made.filter(|(picture, _)| picture.is_complete());
    let (picture, pixels) = whole.ok_or(Failure::Invalid("its picture isn't complete"))?;
    let sps = picture.sps;
    drop(picture);
    let frame = pixels.finish(false);
    Ok(if sps.conf_win_offsets == [0; 4] {
        frame
    } else {
        frame.cropped(sps)
    })
}

/// Refuses more tiles than a frame may have: each of its blocks is looked for in all of them.
fn check(pps: &Pps) -> Result<(), Failure> {
    let tiles = pps.tiles.as_ref();
    if tiles.is_some_and(|tiles| tiles.num_columns > TILES.0 || tiles.num_rows > TILES.1) {
        return Err(Failure::Invalid("it has too many tiles"));
    }
    Ok(())
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

fn failed(stage: &'static str, failure: &Failure) -> Error {
    invalid(stage, &failure.to_string())
}

pub(super) fn invalid(stage: &'static str, detail: &str) -> Error {
    Error::Invalid {
        format: Format::Heic,
        stage: stage.into(),
        detail: detail.to_owned(),
    }
}
