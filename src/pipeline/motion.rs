//! Pictures that move: which of their frames are made, and the same plan for each of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::overlay::Fronts;
use super::parameter::{self, Grammar, ParameterError};
use super::plan::{Error as PlanError, Plan, Settings, pixels};
use super::request::Request;
use super::stage::{Given, Stage};
use super::{Error, Picture, Scratch, finished, mixed, output, resample};
use crate::checkpoint::{Checkpoint, Stage as Moment};
use crate::codecs::{
    self, FRAME_EXCESS, Format, FrameSink, Frames, Header, Metadata, Model, Raster,
};

/// Which frames of the source are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Motion {
    /// The first alone, which a decoder finds without looking at the others.
    First,
    /// That of another page, which is a picture of its own, from 1.
    Page(u32),
    /// One of them, from 0, alone.
    One(u32),
    /// So many, which are all.
    All {
        /// At least 2.
        frames: u32,
        /// How often the answer is shown; 0 for without end.
        plays: u32,
    },
}

impl Motion {
    /// What is asked for, or usual for such a source and an answer in that format.
    ///
    /// # Errors
    /// There is no such frame, or there are too many.
    pub(super) fn of(
        request: &Request,
        header: &Header,
        format: Format,
        settings: &Settings,
    ) -> Result<Self, PlanError> {
        let page = output::last(request, |writing| writing.page);
        let Some(animation) = header.animation else {
            return match page.unwrap_or(0) {
                page if page == header.page => Ok(Self::still(header)),
                page => Err(no_frame(page, header)),
            };
        };
        let usual = request.grammar == Grammar::Strict && by_habit(format, header);
        let animated = output::last(request, |writing| writing.animated).unwrap_or(usual);
        let motion = match page {
            Some(0) => Self::First,
            Some(page) if page >= header.frames => return Err(no_frame(page, header)),
            Some(page) => Self::One(page),
            None if animated && format.moves() => Self::All {
                frames: header.frames,
                plays: animation.plays,
            },
            None => Self::First,
        };
        motion.check(header, settings)?;
        Ok(motion)
    }

    /// Refuses more frames than are decoded.
    fn check(self, header: &Header, settings: &Settings) -> Result<(), PlanError> {
        let frames = self.frames();
        if frames > settings.max_frames {
            return Err(PlanError::TooManyFrames {
                actual: frames,
                limit: settings.max_frames,
            });
        }
        if !self.is_still() && self.decoded(header) > settings.max_pixels {
            return Err(PlanError::ImageTooLarge {
                width: header.width,
                height: header.height,
                frames,
                limit: settings.max_pixels,
            });
        }
        Ok(())
    }

    /// The picture that the header is of.
    pub(super) fn still(header: &Header) -> Self {
        match header.page {
            0 => Self::First,
            page => Self::Page(page),
        }
    }

    /// Whether it is a picture that is there, and not one that is composed of frames.
    pub(super) fn is_still(self) -> bool {
        matches!(self, Self::First | Self::Page(_))
    }

    /// Which page its header is of.
    pub(super) fn page(self) -> u32 {
        match self {
            Self::Page(page) => page,
            _ => 0,
        }
    }

    /// How many frames are decoded.
    pub(super) fn frames(self) -> u32 {
        match self {
            Self::First | Self::Page(_) => 1,
            Self::One(page) => page.saturating_add(1),
            Self::All { frames, .. } => frames,
        }
    }

    /// How many frames are written.
    pub(super) fn written(self) -> u32 {
        match self {
            Self::All { frames, .. } => frames,
            _ => 1,
        }
    }

    /// Pixels that are decoded, or composed, whichever are more.
    pub(super) fn decoded(self, header: &Header) -> u64 {
        let canvas = pixels(header.width, header.height);
        let frames = u64::from(self.frames());
        let all = canvas.saturating_mul(frames);
        // Of those that are decoded, at most.
        let most = canvas.saturating_add(FRAME_EXCESS).saturating_mul(frames);
        let drawn = header.animation.map_or(0, |animation| animation.drawn);
        match self {
            Self::First | Self::Page(_) => canvas,
            _ => all.max(drawn.min(most)),
        }
    }

