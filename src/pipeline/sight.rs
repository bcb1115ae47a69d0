//! What is seen of a picture with alpha, block by block: where nothing is, or nothing shines through, there is less to mix.
//!
//! Weights add up to 1 exactly, so zeros mix to zero and opaque alphas to opaque: leaving them out changes no number.

use std::ops::Range;

use super::filter::Filter;

/// Columns of a block.
pub(super) const BLOCK: usize = 32;

/// Pixels of an answer that a pass makes at once: runs begin and end with them.
const FOURS: usize = 4;

/// What is seen of some pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sight(u8);

impl Sight {
    /// All are transparent.
    pub(super) const NOTHING: Self = Self(0b01);
    /// All are opaque.
    pub(super) const OPAQUE: Self = Self(0b10);
    /// Some of this, some of that.
    pub(super) const MIXED: Self = Self(0b11);

    /// By whether any pixel is seen, and whether anything shines through any.
    pub(super) fn of(seen: bool, through: bool) -> Self {
        match (seen, through) {
            (false, _) => Self::NOTHING,
            (true, false) => Self::OPAQUE,
            (true, true) => Self::MIXED,
        }
    }

    /// What is seen of these pixels and others.
    #[inline]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Neighbours of which the same is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) columns: Range<usize>,
    pub(super) sight: Sight,
}

/// Lengthens the last run as far as `end`, or begins another.
fn extend(runs: &mut Vec<Run>, end: usize, sight: Sight) {
    let start = match runs.last_mut() {
        Some(last) if last.sight == sight => {
            last.columns.end = end;
            return;
        }
        Some(last) => last.columns.end,
        None => 0,
    };
    if start < end {
        let columns = start..end;
        runs.push(Run { columns, sight });
    }
}

/// What is seen of the rows of a ring, and of those that are mixed from it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Of each block of the ring's slots, one slot after the other; none where all is opaque anyway.
    slots: Vec<Sight>,
    /// Blocks of a slot.
    blocks: usize,
    /// Of each block of the rows that are mixed.
    all: Vec<Sight>,
    /// The same in runs.
    pub(super) row: Vec<Run>,
    /// Of the pixels that they become.
    pub(super) pixels: Vec<Run>,
}

impl Seen {
    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        let runs = self.row.capacity() + self.pixels.capacity();
        self.slots.capacity() + self.all.capacity() + runs * size_of::<Run>()
    }

    /// Forgets everything, for so many slots of so many columns of a picture with or without alpha.
    pub(super) fn reset(&mut self, slots: usize, columns: usize, alpha: bool) {
        self.blocks = columns / BLOCK;
        self.slots.clear();
        self.slots
            .resize(if alpha { slots * self.blocks } else { 0 }, Sight::MIXED);
        self.all.clear();
        self.all.resize(self.blocks, Sight::OPAQUE);
        self.row.clear();
        self.pixels.clear();
    }

    /// What is seen of a slot.
    pub(super) fn slot(&mut self, slot: usize) -> &mut [Sight] {
        let start = slot * self.blocks;
        let slot = self.slots.get_mut(start..start + self.blocks);
        slot.unwrap_or_default()
    }

    /// Finds the runs of a row that is mixed from these slots, and those of the `width` pixels that it becomes.
    pub(super) fn look(
        &mut self,
        slots: impl Iterator<Item = usize>,
        filter: &Filter,
        width: usize,
    ) {
        if self.slots.is_empty() && !self.row.is_empty() {
            // Always the same.
            return;
        }
        for (index, slot) in slots.enumerate() {
            let start = slot * self.blocks;
            let slot = self.slots.get(start..start + self.blocks);
            for (all, &sight) in self.all.iter_mut().zip(slot.unwrap_or_default()) {
                *all = if index == 0 { sight } else { all.and(sight) };
            }
        }
        self.row.clear();
        for (index, &sight) in self.all.iter().enumerate() {
            extend(&mut self.row, (index + 1) * BLOCK, sight);
        }
        self.pixels.clear();
        mixed(&self.row, filter, width, &mut self.pixels);
    }
}

/// Adds the runs that a row of so many pixels has when `row` was mixed by `filter` to `runs`, which are none yet.
fn mixed(row: &[Run], filter: &Filter, width: usize, runs: &mut Vec<Run>) {
    let (firsts, taps) = (filter.firsts(), filter.taps());
    let last = row.last().map_or(0, |run| run.columns.end);
    for Run { columns, sight } in row {
        if *sight == Sight::MIXED {
            continue;
        }
        // A pixel all of whose weights lie in the run; beyond the row there are only zeros.
        let start = match columns.start {
            0 => 0,
            start => firsts.partition_point(|&first| (first as usize) < start),
        };
        let end = if columns.end == last {
            width
        } else {
            let inside = |&first: &u32| first as usize + taps <= columns.end;
            firsts.partition_point(inside) / FOURS * FOURS
        };
        let start = start.next_multiple_of(FOURS);
        if start < end {
            extend(runs, start, Sight::MIXED);
            extend(runs, end, *sight);
        }
    }
    extend(runs, width, Sight::MIXED);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::strip::Span;

    #[test]
    fn runs_join_neighbours() {
        let mut seen = Seen::default();
        seen.reset(2, 4 * BLOCK, true);
        seen.slot(0).copy_from_slice(&[
            Sight::NOTHING,
            Sight::NOTHING,
            Sight::OPAQUE,
            Sight::OPAQUE,
        ]);
        seen.slot(1).copy_from_slice(&[
            Sight::NOTHING,
            Sight::OPAQUE,
            Sight::OPAQUE,
            Sight::OPAQUE,
        ]);
        let span = Span {
            start: 0.0,
            length: 128.0,
            limit: 128,
            target: 128,
            deviation: 0.0,
        };
        seen.look([0, 1].into_iter(), &Filter::new(span, 2, 1), 128);
        let runs: Vec<_> = seen
            .row
            .iter()
            .map(|run| (run.columns.end, run.sight))
            .collect();
        assert_eq!(
            runs,
            [
                (32, Sight::NOTHING),
                (64, Sight::MIXED),
                (128, Sight::OPAQUE)
            ]
        );
    }

    proptest! {
        /// Runs of pixels cover the answer without gaps, and those that aren't mixed have all their weights in such a run of the row.
        #[test]
        fn pixels_are_as_what_they_are_made_of(
            sights in prop::collection::vec(1_u8..4, 1..40),
            target in 1_u32..900,
            left in 0_u32..32,
        ) {
            let limit = u32::try_from(sights.len() * BLOCK).unwrap() - left;
            let span = Span { start: 0.0, length: f64::from(limit), limit, target, deviation: 0.0 };
            let filter = Filter::new(span, 16, 1);
            let mut seen = Seen::default();
            seen.reset(1, sights.len() * BLOCK, true);
            for (to, &from) in seen.slot(0).iter_mut().zip(&sights) {
                *to = Sight(from);
            }
            seen.look(std::iter::once(0), &filter, target as usize);
            let mut end = 0;
            for Run { columns, sight } in &seen.pixels {
                prop_assert!(columns.start == end && columns.end > end);
                end = columns.end;
                for pixel in columns.clone() {
                    let (first, weights) = filter.of(pixel);
                    let weighed = weights.iter().zip(first as usize..).filter(|(w, _)| **w != 0);
                    for (_, column) in weighed {
                        prop_assert!(*sight == Sight::MIXED || sights[column / BLOCK] == sight.0);
                    }
                }
            }
            prop_assert_eq!(end, target as usize);
        }
    }
}
