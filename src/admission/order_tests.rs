//! Who comes before whom, and who is refused.

use super::*;

#[tokio::test]
async fn memory_is_granted_with_the_worker_or_waited_for() {
    let admission = roomy(4);
    let large = job(&admission, 192 * MIB, later());
    large.started.await.unwrap();
    let mut next = job(&admission, 128 * MIB, later());
    settled(&admission, |f| f.queued == 1).await;
    // One worker is free, but the memory isn't; one of another class may overtake, but not for ever.
    let small = Demand {
        bytes: 64 * MIB,
        time: Duration::from_secs(1),
    };
    let tiny = Demand {
        bytes: 8 * MIB,
        time: Duration::from_millis(5),
    };
    let overtaking = job_of(&admission, small, later());
    overtaking.started.await.unwrap();
    overtaking.end.send(()).unwrap();
    assert_eq!(overtaking.task.await.unwrap(), Ok(42));
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    let mut behind = job_of(&admission, small, later());
    settled(&admission, |f| f.queued == 2).await;
    assert!(next.started.try_recv().is_err());
    assert!(behind.started.try_recv().is_err());
    tokio::time::resume();
    // But for what is tiny, of which all together leaves the first what it needs; not past its own class.
    behind.task.abort();
    settled(&admission, |f| f.queued == 1).await;
    let passing = job_of(&admission, tiny, later());
    passing.started.await.unwrap();
    passing.end.send(()).unwrap();
    assert_eq!(passing.task.await.unwrap(), Ok(42));
    let behind = job_of(&admission, small, later());
    settled(&admission, |f| f.queued == 2).await;
    large.end.send(()).unwrap();
    next.started.await.unwrap();
    behind.started.await.unwrap();
    next.end.send(()).unwrap();
    behind.end.send(()).unwrap();
    settled(&admission, |f| f.busy == 0).await;
    let impossible = job(&admission, 330 * MIB, later());
    assert_eq!(
        impossible.task.await.unwrap(),
        Err(Error::TooLarge {
            limit: 320 * MIB,
            actual: 330 * MIB
        })
    );
}

const LARGE: Demand = Demand {
    bytes: 64 * MIB,
    time: Duration::from_millis(50),
};
const TINY: Demand = Demand {
    bytes: 8 * MIB,
    ..LARGE
};

/// Room for four large ones and what is left to others.
fn roomy(queue: usize) -> Admission {
    Admission::start(Settings {
        workers: 2,
        queue,
        pixel_memory: 320 * MIB,
        ..settings()
    })
    .unwrap()
}

/// An answer that is as large as its work, and isn't read.
async fn answered(admission: &Admission, demand: Demand) -> Held {
    let work = move |permit: &mut Permit| permit.keep(demand.bytes);
    let checkpoint = Checkpoint::new();
    let made = admission.run(demand, later(), &checkpoint, work).await;
    made.unwrap()
}

#[tokio::test]
async fn large_work_and_its_answers_leave_place_and_memory_to_others() {
    let admission = roomy(8);
    // Clients that don't read: four answers fill what large ones may have, though a fifth would still fit.
    let mut unread = Vec::new();
    for _ in 0..4 {
        unread.push(answered(&admission, LARGE).await);
    }
    let waiting: Vec<_> = (0..6).map(|_| job_of(&admission, LARGE, later())).collect();
    settled(&admission, |f| f.queued == 6 && f.busy == 0).await;
    let refused = job_of(&admission, LARGE, later()).task.await.unwrap();
    assert!(matches!(refused, Err(Error::Overloaded { .. })));
    // Of the same time, but past all who wait for memory, and into what is left to such: all workers do it.
    let both: Vec<_> = (0..2).map(|_| job_of(&admission, TINY, later())).collect();
    for job in both {
        job.started.await.unwrap();
        job.end.send(()).unwrap();
    }
    // Nobody has waited for long.
    assert!(!admission.is_clogged());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(admission.is_clogged());
    tokio::time::resume();
    for _ in 0..20 {
        drop(answered(&admission, TINY).await);
    }
    drop(unread);
    assert!(!admission.is_clogged());
    for job in waiting {
        job.end.send(()).unwrap();
        assert_eq!(job.task.await.unwrap(), Ok(42));
    }
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == 0).await;
}

