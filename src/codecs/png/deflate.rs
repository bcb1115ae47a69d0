//! Deflate for photographs: codes for bytes and for runs of one byte, without a search for repetitions.
//!
//! What filters leave of a photograph hardly repeats, so that a search costs much and finds next to nothing. The
//! stream is that of RFC 1950 and 1951.

use libdeflater::adler32;

use super::bits::Bits;
use super::codes::{codes, describe, lengths};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;

/// Bytes that share codes: few enough that the codes fit them, enough to make up for the codes' own description.
const BLOCK: usize = 32 << 10;

/// Bytes, the end of a block, and 29 classes of lengths.
pub(super) const SYMBOLS: usize = 286;
pub(super) const END: usize = 256;

/// The longest code of a symbol: four of them, and what is left of a byte, fit the 64 bits of the buffer.
const LONGEST: u8 = 14;

/// Bytes of a run at most.
const RUN: usize = 258;

/// Bytes that are compared at once; shorter runs aren't looked for.
const STRIDE: usize = 8;

/// Appends the bytes as a zlib stream.
pub(super) fn compress(
    bytes: &[u8],
    checkpoint: &Checkpoint,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    // At once, since a vector that grows is there twice.
    out.reserve_exact(bound(bytes.len()));
    out.extend([0x78, 0x01]);
    let mut bits = Bits::new(out);
    let mut start = 0;
    loop {
        checkpoint.check(Stage::Encode)?;
        let end = bytes.len().min(start + BLOCK);
        block(bytes, start..end, &mut bits);
        start = end;
        if end == bytes.len() {
            break;
        }
    }
    bits.finish();
    out.extend(adler32(bytes).to_be_bytes());
    Ok(())
}

/// How many bytes [`compress`] makes of so many at most: noise takes eight bits for each, and each block has codes to describe.
pub(super) fn bound(length: usize) -> usize {
    length + length / 64 + (1 << 10)
}

/// About how many bytes [`compress`] makes of a picture's stretches, which have codes of their own as blocks have.
///
/// Without the description of the codes, which weighs less in whole blocks.
pub(super) fn size<'a>(stretches: impl Iterator<Item = &'a [u8]>) -> usize {
    let size = |bytes: &[u8]| {
        let counts = counts(bytes, 0..bytes.len());
        bits(&counts, &lengths(&counts, LONGEST))
    };
    stretches.map(size).sum::<usize>() / 8
}

/// Bits that a block's codes take; each run has one for its distance and up to five for its length, which are counted in full.
fn bits(counts: &[u32; SYMBOLS], lengths: &[u8; SYMBOLS]) -> usize {
    let runs = counts.iter().skip(END + 1);
    let runs = runs.map(|&count| count as usize * 6).sum::<usize>();
    let codes = counts.iter().zip(lengths);
    let codes = codes.map(|(&count, &length)| count as usize * usize::from(length));
    runs + codes.sum::<usize>()
}

/// Bits that the description of a block's codes takes at most: a length for each symbol, of seven bits and as many extra ones.
const DESCRIPTION: usize = SYMBOLS * 14 + 100;

/// What a block consists of.
enum Piece<'a> {
    Bytes(&'a [u8]),
    /// So many times the byte before: 3 to [`RUN`].
    Run(usize),
}

/// Gives the pieces of a block in order.
fn pieces<'a>(bytes: &'a [u8], block: std::ops::Range<usize>, mut take: impl FnMut(Piece<'a>)) {
    let block_end = block.end;
    let (mut from, mut at) = (block.start, block.start);
    while let Some((ahead, _)) = bytes
        .get(at..block_end)
        .and_then(|rest| rest.split_first_chunk::<STRIDE>())
    {
        let same = at
            .checked_sub(1)
            .and_then(|before| bytes.get(before))
            .is_some_and(|&before| *ahead == [before; STRIDE]);
        if !same {
            at += STRIDE;
            continue;
        }
        let [byte, ..] = *ahead;
        let rest = bytes.get(at + STRIDE..block_end).unwrap_or_default();
        let more = rest.iter().take_while(|&&other| other == byte).count();
        take(Piece::Bytes(bytes.get(from..at).unwrap_or_default()));
        let mut left = STRIDE + more;
        at += left;
        while left > 0 {
            // A run's last piece mustn't be shorter than a run can be.
            let piece = if left > RUN && left < RUN + 3 {
                RUN - 3
            } else {
                left.min(RUN)
            };
            take(Piece::Run(piece));
            left -= piece;
        }
        from = at;
    }
    take(Piece::Bytes(bytes.get(from..block_end).unwrap_or_default()));
}

