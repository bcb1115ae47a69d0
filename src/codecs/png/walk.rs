//! A walk over a deflate stream, from block to block, that unpacks nothing (RFC 1951).

use std::ops::Range;

use super::codes::{ORDER, codes};

/// Bits of the longest code.
const LONGEST: u32 = 15;

/// What follows a code.
const NOTHING: u16 = 0;
const DISTANCE: u16 = 1;
const END: u16 = 2;

/// For each number of [`LONGEST`] bits or fewer, the code that it begins with: in the low byte how many bits it and its
/// extra bits have, in the high one what follows. Zero for no code.
struct Table {
    entries: Vec<u16>,
    mask: u64,
}

impl Table {
    fn new<const N: usize>(lengths: &[u8; N], meaning: impl Fn(usize) -> (u32, u16)) -> Self {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let size = 1 << longest;
        let mut entries = vec![0; size];
        for (symbol, (code, &length)) in codes(lengths).into_iter().zip(lengths).enumerate() {
            if length > 0 {
                let (extra, next) = meaning(symbol);
                let bits = u16::from(length) + u16::try_from(extra).unwrap_or(0);
                let places = entries.iter_mut().skip(usize::from(code));
                for entry in places.step_by(1 << length) {
                    *entry = bits | next << 8;
                }
            }
        }
        Self {
            entries,
            mask: size as u64 - 1,
        }
    }

    /// How many bits the code that `ahead` begins with takes, extra bits included, and what follows it.
    #[inline]
    fn look(&self, ahead: u64) -> Option<(u32, u16)> {
        let place = usize::try_from(ahead & self.mask).ok()?;
        let entry = *self.entries.get(place)?;
        (entry != 0).then_some((u32::from(entry & 0xff), entry >> 8))
    }
}

/// What a byte, the end or a length is followed by (3.2.5).
fn literal(symbol: usize) -> (u32, u16) {
    let extra = match symbol {
        ..256 => return (0, NOTHING),
        256 => return (0, END),
        265..285 => (symbol - 261) / 4,
        _ => 0,
    };
    (u32::try_from(extra).unwrap_or(0), DISTANCE)
}

fn distance(symbol: usize) -> (u32, u16) {
    let extra = (symbol / 2).saturating_sub(1);
    (u32::try_from(extra).unwrap_or(0), NOTHING)
}

/// A place in a stream, in bits.
struct Bits<'a> {
    stream: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next 57 bits at least, the first lowest; zeros behind the end.
    #[inline]
    fn ahead(&self) -> u64 {
        let rest = self.stream.get(self.at / 8..).unwrap_or_default();
        let bytes = if let Some(bytes) = rest.first_chunk() {
            *bytes
        } else {
            let mut bytes = [0; 8];
            for (byte, &rest) in bytes.iter_mut().zip(rest) {
                *byte = rest;
            }
            bytes
        };
        u64::from_le_bytes(bytes) >> (self.at % 8)
    }

    /// The next few bits, and a step over them.
    fn take(&mut self, bits: u32) -> usize {
        let value = self.ahead() & ((1 << bits) - 1);
        self.at += bits as usize;
        usize::try_from(value).unwrap_or(0)
    }

    fn is_inside(&self) -> bool {
        self.at <= self.stream.len() * 8
    }

    /// Steps over a block's codes, its end included.
    fn skip_codes(&mut self, literals: &Table, distances: &Table) -> Option<()> {
        // A length and a distance with their extra bits are 48 bits at most.
        while self.is_inside() {
            let ahead = self.ahead();
            let (bits, next) = literals.look(ahead)?;
            self.at += bits as usize;
            match next {
                NOTHING => {}
                DISTANCE => {
                    let (bits, _) = distances.look(ahead >> bits)?;
                    self.at += bits as usize;
                }
                _ => return Some(()),
            }
        }
        None
    }

    /// The tables of a block that describes its codes (3.2.7).
    fn tables(&mut self) -> Option<(Table, Table)> {
        let (literals, distances, named) = (self.take(5) + 257, self.take(5) + 1, self.take(4) + 4);
        let mut own = [0; 19];
        for &symbol in ORDER.iter().take(named) {
            *own.get_mut(symbol)? = u8::try_from(self.take(3)).ok()?;
        }
        // The symbol instead of what follows, with no extra bits.
        let own = Table::new(&own, |symbol| (0, u16::try_from(symbol).unwrap_or(0)));
        let mut lengths: Vec<u8> = Vec::with_capacity(literals + distances);
        while lengths.len() < literals + distances {
            let (bits, symbol) = own.look(self.ahead())?;
            self.at += bits as usize;
            let (length, count) = match symbol {
                16 => (*lengths.last()?, self.take(2) + 3),
                17 => (0, self.take(3) + 3),
                18 => (0, self.take(7) + 11),
                length => (u8::try_from(length).ok()?, 1),
            };
            lengths.extend(std::iter::repeat_n(length, count));
        }
        let (first, second) = lengths.split_at_checked(literals)?;
        Some((
            Table::new(&padded::<288>(first)?, literal),
            Table::new(&padded::<32>(second.get(..distances)?)?, distance),
        ))
    }
}

