//! What one file is.

use serde_json::Value;

use super::{Failure, Input, Reader};
use crate::http::local;
use crate::pipeline::gist::Wanted;
use crate::service::Source;

/// Tells the same of every file. A cheap handle.
#[derive(Clone, Debug)]
pub struct Teller {
    reader: Reader,
    wanted: Wanted,
}

/// What is told of one file.
#[derive(Debug)]
pub struct Told {
    /// Which.
    pub input: Input,
    /// Bytes of it, and the document of `/info`; or why there is none.
    pub said: Result<(u64, Value), Failure>,
}

impl Teller {
    /// Tells what [`local::asked_about`] has read.
    pub fn new(reader: Reader, wanted: Wanted) -> Self {
        Self { reader, wanted }
    }

    /// Tells of one.
    pub async fn tell(&self, input: Input) -> Told {
        let context = Reader::context();
        let work = |source: Source| async {
            let service = self.reader.service();
            let size = source.bytes.len() as u64;
            let said = local::described(service, source, self.wanted, &context).await?;
            Ok((size, said))
        };
        let said = self.reader.with(&input, work).await;
        Told { input, said }
    }
}
