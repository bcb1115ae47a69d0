//! Bits into bytes, as deflate orders them.

/// Bits, the first lowest, behind what a vector holds already.
pub(super) struct Bits<'a> {
    out: &'a mut Vec<u8>,
    /// Bytes written; the vector may be longer.
    length: usize,
    pending: u64,
    /// Bits pending, fewer than 8 between calls.
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        let length = out.len();
        Self {
            out,
            length,
            pending: 0,
            count: 0,
        }
    }

    /// Makes room for so many bits, which is what [`Self::put`] takes before the next call.
    pub(super) fn room(&mut self, bits: usize) {
        self.out.resize(self.length + bits / 8 + 16, 0);
    }

    /// Adds up to 56 bits, if there is room; those of `value` beyond them are zero.
    #[inline]
    pub(super) fn put(&mut self, value: u64, bits: u32) {
        self.pending |= value << self.count;
        self.count += bits;
        if let Some(slot) = self.out.get_mut(self.length..self.length + 8) {
            slot.copy_from_slice(&self.pending.to_le_bytes());
        }
        let whole = self.count / 8;
        self.length += whole as usize;
        self.pending >>= whole * 8;
        self.count %= 8;
    }

    /// Fills the last byte up.
    pub(super) fn finish(self) {
        let length = self.length + usize::from(self.count > 0);
        self.out.truncate(length);
    }
}
