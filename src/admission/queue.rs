//! Who is next: classes of cost share the workers equally, first come first served within each.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::budget::Budget;

/// What a piece of work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Bytes of pixel memory.
    pub bytes: u64,
    /// Time on one processor, estimated: it decides who comes before whom, and how long a wait is likely to be.
    pub time: Duration,
}

/// Up to which time a demand belongs to each kind of cost but the last.
const BOUNDS: [Duration; 3] = [
    Duration::from_millis(25),
    Duration::from_millis(200),
    Duration::from_millis(1_600),
];

/// One for each kind of cost, and one for what takes much memory and little time.
const CLASSES: usize = BOUNDS.len() + 2;

/// The first kind of cost that is dear: a cheap one shouldn't have to wait for it to end.
const DEAR: usize = 2;

/// Takes much memory, and little time.
const LARGE: usize = CLASSES - 1;

impl Demand {
    fn cost(self) -> usize {
        BOUNDS.iter().filter(|&&bound| self.time > bound).count()
    }

    /// Whether the work takes long.
    pub(super) fn dear(self) -> bool {
        self.cost() >= DEAR
    }
}

/// Each class by what its work is thought to take.
const NAMES: [&str; CLASSES] = [
    "25 ms at most",
    "200 ms at most",
    "1.6 s at most",
    "longer",
    "much memory",
];

/// Where it waits. What waits for much memory has a class of its own, so that nobody is behind it who needs little.
fn class(budget: Budget, demand: Demand) -> usize {
    if !demand.dear() && budget.is_heavy(demand) {
        LARGE
    } else {
        demand.cost()
    }
}

/// The name of the class in which it waits.
pub(super) fn class_name(budget: Budget, demand: Demand) -> &'static str {
    let name = NAMES.get(class(budget, demand)).copied();
    name.unwrap_or_default()
}

/// Those who wait.
///
/// Start-time fair queueing (Goyal, Vin and Cheng, 1996) with the classes as flows: each class that waits gets the
/// same share of the workers' time. So one cheap piece of work doesn't wait behind thirty dear ones, and no stream of cheap ones
/// keeps a dear one waiting for ever.
#[derive(Debug)]
pub(super) struct Queue<T> {
    classes: [Class<T>; CLASSES],
    /// Who needs much of it mustn't keep those waiting who need little.
    budget: Budget,
    /// The share that the class had got whose turn it was last.
    reached: f64,
}

#[derive(Debug)]
struct Class<T> {
    waiting: VecDeque<Waiter<T>>,
    /// Seconds of work that it has got, counted from what the queue had reached when it last began to wait.
    share: f64,
}

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiter<T> {
    pub(super) demand: Demand,
    pub(super) item: T,
    /// Since when it is its turn, but memory lacks.
    pub(super) lacking: Option<Instant>,
}

/// One who waits: the class, and how many of it wait longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    class: usize,
    place: usize,
}

impl<T> Queue<T> {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            budget,
            classes: std::array::from_fn(|_| Class {
                waiting: VecDeque::new(),
                share: 0.0,
            }),
            reached: 0.0,
        }
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.classes.iter().map(|class| class.waiting.len()).sum()
    }

    /// How many wait with dear work.
    pub(super) fn dear(&self) -> usize {
        let dear = self.classes.iter().take(LARGE).skip(DEAR);
        dear.map(|class| class.waiting.len()).sum()
    }

    /// How many wait with work that takes long or much memory.
    pub(super) fn heavy(&self) -> usize {
        let heavy = self.classes.iter().skip(DEAR);
        heavy.map(|class| class.waiting.len()).sum()
    }

    fn class(&self, demand: Demand) -> usize {
        class(self.budget, demand)
    }

    /// Puts one at the end of its class.
    pub(super) fn push(&mut self, demand: Demand, item: T) {
        let class = self.class(demand);
        if let Some(class) = self.classes.get_mut(class) {
            if class.waiting.is_empty() {
                // What it didn't ask for while it didn't wait is gone.
                class.share = class.share.max(self.reached);
            }
            class.waiting.push_back(Waiter {
                demand,
                item,
                lacking: None,
            });
        }
    }

    /// Of each class the longest waiting that isn't kept from memory, that of the class with the smallest share first; those that
    /// are kept lack it from now on, if they didn't before.
    pub(super) fn turns(&mut self, now: Instant, kept: impl Fn(Demand) -> bool) -> Vec<Turn> {
        let classes = self.classes.iter_mut().enumerate();
        let mut turns: Vec<_> = classes
            .filter_map(|(class, waiting)| {
                let place = waiting.first(now, &kept)?;
                Some((waiting.share, Turn { class, place }))
            })
            .collect();
        turns.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        turns.into_iter().map(|(_, turn)| turn).collect()
    }

    /// Who it is.
    pub(super) fn waiter(&mut self, turn: Turn) -> Option<&mut Waiter<T>> {
        self.classes
            .get_mut(turn.class)?
            .waiting
            .get_mut(turn.place)
    }

    /// What those need who lack memory, and since when they lack it.
    pub(super) fn lacking(&self) -> impl Iterator<Item = (Demand, Instant)> {
        let waiting = self.classes.iter().flat_map(|class| &class.waiting);
        waiting.filter_map(|waiter| Some((waiter.demand, waiter.lacking?)))
    }

    /// Takes one out, and counts its work.
    pub(super) fn pop(&mut self, turn: Turn) -> Option<Waiter<T>> {
        let class = self.classes.get_mut(turn.class)?;
        let waiter = class.waiting.remove(turn.place)?;
        self.reached = self.reached.max(class.share);
        class.share += waiter.demand.time.as_secs_f64();
        self.settle();
        Some(waiter)
    }

    /// Where nobody waits any more, nobody owes anything.
    fn settle(&mut self) {
        if self.len() == 0 {
            let shares = self.classes.iter().map(|class| class.share);
            self.reached = shares.fold(self.reached, f64::max);
        }
    }

    /// Takes out all but those that `stays` says so of.
    pub(super) fn retain(&mut self, stays: impl Fn(&Waiter<T>) -> bool) {
        for class in &mut self.classes {
            class.waiting.retain(&stays);
        }
        self.settle();
    }

    /// Seconds of work before such a one's turn, if nobody else comes.
    pub(super) fn ahead(&self, demand: Demand) -> f64 {
        let own = self
            .classes
            .get(self.class(demand))
            .map_or(0.0, Class::seconds);
        // Of its own class all, which is less, and of each other one as much as that gets until then.
        let until = own + demand.time.as_secs_f64();
        self.classes
            .iter()
            .map(|class| class.seconds().min(until))
            .sum()
    }

    /// Seconds of work of all who wait.
    pub(super) fn seconds(&self) -> f64 {
        self.classes.iter().map(Class::seconds).sum()
    }
}

