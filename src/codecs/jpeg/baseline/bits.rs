//! The bits of a scan: entropy-coded bytes without their stuffing, most significant bit first.
#![expect(
    clippy::inline_always,
    reason = "without it the hot loop calls instead of computing, and without the caller's AVX2"
)]

/// Bits that one symbol and its value may take at most.
const LONGEST: u32 = 31;

/// Unstuffed bytes that are made at once: small enough to stay in the nearest cache.
const CHUNK: usize = 8 << 10;

/// Bytes that one unit of a scan takes at most: ten blocks of 64 symbols.
pub(super) const UNIT: usize = 10 * 64 * LONGEST as usize / 8 + 1;

/// Bytes that are loaded at once.
const WORD: usize = 8;

/// The next bits of a scan, up to the next marker.
///
/// Past the end there are zeros; [`Bits::prepare`] tells when any of them were taken.
pub(super) struct Bits<'a> {
    /// What has not been unstuffed yet; at the end of an interval it begins with a marker.
    file: &'a [u8],
    /// Unstuffed bytes: `..end` are the scan's, what follows are zeros.
    chunk: Box<[u8]>,
    end: usize,
    /// A marker, or the file's end, follows what is in `chunk`.
    ended: bool,
}

/// A place in a chunk: how many bits come before it.
///
/// Whoever reads holds it by itself, so that it stays in a register.
pub(super) type Place = usize;

/// Bits of a window at least.
pub(super) const WINDOW: u32 = 57;

/// The next bits, at the top: [`WINDOW`] of them at least.
#[derive(Clone, Copy)]
pub(super) struct Window(u64);

impl Window {
    /// The bits from a place on.
    #[inline(always)]
    pub(super) fn at(chunk: &[u8], place: Place) -> Self {
        let word = chunk.get(place >> 3..).and_then(<[u8]>::first_chunk);
        Self(word.map_or(0, |&bytes| u64::from_be_bytes(bytes)) << (place & 7))
    }

    /// These bits, `count` of them, and zeros.
    pub(super) fn of(bits: usize, count: u32) -> Self {
        Self((bits as u64) << (64 - count))
    }

    /// The next `count` bits, 1 to 32; they stay.
    #[inline(always)]
    pub(super) fn look(self, count: u32) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "32 bits at most")]
        let bits = (self.0 >> (64 - count)) as usize;
        bits
    }

    /// What comes behind so many bits.
    #[inline(always)]
    pub(super) fn behind(self, bits: u8) -> Self {
        Self(self.0 << (bits & 63))
    }

    /// The value of `63 - shift` bits, 0 to 15, that stand behind `code` others: T.81, F.2.2.1.
    #[inline(always)]
    pub(super) fn value(self, code: u8, shift: u8) -> i16 {
        let bits = self.0 << (code & 63);
        let shift = shift & 63;
        // Values whose first bit is 0 are negative. No branch: which it is can't be foreseen.
        let positive = (bits.cast_signed() >> 63).cast_unsigned();
        let most = (u64::MAX >> 1) >> shift;
        let value = ((bits >> 1) >> shift).wrapping_sub(most & !positive);
        #[expect(clippy::cast_possible_truncation, reason = "15 bits and a sign")]
        let value = value as i16;
        value
    }
}

impl<'a> Bits<'a> {
    /// Starts at the first byte of a scan.
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self {
            file,
            chunk: vec![0; CHUNK + UNIT + WORD].into_boxed_slice(),
            end: 0,
            ended: false,
        }
    }

    /// Makes sure that the bits of a unit are there behind `place`; `false` when it lies beyond what the scan has.
    #[inline(always)]
    pub(super) fn prepare(&mut self, place: &mut Place) -> bool {
        if (*place >> 3) + UNIT <= self.end {
            return true;
        }
        if !self.ended {
            *place = self.unstuff(*place);
        }
        !self.overrun(*place)
    }

    /// Whether bits were taken that the scan doesn't have.
    pub(super) fn overrun(&self, place: Place) -> bool {
        place > self.end * 8
    }

    /// Fills the chunk anew behind what is left of it, and moves the place along.
    #[cold]
    fn unstuff(&mut self, place: Place) -> Place {
        let next = (place >> 3).min(self.end);
        let left = self.end - next;
        self.chunk.copy_within(next..self.end, 0);
        self.end = left;
        while self.end < CHUNK {
            let room = CHUNK - self.end;
            let piece = self.file.get(..room).unwrap_or(self.file);
            let plain = memchr::memchr(0xff, piece).unwrap_or(piece.len());
            self.append(plain);
            if plain == piece.len() {
                if self.file.is_empty() {
                    self.ended = true;
                    break;
                }
                continue;
            }
            match self.file {
                [0xff, 0, ..] => {
                    self.append(1);
                    self.file = self.file.get(1..).unwrap_or_default();
                }
                // Fill bytes before a marker.
                [0xff, 0xff, ..] => self.file = self.file.get(1..).unwrap_or_default(),
                _ => {
                    self.ended = true;
                    break;
                }
            }
        }
        let tail = self.end + UNIT + WORD;
        if let Some(zeros) = self.chunk.get_mut(self.end..tail) {
            zeros.fill(0);
        }
        place - 8 * next
    }

    /// Moves `count` bytes from the file to the chunk.
    fn append(&mut self, count: usize) {
        let (taken, rest) = self.file.split_at(count);
        if let Some(room) = self.chunk.get_mut(self.end..self.end + count) {
            room.copy_from_slice(taken);
        }
        self.end += count;
        self.file = rest;
    }

    /// Leaves the interval and starts behind the restart marker of that number, 0 to 7, at a new place; `false` if another marker follows.
    pub(super) fn restart(&mut self, number: u8) -> bool {
        let Some(marker) = self.skip_to_marker() else {
            return false;
        };
        if marker != 0xd0 + number {
            return false;
        }
        self.file = self.file.get(2..).unwrap_or_default();
        self.end = 0;
        self.ended = false;
        true
    }

    /// Steps over bytes that nobody wanted, up to the next marker.
    fn skip_to_marker(&mut self) -> Option<u8> {
        loop {
            let at = memchr::memchr(0xff, self.file)?;
            self.file = self.file.get(at..)?;
            match *self.file {
                [_, 0, ..] => self.file = self.file.get(2..)?,
                [_, 0xff, ..] => self.file = self.file.get(1..)?,
                [_, marker, ..] => return Some(marker),
                _ => return None,
            }
        }
    }

    /// The file from the first marker behind the scan.
    pub(super) fn behind(mut self) -> &'a [u8] {
        match self.skip_to_marker() {
            Some(_) => self.file,
            None => &[],
        }
    }

    /// What is unstuffed.
    #[inline(always)]
    pub(super) fn chunk(&self) -> &[u8] {
        &self.chunk
    }
}
