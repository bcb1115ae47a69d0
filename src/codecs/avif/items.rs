//! The items of a HEIF file (ISO/IEC 23008-12) and what is said of them: where their bytes are, their properties, and which
//! of them refer to others. Nothing is copied but what lies in pieces, and everything is counted.

use std::borrow::Cow;
use std::ops::Range;

use super::boxes::{Boxes, Part, versioned};
use super::broken;
use super::lists::{SHORT, primary};
use crate::codecs::Error;

/// What the box `meta` says.
#[derive(Default)]
pub(super) struct Items<'a> {
    file: &'a [u8],
    /// The item that is the picture.
    pub(super) primary: u32,
    pub(super) all: Vec<Item>,
    pub(super) extents: Vec<Extent>,
    pub(super) properties: Vec<Part<'a>>,
    pub(super) associations: Vec<Association>,
    pub(super) references: Vec<Reference>,
    data: &'a [u8],
}

/// One item. Ranges are of the file's lists.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: u32,
    /// As in the file, `av01`, `grid`, `Exif`, …; of `mime` whether it is XMP says `xmp`.
    pub(super) kind: [u8; 4],
    /// It is `mime`, and its content is an XML document.
    pub(super) xml: bool,
    pub(super) extents: Range<usize>,
    pub(super) in_data: bool,
    pub(super) unreachable: bool,
    pub(super) associations: Range<usize>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) offset: u64,
    pub(super) length: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Association {
    /// From 1; 0 is none.
    pub(super) property: u16,
    pub(super) essential: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub(super) kind: [u8; 4],
    pub(super) from: u32,
    pub(super) to: u32,
}

impl<'a> Items<'a> {
    /// Reads the box `meta` of a file.
    pub(super) fn new(file: &'a [u8], meta: &'a [u8]) -> Result<Self, Error> {
        let mut items = Self {
            file,
            ..Self::default()
        };
        let (_, _, rest) = versioned(meta).ok_or_else(|| broken(SHORT))?;
        let parts = Boxes::new(rest.rest()).collect::<Result<Vec<_>, _>>()?;
        let find = |wanted: &[u8; 4]| {
            let mut found = parts.iter().filter(|(kind, _)| kind == wanted);
            match (found.next(), found.next()) {
                (first, None) => Ok(first.map(|(_, content)| *content)),
                _ => Err(broken("it has two boxes where one is allowed")),
            }
        };
        let need = |wanted| find(wanted)?.ok_or_else(|| broken("a list of items is missing"));
        let short = || broken(SHORT);
        if need(b"hdlr")?.get(8..12) != Some(b"pict") {
            return Err(broken("it is no picture"));
        }
        items.data = find(b"idat")?.unwrap_or_default();
        items.primary = primary(need(b"pitm")?).ok_or_else(short)?;
        items.kinds(need(b"iinf")?)?;
        items.places(need(b"iloc")?)?;
        items.describe(need(b"iprp")?)?;
        if let Some(content) = find(b"iref")? {
            items.refer(content)?;
        }
        Ok(items)
    }

    /// The item of that number.
    pub(super) fn item(&self, id: u32) -> Result<&Item, Error> {
        let at = self.all.binary_search_by_key(&id, |item| item.id);
        at.ok()
            .and_then(|at| self.all.get(at))
            .ok_or_else(|| broken("an item is missing"))
    }

    /// The properties of an item, in their order, each with whether a reader has to know it.
    pub(super) fn properties(&self, item: &Item) -> impl Iterator<Item = (bool, Part<'a>)> {
        let of_item = self.associations.get(item.associations.clone());
        of_item.unwrap_or_default().iter().filter_map(|said| {
            let at = usize::from(said.property).checked_sub(1)?;
            Some((said.essential, *self.properties.get(at)?))
        })
    }

    /// The content of an item's first property of that kind.
    pub(super) fn property(&self, item: &Item, wanted: [u8; 4]) -> Option<&'a [u8]> {
        let mut properties = self.properties(item).map(|(_, part)| part);
        properties.find_map(|(kind, content)| (kind == wanted).then_some(content))
    }

    /// The items that refer so to `id`.
    pub(super) fn referring(&self, wanted: [u8; 4], id: u32) -> impl Iterator<Item = u32> {
        let all = self.references.iter();
        all.filter(move |r| r.kind == wanted && r.to == id)
            .map(|r| r.from)
    }

    /// The items that `id` refers to so, in their order.
    pub(super) fn referred(&self, wanted: [u8; 4], id: u32) -> impl Iterator<Item = u32> {
        let all = self.references.iter();
        all.filter(move |r| r.kind == wanted && r.from == id)
            .map(|r| r.to)
    }

    /// The first bytes of an item: those of its first piece.
    pub(super) fn start(&self, item: &Item) -> Result<&'a [u8], Error> {
        self.pieces(item)?.next().unwrap_or(Ok(&[]))
    }

    /// An item's bytes, copied where they lie in pieces; those have `most` bytes together at most.
    pub(super) fn bytes(&self, item: &Item, most: usize) -> Result<Cow<'a, [u8]>, Error> {
        let mut pieces = self.pieces(item)?;
        let first = pieces.next().unwrap_or(Ok(&[]))?;
        let rest = pieces.collect::<Result<Vec<_>, _>>()?;
        if rest.is_empty() {
            return Ok(Cow::Borrowed(first));
        }
        let length = rest
            .iter()
            .try_fold(first.len(), |sum, piece| sum.checked_add(piece.len()));
        if length.is_none_or(|length| length > most) {
            return Err(broken("its pieces are longer than its size explains"));
        }
        let mut joined = Vec::with_capacity(length.unwrap_or_default());
        joined.extend_from_slice(first);
        for piece in rest {
            joined.extend_from_slice(piece);
        }
        Ok(Cow::Owned(joined))
    }

    /// How many bytes an item has; 0 for one that can't be read.
    pub(super) fn length(&self, item: &Item) -> u64 {
        let pieces = self.pieces(item).into_iter().flatten().flatten();
        pieces.map(|piece| piece.len() as u64).sum()
    }

    fn pieces(&self, item: &Item) -> Result<impl Iterator<Item = Result<&'a [u8], Error>>, Error> {
        if item.unreachable {
            return Err(broken(
                "an item lies in another file, or within a third one",
            ));
        }
        let source = if item.in_data { self.data } else { self.file };
        let extents = self.extents.get(item.extents.clone()).unwrap_or_default();
        Ok(extents.iter().map(move |extent| {
            let start = usize::try_from(extent.offset).ok();
            let rest = start.and_then(|start| source.get(start..));
            let piece = match extent.length {
                // All that is left, as the standard has it.
                0 => rest,
                length => rest.and_then(|rest| rest.get(..usize::try_from(length).ok()?)),
            };
            piece.ok_or_else(|| broken("it is cut short: an item lies behind its end"))
        }))
    }

    pub(super) fn item_mut(&mut self, id: u64) -> Option<&mut Item> {
        let id = u32::try_from(id).ok()?;
        let at = self.all.binary_search_by_key(&id, |item| item.id).ok()?;
        self.all.get_mut(at)
    }
}
