//! Boxes of the ISO base media file format (ISO/IEC 14496-12): a length, a kind, and what is inside.

use super::broken;
use crate::codecs::Error;
use crate::codecs::bytes::Reader;

/// Boxes side by side, at most: properties are the most of them.
const BOXES: usize = 1 << 12;

/// A box's kind and content.
pub(super) type Part<'a> = ([u8; 4], &'a [u8]);

/// The boxes that stand one after the other in some bytes, up to the first that is wrong.
pub(super) struct Boxes<'a> {
    reader: Reader<'a>,
    left: usize,
}

impl<'a> Boxes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            left: BOXES,
        }
    }

    /// The content of the first of that kind.
    pub(super) fn find(mut self, wanted: [u8; 4]) -> Result<Option<&'a [u8]>, Error> {
        self.find_map(|part| match part {
            Ok((kind, content)) => (kind == wanted).then_some(Ok(content)),
            Err(error) => Some(Err(error)),
        })
        .transpose()
    }

    fn part(&mut self) -> Option<Part<'a>> {
        let size = self.reader.u32_be()?;
        let kind = self.reader.array()?;
        let content = match size {
            // It goes on to the end.
            0 => self.reader.rest().len(),
            1 => {
                let size =
                    u64::from(self.reader.u32_be()?) << 32 | u64::from(self.reader.u32_be()?);
                usize::try_from(size).ok()?.checked_sub(16)?
            }
            _ => usize::try_from(size).ok()?.checked_sub(8)?,
        };
        let content = self.reader.take(content)?;
        if &kind == b"uuid" {
            return Some((kind, content.get(16..)?));
        }
        Some((kind, content))
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Part<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.rest().is_empty() {
            return None;
        }
        let part = if self.left == 0 {
            Err(Error::TooComplex {
                what: "boxes side by side".into(),
                limit: BOXES as u64,
                actual: BOXES as u64 + 1,
            })
        } else {
            self.left -= 1;
            self.part().ok_or_else(|| broken("a box is cut short"))
        };
        if part.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(part)
    }
}

/// The version and the flags that stand before the content of many boxes, and the content.
pub(super) fn versioned(content: &[u8]) -> Option<(u8, u32, Reader<'_>)> {
    let mut reader = Reader::new(content);
    let [version, a, b, c] = reader.array()?;
    Some((version, u32::from_be_bytes([0, a, b, c]), reader))
}

/// A number of 0, 2, 4 or 8 bytes.
pub(super) fn number(reader: &mut Reader<'_>, bytes: u8) -> Option<u64> {
    Some(match bytes {
        0 => 0,
        2 => u64::from(reader.u16_be()?),
        4 => u64::from(reader.u32_be()?),
        8 => u64::from(reader.u32_be()?) << 32 | u64::from(reader.u32_be()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_all_kinds_are_read() {
        let small = b"\0\0\0\x0bfreexyz";
        let large = b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12ab";
        let last = b"\0\0\0\0metarest";
        let file = [&small[..], large, last].concat();
        let parts: Vec<_> = Boxes::new(&file).map(Result::unwrap).collect();
        let expected: [Part<'_>; 3] = [(*b"free", b"xyz"), (*b"mdat", b"ab"), (*b"meta", b"rest")];
        assert_eq!(parts, expected);
        assert_eq!(Boxes::new(&file).find(*b"mdat").unwrap(), Some(&b"ab"[..]));
        assert_eq!(Boxes::new(&file).find(*b"moov").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_ends_it() {
        for file in [
            &b"\0\0\0\x0cfreexyz"[..],
            b"\0\0\0\x07free",
            b"\0\0\0\x01free\0\0\0\0\0\0\0\x0f",
            b"\xff\xff\xff\xfffree",
            b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff",
            b"abc",
        ] {
            let parts: Vec<_> = Boxes::new(file).collect();
            assert!(
                matches!(&parts[..], [Err(Error::Invalid { .. })]),
                "{file:?}"
            );
        }
        let many = b"\0\0\0\x08free".repeat(BOXES + 1);
        let last = Boxes::new(&many).last();
        assert!(matches!(last, Some(Err(Error::TooComplex { .. }))));
        assert_eq!(Boxes::new(&many).count(), BOXES + 1);
    }
}
