//! What is refused, or given up, since it would be done too late.

use super::*;

#[tokio::test]
async fn nobody_waits_for_what_comes_too_late() {
    let admission = of_queue(100);
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
        let admission = of_queue(4);
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
            assert!(lacks(&answer, Lack::Time), "{case}: {answer:?}");
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
    let admission = of_queue(4);
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
