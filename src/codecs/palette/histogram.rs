//! How often colours occur, those that are nearly alike together.

use std::hash::{BuildHasher, RandomState};

use super::Seen;
use crate::checkpoint::{Checkpoint, Stage, Stop};

/// Kinds of colours that are told apart, at most.
pub(super) const MOST: usize = 1 << 15;

/// Bytes of each: vectors that grow are there twice.
pub(super) const EACH_BYTES: u64 = 3 * size_of::<Kind>() as u64;

/// Where each is found, half of it free.
const PLACES: usize = MOST * 2;
pub(super) const TABLE_BYTES: u64 = (PLACES * size_of::<u32>()) as u64;

/// Lowest bits of a sample that make no difference where there are more than [`FEW`] colours, as long as there is room for all kinds.
const ALIKE: u32 = 2;

/// So few colours are told apart to the last bit.
const FEW: usize = 1 << 10;

/// An odd number by chance, of a hasher's seed. Which it is makes no difference to what is found.
fn spread() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_le_bytes();
    u32::from_le_bytes([a, b, c, d]) | 1
}

/// Colours of one kind.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    key: u32,
    /// How many pixels have one of them.
    pub(super) count: u32,
    /// Sums of their samples.
    pub(super) sums: [u64; 4],
}

/// Kinds in the order in which they were seen.
pub(super) struct Histogram {
    pub(super) kinds: Vec<Kind>,
    /// One more than a kind's number; 0 for a place that has none.
    places: Vec<u32>,
    alike: u32,
    /// By what keys are spread over places. Nobody outside knows it, or could choose colours that all want the same place.
    spread: u32,
}

impl Histogram {
    /// That of a picture.
    ///
    /// # Errors
    /// A stopped checkpoint, which is polled at each row.
    pub(super) fn of(
        rows: impl Iterator<Item = impl Iterator<Item = Seen>>,
        checkpoint: &Checkpoint,
    ) -> Result<Self, Stop> {
        let mut histogram = Self {
            kinds: Vec::new(),
            places: vec![0; PLACES],
            alike: 0,
            spread: spread(),
        };
        for row in rows {
            checkpoint.check(Stage::Encode)?;
            for colour in row {
                while !histogram.add(colour) {
                    // At three bits a sample, at the latest, all kinds have room.
                    histogram.merge((histogram.alike + 1).max(ALIKE));
                }
            }
        }
        Ok(histogram)
    }

    /// Counts a pixel, if there is room for its kind.
    fn add(&mut self, colour: Seen) -> bool {
        self.insert(
            Kind {
                key: 0,
                count: 1,
                sums: colour.map(u64::from),
            },
            colour,
        )
    }

    /// Counts pixels of the kind that a colour is of.
    fn insert(&mut self, pixels: Kind, colour: Seen) -> bool {
        let key = u32::from_be_bytes(colour.map(|sample| sample >> self.alike));
        let most = if self.alike < ALIKE { FEW } else { MOST };
        let mut place = (key.wrapping_mul(self.spread) >> 16) as usize;
        loop {
            let Some(slot) = self.places.get_mut(place % PLACES) else {
                return false;
            };
            let Some(known) = slot.checked_sub(1) else {
                if self.kinds.len() == most {
                    return false;
                }
                self.kinds.push(Kind { key, ..pixels });
                *slot = u32::try_from(self.kinds.len()).unwrap_or_default();
                return true;
            };
            if let Some(kind) = self.kinds.get_mut(known as usize)
                && kind.key == key
            {
                kind.count = kind.count.saturating_add(pixels.count);
                for (sum, more) in kind.sums.iter_mut().zip(pixels.sums) {
                    *sum += more;
                }
                return true;
            }
            place += 1;
        }
    }

    /// Makes fewer differences.
    fn merge(&mut self, alike: u32) {
        let before = std::mem::replace(&mut self.alike, alike);
        self.places.fill(0);
        for kind in std::mem::take(&mut self.kinds) {
            let colour = kind.key.to_be_bytes().map(|sample| sample << before);
            self.insert(kind, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opaque colours that all want the same few places where keys are spread by the golden ratio, as they once were.
    fn chosen() -> Vec<Seen> {
        let keys = (0_u32..1 << 24).map(|rgb| rgb << 8 | 0xff);
        let near = keys.filter(|key| key.wrapping_mul(0x9e37_79b9) >> 16 < 64);
        near.take(FEW).map(u32::to_be_bytes).collect()
    }

    fn counted(colours: &[Seen], spread: u32) -> (Vec<(u32, u32)>, usize) {
        let mut histogram = Histogram {
            kinds: Vec::new(),
            places: vec![0; PLACES],
            alike: 0,
            spread,
        };
        for &colour in colours {
            assert!(histogram.add(colour));
        }
        // How far the last of them lies from where it wants to be, around.
        let far = histogram
            .places
            .iter()
            .enumerate()
            .filter_map(|(place, number)| {
                let kind = histogram.kinds.get(number.checked_sub(1)? as usize)?;
                let home = (kind.key.wrapping_mul(spread) >> 16) as usize;
                Some((place + PLACES - home) % PLACES)
            });
        let far = far.max().unwrap();
        let kinds = histogram.kinds.iter();
        (kinds.map(|kind| (kind.key, kind.count)).collect(), far)
    }

    #[test]
    fn nobody_can_choose_colours_that_crowd() {
        let colours = chosen();
        let spreads: Vec<u32> = (0..4).map(|_| spread()).collect();
        assert!(spreads.iter().all(|spread| spread % 2 == 1));
        assert!(spreads.iter().any(|&other| other != spreads[0]));
        let (kinds, far) = counted(&colours, 0x9e37_79b9);
        assert!(far > 900, "{far}");
        let all = spreads.iter().map(|&spread| counted(&colours, spread));
        let farthest = all.map(|(found, far)| {
            // What is found doesn't depend on places.
            assert_eq!(found, kinds);
            far
        });
        assert!(farthest.min().unwrap() < 100);
    }
}
