//! The one use case: a picture and a request in, a picture out.

mod error;
mod found;
mod header;
mod memory;
mod named;
mod roll;
mod scratches;
mod self_test;
mod terms;
mod work;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

pub use self::error::Error;
use self::memory::Memory;
pub use self::named::{Holds, Named};
use self::roll::Roll;
pub use self::roll::{Entry, Name, Subject};
use self::scratches::Scratches;
pub use self::terms::{Answer, Context, Kept, Order};
use self::work::Ready;
pub use self::work::{Executor, Job, in_process};
use crate::admission::Admission;
use crate::codecs::{self, Format, Header};
use crate::isolation::Isolation;
use crate::pipeline::plan::{self, Plan, Settings};
use crate::pipeline::trim;
pub use crate::source::Source;
use crate::source::Sources;

/// What a service is made of besides its executor.
#[derive(Debug)]
pub struct Parts {
    /// Limits on pictures.
    pub settings: Settings,
    /// What it works through.
    pub admission: Admission,
    /// Where pictures come from besides bodies of requests.
    pub sources: Sources,
}

/// A cheap handle on the use case.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

struct Inner {
    settings: Settings,
    admission: Admission,
    sources: Sources,
    memory: Memory,
    executor: Executor,
    look: header::Look,
    /// Where both work, if not in this process.
    isolation: Option<Isolation>,
    scratches: Arc<Scratches>,
    roll: Roll,
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
    /// Of these parts.
    pub fn new(parts: Parts, executor: Executor) -> Self {
        Self::with(parts, (executor, header::look_here()), None)
    }

    /// The same, with pixel work in processes of its own.
    pub fn isolated(parts: Parts, isolation: Isolation) -> Self {
        let processes = isolation.clone();
        let executor: Executor = Arc::new(move |job, _, checkpoint| {
            let beside = job.beside.iter().map(|(file, _)| &**file);
            let files: Vec<&[u8]> = std::iter::once(&*job.source).chain(beside).collect();
            processes.run(&files, &job.header, &job.plan, checkpoint)
        });
        let processes = isolation.clone();
        let look: header::Look =
            Arc::new(move |file, page, checkpoint| processes.look(file, page, checkpoint));
        Self::with(parts, (executor, look), Some(isolation))
    }

    fn with(
        parts: Parts,
        (executor, look): (Executor, header::Look),
        isolation: Option<Isolation>,
    ) -> Self {
        let Parts {
            settings,
            admission,
            sources,
        } = parts;
        let figures = admission.figures();
        // Beside the workers there is one that helps out.
        let scratches = Scratches::new(figures.pixel_memory.1, figures.workers as u64 + 1);
        Self(Arc::new(Inner {
            settings,
            admission,
            sources,
            memory: Memory::default(),
            executor,
            look,
            isolation,
            scratches: Arc::new(scratches),
            roll: Roll::default(),
        }))
    }

    /// The same with other limits on pictures, and nothing remembered of answers that were made by the old ones.
    #[must_use]
    pub fn with_limits(&self, settings: Settings) -> Self {
        let Inner {
            admission,
            sources,
            executor,
            look,
            isolation,
            scratches,
            roll,
            ..
        } = &*self.0;
        Self(Arc::new(Inner {
            settings,
            admission: admission.clone(),
            sources: sources.clone(),
            memory: Memory::default(),
            executor: Arc::clone(executor),
            look: Arc::clone(look),
            isolation: isolation.clone(),
            scratches: Arc::clone(scratches),
            roll: roll.clone(),
        }))
    }

    /// The admission it works through.
    pub fn admission(&self) -> &Admission {
        &self.0.admission
    }

    /// Where its pictures come from besides bodies.
    pub fn sources(&self) -> &Sources {
        &self.0.sources
    }

    /// The processes it works in, if not in this one.
    pub fn isolation(&self) -> Option<&Isolation> {
        self.0.isolation.as_ref()
    }

    /// Whether drawings are worked on.
    pub fn reads_drawings(&self) -> bool {
        self.0.settings.drawings
    }

    /// Whether documents are worked on.
    pub fn reads_documents(&self) -> bool {
        self.0.settings.documents
    }

    /// The largest width and height that may be asked for.
    pub fn max_side(&self) -> u32 {
        self.0.settings.max_output_side
    }

    /// Whether the bytes are a picture in a format that is read, by their signature alone, and no document where none is read.
    ///
    /// # Errors
    /// [`Error`].
    pub fn recognise(&self, source: &Source) -> Result<(), Error> {
        let format = codecs::recognise(&source.bytes)?;
        if format == Format::Pdf && !self.0.settings.documents {
            return Err(plan::Error::Document.into());
        }
        Ok(())
    }

    /// Whether the picture is within the limits.
    ///
    /// # Errors
    /// [`Error`].
    pub fn check(&self, header: &Header) -> Result<(), Error> {
        Ok(plan::check_source(header, &self.0.settings)?)
    }

    /// Makes the picture that `order` asks for.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn transform(
        &self,
        source: Source,
        order: Order,
        context: &Context,
    ) -> Result<Answer, Error> {
        let ready = self.plan(source, order, context).await?;
        self.make(ready, context).await
    }

    /// All that can be known of the answer before it is made.
    async fn plan(&self, source: Source, order: Order, context: &Context) -> Result<Ready, Error> {
        let Order {
            mut request,
            beside,
        } = order;
        let settings = &self.0.settings;
        let header = self.info(&source, request.page(), context).await?;
        let headers = beside.iter().map(|source| codecs::probe(&source.bytes));
        let headers = headers.collect::<Result<Vec<_>, _>>();
        let headers = headers.map_err(Error::Watermark)?;
        // A profile may be packed in the file, and lies beside it while the request waits.
        let held = headers.iter().chain([&header]).map(Header::held_bytes);
        let profiles = self.0.admission.upload(held.sum())?;
        if let Some(plan) = trim::seek(&request, &header, &headers, settings)? {
            let found = self.bounds(source.clone(), header.clone(), plan, context);
            request = request.trimmed(found.await?);
        }
        let plan = plan::plan_with(&request, &header, &headers, settings)?;
        Ok(Ready {
            etag: etag(&source, &beside, &plan),
            source,
            beside: beside.into_iter().zip(headers).collect(),
            profiles,
            header,
            plan,
        })
    }

    async fn make(&self, ready: Ready, context: &Context) -> Result<Answer, Error> {
        let (etag, header) = (ready.etag.clone(), ready.header.clone());
        let (width, height) = (ready.plan.width, ready.plan.height);
        Ok(Answer {
            format: ready.plan.encoding.format,
            bytes: self.work(ready, context).await?,
            width,
            height,
            etag,
            source: header,
        })
    }

    /// The work that waits and the work that is done, the oldest first.
    pub fn going_on(&self) -> Vec<Entry> {
        self.0.roll.read()
    }

    /// Lets go of buffers that no job has used for ten seconds. Called from time to time.
    pub fn trim(&self) {
        self.0.scratches.trim(Instant::now());
    }
}

/// Digest of sources, plan and encoder version: known before the answer is made.
fn etag(source: &Source, beside: &[Source], plan: &Plan) -> String {
    let mut hasher = blake3::Hasher::new();
    for source in std::iter::once(source).chain(beside) {
        hasher.update(&source.digest);
    }
    hasher.update(plan.canonical().as_bytes());
    let digest = hasher.finalize().to_hex();
    format!("\"{}\"", digest.get(..32).unwrap_or_default())
}

#[cfg(test)]
mod tests;
