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

#[tokio::test]
async fn nobody_waits_for_what_comes_too_late() {
    let admission = Admission::start(Settings {
        queue: 100,
        ..settings()
    })
    .unwrap();
    let first = job(&admission, MIB, later());
    first.started.await.unwrap();
    let behind: Vec<_> = (0..60).map(|_| job(&admission, MIB, later())).collect();
    settled(&admission, |f| f.queued == 60).await;
    // Nothing has been measured yet: 60 pieces of work are thought to take 3 s.
    let hasty = job(&admission, MIB, Deadline::after(Duration::from_secs(1)));
    match hasty.task.await.unwrap() {
        Err(Error::Overloaded { lack, retry_after }) => {
            assert_eq!(lack, Lack::Time);
            assert!((3..=5).contains(&retry_after.as_secs()), "{retry_after:?}");
        }
        other => panic!("{other:?}"),
    }
    first.end.send(()).unwrap();
    for job in behind {
        job.end.send(()).unwrap();
        assert_eq!(job.task.await.unwrap(), Ok(42));
    }
}

#[tokio::test]
async fn what_is_on_its_way_takes_no_place_from_a_worker_that_is_free() {
    for queue in [0, 1, 2] {
        let admission = Admission::start(Settings {
            queue,
            ..settings()
        })
        .unwrap();
        let arriving: Vec<_> = (0..100).map(|_| admission.look()).collect();
        assert!(arriving.iter().all(Result::is_ok), "{queue}");
    }
}

#[tokio::test]
async fn places_are_kept_for_a_moment_for_what_is_on_its_way() {
    let admission = Admission::start(Settings {
        queue: 4,
        ..settings()
    })
    .unwrap();
    let is_refused = || {
        let answer = admission.look();
        matches!(
            answer,
            Err(Error::Overloaded {
                lack: Lack::Place,
                ..
            })
        )
    };
    let first = job(&admission, MIB, later());
    first.started.await.unwrap();
    // As long as half of the places are free, nobody is kept out by what is announced alone.
    let idle: Vec<_> = (0..100).map(|_| admission.look().unwrap()).collect();
    assert!(!is_refused());
    let waiting = [0; 2].map(|_| job(&admission, MIB, later()));
    settled(&admission, |f| f.queued == 2).await;
    assert!(is_refused());
    drop(idle);
    let one = admission.look().unwrap();
    let other = admission.look().unwrap();
    assert!(is_refused());
    drop(one);
    assert!(!is_refused());
    // Slow ones keep nobody out.
    let _one = admission.look().unwrap();
    assert!(is_refused());
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(249)).await;
    assert!(is_refused());
    tokio::time::advance(Duration::from_millis(2)).await;
    let _third = admission.look().unwrap();
    drop(other);
    let _fourth = admission.look().unwrap();
    assert!(is_refused());
    tokio::time::resume();
    for end in [first.end].into_iter().chain(waiting.map(|job| job.end)) {
        end.send(()).unwrap();
    }
    settled(&admission, |f| f.busy == 0 && f.queued == 0).await;
}

/// Work that takes so many seconds, as is thought.
fn long(seconds: u64) -> Demand {
    Demand {
        time: Duration::from_secs(seconds),
        ..demand(MIB)
    }
}

#[tokio::test]
async fn what_works_already_is_waited_for_too() {
    // Of a piece of work thought to take 4 s the seconds that it has taken; what is thought of another with so much left, behind one more.
    for (elapsed, deadline, refused) in [
        (0, 11, false),
        (0, 9, true),
        (3, 9, false),
        (3, 6, true),
        // What is late takes as long again.
        (6, 13, false),
        (6, 11, true),
        (20, 27, false),
        (20, 25, true),
    ] {
        let admission = Admission::start(Settings {
            queue: 4,
            ..settings()
        })
        .unwrap();
        let hour = || Deadline::after(Duration::from_hours(2));
        let first = job_of(&admission, long(4), hour());
        first.started.await.unwrap();
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(elapsed)).await;
        let second = job_of(&admission, long(4), hour());
        settled(&admission, |f| f.queued == 1).await;
        let late = Deadline::after(Duration::from_secs(deadline));
        let third = job_of(&admission, long(4), late);
        settled(&admission, |f| f.queued == 2 || third.task.is_finished()).await;
        tokio::time::resume();
        let case = format!("{deadline} s left, {elapsed} s worked");
        if refused {
            let answer = third.task.await.unwrap();
            let lack = matches!(
                answer,
                Err(Error::Overloaded {
                    lack: Lack::Time,
                    ..
                })
            );
            assert!(lack, "{case}: {answer:?}");
        } else {
            assert!(!third.task.is_finished(), "{case}");
            third.task.abort();
        }
        // Cheap work has a worker of its own meanwhile.
        let cheap = job(&admission, MIB, Deadline::after(Duration::from_secs(5)));
        cheap.started.await.unwrap();
        cheap.end.send(()).unwrap();
        for (end, task) in [(first.end, first.task), (second.end, second.task)] {
            end.send(()).unwrap();
            assert_eq!(task.await.unwrap(), Ok(42), "{case}");
        }
    }
}

#[tokio::test]
async fn no_worker_begins_what_it_cannot_end_in_time() {
    let admission = Admission::start(Settings {
        queue: 4,
        ..settings()
    })
    .unwrap();
    let first = job_of(&admission, long(2), later());
    first.started.await.unwrap();
    let [hasty, patient, leaving] = [10, 60, 60].map(|left| {
        job_of(
            &admission,
            long(4),
            Deadline::after(Duration::from_secs(left)),
        )
    });
    settled(&admission, |f| f.queued == 3).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(8_500)).await;
    // Whenever anything changes all are looked at, by a clock that has been put forward: the workers' hasn't.
    leaving.task.abort();
    settled(&admission, |f| f.queued == 1).await;
    tokio::time::resume();
    assert!(matches!(
        hasty.task.await.unwrap(),
        Err(Error::QueueTimeout { .. })
    ));
    assert!(hasty.started.await.is_err(), "its work was begun");
    first.end.send(()).unwrap();
    patient.started.await.unwrap();
    patient.end.send(()).unwrap();
    assert_eq!(patient.task.await.unwrap(), Ok(42));
    settled(&admission, |f| f.busy == 0 && f.queued == 0).await;
    // The one that left by itself.
    assert_eq!(admission.figures().cancelled, 1);
}
