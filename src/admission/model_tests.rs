//! The books under a model checker: clients that wait, leave, expire and panic, interleaved in every way that it tries.
//!
//! All of the accounting is behind one lock, so that the orders in which threads take it are all the orders there are.
//! Shuttle runs the threads one at a time, picks the next at each lock, and calls it a deadlock when all that are left wait:
//! a wake-up that is lost ends there. The channels' own insides are tokio's to check.

#![expect(clippy::print_stdout, reason = "figures for whoever asks for them")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use shuttle::rand::Rng;
use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Scheduler};
use shuttle::thread::JoinHandle;

use super::*;
use crate::admission::permit::Waiting;
use crate::admission::state::{Entry, State};

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

/// What the front door does for one request; its fate comes from a thread of its own, at any moment.
fn client(world: &Arc<World>, demand: Demand, fate: Fate, how: Work) {
    let (strike, struck) = oneshot::channel::<()>();
    let (mut gone, mut late, mut striker) = (None, None, None);
    match fate {
        Fate::Stays => {}
        Fate::Leaves => gone = Some(struck),
        Fate::Expires => late = Some(struck),
    }
    if !matches!(fate, Fate::Stays) {
        striker = Some(shuttle::thread::spawn(move || drop(strike)));
    }
    let checkpoint = Checkpoint::new();
    let at_work = AtomicBool::new(false);
    let story = async {
        let mut expired = std::pin::pin!(happens(late));
        let queued = Queued::new(world);
        let permit = run::admit(&world.state, demand, hour(), expired.as_mut()).await?;
        drop(queued);
        at_work.store(true, Ordering::Relaxed);
        let receiver = begin(world, permit, &checkpoint, (demand, how));
        run::outcome(receiver, expired, &checkpoint).await
    };
    let story = shuttle::future::block_on(async {
        tokio::select! {
            biased;
            () = happens(gone) => None,
            ended = story => Some(ended),
        }
    });
    if story.is_none() {
        checkpoint.stop(Stop::Cancelled);
    }
    world.check();
    world
        .counts
        .count(end(story.as_ref(), fate, at_work.load(Ordering::Relaxed)));
    drop(story);
    world.check();
    if let Some(striker) = striker {
        striker.join().unwrap();
    }
}

/// Starts the work on a thread of its own, as the pool does.
fn begin(
    world: &Arc<World>,
    permit: Permit,
    checkpoint: &Checkpoint,
    (demand, how): (Demand, Work),
) -> oneshot::Receiver<run::Outcome<Option<Answer>>> {
    let ran = Arc::new(AtomicBool::new(false));
    let (at, runs) = (Arc::clone(world), Arc::clone(&ran));
    let (job, receiver) = run::job(&world.state, permit, checkpoint.clone(), move |permit| {
        runs.store(true, Ordering::Relaxed);
        work(&at, demand, how, permit)
    });
    let seen = Arc::clone(world);
    let thread = shuttle::thread::spawn(move || {
        job();
        seen.check();
        if !ran.load(Ordering::Relaxed) {
            seen.counts.count("skipped");
        }
    });
    world.pool.lock().unwrap().push(thread);
    receiver
}

/// How the story ended; `None` for a client that left. Panics if that can't be.
fn end(story: Option<&Result<Option<Answer>, Error>>, fate: Fate, at_work: bool) -> &'static str {
    match (story, fate) {
        (Some(Ok(None)), _) => "answered",
        (Some(Ok(Some(_))), _) => "kept",
        (Some(Err(Error::Panicked(message))), _) if message == "planted" => "panicked",
        (Some(Err(Error::Overloaded { lack, .. })), _) if *lack == Lack::Place => "refused",
        (None, Fate::Leaves) if at_work => "left at work",
        (None, Fate::Leaves) => "left in the queue",
        (Some(Err(Error::QueueTimeout { .. })), Fate::Expires) if !at_work => {
            "expired in the queue"
        }
        (Some(Err(Error::WorkTimeout)), Fate::Expires) if at_work => "expired at work",
        (Some(Err(error)), fate) => panic!("{error:?}, {fate:?}"),
        (None, fate) => panic!("{fate:?}"),
    }
}

/// Later than anything that happens.
fn hour() -> Deadline {
    Deadline::after(Duration::from_hours(1))
}

/// Ready when the other end is dropped; never where there is none.
async fn happens(what: Option<oneshot::Receiver<()>>) {
    match what {
        Some(what) => drop(what.await),
        None => std::future::pending().await,
    }
}

fn upload(world: &Arc<World>, first: u64, more: u64) {
    if let Ok(mut lease) = Lease::new(&world.state, first) {
        world.change(|ledger| ledger.uploads += first);
        let mut held = first;
        if lease.extend(more).is_ok() {
            held += more;
            world.change(|ledger| ledger.uploads += more);
        }
        world.check();
        world.change(|ledger| ledger.uploads -= held);
        drop(lease);
    }
    world.check();
}

