//! From bytes and a plan to bytes: the stages in their order.
//!
//! Pure and synchronous: no I/O, no clock but the checkpoint's, no HTTP. Reading
//! order: [`operation`] (what may be asked), [`plan`] (what that means for one
//! picture), then the stages that [`run`] lists.

mod color;
mod compose;
mod cost;
pub mod geometry;
mod light;
pub mod operation;
pub mod parameter;
pub mod plan;
mod strip;
mod transform;
mod turn;
pub mod value;

use fast_image_resize::Resizer;

use self::plan::Plan;
use self::transform::Resampling;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{self, Header};

/// Buffers that outlive a job, so that the next one needn't ask the system for them.
#[derive(Debug, Default)]
pub struct Scratch {
    resizer: Resizer,
}

impl Scratch {
    /// Bytes it holds now.
    pub fn bytes(&self) -> usize {
        self.resizer.size_of_internal_buffers()
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It can't be read or written, or the work was stopped.
    Codec(codecs::Error),
    /// A stage failed where it must not; for the log.
    Internal(String),
}

impl From<codecs::Error> for Error {
    fn from(error: codecs::Error) -> Self {
        Self::Codec(error)
    }
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Self::Codec(codecs::Error::Stopped(stop))
    }
}

/// Makes the planned picture. `header` is what `codecs::probe` said of `source`.
///
/// # Errors
/// [`Error`]; a stopped checkpoint is one.
pub fn run(
    source: &[u8],
    header: &Header,
    plan: &Plan,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    checkpoint.check(Stage::Decode)?;
    let mut rows = codecs::open(source, header, plan.eighths, checkpoint)?;
    let decoded = rows.shape().model;
    let resampling = Resampling {
        window: plan.window,
        target: plan.target,
        linear: plan.linear,
    };
    let small = transform::resample(&mut *rows, resampling, scratch, checkpoint)?;
    drop(rows);
    // All that follows works on the small picture: colour before anything mixes
    // with a background given in sRGB, the turn last but for the canvas.
    checkpoint.check(Stage::Resize)?;
    let coloured = color::to_srgb(small, &header.colour)?;
    let upright = turn::turn(coloured, plan.orientation);
    let model = plan.final_model(decoded);
    let answer = compose::compose(upright, plan, model);

    checkpoint.check(Stage::Encode)?;
    let mut sink = codecs::create(plan.encoding, answer.shape(), checkpoint)?;
    sink.push(&answer)?;
    Ok(sink.finish()?)
}
