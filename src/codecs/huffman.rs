//! Prefix codes with the fewest bits for what is counted, none longer than a limit.

/// Bits of the code of each symbol, for counts from the rarest to the commonest, none longer than `longest`; a lone one gets one bit.
///
/// By Huffman's method on sorted counts, where sums come in order by themselves (van Leeuwen, 1976). Codes beyond
/// `longest` bits, 40 at most, are cut to it, and others lengthened, the rarest first, until all fit (Kraft's sum): what
/// that costs is far below a thousandth. No code is longer than a rarer one's.
pub(super) fn lengths(counts: &[u32], longest: u8) -> Vec<u8> {
    let mut lengths = depths(counts);
    fit(&mut lengths, longest);
    lengths
}

/// How deep each leaf of the tree hangs.
#[expect(
    clippy::indexing_slicing,
    reason = "a node's children and parent are among the nodes"
)]
fn depths(leaves: &[u32]) -> Vec<u8> {
    let count = leaves.len();
    if count <= 1 {
        return vec![1; count];
    }
    // Leaves first, then what joins two nodes each, in the order in which they are joined.
    let mut weights: Vec<u64> = leaves.iter().map(|&count| u64::from(count)).collect();
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The least bits that any code without a limit needs: the sums of all joins.
    fn least(counts: &[u32]) -> u64 {
        let mut heap: Vec<u64> = counts.iter().map(|&c| c.into()).collect();
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
            mut counts in proptest::collection::vec(prop_oneof![1_u32..4, 1_u32..100_000], 0..33),
            longest in 6_u8..15,
        ) {
            counts.sort_unstable();
            let lengths = lengths(&counts, longest);
            let there = counts.len();
            prop_assert_eq!(lengths.len(), there);
            prop_assert!(lengths.is_sorted_by(|a, b| a >= b));
            let mut kraft = 0.0;
            for &length in &lengths {
                prop_assert!((1..=longest).contains(&length));
                kraft += 0.5_f64.powi(length.into());
            }
            prop_assert!(kraft <= 1.0);
            prop_assert!(there < 2 || (kraft - 1.0).abs() < 1e-9, "{kraft}");
            let bits: u64 = counts.iter().zip(&lengths).map(|(&c, &l)| u64::from(c) * u64::from(l)).sum();
            let unlimited = super::lengths(&counts, 40).iter().all(|&length| length <= longest);
            if unlimited && there > 1 {
                prop_assert_eq!(bits, least(&counts));
            }
            prop_assert!(there < 2 || bits >= least(&counts));
        }
    }
}
