//! What scans of a progressive file say of a band of coefficients, and the bits of that (T.81 G.1.2).
#![expect(
    clippy::indexing_slicing,
    reason = "the hot loops: places are those of bits of 64, and two tables are all there are"
)]

use super::huffman::{Codes, Counts};
use super::progressive::Coefficients;

/// How many bits a number has, and those that tell it from others of so many.
pub(super) fn parts(number: i16) -> (u8, u64) {
    let size = number.unsigned_abs();
    // Negative ones count up from zero.
    let bits = if number < 0 { !size } else { size };
    #[expect(clippy::cast_possible_truncation, reason = "at most 16")]
    let length = (16 - size.leading_zeros()) as u8;
    (length, u64::from(bits) & ((1 << length) - 1))
}

/// Blocks after which correction bits are said, at the latest, as decoders may expect; a block adds up to 63.
const MOST_KEPT: usize = 937;

/// Blocks that one code may end at most.
const MOST_ENDED: u32 = 0x7fff;

/// Sixteen zeros.
const ZEROS: u8 = 0xf0;

/// What a scan remembers between blocks.
pub(super) struct Band {
    places: u64,
    start: u32,
    end: u32,
    low: usize,
    /// Blocks that end, of which nothing has been said yet.
    ended: u32,
    /// Bits that correct coefficients of those, and how many of each block.
    kept: Vec<(u64, u32)>,
    kept_bits: usize,
}

impl Band {
    pub(super) fn new((start, end): (u8, u8), low: u8) -> Self {
        let (start, end) = (u32::from(start), u32::from(end));
        Self {
            places: u64::MAX >> (63 - end) & u64::MAX << start,
            start,
            end,
            low: usize::from(low),
            ended: 0,
            kept: Vec::new(),
            kept_bits: 0,
        }
    }

    /// Says a block for the first time (T.81 G.1.2.2).
    pub(super) fn begin(&mut self, block: &Coefficients, out: &mut impl Out) {
        let mut left = block.above[self.low] & self.places;
        let mut next = self.start;
        if left != 0 {
            self.end_run(out);
        }
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            let mut zeros = at - next;
            next = at + 1;
            while zeros > 15 {
                out.code(0, ZEROS);
                zeros -= 16;
            }
            let value = block.values[at as usize];
            let size = (value.unsigned_abs() >> self.low).cast_signed();
            let (length, bits) = parts(if value < 0 { -size } else { size });
            #[expect(clippy::cast_possible_truncation, reason = "at most 15")]
            out.code(0, (zeros as u8) << 4 | length);
            out.bits(bits, length.into());
        }
        if next <= self.end {
            self.end_block(0, 0, out);
        }
    }

    /// Says a block's next bit (T.81 G.1.2.3).
    pub(super) fn refine(&mut self, block: &Coefficients, out: &mut impl Out) {
        let known = block
            .above
            .get(self.low + 1)
            .map_or(0, |bits| bits & self.places);
        let new = block.above[self.low] & self.places & !known;
        let last_new = new.checked_ilog2();
        let (mut kept, mut count) = (0, 0);
        let mut left = known | new;
        let (mut next, mut zeros) = (self.start, 0);
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            zeros += at - next;
            next = at + 1;
            // Zeros are said only where something new follows; else they are the block's end.
            while zeros > 15 && last_new.is_some_and(|last| at <= last) {
                self.end_run(out);
                out.code(0, ZEROS);
                out.bits(kept, count);
                (kept, count) = (0, 0);
                zeros -= 16;
            }
            let value = block.values[at as usize];
            if known >> at & 1 == 1 {
                kept = kept << 1 | u64::from(value.unsigned_abs() >> self.low & 1);
                count += 1;
                continue;
            }
            self.end_run(out);
            #[expect(clippy::cast_possible_truncation, reason = "at most 15")]
            out.code(0, (zeros as u8) << 4 | 1);
            out.bits(u64::from(value > 0), 1);
            out.bits(kept, count);
            (kept, count) = (0, 0);
            zeros = 0;
        }
        if next <= self.end || zeros > 0 || count > 0 {
            self.end_block(kept, count, out);
        }
    }

    /// Notes that a block ends, and the bits that correct what is left of it.
    fn end_block(&mut self, kept: u64, count: u32, out: &mut impl Out) {
        self.ended += 1;
        if count > 0 {
            self.kept.push((kept, count));
            self.kept_bits += count as usize;
        }
        if self.ended == MOST_ENDED || self.kept_bits > MOST_KEPT {
            self.end_run(out);
        }
    }

    /// Says how many blocks have ended.
    pub(super) fn end_run(&mut self, out: &mut impl Out) {
        let Some(length) = self.ended.checked_ilog2() else {
            return;
        };
        #[expect(clippy::cast_possible_truncation, reason = "at most 14")]
        out.code(0, (length as u8) << 4);
        out.bits(u64::from(self.ended) & ((1 << length) - 1), length);
        self.ended = 0;
        for (bits, count) in self.kept.drain(..) {
            out.bits(bits, count);
        }
        self.kept_bits = 0;
    }
}

