//! The bits of a scan: codes one behind another, and a zero behind each byte of ones.

use super::tokens::{Table, ends};

/// A token has 24 bits at most, and eight bytes are stored at once.
const BYTES_EACH: usize = 3;
const STORED: usize = 8;

/// Codes of a mean, and of the coefficients behind it.
pub(super) type Tables<'a> = (&'a Table, &'a Table);

/// Writes codes, and holds the bits that don't make a byte yet.
#[derive(Default)]
pub(super) struct Writer {
    /// From the top bit on.
    window: u64,
    count: u32,
    /// Bytes before zeros are put between them.
    raw: Vec<u8>,
}

impl Writer {
    /// Adds the codes of some tokens to a file; `tables` are those of a unit's blocks in turn.
    pub(super) fn write(&mut self, tokens: &[u16], tables: &[Tables<'_>], file: &mut Vec<u8>) {
        let room = tokens.len() * BYTES_EACH + STORED;
        if self.raw.len() < room {
            self.raw.resize(room, 0);
        }
        let mut at = 0;
        let mut tokens = tokens.iter();
        let mut tables = tables.iter().cycle();
        while let (Some(&token), Some((direct, alternating))) = (tokens.next(), tables.next()) {
            self.put(token, direct, &mut at);
            for &token in tokens.by_ref() {
                self.put(token, alternating, &mut at);
                if ends(token) {
                    break;
                }
            }
        }
        stuff(self.raw.get(..at).unwrap_or_default(), file);
    }

    #[expect(clippy::inline_always, reason = "the hot loop")]
    #[inline(always)]
    fn put(&mut self, token: u16, table: &Table, at: &mut usize) {
        let [bits, symbol] = token.to_le_bytes();
        #[expect(clippy::indexing_slicing, reason = "a byte")]
        let entry = table[usize::from(symbol)];
        self.count += entry & 0xff;
        let bits = u64::from(entry >> 8) | u64::from(bits);
        // Of no bits there may be none to move, by all 64.
        self.window |= bits.wrapping_shl(u64::BITS - self.count);
        if let Some(slot) = self.raw.get_mut(*at..*at + STORED) {
            slot.copy_from_slice(&self.window.to_be_bytes());
        }
        *at += (self.count >> 3) as usize;
        self.window <<= self.count & !7;
        self.count &= 7;
    }

    /// Fills the last byte with ones.
    pub(super) fn finish(self, file: &mut Vec<u8>) {
        let [first, ..] = self.window.to_be_bytes();
        if self.count > 0 {
            stuff(&[first | 0xff >> self.count], file);
        }
    }
}

/// Adds bytes, and zeros that keep bytes of ones from being taken for markers.
fn stuff(raw: &[u8], file: &mut Vec<u8>) {
    let mut from = 0;
    for ones in memchr::memchr_iter(0xff, raw) {
        file.extend_from_slice(raw.get(from..=ones).unwrap_or_default());
        file.push(0);
        from = ones + 1;
    }
    file.extend_from_slice(raw.get(from..).unwrap_or_default());
}
