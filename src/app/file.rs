//! The pipeline on one file, without a server.

use crate::checkpoint::Checkpoint;
use crate::codecs;
use crate::config::{Config, Machine};
use crate::http::problem::Problem;
use crate::pipeline::parameter::Grammar;
use crate::pipeline::{self, operation, plan, request};
use crate::service;

/// Why a file was not resized, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// The parameters make no sense.
    Parameters(String),
    /// Anything else: the picture, the limits, ourselves.
    Failed(String),
}

/// The pipeline on one file, with the parameters of `/resize`, without a server.
///
/// # Errors
/// [`FileError`].
pub fn resize_file(
    file: &[u8],
    parameters: &[(String, String)],
    machine: Machine,
) -> Result<Vec<u8>, FileError> {
    let config = Config::defaults(machine).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        FileError::Failed(lines.join("; "))
    })?;
    let rules = request::Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side: config.pipeline.max_output_side,
    };
    let row = operation::named("resize")
        .ok_or_else(|| FileError::Failed("there is no such operation".to_owned()))?;
    let request = request::parse(row, parameters, &[], rules)
        .and_then(|request| request.complete().map(|()| request))
        .map_err(|error| FileError::Parameters(Problem::from(error).detail().to_owned()))?;
    let failed =
        |error: service::Error| FileError::Failed(Problem::from(error).detail().to_owned());
    let header = codecs::probe_page(file, request.page()).map_err(|error| failed(error.into()))?;
    let settings = plan::Settings {
        // It is the caller's own file, and nobody else's work is in this process.
        drawings: true,
        ..config.pipeline
    };
    let plan = plan::plan(&request, &header, &settings).map_err(|error| failed(error.into()))?;
    let mut scratch = pipeline::Scratch::default();
    pipeline::run(file, &header, &plan, &mut scratch, &Checkpoint::new())
        .map_err(|error| failed(error.into()))
}
