//! Pure arithmetic: a request, a header and limits become a plan.
//!
//! The plan is all that work needs to know: how far the decoder scales, which
//! part is resampled to which size, what happens after, and how many bytes of
//! memory that takes at its peak. No pixel is looked at here.
#![warn(clippy::arithmetic_side_effects)]

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::attached::{Attached, Drawn, attached};
use super::cost::{self, Cost};
use super::geometry::{Canvas, Window};
pub use super::limits::{Error, READS_DOCUMENTS, Settings, check_source};
use super::motion::Motion;
use super::parameter::Grammar;
use super::request::Request;
use super::resample::Resampling;
use super::reshape::Reshape;
use super::sketch::{self, Folded};
use super::stage::Stage;
use super::value::Colour;
use super::{color, deep, gist, output, scale};
use crate::codecs::{self, Encoding, Header, Model, Orientation, Scale};

/// Changes whenever the same plan starts to give other bytes, so that entity tags change too.
pub const OUTPUT_VERSION: u32 = 8;

/// What will be done to one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Which frames are made.
    pub(super) motion: Motion,
    /// How far the decoder scales.
    pub(super) scale: Scale,
    /// What becomes of the decoder's pixels, in the stored orientation.
    pub(super) resampling: Resampling,
    /// Whether the resampled planes go to the encoder as they are.
    pub(super) planar: bool,
    /// The turn after resampling.
    pub orientation: Orientation,
    /// What is done then.
    pub(super) stages: Vec<Stage>,
    /// What the samples mean behind all stages, before canvas and background.
    pub(super) drawn: Model,
    /// The canvas after the turn, where the answer is larger than the picture.
    pub canvas: Option<Canvas>,
    /// What is made isn't a picture, but this.
    pub(super) finds: Option<Find>,
    /// What is put behind the picture at the end.
    pub background: Colour,
    /// The orientation that the answer still asks for.
    pub tag: Orientation,
    /// What the answer says beside its pixels.
    pub(super) attached: Attached,
    /// How to write the answer.
    pub encoding: Encoding,
    /// Width of the answer.
    pub width: u32,
    /// Height of the answer.
    pub height: u32,
    /// What the work takes.
    pub cost: Cost,
}

/// What is found in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Find {
    /// [`Bounds`](super::trim::Bounds), with that tolerance.
    Bounds(u8),
    /// [`Gist`](super::gist::Gist).
    Gist(gist::Wanted),
}

/// Makes the plan for one picture.
///
/// # Errors
/// The picture or the answer is out of limits.
pub fn plan(request: &Request, header: &Header, settings: &Settings) -> Result<Plan, Error> {
    plan_with(request, header, &[], settings)
}

/// The same with pictures beside it, which `Request::drawing` has told steps to draw.
///
/// # Errors
/// One of the pictures or the answer is out of limits.
pub fn plan_with(
    request: &Request,
    header: &Header,
    beside: &[Header],
    settings: &Settings,
) -> Result<Plan, Error> {
    for header in beside.iter().chain([header]) {
        check_source(header, settings)?;
    }
    request.complete().map_err(Error::Parameter)?;
    let folded = sketch::fold(request, header, beside).map_err(Error::Parameter)?;
    let Folded { first, stages, tag } = folded;
    let (width, height) = output::through(first.size(), &stages, settings)?;
    let drawn = output::drawn(header.model, &stages);
    let encoding = output::encoding(request, header, drawn);
    let motion = Motion::of(request, header, encoding.format, settings)?;
    output::check((width, height), motion.written(), encoding.format, settings)?;
    let composed = motion.header(header);
    let header = &*composed;
    let drawn = output::drawn(header.model, &stages);
    let (stages, canvas) = output::laid_under(stages);

    let background = output::background(request, encoding.format);
    let answer = Drawn {
        model: drawn,
        background,
        motion,
    };
    let said = attached(request, header, answer, encoding);
    let (attached, encoding) = said.map_err(Error::Parameter)?;
    let planar = matches!(header.model, Model::YCbCr { .. })
        && canvas.is_none()
        && stages.iter().all(Stage::takes_planes)
        && codecs::accepts(encoding, encoding.planes())
        && output::is_even(encoding)
        && color::is_in(&header.colour, attached.space);
    let planes = planar.then_some(encoding.planes());
    let mut resampling = resampling(request, header, &first, planes, settings);
    let lossless = encoding.is_lossless();
    let scale = scale::scale(header, &resampling, lossless);
    resampling.window = scale::window(first.window, header, scale);
    let plan = Plan {
        motion,
        scale,
        resampling,
        planar,
        orientation: first.turn,
        drawn: output::drawn(header.model, &stages),
        stages,
        canvas,
        finds: None,
        background,
        tag: if request.strips() {
            Orientation::default()
        } else {
            tag
        },
        attached,
        encoding,
        width,
        height,
        cost: Cost::default(),
    };
    settled(plan, request, header, beside)
}

