//! Who is told that there is a place, and who isn't.

use super::*;

#[tokio::test]
async fn what_is_on_its_way_takes_no_place_from_a_worker_that_is_free() {
    for queue in [0, 1, 2] {
        let admission = of_queue(queue);
        let arriving: Vec<_> = (0..100).map(|_| admission.look()).collect();
        assert!(arriving.iter().all(Result::is_ok), "{queue}");
    }
}

#[tokio::test]
async fn places_are_kept_for_a_moment_for_what_is_on_its_way() {
    let admission = of_queue(4);
    let is_refused = || lacks(&admission.look(), Lack::Place);
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
