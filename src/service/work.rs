//! Pixel work: what it is, and how it is run on a worker.

use std::sync::Arc;

use bytes::Bytes;

use super::roll::Subject;
use super::{Context, Error, Kept, Service};
use crate::admission::{Demand, Held, Lease, Permit};
use crate::checkpoint::Checkpoint;
use crate::codecs::Header;
use crate::pipeline::plan::Plan;
use crate::pipeline::{self, Picture, Scratch};
use crate::source::Source;

/// One job of pixel work: the file, what is known of it, and what to do.
#[derive(Debug)]
pub struct Job {
    /// The file.
    pub source: Bytes,
    /// What its header says.
    pub header: Header,
    /// The files that are drawn over it, with what their headers say.
    pub beside: Vec<(Bytes, Header)>,
    /// What to do with it.
    pub plan: Plan,
}

impl Job {
    /// Bytes of all of its files.
    pub(super) fn length(&self) -> u64 {
        let beside = self.beside.iter().map(|(file, _)| file.len() as u64);
        self.source.len() as u64 + beside.sum::<u64>()
    }
}

/// Does a job, synchronously, on a worker.
pub type Executor =
    Arc<dyn Fn(&Job, &mut Scratch, &Checkpoint) -> Result<Vec<u8>, pipeline::Error> + Send + Sync>;

/// The executor of every real server: the pipeline, in this process.
pub fn in_process() -> Executor {
    Arc::new(|job, scratch, checkpoint| {
        let picture = |(file, header)| Picture { file, header };
        let beside = job.beside.iter().map(|(file, header)| (&**file, header));
        let beside: Vec<_> = beside.map(picture).collect();
        let first = picture((&*job.source, &job.header));
        pipeline::run_with(first, &beside, &job.plan, scratch, checkpoint)
    })
}

impl Service {
    /// Runs the plan on a worker; everything the work needs is owned by it.
    pub(super) async fn work(&self, ready: Ready, context: &Context) -> Result<Bytes, Error> {
        let executor = Arc::clone(&self.0.executor);
        let scratches = Arc::clone(&self.0.scratches);
        let Context {
            checkpoint,
            kept,
            name,
            ..
        } = context.clone();
        let (job, leases) = ready.into_job();
        // For another process the files lie in shared memory, and are copied out there.
        let copies = self.isolation().map_or(0, |_| 2 * job.length());
        let cost = &job.plan.cost;
        let demand = Demand {
            bytes: cost.peak_bytes.saturating_add(copies),
            time: cost.time,
        };
        let subject = Subject::new(&name, &job, demand);
        let mark = self.0.roll.enter(subject, checkpoint.clone());
        let work = move |permit: &mut Permit| {
            mark.begin();
            let mut scratch = scratches.lend();
            let made = executor(&job, &mut scratch, &checkpoint);
            scratches.take_back(scratch);
            checkpoint.leave();
            // The upload's memory is free once its bytes are: they go first.
            drop(job);
            drop(leases);
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
    /// The pictures that are drawn over it, with their headers.
    pub(super) beside: Vec<(Source, Header)>,
    /// Upload memory for what lies beside the files.
    pub(super) profiles: Lease,
    pub(super) header: Header,
    pub(super) plan: Plan,
    pub(super) etag: String,
}

/// Upload memory that a job's files and profiles are in.
type Leases = (Vec<Arc<Lease>>, Lease);

impl Ready {
    /// What is to be done, and what is given back once that is done.
    fn into_job(self) -> (Job, Leases) {
        let mut leases = vec![self.source.lease];
        let mut beside = Vec::new();
        for (Source { bytes, lease, .. }, header) in self.beside {
            leases.push(lease);
            beside.push((bytes, header));
        }
        let job = Job {
            source: self.source.bytes,
            header: self.header,
            beside,
            plan: self.plan,
        };
        (job, (leases, self.profiles))
    }

    /// For a plan that makes no picture, and needs no other.
    pub(super) fn alone(source: Source, header: Header, plan: Plan, profiles: Lease) -> Self {
        Self {
            source,
            beside: Vec::new(),
            profiles,
            header,
            plan,
            etag: String::new(),
        }
    }
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
