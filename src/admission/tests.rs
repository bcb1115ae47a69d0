//! Admission by channels: work ends when the test says so, never by the clock.

use std::sync::mpsc;

use tokio::sync::oneshot;

use super::*;
use crate::checkpoint::Stop;

#[path = "deadline_tests.rs"]
mod deadline;
#[path = "model_tests.rs"]
mod model;
#[path = "order_tests.rs"]
mod order;
#[path = "place_tests.rs"]
mod place;

const MIB: u64 = 1 << 20;

fn settings() -> Settings {
    Settings {
        workers: 1,
        nice: 0,
        queue: 1,
        upload_memory: 4 * MIB,
        pixel_memory: 10 * MIB,
    }
}

/// One worker, and so many places.
fn of_queue(queue: usize) -> Admission {
    Admission::start(Settings {
        queue,
        ..settings()
    })
    .unwrap()
}

/// Whether it is refused for that.
fn lacks<T>(answer: &Result<T, Error>, what: Lack) -> bool {
    matches!(answer, Err(Error::Overloaded { lack, .. }) if *lack == what)
}

fn later() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

/// A piece of work that waits to be told to end, and says when it runs.
struct Job {
    end: mpsc::Sender<()>,
    started: oneshot::Receiver<()>,
    task: tokio::task::JoinHandle<Result<u32, Error>>,
    checkpoint: Checkpoint,
}

/// Of middling cost.
fn demand(bytes: u64) -> Demand {
    Demand {
        bytes,
        time: Duration::from_millis(50),
    }
}

fn job(admission: &Admission, bytes: u64, deadline: Deadline) -> Job {
    job_of(admission, demand(bytes), deadline)
}

fn job_of(admission: &Admission, demand: Demand, deadline: Deadline) -> Job {
    let (end, ended) = mpsc::channel();
    let (start, started) = oneshot::channel();
    let checkpoint = Checkpoint::new();
    let (admission, seen) = (admission.clone(), checkpoint.clone());
    let task = tokio::spawn(async move {
        admission
            .run(demand, deadline, &seen, move |_permit| {
                let _unheard = start.send(());
                ended.recv().map_or(0, |()| 42)
            })
            .await
    });
    Job {
        end,
        started,
        task,
        checkpoint,
    }
}

async fn settled(admission: &Admission, until: impl Fn(Figures) -> bool) {
    for _ in 0..100_000 {
        if until(admission.figures()) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("never settled: {:?}", admission.figures());
}

#[tokio::test]
async fn work_runs_and_gives_everything_back() {
    let admission = Admission::start(settings()).unwrap();
    let job = job(&admission, MIB, later());
    job.started.await.unwrap();
    let figures = admission.figures();
    assert_eq!((figures.busy, figures.pixel_memory.0), (1, MIB));
    job.end.send(()).unwrap();
    assert_eq!(job.task.await.unwrap(), Ok(42));
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == 0).await;
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_says_when() {
    let admission = Admission::start(settings()).unwrap();
    let first = job(&admission, MIB, later());
    first.started.await.unwrap();
    assert!(admission.look().is_ok());
    let second = job(&admission, MIB, later());
    settled(&admission, |f| f.queued == 1).await;
    assert!(matches!(
        admission.look(),
        Err(Error::Overloaded {
            lack: Lack::Place,
            ..
        })
    ));
    let third = job(&admission, MIB, later());
    match third.task.await.unwrap() {
        Err(Error::Overloaded { lack, retry_after }) => {
            assert_eq!(lack, Lack::Place);
            assert!((1..=60).contains(&retry_after.as_secs()));
        }
        other => panic!("{other:?}"),
    }
    first.end.send(()).unwrap();
    second.end.send(()).unwrap();
    assert_eq!(second.task.await.unwrap(), Ok(42));
}

#[tokio::test]
async fn a_waiter_that_leaves_is_gone_at_once() {
    let admission = Admission::start(settings()).unwrap();
    let first = job(&admission, MIB, later());
    first.started.await.unwrap();
    let second = job(&admission, MIB, later());
    settled(&admission, |f| f.queued == 1).await;
    second.task.abort();
    settled(&admission, |f| f.queued == 0 && f.cancelled == 1).await;
    first.end.send(()).unwrap();
    settled(&admission, |f| f.busy == 0).await;
}

#[tokio::test]
async fn a_permit_outlives_its_request() {
    let admission = Admission::start(settings()).unwrap();
    let first = job(&admission, MIB, later());
    first.started.await.unwrap();
    first.checkpoint.stop(Stop::Cancelled);
    first.task.abort();
    assert!(first.task.await.unwrap_err().is_cancelled());
    // The request is gone, its work isn't: neither is what it holds.
    assert_eq!(admission.figures().busy, 1);
    drop(first.end);
    settled(&admission, |f| f.busy == 0 && f.cancelled == 1).await;
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let admission = Admission::start(settings()).unwrap();
    for _ in 0..3 {
        let checkpoint = Checkpoint::new();
        let result = admission
            .run(demand(MIB), later(), &checkpoint, |_permit| {
                assert!(std::hint::black_box(false), "planted");
            })
            .await;
        assert_eq!(result, Err(Error::Panicked("planted".to_owned())));
    }
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == 0).await;
}

