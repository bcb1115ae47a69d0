//! What a picture is, before it is planned: of most files at once, of a document once a worker has looked.

use std::sync::Arc;
use std::time::Duration;

use super::{Context, Error, Service, Source};
use crate::admission::{Demand, Permit};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{self, Header, pdf};
use crate::pipeline::{self, plan};

/// Looks what a page of a document is, synchronously, on a worker.
pub(super) type Look =
    Arc<dyn Fn(&[u8], u32, &Checkpoint) -> Result<pdf::Paper, pipeline::Error> + Send + Sync>;

/// In this process.
pub(super) fn look_here() -> Look {
    Arc::new(|file, page, checkpoint| {
        checkpoint.check(Stage::Decode)?;
        Ok(pdf::look(file, page)?)
    })
}

/// What looking takes beside the document's length: its tables are read, and nothing is drawn.
const LOOKING: Duration = Duration::from_micros(300);

/// Nanoseconds for each byte of it, most of which is copied alone.
const BYTE: u64 = 1;

impl Service {
    /// What a page of the picture is, from its header; see [`codecs::probe_page`] and, of documents, [`pdf::look`].
    ///
    /// # Errors
    /// [`Error`].
    pub async fn info(
        &self,
        source: &Source,
        page: u32,
        context: &Context,
    ) -> Result<Header, Error> {
        if !pdf::is(&source.bytes) {
            return Ok(codecs::probe_page(&source.bytes, page)?);
        }
        if !self.0.settings.documents {
            return Err(plan::Error::Document.into());
        }
        let length = source.bytes.len() as u64;
        // For another process it is copied into shared memory, and out of that.
        let copies = self.isolation().map_or(0, |_| 2 * length);
        let demand = Demand {
            bytes: pdf::look_bytes(length).saturating_add(copies),
            time: LOOKING + Duration::from_nanos(length.saturating_mul(BYTE)),
        };
        let (look, file) = (Arc::clone(&self.0.look), source.clone());
        let kept = context.kept.clone();
        let checkpoint = context.checkpoint.clone();
        let work = move |permit: &mut Permit| {
            let seen = look(&file.bytes, page, &checkpoint);
            checkpoint.leave();
            drop((file, kept));
            if seen.is_ok() {
                // Nothing is left of it; but what looking takes is learnt from.
                drop(permit.keep(0));
            }
            seen
        };
        let admission = &self.0.admission;
        let seen = admission.run(demand, context.deadline, &context.checkpoint, work);
        Ok(pdf::header(seen.await??, length))
    }

    /// What a picture is, at once: of a document that can't be told.
    ///
    /// # Errors
    /// [`Error`].
    pub fn header(&self, source: &Source) -> Result<Header, Error> {
        Ok(codecs::probe(&source.bytes)?)
    }
}
