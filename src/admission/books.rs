//! The books: who waits, who works, who holds how much memory.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::budget::{Budget, Taken};
use super::pace::Pace;
use super::permit::Permit;
use super::place::Arriving;
use super::queue::{Demand, Queue};
use super::uploads::Uploads;
use super::{Deadline, Settings};

#[derive(Debug)]
pub(super) struct Books {
    budget: Budget,
    pub(super) queue: Queue<Waiter>,
    next_waiter: u64,
    /// Who may be in the queue soon.
    pub(super) arriving: Arriving,
    /// One for each worker that is busy.
    running: Vec<Running>,
    /// Pixel memory.
    pub(super) pixels: Taken,
    /// Of that, what answers hold that are not sent yet.
    pub(super) answers: Taken,
    pub(super) uploads: Uploads,
    pub(super) cancelled: u64,
    /// Processor time of work after its client had left.
    pub(super) wasted_cancelled: Duration,
    /// The same after its deadline.
    pub(super) wasted_late: Duration,
    /// From work that has ended.
    pace: Pace,
}

/// What a worker does.
#[derive(Debug)]
struct Running {
    demand: Demand,
    since: Instant,
    deadline: Deadline,
}

#[derive(Debug)]
pub(super) struct Waiter {
    id: u64,
    pub(super) deadline: Deadline,
    pub(super) grant: oneshot::Sender<Permit>,
}

impl Books {
    pub(super) fn new(settings: &Settings) -> Self {
        let budget = Budget(settings.pixel_memory);
        Self {
            budget,
            queue: Queue::new(budget),
            next_waiter: 0,
            arriving: Arriving::default(),
            running: Vec::new(),
            pixels: Taken::default(),
            answers: Taken::default(),
            uploads: Uploads::new(settings.upload_memory),
            cancelled: 0,
            wasted_cancelled: Duration::ZERO,
            wasted_late: Duration::ZERO,
            pace: Pace::new(),
        }
    }

    /// Counts so many bytes of pixel memory.
    pub(super) fn take(&mut self, demand: Demand, bytes: u64) {
        *self.pixels.of(self.budget.is_heavy(demand)) += bytes;
    }

    /// Counts so many bytes no more.
    pub(super) fn free(&mut self, demand: Demand, bytes: u64) {
        *self.pixels.of(self.budget.is_heavy(demand)) -= bytes;
    }

    /// Counts an answer of so many bytes.
    pub(super) fn take_answer(&mut self, demand: Demand, bytes: u64) {
        self.take(demand, bytes);
        *self.answers.of(self.budget.is_heavy(demand)) += bytes;
    }

    /// Counts it no more.
    pub(super) fn free_answer(&mut self, demand: Demand, bytes: u64) {
        self.free(demand, bytes);
        *self.answers.of(self.budget.is_heavy(demand)) -= bytes;
    }

    /// Puts one into the queue; the number is its own.
    pub(super) fn queue_up(
        &mut self,
        demand: Demand,
        deadline: Deadline,
        grant: oneshot::Sender<Permit>,
    ) -> u64 {
        let id = self.next_waiter;
        self.next_waiter += 1;
        let waiter = Waiter {
            id,
            deadline,
            grant,
        };
        self.queue.push(demand, waiter);
        id
    }

    /// Takes the one with that number out of it.
    pub(super) fn withdraw(&mut self, id: u64) {
        self.queue.retain(|waiter| waiter.item.id != id);
    }

    /// How many workers are busy.
    pub(super) fn busy(&self) -> usize {
        self.running.len()
    }

    /// How many of them have dear work.
    pub(super) fn dear(&self) -> usize {
        self.running
            .iter()
            .filter(|work| work.demand.dear())
            .count()
    }

    /// Counts a worker, from now on, and the bytes that it is given.
    pub(super) fn give(&mut self, demand: Demand, since: Instant, deadline: Deadline) {
        self.running.push(Running {
            demand,
            since,
            deadline,
        });
        self.take(demand, demand.bytes);
    }

