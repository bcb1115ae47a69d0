//! Who comes before whom, and who is refused.

use super::*;

#[tokio::test]
async fn memory_is_granted_with_the_worker_or_waited_for() {
    let admission = Admission::start(Settings {
        workers: 2,
        queue: 4,
        ..settings()
    })
    .unwrap();
    let large = job(&admission, 8 * MIB, later());
    large.started.await.unwrap();
    let mut next = job(&admission, 4 * MIB, later());
    settled(&admission, |f| f.queued == 1).await;
    // One worker is free, but the memory isn't; one of another class may overtake, but not for ever.
    let small = Demand {
        bytes: MIB / 2,
        time: Duration::from_secs(1),
    };
    let tiny = Demand {
        bytes: MIB / 4,
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
    // But for what is tiny, as far as the first one leaves it anyway: one at a time, and not past its own class.
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
    let impossible = job(&admission, 11 * MIB, later());
    assert_eq!(
        impossible.task.await.unwrap(),
        Err(Error::TooLarge {
            limit: 10 * MIB,
            actual: 11 * MIB
        })
    );
}

#[tokio::test]
async fn large_work_and_its_answers_leave_place_and_memory_to_others() {
    let settings = Settings {
        workers: 2,
        queue: 8,
        ..settings()
    };
    let admission = Admission::start(settings).unwrap();
    let large = Demand {
        bytes: 2 * MIB,
        time: Duration::from_millis(50),
    };
    let tiny = Demand {
        bytes: MIB / 4,
        ..large
    };
    let answered = async |demand: Demand| {
        let work = move |permit: &mut Permit| permit.keep(demand.bytes);
        let checkpoint = Checkpoint::new();
        admission.run(demand, later(), &checkpoint, work).await
    };
    // Clients that don't read: four answers fill what large ones may have, though a fifth would still fit.
    let mut unread = Vec::new();
    for _ in 0..4 {
        assert!(!admission.is_clogged() || unread.len() > 2);
        unread.push(answered(large).await.unwrap());
    }
    assert!(admission.is_clogged());
    let mut waiting: Vec<_> = (0..6).map(|_| job_of(&admission, large, later())).collect();
    settled(&admission, |f| f.queued == 6 && f.busy == 0).await;
    let refused = job_of(&admission, large, later()).task.await.unwrap();
    assert!(matches!(refused, Err(Error::Overloaded { .. })));
    // Of the same time, but past all who wait for memory, and into what is left to such.
    for _ in 0..20 {
        drop(answered(tiny).await.unwrap());
    }
    drop(unread);
    assert!(!admission.is_clogged());
    for job in waiting.drain(..) {
        job.end.send(()).unwrap();
        assert_eq!(job.task.await.unwrap(), Ok(42));
    }
    settled(&admission, |f| f.busy == 0 && f.pixel_memory.0 == 0).await;
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
    let mut working: Vec<_> = (0..2).map(|_| job_of(&admission, dear, later())).collect();
    let waiting: Vec<_> = (0..30).map(|_| job_of(&admission, dear, later())).collect();
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