/// One who needs nearly all memory, which an unread answer keeps from it, holds nobody up.
#[tokio::test]
async fn an_unread_answer_and_a_giant_stop_nobody() {
    for (bytes, lies) in [(318, TINY), (319, LARGE), (300, LARGE)] {
        let admission = roomy(8);
        let unread = answered(&admission, lies).await;
        let giant = Demand {
            bytes: bytes * MIB,
            ..LARGE
        };
        let giant = job_of(&admission, giant, later());
        settled(&admission, |f| f.queued == 1).await;
        for _ in 0..3 {
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(2)).await;
            tokio::time::resume();
            for demand in [TINY, LARGE] {
                // More than one at a time.
                let both = (0..2).map(|_| job_of(&admission, demand, later()));
                for job in both.collect::<Vec<_>>() {
                    job.started.await.unwrap();
                    job.end.send(()).unwrap();
                    assert_eq!(job.task.await.unwrap(), Ok(42));
                }
            }
            assert!(admission.is_clogged(), "{bytes} {lies:?}");
        }
        drop(unread);
        giant.started.await.unwrap();
        giant.end.send(()).unwrap();
        assert_eq!(giant.task.await.unwrap(), Ok(42));
    }
}

/// What fits beside an answer is granted, though it is more than large work's part.
#[tokio::test]
async fn a_giant_that_fits_isnt_kept_out_by_a_large_answer() {
    let admission = roomy(8);
    let small = Demand {
        bytes: 20 * MIB,
        ..LARGE
    };
    let unread = answered(&admission, small).await;
    let giant = Demand {
        bytes: 299 * MIB,
        ..LARGE
    };
    drop(answered(&admission, giant).await);
    drop(unread);
}

/// A short queue that one fills who waits for memory leaves idle workers to what needs little.
#[tokio::test]
async fn one_who_waits_for_memory_fills_no_queue_for_light_work() {
    for queue in [0, 1] {
        let admission = roomy(queue);
        let unread = answered(&admission, LARGE).await;
        let giant = Demand {
            bytes: 310 * MIB,
            ..LARGE
        };
        let giant = job_of(&admission, giant, later());
        let waits = queue;
        settled(&admission, |f| f.queued == waits).await;
        assert!(admission.look().is_ok(), "{queue}");
        drop(answered(&admission, TINY).await);
        drop(unread);
        giant.end.send(()).unwrap_or_default();
        let _either = giant.task.await.unwrap();
    }
}

#[tokio::test]
async fn cheap_work_doesnt_wait_for_dear_work() {
    let admission = Admission::start(Settings {
        workers: 2,
        queue: 40,
        ..settings()
    })
    .unwrap();
    let dear = Demand {
        bytes: 1,
        time: Duration::from_secs(2),
    };
    let cheap = Demand {
        bytes: 1,
        time: Duration::from_millis(10),
    };
    let minute = || Deadline::after(Duration::from_mins(1));
    let mut working: Vec<_> = (0..2).map(|_| job_of(&admission, dear, minute())).collect();
    let waiting: Vec<_> = (0..30)
        .map(|_| job_of(&admission, dear, minute()))
        .collect();
    settled(&admission, |f| f.busy == 2 && f.queued == 30).await;
    // Both workers are busy for long, and a third helps out with what is cheap: one at a time.
    let first = job_of(&admission, cheap, later());
    first.started.await.unwrap();
    let mut second = job_of(&admission, cheap, later());
    settled(&admission, |f| f.busy == 3 && f.queued == 31).await;
    assert!(second.started.try_recv().is_err());
    first.end.send(()).unwrap();
    second.started.await.unwrap();
    second.end.send(()).unwrap();
    settled(&admission, |f| f.busy == 2).await;
    // Dear work leaves a quarter of the places to others.
    let refused = job_of(&admission, dear, later());
    assert!(matches!(
        refused.task.await.unwrap(),
        Err(Error::Overloaded {
            lack: Lack::Place,
            ..
        })
    ));
    let third = job_of(&admission, cheap, later());
    third.started.await.unwrap();
    third.end.send(()).unwrap();
    for job in working.drain(..).chain(waiting) {
        job.end.send(()).unwrap();
        assert_eq!(job.task.await.unwrap(), Ok(42));
    }
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == 0).await;
}
