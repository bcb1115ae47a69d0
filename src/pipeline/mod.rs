//! From bytes and a plan to bytes: the stages in their order.
//!
//! Pure and synchronous: no I/O, no clock but the checkpoint's, no HTTP. Reading
//! order: [`operation`] (what may be done), [`request`] (what is asked), [`plan`] (what that means for one
//! picture), then the stages that [`run`] lists.

mod attached;
mod blocks;
mod blur;
mod canvas;
mod color;
mod compose;
mod corners;
mod cost;
mod curve;
mod deep;
pub mod description;
mod filter;
pub mod geometry;
pub mod gist;
mod grey;
mod hdr;
mod interleaved;
mod joined;
mod kernel;
mod levels;
mod limits;
mod looks;
mod motion;
pub mod operation;
mod output;
mod overlay;
mod painter;
pub mod parameter;
mod pixelate;
pub mod plan;
mod planes;
mod press;
pub mod request;
mod resample;
mod reshape;
mod scale;
mod sharpen;
mod sight;
mod sketch;
mod smart;
mod stage;
pub mod step;
mod strip;
mod text;
mod tone;
mod transform;
pub mod trim;
mod turn;
pub mod value;
mod ycc;
mod zoom;

use fast_image_resize::Resizer;
use serde::{Deserialize, Serialize};

use self::color::Target;
pub use self::cost::LEAST_BYTES;
use self::motion::Motion;
use self::plan::{Find, Plan};
use self::stage::Given;
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{self, Header, Metadata, Orientation, Plane, Raster};

/// Buffers that outlive a job, so that the next one needn't ask the system for them.
#[derive(Debug, Default)]
pub struct Scratch {
    resizer: Resizer,
    planes: Vec<planes::Buffers>,
    /// Planes of a band of the decoder's rows.
    band: Vec<Plane>,
}

impl Scratch {
    /// Bytes it holds now.
    pub fn bytes(&self) -> usize {
        let planes: usize = self.planes.iter().map(planes::Buffers::bytes).sum();
        let band: usize = self.band.iter().map(|plane| plane.samples.capacity()).sum();
        self.resizer.size_of_internal_buffers() + planes + band
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// A file, and what `codecs::probe` said of it.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// Its bytes.
    pub file: &'a [u8],
    /// What its header says.
    pub header: &'a Header,
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
    let picture = Picture {
        file: source,
        header,
    };
    run_with(picture, &[], plan, scratch, checkpoint)
}

/// The same with the pictures beside it that the plan was made with.
///
/// # Errors
/// [`Error`]; a stopped checkpoint is one.
pub fn run_with(
    picture: Picture<'_>,
    beside: &[Picture<'_>],
    plan: &Plan,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let Picture {
        file: source,
        header,
    } = picture;
    checkpoint.check(Stage::Decode)?;
    if plan.encoding.depth > 8 {
        let file = deep::run(picture, plan, scratch, checkpoint)?;
        return said(file, picture, plan);
    }
    let small = match plan.motion {
        Motion::All { .. } => return motion::all(picture, beside, plan, scratch, checkpoint),
        Motion::One(page) => motion::one(picture, page, plan, scratch, checkpoint)?,
        Motion::First | Motion::Page(_) => {
            let mut rows = painter::open(source, header, plan.scale, checkpoint)?;
            resample::resample(&mut *rows, plan.resampling, scratch, checkpoint)?
        }
    };
    // All that follows works on the small picture: colour before anything mixes
    // with a background, the turn last but for the canvas.
    checkpoint.check(Stage::Resize)?;
    let target = plan.target(header);
    let answer = if plan.planar {
        let mut drawn = turn::turn(small, plan.orientation, checkpoint)?;
        for stage in &plan.stages {
            drawn = stage.run_on_planes(drawn, scratch, checkpoint)?;
        }
        drawn
    } else {
        let mut drawn = mixed(small, header, plan.orientation, &target, checkpoint)?;
        let given = Given {
            linear: plan.resampling.linear,
            target: &target,
            beside,
            fronts: None,
        };
        for stage in &plan.stages {
            checkpoint.check(Stage::Resize)?;
            drawn = stage.run(drawn, given, scratch, checkpoint)?;
        }
        if let Some(Find::Bounds(tolerance)) = plan.finds {
            return Ok(trim::bounds(&drawn, tolerance, checkpoint)?.bytes());
        }
        finished(drawn, plan, &target, checkpoint)?
    };

    if let Some(Find::Gist(wanted)) = plan.finds {
        return Ok(gist::gist(&answer, wanted).bytes());
    }
    checkpoint.check(Stage::Encode)?;
    let mut sink = codecs::create(plan.encoding, answer.shape(), checkpoint)?;
    sink.push(&answer)?;
    said(sink.finish()?, picture, plan)
}

/// The answer with what it says beside its pixels.
fn said(file: Vec<u8>, picture: Picture<'_>, plan: &Plan) -> Result<Vec<u8>, Error> {
    let Picture {
        file: source,
        header,
    } = picture;
    let metadata = Metadata::of(source, header, plan.attached.keep, plan.tag)
        .with_profile(plan.profile(header));
    Ok(metadata.attached(file, plan.encoding.format)?)
}

/// The small picture in the answer's space, and turned.
fn mixed(
    small: Raster,
    header: &Header,
    turn: Orientation,
    target: &Target,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let mixed = ycc::to_rgb(small, checkpoint)?;
    let coloured = target.picture(mixed, &header.colour, checkpoint)?;
    Ok(turn::turn(coloured, turn, checkpoint)?)
}

/// The picture behind all stages on its canvas and background, as the encoder takes it.
fn finished(
    drawn: Raster,
    plan: &Plan,
    target: &Target,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let model = plan.composed_model();
    let background = target.ink(plan.background)?;
    let composed = compose::compose(drawn, plan.canvas, background, model, checkpoint)?;
    Ok(ycc::from_rgb(composed, plan.final_model(), checkpoint)?)
}
