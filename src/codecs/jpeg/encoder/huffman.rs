//! The Huffman codes that are best for a picture's symbols, none longer than 16 bits.
//!
//! One more leaf than there are symbols, the rarest, keeps the code of ones alone from being given to a symbol (T.81 K.2).

use std::cmp::Reverse;
use std::iter::{once, repeat_n};

use crate::codecs::huffman;

/// How often each symbol occurs.
pub(super) type Counts = [u32; 256];

/// Bits of the longest code that a file may have.
const LONGEST: u8 = 16;

/// The codes of one table.
pub(super) struct Codes {
    /// How many codes there are of 1, 2, … bits.
    pub(super) lengths: [u8; LONGEST as usize],
    /// Their symbols, those of the shortest codes first.
    pub(super) symbols: Vec<u8>,
}

impl Codes {
    /// Codes for the symbols that occur.
    pub(super) fn new(counts: &Counts) -> Self {
        let mut leaves: Vec<(u32, u8)> = (0..=u8::MAX)
            .zip(counts)
            .filter(|(_, count)| **count > 0)
            .map(|(symbol, &count)| (count, symbol))
            .collect();
        leaves.sort_unstable_by_key(|&(count, symbol)| (count, Reverse(symbol)));
        let counts: Vec<u32> = once(0)
            .chain(leaves.iter().map(|&(count, _)| count))
            .collect();
        // The leaf that is no symbol comes first, and has the last of the longest codes.
        let all = huffman::lengths(&counts, LONGEST);
        let mut lengths = [0; LONGEST as usize];
        for length in all.into_iter().skip(1) {
            if let Some(count) = lengths.get_mut(usize::from(length) - 1) {
                *count = u8::saturating_add(*count, 1);
            }
        }
        Self {
            lengths,
            symbols: leaves.iter().rev().map(|&(_, symbol)| symbol).collect(),
        }
    }

    /// Each symbol, its code, and how many bits that has.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, u32, u32)> {
        let lengths = (1..)
            .zip(self.lengths)
            .flat_map(|(length, count)| repeat_n(length, usize::from(count)));
        let symbols = self.symbols.iter().zip(lengths);
        symbols.scan((0, 0), |(next, last), (&symbol, length)| {
            let code = *next << (length - *last);
            (*next, *last) = (code + 1, length);
            Some((symbol, code, length))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_symbols_get_codes_of_sixteen_bits() {
        // Fibonacci's numbers make the deepest tree.
        let mut counts = [0; 256];
        let (mut a, mut b) = (1, 1);
        for count in counts.iter_mut().take(40) {
            *count = a;
            (a, b) = (b, a + b);
        }
        let codes = Codes::new(&counts);
        let all: Vec<_> = codes.iter().collect();
        assert_eq!(all.len(), 40);
        assert_eq!(all.last().unwrap().2, 16);
        assert_eq!(all.first().unwrap(), &(39, 0, 1));
        // Room is left for the code of ones alone, and no code begins another.
        let taken: u32 = all.iter().map(|&(.., length)| 1 << (16 - length)).sum();
        assert!(taken < 1 << 16);
        for pair in all.windows(2) {
            let [(_, a, long_a), (_, b, long_b)] = pair else {
                unreachable!()
            };
            assert!(a << (16 - long_a) < b << (16 - long_b));
        }
        // One symbol alone has a code too.
        counts = [0; 256];
        counts[7] = 9;
        assert_eq!(Codes::new(&counts).iter().collect::<Vec<_>>(), [(7, 0, 1)]);
    }

    #[test]
    fn codes_are_as_short_as_a_tree_allows() {
        let mut counts = [0; 256];
        for (symbol, count) in [(1, 45), (2, 13), (3, 12), (4, 16), (5, 9), (6, 5)] {
            counts[symbol] = count;
        }
        let codes = Codes::new(&counts);
        let lengths: Vec<_> = codes
            .iter()
            .map(|(symbol, _, length)| (symbol, length))
            .collect();
        // With one more leaf below the rarest.
        assert_eq!(lengths, [(1, 1), (4, 3), (2, 3), (3, 3), (5, 4), (6, 5)]);
    }
}
