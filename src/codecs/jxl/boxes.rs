//! Where a file's codestream is: all of it, or in boxes (ISO/IEC 18181-2).

use std::borrow::Cow;

use super::{broken, too_many};
use crate::codecs::Error;
use crate::codecs::bytes::Reader;
use crate::codecs::metadata::Said;

/// Boxes of a file, at most. A writer makes a few, and one for each frame.
const BOXES: usize = 4_096;

/// The signature's box.
pub(in crate::codecs) const SIGNATURE: &[u8] = b"\0\0\0\x0cJXL \r\n\x87\n";

/// A codestream, in one piece or several.
pub(super) struct Codestream<'a> {
    pieces: Vec<&'a [u8]>,
}

impl<'a> Codestream<'a> {
    /// That of a file.
    ///
    /// # Errors
    /// `Invalid` for a file without one, or whose pieces aren't in order; `TooComplex` for thousands of boxes.
    pub(super) fn of(file: &'a [u8]) -> Result<Self, Error> {
        if !file.starts_with(SIGNATURE) {
            return Ok(Self { pieces: vec![file] });
        }
        let mut pieces = Vec::new();
        for (count, (kind, content)) in Boxes::of(file).enumerate() {
            if count == BOXES {
                return Err(too_many("boxes", BOXES as u64, count as u64 + 1));
            }
            match (&kind, content) {
                (b"jxlc", _) => {
                    return Ok(Self {
                        pieces: vec![content],
                    });
                }
                // A number comes first, whose highest bit says that it is the last.
                (b"jxlp", [a, b, c, d, piece @ ..]) => {
                    let number = u32::from_be_bytes([*a, *b, *c, *d]);
                    if (number & !LAST) as usize != pieces.len() {
                        return Err(broken("header", "its pieces aren't in order"));
                    }
                    pieces.push(piece);
                    if number & LAST != 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        if pieces.is_empty() {
            return Err(broken("header", "there is no picture in it"));
        }
        Ok(Self { pieces })
    }

    /// Bytes of all pieces.
    pub(super) fn len(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    /// Up to `most` bytes from that place on; copied only where pieces meet.
    pub(super) fn window(&self, at: u64, most: usize) -> Cow<'a, [u8]> {
        let mut skip = usize::try_from(at).unwrap_or(usize::MAX);
        let mut window = Cow::Borrowed(&[][..]);
        for piece in &self.pieces {
            let rest = piece.get(skip..).unwrap_or_default();
            skip = skip.saturating_sub(piece.len());
            let room = most - window.len();
            let part = rest.get(..room).unwrap_or(rest);
            if window.is_empty() {
                window = Cow::Borrowed(part);
            } else if !part.is_empty() {
                window.to_mut().extend_from_slice(part);
            }
        }
        window
    }

    /// The pieces, in their order.
    pub(super) fn into_pieces(self) -> Vec<&'a [u8]> {
        self.pieces
    }
}

/// Of a piece's number, the bit that says that none follows.
const LAST: u32 = 1 << 31;

/// What boxes say of the picture, if they aren't compressed.
pub(in crate::codecs) fn said(file: &[u8]) -> Said<'_> {
    let mut said = Said::default();
    for (kind, content) in Boxes::of(file).take(BOXES) {
        match &kind {
            b"Exif" => {
                // The TIFF structure begins so many bytes behind the number that says so.
                let block = content.split_first_chunk().and_then(|(offset, rest)| {
                    rest.get(usize::try_from(u32::from_be_bytes(*offset)).ok()?..)
                });
                if let Some(block) = block {
                    said.exif(block);
                }
            }
            b"xml " => said.xmp(Cow::Borrowed(content)),
            _ => {}
        }
    }
    said
}

/// The boxes of a file, by kind and content; none of a bare codestream. The last may be cut short, or end with the file.
struct Boxes<'a>(Reader<'a>);

impl<'a> Boxes<'a> {
    fn of(file: &'a [u8]) -> Self {
        Self(Reader::new(
            file.strip_prefix(SIGNATURE).unwrap_or_default(),
        ))
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let size = u64::from(self.0.u32_be()?);
        let kind = self.0.array::<4>()?;
        let length = match size {
            0 => u64::MAX,
            1 => u64::from_be_bytes(self.0.array()?).checked_sub(16)?,
            _ => size.checked_sub(8)?,
        };
        let left = self.0.rest().len();
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(left);
        Some((kind, self.0.take(length)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a codestream is cut into pieces, a window shows the same of it.
        #[test]
        fn windows_go_over_pieces(
            cuts in proptest::collection::vec(0..40_usize, 0..5), at in 0..50_u64, most in 0..50_usize,
        ) {
            let whole: Vec<u8> = (0..40).collect();
            let mut cuts = cuts;
            cuts.extend([0, 40]);
            cuts.sort_unstable();
            let mut file = SIGNATURE.to_vec();
            for (number, pair) in (0_u32..).zip(cuts.windows(2)) {
                let piece = &whole[pair[0]..pair[1]];
                file.extend(u32::try_from(piece.len() + 12).unwrap().to_be_bytes());
                file.extend(b"jxlp");
                file.extend(number.to_be_bytes());
                file.extend(piece);
            }
            let stream = Codestream::of(&file).unwrap();
            prop_assert_eq!(stream.len(), 40);
            let start = usize::try_from(at).unwrap().min(40);
            let end = (start + most).min(40);
            prop_assert_eq!(&*stream.window(at, most), &whole[start..end]);
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let file = [SIGNATURE, &bytes].concat();
            std::hint::black_box((Codestream::of(&file).is_ok(), said(&file).exif));
        }
    }
}
