//! A HEIF file around AV1 streams: the boxes of one picture, its alpha, its colours, and what is said beside it.

use std::borrow::Cow;

use super::describe::properties;
use super::sequence::sequence;
use crate::codecs::{Orientation, Profile};

/// What goes into a file.
pub(super) struct Parts<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Columns of the grid that the frames make, and the size of each; one frame makes none.
    pub(super) columns: u32,
    pub(super) cell: (u32, u32),
    /// Streams of the colours, row by row.
    pub(super) colour: &'a [Cow<'a, [u8]>],
    /// As many of the alpha, or none.
    pub(super) alpha: &'a [Cow<'a, [u8]>],
    /// What the colours mean, where that isn't sRGB.
    pub(super) profile: Option<&'a Profile>,
    /// A TIFF structure.
    pub(super) exif: Option<&'a [u8]>,
    /// An XMP packet.
    pub(super) xmp: Option<&'a [u8]>,
    /// How the picture is still to be turned.
    pub(super) turn: Orientation,
}

impl Parts<'_> {
    /// What is decoded before it is cut: a grid of 4:2:0 has even sides, by the standard (ISO/IEC 23000-22, 7.3.11).
    pub(super) fn canvas(&self) -> (u32, u32) {
        if self.colour.len() > 1 {
            let even = |side: u32| side.next_multiple_of(2);
            (even(self.width), even(self.height))
        } else {
            (self.width, self.height)
        }
    }
}

/// The file; `None` for streams without a header, or parts that are too long.
pub(super) fn file(parts: &Parts<'_>) -> Option<Vec<u8>> {
    let items = items(parts)?;
    let kinds = kinds(&items)?;
    let references = references(&items)?;
    let properties = properties(parts, &items)?;
    let head = ftyp(parts);
    let meta = |first: u32| -> Option<Vec<u8>> {
        let content = [
            &full(*b"hdlr", 0, &[&[0; 4], &b"pict"[..], &[0; 13]].concat())?[..],
            &full(*b"pitm", 0, &1_u16.to_be_bytes())?,
            &places(&items, first)?,
            &kinds,
            &properties,
            &references,
        ];
        full(*b"meta", 0, &content.concat())
    };
    // Places have the same length whatever they say.
    let length = head.len() + meta(0)?.len() + 8;
    let data: usize = items.iter().map(Item::length).sum();
    let mut made = Vec::with_capacity(length + data);
    made.extend(head);
    made.extend(meta(u32::try_from(length).ok()?)?);
    made.extend(u32::try_from(data.checked_add(8)?).ok()?.to_be_bytes());
    made.extend(b"mdat");
    for item in &items {
        made.extend(item.prefix);
        made.extend_from_slice(&item.content);
    }
    Some(made)
}

/// What an item is to the picture.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role {
    Colour,
    Alpha,
    ColourCell,
    AlphaCell,
    Said,
}

/// An item: its kind, what it is, which others it refers to and how, and its bytes.
pub(super) struct Item<'a> {
    kind: [u8; 4],
    pub(super) role: Role,
    refers: Vec<([u8; 4], Vec<u16>)>,
    prefix: &'static [u8],
    content: Cow<'a, [u8]>,
}

impl Item<'_> {
    fn length(&self) -> usize {
        self.prefix.len() + self.content.len()
    }
}

fn items<'a>(parts: &'a Parts<'a>) -> Option<Vec<Item<'a>>> {
    let mut items = Vec::new();
    layer(parts, parts.colour, Role::Colour, &mut items)?;
    if !parts.alpha.is_empty() {
        layer(parts, parts.alpha, Role::Alpha, &mut items)?;
    }
    // How far the TIFF structure is from the beginning.
    let exif = parts.exif.map(|content| (*b"Exif", &[0; 4][..], content));
    let xmp = parts.xmp.map(|content| (*b"mime", &[][..], content));
    items.extend(
        [exif, xmp]
            .into_iter()
            .flatten()
            .map(|(kind, prefix, content)| Item {
                kind,
                role: Role::Said,
                refers: vec![(*b"cdsc", vec![1])],
                prefix,
                content: Cow::Borrowed(content),
            }),
    );
    Some(items)
}

