//! The one use case: a picture and a request in, a picture out.

mod error;
mod scratches;
mod self_test;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

pub use self::error::Error;
use self::scratches::Scratches;
use crate::admission::{Admission, Deadline, Demand, Held, Lease, Permit};
use crate::checkpoint::Checkpoint;
use crate::codecs::{self, Format, Header};
use crate::isolation::Isolation;
use crate::pipeline::plan::{self, Plan, Settings};
use crate::pipeline::request::Request;
use crate::pipeline::{self, Scratch};

/// A picture as it came in.
#[derive(Debug)]
pub struct Source {
    /// The file.
    pub bytes: Bytes,
    /// Its BLAKE3 digest.
    pub digest: [u8; 32],
    /// The upload memory it holds.
    pub lease: Lease,
}

/// What is kept as long as a request's work lasts, and its answer is being sent; it gives back whatever it stands for when dropped.
pub type Kept = Arc<dyn fmt::Debug + Send + Sync>;

/// What goes with a request through every layer.
#[derive(Clone, Debug)]
pub struct Context {
    /// When it has to be done.
    pub deadline: Deadline,
    /// Where its work asks whether to go on.
    pub checkpoint: Checkpoint,
    /// What is kept until all is done.
    pub kept: Option<Kept>,
}

/// The picture that was made.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The file.
    pub bytes: Bytes,
    /// Its format.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Strong entity tag with its quotes.
    pub etag: String,
    /// What the source was.
    pub source: Header,
}

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

/// A cheap handle on the use case.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

struct Inner {
    settings: Settings,
    admission: Admission,
    executor: Executor,
    /// Where the executor works, if not in this process.
    isolation: Option<Isolation>,
    scratches: Arc<Scratches>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("settings", &self.settings)
            .field("admission", &self.admission)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// With these limits, working through this admission.
    pub fn new(settings: Settings, admission: Admission, executor: Executor) -> Self {
        Self::with(settings, admission, executor, None)
    }

    /// The same, with pixel work in processes of its own.
    pub fn isolated(settings: Settings, admission: Admission, isolation: Isolation) -> Self {
        let processes = isolation.clone();
        let executor: Executor =
            Arc::new(move |job, _, checkpoint| processes.run(&job.source, &job.plan, checkpoint));
        Self::with(settings, admission, executor, Some(isolation))
    }

    fn with(
        settings: Settings,
        admission: Admission,
        executor: Executor,
        isolation: Option<Isolation>,
    ) -> Self {
        let figures = admission.figures();
        // Beside the workers there is one that helps out.
        let scratches = Scratches::new(figures.pixel_memory.1, figures.workers as u64 + 1);
        Self(Arc::new(Inner {
            settings,
            admission,
            executor,
            isolation,
            scratches: Arc::new(scratches),
        }))
    }

    /// The admission it works through.
    pub fn admission(&self) -> &Admission {
        &self.0.admission
    }

    /// The processes it works in, if not in this one.
    pub fn isolation(&self) -> Option<&Isolation> {
        self.0.isolation.as_ref()
    }

    /// The largest width and height that may be asked for.
    pub fn max_side(&self) -> u32 {
        self.0.settings.max_output_side
    }

    /// Whether the bytes are a picture in a format that is read, by their signature alone.
    ///
    /// # Errors
    /// [`Error`].
    pub fn recognise(&self, source: &Source) -> Result<(), Error> {
        Ok(codecs::recognise(&source.bytes).map(drop)?)
    }

    /// Whether the picture is within the limits.
    ///
    /// # Errors
    /// [`Error`].
    pub fn check(&self, header: &Header) -> Result<(), Error> {
        Ok(plan::check_source(header, &self.0.settings)?)
    }

    /// What the picture is, from its header.
    ///
    /// # Errors
    /// [`Error`].
    pub fn info(&self, source: &Source) -> Result<Header, Error> {
        Ok(codecs::probe(&source.bytes)?)
    }

    /// Makes the picture that `request` asks for.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn transform(
        &self,
        mut source: Source,
        request: &Request,
        context: &Context,
    ) -> Result<Answer, Error> {
        let header = codecs::probe(&source.bytes)?;
        // A profile may be packed in the file, and lies beside it while the request waits.
        source.lease.extend(header.held_bytes())?;
        let plan = plan::plan(request, &header, &self.0.settings)?;
        let etag = etag(&source.digest, &plan);
        let (format, width, height) = (plan.encoding.format, plan.width, plan.height);
        let bytes = self.work(source, header.clone(), plan, context).await?;
        Ok(Answer {
            bytes,
            format,
            width,
            height,
            etag,
            source: header,
        })
    }

    /// Lets go of buffers that no job has used for ten seconds. Called from time to time.
    pub fn trim(&self) {
        self.0.scratches.trim(Instant::now());
    }

    /// Runs the plan on a worker; everything the work needs is owned by it.
    async fn work(
        &self,
        source: Source,
        header: Header,
        plan: Plan,
        context: &Context,
    ) -> Result<Bytes, Error> {
        let executor = Arc::clone(&self.0.executor);
        let scratches = Arc::clone(&self.0.scratches);
        let Context {
            checkpoint, kept, ..
        } = context.clone();
        let Source {
            bytes: file, lease, ..
        } = source;
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
            drop(lease);
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

/// Digest of source, plan and encoder version: known before a pixel is decoded.
fn etag(source: &[u8; 32], plan: &Plan) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(source);
    hasher.update(plan.canonical().as_bytes());
    let digest = hasher.finalize().to_hex();
    format!("\"{}\"", digest.get(..32).unwrap_or_default())
}

#[cfg(test)]
mod tests;
