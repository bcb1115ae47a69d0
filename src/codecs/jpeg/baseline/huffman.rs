//! Huffman codes of a scan, looked up with the value that follows them.

use super::bits::Bits;

/// Bits that index the quick table: most codes and their values together are shorter.
const QUICK: u32 = 10;

/// What the end of a block counts as: a run past its last coefficient.
pub(super) const TO_THE_END: u32 = 64;

/// One code table, ready for use.
///
/// An entry of `quick` is a symbol with its value, all in the looked-up bits
/// (`bits`, `run`, `value`), or the symbol of a code whose value is longer
/// (`bits` of both, `run`, `size`, and [`Self::LONGER`]), or 0 for a longer code.
pub(super) struct Table {
    quick: Box<[u32; 1 << QUICK]>,
    /// For each length: the first code that is longer, as 16 bits.
    limit: [u32; 17],
    /// For each length: what added to a code is its place in `symbols`.
    place: [i32; 17],
    symbols: Vec<u8>,
    /// Symbols of the direct current have no run.
    runs: bool,
}

/// A symbol and the value behind it.
#[derive(Clone, Copy)]
pub(super) struct Coded {
    /// Zeros before the value.
    pub(super) run: u32,
    /// The value, 16 bits at most.
    pub(super) value: i32,
}

impl Table {
    const LONGER: u32 = 1 << 15;

    /// From a DHT segment's counts of codes per length 1 to 16 and its symbols; `None` if no code can be like that.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], runs: bool) -> Option<Self> {
        let mut table = Self {
            quick: Box::new([0; 1 << QUICK]),
            limit: [0; 17],
            place: [0; 17],
            symbols: symbols.to_vec(),
            runs,
        };
        if !runs && symbols.iter().any(|&symbol| symbol > 15) {
            return None;
        }
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(counts) {
            *table.place.get_mut(length as usize)? =
                i32::try_from(index).ok()? - i32::try_from(code).ok()?;
            for _ in 0..count {
                let symbol = *symbols.get(index)?;
                if code >= 1 << length {
                    return None;
                }
                table.enter(code, length, symbol);
                code += 1;
                index += 1;
            }
            *table.limit.get_mut(length as usize)? = code << (16 - length);
            code <<= 1;
        }
        (index == symbols.len()).then_some(table)
    }

    /// Fills the quick entries of one code.
    fn enter(&mut self, code: u32, length: u32, symbol: u8) {
        if length > QUICK {
            return;
        }
        let (run, size) = self.meaning(symbol);
        let first = code << (QUICK - length);
        for low in 0..1 << (QUICK - length) {
            let entry = if length + size <= QUICK {
                let value = if size == 0 {
                    0
                } else {
                    extend(low >> (QUICK - length - size), size)
                };
                #[expect(clippy::cast_sign_loss, reason = "its bits, kept")]
                let value = (value as u32) << 16;
                value | run << 8 | (length + size)
            } else {
                size << 16 | Self::LONGER | run << 8 | (length + size)
            };
            if let Some(slot) = self.quick.get_mut((first | low) as usize) {
                *slot = entry;
            }
        }
    }

    /// Zeros before the value, and its bits.
    fn meaning(&self, symbol: u8) -> (u32, u32) {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        match (self.runs, size) {
            (true, 0) if run < 15 => (TO_THE_END, 0),
            _ => (run, size),
        }
    }

    /// Takes a symbol and its value from bits that were refilled; `None` for bits that are no code.
    #[inline(always)]
    pub(super) fn take(&self, bits: &mut Bits<'_>) -> Option<Coded> {
        let entry = *self.quick.get(bits.look(QUICK))?;
        let length = entry & 0xff;
        let run = entry >> 8 & 0x7f;
        if entry & Self::LONGER == 0 && entry != 0 {
            bits.skip(length);
            #[expect(clippy::cast_possible_wrap, reason = "the value's sign is the top bit")]
            let value = entry as i32 >> 16;
            return Some(Coded { run, value });
        }
        self.take_longer(entry, bits)
    }

    fn take_longer(&self, entry: u32, bits: &mut Bits<'_>) -> Option<Coded> {
        let (run, size) = if entry == 0 {
            let code = u32::try_from(bits.look(16)).ok()?;
            let length = (QUICK + 1..=16)
                .find(|&length| self.limit.get(length as usize).is_some_and(|&l| code < l))?;
            let place = self.place.get(length as usize)? + i32::try_from(code >> (16 - length)).ok()?;
            let symbol = *self.symbols.get(usize::try_from(place).ok()?)?;
            bits.skip(length);
            self.meaning(symbol)
        } else {
            let size = entry >> 16;
            bits.skip((entry & 0xff) - size);
            (entry >> 8 & 0x7f, size)
        };
        if size == 0 {
            return Some(Coded { run, value: 0 });
        }
        let raw = u32::try_from(bits.look(size)).ok()?;
        bits.skip(size);
        Some(Coded {
            run,
            value: extend(raw, size),
        })
    }
}

/// The value that `size` bits stand for, 1 to 15 of them: T.81, F.2.2.1.
fn extend(raw: u32, size: u32) -> i32 {
    #[expect(clippy::cast_possible_wrap, reason = "16 bits at most")]
    let raw = raw as i32;
    if raw < 1 << (size - 1) {
        raw - (1 << size) + 1
    } else {
        raw
    }
}
