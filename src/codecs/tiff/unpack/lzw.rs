//! LZW as TIFF has it: codes with the most significant bit first, which grow one code early.
//!
//! Each string is one that was made before, and the byte behind it there: so the table holds places in what was made.

use std::borrow::Cow;

use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use super::{Fault, IDLE, Unpack};

/// Codes there may be.
const CODES: u16 = 4096;

/// Forgets all strings.
const CLEAR: u16 = 256;

/// Ends a strip.
const END: u16 = 257;

/// Bytes that are made at a time, about.
const PIECE: usize = 8 << 10;

/// Bytes of all strings of a full table, each of which is the one before and a byte more.
const STRINGS: u64 = CODES as u64 * CODES as u64 / 2;

/// Bytes that are held for a strip of so many: what strings refer to, twice while its room grows, a piece, and the table.
pub(super) fn held_bytes(strip: u64) -> u64 {
    3 * strip.min(STRINGS) + 4 * PIECE as u64 + 8 * CODES as u64
}

/// A string that was made: where, and how long it is.
#[derive(Clone, Copy, Default)]
struct Place {
    start: u32,
    length: u32,
}

pub(super) struct Lzw<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
    /// Bits that were read and not used, the lowest `count` of them.
    bits: u64,
    count: u32,
    /// Bits of a code.
    width: u32,
    /// The next code that gets a string.
    next: u16,
    places: Vec<Place>,
    last: Option<Place>,
    /// What was made since strings were forgotten, of which so much has been handed out.
    made: Vec<u8>,
    given: usize,
    /// How much of it strings refer to, once there are all codes.
    kept: Option<usize>,
    ended: bool,
}

/// The decoder for data in their order of bits.
pub(super) fn open<'a>(data: Cow<'a, [u8]>) -> Box<dyn Unpack + 'a> {
    // Programs before 1991 wrote codes the other way round: their first code, which clears the table, tells.
    match *data {
        [0, second, ..] if second & 1 == 1 => Box::new(Old {
            data,
            at: 0,
            decoder: Decoder::new(BitOrder::Lsb, 8),
        }),
        _ => Box::new(Lzw::new(data)),
    }
}

impl<'a> Lzw<'a> {
    fn new(data: Cow<'a, [u8]>) -> Self {
        Self {
            data,
            at: 0,
            bits: 0,
            count: 0,
            width: 9,
            next: END + 1,
            places: vec![Place::default(); usize::from(CODES)],
            last: None,
            made: Vec::with_capacity(2 * PIECE),
            given: 0,
            kept: None,
            ended: false,
        }
    }

    fn code(&mut self) -> Option<u16> {
        while self.count < self.width {
            let rest = self.data.get(self.at..)?;
            if let Some(four) = rest.first_chunk::<4>() {
                self.bits = self.bits << 32 | u64::from(u32::from_be_bytes(*four));
                self.at += 4;
                self.count += 32;
            } else {
                self.bits = self.bits << 8 | u64::from(*rest.first()?);
                self.at += 1;
                self.count += 8;
            }
        }
        self.count -= self.width;
        let code = self.bits >> self.count & ((1 << self.width) - 1);
        u16::try_from(code).ok()
    }

    /// Forgets strings, and what was handed out.
    fn clear(&mut self) {
        self.made.drain(..self.given);
        self.given = 0;
        self.kept = None;
        self.width = 9;
        self.next = END + 1;
        self.last = None;
    }

    /// Gives the next code the last string and the byte behind it.
    fn learn(&mut self) {
        let Some(Place { start, length }) = self.last.filter(|_| self.next < CODES) else {
            return;
        };
        if let Some(place) = self.places.get_mut(usize::from(self.next)) {
            *place = Place {
                start,
                length: length + 1,
            };
        }
        self.next += 1;
        if self.next >= (1 << self.width) - 1 && self.width < 12 {
            self.width += 1;
        }
        if self.next == CODES {
            self.kept = Some((start + length) as usize + 1);
        }
    }

    /// Makes the string of a code.
    fn string(&mut self, code: u16) -> Result<(), Fault> {
        if let Ok(byte) = u8::try_from(code) {
            self.made.push(byte);
            self.learn();
            return Ok(());
        }
        // A code may come before it is known: then it is the last string and its own first byte.
        let unknown = code >= self.next;
        if unknown {
            if code > self.next || self.last.is_none() {
                return Err(Fault::Corrupt);
            }
            self.learn();
        }
        let place = self.places.get(usize::from(code)).copied();
        let Place { start, length } = place.ok_or(Fault::Corrupt)?;
        let (start, end) = (start as usize, (start + length) as usize);
        if unknown {
            self.made.extend_from_within(start..end - 1);
            self.made.extend_from_within(start..=start);
        } else {
            self.made.extend_from_within(start..end);
            self.learn();
        }
        Ok(())
    }

