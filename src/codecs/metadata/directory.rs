//! The directories of an EXIF block, as they stand there: each entry is looked at once, and none leads further than its value.

/// Where the camera's own directory is.
pub(super) const CAMERA: u16 = 0x8769;
/// Where the directory of the place is.
pub(super) const PLACE: u16 = 0x8825;

pub(super) const SHORT: u16 = 3;
pub(super) const LONG: u16 = 4;

/// Entries of a directory, at most.
const ENTRIES: usize = 1000;

/// A TIFF structure.
#[derive(Clone, Copy)]
pub(super) struct Tiff<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) big: bool,
}

/// An entry of a directory.
pub(super) struct Entry<'a> {
    pub(super) tag: u16,
    pub(super) kind: u16,
    pub(super) count: u32,
    pub(super) value: Value<'a>,
}

pub(super) enum Value<'a> {
    /// As it stands in the block.
    Bytes(&'a [u8]),
    /// One number of sixteen bits.
    Short(u16),
    /// A directory of its own.
    Directory(Vec<Entry<'a>>),
}

impl<'a> Tiff<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let big = match bytes.first_chunk()? {
            b"MM\0*" => true,
            b"II*\0" => false,
            _ => return None,
        };
        Some(Self { bytes, big })
    }

    pub(super) fn u16_at(self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    pub(super) fn u32_at(self, at: usize) -> Option<u32> {
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
    pub(super) fn directory(
        self,
        address: u32,
        stays: impl Fn(u16) -> bool,
    ) -> Option<Vec<Entry<'a>>> {
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
    pub(super) fn address(self, tag: u16) -> Option<u32> {
        self.address_in(self.u32_at(4)?, tag)
    }

    pub(super) fn address_in(self, directory: u32, tag: u16) -> Option<u32> {
        let mut entries = self.entries(directory)?;
        let at = entries.find(|&at| self.u16_at(at) == Some(tag))?;
        self.u32_at(at + 8)
    }

    /// The entries of such a directory.
    pub(super) fn below(self, tag: u16, stays: impl Fn(u16) -> bool) -> Option<Vec<Entry<'a>>> {
        self.directory(self.address(tag)?, stays)
    }
}