    /// Takes a worker back that has worked since then, and the bytes that come with it.
    pub(super) fn take_back(&mut self, demand: Demand, since: Instant, bytes: u64) {
        let own = |work: &Running| work.demand == demand && work.since == since;
        if let Some(worker) = self.running.iter().position(own) {
            self.running.swap_remove(worker);
        }
        self.free(demand, bytes);
    }

    /// Learns what work took. Of work that made nothing only what it took too long: failures and overload would look like speed.
    pub(super) fn learn(&mut self, demand: Demand, took: Duration, has_made: bool) {
        if has_made || took.as_secs_f64() > self.seconds(demand) {
            self.pace.learn(demand.time, took);
        }
    }

    /// Seconds of a processor that it is likely to take.
    pub(super) fn seconds(&self, demand: Demand) -> f64 {
        self.pace.seconds(demand.time.as_secs_f64())
    }

    /// Seconds that one worker is likely to need for all who wait.
    pub(super) fn backlog(&self) -> f64 {
        self.pace.seconds(self.queue.seconds())
    }

    /// Seconds until a worker is likely to turn to such work, of so many workers, if nobody else comes.
    pub(super) fn wait(&self, demand: Demand, workers: usize, now: Instant) -> f64 {
        let mut rests: Vec<f64> = self
            .running
            .iter()
            .map(|work| self.rest(work, now))
            .collect();
        rests.sort_by(f64::total_cmp);
        if demand.dear() {
            // Where one helps out, it isn't there for this.
            rests.drain(..rests.len().saturating_sub(workers));
        }
        let helps = !demand.dear() && self.dear() == workers;
        let idle = (workers + usize::from(helps)).saturating_sub(rests.len());
        rests.splice(..0, std::iter::repeat_n(0.0, idle));
        turn(&rests, self.pace.seconds(self.queue.ahead(demand)))
    }

    /// Seconds that work is likely to go on. Of what is late no more is known than that it takes as long as it has taken, and again;
    /// until its deadline at most, if that can stop it.
    fn rest(&self, work: &Running, now: Instant) -> f64 {
        let elapsed = now.duration_since(work.since).as_secs_f64();
        let thought = self.seconds(work.demand);
        let rest = if elapsed < thought {
            thought - elapsed
        } else {
            elapsed
        };
        let left = work.deadline.at().duration_since(now).as_secs_f64();
        if left > 0.0 { rest.min(left) } else { rest }
    }

    /// Takes those out of the queue who have too little time left to be worth a worker: less than half of what their work is likely to take.
    pub(super) fn shed(&mut self, now: Instant) {
        let pace = &self.pace;
        self.queue.retain(|waiter| {
            let left = waiter.item.deadline.at().duration_since(now);
            left.as_secs_f64() >= pace.seconds(waiter.demand.time.as_secs_f64()) / 2.0
        });
    }
}

/// When the first of several workers is free again who share so many seconds of work, each of them after the rest of what it does now;
/// the least of these comes first. Work counts as if it could be split: it can't, and the turn may come earlier.
fn turn(rests: &[f64], work: f64) -> f64 {
    let mut sum = work;
    let mut turn = 0.0;
    for (workers, &rest) in (0_u32..).zip(rests) {
        // So many are done with it before the next one could help.
        if workers > 0 && turn <= rest {
            break;
        }
        sum += rest;
        turn = sum / f64::from(workers + 1);
    }
    turn
}

#[cfg(test)]
mod tests {
    use super::turn;

    #[test]
    fn the_first_worker_that_is_free_takes_the_turn() {
        let cases: [(&[f64], f64, f64); 8] = [
            (&[0.0], 4.0, 4.0),
            (&[3.0], 4.0, 7.0),
            (&[0.0, 0.0], 4.0, 2.0),
            // A long one holds up its own worker alone.
            (&[0.3, 75.0], 0.0, 0.3),
            (&[0.3, 75.0], 4.0, 4.3),
            (&[1.0, 3.0], 4.0, 4.0),
            (&[1.0, 2.0, 9.0], 5.0, 4.0),
            (&[1.0, 2.0, 3.0], 6.0, 4.0),
        ];
        for (rests, work, expected) in cases {
            let seconds = turn(rests, work);
            assert!(
                (seconds - expected).abs() < 1e-9,
                "{rests:?}, {work}: {seconds}"
            );
        }
    }
}
