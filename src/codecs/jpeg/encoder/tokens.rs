//! What a scan says, before its codes are known: symbols with their bits, 16 bit each, and how often each occurs.
//!
//! A token's upper byte is a symbol of T.81 F.1.2, its lower byte the bits that follow the symbol's code. Symbols that
//! no file has say what is left: bits beyond eight, or that a block ends with its last coefficient.
#![expect(
    clippy::inline_always,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "the hot loop: inlined where its instructions are; indices are bytes or cut to their arrays, numbers of 11 bits"
)]

use super::huffman::{Codes, Counts};
use super::transform::{Block, ZIGZAG};

/// The rest of a block is zeros.
const END: u8 = 0x00;
/// A block ends, and its last coefficient isn't zero: no code.
const FULL: u8 = 0x10;
/// One bit more, two, or three: no code.
const MORE: [u8; 4] = [0, 0x20, 0x30, 0x40];
/// Sixteen zeros.
const ZEROS: u8 = 0xf0;

/// Tokens of a block at most: one for each coefficient and the end, and more bits for some. A coefficient of more than eight bits
/// is above 255, and the energy of 64 samples of 8 bit suffices for 16 of those; a difference of means is one more.
pub(super) const MOST: usize = 64 + 1 + 17;

/// How often symbols occur, for the two kinds of codes.
pub(super) struct Statistics {
    pub(super) direct: Counts,
    /// In two parts that take turns: adding to what was just stored takes long.
    alternating: [Counts; 2],
}

impl Statistics {
    pub(super) const NONE: Self = Self {
        direct: [0; 256],
        alternating: [[0; 256]; 2],
    };

    pub(super) fn alternating(&self) -> Counts {
        let [mut counts, others] = self.alternating;
        for (count, other) in counts.iter_mut().zip(others) {
            *count += other;
        }
        counts
    }
}

/// Room for a block's tokens, so much that no index is beyond it.
pub(super) type Room = [u16; ROOM];
pub(super) const ROOM: usize = 128;

/// Writes the tokens of a block, and says how many there are.
#[inline(always)]
pub(super) fn block(
    block: &Block,
    last: &mut i16,
    statistics: &mut Statistics,
    room: &mut Room,
) -> usize {
    let mean = block.coefficients[0];
    let mut count = 0;
    let symbol = put(mean - *last, 0, room, &mut count);
    statistics.direct[usize::from(symbol)] += 1;
    *last = mean;
    let mut left = block.some >> 1;
    let mut at = 0;
    while left != 0 {
        let mut run = left.trailing_zeros();
        left = left >> run >> 1;
        at += run as usize + 1;
        while run > 15 {
            statistics.alternating[0][usize::from(ZEROS)] += 1;
            room[count % ROOM] = u16::from(ZEROS) << 8;
            count += 1;
            run -= 16;
        }
        let place = usize::from(ZIGZAG[at & 63] & 63);
        let symbol = put(block.coefficients[place], run as u16, room, &mut count);
        statistics.alternating[count & 1][usize::from(symbol)] += 1;
    }
    let full = block.some >> 63;
    statistics.alternating[0][usize::from(END)] += 1 - full as u32;
    room[count % ROOM] = u16::from(if full == 0 { END } else { FULL }) << 8;
    count + 1
}

/// Writes the tokens of a block outside the picture, the shortest there are: the mean of the block before, and the end.
#[inline(always)]
pub(super) fn nothing(statistics: &mut Statistics, room: &mut Room) -> usize {
    room[0] = 0;
    room[1] = u16::from(END) << 8;
    statistics.direct[0] += 1;
    statistics.alternating[0][usize::from(END)] += 1;
    2
}

/// Writes a number's token, behind a run of zeros; its symbol.
#[inline(always)]
fn put(number: i16, run: u16, room: &mut Room, count: &mut usize) -> u8 {
    if let Ok(short) = i8::try_from(number)
        && short != i8::MIN
    {
        let token = run << 12 | SHORT[usize::from(short.cast_unsigned())];
        room[*count % ROOM] = token;
        *count += 1;
        return (token >> 8) as u8;
    }
    let (category, bits) = parts(number);
    let more = category.saturating_sub(8);
    let symbol = run << 4 | category;
    room[*count % ROOM] = symbol << 8 | bits >> more;
    *count += 1;
    if more > 0 {
        let symbol = u16::from(MORE[usize::from(more & 3)]);
        room[*count % ROOM] = symbol << 8 | bits & ((1 << more) - 1);
        *count += 1;
    }
    symbol as u8
}

/// A number's category, and the bits that tell it from others of its category.
const fn parts(number: i16) -> (u16, u16) {
    let category = 16 - number.unsigned_abs().leading_zeros() as u16;
    // Negative ones count up from zero.
    let bits = number.wrapping_add(number >> 15).cast_unsigned();
    (category, bits & ((1 << category) - 1))
}

/// The tokens of numbers of 8 bit.
const SHORT: [u16; 256] = {
    let mut tokens = [0; 256];
    let mut number = -127_i16;
    while number <= 127 {
        let (category, bits) = parts(number);
        tokens[number.cast_unsigned() as u8 as usize] = category << 8 | bits;
        number += 1;
    }
    tokens
};

/// Whether a block ends with that token.
#[inline(always)]
pub(super) fn ends(token: u16) -> bool {
    // A symbol of no bits, with a run of neither fifteen nor of what stands for more bits.
    token & 0xef00 == 0
}

/// For each symbol the length of its code with the bits behind it, and above eight bits the code, moved up by those.
pub(super) type Table = [u32; 256];

/// The table of some codes.
pub(super) fn table(codes: &Codes) -> Table {
    let mut table = [0; 256];
    for (symbol, code, length) in codes.iter() {
        let bits = u32::from(symbol & 15).min(8);
        table[usize::from(symbol)] = (code << bits) << 8 | (length + bits);
    }
    for (length, symbol) in (0..).zip(MORE).skip(1) {
        table[usize::from(symbol)] = length;
    }
    table
}

/// Bits that all tokens of those counts take.
pub(super) fn bits(counts: &Counts, codes: &Codes) -> u64 {
    codes
        .iter()
        .map(|(symbol, _, length)| {
            u64::from(counts[usize::from(symbol)]) * u64::from(length + u32::from(symbol & 15))
        })
        .sum()
}