/// How often a block has each symbol.
fn counts(bytes: &[u8], block: std::ops::Range<usize>) -> [u32; SYMBOLS] {
    // Four tables, since adding to a number twice in a row waits for the first.
    let mut some = [[0_u32; 256]; 4];
    let mut counts = [0; SYMBOLS];
    pieces(bytes, block, |piece| match piece {
        Piece::Bytes(bytes) => {
            let (fours, rest) = bytes.as_chunks::<4>();
            let add = |table: &mut [u32; 256], byte: u8| {
                if let Some(count) = table.get_mut(usize::from(byte)) {
                    *count += 1;
                }
            };
            let [a, b, c, d] = &mut some;
            for four in fours {
                add(a, four[0]);
                add(b, four[1]);
                add(c, four[2]);
                add(d, four[3]);
            }
            for &byte in rest {
                add(a, byte);
            }
        }
        Piece::Run(length) => {
            if let Some(count) = counts.get_mut(class(length).symbol) {
                *count += 1;
            }
        }
    });
    for table in &some {
        for (sum, count) in counts.iter_mut().zip(table) {
            *sum += count;
        }
    }
    if let Some(end) = counts.get_mut(END) {
        *end = 1;
    }
    counts
}

/// A length's symbol, and the bits that follow it (RFC 1951, 3.2.5).
struct Class {
    symbol: usize,
    extra: u64,
    bits: u32,
}

fn class(length: usize) -> Class {
    let above = length.saturating_sub(3);
    if length >= RUN {
        return Class {
            symbol: 285,
            extra: 0,
            bits: 0,
        };
    }
    // Each power of two from 8 on has four classes of equal width.
    let bits = above.max(4).ilog2() - 2;
    let step = above >> bits;
    Class {
        symbol: 257 + 4 * bits as usize + step,
        extra: (above - (step << bits)) as u64,
        bits,
    }
}

/// Writes a block with codes of its own; the last one if it ends the bytes.
fn block(bytes: &[u8], block: std::ops::Range<usize>, out: &mut Bits<'_>) {
    let counts = counts(bytes, block.clone());
    let lengths = lengths(&counts, LONGEST);
    out.room(bits(&counts, &lengths) + DESCRIPTION);
    out.put(u64::from(block.end == bytes.len()), 1);
    out.put(2, 2);
    describe(&lengths, out);
    let mut table = [(0, 0); SYMBOLS];
    for ((slot, code), length) in table.iter_mut().zip(codes(&lengths)).zip(lengths) {
        *slot = (u64::from(code), u32::from(length));
    }
    let entry = |symbol: usize| table.get(symbol).copied().unwrap_or_default();
    pieces(bytes, block, |piece| match piece {
        Piece::Bytes(bytes) => literals(bytes, &table, out),
        Piece::Run(length) => {
            let class = class(length);
            let (code, bits) = entry(class.symbol);
            out.put(code, bits);
            // Behind the length, the distance: of its only code, one bit long, for the byte before.
            out.put(class.extra, class.bits + 1);
        }
    });
    let (code, bits) = entry(END);
    out.put(code, bits);
}