/// Threads that run one after the other, as the scheduler says; how many times they have been run.
///
/// `PIXMILL_MODEL_RUNS` multiplies how many times they are.
fn model(scheduler: impl Scheduler + 'static, story: impl Fn() + Send + Sync + 'static) -> usize {
    let mut config = shuttle::Config::new();
    config.stack_size = 1 << 18;
    // Time stands still but for what the story says.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let _entered = runtime.enter();
    shuttle::Runner::new(scheduler, config).run(story)
}

fn runs(usual: usize) -> usize {
    let factor = std::env::var("PIXMILL_MODEL_RUNS").map_or(1, |text| text.parse().unwrap());
    usual * factor
}

/// Three to six clients and two uploads, of random kinds, while two seconds pass at some moment: patience ends.
fn crowd(counts: &Arc<Counts>) {
    let mut random = shuttle::rand::thread_rng();
    let settings = Settings {
        workers: random.gen_range(1..=2),
        nice: 0,
        queue: random.gen_range(1..=4),
        upload_memory: 10,
        pixel_memory: 64,
    };
    let world = World::new(settings, counts);
    let mut threads = Vec::new();
    for _ in 0..random.gen_range(3..=6) {
        let demand = Demand {
            bytes: [1, 2, 20, 40, 64][random.gen_range(0..5)],
            time: Duration::from_millis([5, 50, 500][random.gen_range(0..3)]),
        };
        let fate = [Fate::Stays, Fate::Stays, Fate::Leaves, Fate::Expires][random.gen_range(0..4)];
        let how = [Work::Returns, Work::Keeps, Work::Panics][random.gen_range(0..3)];
        let world = Arc::clone(&world);
        threads.push(shuttle::thread::spawn(move || {
            client(&world, demand, fate, how);
        }));
    }
    for _ in 0..2 {
        let (world, first, more) = (
            Arc::clone(&world),
            random.gen_range(0..8),
            random.gen_range(0..8),
        );
        threads.push(shuttle::thread::spawn(move || upload(&world, first, more)));
    }
    threads.push(shuttle::thread::spawn(|| {
        shuttle::future::block_on(tokio::time::advance(Duration::from_secs(2)));
    }));
    world.end(threads);
}

/// One has the worker and gives it back, while two wait and may leave or expire: every order of that.
#[test]
fn a_grant_meets_those_who_leave_in_every_order() {
    const FATES: [Fate; 3] = [Fate::Stays, Fate::Leaves, Fate::Expires];
    let pairs = FATES.map(|fate| vec![fate, Fate::Stays]);
    let mut orders = 0;
    for fates in FATES.map(|fate| vec![fate]).into_iter().chain(pairs) {
        orders += model(DfsScheduler::new(None, false), move || {
            let state = Arc::new(State::modelled(Settings {
                queue: 2,
                ..settings()
            }));
            let all = demand(10 * MIB);
            let Ok(Entry::Granted(permit)) = state.enter(all, hour()) else {
                panic!("nobody else is there");
            };
            let mut waiting = Vec::new();
            for &fate in &fates {
                let Ok(Entry::Waiting(place)) = state.enter(all, hour()) else {
                    panic!("the worker is taken");
                };
                waiting.push(shuttle::thread::spawn(move || wait(place, fate)));
            }
            drop(permit);
            for thread in waiting {
                thread.join().unwrap();
            }
            let figures = state.figures();
            assert_eq!(
                (figures.queued, figures.busy, figures.pixel_memory.0),
                (0, 0, 0)
            );
        });
    }
    println!("{orders} orders");
    assert!(orders > 100_000, "{orders}");
}

/// Waits for the permit, and has it for a moment.
fn wait(mut waiting: Waiting, fate: Fate) {
    let struck = (!matches!(fate, Fate::Stays)).then(|| {
        let (strike, struck) = oneshot::channel();
        shuttle::thread::spawn(move || drop(strike));
        struck
    });
    let permit = shuttle::future::block_on(async {
        tokio::select! {
            biased;
            () = happens(struck) => None,
            permit = waiting.granted() => Some(permit.unwrap()),
        }
    });
    if permit.is_none() && matches!(fate, Fate::Expires) {
        waiting.give_up();
    }
    drop(waiting);
    drop(permit);
}

#[test]
fn a_crowd_gets_what_there_is_and_gives_it_back() {
    let counts = Arc::new(Counts::default());
    let story = |counts: &Arc<Counts>| {
        let counts = Arc::clone(counts);
        move || crowd(&counts)
    };
    let random = model(RandomScheduler::new(runs(4_000)), story(&counts));
    let pct = model(PctScheduler::new(4, runs(4_000)), story(&counts));
    println!("{} runs: {:?}", random + pct, counts.of());
    assert!(
        counts.of().iter().all(|(_, count)| *count > 100),
        "{:?}",
        counts.of()
    );
}
