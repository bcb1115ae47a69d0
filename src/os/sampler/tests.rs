//! Threads that do what is known, looked at.

use std::hint::black_box;
use std::time::Instant;

use super::*;

/// Addresses of a function's code, by where it begins: so many bytes are surely not the next one's.
fn is_in(address: u64, function: fn(&AtomicBool) -> u64) -> bool {
    let start = function as usize as u64;
    (start..start + 400).contains(&address)
}

#[inline(never)]
fn innermost(end: &AtomicBool) -> u64 {
    let mut sum = 0_u64;
    while !end.load(Ordering::Relaxed) {
        for step in 0..1000 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(step));
        }
    }
    sum
}

#[inline(never)]
fn between(end: &AtomicBool) -> u64 {
    black_box(innermost(black_box(end))) + 1
}

#[inline(never)]
fn outermost(end: &AtomicBool) -> u64 {
    black_box(between(black_box(end))) + 1
}

/// As soon as no other test has one.
fn alone() -> Sampler {
    loop {
        if let Some(sampler) = Sampler::start().unwrap() {
            return sampler;
        }
        std::thread::yield_now();
    }
}

#[test]
fn stacks_are_seen_with_all_their_callers_and_as_often_as_they_run() {
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| outermost(&end));
        let mut sampler = alone();
        assert!(
            Sampler::start().unwrap().is_none(),
            "there is one at a time"
        );
        // This one is found later.
        scope.spawn(|| outermost(&end));
        let (start, time) = (Instant::now(), crate::os::cpu_seconds());
        let (mut all, mut whole) = (0, 0);
        while start.elapsed() < Duration::from_secs(1) {
            sampler.follow().unwrap();
            sampler.take(|stack, weight| {
                all += weight;
                // The loop calls what is tiny, at least without optimisation.
                let inner = stack.iter().position(|&at| is_in(at, innermost));
                let rest = inner.map_or(&[][..], |inner| &stack[inner + 1..]);
                if let [first, second, others @ ..] = rest
                    && is_in(*first, between)
                    && is_in(*second, outermost)
                    && others.len() > 3
                {
                    whole += weight;
                }
            });
            std::thread::yield_now();
        }
        let used = crate::os::cpu_seconds() - time;
        end.store(true, Ordering::Relaxed);
        let seen = all as f64 * PERIOD.as_secs_f64();
        assert!((seen / used - 1.0).abs() < 0.4, "{seen} s of {used} s");
        assert!(whole as f64 > all as f64 * 0.4, "{whole} of {all}");
        assert_eq!(sampler.lost(), 0);
        drop(sampler);
    });
    // Nobody is interrupted any more, and the next one begins with nothing.
    let again = alone();
    let mut stale = 0;
    again.take(|_, weight| stale += weight);
    assert!(stale <= 1, "{stale}");
}
