//! Colour: from what a file's samples mean to what the answer's are to mean.
//!
//! The home of `moxcms`. Works on the small picture, after resampling. A profile
//! that is broken, or meant for another kind of picture, counts as none.

mod deep;
mod meaning;
mod profile;

use moxcms::{ColorProfile, DataColorSpace, Layout, RenderingIntent, TransformOptions};

pub(super) use self::deep::{convert_deep, converts_deep};
use self::meaning::{Meaning, fitted, meaning, means};
pub(super) use self::profile::profile;
use super::hdr::Rendition;
use super::value::{Colour as Ink, Space};
use super::{Error, compose, press};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Colour, Model, Raster, Shape};

/// Pixels converted between two polls: a fraction of a millisecond, and a multiple of what vectors take, so that the rest
/// which is converted one by one is the same as if all were converted at once.
const POLL_PIXELS: usize = 1 << 14;

/// What the samples of an answer mean.
pub(super) struct Target {
    space: Space,
    /// Of that space; `None` where samples are taken for sRGB's.
    profile: Option<Box<ColorProfile>>,
}

impl Target {
    /// Of an answer in that space, of a picture whose samples mean `colour` and are laid out as `model`.
    pub(super) fn new(space: Space, colour: &Colour, model: Model) -> Self {
        let profile = match space {
            Space::Srgb | Space::Stored => None,
            Space::P3 => Some(Box::new(ColorProfile::new_display_p3())),
            Space::Source => own(colour, model),
        };
        Self { space, profile }
    }

    /// The picture that the answer is made of, in its space: grey or RGB, alpha kept.
    ///
    /// # Errors
    /// The colour engine fails on a transform that it has agreed to make; a stopped checkpoint.
    pub(super) fn picture(
        &self,
        raster: Raster,
        colour: &Colour,
        checkpoint: &Checkpoint,
    ) -> Result<Raster, Error> {
        match self.space {
            Space::Source | Space::Stored => Ok(raster),
            Space::Srgb | Space::P3 => self.converted(raster, colour, checkpoint),
        }
    }

    /// Any picture whose samples mean `colour`, in the answer's space: grey or RGB, alpha kept.
    ///
    /// A grey picture with a profile comes back as RGB with equal samples, unless the space has grey alone.
    ///
    /// # Errors
    /// The colour engine fails on a transform that it has agreed to make; a stopped checkpoint.
    pub(super) fn converted(
        &self,
        raster: Raster,
        colour: &Colour,
        checkpoint: &Checkpoint,
    ) -> Result<Raster, Error> {
        let Some(meaning) = meaning(colour, raster.model) else {
            return self.unsaid(raster, checkpoint);
        };
        let srgb = ColorProfile::new_srgb();
        let to = self.profile.as_deref().unwrap_or(&srgb);
        match meaning {
            // It is drawn by sRGB's curve, which P3 has as well.
            Meaning::Bright(transfer, from) if self.space == Space::P3 => {
                let primaries = from.transform_matrix(to);
                Ok(Rendition::new(transfer, primaries.v).draw(raster, checkpoint)?)
            }
            Meaning::Bright(transfer, from) => {
                let primaries = from.transform_matrix(&srgb);
                let drawn = Rendition::new(transfer, primaries.v).draw(raster, checkpoint)?;
                self.out_of_srgb(drawn, checkpoint)
            }
            Meaning::Space(from) => match applied(&raster, &from, to, checkpoint)? {
                Some(made) => Ok(made),
                // A profile that parses but can't be used says nothing that could be obeyed.
                None => self.unsaid(raster, checkpoint),
            },
        }
    }

    /// The same of a picture that doesn't say what its samples mean.
    fn unsaid(&self, raster: Raster, checkpoint: &Checkpoint) -> Result<Raster, Error> {
        let shown = if raster.model == Model::Cmyk {
            press::to_rgb(&raster, checkpoint)?
        } else {
            raster
        };
        self.out_of_srgb(shown, checkpoint)
    }

    fn out_of_srgb(&self, raster: Raster, checkpoint: &Checkpoint) -> Result<Raster, Error> {
        let Some(to) = &self.profile else {
            return Ok(raster);
        };
        // Grey is the same there.
        if self.space == Space::P3 && raster.model.channels() < 3 {
            return Ok(raster);
        }
        let Some(from) = fitted(ColorProfile::new_srgb(), raster.model) else {
            return Ok(raster);
        };
        Ok(applied(&raster, &from, to, checkpoint)?.unwrap_or(raster))
    }

