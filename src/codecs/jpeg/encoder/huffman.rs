//! The Huffman codes that are best for a picture's symbols, none longer than 16 bits.
//!
//! T.81 annex K.2 with its ways out: one more leaf, the rarest, keeps the code of ones alone from being given to
//! a symbol, and what is too long is made shorter two at a time. The tree is built with two queues, since from sorted leaves inner
//! nodes come in order.

use std::cmp::Reverse;
use std::iter::repeat_n;

/// How often each symbol occurs.
pub(super) type Counts = [u32; 256];

/// Bits of the longest code that a file may have.
const LONGEST: usize = 16;

/// Leaves of a tree: all symbols, and the one that is none.
const LEAVES: usize = 257;

/// How many codes there are of each length, before the longest are made shorter. Even Fibonacci's numbers of 32 bit make no deeper tree.
type Lengths = [u32; 64];

/// The codes of one table.
pub(super) struct Codes {
    /// How many codes there are of 1, 2, … bits.
    pub(super) lengths: [u8; LONGEST],
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
        let mut lengths = lengths(&leaves);
        shorten(&mut lengths);
        let mut codes = Self {
            lengths: [0; LONGEST],
            symbols: leaves.iter().rev().map(|&(_, symbol)| symbol).collect(),
        };
        for (slot, &count) in codes.lengths.iter_mut().zip(lengths.iter().skip(1)) {
            *slot = u8::try_from(count).unwrap_or(u8::MAX);
        }
        codes
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

/// Of the sorted leaves' tree, with one more leaf before them.
fn lengths(leaves: &[(u32, u8)]) -> Lengths {
    let mut weights = [0; LEAVES];
    for (weight, &(count, _)) in weights.iter_mut().skip(1).zip(leaves) {
        *weight = u64::from(count);
    }
    let leaves = leaves.len() + 1;
    let mut rest = weights.iter().take(leaves).copied().enumerate().peekable();
    // Inner nodes in the order in which they are made, numbered behind the leaves; those before `next` have a parent.
    let mut inner: Vec<u64> = Vec::with_capacity(leaves);
    let mut next = 0;
    let mut parents = [0; 2 * LEAVES];
    while inner.len() + 1 < leaves {
        let mut sum = 0;
        for _ in 0..2 {
            let node = inner.get(next).copied();
            let leaf = rest.next_if(|&(_, leaf)| node.is_none_or(|node| leaf <= node));
            let (child, weight) = leaf.unwrap_or_else(|| {
                next += 1;
                (leaves + next - 1, node.unwrap_or_default())
            });
            sum += weight;
            if let Some(parent) = parents.get_mut(child) {
                *parent = leaves + inner.len();
            }
        }
        inner.push(sum);
    }
    count_depths(&parents, leaves, leaves + inner.len())
}

/// From the root, the last of all nodes, downwards: a parent comes behind its children.
fn count_depths(parents: &[usize], leaves: usize, nodes: usize) -> Lengths {
    let mut depths = [0_usize; 2 * LEAVES];
    let mut lengths = [0; 64];
    for node in (0..nodes.saturating_sub(1)).rev() {
        let parent = parents.get(node).and_then(|&parent| depths.get(parent));
        let depth = parent.map_or(0, |depth| depth + 1);
        if let Some(slot) = depths.get_mut(node) {
            *slot = depth;
        }
        if node < leaves
            && let Some(count) = lengths.get_mut(depth)
        {
            *count += 1;
        }
    }
    lengths
}

/// No length above the longest, and the leaf gone that is no symbol: figures K.3 and K.4.
#[expect(
    clippy::indexing_slicing,
    reason = "a length that is too long has one of at most two less that is in use, and none is below one"
)]
fn shorten(lengths: &mut Lengths) {
    for long in (LONGEST + 1..lengths.len()).rev() {
        while lengths[long] > 0 {
            let short = (1..long - 1).rev().find(|&short| lengths[short] > 0);
            let Some(short) = short else { break };
            lengths[long] -= 2;
            lengths[long - 1] += 1;
            lengths[short + 1] += 2;
            lengths[short] -= 1;
        }
    }
    if let Some(longest) = lengths.iter_mut().rev().find(|count| **count > 0) {
        *longest -= 1;
    }
}
