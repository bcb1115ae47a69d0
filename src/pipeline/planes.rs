//! Resampling of one plane by our own kernel, fused with the decoder: rows come, rows of the answer go.
//!
//! A ring holds the few rows that the filter reaches, as numbers, in pairs. As soon as the last
//! row that a row of the answer is made of has come, it is made: mixed down, then mixed across.
//! Interleaved samples are split into a stretch of the ring's rows for each channel; of a picture with
//! alpha only what is seen is mixed.

use super::curve::BRIGHTEST;
use super::filter::Filter;
use super::interleaved::STEP;
use super::kernel::{Kernel, SLACK};
use super::levels::Levels;
use super::sight::{BLOCK, Run, Seen, Sight};
use super::strip::Span;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::Plane;

/// Weights of the pass across come in groups of as many.
const GROUP: usize = 16;

/// Buffers of a plane, kept for the next picture.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    ring: Vec<u32>,
    line: Vec<i16>,
    mixed: Vec<i16>,
    /// An upper row that waits for its lower one.
    upper: Vec<u8>,
    seen: Seen,
}

impl Buffers {
    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.ring.capacity() * 4
            + (self.line.capacity() + self.mixed.capacity()) * 2
            + self.upper.capacity()
            + self.seen.bytes()
    }
}

/// One plane on its way to its target size.
pub(super) struct PlaneScaler {
    kernel: Kernel,
    levels: Levels,
    channels: usize,
    /// The source columns that are of any use: the first, and how many.
    columns: (usize, usize),
    source_rows: u32,
    across: Filter,
    down: Filter,
    /// Numbers of each channel in a row of the ring.
    stride: usize,
    /// Pairs of rows that the ring holds.
    slots: usize,
    buffers: Buffers,
    /// Source rows that have come.
    taken: u32,
    answer: Plane,
    done: u32,
}

impl PlaneScaler {
    /// Prepares the resampling of a plane whose samples are mixed as `levels` says.
    pub(super) fn new(across: Span, down: Span, levels: Levels, mut buffers: Buffers) -> Self {
        let answer = Plane::new(across.target, down.target, levels.channels());
        let channels = levels.channels() as usize;
        let source_rows = down.limit;
        let first = across.needed(&(0..across.target));
        let columns = (first.start as usize, (first.end - first.start) as usize);
        let mut across = Filter::new(across, GROUP, 1);
        across.start_at(first.start);
        let down = Filter::new(down, 2, 2);
        let stride = columns.1.next_multiple_of(STEP);
        let slots = down.taps() / 2;
        buffers.ring.resize(slots * stride * channels, 0);
        buffers.line.clear();
        buffers
            .line
            .resize(stride * channels + across.taps() + SLACK, 0);
        buffers.mixed.resize(answer.stride, 0);
        buffers.upper.clear();
        buffers.seen.reset(slots, stride, levels.alpha());
        Self {
            kernel: Kernel::best(),
            levels,
            channels,
            columns,
            source_rows,
            across,
            down,
            stride,
            slots,
            buffers,
            taken: 0,
            answer,
            done: 0,
        }
    }

    /// Bytes that it holds at most, for so many interleaved channels.
    pub(super) fn peak_bytes(across: Span, down: Span, channels: u32) -> u64 {
        let channels = u64::from(channels);
        let columns = (u64::from(across.limit) + STEP as u64) * channels;
        let pairs = down.weights() / 2 + 2;
        let taps = across.weights() + GROUP as u64 + 2;
        let weights = u64::from(across.target) * (2 * taps + 8 * taps)
            + u64::from(down.target) * (pairs * 20);
        let answer = u64::from(across.target) * u64::from(down.target) * channels;
        // Of each block what is seen in each pair, and in runs of 24 bytes, two lists with room to grow.
        let seen = columns / BLOCK as u64 * (pairs + 4 * 24);
        pairs * columns * 4 + columns * 6 + taps * 8 + weights + answer + seen
    }

    /// Whether no further source row is of any use.
    ///
    /// When the last row is, the decoder is read to its end, so that it sees a broken end too.
    pub(super) fn satisfied(&self) -> bool {
        self.done == self.answer.height && {
            let (first, weights) = self.down.of((self.answer.height - 1) as usize);
            first as usize + weights.len() < self.source_rows as usize
        }
    }

