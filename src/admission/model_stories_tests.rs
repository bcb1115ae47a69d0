//! What clients do in the model, in every order or in a crowd.
#![expect(clippy::print_stdout, reason = "figures for whoever asks for them")]

use shuttle::rand::Rng;
use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Scheduler};

use self::uploads::{Upload, upload};
use super::*;
use crate::admission::permit::Waiting;
use crate::admission::state::Entry;

#[path = "model_uploads_tests.rs"]
mod uploads;

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

/// Three to six clients and three uploads, of random kinds, while two seconds pass at some moment: patience ends.
fn crowd(counts: &Arc<Counts>) {
    let mut random = shuttle::rand::thread_rng();
    let settings = Settings {
        workers: random.gen_range(1..=2),
        nice: 0,
        queue: random.gen_range(1..=4),
        upload_memory: 10,
        pixel_memory: 64 * MIB,
    };
    let world = World::new(settings, counts);
    let mut threads = Vec::new();
    for _ in 0..random.gen_range(3..=6) {
        let demand = Demand {
            bytes: [1, 2, 20, 40, 64][random.gen_range(0..5)] * MIB,
            time: Duration::from_millis([5, 50, 500][random.gen_range(0..3)]),
        };
        let fate = [Fate::Stays, Fate::Stays, Fate::Leaves, Fate::Expires][random.gen_range(0..4)];
        let how = [Work::Returns, Work::Keeps, Work::Panics][random.gen_range(0..3)];
        let world = Arc::clone(&world);
        threads.push(shuttle::thread::spawn(move || {
            client(&world, demand, fate, how);
        }));
    }
    for _ in 0..3 {
        let (world, first, more) = (
            Arc::clone(&world),
            random.gen_range(0..8),
            random.gen_range(0..8),
        );
        let kinds = [Upload::Own, Upload::Stays, Upload::Arrives, Upload::Leaves];
        let kind = kinds[random.gen_range(0..4)];
        threads.push(shuttle::thread::spawn(move || {
            upload(&world, first, more, kind);
        }));
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
                queue: 4,
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
