//! A TIFF's directories and their entries, read where they lie: nothing is copied, whatever they claim.

use std::collections::BTreeSet;

/// Entries of a directory that are looked at. Cameras write some dozens.
const ENTRIES: u64 = 4096;

/// Pages that are counted; further ones aren't looked for.
const PAGES: usize = 1 << 14;

/// A file: TIFF 6.0 or `BigTIFF`, in either byte order.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    bytes: &'a [u8],
    pub(super) big_endian: bool,
    /// Offsets and counts have eight bytes.
    big: bool,
}

/// Where a directory's entries are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directory<'a> {
    pub(super) file: File<'a>,
    first: u64,
    entries: u64,
}

/// The values of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    file: File<'a>,
    kind: u16,
    pub(super) count: u64,
    /// Where the first one is.
    at: u64,
}

impl<'a> File<'a> {
    /// A file that begins as one does.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut file = Self {
            bytes,
            big_endian: bytes.starts_with(b"MM"),
            big: false,
        };
        file.big = match file.number(2, 2)? {
            42 => false,
            43 => true,
            _ => return None,
        };
        Some(file)
    }

    /// All of its bytes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The directory of a page, from 0.
    pub(super) fn page(&self, page: u32) -> Option<Directory<'a>> {
        self.chain().nth(page as usize)
    }

    /// How many pages there are.
    pub(super) fn pages(&self) -> u32 {
        u32::try_from(self.chain().count()).unwrap_or(u32::MAX)
    }

    /// The directories of all pages, so many at most; a chain that leads back ends there.
    fn chain(&self) -> impl Iterator<Item = Directory<'a>> + use<'a> {
        let file = *self;
        let (mut seen, mut next) = (BTreeSet::new(), self.first());
        let directories = std::iter::from_fn(move || {
            let at = next.filter(|&at| seen.insert(at))?;
            let directory = file.directory(at)?;
            next = directory.next();
            Some(directory)
        });
        directories.take(PAGES)
    }

    fn first(&self) -> Option<u64> {
        if self.big {
            self.number(8, 8)
        } else {
            self.number(4, 4)
        }
    }

    fn directory(&self, at: u64) -> Option<Directory<'a>> {
        let size = if self.big { 8 } else { 2 };
        let entries = self.number(at, size)?;
        Some(Directory {
            file: *self,
            first: at.checked_add(size)?,
            entries,
        })
    }

    /// What lies there, as far as the file goes.
    pub(super) fn from(&self, place: u64) -> Option<&'a [u8]> {
        self.bytes.get(usize::try_from(place).ok()?..)
    }

    /// The number of so many bytes, up to eight, at that place.
    fn number(&self, place: u64, size: u64) -> Option<u64> {
        let bytes = self.from(place)?.get(..usize::try_from(size).ok()?)?;
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.big_endian {
            bytes.iter().fold(0, add)
        } else {
            bytes.iter().rev().fold(0, add)
        })
    }
}

impl<'a> Directory<'a> {
    /// The values of a tag, of the first entry that has it.
    pub(super) fn find(&self, tag: u16) -> Option<Values<'a>> {
        let (size, count) = if self.file.big { (20, 8) } else { (12, 4) };
        for index in 0..self.entries.min(ENTRIES) {
            let at = self.first.checked_add(index * size)?;
            if self.file.number(at, 2)? != u64::from(tag) {
                continue;
            }
            let kind = u16::try_from(self.file.number(at + 2, 2)?).ok()?;
            let values = Values {
                file: self.file,
                kind,
                count: self.file.number(at + 4, count)?,
                at: at + 4 + count,
            };
            // What doesn't fit into the entry lies elsewhere.
            let inside = values.bytes_each()?.checked_mul(values.count)? <= count;
            return Some(Values {
                at: if inside {
                    values.at
                } else {
                    self.file.number(values.at, count)?
                },
                ..values
            });
        }
        None
    }

    /// The one whole number that a tag has, or its first.
    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        self.find(tag)?.number(0)
    }

    /// Where the next page's directory is.
    fn next(&self) -> Option<u64> {
        let (size, offset) = if self.file.big { (20, 8) } else { (12, 4) };
        let end = self.first.checked_add(self.entries.checked_mul(size)?)?;
        self.file.number(end, offset).filter(|&next| next != 0)
    }
}

impl<'a> Values<'a> {
    fn bytes_each(&self) -> Option<u64> {
        Some(match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => return None,
        })
    }

    /// A whole number that isn't negative.
    pub(super) fn number(&self, index: u64) -> Option<u64> {
        match self.kind {
            1 | 3 | 4 | 7 | 13 | 16 | 18 => {
                let size = self.bytes_each()?;
                let at = self.at.checked_add(index.checked_mul(size)?)?;
                (index < self.count).then(|| self.file.number(at, size))?
            }
            _ => None,
        }
    }

    /// A fraction of two whole numbers.
    pub(super) fn fraction(&self, index: u64) -> Option<f64> {
        let at = self.at.checked_add(index.checked_mul(8)?)?;
        let fits = self.kind == 5 && index < self.count;
        let above = self.file.number(at, 4).filter(|_| fits)?;
        let below = self.file.number(at.checked_add(4)?, 4)?;
        (below > 0).then(|| above as f64 / below as f64)
    }

    /// Bytes that lie in the file as a whole.
    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        let whole = self.file.from(self.at)?;
        let count = usize::try_from(self.count).ok()?;
        whole
            .get(..count)
            .filter(|_| matches!(self.kind, 1 | 2 | 6 | 7))
    }

    /// All of them, where they are equal and lie in the file.
    pub(super) fn all_equal(&self) -> Option<u64> {
        let first = self.number(0)?;
        (1..self.count.min(ENTRIES))
            .all(|index| self.number(index) == Some(first))
            .then_some(first)
    }
}
