//! How pixel memory is shared between what takes much time or memory, and what takes little of either.

use super::queue::Demand;

/// What is little memory, as a part of all memory.
const MODEST: u64 = 32;

/// What is little memory in any case, if it isn't too large a part of all.
const MODEST_BYTES: u64 = 8 << 20;

/// The part of all memory that heavy work and its answers leave to others.
const LEFT: u64 = 8;

/// Where that part is smaller, nobody could use it: the least of pictures takes one of these.
const LEFT_BYTES: u64 = 2 << 20;

/// All of the memory, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget(pub(super) u64);

/// Bytes that are taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    /// By what takes long or much memory.
    pub(super) heavy: u64,
    /// By what takes little of either.
    pub(super) light: u64,
}

impl Taken {
    /// By both.
    pub(super) fn all(self) -> u64 {
        self.heavy + self.light
    }

    /// By one of them.
    pub(super) fn of(&mut self, heavy: bool) -> &mut u64 {
        if heavy {
            &mut self.heavy
        } else {
            &mut self.light
        }
    }
}

impl Budget {
    /// Whether the work takes long or much memory.
    pub(super) fn is_heavy(self, demand: Demand) -> bool {
        demand.dear() || demand.bytes > self.modest()
    }

    /// How many bytes are little.
    fn modest(self) -> u64 {
        if self.left() == 0 {
            self.0
        } else {
            (self.0 / MODEST).max(MODEST_BYTES.min(self.left()))
        }
    }

    /// What is kept for work that needs little.
    fn left(self) -> u64 {
        let part = self.0 / LEFT;
        if part < LEFT_BYTES { 0 } else { part }
    }

    /// Whether there is memory for it beside what is taken. Heavy work leaves a part to others, but for what needs more than the rest.
    pub(super) fn fits(self, demand: Demand, taken: Taken) -> bool {
        let part = self.0 - self.left();
        let leaves =
            !self.is_heavy(demand) || demand.bytes > part || taken.heavy + demand.bytes <= part;
        leaves && taken.all() + demand.bytes <= self.0
    }

    /// Whether it may go before the first, who waits for memory: light work may, as long as all of it leaves that what it needs.
    pub(super) fn passes(self, demand: Demand, taken: Taken, first: Demand) -> bool {
        !self.is_heavy(demand)
            && taken.light + demand.bytes <= (self.0 / LEFT).min(self.0 - first.bytes)
    }
}
