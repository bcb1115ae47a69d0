//! An EXIF block, written anew with what of it stays.
//!
//! Its four directories are written, and no other: neither the thumbnail, which shows the old picture, nor what else a
//! writer may have put anywhere. Values keep the block's byte order.

use super::directory::{CAMERA, Entry, LONG, PLACE, SHORT, Tiff, Value};
use super::{Keep, PART_BYTES};
use crate::codecs::{Orientation, exif};

const ORIENTATION: u16 = 0x0112;
const ARTIST: u16 = 0x013b;
const COPYRIGHT: u16 = 0x8298;
const INTEROPERABILITY: u16 = 0xa005;
const MAKERS_NOTE: u16 = 0x927c;

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

/// Writing.
impl Tiff<'_> {
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
