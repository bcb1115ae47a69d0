//! What stands beside a stream: what describes its frames, and where its parts end.

use heifer_hevc_dec::Error as Failure;
use heifer_hevc_dec::nal::{NalHeader, NalUnit, NalUnitType};
use heifer_hevc_dec::params::ParameterSets;

use super::library::invalid;
use crate::codecs::Error;
use crate::codecs::avif::items::{Item, Items};
use crate::codecs::bytes::Reader;
use crate::codecs::error::too_many;

/// Parts of a stream, at most.
const UNITS: usize = 1 << 12;

/// Bytes of what comes before a stream, at most: descriptions of frames, and a program's own words.
const BEFORE: usize = 64 << 10;

/// What stands in an item's `hvcC`.
pub(super) struct Configuration<'a> {
    /// Bytes of the length before each part of the stream.
    length: u8,
    /// Parts that come before the stream's own.
    pub(super) units: Vec<&'a [u8]>,
}

impl<'a> Configuration<'a> {
    pub(super) fn of(items: &Items<'a>, item: &Item) -> Result<Self, Error> {
        let said = items.property(item, *b"hvcC");
        let read = said
            .filter(|said| said.len() <= BEFORE)
            .and_then(Self::parse);
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

    /// What slices refer to.
    pub(super) fn sets(&self) -> Result<ParameterSets, Failure> {
        let mut sets = ParameterSets::default();
        for kind in [NalUnitType::Sps, NalUnitType::Pps] {
            for unit in self.units.iter().filter(|unit| is(unit, kind)) {
                sets.add(&NalUnit::parse(unit)?)?;
            }
        }
        Ok(sets)
    }

    /// The slices of a stream's first picture. All that describes them has come before, as a picture of kind `hvc1` has it.
    pub(super) fn slices<'s>(&self, stream: &'s [u8]) -> Result<Vec<&'s [u8]>, Error> {
        let cut = || invalid("pixels", "its stream is cut short");
        let mut units = Vec::new();
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
        units.retain(|unit| {
            let header = NalHeader::parse(unit);
            header.is_ok_and(|header| header.layer_id == 0 && header.unit_type.is_slice())
        });
        // Each says in its first bit whether a picture begins there.
        let begins = |unit: &&[u8]| unit.get(2).is_some_and(|byte| byte & 0x80 != 0);
        let next = units.iter().skip(1).position(begins);
        units.truncate(next.map_or(units.len(), |next| next + 1));
        Ok(units)
    }
}

/// Whether a part of a stream is of that kind, and of the base layer.
pub(super) fn is(unit: &[u8], kind: NalUnitType) -> bool {
    NalHeader::parse(unit).is_ok_and(|header| header.unit_type == kind && header.layer_id == 0)
}
