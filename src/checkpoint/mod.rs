//! Where work asks whether to go on, and where it says what it is doing.
//!
//! One `Checkpoint` belongs to one request. Whoever watches the client or the
//! clock stops it; decode, resize and encode poll it between bands of rows.
//! It knows only the standard library, so that the pixel code may use it.

mod meter;
mod stage;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use self::meter::Meter;
pub use self::stage::{Ran, Stage};

/// Why work has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The client has gone, so nobody waits for the answer.
    Cancelled,
    /// The request's deadline has passed.
    Deadline,
}

/// A cheap handle: clones are the same checkpoint.
#[derive(Clone, Debug)]
pub struct Checkpoint(Arc<Inner>);

/// Is told of each poll and of the stage it is in, and may say that the work has to stop.
type Observer = Box<dyn Fn(Option<Stage>) -> Option<Stop> + Send + Sync>;

struct Inner {
    /// 0 = go on, else one of `CANCELLED`, `DEADLINE`.
    stop: AtomicU8,
    /// Index into `Stage::ALL`, or `IDLE`.
    stage: AtomicU8,
    /// When the current stage was entered, in ns after `start`.
    entered: AtomicU64,
    /// Time spent in each stage so far, without the current one.
    spent: [AtomicU64; Stage::ALL.len()],
    /// When each stage was first entered, in ns after `start`; `NEVER` if it wasn't.
    first: [AtomicU64; Stage::ALL.len()],
    /// When it was last left.
    last: [AtomicU64; Stage::ALL.len()],
    start: Instant,
    meter: Meter,
    observer: Option<Observer>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Inner")
            .field("stop", &self.stop)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

const CANCELLED: u8 = 1;
const DEADLINE: u8 = 2;
const IDLE: u8 = u8::MAX;
const NEVER: u64 = u64::MAX;

impl Default for Checkpoint {
    fn default() -> Self {
        Self::new()
    }
}

impl Checkpoint {
    /// A checkpoint that lets work go on, in no stage yet.
    pub fn new() -> Self {
        Self::with(None)
    }

    /// A checkpoint that asks `observer` at each poll: for tests that stop work where they want to, and to measure how
    /// far polls lie apart.
    pub fn observed(
        observer: impl Fn(Option<Stage>) -> Option<Stop> + Send + Sync + 'static,
    ) -> Self {
        Self::with(Some(Box::new(observer)))
    }

    fn with(observer: Option<Observer>) -> Self {
        Self(Arc::new(Inner {
            stop: AtomicU8::new(0),
            stage: AtomicU8::new(IDLE),
            entered: AtomicU64::new(0),
            spent: Default::default(),
            first: std::array::from_fn(|_| AtomicU64::new(NEVER)),
            last: Default::default(),
            start: Instant::now(),
            meter: Meter::default(),
            observer,
        }))
    }

