//! Our decoder beside libjpeg-turbo's, for tests and for fuzzing: the same samples, the same refusals.

use std::borrow::Cow;

use super::{Baseline, Place, bad_code, start, tables};
use crate::checkpoint::Checkpoint;
use crate::codecs::jpeg::{SCALES, decode, probe, scaled};
use crate::codecs::{Band, Error, Header, Model, Plane, Raster, Rows, Scale};

/// Pixels of the largest picture that is compared.
const MOST_PIXELS: u64 = 1 << 18;

/// The sum of a block's coefficients, without their signs, up to which nothing overflows in any transform.
///
/// A sample is at most the sum times 1.93 (twice √2·cos(π/16)) over 8, and libjpeg-turbo's limits repeat
/// themselves every 1,024; with it the first pass stays within 16 bits too.
const MODERATE: i64 = 2_048;

/// Compares both at the pair of scales that `pick` says; whether there was anything to compare.
///
/// # Errors
/// How they differ.
pub(in crate::codecs) fn check(file: &[u8], pick: u8) -> Result<bool, String> {
    let Ok(header) = probe(file) else {
        return Ok(false);
    };
    let file = up_to_the_end(file);
    let size = u64::from(header.width) * u64::from(header.height);
    if !planar(&header) || header.buffered || size > MOST_PIXELS {
        return Ok(false);
    }
    let count = pairs(header.model).count().max(1);
    let scale = pairs(header.model).nth(usize::from(pick) % count);
    let scale = scale.unwrap_or(Scale::FULL);
    match compare(&file, &header, scale) {
        Err(_) if !is_moderate(&file, &header) && agree(&file, &header, scale) => Ok(false),
        compared => compared,
    }
}

/// The file with nothing but its end behind its scan: there ours looks for the end alone, and libjpeg-turbo
/// refuses markers that it doesn't know.
///
/// Fill bytes within the data count as its end. They are no JPEG, and libjpeg-turbo's quick way gives up a block
/// there, to begin it anew on top of what it has of it (3.1, `decode_mcu_fast`).
fn up_to_the_end(file: &[u8]) -> Cow<'_, [u8]> {
    let Ok(Some(tables)) = tables::read(file) else {
        return file.into();
    };
    let mut at = file.len() - tables.scan.len();
    while let Some(found) = file.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) {
        at += found;
        let rest = file.get(at..).unwrap_or_default();
        let run = rest.iter().take_while(|&&byte| byte == 0xff).count();
        match (run, rest.get(run)) {
            (1, Some(0)) | (_, Some(0xd0..=0xd7)) => at += run + 1,
            (_, Some(_)) => {
                let kept = file.get(..at).unwrap_or(file);
                return [kept, &[0xff, 0xd9]].concat().into();
            }
            (_, None) => break,
        }
    }
    file.into()
}

/// Both decoders' answers; `None` where the file isn't for ours.
pub(super) fn both(
    bytes: &[u8],
    header: &Header,
    scale: Scale,
) -> Option<[Result<Raster, Error>; 2]> {
    let checkpoint = Checkpoint::new();
    let shape = scaled(header, scale);
    let ours = match super::open(bytes, header, scale, shape, &checkpoint) {
        Ok(rows) => read(rows?, 64),
        Err(error) => Err(error),
    };
    let theirs = decode::library(bytes, header, scale, &checkpoint).and_then(|rows| read(rows, 64));
    Some([ours, theirs])
}

/// Every pair of scales, of chroma not beyond what the plan asks for.
pub(super) fn pairs(model: Model) -> impl Iterator<Item = Scale> {
    let (across, down) = model.factors(1);
    SCALES.iter().flat_map(move |&eighths| {
        let most = (eighths * across.min(down)).min(8);
        let scales = SCALES.iter().filter(move |&&chroma| chroma <= most);
        scales.map(move |&chroma| Scale {
            eighths,
            chroma,
            part: None,
        })
    })
}

