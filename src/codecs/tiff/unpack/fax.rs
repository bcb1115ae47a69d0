//! Fax rows: runs of white and black in turn, and what changed against the row above (ITU-T T.4 and T.6).
//!
//! A row is held as the columns at which its colour changes, from white. Bits that are set are black.

use std::borrow::Cow;

use super::bits::Bits;
use super::codes::{BLACK, LONGEST, NONE, WHITE};
use super::{Fault, Unpack};

/// How rows follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Runs, each row from a new byte on.
    Rows,
    /// Runs, or changes where the mark before a row says so.
    Marked {
        /// Whether marks say what follows.
        two: bool,
    },
    /// Changes.
    Two,
}

/// Zeros of a mark between rows, before its one.
const MARK_ZEROS: u32 = 11;

pub(super) struct Fax<'a> {
    bits: Bits<'a>,
    width: u32,
    scheme: Scheme,
    /// Changes in the row above, and in this one.
    above: Vec<u32>,
    row: Vec<u32>,
    /// No more rows come: those that are left are white.
    ended: bool,
}

/// Two lists of changes, which grow by doubling.
pub(super) fn held_bytes(width: u32) -> u64 {
    (u64::from(width) + 4) * 4 * 4
}

/// What is said of the next change.
enum Mode {
    /// No change until the row above has changed twice.
    Pass,
    /// Two runs follow.
    Runs,
    /// So many columns from the next change above.
    Beside(i64),
}

impl<'a> Fax<'a> {
    pub(super) fn new(data: Cow<'a, [u8]>, width: u32, scheme: Scheme) -> Self {
        Self {
            bits: Bits::new(data),
            width,
            scheme,
            above: Vec::new(),
            row: Vec::new(),
            ended: false,
        }
    }

    /// A run of a colour: any number of long codes, and a short one.
    fn run(&mut self, black: bool) -> Result<u32, Fault> {
        let table = if black { &**BLACK } else { &**WHITE };
        let mut run = 0;
        loop {
            let entry = table
                .get(self.bits.peek(LONGEST) as usize)
                .copied()
                .unwrap_or(NONE);
            if entry == NONE {
                return Err(self.bits.lost(LONGEST));
            }
            self.bits.skip(u32::from(entry & 15))?;
            let more = u32::from(entry >> 4);
            run += more;
            if more < 64 {
                return Ok(run);
            }
            if run > self.width {
                return Err(Fault::Corrupt);
            }
        }
    }

    fn mode(&mut self) -> Result<Mode, Fault> {
        let bits = self.bits.peek(7);
        let (length, mode) = match bits {
            0b100_0000.. => (1, Mode::Beside(0)),
            0b011_0000.. => (3, Mode::Beside(1)),
            0b010_0000.. => (3, Mode::Beside(-1)),
            0b001_0000.. => (3, Mode::Runs),
            0b000_1000.. => (4, Mode::Pass),
            0b000_0110.. => (6, Mode::Beside(2)),
            0b000_0100.. => (6, Mode::Beside(-2)),
            0b000_0011 => (7, Mode::Beside(3)),
            0b000_0010 => (7, Mode::Beside(-3)),
            // Rows that aren't compressed begin so; nobody writes them.
            _ => return Err(self.bits.lost(LONGEST)),
        };
        self.bits.skip(length)?;
        Ok(mode)
    }

    /// Puts a change into the row; one beyond its end ends it. Runs of nothing may not make more of them than there are columns.
    fn change(&mut self, column: u32) -> Result<(), Fault> {
        if self.row.len() > self.width as usize + 1 {
            return Err(Fault::Corrupt);
        }
        self.row.push(column.min(self.width));
        Ok(())
    }

    /// A row of runs alone.
    fn runs(&mut self) -> Result<(), Fault> {
        let mut column = 0;
        let mut black = false;
        while column < self.width {
            // A row may end early: the rest of it is white.
            if self.scheme != Scheme::Rows && self.marked() {
                break;
            }
            column = self.run(black)?.saturating_add(column);
            self.change(column)?;
            black = !black;
        }
        Ok(())
    }