/// Where symbols go, and the bits between them.
pub(super) trait Out {
    /// A symbol of one of two tables.
    fn code(&mut self, table: usize, symbol: u8);
    /// So many bits, up to 63.
    fn bits(&mut self, bits: u64, count: u32);
}

/// Counts.
pub(super) struct Counter {
    pub(super) counts: [Counts; 2],
    bits: u64,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            counts: [[0; 256]; 2],
            bits: 0,
        }
    }
}

impl Counter {
    /// Bits of all that was counted, in these codes.
    pub(super) fn bits(&self, codes: &[Codes; 2]) -> u64 {
        let pairs = self.counts.iter().zip(codes);
        let lengths = pairs.flat_map(|(counts, codes)| {
            let codes = codes.iter();
            codes.map(|(symbol, _, length)| {
                u64::from(counts[usize::from(symbol)]) * u64::from(length)
            })
        });
        self.bits + lengths.sum::<u64>()
    }
}

impl Out for Counter {
    fn code(&mut self, table: usize, symbol: u8) {
        self.counts[table & 1][usize::from(symbol)] += 1;
    }

    fn bits(&mut self, _bits: u64, count: u32) {
        self.bits += u64::from(count);
    }
}

/// Writes, with a zero behind each byte of ones.
pub(super) struct Coder<'a> {
    /// The code of each symbol, and its length.
    tables: [[(u32, u32); 256]; 2],
    window: u64,
    /// Bits in the window that aren't written, fewer than 8 between calls.
    count: u32,
    file: &'a mut Vec<u8>,
}

impl<'a> Coder<'a> {
    pub(super) fn new(codes: &[Codes; 2], file: &'a mut Vec<u8>) -> Self {
        let tables = codes.each_ref().map(|codes| {
            let mut table = [(0, 0); 256];
            for (symbol, code, length) in codes.iter() {
                table[usize::from(symbol)] = (code, length);
            }
            table
        });
        Self {
            tables,
            window: 0,
            count: 0,
            file,
        }
    }

    /// Up to 32 bits.
    fn put(&mut self, bits: u64, count: u32) {
        self.window = self.window << count | bits;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let [.., byte] = (self.window >> self.count).to_be_bytes();
            self.file.push(byte);
            if byte == 0xff {
                self.file.push(0);
            }
        }
    }

    /// Fills the last byte with ones.
    pub(super) fn finish(mut self) {
        if self.count > 0 {
            let missing = 8 - self.count;
            self.put((1 << missing) - 1, missing);
        }
    }
}

impl Out for Coder<'_> {
    fn code(&mut self, table: usize, symbol: u8) {
        let (code, length) = self.tables[table & 1][usize::from(symbol)];
        self.put(code.into(), length);
    }

    fn bits(&mut self, bits: u64, count: u32) {
        if count > 32 {
            self.put(bits >> 32, count - 32);
        }
        self.put(bits & u64::from(u32::MAX), count.min(32));
    }
}
