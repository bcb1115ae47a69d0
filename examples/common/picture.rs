//! Pixel work on a file.

use bytes::Bytes;
use pixmill::checkpoint::Checkpoint;
use pixmill::codecs;
use pixmill::pipeline::parameter::Grammar;
use pixmill::pipeline::{self, Scratch, operation, plan, request};
use pixmill::service::Job;

/// What there is to do: the file, scaled to that width.
pub(crate) fn job(file: &Bytes, width: u32) -> Job {
    let parameters = [("width".to_owned(), width.to_string())];
    let rules = request::Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side: 16_383,
    };
    let resize = operation::named("resize").expect("there is one");
    let request = request::parse(resize, &parameters, &[], rules).expect("a width");
    let header = codecs::probe(file).expect("our own picture");
    let limits = plan::Settings {
        max_frames: 1_000,
        drawings: true,
        documents: true,
        max_pixels: 100_000_000,
        max_output_side: 16_383,
        max_output_pixels: 50_000_000,
        linear: true,
    };
    let plan = plan::plan(&request, &header, &limits).expect("within the limits");
    Job {
        source: file.clone(),
        header,
        beside: Vec::new(),
        plan,
    }
}

/// Does it, on this thread; how many bytes the answer has, or why there is none.
pub(crate) fn work(job: &Job, checkpoint: &Checkpoint) -> Result<usize, pipeline::Error> {
    let mut scratch = Scratch::default();
    pipeline::run(
        &job.source,
        &job.header,
        &job.plan,
        &mut scratch,
        checkpoint,
    )
    .map(|answer| answer.len())
}