    /// A row of changes against the one above.
    fn changes(&mut self) -> Result<(), Fault> {
        let mut column = None;
        let mut next = 0;
        let mut black = false;
        while column.is_none_or(|column| column < self.width) {
            let (first, second) = self.next_above(column, black, &mut next);
            let start = column.unwrap_or(0);
            match self.mode()? {
                Mode::Pass => column = Some(second),
                Mode::Runs => {
                    let end = self.run(black)?.saturating_add(start);
                    let behind = self.run(!black)?.saturating_add(end);
                    self.change(end)?;
                    self.change(behind)?;
                    column = Some(behind);
                }
                Mode::Beside(shift) => {
                    let at = u32::try_from(i64::from(first) + shift)
                        .map_err(|_before| Fault::Corrupt)?;
                    if at < start || at > self.width {
                        return Err(Fault::Corrupt);
                    }
                    self.change(at)?;
                    column = Some(at);
                    black = !black;
                }
            }
        }
        Ok(())
    }

    /// The next change above to the other colour, right of `column`, and the one behind it. `next` is where the last search ended.
    fn next_above(&self, column: Option<u32>, black: bool, next: &mut usize) -> (u32, u32) {
        let right = |at: usize| {
            let change = self.above.get(at).copied();
            change.is_none_or(|change| column.is_none_or(|column| change > column))
        };
        while *next > 0 && right(*next - 1) {
            *next -= 1;
        }
        // Changes to black and to white take turns, black first.
        if *next % 2 != usize::from(black) {
            *next += 1;
        }
        while !right(*next) {
            *next += 2;
        }
        let at = |index: usize| self.above.get(index).copied().unwrap_or(self.width);
        (at(*next), at(*next + 1))
    }

    /// Steps over a mark where there is one.
    fn take_mark(&mut self) -> bool {
        let marked = self.marked();
        if marked {
            self.bits.skip_zeros_and_one();
        }
        marked
    }

    /// Whether a mark comes, behind any number of zeros.
    fn marked(&self) -> bool {
        self.bits.peek(MARK_ZEROS) == 0 && self.bits.one_behind_zeros()
    }

    /// Reads a row into `row`.
    fn read(&mut self) -> Result<(), Fault> {
        match self.scheme {
            Scheme::Rows => {
                self.bits.align();
                self.runs()
            }
            Scheme::Marked { two } => {
                let mut marks = 0;
                let mut one = true;
                while marks < 6 && self.take_mark() {
                    marks += 1;
                    if two {
                        one = self.bits.peek(1) == 1;
                        self.bits.skip(1)?;
                    }
                }
                // Two in a row end a page.
                self.ended = marks > 1;
                match (self.ended, one) {
                    (true, _) => Ok(()),
                    (false, true) => self.runs(),
                    (false, false) => self.changes(),
                }
            }
            Scheme::Two => {
                self.ended = self.bits.peek(MARK_ZEROS + 1) == 1;
                if self.ended { Ok(()) } else { self.changes() }
            }
        }
    }
}

impl Unpack for Fax<'_> {
    fn fill(&mut self, room: &mut [u8]) -> Result<(), Fault> {
        let stride = (self.width as usize).div_ceil(8).max(1);
        for bytes in room.chunks_mut(stride) {
            std::mem::swap(&mut self.above, &mut self.row);
            self.row.clear();
            if !self.ended {
                self.read()?;
            }
            bytes.fill(0);
            for run in self.row.chunks(2) {
                let start = run.first().copied().unwrap_or(self.width);
                let end = run.get(1).copied().unwrap_or(self.width);
                blacken(bytes, start as usize, end as usize);
            }
        }
        Ok(())
    }
}

/// Sets the bits from `start` to before `end`.
fn blacken(bytes: &mut [u8], start: usize, end: usize) {
    if start >= end {
        return;
    }
    let (first, last) = (start / 8, (end - 1) / 8);
    let head = 0xff_u8 >> (start % 8);
    let tail = 0xff_u8 << (7 - (end - 1) % 8);
    let Some(touched) = bytes.get_mut(first..=last) else {
        return;
    };
    match touched {
        [one] => *one |= head & tail,
        [one, middle @ .., other] => {
            *one |= head;
            middle.fill(0xff);
            *other |= tail;
        }
        [] => {}
    }
}