    /// The header of what is handed out: frames are composed in colour and alpha.
    pub(super) fn header(self, header: &Header) -> Cow<'_, Header> {
        match self {
            Self::First | Self::Page(_) => Cow::Borrowed(header),
            _ => Cow::Owned(Header {
                model: Model::Rgba,
                ..header.clone()
            }),
        }
    }

    /// Text that is equal for equal choices; part of the entity tag.
    pub(super) fn write(self, text: &mut String) {
        match self {
            Self::First => {}
            // Writing to a string can't fail.
            Self::Page(page) => {
                let _ok = write!(text, " page {page}");
            }
            Self::One(page) => {
                let _ok = write!(text, " frame {page}");
            }
            Self::All { .. } => text.push_str(" moving"),
        }
    }
}

/// Whether an answer in that format moves where nobody says so: PNG is a picture's format first, and its animations are large.
fn by_habit(format: Format, header: &Header) -> bool {
    format != Format::Png || header.format == Format::Png
}

fn no_frame(page: u32, header: &Header) -> PlanError {
    PlanError::Parameter(no_such_page(page, header))
}

/// What is wrong with a page that isn't there.
pub(super) fn no_such_page(page: u32, header: &Header) -> ParameterError {
    let last = header.frames.saturating_sub(1);
    parameter::outside(
        "page",
        &page,
        format!("the number of a page or frame, 0 to {last} here"),
    )
}

/// The picture of one frame, as [`resample`] makes it.
pub(super) fn one(
    picture: Picture<'_>,
    page: u32,
    plan: &Plan,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let mut frames = codecs::frames(picture.file, picture.header, checkpoint)?;
    for _ in 0..=page {
        let frame = frames.next()?;
        frame.ok_or_else(|| Error::Internal("a frame is lost".to_owned()))?;
    }
    resample::resample(&mut *frames.rows(), plan.resampling, scratch, checkpoint)
}

/// All frames, each made by the same plan, in a file.
pub(super) fn all(
    picture: Picture<'_>,
    beside: &[Picture<'_>],
    plan: &Plan,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let Motion::All { plays, .. } = plan.motion else {
        return Err(Error::Internal("a picture that stands still".to_owned()));
    };
    let mut frames = codecs::frames(picture.file, picture.header, checkpoint)?;
    let fronts = Fronts::default();
    let target = plan.target(picture.header);
    let mut desk = Desk {
        header: picture.header,
        plan,
        stages: plan.stages.clone(),
        given: Given {
            linear: plan.resampling.linear,
            target: &target,
            beside,
            fronts: Some(&fronts),
        },
        checkpoint,
    };
    let mut sink: Option<Box<dyn FrameSink + '_>> = None;
    while let Some(frame) = frames.next()? {
        if let Some(sink) = sink.as_mut().filter(|_| frame.changed.is_empty()) {
            sink.prolong(frame.milliseconds);
            continue;
        }
        let made = desk.made(&*frames, scratch)?;
        checkpoint.check(Moment::Encode)?;
        if sink.is_none() {
            let shape = made.shape();
            sink = Some(codecs::animate(plan.encoding, shape, plays, checkpoint)?);
        }
        if let Some(sink) = &mut sink {
            sink.push(made, frame.milliseconds)?;
        }
    }
    let sink = sink.ok_or_else(|| Error::Internal("no frame at all".to_owned()))?;
    let file = sink.finish()?;
    let metadata = Metadata::default().with_profile(plan.profile(picture.header));
    Ok(metadata.attached(file, plan.encoding.format)?)
}

/// What is the same for all frames.
struct Desk<'a> {
    header: &'a Header,
    plan: &'a Plan,
    /// Those of the plan; the first frame has decided what pixels decide.
    stages: Vec<Stage>,
    given: Given<'a>,
    checkpoint: &'a Checkpoint,
}

impl Desk<'_> {
    /// The frame that is on the canvas, through all stages.
    fn made(&mut self, frames: &dyn Frames, scratch: &mut Scratch) -> Result<Raster, Error> {
        let (plan, checkpoint) = (self.plan, self.checkpoint);
        checkpoint.check(Moment::Decode)?;
        let mut rows = frames.rows();
        let small = resample::resample(&mut *rows, plan.resampling, scratch, checkpoint)?;
        drop(rows);
        checkpoint.check(Moment::Resize)?;
        let mut drawn = mixed(
            small,
            self.header,
            plan.orientation,
            self.given.target,
            checkpoint,
        )?;
        for stage in &mut self.stages {
            checkpoint.check(Moment::Resize)?;
            stage.settle(&drawn, checkpoint)?;
            drawn = stage.run(drawn, self.given, scratch, checkpoint)?;
        }
        finished(drawn, plan, self.given.target, checkpoint)
    }
}