/// Appends the items of colours or of alpha.
fn layer<'a>(
    parts: &Parts<'a>,
    streams: &'a [Cow<'a, [u8]>],
    role: Role,
    items: &mut Vec<Item<'a>>,
) -> Option<()> {
    let frame = |role, stream: &'a Cow<'a, [u8]>| Item {
        kind: *b"av01",
        role,
        refers: Vec::new(),
        prefix: &[],
        content: Cow::Borrowed(stream),
    };
    let of_picture = (role == Role::Alpha).then(|| (*b"auxl", vec![1]));
    if let [stream] = streams {
        items.push(Item {
            refers: of_picture.into_iter().collect(),
            ..frame(role, stream)
        });
        return Some(());
    }
    let count = u16::try_from(streams.len()).ok()?;
    let first = u16::try_from(items.len()).ok()?.checked_add(2)?;
    let cells = (*b"dimg", (first..first.checked_add(count)?).collect());
    let columns = u8::try_from(parts.columns.checked_sub(1)?).ok()?;
    let rows = u8::try_from((u32::from(count) / parts.columns.max(1)).checked_sub(1)?).ok()?;
    let (width, height) = parts.canvas();
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // The flag says that sides have four bytes each.
    let grid = [&[0, 1, rows, columns][..], &sides].concat();
    items.push(Item {
        kind: *b"grid",
        role,
        refers: of_picture.into_iter().chain([cells]).collect(),
        prefix: &[],
        content: Cow::Owned(grid),
    });
    let role = if role == Role::Alpha {
        Role::AlphaCell
    } else {
        Role::ColourCell
    };
    items.extend(streams.iter().map(|stream| frame(role, stream)));
    Some(())
}

fn ftyp(parts: &Parts<'_>) -> Vec<u8> {
    // The baseline and the advanced profile, as far as their levels go.
    let (width, height) = (parts.width, parts.height);
    let pixels = u64::from(width) * u64::from(height);
    let first = parts.colour.first().and_then(|stream| sequence(stream));
    let profile: &[u8] = match first.map(|sequence| sequence.grade.0) {
        Some(0) if pixels <= 8_912_896 && width.max(height) <= 8192 => b"MA1B",
        Some(1) if pixels <= 35_651_584 && width <= 16_384 && height <= 8704 => b"MA1A",
        _ => b"",
    };
    let length = if profile.is_empty() { 28 } else { 32_u32 };
    let content = [&b"avif\0\0\0\0avifmif1miaf"[..], profile].concat();
    [&length.to_be_bytes()[..], b"ftyp", &content].concat()
}

/// `iinf`: what items there are.
fn kinds(items: &[Item<'_>]) -> Option<Vec<u8>> {
    let mut content = u16::try_from(items.len()).ok()?.to_be_bytes().to_vec();
    for (item, id) in items.iter().zip(1_u16..) {
        let mut entry = [&id.to_be_bytes()[..], &[0, 0], &item.kind, &[0]].concat();
        if &item.kind == b"mime" {
            entry.extend(b"application/rdf+xml\0");
        }
        // Cells aren't shown by themselves.
        let hidden = matches!(item.role, Role::ColourCell | Role::AlphaCell);
        content.extend(full(*b"infe", 2 << 24 | u32::from(hidden), &entry)?);
    }
    full(*b"iinf", 0, &content)
}

/// `iloc`: where they are.
fn places(items: &[Item<'_>], first: u32) -> Option<Vec<u8>> {
    let mut content = vec![0x44, 0];
    content.extend(u16::try_from(items.len()).ok()?.to_be_bytes());
    let mut at = first;
    for (item, id) in items.iter().zip(1_u16..) {
        let length = u32::try_from(item.length()).ok()?;
        content.extend(id.to_be_bytes());
        content.extend([0, 0, 0, 1]);
        content.extend(at.to_be_bytes());
        content.extend(length.to_be_bytes());
        at = at.checked_add(length)?;
    }
    full(*b"iloc", 0, &content)
}

/// `iref`: which items refer to others.
fn references(items: &[Item<'_>]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    for (item, id) in items.iter().zip(1_u16..) {
        for (kind, others) in &item.refers {
            let mut reference = id.to_be_bytes().to_vec();
            reference.extend(u16::try_from(others.len()).ok()?.to_be_bytes());
            reference.extend(others.iter().flat_map(|other| other.to_be_bytes()));
            content.extend(plain(*kind, &reference)?);
        }
    }
    if content.is_empty() {
        return Some(Vec::new());
    }
    full(*b"iref", 0, &content)
}

pub(super) fn plain(kind: [u8; 4], content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(content.len().checked_add(8)?).ok()?;
    Some([&length.to_be_bytes()[..], &kind, content].concat())
}

/// A box with a version, in the highest byte, and flags.
pub(super) fn full(kind: [u8; 4], version_and_flags: u32, content: &[u8]) -> Option<Vec<u8>> {
    plain(
        kind,
        &[&version_and_flags.to_be_bytes()[..], content].concat(),
    )
}

#[cfg(test)]
#[path = "mux_tests.rs"]
mod tests;