    /// Makes a piece more.
    fn make(&mut self) -> Result<(), Fault> {
        if let Some(kept) = self.kept
            && self.given > kept
        {
            self.made.drain(kept..self.given);
            self.given = kept;
        }
        let mut idle = 0;
        while self.made.len() - self.given < PIECE {
            let Some(code) = self.code() else {
                self.ended = true;
                return Ok(());
            };
            if code == CLEAR {
                idle += 1;
                if idle > IDLE {
                    return Err(Fault::Corrupt);
                }
                self.clear();
                continue;
            }
            if code == END {
                self.ended = true;
                return Ok(());
            }
            let start = self.made.len();
            self.string(code)?;
            self.last = Some(Place {
                start: u32::try_from(start).map_err(|_long| Fault::Corrupt)?,
                length: u32::try_from(self.made.len() - start).map_err(|_long| Fault::Corrupt)?,
            });
        }
        Ok(())
    }
}

impl Unpack for Lzw<'_> {
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Fault> {
        while !room.is_empty() {
            if self.given == self.made.len() {
                if self.ended {
                    return Err(Fault::Short);
                }
                self.make()?;
            }
            let ready = self.made.get(self.given..).unwrap_or_default();
            let count = ready.len().min(room.len());
            let (now, later) = room.split_at_mut(count);
            now.copy_from_slice(ready.get(..count).unwrap_or_default());
            self.given += count;
            room = later;
        }
        Ok(())
    }
}

/// The order of bits before 1991, by `weezl`.
struct Old<'a> {
    data: Cow<'a, [u8]>,
    at: usize,
    decoder: Decoder,
}

impl Unpack for Old<'_> {
    fn fill(&mut self, mut room: &mut [u8]) -> Result<(), Fault> {
        let mut idle = 0;
        while !room.is_empty() {
            let data = self.data.get(self.at..).unwrap_or_default();
            let done = self.decoder.decode_bytes(data, room);
            self.at += done.consumed_in;
            room = room.get_mut(done.consumed_out..).unwrap_or_default();
            match done.status {
                Err(_code) => return Err(Fault::Corrupt),
                Ok(LzwStatus::Done | LzwStatus::NoProgress) if !room.is_empty() => {
                    return Err(Fault::Short);
                }
                Ok(_) if done.consumed_out > 0 => idle = 0,
                Ok(_) if idle < IDLE => idle += 1,
                Ok(_) => return Err(Fault::Corrupt),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;
    use weezl::encode::Encoder;

    use super::*;

    /// In pieces of that size.
    fn unpacked(packed: &[u8], length: usize, piece: usize) -> Result<Vec<u8>, Fault> {
        let mut decoder = open(Cow::Borrowed(packed));
        let mut all = vec![0; length];
        for room in all.chunks_mut(piece) {
            decoder.fill(room)?;
        }
        Ok(all)
    }

    fn packed(data: &[u8], order: BitOrder) -> Vec<u8> {
        let mut encoder = match order {
            BitOrder::Msb => Encoder::with_tiff_size_switch(order, 8),
            BitOrder::Lsb => Encoder::new(order, 8),
        };
        encoder.encode(data).unwrap()
    }

    /// Bytes of that many kinds, in runs.
    fn bytes(kinds: u8, length: usize) -> Vec<u8> {
        let mut state = 99_u32;
        let mut made = Vec::new();
        while made.len() < length {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [byte, run, ..] = state.to_be_bytes();
            made.extend(std::iter::repeat_n(byte % kinds, usize::from(run % 9)));
        }
        made
    }

    #[test]
    fn what_another_encoder_packs_is_unpacked() {
        for kinds in [1, 2, 7, 255] {
            let data = bytes(kinds, 100_000);
            for piece in [1, 97, 8_192, 100_001] {
                for order in [BitOrder::Msb, BitOrder::Lsb] {
                    let file = packed(&data, order);
                    assert_eq!(unpacked(&file, data.len(), piece).as_ref(), Ok(&data));
                }
            }
        }
    }

    /// A table that is full, and isn't forgotten, goes on as it is; the least that can be held is.
    #[test]
    fn a_full_table_stays() {
        let mut bits = String::from("100000000");
        let mut width = 9;
        let mut length = 0;
        for (code, next) in std::iter::once((0, 258)).chain((258..4095).map(|c| (c, c + 1))) {
            write!(bits, "{code:0width$b}").unwrap();
            length += if code == 0 { 1 } else { code - 256 };
            width = [9, 10, 11, 12][[511, 1_023, 2_047].iter().filter(|&&at| next >= at).count()];
        }
        // Then the last of them, again and again.
        for _ in 0..900 {
            write!(bits, "{:012b}", 4_094).unwrap();
            length += 4_094 - 256;
        }
        let file: Vec<u8> = bits
            .as_bytes()
            .chunks(8)
            .map(|byte| {
                byte.iter()
                    .enumerate()
                    .fold(0, |sum, (at, bit)| sum | (bit - b'0') << (7 - at))
            })
            .collect();
        let mut decoder = Lzw::new(Cow::Borrowed(&file));
        let mut piece = [1; 8_000];
        for _ in 0..length / 8_000 {
            decoder.fill(&mut piece).unwrap();
            assert_eq!(piece, [0; 8_000]);
            assert!((decoder.made.capacity() as u64) < held_bytes(u64::MAX));
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(data in proptest::collection::vec(any::<u8>(), 0..400)) {
            std::hint::black_box(unpacked(&data, 5_000, 333)).ok();
            let file = [&[0x80][..], &data].concat();
            std::hint::black_box(unpacked(&file, 5_000, 333)).ok();
        }
    }
}
