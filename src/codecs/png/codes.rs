//! Prefix codes with the fewest bits for what is counted, none longer than a limit, and their description.

use super::bits::Bits;
use super::deflate::{END, SYMBOLS};

/// Bits of each symbol's code, 0 for those that don't occur; a lone symbol gets one bit.
///
/// By Huffman's method on sorted counts, where sums come in order by themselves (van Leeuwen, 1976). Codes beyond
/// `longest` bits are cut to it, and others lengthened, the rarest first, until all fit (Kraft's sum): what
/// that costs is far below a thousandth.
pub(super) fn lengths<const N: usize>(counts: &[u32; N], longest: u8) -> [u8; N] {
    let mut order: Vec<(u32, usize)> = counts
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count > 0)
        .map(|(symbol, &count)| (count, symbol))
        .collect();
    order.sort_unstable();
    let mut depths = depths(&order);
    fit(&mut depths, longest);
    let mut lengths = [0; N];
    for (&(_, symbol), depth) in order.iter().zip(depths) {
        if let Some(slot) = lengths.get_mut(symbol) {
            *slot = depth;
        }
    }
    lengths
}

/// How deep each leaf hangs, for leaves from the rarest to the commonest.
#[expect(
    clippy::indexing_slicing,
    reason = "a node's children and parent are among the nodes"
)]
fn depths(leaves: &[(u32, usize)]) -> Vec<u8> {
    let count = leaves.len();
    if count <= 1 {
        return vec![1; count];
    }
    // Leaves first, then what joins two nodes each, in the order in which they are joined.
    let mut weights: Vec<u64> = leaves.iter().map(|&(count, _)| u64::from(count)).collect();
    let mut parents = vec![0; 2 * count - 1];
    let (mut leaf, mut join) = (0, count);
    for parent in count..2 * count - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let lighter = if leaf < count && (join >= parent || weights[leaf] <= weights[join]) {
                &mut leaf
            } else {
                &mut join
            };
            weight += weights[*lighter];
            parents[*lighter] = parent;
            *lighter += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0_u8; 2 * count - 1];
    for node in (0..2 * count - 2).rev() {
        depths[node] = depths[parents[node]].saturating_add(1);
    }
    depths.truncate(count);
    depths
}

/// Cuts depths to a limit, and makes room for what is cut.
fn fit(depths: &mut [u8], longest: u8) {
    let room = 1_u64 << longest;
    let share = |depth: u8| 1_u64 << longest.saturating_sub(depth);
    let mut taken = 0;
    for depth in depths.iter_mut() {
        *depth = (*depth).min(longest);
        taken += share(*depth);
    }
    // The rarest come first, and are the deepest.
    for depth in depths.iter_mut() {
        while taken > room && *depth < longest {
            taken -= share(*depth);
            *depth += 1;
            taken += share(*depth);
        }
    }
    for depth in depths.iter_mut().rev() {
        while *depth > 1 && taken + share(*depth) <= room {
            taken += share(*depth);
            *depth -= 1;
        }
    }
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
const ORDER: [usize; 19] = [
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The least bits that any code without a limit needs: the sums of all joins.
    fn least(counts: &[u32]) -> u64 {
        let mut heap: Vec<u64> = counts
            .iter()
            .filter(|&&c| c > 0)
            .map(|&c| c.into())
            .collect();
        let mut bits = 0;
        while heap.len() > 1 {
            heap.sort_unstable_by(|a, b| b.cmp(a));
            let sum = heap.pop().unwrap() + heap.pop().unwrap();
            bits += sum;
            heap.push(sum);
        }
        bits
    }

    proptest! {
        #[test]
        fn codes_are_short_and_tell_apart(
            counts in proptest::array::uniform32(prop_oneof![Just(0), 1_u32..4, 1_u32..100_000]),
            longest in 6_u8..15,
        ) {
            let lengths = lengths(&counts, longest);
            let there = counts.iter().filter(|&&count| count > 0).count();
            let mut kraft = 0.0;
            for (&count, &length) in counts.iter().zip(&lengths) {
                prop_assert_eq!(count > 0, length > 0);
                prop_assert!(length <= longest);
                kraft += if length > 0 { 0.5_f64.powi(length.into()) } else { 0.0 };
            }
            prop_assert!(kraft <= 1.0);
            prop_assert!(there < 2 || (kraft - 1.0).abs() < 1e-9, "{kraft}");
            let bits: u64 = counts.iter().zip(lengths).map(|(&c, l)| u64::from(c) * u64::from(l)).sum();
            let unlimited = super::lengths(&counts, 40).iter().all(|&length| length <= longest);
            if unlimited && there > 1 {
                prop_assert_eq!(bits, least(&counts));
            }
            prop_assert!(there < 2 || bits >= least(&counts));
        }
    }
}
