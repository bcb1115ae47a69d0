//! How often each endpoint may be asked, by all clients together: the generic cell rate algorithm.
//!
//! Each endpoint and method has one moment, the time at which it would be idle again if requests were
//! worked off at the rate. A request puts it off by one interval, unless that is too far ahead.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::time::Instant;

use crate::http::problem::{Limit, Problem};

/// How often an endpoint may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second in the long run; above 0.
    pub per_second: u32,
    /// Requests that may come at once besides.
    pub burst: u32,
}

/// How an endpoint stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Requests that may come at once, at most.
    limit: u32,
    /// Requests that may still come at once.
    remaining: u32,
    /// Until all of them may.
    reset: Duration,
    /// Until the next one may, where this one may not.
    wait: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Limiter {
    interval: Duration,
    /// How far ahead the moment may be.
    tolerance: Duration,
    limit: u32,
    idle_at: Mutex<HashMap<Method, HashMap<String, Instant>>>,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        let interval = Duration::from_secs(1) / rate.per_second.max(1);
        let limit = rate.burst.saturating_add(1);
        Self {
            interval,
            tolerance: interval.saturating_mul(limit),
            limit,
            idle_at: Mutex::default(),
        }
    }

    /// Counts a request in; `route` is one of few.
    pub(super) fn count(&self, method: &Method, route: &str) -> Standing {
        let now = Instant::now();
        let mut idle_at = self.idle_at.lock().unwrap_or_else(PoisonError::into_inner);
        let known = idle_at.get(method).and_then(|routes| routes.get(route));
        let idle = known.map_or(now, |&moment| moment.max(now));
        let next = idle + self.interval;
        let ahead = next - now;
        let wait = ahead.saturating_sub(self.tolerance);
        if !wait.is_zero() {
            return self.standing(idle - now, Some(wait));
        }
        let routes = idle_at.entry(method.clone()).or_default();
        match routes.get_mut(route) {
            Some(moment) => *moment = next,
            None => {
                let _none = routes.insert(route.to_owned(), next);
            }
        }
        self.standing(ahead, None)
    }

    fn standing(&self, ahead: Duration, wait: Option<Duration>) -> Standing {
        let left = self.tolerance.saturating_sub(ahead).as_nanos() / self.interval.as_nanos();
        Standing {
            limit: self.limit,
            remaining: u32::try_from(left).unwrap_or(self.limit),
            reset: ahead,
            wait,
        }
    }
}

impl Standing {
    /// Why the request may not pass, if it may not.
    pub(super) fn refusal(&self) -> Option<Problem> {
        let wait = self.wait?;
        let problem = Problem::beyond(
            Limit::Rate,
            "This endpoint is asked more often than this server takes it. Try again later.",
        );
        Some(problem.retry_after(Duration::from_secs(whole_seconds(wait))))
    }

    /// Says how it stands.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            ("x-ratelimit-limit", u64::from(self.limit)),
            ("x-ratelimit-remaining", u64::from(self.remaining)),
            ("x-ratelimit-reset", whole_seconds(self.reset)),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

/// Rounded up: who comes back after that is not too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::time::advance;

    use super::*;

    fn limiter(per_second: u32, burst: u32) -> Limiter {
        Limiter::new(Rate { per_second, burst })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_and_then_the_rate() {
        let limiter = limiter(1, 2);
        let ms = Duration::from_millis;
        for (pause, remaining, reset, wait) in [
            (0, 2, 1000, None),
            (0, 1, 2000, None),
            (0, 0, 3000, None),
            (0, 0, 3000, Some(1000)),
            (600, 0, 2400, Some(400)),
            (400, 0, 3000, None),
            (2500, 1, 1500, None),
            (60_000, 2, 1000, None),
        ] {
            advance(ms(pause)).await;
            let standing = limiter.count(&Method::POST, "/resize");
            let expected = Standing {
                limit: 3,
                remaining,
                reset: ms(reset),
                wait: wait.map(ms),
            };
            assert_eq!(standing, expected, "{pause}");
        }
        // Others have their own.
        assert_eq!(limiter.count(&Method::GET, "/resize").remaining, 2);
        assert_eq!(limiter.count(&Method::POST, "/crop").remaining, 2);
    }

    proptest! {
        #[test]
        fn no_window_sees_more(
            per_second in 1_u32..50,
            burst in 0_u32..20,
            pauses in prop::collection::vec(0_u64..300, 1..120),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(async {
                let limiter = limiter(per_second, burst);
                let mut passed = Vec::new();
                for pause in pauses {
                    advance(Duration::from_millis(pause)).await;
                    if limiter.count(&Method::GET, "/").wait.is_none() {
                        passed.push(Instant::now());
                    }
                }
                for (index, from) in passed.iter().enumerate() {
                    for (count, to) in passed.iter().skip(index).enumerate() {
                        let seconds = (*to - *from).as_secs_f64();
                        let most = seconds * f64::from(per_second) + f64::from(burst) + 1.0;
                        assert!((count + 1) as f64 <= most + 1e-6, "{count} in {seconds}");
                    }
                }
            });
        }
    }
}
