//! The file: its head, and frames of numbers, block by block.

use super::codes::Coder;
use super::order;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Error;
use crate::codecs::animation::{Area, Disposal};
use crate::codecs::palette::Indexed;

/// Hundredths of a second that a frame is shown at most.
const LONGEST: u64 = u16::MAX as u64;

/// How long a frame is shown, and what becomes of it.
#[derive(Clone, Copy)]
pub(super) struct Timing {
    pub(super) milliseconds: u64,
    pub(super) disposal: Disposal,
}

/// A file on its way.
pub(super) struct Writer {
    width: u32,
    height: u32,
    interlaced: bool,
    file: Vec<u8>,
    /// The colours of all frames that have none of their own.
    shared: Vec<[u8; 3]>,
    /// Milliseconds by which frames have been shown too shortly so far.
    owed: i64,
}

impl Writer {
    pub(super) fn new(width: u32, height: u32, interlaced: bool) -> Self {
        Self {
            width,
            height,
            interlaced,
            file: Vec::new(),
            shared: Vec::new(),
            owed: 0,
        }
    }

    /// Whether nothing is written yet.
    pub(super) fn is_empty(&self) -> bool {
        self.file.is_empty()
    }

    /// Begins the file with the first frame's colours; `plays` is how often an animation is shown, 0 for without end.
    pub(super) fn begin(&mut self, first: &Indexed, plays: u32) {
        let flags = 0x80 | 0x70 | size(&first.colours);
        self.file.extend_from_slice(b"GIF89a");
        for side in [self.width, self.height] {
            self.file.extend(low(side).to_le_bytes());
        }
        self.file.extend([flags, 0, 0]);
        table(&first.colours, &mut self.file);
        self.shared.clone_from(&first.colours);
        // Once is what is done without a word.
        if plays != 1 {
            self.file
                .extend_from_slice(b"\x21\xff\x0bNETSCAPE2.0\x03\x01");
            self.file.extend(low(plays.saturating_sub(1)).to_le_bytes());
            self.file.push(0);
        }
    }

    /// Appends a frame; `timing` is for one of an animation.
    ///
    /// # Errors
    /// A stopped checkpoint.
    pub(super) fn frame(
        &mut self,
        area: Area,
        pixels: &Indexed,
        timing: Option<Timing>,
        checkpoint: &Checkpoint,
    ) -> Result<(), Error> {
        if timing.is_some() || pixels.hidden.is_some() {
            let disposal = match timing.map_or(Disposal::Keep, |timing| timing.disposal) {
                Disposal::Keep => 1,
                Disposal::Clear => 2,
                Disposal::Restore => 3,
            };
            let flags = disposal << 2 | u8::from(pixels.hidden.is_some());
            let delay = timing.map_or(0, |timing| self.hundredths(timing.milliseconds));
            let [low, high] = delay.to_le_bytes();
            let hidden = pixels.hidden.unwrap_or_default();
            let control = [0x21, 0xf9, 4, flags, low, high, hidden, 0];
            self.file.extend(control);
        }
        self.file.push(0x2c);
        for number in [area.left, area.top, area.width, area.height] {
            self.file.extend(low(number).to_le_bytes());
        }
        let own = pixels.colours != self.shared;
        let flags = if own { 0x80 | size(&pixels.colours) } else { 0 };
        self.file.push(flags | u8::from(self.interlaced) << 6);
        if own {
            table(&pixels.colours, &mut self.file);
        }
        let bits = (size(&pixels.colours) + 1).max(2);
        let mut coder = Coder::new(bits, &mut self.file);
        let rows: Vec<&[u8]> = pixels.numbers.chunks(area.width.max(1) as usize).collect();
        for y in order(rows.len(), self.interlaced) {
            checkpoint.check(Stage::Encode)?;
            coder.push(rows.get(y).copied().unwrap_or_default(), &mut self.file)?;
        }
        coder.finish(&mut self.file)
    }

    /// Whole hundredths of a second; what is lost by that, the next frames make up for.
    fn hundredths(&mut self, milliseconds: u64) -> u16 {
        let milliseconds = milliseconds.min(LONGEST * 10);
        let wanted = i64::try_from(milliseconds).unwrap_or_default() + self.owed;
        let hundredths = (wanted + 5).div_euclid(10).clamp(0, i64::from(u16::MAX));
        self.owed = wanted - hundredths * 10;
        u16::try_from(hundredths).unwrap_or(u16::MAX)
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.file.push(0x3b);
        self.file.shrink_to_fit();
        self.file
    }
}

/// What a table of these colours says of its size: it has two to the power of one more.
fn size(colours: &[[u8; 3]]) -> u8 {
    let bits = usize::BITS - colours.len().max(2).saturating_sub(1).leading_zeros();
    u8::try_from(bits - 1).unwrap_or(7).min(7)
}

/// Appends the colours, and black ones up to the size.
fn table(colours: &[[u8; 3]], file: &mut Vec<u8>) {
    file.extend(colours.iter().flatten());
    let rest = (2_usize << size(colours)).saturating_sub(colours.len());
    file.extend(std::iter::repeat_n(0, rest * 3));
}

/// A number that fits 16 bits.
fn low(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
