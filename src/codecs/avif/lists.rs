//! The lists that say which items a HEIF file has, where they are, what properties they have and which refer to others.

use super::boxes::{Boxes, number, versioned};
use super::broken;
use super::items::{Association, Extent, Item, Items, Reference};
use crate::codecs::Error;
use crate::codecs::bytes::Reader;
use crate::codecs::error::too_many;

/// Items of a file, at most. A grid of 64 by 32 cells fits.
const ITEMS: usize = 1 << 12;

/// Pieces that items lie in, properties that they have, and references that they make: each at most so many in a file.
const PARTS: usize = 1 << 14;

/// What comes with a number of bytes or of bits, each of which may be missing.
pub(super) const SHORT: &str = "its list of items is cut short";

impl<'a> Items<'a> {
    /// `iinf`: which items there are.
    pub(super) fn kinds(&mut self, content: &'a [u8]) -> Result<(), Error> {
        let short = || broken(SHORT);
        let (version, _, mut reader) = versioned(content).ok_or_else(short)?;
        let count = number(&mut reader, if version == 0 { 2 } else { 4 }).ok_or_else(short)?;
        limit("items", ITEMS, count)?;
        for part in Boxes::new(reader.rest()).take(ITEMS) {
            if let (kind, content) = part?
                && &kind == b"infe"
            {
                // Version 0 and 1 are of other kinds of files.
                self.all.extend(entry(content));
            }
        }
        self.all.sort_by_key(|item| item.id);
        if self
            .all
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.id == b.id))
        {
            return Err(broken("two of its items have one number"));
        }
        Ok(())
    }

    /// `iloc`: where items are.
    pub(super) fn places(&mut self, content: &'a [u8]) -> Result<(), Error> {
        let short = || broken(SHORT);
        let (version, _, mut reader) = versioned(content).ok_or_else(short)?;
        let [sizes, more] = reader.array::<2>().ok_or_else(short)?;
        let (offset, length, base) = (sizes >> 4, sizes & 15, more >> 4);
        let index = if version == 0 { 0 } else { more & 15 };
        let wide = if version < 2 { 2 } else { 4 };
        let count = number(&mut reader, wide).ok_or_else(short)?;
        limit("items", ITEMS, count)?;
        for _ in 0..count {
            let id = number(&mut reader, wide).ok_or_else(short)?;
            let method = if version == 0 {
                0
            } else {
                reader.u16_be().ok_or_else(short)? & 15
            };
            let elsewhere = reader.u16_be().ok_or_else(short)? != 0;
            let base = number(&mut reader, base).ok_or_else(short)?;
            let extents = u64::from(reader.u16_be().ok_or_else(short)?);
            let start = self.extents.len();
            limit("pieces", PARTS, extents + start as u64)?;
            for _ in 0..extents {
                let _index = number(&mut reader, index).ok_or_else(short)?;
                let offset = number(&mut reader, offset).ok_or_else(short)?;
                self.extents.push(Extent {
                    offset: offset.checked_add(base).ok_or_else(short)?,
                    length: number(&mut reader, length).ok_or_else(short)?,
                });
            }
            let range = start..self.extents.len();
            if let Some(item) = self.item_mut(id) {
                if !item.extents.is_empty() {
                    return Err(broken("an item lies at two places"));
                }
                item.extents = range;
                item.in_data = method == 1;
                item.unreachable = elsewhere || method > 1;
            }
        }
        Ok(())
    }

    /// `iprp`: properties, and which items have them.
    pub(super) fn describe(&mut self, content: &'a [u8]) -> Result<(), Error> {
        let short = || broken(SHORT);
        for part in Boxes::new(content) {
            let (kind, content) = part?;
            match &kind {
                b"ipco" if self.properties.is_empty() => {
                    self.properties = Boxes::new(content).collect::<Result<_, _>>()?;
                }
                b"ipma" => self.associate(content)?.ok_or_else(short)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn associate(&mut self, content: &'a [u8]) -> Result<Option<()>, Error> {
        let Some((version, flags, mut reader)) = versioned(content) else {
            return Ok(None);
        };
        let Some(count) = reader.u32_be() else {
            return Ok(None);
        };
        limit("items", ITEMS, u64::from(count))?;
        for _ in 0..count {
            let id = number(&mut reader, if version == 0 { 2 } else { 4 });
            let (Some(id), Some(count)) = (id, reader.u8()) else {
                return Ok(None);
            };
            let start = self.associations.len();
            limit("properties", PARTS, start as u64 + u64::from(count))?;
            for _ in 0..count {
                let Some((essential, property)) = association(&mut reader, flags & 1 == 1) else {
                    return Ok(None);
                };
                self.associations.push(Association {
                    property,
                    essential,
                });
            }
            let range = start..self.associations.len();
            if let Some(item) = self.item_mut(id) {
                if !item.associations.is_empty() {
                    return Err(broken("an item's properties are said twice"));
                }
                item.associations = range;
            }
        }
        Ok(Some(()))
    }

    /// `iref`: which items refer to others.
    pub(super) fn refer(&mut self, content: &'a [u8]) -> Result<(), Error> {
        let short = || broken(SHORT);
        let (version, _, reader) = versioned(content).ok_or_else(short)?;
        let wide = if version == 0 { 2 } else { 4 };
        let id = |reader: &mut Reader<'_>| {
            let id = number(reader, wide).and_then(|id| u32::try_from(id).ok());
            id.ok_or_else(short)
        };
        for part in Boxes::new(reader.rest()) {
            let (kind, content) = part?;
            let mut reader = Reader::new(content);
            let from = id(&mut reader)?;
            let count = reader.u16_be().ok_or_else(short)?;
            limit(
                "references",
                PARTS,
                (self.references.len() + usize::from(count)) as u64,
            )?;
            for _ in 0..count {
                let to = id(&mut reader)?;
                self.references.push(Reference { kind, from, to });
            }
        }
        Ok(())
    }
}

fn limit(what: &'static str, limit: usize, actual: u64) -> Result<(), Error> {
    let limit = limit as u64;
    if actual <= limit {
        return Ok(());
    }
    Err(too_many(what, limit, actual))
}

/// `pitm`: the number of the picture's item.
pub(super) fn primary(content: &[u8]) -> Option<u32> {
    let (version, _, mut reader) = versioned(content)?;
    let id = number(&mut reader, if version == 0 { 2 } else { 4 })?;
    u32::try_from(id).ok()
}

/// `infe`: an item's number and kind.
fn entry(content: &[u8]) -> Option<Item> {
    let (version, _, mut reader) = versioned(content)?;
    let id = number(&mut reader, if version == 2 { 2 } else { 4 })?;
    let _protection = reader.u16_be()?;
    let kind = reader.array()?;
    // Its name comes first, then what it holds.
    let named = &kind == b"mime" && reader.skip_past(0);
    Some(Item {
        id: u32::try_from(id).ok()?,
        kind,
        xml: named && reader.rest().starts_with(b"application/rdf+xml"),
        extents: 0..0,
        in_data: false,
        unreachable: false,
        associations: 0..0,
    })
    .filter(|_| matches!(version, 2 | 3))
}

/// Whether a property is essential, and its place in the list, of 7 or 15 bits.
fn association(reader: &mut Reader<'_>, wide: bool) -> Option<(bool, u16)> {
    if wide {
        let value = reader.u16_be()?;
        return Some((value >> 15 == 1, value & 0x7fff));
    }
    let value = reader.u8()?;
    Some((value >> 7 == 1, u16::from(value & 0x7f)))
}