impl<T> Class<T> {
    /// How many wait longer than the first that isn't kept from memory.
    fn first(&mut self, now: Instant, kept: impl Fn(Demand) -> bool) -> Option<usize> {
        self.waiting.iter_mut().position(|waiter| {
            let kept = kept(waiter.demand);
            if kept {
                waiter.lacking.get_or_insert(now);
            }
            !kept
        })
    }

    fn seconds(&self) -> f64 {
        let times = self.waiting.iter().map(|waiter| waiter.demand.time);
        times.sum::<Duration>().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Of which one byte is little.
    const MEMORY: u64 = 1 << 20;

    fn demand(milliseconds: u64) -> Demand {
        Demand {
            bytes: 1,
            time: Duration::from_millis(milliseconds),
        }
    }

    fn turns(queue: &mut Queue<usize>) -> Vec<Turn> {
        queue.turns(Instant::now(), |_| false)
    }

    fn next(queue: &mut Queue<usize>) -> usize {
        let turn = turns(queue)[0];
        queue.pop(turn).unwrap().item
    }

    #[test]
    fn a_cheap_one_passes_thirty_dear_ones() {
        let mut queue = Queue::new(Budget(MEMORY));
        for dear in 0..30 {
            queue.push(demand(2_000), dear);
        }
        assert_eq!(next(&mut queue), 0);
        queue.push(demand(10), 100);
        queue.push(demand(10), 101);
        assert_eq!([next(&mut queue), next(&mut queue)], [100, 101]);
        assert_eq!(next(&mut queue), 1);
    }

    #[test]
    fn a_stream_of_cheap_ones_leaves_the_dear_its_share() {
        let mut queue = Queue::new(Budget(MEMORY));
        queue.push(demand(2_000), 0);
        queue.push(demand(2_000), 1);
        let mut cheap = 0;
        let mut dear = Vec::new();
        for _ in 0..500 {
            queue.push(demand(20), 100);
            queue.push(demand(20), 100);
            match next(&mut queue) {
                100 => cheap += 1,
                other => dear.push((other, cheap)),
            }
        }
        // Both classes begin alike; after the first dear one, as much time goes to the cheap ones.
        assert_eq!(dear.len(), 2, "{dear:?}");
        let between = dear[1].1 - dear[0].1;
        assert!((95..=105).contains(&between), "{dear:?}");
    }

    proptest! {
        /// Nobody is lost, none overtakes its own class, and shares stay within one piece of work of each other.
        #[test]
        fn the_order_is_fair(
            times in proptest::collection::vec(1_u64..4_000, 1..80),
        ) {
            let mut queue = Queue::new(Budget(MEMORY));
            for (index, &time) in times.iter().enumerate() {
                queue.push(demand(time), index);
            }
            let total: u64 = times.iter().sum();
            prop_assert!((queue.seconds() - total as f64 / 1_000.0).abs() < 1e-6);
            let mut got = [0_u64; CLASSES];
            let mut last = [None; CLASSES];
            for _ in 0..times.len() {
                let there: Vec<usize> = turns(&mut queue).iter().map(|turn| turn.class).collect();
                let index = next(&mut queue);
                let class = demand(times[index]).cost();
                prop_assert!(last[class].is_none_or(|last| last < index));
                last[class] = Some(index);
                prop_assert!(there.iter().all(|&other| got[class] <= got[other]));
                got[class] += times[index];
            }
            prop_assert_eq!(queue.len(), 0);
        }
    }
}
