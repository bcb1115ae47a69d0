//! Spans on their way to whoever collects them. Requests never wait for it, and a collector that is gone costs what lies in the queue.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::source::{Collector, Untold};
use crate::telemetry::traces::{LeftOut, Span, Tracer};

/// How long the last spans may take, once all requests are answered.
const LAST: Duration = Duration::from_secs(2);

/// Before a collector that was overloaded is asked again; then twice as long, each time.
const PAUSE: Duration = Duration::from_secs(1);

/// How often one batch is tried.
const TRIES: u32 = 3;

/// How long a collector is left alone that asks for it, at most.
const LONGEST_REST: Duration = Duration::from_mins(5);

/// The task that tells a collector, while there is one.
pub(super) struct Telling {
    end: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Telling {
    /// Begins to tell this collector what there is.
    pub(super) fn start((tracer, collector): (Tracer, Collector)) -> Self {
        let (end, ended) = watch::channel(false);
        let teller = Teller {
            tracer,
            collector,
            is_heard: true,
            is_whole: true,
        };
        let task = tokio::spawn(teller.run(ended));
        Self { end, task }
    }

    /// Tells what is left, for a moment, and no longer than until `end`.
    pub(super) async fn finish(mut self, end: Instant) {
        self.end.send_replace(true);
        let end = end.min(Instant::now() + LAST);
        if timeout_at(end, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Ready when it is to end.
async fn over(ended: &mut watch::Receiver<bool>) {
    // That nobody could say so any more is an end, too.
    let _end = ended.wait_for(|&ended| ended).await;
}

struct Teller {
    tracer: Tracer,
    collector: Collector,
    /// The last message was.
    is_heard: bool,
    /// Nothing was left out of it.
    is_whole: bool,
}

impl Teller {
    async fn run(mut self, mut ended: watch::Receiver<bool>) {
        loop {
            let batch = tokio::select! {
                batch = self.tracer.batch() => batch,
                () = over(&mut ended) => break,
            };
            if !batch.is_empty() {
                self.tell(&batch, &mut ended).await;
            }
        }
        loop {
            let batch = self.tracer.rest();
            if batch.is_empty() {
                return;
            }
            self.tell_once(&batch).await;
        }
    }

    /// What is under way isn't given up at the end, since it would be told twice; but there is no pause any more.
    async fn tell(&mut self, batch: &[Span], ended: &mut watch::Receiver<bool>) {
        let give_up = Instant::now() + self.tracer.patience();
        for again in 1..=TRIES {
            let telling = self.collector.tell(self.tracer.message(batch));
            let told = timeout_at(give_up, telling).await;
            match told.unwrap_or_else(|_elapsed| Err(Untold::late())) {
                Ok(answer) => return self.was_heard(batch.len(), &answer),
                Err(Untold::Unreachable(why, wanted)) => {
                    let wanted = wanted.min(LONGEST_REST);
                    let pause = wanted.max(PAUSE * (1 << (again - 1)));
                    if again == TRIES || Instant::now() + pause >= give_up {
                        self.was_unheard(batch, &why);
                        let _early = timeout(wanted, over(ended)).await;
                        return;
                    }
                    let _early = timeout(pause, over(ended)).await;
                }
                Err(Untold::Refused(status)) => {
                    return self.was_unheard(batch, &format!("status {status}"));
                }
            }
        }
    }

    async fn tell_once(&mut self, batch: &[Span]) {
        match self.collector.tell(self.tracer.message(batch)).await {
            Ok(answer) => self.was_heard(batch.len(), &answer),
            Err(Untold::Unreachable(why, _)) => self.was_unheard(batch, &why),
            Err(Untold::Refused(status)) => self.was_unheard(batch, &format!("status {status}")),
        }
    }

    fn was_heard(&mut self, count: usize, answer: &[u8]) {
        let LeftOut { count: left, why } = LeftOut::read(answer);
        let left = usize::try_from(left).map_or(count, |left| left.min(count));
        self.tracer.drops(left);
        self.tracer.sent(count - left);
        if !self.is_heard {
            tracing::info!("the collector of traces is back");
        }
        self.is_heard = true;
        let is_whole = left == 0 && why.is_empty();
        if self.is_whole && !is_whole {
            tracing::warn!(
                spans = left,
                why,
                "the collector of traces leaves something out"
            );
        }
        self.is_whole = is_whole;
    }

    /// Says so once, and not for every batch.
    fn was_unheard(&mut self, batch: &[Span], why: &str) {
        self.tracer.drops(batch.len());
        if self.is_heard {
            tracing::warn!(
                why,
                "the collector of traces takes nothing; spans are dropped until it does"
            );
        }
        self.is_heard = false;
    }
}
