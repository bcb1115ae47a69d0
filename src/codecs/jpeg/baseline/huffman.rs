//! Huffman codes of a scan, looked up together with the values that follow them.
//!
//! What costs time in an entropy decoder is what a processor can't foresee. So there is one path for
//! nearly everything: a look-up gives one symbol, or two if both and their values are short, and
//! values are computed without asking what they are.
#![expect(
    clippy::inline_always,
    reason = "without it the hot loop calls instead of computing, and without the caller's AVX2"
)]

use super::bits::Window;

/// Bits that are looked up at once.
const QUICK: u32 = 10;

/// Bits of what is looked up, with its value, at most: longer ones are rare.
pub(super) const LONGEST: u32 = 19;

/// What the end of a block counts as: a run past its last coefficient, longer than all that other symbols can add up to.
pub(super) const TO_THE_END: u32 = 128;

/// A run to a place that no coefficient has.
pub(super) const NOWHERE: u32 = 128;

/// One code table, ready for use.
pub(super) struct Table {
    /// For the next bits: what they begin with. Codes that are longer have none.
    quick: Box<[Entry; 1 << QUICK]>,
    /// For each length: the first code that is longer, as 16 bits.
    limit: [u32; 17],
    /// For each length: what added to a code is its place in `symbols`.
    place: [i32; 17],
    symbols: Vec<u8>,
    /// Symbols of the direct current have no run.
    runs: bool,
}

/// One symbol and what goes with it, or two.
///
/// There is one path for all of them: what an entry doesn't have goes [`NOWHERE`]. The end of a block leads past it:
/// by [`TO_THE_END`] when it is alone, by more behind a symbol.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry {
    /// Bits of all symbols and values; 0 for none.
    pub(super) bits: u8,
    /// Coefficients that are covered.
    pub(super) step: u8,
    /// Zeros before the first value.
    pub(super) run: u8,
    /// Coefficients before the second value.
    pub(super) at: u8,
    /// The second value.
    pub(super) second: i16,
    /// Bits of the first symbol's code.
    code: u8,
    /// 63 less the bits of its value.
    shift: u8,
}

impl Entry {
    fn single(code: u32, run: u32, size: u32) -> Self {
        let ends = run == TO_THE_END;
        #[expect(clippy::cast_possible_truncation, reason = "128 at most")]
        let byte = |number: u32| number as u8;
        Self {
            bits: byte(code + size),
            step: byte(if ends { TO_THE_END } else { run + 1 }),
            run: byte(if ends { NOWHERE } else { run }),
            at: byte(NOWHERE),
            second: 0,
            code: byte(code),
            shift: byte(63 - size),
        }
    }

    /// Whether it is an end of block alone.
    fn ends(self) -> bool {
        u32::from(self.step) == TO_THE_END
    }

    /// With another symbol behind it, whose value is known.
    fn then(mut self, next: Self, value: i16) -> Self {
        self.bits += next.bits;
        if next.ends() {
            self.step = next.step + 1;
        } else {
            self.at = self.step + next.run;
            self.step = self.at + 1;
            self.second = value;
        }
        self
    }

    /// The first value, which stands in these bits.
    #[inline(always)]
    pub(super) fn first(self, window: Window) -> i16 {
        window.value(self.code, self.shift)
    }
}

impl Table {
    /// From a DHT segment's counts of codes per length 1 to 16 and its symbols; `None` if no code can be like that.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8], runs: bool) -> Option<Self> {
        let mut table = Self {
            quick: Box::new([Entry::default(); 1 << QUICK]),
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
        if runs {
            table.pair_up();
        }
        (index == symbols.len()).then_some(table)
    }

    /// Fills the entries of one code.
    fn enter(&mut self, code: u32, length: u32, symbol: u8) {
        let (run, size) = self.meaning(symbol);
        if length > QUICK || length + size > LONGEST {
            return;
        }
        let first = (code << (QUICK - length)) as usize;
        let entries = self.quick.get_mut(first..first + (1 << (QUICK - length)));
        entries
            .unwrap_or_default()
            .fill(Entry::single(length, run, size));
    }

    /// Adds a second symbol to each entry that leaves bits for it and its value.
    fn pair_up(&mut self) {
        let single = self.quick.clone();
        for (bits, entry) in self.quick.iter_mut().enumerate() {
            let taken = u32::from(entry.bits);
            if taken == 0 || taken >= QUICK || entry.ends() {
                continue;
            }
            let rest = bits << taken & ((1 << QUICK) - 1);
            let next = single.get(rest).copied().unwrap_or_default();
            if next.bits > 0 && taken + u32::from(next.bits) <= QUICK {
                *entry = entry.then(next, next.first(Window::of(rest, QUICK)));
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

    /// What the bits begin with; its `bits` are 0 for a long code.
    #[inline(always)]
    pub(super) fn look(&self, window: Window) -> Entry {
        let entry = self.quick.get(window.look(QUICK));
        entry.copied().unwrap_or_default()
    }

    /// One symbol and its value: their bits, zeros before it, and the value. `None` for bits that are no code.
    pub(super) fn take(&self, window: Window) -> Option<(usize, u32, i16)> {
        let bits = u32::try_from(window.look(16)).ok()?;
        let shorter = |length: &u32| self.limit.get(*length as usize).is_some_and(|&l| bits < l);
        let length = (1..=16).find(shorter)?;
        let index = self.place.get(length as usize)? + i32::try_from(bits >> (16 - length)).ok()?;
        let symbol = *self.symbols.get(usize::try_from(index).ok()?)?;
        let (run, size) = self.meaning(symbol);
        let value = Entry::single(length, run, size).first(window);
        Some(((length + size) as usize, run, value))
    }
}