fn padded<const N: usize>(lengths: &[u8]) -> Option<[u8; N]> {
    let mut all = [0; N];
    all.get_mut(..lengths.len())?.copy_from_slice(lengths);
    Some(all)
}

/// The tables of a block without a description (3.2.6).
fn fixed() -> (Table, Table) {
    let mut lengths = [8; 288];
    for (symbol, length) in lengths.iter_mut().enumerate() {
        *length = match symbol {
            144..256 => 9,
            256..280 => 7,
            _ => 8,
        };
    }
    (
        Table::new(&lengths, literal),
        Table::new(&[5; 32], distance),
    )
}

/// Where the last block of a deflate stream begins and ends, in bits; `None` if the stream is broken.
pub(super) fn last_block(stream: &[u8]) -> Option<Range<usize>> {
    let mut bits = Bits { stream, at: 0 };
    while bits.is_inside() {
        let start = bits.at;
        let is_last = bits.take(1) == 1;
        match bits.take(2) {
            0 => {
                bits.at = bits.at.next_multiple_of(8);
                let length = bits.take(16);
                bits.at += 16 + 8 * length;
            }
            1 => {
                let (literals, distances) = fixed();
                bits.skip_codes(&literals, &distances)?;
            }
            2 => {
                let (literals, distances) = bits.tables()?;
                bits.skip_codes(&literals, &distances)?;
            }
            _ => return None,
        }
        if is_last {
            return bits.is_inside().then_some(start..bits.at);
        }
    }
    None
}

const _: () = assert!(LONGEST + 5 + LONGEST + 13 <= 57);

#[cfg(test)]
mod tests {
    use libdeflater::{CompressionLvl, Compressor};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn streams_end_where_they_end() {
        // By hand: an empty stored block; an empty one of fixed codes; the two one after the other.
        assert_eq!(last_block(&[1, 0, 0, 0xff, 0xff]), Some(0..40));
        assert_eq!(last_block(&[3, 0]), Some(0..10));
        assert_eq!(last_block(&[0, 0, 0, 0xff, 0xff, 3, 0]), Some(40..50));
        assert_eq!(last_block(&[]), None);
        assert_eq!(last_block(&[0, 0, 0, 0xff, 0xff]), None);
        assert_eq!(last_block(&[7]), None);
    }

    proptest! {
        /// A byte holds the end, whatever the blocks are; and what isn't a stream ends nothing but the walk.
        #[test]
        fn it_ends_in_the_last_byte(
            seed in proptest::collection::vec(any::<u8>(), 0..2_000), often in 1_usize..40,
            level in 0..10, at in any::<proptest::sample::Index>(), flip in any::<u8>(),
        ) {
            let bytes = seed.repeat(often);
            let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
            let mut stream = vec![0; compressor.deflate_compress_bound(bytes.len())];
            let length = compressor.deflate_compress(&bytes, &mut stream).unwrap();
            stream.truncate(length);
            let last = last_block(&stream).unwrap();
            prop_assert_eq!(last.end.div_ceil(8), stream.len());
            prop_assert_eq!(stream[last.start / 8] >> (last.start % 8) & 1, 1);
            let at = at.index(stream.len());
            stream[at] ^= flip;
            let _any = last_block(&stream);
        }
    }
}