/// Codes of bytes, four at a time.
fn literals(bytes: &[u8], table: &[(u64, u32); SYMBOLS], out: &mut Bits<'_>) {
    let entry = |byte: u8| table.get(usize::from(byte)).copied().unwrap_or_default();
    let (fours, rest) = bytes.as_chunks::<4>();
    for &[a, b, c, d] in fours {
        let (a, b, c, d) = (entry(a), entry(b), entry(c), entry(d));
        let first = (a.0 | b.0 << a.1, a.1 + b.1);
        let second = (c.0 | d.0 << c.1, c.1 + d.1);
        out.put(first.0 | second.0 << first.1, first.1 + second.1);
    }
    for &byte in rest {
        let (code, bits) = entry(byte);
        out.put(code, bits);
    }
}

#[cfg(test)]
mod tests {
    use libdeflater::Decompressor;
    use proptest::prelude::*;

    use super::*;
    use crate::checkpoint::Stop;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        compress(bytes, &Checkpoint::new(), &mut out).unwrap();
        assert!(out.starts_with(b"before"));
        out.split_off(6)
    }

    fn unpacked(stream: &[u8], length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let got = Decompressor::new().zlib_decompress(stream, &mut bytes);
        assert_eq!(got, Ok(length));
        bytes
    }

    #[test]
    fn runs_of_every_length_come_back() {
        for length in (0..700).chain([2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 9]) {
            let bytes = [&[1, 2][..], &vec![7; length], &[8]].concat();
            let stream = packed(&bytes);
            assert!(stream.len() < 100 + length / 100, "{length}");
            assert_eq!(unpacked(&stream, bytes.len()), bytes, "{length}");
        }
    }

    #[test]
    fn nothing_at_all_is_a_stream() {
        assert!(unpacked(&packed(&[]), 0).is_empty());
    }

    #[test]
    fn codes_longer_than_allowed_are_cut() {
        // Each as often as the two before it together, the first being the block's end: as many bits as there are symbols.
        let mut often = [
            1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1_597, 2_584, 4_181, 6_765,
        ];
        often.reverse();
        let bytes: Vec<u8> = (0_u8..)
            .zip(often)
            .flat_map(|(byte, often)| vec![byte; often])
            .collect();
        assert!(bytes.len() < BLOCK);
        // A number without a common divisor with the length, so that every place is taken once.
        let mut mixed = vec![0; bytes.len()];
        for (at, &byte) in bytes.iter().enumerate() {
            mixed[at * 7_919 % bytes.len()] = byte;
        }
        let counts = counts(&mixed, 0..mixed.len());
        assert!(lengths(&counts, 40).iter().any(|&length| length > LONGEST));
        assert!(
            lengths(&counts, LONGEST)
                .iter()
                .all(|&length| length <= LONGEST)
        );
        assert_eq!(unpacked(&packed(&mixed), mixed.len()), mixed);
    }

    #[test]
    fn a_stopped_checkpoint_ends_it() {
        let checkpoint = Checkpoint::new();
        checkpoint.stop(Stop::Cancelled);
        let stopped = compress(&[1, 2, 3], &checkpoint, &mut Vec::new());
        assert_eq!(stopped, Err(Error::Stopped(Stop::Cancelled)));
    }

    /// Bytes of noise, the worst there is, go into what is reserved for them.
    #[test]
    fn noise_stays_within_the_bound() {
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(state >> 24).unwrap()
        })
        .take(1 << 20)
        .collect();
        for length in [0, 1, 100, BLOCK, 10 * BLOCK + 1, 1 << 20] {
            let bytes = &noise[..length];
            let mut out = Vec::new();
            compress(bytes, &Checkpoint::new(), &mut out).unwrap();
            assert!(
                out.capacity() <= bound(length),
                "{length}: {}",
                out.capacity()
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            pieces in proptest::collection::vec((any::<u32>(), 0_usize..3_000, 1_u32..256), 0..60),
        ) {
            let mut bytes = Vec::new();
            for (mut state, length, colours) in pieces {
                for _ in 0..length {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    bytes.push(u8::try_from((state >> 16) % colours).unwrap());
                }
            }
            prop_assert_eq!(unpacked(&packed(&bytes), bytes.len()), bytes);
        }
    }
}