    /// Takes rows, and makes what can be made of them.
    ///
    /// # Errors
    /// A stopped checkpoint: a whole picture may come at once.
    pub(super) fn take(&mut self, plane: &Plane, checkpoint: &Checkpoint) -> Result<(), Stop> {
        let mut rows = plane.rows(self.levels.channels());
        if !self.buffers.upper.is_empty()
            && let Some(lower) = rows.next()
        {
            let upper = std::mem::take(&mut self.buffers.upper);
            self.pair(&upper, lower, checkpoint)?;
            self.buffers.upper = upper;
            self.buffers.upper.clear();
        }
        while let Some(upper) = rows.next() {
            if let Some(lower) = rows.next() {
                self.pair(upper, lower, checkpoint)?;
            } else if self.taken + 1 == self.source_rows {
                // The last row has no partner; weights of zero stand for it.
                self.pair(upper, upper, checkpoint)?;
            } else {
                self.buffers.upper.extend_from_slice(upper);
            }
        }
        Ok(())
    }

    /// The pair that a row of the answer begins with, and how many it is made of.
    fn pairs(&self, row: u32) -> (usize, usize) {
        let (first, weights) = self.down.of(row as usize);
        let first = first as usize / 2;
        let all = self.source_rows.div_ceil(2) as usize;
        (first, (weights.len() / 2).min(all - first))
    }

    /// Takes two rows; polls, and again for each row that it makes, since they can be many.
    fn pair(&mut self, upper: &[u8], lower: &[u8], checkpoint: &Checkpoint) -> Result<(), Stop> {
        checkpoint.check(Stage::Resize)?;
        let index = self.taken as usize / 2;
        self.taken += 2;
        if self.done == self.answer.height || index < self.pairs(self.done).0 {
            return Ok(());
        }
        let (first, count) = self.columns;
        let samples = first * self.channels..(first + count) * self.channels;
        let length = self.stride * self.channels;
        let slot = index % self.slots * length;
        let (Some(upper), Some(lower), Some(slot)) = (
            upper.get(samples.clone()),
            lower.get(samples),
            self.buffers.ring.get_mut(slot..slot + length),
        ) else {
            return Ok(());
        };
        let sights = self.buffers.seen.slot(index % self.slots);
        self.levels.pair([upper, lower], self.stride, slot, sights);
        while self.done < self.answer.height {
            let (first, count) = self.pairs(self.done);
            if first + count > index + 1 {
                break;
            }
            checkpoint.check(Stage::Resize)?;
            self.row(first, count);
        }
        Ok(())
    }

    /// Makes the next row of the answer.
    fn row(&mut self, first: usize, count: usize) {
        let width = self.answer.width as usize;
        let slots = (first..first + count).map(|pair| pair % self.slots);
        self.buffers.seen.look(slots, &self.across, width);
        self.mix(first, count);
        let start = self.done as usize * self.answer.stride;
        let end = start + self.answer.stride;
        if let Some(out) = self.answer.samples.get_mut(start..end) {
            for Run { columns, sight } in &self.buffers.seen.pixels {
                let numbers = &self.buffers.mixed;
                self.levels.samples(numbers, columns.clone(), *sight, out);
            }
        }
        self.done += 1;
    }

    /// Mixes rows down, then across.
    fn mix(&mut self, first: usize, count: usize) {
        let Buffers {
            ring,
            line,
            mixed,
            seen,
            ..
        } = &mut self.buffers;
        let length = self.stride * self.channels;
        let slots: Vec<&[u32]> = (first..first + count)
            .filter_map(|pair| {
                let slot = pair % self.slots * length;
                ring.get(slot..slot + length)
            })
            .collect();
        let (_, weights) = self.down.of(self.done as usize);
        let alpha = self.channels - usize::from(self.levels.alpha());
        for (channel, line) in line
            .chunks_exact_mut(self.stride)
            .take(self.channels)
            .enumerate()
        {
            for Run { columns, sight } in &seen.row {
                let Some(line) = line.get_mut(columns.clone()) else {
                    continue;
                };
                match *sight {
                    Sight::NOTHING => line.fill(0),
                    Sight::OPAQUE if channel == alpha => line.fill(BRIGHTEST),
                    _ => {
                        let start = channel * self.stride + columns.start;
                        self.kernel.vertical(&slots, weights, start, line);
                    }
                }
            }
        }
        let width = self.answer.width as usize;
        for (channel, mixed) in mixed.chunks_exact_mut(width).enumerate() {
            // Beyond a channel's stretch the weights are zeros.
            let line = line.get(channel * self.stride..).unwrap_or_default();
            for Run { columns, sight } in &seen.pixels {
                let Some(mixed) = mixed.get_mut(columns.clone()) else {
                    continue;
                };
                match *sight {
                    Sight::NOTHING => {}
                    Sight::OPAQUE if channel == alpha => mixed.fill(BRIGHTEST),
                    _ => self
                        .kernel
                        .horizontal(line, &self.across, columns.start, mixed),
                }
            }
        }
    }

    /// The answer, if all of it was made, and the buffers.
    pub(super) fn finish(self) -> (Option<Plane>, Buffers) {
        let whole = self.done == self.answer.height;
        (whole.then_some(self.answer), self.buffers)
    }
}
