//! The bits of a scan: entropy-coded bytes without their stuffing, most significant bit first.

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
    /// The first byte of which not all bits are in `held`.
    next: usize,
    /// The next `count` bits, at the top. Bits below them may be set already, as the same ones will be again.
    held: u64,
    count: u32,
    /// A marker, or the file's end, follows what is in `chunk`.
    ended: bool,
}

impl<'a> Bits<'a> {
    /// Starts at the first byte of a scan.
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self {
            file,
            chunk: vec![0; CHUNK + UNIT + WORD].into_boxed_slice(),
            end: 0,
            next: 0,
            held: 0,
            count: 0,
            ended: false,
        }
    }

    /// Makes sure that the next unit's bits are there; `false` when more bits were taken than the scan had.
    #[inline]
    pub(super) fn prepare(&mut self) -> bool {
        if self.next + UNIT <= self.end {
            return true;
        }
        if !self.ended {
            self.unstuff();
        }
        !self.overrun()
    }

    /// Whether bits were taken that the scan doesn't have.
    pub(super) fn overrun(&self) -> bool {
        self.next * 8 > self.end * 8 + self.count as usize
    }

    /// Fills the chunk anew behind what is left of it.
    #[cold]
    fn unstuff(&mut self) {
        let left = self.end.saturating_sub(self.next);
        self.chunk.copy_within(self.next.min(self.end)..self.end, 0);
        self.next = 0;
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

    /// Leaves the interval and starts behind the restart marker of that number, 0 to 7; `false` if another marker follows.
    pub(super) fn restart(&mut self, number: u8) -> bool {
        let Some(marker) = self.to_marker() else {
            return false;
        };
        if marker != 0xd0 + number {
            return false;
        }
        self.file = self.file.get(2..).unwrap_or_default();
        (self.next, self.end, self.held, self.count) = (0, 0, 0, 0);
        self.ended = false;
        true
    }

    /// Steps over bytes that nobody wanted, up to the next marker.
    fn to_marker(&mut self) -> Option<u8> {
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
        match self.to_marker() {
            Some(_) => self.file,
            None => &[],
        }
    }

    /// Makes at least 56 bits ready to be looked at.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        let word = self
            .chunk
            .get(self.next..self.next + WORD)
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u64::from_be_bytes);
        self.held |= word >> self.count;
        self.next += ((63 - self.count) >> 3) as usize;
        self.count |= 56;
    }

    /// The next `count` bits, 1 to 32; they stay.
    #[inline(always)]
    pub(super) fn look(&self, count: u32) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "32 bits at most")]
        let bits = (self.held >> (64 - count)) as usize;
        bits
    }

    /// Takes `count` bits, up to 32 of those that are ready.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.held <<= count;
        self.count -= count;
    }
}
