//! What is looked at before the `image` crate's decoders see a file: what they would hold before they can be given a limit.
//!
//! A TIFF's tags become 32 bytes for each value, however many a tag says there are; a tile may be wider than any
//! picture.

use super::header::PROFILE_BYTES;

/// Entries of a TIFF's directory, at most. Cameras write some dozens.
const ENTRIES: u64 = 4096;

/// Strips or tiles of a TIFF, at most: their places take three megabytes then.
const CHUNKS: u64 = 1 << 16;

/// Values of a TIFF's other tags that are read, at most: a few for each channel.
const VALUES: u64 = 256;

/// Channels of a TIFF, at most.
const CHANNELS: u64 = 8;

/// Columns of a TIFF's tile, beyond the picture's.
const TILE_EXCESS: u64 = 4096;

/// A TIFF's first directory.
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Offsets have eight bytes.
    big: bool,
    first: u64,
    entries: u64,
}

/// An entry: what it is, and where its values are said to be.
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where the value is, or its offset.
    place: u64,
}

/// What is wrong with a TIFF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// It asks for more than its picture explains.
    Greedy,
    /// It is of a kind that isn't read.
    Unsupported,
}

impl<'a> Tiff<'a> {
    /// Finds the directory; `None` for a file without one.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut tiff = Self {
            bytes,
            big_endian: bytes.starts_with(b"MM"),
            big: false,
            first: 0,
            entries: 0,
        };
        tiff.big = tiff.number(2, 2)? == 43;
        let (place, size) = if tiff.big { (8, 8) } else { (4, 4) };
        tiff.first = tiff.number(place, size)?;
        let size = if tiff.big { 8 } else { 2 };
        tiff.entries = tiff.number(tiff.first, size)?;
        tiff.first = tiff.first.checked_add(size)?;
        Some(tiff)
    }

    /// Whether the library may see it.
    pub(super) fn objection(&self) -> Option<Objection> {
        if self.entries > ENTRIES {
            return Some(Objection::Greedy);
        }
        // Of a tag that comes twice the library takes the last, others the first: none is to be looked at in vain.
        let mut tags: Vec<u16> = self.entries().map(|entry| entry.tag).collect();
        tags.sort_unstable();
        if tags.windows(2).any(|pair| pair.first() == pair.last()) {
            return Some(Objection::Greedy);
        }
        let width = self.entries().find(|entry| entry.tag == 256);
        let width = width.and_then(|entry| self.value(&entry)).unwrap_or(0);
        self.entries().find_map(|entry| {
            let most = match entry.tag {
                // Size, layout, compression, orientation, channels, prediction, tiles, formats, sampling.
                256..=259 | 262 | 274 | 277 | 278 | 284 | 317 | 322 | 323 | 338 | 339 | 530 => {
                    VALUES
                }
                273 | 279 | 324 | 325 => CHUNKS,
                _ => return None,
            };
            let value = || self.value(&entry);
            let greedy = entry.count > most
                || match entry.tag {
                    277 => value().is_none_or(|channels| channels > CHANNELS),
                    322 => {
                        value().is_none_or(|columns| columns > width.saturating_add(TILE_EXCESS))
                    }
                    _ => false,
                };
            // Fax and JPEG inside TIFF: their decoders hold a whole strip, and more.
            let unsupported =
                entry.tag == 259 && value().is_none_or(|kind| matches!(kind, 2..=4 | 6 | 7));
            match (greedy, unsupported) {
                (true, _) => Some(Objection::Greedy),
                (_, true) => Some(Objection::Unsupported),
                _ => None,
            }
        })
    }

    /// The embedded profile. The library would read it byte by byte into values.
    pub(super) fn profile(&self) -> Option<&'a [u8]> {
        let entry = self.entries().find(|entry| entry.tag == 34_675)?;
        let length = usize::try_from(entry.count).ok()?;
        let bytes = matches!(entry.kind, 1 | 7) && length <= PROFILE_BYTES;
        let offset = self.number(entry.place, if self.big { 8 } else { 4 })?;
        let start = usize::try_from(offset).ok()?;
        let profile = self.bytes.get(start..)?.get(..length)?;
        // A shorter one would be in the entry itself, and is none.
        (bytes && length > 8).then_some(profile)
    }

    fn entries(&self) -> impl Iterator<Item = Entry> {
        let (size, count) = if self.big { (20, 8) } else { (12, 4) };
        (0..self.entries).map_while(move |index| {
            let at = self.first.checked_add(index * size)?;
            Some(Entry {
                tag: u16::try_from(self.number(at, 2)?).ok()?,
                kind: u16::try_from(self.number(at.checked_add(2)?, 2)?).ok()?,
                count: self.number(at.checked_add(4)?, count)?,
                place: at.checked_add(4 + count)?,
            })
        })
    }

    /// The value of an entry that has one, a whole number.
    fn value(&self, entry: &Entry) -> Option<u64> {
        let size = match entry.kind {
            1 => 1,
            3 => 2,
            4 => 4,
            16 if self.big => 8,
            _ => return None,
        };
        if entry.count != 1 {
            return None;
        }
        self.number(entry.place, size)
    }

    /// The number of so many bytes, up to eight, at that place.
    fn number(&self, place: u64, size: u64) -> Option<u64> {
        let start = usize::try_from(place).ok()?;
        let size = usize::try_from(size).ok()?;
        let bytes = self.bytes.get(start..)?.get(..size)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.big_endian {
            bytes.iter().fold(0, add)
        } else {
            bytes.iter().rev().fold(0, add)
        })
    }
}
