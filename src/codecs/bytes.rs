//! Reading numbers and slices out of a file, with no way past its end.

/// A place in some bytes.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// At the beginning of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next `count` bytes, or nothing and no step.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(super) fn u16_be(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32_be(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u32_le(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// Steps behind the next `byte`; `false`, and to the end, if there is none.
    pub(super) fn skip_past(&mut self, byte: u8) -> bool {
        let found = memchr::memchr(byte, self.0);
        let behind = found.map_or(self.0.len(), |at| at + 1);
        self.0 = self.0.get(behind..).unwrap_or_default();
        found.is_some()
    }

    /// Steps over any number of `byte`; `false` at the end.
    pub(super) fn skip_run(&mut self, byte: u8) -> bool {
        let run = self.0.iter().take_while(|&&b| b == byte).count();
        self.0 = self.0.get(run..).unwrap_or_default();
        !self.0.is_empty()
    }

    /// Steps over a JPEG marker's byte and the segment behind it.
    pub(super) fn skip_segment(&mut self) {
        let length = self.0.get(1..3).map_or(0, |length| {
            length
                .iter()
                .fold(0, |sum, &byte| sum << 8 | usize::from(byte))
        });
        self.0 = self.0.get(1 + length..).unwrap_or_default();
    }
}
