//! The books under a model checker: clients that wait, leave, expire and panic, interleaved in every way that it tries.
//!
//! All of the accounting is behind one lock, so that the orders in which threads take it are all the orders there are.
//! Shuttle runs the threads one at a time, picks the next at each lock, and calls it a deadlock when all that are left wait:
//! a wake-up that is lost ends there. The channels' own insides are tokio's to check.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use shuttle::thread::JoinHandle;

use super::*;
use crate::admission::state::State;

#[path = "model_stories_tests.rs"]
mod stories;

/// Every way a client's story can end, counted over all runs: a model in which some never happens shows nothing.
const ENDS: [&str; 9] = [
    "answered",
    "kept",
    "panicked",
    "refused",
    "left in the queue",
    "left at work",
    "expired in the queue",
    "expired at work",
    "skipped",
];

#[derive(Default)]
struct Counts([AtomicUsize; ENDS.len()]);

impl Counts {
    fn count(&self, end: &str) {
        let index = ENDS.iter().position(|known| *known == end).unwrap();
        self.0[index].fetch_add(1, Ordering::Relaxed);
    }

    fn of(&self) -> Vec<(&str, usize)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        ENDS.into_iter().zip(counts).collect()
    }
}

/// Books of the model's own, kept by those who do the work: at each moment they hold no more than is granted.
#[derive(Default)]
struct Ledger {
    /// What runs, and whether it is dear.
    working: Vec<bool>,
    pixels: u64,
    uploads: u64,
    /// Those that may be in the queue.
    waiting: usize,
}

struct World {
    state: Arc<State>,
    settings: Settings,
    ledger: Mutex<Ledger>,
    /// What runs or ran on the pool.
    pool: Mutex<Vec<JoinHandle<()>>>,
    counts: Arc<Counts>,
}

impl World {
    fn new(settings: Settings, counts: &Arc<Counts>) -> Arc<Self> {
        Arc::new(Self {
            state: Arc::new(State::modelled(settings)),
            settings,
            ledger: Mutex::default(),
            pool: Mutex::default(),
            counts: Arc::clone(counts),
        })
    }

    fn change(&self, how: impl FnOnce(&mut Ledger)) {
        let mut ledger = self.ledger.lock().unwrap();
        how(&mut ledger);
        let (working, workers) = (&ledger.working, self.settings.workers);
        let dear = working.iter().filter(|&&dear| dear).count();
        assert!(working.len() <= workers || (working.len() == workers + 1 && dear == workers));
        assert!(ledger.pixels <= self.settings.pixel_memory);
        assert!(ledger.uploads <= self.settings.upload_memory);
    }

    /// What holds between any two changes of the books.
    fn check(&self) {
        assert!(self.state.settled(), "one waits for what is free");
        let figures = self.state.figures();
        assert!(figures.busy <= self.settings.workers + 1, "{figures:?}");
        let waiting = self.ledger.lock().unwrap().waiting;
        assert!(figures.queued <= waiting, "{figures:?}, {waiting} wait");
        // One more may wait for memory, for which a worker is free.
        assert!(figures.queued <= self.settings.queue + 1, "{figures:?}");
        assert!(
            figures.pixel_memory.0 <= figures.pixel_memory.1,
            "{figures:?}"
        );
        assert!(
            figures.upload_memory.0 <= figures.upload_memory.1,
            "{figures:?}"
        );
    }

    /// Waits until everybody has gone, and then nothing is taken.
    fn end(&self, threads: Vec<JoinHandle<()>>) {
        for thread in threads {
            thread.join().unwrap();
        }
        let pool = std::mem::take(&mut *self.pool.lock().unwrap());
        for thread in pool {
            thread.join().unwrap();
        }
        let Figures {
            queued,
            busy,
            upload_memory,
            pixel_memory,
            ..
        } = self.state.figures();
        assert_eq!(
            (queued, busy, upload_memory.0, pixel_memory.0),
            (0, 0, 0, 0)
        );
        let ledger = self.ledger.lock().unwrap();
        assert_eq!(
            (ledger.working.len(), ledger.pixels, ledger.uploads),
            (0, 0, 0)
        );
    }
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Stays,
    Leaves,
    Expires,
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Returns,
    Keeps,
    Panics,
}

/// Memory that an answer keeps.
struct Answer {
    world: Arc<World>,
    bytes: u64,
    _held: Held,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.world.change(|ledger| ledger.pixels -= self.bytes);
    }
}

/// One that may be in the queue, in the model's books.
struct Queued<'a>(&'a World);

impl<'a> Queued<'a> {
    fn new(world: &'a World) -> Self {
        world.change(|ledger| ledger.waiting += 1);
        Self(world)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.change(|ledger| ledger.waiting -= 1);
    }
}

/// What runs, as long as it does, in the model's books.
struct Working {
    world: Arc<World>,
    demand: Demand,
    bytes: u64,
}

impl Working {
    fn new(world: &Arc<World>, demand: Demand) -> Self {
        world.change(|ledger| {
            ledger.working.push(demand.dear());
            ledger.pixels += demand.bytes;
        });
        Self {
            world: Arc::clone(world),
            demand,
            bytes: demand.bytes,
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.world.change(|ledger| {
            let own = ledger
                .working
                .iter()
                .position(|&dear| dear == self.demand.dear())
                .unwrap();
            ledger.working.swap_remove(own);
            ledger.pixels -= self.bytes;
        });
    }
}

fn work(world: &Arc<World>, demand: Demand, how: Work, permit: &mut Permit) -> Option<Answer> {
    let mut working = Working::new(world, demand);
    world.check();
    let kept = demand.bytes / 2;
    let answer = matches!(how, Work::Keeps | Work::Panics).then(|| {
        let held = permit.keep(kept);
        working.bytes -= kept;
        Answer {
            world: Arc::clone(world),
            bytes: kept,
            _held: held,
        }
    });
    if matches!(how, Work::Panics) {
        // Past the hook, which would print each.
        std::panic::resume_unwind(Box::new("planted"));
    }
    answer
}
