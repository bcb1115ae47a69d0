//! Bits, the most significant of a byte first.

use std::borrow::Cow;

use super::Fault;

pub(super) struct Bits<'a> {
    data: Cow<'a, [u8]>,
    /// Bits that were read.
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(data: Cow<'a, [u8]>) -> Self {
        Self { data, at: 0 }
    }

    fn count(&self) -> usize {
        self.data.len() * 8
    }

    /// The next bits, up to 24, without a step; zeros behind the end.
    pub(super) fn peek(&self, count: u32) -> u32 {
        self.bits(self.at, count)
    }

    fn bits(&self, place: usize, count: u32) -> u32 {
        let start = place / 8;
        let bits = match self.data.get(start..).and_then(|rest| rest.first_chunk()) {
            Some(four) => u32::from_be_bytes(*four),
            None => (start..start + 4).fold(0, |bits, at| {
                bits << 8 | u32::from(self.data.get(at).copied().unwrap_or(0))
            }),
        };
        bits << (place % 8) >> (32 - count)
    }

    pub(super) fn skip(&mut self, count: u32) -> Result<(), Fault> {
        self.at += count as usize;
        if self.at > self.count() {
            return Err(Fault::Short);
        }
        Ok(())
    }

    /// Goes on at a byte's beginning.
    pub(super) fn align(&mut self) {
        self.at = self.at.next_multiple_of(8);
    }

    /// What is wrong where no code is found, of which the longest has so many bits.
    pub(super) fn lost(&self, longest: u32) -> Fault {
        if self.at + longest as usize > self.count() {
            Fault::Short
        } else {
            Fault::Corrupt
        }
    }

    /// Where the next one is.
    fn one(&self) -> Option<usize> {
        let mut at = self.at;
        while at < self.count() {
            let zeros = self.bits(at, 24).leading_zeros() - 8;
            at += zeros as usize;
            if zeros < 24 {
                return Some(at);
            }
        }
        None
    }

    /// Whether there is a one behind the zeros that come.
    pub(super) fn one_behind_zeros(&self) -> bool {
        self.one().is_some()
    }

    /// Steps over zeros, and over the one behind them.
    pub(super) fn skip_zeros_and_one(&mut self) {
        self.at = self.one().map_or(self.count(), |one| one + 1);
    }
}
