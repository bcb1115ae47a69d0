//! Pixel work: what it is, and how it is run on a worker.

use std::sync::Arc;

use bytes::Bytes;

use super::{Context, Error, Kept, Service};
use crate::admission::{Demand, Held, Lease, Permit};
use crate::checkpoint::Checkpoint;
use crate::codecs::Header;
use crate::pipeline::plan::Plan;
use crate::pipeline::{self, Scratch};
use crate::source::Source;

/// One job of pixel work: the file, what is known of it, and what to do.
#[derive(Debug)]
pub struct Job {
    /// The file.
    pub source: Bytes,
    /// What its header says.
    pub header: Header,
    /// What to do with it.
    pub plan: Plan,
}

/// Does a job, synchronously, on a worker.
pub type Executor =
    Arc<dyn Fn(&Job, &mut Scratch, &Checkpoint) -> Result<Vec<u8>, pipeline::Error> + Send + Sync>;

/// The executor of every real server: the pipeline, in this process.
pub fn in_process() -> Executor {
    Arc::new(|job, scratch, checkpoint| {
        pipeline::run(&job.source, &job.header, &job.plan, scratch, checkpoint)
    })
}

impl Service {
    /// Runs the plan on a worker; everything the work needs is owned by it.
    pub(super) async fn work(&self, ready: Ready, context: &Context) -> Result<Bytes, Error> {
        let executor = Arc::clone(&self.0.executor);
        let scratches = Arc::clone(&self.0.scratches);
        let Context {
            checkpoint, kept, ..
        } = context.clone();
        let Ready {
            source: Source {
                bytes: file, lease, ..
            },
            profile,
            header,
            plan,
            ..
        } = ready;
        // For another process the file lies in shared memory, and is copied out there.
        let copies = self.isolation().map_or(0, |_| 2 * file.len() as u64);
        let demand = Demand {
            bytes: plan.cost.peak_bytes.saturating_add(copies),
            time: plan.cost.time,
        };
        let job = Job {
            source: file,
            header,
            plan,
        };
        let work = move |permit: &mut Permit| {
            let mut scratch = scratches.lend();
            let made = executor(&job, &mut scratch, &checkpoint);
            scratches.take_back(scratch);
            checkpoint.leave();
            // The upload's memory is free once its bytes are: they go first.
            drop(job);
            drop((lease, profile));
            made.map(|file| {
                let held = permit.keep(file.capacity() as u64);
                Bytes::from_owner(Made {
                    file,
                    _held: held,
                    _kept: kept,
                })
            })
        };
        let made = self
            .0
            .admission
            .run(demand, context.deadline, &context.checkpoint, work)
            .await?;
        Ok(made?)
    }
}

/// A picture whose answer is planned.
pub(super) struct Ready {
    pub(super) source: Source,
    /// Upload memory for what lies beside the file.
    pub(super) profile: Lease,
    pub(super) header: Header,
    pub(super) plan: Plan,
    pub(super) etag: String,
}

/// A file that was made. Its bytes stay in the books until the last of them is sent, or the
/// client that doesn't read them is given up.
struct Made {
    file: Vec<u8>,
    _held: Held,
    _kept: Option<Kept>,
}

impl AsRef<[u8]> for Made {
    fn as_ref(&self) -> &[u8] {
        &self.file
    }
}