/// The plan with what follows from the rest of it: how much of colour is kept, with how many bits, and what all takes.
fn settled(
    mut plan: Plan,
    request: &Request,
    header: &Header,
    beside: &[Header],
) -> Result<Plan, Error> {
    if matches!(plan.final_model(), Model::Gray | Model::GrayAlpha) {
        plan.encoding = plan.encoding.of_greys();
    }
    plan.encoding.depth = deep::depth(&plan, header, request).map_err(Error::Parameter)?;
    plan.cost = cost::cost(&plan, header, beside);
    Ok(plan)
}

/// What becomes of the decoder's pixels, unscaled.
fn resampling(
    request: &Request,
    header: &Header,
    first: &Reshape,
    planar: Option<Model>,
    settings: &Settings,
) -> Resampling {
    let linear = request.steps.iter().rev().find_map(|step| step.linear);
    let by_default = settings.linear && request.grammar == Grammar::Strict;
    Resampling {
        window: first.window,
        target: first.target,
        model: match header.model {
            Model::YCbCr { .. } => planar.unwrap_or(output::EACH),
            other => other,
        },
        mirrored: first.turn.reverses(),
        linear: linear.unwrap_or(by_default),
    }
}

impl Plan {
    /// Which page of the source its header has to be of, as [`codecs::probe_page`] takes it.
    pub fn page(&self) -> u32 {
        self.motion.page()
    }

    /// The plan as text that is equal for equal pictures; part of the entity tag.
    pub fn canonical(&self) -> String {
        let Window {
            left,
            top,
            width,
            height,
        } = self.resampling.window;
        let mut text = format!(
            "v{OUTPUT_VERSION} decode {}+{}/8 window {left},{top},{width},{height} to {}x{} {} turn {}",
            self.scale.eighths,
            self.scale.chroma,
            self.resampling.target.0,
            self.resampling.target.1,
            if self.resampling.linear {
                "linear"
            } else {
                "gamma"
            },
            self.orientation.exif(),
        );
        scale::write(self.scale, &mut text);
        if let Some(canvas) = self.canvas {
            let Canvas {
                width,
                height,
                left,
                top,
            } = canvas;
            // Writing to a string can't fail.
            let _ok = write!(text, " canvas {width}x{height}+{left}+{top}");
        }
        let [r, g, b, a] = self.background.rgba;
        let _ok = write!(text, " on {r},{g},{b},{a} as ");
        self.encoding.write(&mut text);
        let _ok = write!(text, " tag {}", self.tag.exif());
        self.attached.write(&mut text);
        self.motion.write(&mut text);
        for stage in &self.stages {
            stage.write(&mut text);
        }
        text
    }

    /// The size of the picture behind its turn, before stages.
    pub fn turned(&self) -> (u32, u32) {
        let (width, height) = self.resampling.target;
        if self.orientation.swaps() {
            (height, width)
        } else {
            (width, height)
        }
    }

    /// What the samples of the answer mean, of a source with that header.
    pub(super) fn target(&self, header: &Header) -> color::Target {
        color::Target::new(self.attached.space, &header.colour, self.resampling.model)
    }

    /// The profile that goes into the answer.
    pub(super) fn profile(&self, header: &Header) -> Option<codecs::Profile> {
        if !self.attached.profile {
            return None;
        }
        color::profile(self.attached.space, &header.colour, self.resampling.model)
    }

    /// The layout of the picture on its canvas and background: grey or RGB, with or without alpha.
    pub(super) fn composed_model(&self) -> Model {
        let adds_alpha = self.canvas.is_some() && self.background.rgba[3] < 255;
        let alpha = self.encoding.format.row().alpha
            && self.background.rgba[3] < 255
            && (self.drawn.has_alpha() || adds_alpha);
        let grey = matches!(self.drawn, Model::Gray | Model::GrayAlpha)
            && self.background.is_grey()
            && codecs::accepts(self.encoding, Model::Gray);
        match (grey, alpha) {
            (true, false) => Model::Gray,
            (true, true) => Model::GrayAlpha,
            (false, false) => Model::Rgb,
            (false, true) => Model::Rgba,
        }
    }

    /// The layout of the picture when it reaches the encoder.
    pub(super) fn final_model(&self) -> Model {
        match self.composed_model() {
            model if !self.planar && codecs::accepts(self.encoding, model) => model,
            _ => self.encoding.planes(),
        }
    }
}

pub(super) fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width).saturating_mul(u64::from(height))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
