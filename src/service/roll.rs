//! Who waits for a worker and who has one, for people who ask. It decides nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::work::Job;
use crate::admission::Demand;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::Format;

/// How a request is called by people: nothing in it is a client's secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// The request's id, as logs have it.
    pub request: Arc<str>,
    /// What is done, as a route.
    pub operation: Arc<str>,
}

/// What work is about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Who asked for what.
    pub name: Name,
    /// The source's format.
    pub format: Format,
    /// Its stored width and height, in pixels.
    pub size: (u32, u32),
    /// Its bytes, and those of what is drawn over it.
    pub bytes: u64,
    /// What it takes of admission.
    pub demand: Demand,
}

impl Subject {
    pub(super) fn new(name: &Name, job: &Job, demand: Demand) -> Self {
        Self {
            name: name.clone(),
            format: job.header.format,
            size: (job.header.width, job.header.height),
            bytes: job.length(),
            demand,
        }
    }
}

/// One piece of work, at the moment of the question.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is about.
    pub subject: Subject,
    /// How long it has waited, or had waited when it got its worker.
    pub waited: Duration,
    /// For how long it has had a worker; `None` while it waits for one.
    pub worked: Option<Duration>,
    /// What it is doing.
    pub stage: Option<Stage>,
    /// Why it is to stop, if it is.
    pub stop: Option<Stop>,
}

/// A cheap handle: clones are the same roll.
#[derive(Clone, Debug, Default)]
pub(super) struct Roll(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    next: u64,
    /// By number, which is by age.
    lines: BTreeMap<u64, Arc<Line>>,
}

#[derive(Debug)]
struct Line {
    subject: Subject,
    checkpoint: Checkpoint,
    since: Instant,
    begun: OnceLock<Instant>,
}

impl Roll {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters work that will wait from now on.
    pub(super) fn enter(&self, subject: Subject, checkpoint: Checkpoint) -> Mark {
        let line = Arc::new(Line {
            subject,
            checkpoint,
            since: Instant::now(),
            begun: OnceLock::new(),
        });
        let mut lines = self.lines();
        let number = lines.next;
        lines.next += 1;
        lines.lines.insert(number, Arc::clone(&line));
        Mark {
            roll: self.clone(),
            number,
            line,
        }
    }

    /// Everything on it, the oldest first.
    pub(super) fn read(&self) -> Vec<Entry> {
        // What is told of each is worked out without the lock.
        let lines: Vec<_> = self.lines().lines.values().cloned().collect();
        let now = Instant::now();
        lines.iter().map(|line| line.at(now)).collect()
    }
}

impl Line {
    fn at(&self, now: Instant) -> Entry {
        let begun = self.begun.get().copied();
        Entry {
            subject: self.subject.clone(),
            waited: begun.unwrap_or(now).saturating_duration_since(self.since),
            worked: begun.map(|begun| now.saturating_duration_since(begun)),
            stage: self.checkpoint.stage(),
            stop: self.checkpoint.stopped(),
        }
    }
}

/// A line on the roll, struck out when this is dropped: it belongs to the work, wherever that is.
#[derive(Debug)]
pub(super) struct Mark {
    roll: Roll,
    number: u64,
    line: Arc<Line>,
}

impl Mark {
    /// It has a worker.
    pub(super) fn begin(&self) {
        let _once = self.line.begun.set(Instant::now());
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.roll.lines().lines.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(request: &str) -> Subject {
        Subject {
            name: Name {
                request: request.into(),
                operation: "/resize".into(),
            },
            format: Format::Png,
            size: (3, 2),
            bytes: 70,
            demand: Demand {
                bytes: 9,
                time: Duration::ZERO,
            },
        }
    }

    #[test]
    fn work_is_on_the_roll_as_long_as_its_mark_lives() {
        let roll = Roll::default();
        let checkpoint = Checkpoint::new();
        let first = roll.enter(subject("a"), checkpoint.clone());
        let second = roll.enter(subject("b"), Checkpoint::new());
        second.begin();
        checkpoint.enter(Stage::Queue);
        checkpoint.stop(Stop::Cancelled);
        let entries = roll.read();
        let names: Vec<&str> = entries.iter().map(|e| &*e.subject.name.request).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(entries[0].worked, None);
        assert_eq!(entries[0].stage, Some(Stage::Queue));
        assert_eq!(entries[0].stop, Some(Stop::Cancelled));
        assert!(entries[1].worked.is_some() && entries[1].stop.is_none());
        drop(first);
        assert_eq!(roll.read().len(), 1);
        drop(second);
        assert!(roll.read().is_empty());
    }
}