    /// Tells the work to stop at its next poll. The first reason stays.
    pub fn stop(&self, why: Stop) {
        let code = match why {
            Stop::Cancelled => CANCELLED,
            Stop::Deadline => DEADLINE,
        };
        // A later reason loses: the first one decides the answer.
        let stop = || {
            let stop = &self.0.stop;
            stop.compare_exchange(0, code, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
        };
        self.0.meter.stops(stop);
    }

    /// Polls: why to stop, if there is a reason.
    pub fn stopped(&self) -> Option<Stop> {
        if let Some(observer) = &self.0.observer
            && let Some(why) = observer(self.stage())
        {
            self.stop(why);
        }
        match self.0.stop.load(Ordering::Acquire) {
            CANCELLED => Some(Stop::Cancelled),
            DEADLINE => Some(Stop::Deadline),
            _ => None,
        }
    }

    /// Polls, and records that the work is now in `stage`.
    ///
    /// # Errors
    /// The reason to stop.
    pub fn check(&self, stage: Stage) -> Result<(), Stop> {
        self.enter(stage);
        self.stopped().map_or(Ok(()), Err)
    }

    /// Records that the request is now in `stage`. Only one thread at a time moves a request on.
    pub fn enter(&self, stage: Stage) {
        if self.0.stage.load(Ordering::Relaxed) != stage as u8 {
            self.change(stage as u8);
        }
    }

    /// Records that no stage is running any more.
    pub fn leave(&self) {
        self.change(IDLE);
    }

    /// Work begins, by whose processor time this `clock` tells: what it uses after a stop is wasted. Another clock takes this one's place.
    pub fn clocked(&self, clock: impl Fn() -> Option<Duration> + Send + Sync + 'static) {
        let is_stopped = || self.0.stop.load(Ordering::Acquire) != 0;
        self.0.meter.begins(Box::new(clock), is_stopped);
    }

    /// Who worked by that clock has ended, or will be ended by force.
    pub fn unclocked(&self) {
        self.0.meter.ends();
    }

    /// The processor time that was used after the stop, since this was last asked. The clock's work has ended.
    pub fn wasted(&self) -> Duration {
        self.0.meter.take()
    }

    /// Records what stages another process ran, whose own checkpoint was made so long `ago`. The time since the last change goes to none.
    ///
    /// One that was taken over may say anything: nothing is believed to have been longer than that, or before this checkpoint.
    pub fn credit(&self, ago: Duration, stages: impl IntoIterator<Item = (Stage, Ran)>) {
        let Inner {
            spent, first, last, ..
        } = &*self.0;
        let now = self.now();
        let ago = nanoseconds(ago).min(now);
        let within = |time: Duration| nanoseconds(time).min(ago);
        self.0.entered.store(now, Ordering::Relaxed);
        self.0.stage.store(IDLE, Ordering::Relaxed);
        for (stage, ran) in stages {
            let index = stage as usize;
            let (Some(spent), Some(first), Some(last)) =
                (spent.get(index), first.get(index), last.get(index))
            else {
                continue;
            };
            let (begin, end) = (within(ran.begin), within(ran.end));
            // What was before it, here, was the way there.
            if spent.fetch_add(within(ran.busy), Ordering::Relaxed) == 0 {
                first.store(NEVER, Ordering::Relaxed);
            }
            first.fetch_min(now - ago + begin, Ordering::Relaxed);
            last.fetch_max(now - ago + end.max(begin), Ordering::Relaxed);
        }
    }

    /// How long ago it was made.
    pub fn age(&self) -> Duration {
        self.0.start.elapsed()
    }

    /// Which stages ran, and when.
    pub fn ran(&self) -> impl Iterator<Item = (Stage, Ran)> {
        let stages = Stage::ALL.into_iter().zip(self.spans()).zip(self.times());
        stages.filter_map(|((stage, span), busy)| {
            let (begin, end) = span?;
            Some((stage, Ran { begin, end, busy }))
        })
    }

    /// The stage that runs now.
    pub fn stage(&self) -> Option<Stage> {
        Stage::from_index(self.0.stage.load(Ordering::Relaxed))
    }

    /// Time spent in each stage, in the order of [`Stage::ALL`], the running one included.
    pub fn times(&self) -> [Duration; Stage::ALL.len()] {
        let current = self.0.stage.load(Ordering::Relaxed);
        let now = self.now();
        let mut times = [Duration::ZERO; Stage::ALL.len()];
        for (index, (time, spent)) in times.iter_mut().zip(&self.0.spent).enumerate() {
            let mut ns = spent.load(Ordering::Relaxed);
            if index == usize::from(current) {
                ns += now.saturating_sub(self.0.entered.load(Ordering::Relaxed));
            }
            *time = Duration::from_nanos(ns);
        }
        times
    }

    /// From when to when each stage ran, with others between, by time after the request's start; in the order of [`Stage::ALL`].
    fn spans(&self) -> [Option<(Duration, Duration)>; Stage::ALL.len()] {
        let current = usize::from(self.0.stage.load(Ordering::Relaxed));
        let now = self.now();
        let mut spans = [None; Stage::ALL.len()];
        let ends = self.0.first.iter().zip(&self.0.last);
        for (index, (span, (first, last))) in spans.iter_mut().zip(ends).enumerate() {
            let first = first.load(Ordering::Relaxed);
            let last = if index == current {
                now
            } else {
                last.load(Ordering::Relaxed)
            };
            let times = (Duration::from_nanos(first), Duration::from_nanos(last));
            *span = (first != NEVER).then_some(times);
        }
        spans
    }

    fn change(&self, to: u8) {
        let now = self.now();
        let entered = self.0.entered.swap(now, Ordering::Relaxed);
        let from = usize::from(self.0.stage.swap(to, Ordering::Relaxed));
        if let (Some(spent), Some(last)) = (self.0.spent.get(from), self.0.last.get(from)) {
            spent.fetch_add(now.saturating_sub(entered), Ordering::Relaxed);
            last.store(now, Ordering::Relaxed);
        }
        if let Some(first) = self.0.first.get(usize::from(to)) {
            first.fetch_min(now, Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        nanoseconds(self.age())
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stays() {
        let checkpoint = Checkpoint::new();
        assert_eq!(checkpoint.check(Stage::Decode), Ok(()));
        checkpoint.stop(Stop::Deadline);
        checkpoint.stop(Stop::Cancelled);
        assert_eq!(checkpoint.check(Stage::Resize), Err(Stop::Deadline));
    }

    #[test]
    fn an_observer_sees_polls_and_ends_them() {
        let polls = Arc::new(AtomicU8::new(0));
        let seen = Arc::clone(&polls);
        let checkpoint = Checkpoint::observed(move |stage| {
            assert_eq!(stage, Some(Stage::Encode));
            (seen.fetch_add(1, Ordering::Relaxed) == 2).then_some(Stop::Cancelled)
        });
        assert_eq!(checkpoint.check(Stage::Encode), Ok(()));
        assert_eq!(checkpoint.check(Stage::Encode), Ok(()));
        assert_eq!(checkpoint.check(Stage::Encode), Err(Stop::Cancelled));
        assert_eq!(polls.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn what_is_used_after_a_stop_is_wasted() {
        let clock = |time: &Arc<AtomicU64>| {
            let time = Arc::clone(time);
            move || Some(Duration::from_secs(time.load(Ordering::Relaxed)))
        };
        let [thread, process] = [10, 500].map(|start| Arc::new(AtomicU64::new(start)));
        let pass = |time: &AtomicU64, seconds| time.fetch_add(seconds, Ordering::Relaxed);
        let checkpoint = Checkpoint::new();
        checkpoint.clocked(clock(&thread));
        pass(&thread, 7);
        checkpoint.stop(Stop::Cancelled);
        pass(&thread, 3);
        // A second reason is none.
        checkpoint.stop(Stop::Deadline);
        pass(&thread, 2);
        // Others go on with it, although it was stopped before.
        checkpoint.clocked(clock(&process));
        pass(&process, 4);
        pass(&thread, 100);
        checkpoint.unclocked();
        pass(&process, 1_000);
        assert_eq!(checkpoint.wasted(), Duration::from_secs(3 + 2 + 4));
        assert_eq!(checkpoint.wasted(), Duration::ZERO);
        // Who has died tells nothing.
        let checkpoint = Checkpoint::new();
        checkpoint.clocked(|| None);
        checkpoint.stop(Stop::Deadline);
        assert_eq!(checkpoint.wasted(), Duration::ZERO);
        // Who was never told to stop has wasted nothing.
        let checkpoint = Checkpoint::new();
        checkpoint.clocked(clock(&thread));
        pass(&thread, 50);
        assert_eq!(checkpoint.wasted(), Duration::ZERO);
    }

    #[test]
    fn time_goes_to_the_stage_that_ran() {
        let checkpoint = Checkpoint::new();
        checkpoint.enter(Stage::Decode);
        while checkpoint.times()[2] < Duration::from_micros(50) {
            std::hint::spin_loop();
        }
        checkpoint.enter(Stage::Encode);
        let times = checkpoint.times();
        assert!(times[2] >= Duration::from_micros(50));
        assert_eq!(times[0], Duration::ZERO);
        assert_eq!(checkpoint.stage(), Some(Stage::Encode));
        checkpoint.leave();
        assert_eq!(checkpoint.stage(), None);
    }

    #[test]
    fn another_processs_stages_are_where_they_were() {
        let checkpoint = Checkpoint::new();
        checkpoint.enter(Stage::Queue);
        checkpoint.enter(Stage::Decode);
        while checkpoint.age() < Duration::from_micros(500) {
            std::hint::spin_loop();
        }
        let micros = Duration::from_micros;
        let ran = |begin, end, busy| Ran {
            begin: micros(begin),
            end: micros(end),
            busy: micros(busy),
        };
        let stages = [
            (Stage::Decode, ran(10, 90, 50)),
            (Stage::Encode, ran(80, 100, 20)),
        ];
        checkpoint.credit(micros(100), stages);
        let found: Vec<_> = checkpoint.ran().collect();
        let [_, (Stage::Decode, decode), (Stage::Encode, encode)] = found[..] else {
            panic!("{found:?}");
        };
        assert!(decode.begin >= micros(410), "not from when it was ordered");
        assert_eq!(decode.end, decode.begin + micros(80));
        assert_eq!(encode.begin, decode.begin + micros(70));
        assert_eq!((decode.busy, encode.busy), (micros(50), micros(20)));
    }

    #[test]
    fn another_process_is_not_believed_everything() {
        let checkpoint = Checkpoint::new();
        checkpoint.enter(Stage::Decode);
        for time in [Duration::MAX, Duration::from_nanos(u64::MAX)] {
            let liar = Ran {
                begin: time,
                end: Duration::ZERO,
                busy: time,
            };
            let stages = [Stage::Decode, Stage::Resize, Stage::Encode];
            checkpoint.credit(time, stages.map(|stage| (stage, liar)));
        }
        let age = checkpoint.age();
        for (stage, ran) in checkpoint.ran() {
            assert!(ran.begin <= ran.end && ran.end <= age, "{stage:?} {ran:?}");
            assert!(ran.busy <= 2 * age, "{stage:?} {ran:?}");
        }
        assert_eq!(checkpoint.ran().count(), 3);
        assert_eq!(checkpoint.stage(), None);
    }
}