/// Whether both take the file or both refuse it.
pub(super) fn agree(bytes: &[u8], header: &Header, scale: Scale) -> bool {
    both(bytes, header, scale).is_none_or(|[ours, theirs]| match ours {
        // Far from a marker, libjpeg-turbo takes bits that are no code for a zero, and says nothing.
        Err(ours) if ours == bad_code() => true,
        ours => ours.is_ok() == theirs.is_ok(),
    })
}

/// Whether both say the same; what differs otherwise.
pub(super) fn compare(bytes: &[u8], header: &Header, scale: Scale) -> Result<bool, String> {
    match both(bytes, header, scale) {
        None => Ok(false),
        Some([Ok(ours), Ok(theirs)]) if ours == theirs => Ok(true),
        Some([Err(_), Err(_)]) => Ok(true),
        Some([Err(ours), Ok(_)]) if ours == bad_code() => Ok(true),
        Some([Ok(ours), Ok(theirs)]) => {
            let planes = ours.planes.iter().zip(&theirs.planes);
            let samples = planes.map(|(a, b)| a.samples.iter().zip(&b.samples));
            let most = samples.flatten().map(|(a, b)| a.abs_diff(*b)).max();
            Err(format!("{scale:?}: off by up to {most:?}"))
        }
        Some([ours, theirs]) => Err(format!("{scale:?}: {:?}, {:?}", ours.err(), theirs.err())),
    }
}

/// Whether all is stored that a picture in planes needs, and in one scan.
pub(super) fn planar(header: &Header) -> bool {
    matches!(header.model, Model::Gray | Model::YCbCr { .. }) && !header.progressive
}

/// All rows, without padding.
pub(in crate::codecs::jpeg) fn read(
    mut rows: Box<dyn Rows + '_>,
    at_once: u32,
) -> Result<Raster, Error> {
    let mut whole = Raster::new(rows.shape());
    whole
        .planes
        .iter_mut()
        .for_each(|plane| plane.samples.clear());
    let mut band = Band {
        model: rows.shape().model,
        planes: vec![Plane::default()],
    };
    while rows.next(&mut band, at_once)? {
        for (whole, plane) in whole.planes.iter_mut().zip(&band.planes) {
            plane
                .rows(1)
                .for_each(|row| whole.samples.extend_from_slice(row));
        }
    }
    Ok(whole)
}

/// Whether the coefficients are such as encoders write: beyond, sums overflow in one way or another.
fn is_moderate(bytes: &[u8], header: &Header) -> bool {
    let checkpoint = Checkpoint::new();
    let shape = scaled(header, Scale::FULL);
    match start(bytes, header, Scale::FULL, shape, &checkpoint) {
        Ok(Some(decoder)) => decoder.all_moderate(),
        _ => false,
    }
}

impl Baseline<'_> {
    /// Whether all blocks that can be read are moderate.
    fn all_moderate(mut self) -> bool {
        let mut place = Place::default();
        for _unit in 0..self.units_across * self.unit_rows {
            let restarted = self.tables.restart == 0 || self.count_down(&mut place).is_ok();
            let there = restarted && self.bits.prepare(&mut place);
            if !there || self.decode_unit(&mut place).is_none() {
                return true;
            }
            if !self.unit_is_moderate() {
                return false;
            }
        }
        true
    }

    /// Looks at a unit's blocks, and leaves zeros.
    fn unit_is_moderate(&mut self) -> bool {
        let mut blocks = self.blocks.iter_mut();
        for component in &self.tables.components {
            for (block, _) in blocks.by_ref().take(component.across * component.down) {
                let products = block.iter().zip(&component.quantisers);
                let sum: i64 = products
                    .map(|(&c, &q)| (i64::from(c) * i64::from(q)).abs())
                    .sum();
                if sum > MODERATE {
                    return false;
                }
                block.fill(0);
            }
        }
        true
    }
}
