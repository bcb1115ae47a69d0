//! libdeflate's streams, in pieces: it compresses in one call, so that a large picture would keep a worker for seconds.
//!
//! A piece is a stream of its own, whose last block says that it is the last. That is taken back, and an empty stored
//! block behind it fills up the byte, after which the next piece goes on (RFC 1951, 3.2.3 and 3.2.4). What is lost is
//! the look back over the border, of 32 KB.

use libdeflater::{CompressionLvl, Compressor, adler32};

use super::walk::last_block;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;

/// Bytes compressed in one call: some milliseconds of work, a tenth of a second for what has been made to be slow.
pub(super) const PIECE: usize = 2 << 20;

/// The same at levels that look for long.
const SLOW_PIECE: usize = 256 << 10;
const SLOW: i32 = 7;

/// The same at those that look through hundreds of places for each byte.
const SLOWEST_PIECE: usize = 64 << 10;

/// The first bytes of a zlib stream (RFC 1950): a window of 32 KB, a quick method.
const HEADER: [u8; 2] = [0x78, 0x5e];

/// Appends the bytes as a zlib stream, with repetitions found.
///
/// # Errors
/// A stopped checkpoint, which is polled between pieces.
pub(super) fn compress(
    bytes: &[u8],
    level: i32,
    checkpoint: &Checkpoint,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let size = match level {
        ..SLOW => PIECE,
        SLOW => SLOW_PIECE,
        _ => SLOWEST_PIECE,
    };
    let level = CompressionLvl::new(level).map_err(|error| internal(&error))?;
    let mut compressor = Compressor::new(level);
    checkpoint.check(Stage::Encode)?;
    if bytes.len() <= size {
        let bound = compressor.zlib_compress_bound(bytes.len());
        return append(out, bound, |room| compressor.zlib_compress(bytes, room));
    }
    // At once, since a vector that grows is there twice.
    let pieces = bytes.len().div_ceil(size);
    let (whole, rest) = (bytes.len() / size, bytes.len() % size);
    let bound =
        whole * compressor.deflate_compress_bound(size) + compressor.deflate_compress_bound(rest);
    out.reserve_exact(bound + pieces * SEAM + HEADER.len() + 4);
    out.extend(HEADER);
    for (index, piece) in (1..).zip(bytes.chunks(size)) {
        checkpoint.check(Stage::Encode)?;
        let start = out.len();
        let bound = compressor.deflate_compress_bound(piece.len());
        append(out, bound, |room| compressor.deflate_compress(piece, room))?;
        if index < pieces {
            go_on(out, start).ok_or_else(|| internal(&"a stream without an end"))?;
        }
    }
    out.extend(adler32(bytes).to_be_bytes());
    Ok(())
}

/// Appends what `fill` makes, in room for `bound` bytes.
fn append(
    out: &mut Vec<u8>,
    bound: usize,
    fill: impl FnOnce(&mut [u8]) -> Result<usize, libdeflater::CompressionError>,
) -> Result<(), Error> {
    let start = out.len();
    out.resize(start + bound, 0);
    let length =
        fill(out.get_mut(start..).unwrap_or_default()).map_err(|error| internal(&error))?;
    out.truncate(start + length);
    Ok(())
}

/// Bytes of an empty stored block at most: its header may need a byte of its own, before two lengths.
const SEAM: usize = 5;

/// Makes the stream from `start` on one that goes on; `None` if it isn't one.
fn go_on(out: &mut Vec<u8>, start: usize) -> Option<()> {
    let last = last_block(out.get(start..)?)?;
    let flag = out.get_mut(start + last.start / 8)?;
    *flag &= !(1 << (last.start % 8));
    // Three bits of zeros: not the last block, and stored. What is left of the stream's last byte is zeros already.
    out.resize(start + (last.end + 3).div_ceil(8), 0);
    out.extend([0, 0, 0xff, 0xff]);
    Some(())
}

fn internal(error: &dyn std::fmt::Debug) -> Error {
    Error::Internal(format!("libdeflate: {error:?}"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use libdeflater::Decompressor;
    use proptest::prelude::*;

    use super::*;
    use crate::checkpoint::Stop;

    /// Of some bytes, over and over, and changed at times, so that pieces have blocks of every kind.
    fn drawing(length: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        let mut bytes: Vec<u8> = Vec::with_capacity(length);
        while bytes.len() < length {
            let (kind, count) = (next() % 4, usize::from(next()) * 64 + 1);
            match kind {
                0 => bytes.extend(std::iter::repeat_n(next(), count)),
                1 => bytes.extend(std::iter::repeat_with(&mut next).take(count)),
                _ => {
                    let from = bytes.len().saturating_sub(usize::from(next()) * 100);
                    let again: Vec<u8> = bytes.iter().skip(from).take(count).copied().collect();
                    bytes.extend(again);
                }
            }
        }
        bytes.truncate(length);
        bytes
    }

    fn check(bytes: &[u8], level: i32) {
        let mut out = b"before".to_vec();
        compress(bytes, level, &Checkpoint::new(), &mut out).unwrap();
        let bound = bytes.len() + bytes.len() / 64 + (1 << 10);
        assert!(out.len() <= bound && out.capacity() <= bound + 64);
        let mut back = vec![0; bytes.len()];
        let got = Decompressor::new().zlib_decompress(&out[6..], &mut back);
        assert_eq!(got, Ok(bytes.len()));
        assert!(back == bytes, "other bytes came back");
    }

    #[test]
    fn pieces_are_one_stream() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 77] {
            check(&drawing(length, 7), 5);
            check(&vec![9; length], 5);
        }
    }

    /// The seam is where the last block ends, whose bit is another each time.
    #[test]
    fn a_seam_may_be_at_any_bit() {
        let mut bits = [0; 8];
        for (seed, length) in (1..).zip(0..400) {
            let mut out = Vec::new();
            let mut whole = Vec::new();
            for piece in [drawing(length, seed), drawing(50, 5)] {
                let mut compressor = Compressor::new(CompressionLvl::new(5).unwrap());
                let start = out.len();
                let bound = compressor.deflate_compress_bound(piece.len());
                append(&mut out, bound, |room| {
                    compressor.deflate_compress(&piece, room)
                })
                .unwrap();
                if start == 0 {
                    bits[last_block(&out).unwrap().end % 8] += 1;
                    go_on(&mut out, 0).unwrap();
                }
                whole.extend(piece);
            }
            let mut back = vec![0; whole.len()];
            let got = Decompressor::new().deflate_decompress(&out, &mut back);
            assert_eq!((got, back), (Ok(whole.len()), whole), "{length}");
        }
        assert!(bits.iter().all(|&count| count > 0), "{bits:?}");
    }

    #[test]
    fn a_stop_is_seen_between_pieces() {
        let polls = AtomicU32::new(0);
        let checkpoint = Checkpoint::observed(move |_| {
            (polls.fetch_add(1, Ordering::Relaxed) == 2).then_some(Stop::Cancelled)
        });
        let mut out = Vec::new();
        let ended = compress(&drawing(3 * PIECE, 1), 5, &checkpoint, &mut out);
        assert_eq!(ended, Err(Error::Stopped(Stop::Cancelled)));
        let mut one = Vec::new();
        compress(&drawing(PIECE, 1), 5, &Checkpoint::new(), &mut one).unwrap();
        assert!(out.len() < one.len() + 100, "more than a piece was made");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn whatever_the_bytes_are(seed in any::<u32>(), over in 1_usize..PIECE, level in 1..8) {
            check(&drawing(PIECE + over, seed), level);
        }
    }
}
