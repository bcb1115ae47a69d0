//! Codes as deflate has them, and their description.

use super::bits::Bits;
use super::deflate::{END, SYMBOLS};
use crate::codecs::huffman;

/// Bits of each symbol's code, 0 for those that don't occur; a lone symbol gets one bit.
pub(super) fn lengths<const N: usize>(counts: &[u32; N], longest: u8) -> [u8; N] {
    let mut order: Vec<(u32, usize)> = counts
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count > 0)
        .map(|(symbol, &count)| (count, symbol))
        .collect();
    order.sort_unstable();
    let counts: Vec<u32> = order.iter().map(|&(count, _)| count).collect();
    let mut lengths = [0; N];
    for ((_, symbol), length) in order.into_iter().zip(huffman::lengths(&counts, longest)) {
        if let Some(slot) = lengths.get_mut(symbol) {
            *slot = length;
        }
    }
    lengths
}

/// The codes of these lengths as deflate orders them (RFC 1951, 3.2.2), their first bit lowest.
pub(super) fn codes<const N: usize>(lengths: &[u8; N]) -> [u16; N] {
    let mut codes = [0; N];
    let mut next = 0_u16;
    for bits in 1..=15 {
        next <<= 1;
        for (code, _) in codes.iter_mut().zip(lengths).filter(|&(_, &l)| l == bits) {
            *code = next.reverse_bits() >> (16 - bits);
            next = next.wrapping_add(1);
        }
    }
    codes
}

/// The order in which lengths of the codes of lengths stand (RFC 1951, 3.2.7).
pub(super) const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// Writes what codes a block uses, and a single one for distances.
pub(super) fn describe(lengths: &[u8; SYMBOLS], out: &mut Bits<'_>) {
    let used = lengths
        .iter()
        .rposition(|&length| length > 0)
        .unwrap_or(END)
        + 1;
    let used = used.max(END + 1);
    let mut all = lengths.get(..used).unwrap_or_default().to_vec();
    all.push(1);
    let symbols = abridged(&all);
    let mut counts = [0; 19];
    for &(symbol, ..) in &symbols {
        if let Some(count) = counts.get_mut(symbol) {
            *count += 1;
        }
    }
    let own = self::lengths(&counts, 7);
    let own_codes = codes(&own);
    let of = |symbol: usize| own.get(symbol).copied().unwrap_or_default();
    let named = ORDER
        .iter()
        .rposition(|&symbol| of(symbol) > 0)
        .unwrap_or(0)
        + 1;
    let named = named.max(4);
    out.put((used - END - 1) as u64, 5);
    out.put(0, 5);
    out.put((named - 4) as u64, 4);
    for &symbol in ORDER.iter().take(named) {
        out.put(u64::from(of(symbol)), 3);
    }
    for (symbol, extra, bits) in symbols {
        let code = own_codes.get(symbol).copied().unwrap_or_default();
        out.put(u64::from(code), u32::from(of(symbol)));
        out.put(extra, bits);
    }
}

/// Lengths with their repetitions named: 16 repeats the last one, 17 and 18 zero; each with its extra bits.
fn abridged(lengths: &[u8]) -> Vec<(usize, u64, u32)> {
    let mut symbols = Vec::new();
    for same in lengths.chunk_by(|a, b| a == b) {
        let length = same.first().copied().unwrap_or_default();
        let mut left = same.len();
        if length > 0 {
            symbols.push((usize::from(length), 0, 0));
            left -= 1;
        }
        while left > 0 {
            let (take, symbol) = match (length, left) {
                (_, 1 | 2) => (1, (usize::from(length), 0, 0)),
                (0, 3..11) => (left, (17, left as u64 - 3, 3)),
                (0, _) => (left.min(138), (18, left.min(138) as u64 - 11, 7)),
                _ => (left.min(6), (16, left.min(6) as u64 - 3, 2)),
            };
            symbols.push(symbol);
            left -= take;
        }
    }
    symbols
}
