//! Runs of equal bytes and of different ones, each behind its length (TIFF 6.0, section 9).

use std::borrow::Cow;

use super::{Fault, IDLE, Unpack};

pub(super) struct PackBits<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
    /// Bytes that are left of the run.
    left: usize,
    /// The byte of a run of equal ones.
    equal: Option<u8>,
}

impl<'a> PackBits<'a> {
    pub(super) fn new(data: Cow<'a, [u8]>) -> Self {
        Self {
            data,
            at: 0,
            left: 0,
            equal: None,
        }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = self.data.get(self.at).copied().ok_or(Fault::Short)?;
        self.at += 1;
        Ok(byte)
    }
}

impl Unpack for PackBits<'_> {
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Fault> {
        let mut idle = 0;
        while !room.is_empty() {
            if self.left == 0 {
                let length = self.byte()?;
                (self.left, self.equal) = match length {
                    0..128 => (usize::from(length) + 1, None),
                    // It stands for nothing.
                    128 if idle < IDLE => {
                        idle += 1;
                        continue;
                    }
                    128 => return Err(Fault::Corrupt),
                    129.. => (257 - usize::from(length), Some(self.byte()?)),
                };
            }
            let count = self.left.min(room.len());
            let (now, later) = room.split_at_mut(count);
            if let Some(byte) = self.equal {
                now.fill(byte);
            } else {
                let bytes = self.data.get(self.at..).and_then(|rest| rest.get(..count));
                now.copy_from_slice(bytes.ok_or(Fault::Short)?);
                self.at += count;
            }
            self.left -= count;
            room = later;
        }
        Ok(())
    }
}