    /// A colour of sRGB that a client has named, in the answer's space.
    ///
    /// # Errors
    /// The colour engine fails on a transform that it has agreed to make.
    pub(super) fn ink(&self, ink: Ink) -> Result<Ink, Error> {
        let [red, green, blue, alpha] = ink.rgba;
        if self.profile.is_none() || alpha == 0 || self.space == Space::P3 && ink.is_grey() {
            return Ok(ink);
        }
        let shape = Shape {
            width: 1,
            height: 1,
            model: Model::Rgb,
        };
        let pixel = Raster::interleaved(shape, vec![red, green, blue]);
        let made = self.out_of_srgb(pixel, &Checkpoint::new())?;
        let samples = made.planes.first().map_or(&[][..], |plane| &plane.samples);
        let [red, green, blue, _] = compose::read(samples);
        Ok(Ink {
            rgba: [red, green, blue, alpha],
        })
    }
}

/// Whether R, G and B of that meaning are those of the space, so that nothing has to be converted.
pub(super) fn is_in(colour: &Colour, space: Space) -> bool {
    match space {
        Space::Source | Space::Stored => true,
        Space::Srgb => meaning(colour, Model::Rgb).is_none(),
        Space::P3 => match meaning(colour, Model::Rgb) {
            Some(Meaning::Space(profile)) => means(&profile, &ColorProfile::new_display_p3()),
            _ => false,
        },
    }
}

/// Whether a picture can stay in its own space: it has one, which isn't sRGB and no brighter, and colours can be taken there.
pub(super) fn stays(colour: &Colour, model: Model) -> bool {
    own(colour, model).is_some()
}

fn own(colour: &Colour, model: Model) -> Option<Box<ColorProfile>> {
    match meaning(colour, drawn(model))? {
        Meaning::Space(profile) => Some(profile).filter(|profile| leads_back(profile)),
        Meaning::Bright(..) => None,
    }
}

/// What planes are mixed to.
fn drawn(model: Model) -> Model {
    match model {
        Model::YCbCr { .. } => Model::Rgb,
        other => other,
    }
}

/// Whether a profile says how colours become samples: that of a scanner only says what samples are.
fn leads_back(profile: &ColorProfile) -> bool {
    let has_table =
        profile.lut_b_to_a_perceptual.is_some() || profile.lut_b_to_a_colorimetric.is_some();
    let only_tables = profile.red_trc.is_none() && profile.gray_trc.is_none();
    let reads_by_table = profile.lut_a_to_b_perceptual.is_some()
        || profile.lut_a_to_b_colorimetric.is_some()
        || profile.lut_a_to_b_saturation.is_some();
    has_table || !only_tables && !reads_by_table
}

/// The picture by a transform from one space to another; `None` where there is none.
fn applied(
    raster: &Raster,
    from: &ColorProfile,
    to: &ColorProfile,
    checkpoint: &Checkpoint,
) -> Result<Option<Raster>, Error> {
    let to_grey = to.color_space == DataColorSpace::Gray;
    let Some((layout, model)) = layouts(raster.model, to_grey) else {
        return Ok(None);
    };
    let out = match model {
        Model::Gray => Layout::Gray,
        Model::GrayAlpha => Layout::GrayAlpha,
        Model::Rgba => Layout::Rgba,
        _ => Layout::Rgb,
    };
    // A profile may have a table for one intent alone.
    let transform = [
        RenderingIntent::RelativeColorimetric,
        RenderingIntent::Perceptual,
    ]
    .into_iter()
    .find_map(|rendering_intent| {
        let options = TransformOptions {
            rendering_intent,
            ..TransformOptions::default()
        };
        from.create_transform_8bit(layout, to, out, options).ok()
    });
    let Some(transform) = transform else {
        return Ok(None);
    };
    let shape = Shape {
        model,
        ..raster.shape()
    };
    let source = raster
        .planes
        .first()
        .map_or(&[][..], |plane| &plane.samples);
    let (ins, outs) = (raster.model.channels() as usize, model.channels() as usize);
    let mut samples = vec![0; source.len() / ins * outs];
    let parts = source.chunks(POLL_PIXELS * ins);
    for (source, samples) in parts.zip(samples.chunks_mut(POLL_PIXELS * outs)) {
        checkpoint.check(Stage::Resize)?;
        transform
            .transform(source, samples)
            .map_err(|error| Error::Internal(format!("colour: {error:?}")))?;
    }
    Ok(Some(Raster::interleaved(shape, samples)))
}

/// How the engine calls that layout, and the layout that comes of it.
fn layouts(model: Model, to_grey: bool) -> Option<(Layout, Model)> {
    let (layout, alpha) = match model {
        Model::Gray => (Layout::Gray, false),
        Model::GrayAlpha => (Layout::GrayAlpha, true),
        Model::Rgb => (Layout::Rgb, false),
        Model::Rgba => (Layout::Rgba, true),
        // The engine calls any four inks RGBA.
        Model::Cmyk => (Layout::Rgba, false),
        Model::YCbCr { .. } => return None,
    };
    let made = match (to_grey, alpha) {
        (true, false) => Model::Gray,
        (true, true) => Model::GrayAlpha,
        (false, false) => Model::Rgb,
        (false, true) => Model::Rgba,
    };
    Some((layout, made))
}

#[cfg(test)]
mod tests;
