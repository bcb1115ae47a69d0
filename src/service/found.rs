//! Work that finds something in a picture, and makes none.

use super::work::Ready;
use super::{Context, Error, Service};
use crate::codecs::Header;
use crate::pipeline::gist::{Gist, Wanted};
use crate::pipeline::plan::Plan;
use crate::pipeline::trim::Bounds;
use crate::source::Source;

impl Service {
    /// What only pixels can tell of the size of the answer.
    pub(super) async fn bounds(
        &self,
        source: Source,
        header: Header,
        plan: Plan,
        context: &Context,
    ) -> Result<Bounds, Error> {
        let size = plan.turned();
        // Whoever asks holds its profile.
        let profiles = self.0.admission.upload(0)?;
        let found = self.work(Ready::alone(source, header, plan, profiles), context);
        // A process that was taken over may say anything.
        let found = Bounds::read(&found.await?).filter(|found| found.lie_in(size));
        found.ok_or_else(|| Error::Internal("borders were lost".to_owned()))
    }

    /// The picture's gist, whose header `info` has read.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn gist(
        &self,
        source: Source,
        header: Header,
        wanted: Wanted,
        context: &Context,
    ) -> Result<Gist, Error> {
        let profiles = self.0.admission.upload(header.held_bytes())?;
        let plan = wanted.plan(&header, &self.0.settings)?;
        let found = self.work(Ready::alone(source, header, plan, profiles), context);
        Gist::read(&found.await?).ok_or_else(|| Error::Internal("a gist was lost".to_owned()))
    }
}
