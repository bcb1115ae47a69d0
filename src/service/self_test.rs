//! Whether every codec works here, before the server calls itself ready.

use std::sync::Arc;
use std::time::Duration;

use super::{Context, Error, Name, Service, Source};
use crate::admission::Deadline;
use crate::checkpoint::Checkpoint;
use crate::codecs::{self, Encoding, FORMATS, Format, Model, Raster, Shape};
use crate::pipeline::operation;
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request::{self, Rules};
use crate::source::Onward;

impl Service {
    /// Sends one tiny picture through each codec that writes.
    ///
    /// # Errors
    /// The first codec's that fails.
    pub async fn self_test(&self) -> Result<(), Error> {
        for row in FORMATS.iter().filter(|row| row.writes) {
            let file = specimen(row.format)?;
            let source = Source {
                digest: *blake3::hash(&file).as_bytes(),
                lease: Arc::new(self.0.admission.upload(file.len() as u64)?),
                bytes: file.into(),
            };
            let size = [("width".to_owned(), "3".to_owned())];
            let rules = Rules {
                lenient: false,
                grammar: Grammar::Strict,
                max_side: self.max_side(),
            };
            let request = operation::named("resize")
                .and_then(|row| request::parse(row, &size, &[], rules).ok())
                .ok_or_else(|| Error::Internal("the self-test can't be asked".to_owned()))?;
            let context = Context {
                deadline: Deadline::after(Duration::from_secs(10)),
                checkpoint: Checkpoint::new(),
                kept: None,
                name: Name {
                    request: "self-test".into(),
                    operation: row.name.into(),
                },
                onward: Onward::default(),
            };
            self.transform(source, request.into(), &context).await?;
        }
        Ok(())
    }
}

/// A tiny picture in that format.
pub(super) fn specimen(format: Format) -> Result<Vec<u8>, codecs::Error> {
    let shape = Shape {
        width: 8,
        height: 8,
        model: Model::Rgb,
    };
    let checkpoint = Checkpoint::new();
    let encoding = Encoding::plain(format, 80);
    let mut sink = codecs::create(encoding, shape, &checkpoint)?;
    sink.push(&Raster::new(shape))?;
    sink.finish()
}
