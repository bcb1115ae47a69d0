//! An EXIF block, written anew with what of it stays.
//!
//! Its four directories are read, each once, and no other: neither the thumbnail, which shows the old picture, nor what else a
//! writer may have put anywhere. Values keep the block's byte order.

use super::{Keep, PART_BYTES};
use crate::codecs::{Orientation, exif};

const ORIENTATION: u16 = 0x0112;
const ARTIST: u16 = 0x013b;
const COPYRIGHT: u16 = 0x8298;
const CAMERA: u16 = 0x8769;
const PLACE: u16 = 0x8825;
const INTEROPERABILITY: u16 = 0xa005;
const MAKERS_NOTE: u16 = 0x927c;

const SHORT: u16 = 3;
const LONG: u16 = 4;

/// Entries of a directory, at most.
const ENTRIES: usize = 1000;

/// A TIFF structure.
#[derive(Clone, Copy)]
struct Tiff<'a> {
    bytes: &'a [u8],
    big: bool,
}

/// An entry of a directory.
struct Entry<'a> {
    tag: u16,
    kind: u16,
    count: u32,
    value: Value<'a>,
}

enum Value<'a> {
    /// As it stands in the block.
    Bytes(&'a [u8]),
    /// One number of sixteen bits.
    Short(u16),
    /// A directory of its own.
    Directory(Vec<Entry<'a>>),
}

/// What of a block stays, for a picture that is still to be turned; `None` where nothing does.
pub(super) fn kept(block: &[u8], keep: Keep, tag: Orientation) -> Option<Vec<u8>> {
    let tiff = Tiff::new(block)?;
    let mut main = tiff.directory(tiff.u32_at(4)?, |tag| main_stays(tag, keep))?;
    // One that is obeyed is a 1 from now on.
    let turned = tag != Orientation::default() || exif::stated(block).is_some();
    if turned && (keep != Keep::Copyright || tag != Orientation::default()) {
        main.push(Entry {
            tag: ORIENTATION,
            kind: SHORT,
            count: 1,
            value: Value::Short(tag.exif()),
        });
    }
    if keep != Keep::Copyright {
        let mut camera = tiff.below(CAMERA, |tag| camera_stays(tag, keep));
        if let Some(camera) = &mut camera {
            let address = tiff.address(CAMERA)?;
            let inside = tiff.address_in(address, INTEROPERABILITY);
            let entries = inside.and_then(|at| tiff.directory(at, |_| true));
            camera.extend(entries.and_then(|entries| nested(INTEROPERABILITY, entries)));
        }
        main.extend(camera.and_then(|entries| nested(CAMERA, entries)));
    }
    if keep == Keep::All {
        let place = tiff.below(PLACE, |_| true);
        main.extend(place.and_then(|entries| nested(PLACE, entries)));
    }
    if main.is_empty() {
        return None;
    }
    let mut made = block.get(..4)?.to_vec();
    tiff.put_u32(&mut made, 8);
    tiff.append(&mut made, main)?;
    Some(made)
}

/// Whether an entry of the first directory stays.
fn main_stays(tag: u16, keep: Keep) -> bool {
    match keep {
        Keep::Nothing => false,
        Keep::Copyright => matches!(tag, ARTIST | COPYRIGHT),
        // Names, times, resolution, who, and what Windows writes.
        Keep::Harmless => matches!(
            tag,
            0x010d..=0x0110
                | 0x011a | 0x011b
                | 0x0128 | 0x0131 | 0x0132
                | ARTIST
                | 0x013c | 0x0213
                | 0x4746 | 0x4749
                | COPYRIGHT
                | 0x9c9b..=0x9c9f
        ),
        // All but what says how the old pixels are stored, or is a file in the file.
        Keep::All => !matches!(
            tag,
            0x00fe..=0x0103
                | 0x0106
                | 0x0111 | ORIENTATION
                | 0x0115..=0x0117
                | 0x011c | 0x013d
                | 0x0140..=0x0145
                | 0x014a | 0x0152 | 0x0153
                | 0x015b | 0x0201 | 0x0202 | 0x02bc
                | 0x83bb | 0x8649 | CAMERA | 0x8773 | PLACE
                | 0xc634 | 0xea1c
        ),
    }
}

/// Whether an entry of the camera's directory stays: not the old picture's sides, nor what stands for another directory.
fn camera_stays(tag: u16, keep: Keep) -> bool {
    let known = (0x829a..=0xa4ff).contains(&tag) && tag != MAKERS_NOTE;
    let holds = !matches!(tag, 0xa002..=INTEROPERABILITY | PLACE | CAMERA | 0xea1c);
    holds && (known || keep == Keep::All)
}

fn nested(tag: u16, entries: Vec<Entry<'_>>) -> Option<Entry<'_>> {
    (!entries.is_empty()).then_some(Entry {
        tag,
        kind: LONG,
        count: 1,
        value: Value::Directory(entries),
    })
}

impl<'a> Tiff<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let big = match bytes.first_chunk()? {
            b"MM\0*" => true,
            b"II*\0" => false,
            _ => return None,
        };
        Some(Self { bytes, big })
    }

    fn u16_at(self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32_at(self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    /// The places of a directory's entries.
    fn entries(self, address: u32) -> Option<impl Iterator<Item = usize>> {
        let at = usize::try_from(address).ok()?;
        let count = usize::from(self.u16_at(at)?).min(ENTRIES);
        Some((0..count).map(move |index| at + 2 + index * 12))
    }

    /// The entries of a directory that stay; those that are broken, or say a tag again, don't.
    fn directory(self, address: u32, stays: impl Fn(u16) -> bool) -> Option<Vec<Entry<'a>>> {
        let mut entries: Vec<Entry<'a>> = Vec::new();
        for at in self.entries(address)? {
            let Some(tag) = self.u16_at(at) else { break };
            if stays(tag) && entries.iter().all(|entry| entry.tag != tag) {
                entries.extend(self.entry(tag, at));
            }
        }
        Some(entries)
    }

    fn entry(self, tag: u16, at: usize) -> Option<Entry<'a>> {
        let (kind, count) = (self.u16_at(at + 2)?, self.u32_at(at + 4)?);
        let size = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let length = usize::try_from(count).ok()?.checked_mul(size)?;
        let from = if length <= 4 {
            at + 8
        } else {
            usize::try_from(self.u32_at(at + 8)?).ok()?
        };
        let value = self.bytes.get(from..from.checked_add(length)?)?;
        (length > 0).then_some(Entry {
            tag,
            kind,
            count,
            value: Value::Bytes(value),
        })
    }

    /// Where the directory is that an entry of the first one stands for.
    fn address(self, tag: u16) -> Option<u32> {
        self.address_in(self.u32_at(4)?, tag)
    }

    fn address_in(self, directory: u32, tag: u16) -> Option<u32> {
        let mut entries = self.entries(directory)?;
        let at = entries.find(|&at| self.u16_at(at) == Some(tag))?;
        self.u32_at(at + 8)
    }

    /// The entries of such a directory.
    fn below(self, tag: u16, stays: impl Fn(u16) -> bool) -> Option<Vec<Entry<'a>>> {
        self.directory(self.address(tag)?, stays)
    }

    fn put_u16(self, out: &mut Vec<u8>, number: u16) {
        out.extend(if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        });
    }

    fn put_u32(self, out: &mut Vec<u8>, number: u32) {
        out.extend(if self.big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        });
    }

    /// Appends a directory and what it stands for; `None` where that becomes too long.
    fn append(self, out: &mut Vec<u8>, mut entries: Vec<Entry<'_>>) -> Option<()> {
        entries.sort_by_key(|entry| entry.tag);
        self.put_u16(out, u16::try_from(entries.len()).ok()?);
        let mut at = out.len();
        // No directory follows.
        out.resize(at + entries.len() * 12 + 4, 0);
        for entry in entries {
            let mut head = Vec::with_capacity(12);
            self.put_u16(&mut head, entry.tag);
            self.put_u16(&mut head, entry.kind);
            self.put_u32(&mut head, entry.count);
            let address = u32::try_from(out.len()).ok()?;
            match entry.value {
                Value::Short(number) => self.put_u16(&mut head, number),
                Value::Bytes(value) if value.len() <= 4 => head.extend_from_slice(value),
                Value::Bytes(value) => {
                    self.put_u32(&mut head, address);
                    out.extend_from_slice(value);
                    // Addresses are even.
                    out.resize(out.len().next_multiple_of(2), 0);
                }
                Value::Directory(entries) => {
                    self.put_u32(&mut head, address);
                    self.append(out, entries)?;
                }
            }
            if out.len() > PART_BYTES {
                return None;
            }
            out.get_mut(at..at + head.len())?.copy_from_slice(&head);
            at += 12;
        }
        Some(())
    }
}
