//! The pieces of an ICC profile in a JPEG file.

use crate::codecs::{Colour, header};

/// Pieces that can be numbered.
const MOST: usize = 255;

/// An ICC profile, which comes in numbered pieces.
#[derive(Default)]
pub(super) struct Profile<'a> {
    pieces: Vec<(u8, &'a [u8])>,
    count: u8,
}

impl<'a> Profile<'a> {
    pub(super) fn take(&mut self, body: &'a [u8]) {
        let Some([number, count, data @ ..]) = body.strip_prefix(b"ICC_PROFILE\0") else {
            return;
        };
        self.count = *count;
        // One more than there may be tells that there are too many.
        if self.pieces.len() <= MOST {
            self.pieces.push((*number, data));
        }
    }

    /// The joined profile; pieces that are missing or doubled make it none, and so does a length
    /// that no profile has.
    pub(super) fn colour(mut self) -> Colour {
        self.pieces.sort_by_key(|(number, _)| *number);
        let complete = self.count > 0
            && self.pieces.len() == usize::from(self.count)
            && (1..=self.count).eq(self.pieces.iter().map(|(number, _)| *number));
        let length: usize = self.pieces.iter().map(|(_, data)| data.len()).sum();
        if !complete || length > header::PROFILE_BYTES {
            return Colour::Srgb;
        }
        let pieces: Vec<&[u8]> = self.pieces.iter().map(|(_, data)| *data).collect();
        Colour::embedded(&pieces.concat())
    }
}