#[tokio::test]
async fn what_is_kept_stays_in_the_books() {
    let admission = Admission::start(settings()).unwrap();
    let kept = |bytes: u64| {
        let admission = admission.clone();
        async move {
            let work = move |permit: &mut Permit| permit.keep(bytes);
            let checkpoint = Checkpoint::new();
            let held = admission
                .run(demand(4 * MIB), later(), &checkpoint, work)
                .await;
            held.unwrap()
        }
    };
    let little = kept(MIB).await;
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == MIB).await;
    // More than was granted is possible, and counted.
    let much = kept(6 * MIB).await;
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == 7 * MIB).await;
    // What doesn't fit beside it waits for it to go.
    let waiting = job(&admission, 4 * MIB, later());
    settled(&admission, |f| f.queued == 1).await;
    drop(much);
    waiting.started.await.unwrap();
    assert_eq!(admission.figures().pixel_memory.0, 5 * MIB);
    waiting.end.send(()).unwrap();
    drop(little);
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == 0).await;
    // Nobody takes it when its client has left.
    let left = kept(MIB);
    drop(left);
    assert_eq!(admission.figures().pixel_memory.0, 0);
}

#[tokio::test]
async fn deadlines_pass_in_the_queue_and_in_the_work() {
    let admission = Admission::start(settings()).unwrap();
    let working = job(&admission, MIB, Deadline::after(Duration::from_secs(5)));
    working.started.await.unwrap();
    // From here on nothing but timers can happen, so time jumps from one to the next.
    tokio::time::pause();
    let waiting = job(&admission, MIB, Deadline::after(Duration::from_secs(2)));
    assert!(matches!(
        waiting.task.await.unwrap(),
        Err(Error::QueueTimeout { .. })
    ));
    assert_eq!(admission.figures().queued, 0);
    assert_eq!(working.task.await.unwrap(), Err(Error::WorkTimeout));
    assert_eq!(working.checkpoint.stopped(), Some(Stop::Deadline));
    assert_eq!(admission.figures().busy, 1);
    tokio::time::resume();
    working.end.send(()).unwrap();
    settled(&admission, |f| f.busy == 0).await;
}

#[test]
fn uploads_are_leased_in_steps_and_given_back() {
    let admission = Admission::start(settings()).unwrap();
    let used = || admission.figures().upload_memory.0;
    let mut lease = admission.upload(100).unwrap();
    assert_eq!(used(), 100);
    lease.cover(50).unwrap();
    assert_eq!(used(), 100);
    for (bytes, covered) in [(101, 64 << 10), (70 << 10, 128 << 10), (513 << 10, MIB)] {
        lease.cover(bytes).unwrap();
        assert_eq!(used(), covered);
    }
    lease.cover(3 * MIB + 1).unwrap();
    assert_eq!(used(), 4 * MIB);
    assert!(matches!(
        admission.upload(1),
        Err(Error::Overloaded {
            lack: Lack::UploadMemory,
            ..
        })
    ));
    assert!(lease.cover(5 * MIB).is_err());
    assert_eq!(used(), 4 * MIB);
    drop(lease);
    assert_eq!(used(), 0);
    assert!(admission.upload(u64::MAX).is_err());
}
