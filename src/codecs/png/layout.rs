//! The smallest layout that holds a picture exactly: grey, opaque or with a palette where it is one.

use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::palette::Palette;
use crate::codecs::samples::pixels;
use crate::codecs::{Kind, Model};

/// Pixels looked at between two polls: a millisecond where each has another colour.
const POLL_PIXELS: usize = 1 << 14;

/// How pixels stand in the file, 8 bit each.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    Palette(Palette),
}

impl Layout {
    /// The layout that pixels of that model have as they are.
    pub(super) fn plain(model: Model) -> Self {
        match model {
            Model::Gray => Self::Gray,
            Model::GrayAlpha => Self::GrayAlpha,
            Model::Rgba => Self::Rgba,
            _ => Self::Rgb,
        }
    }

    /// The smallest one of that kind for all of these samples; a palette is of colours.
    ///
    /// # Errors
    /// A stopped checkpoint.
    pub(super) fn smallest(
        samples: &[u8],
        model: Model,
        kind: Kind,
        checkpoint: &Checkpoint,
    ) -> Result<Self, Stop> {
        let parts = || samples.chunks(POLL_PIXELS * model.channels() as usize);
        let all = |are: fn([u8; 4]) -> bool| {
            for part in parts() {
                checkpoint.check(Stage::Encode)?;
                if !pixels(part, model).all(are) {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        let opaque = !model.has_alpha() || all(|[.., alpha]| alpha == 255)?;
        let is_grey = model.channels() < 3;
        let stays = kind == Kind::Own;
        let grey = is_grey || !stays && all(|[r, g, b, _]| r == g && g == b)?;
        let direct = match (grey, opaque) {
            (true, true) => return Ok(Self::Gray),
            (true, false) => Self::GrayAlpha,
            (false, true) => Self::Rgb,
            (false, false) => Self::Rgba,
        };
        if stays && is_grey {
            return Ok(direct);
        }
        let count = samples.len() / model.channels() as usize;
        let saved = count * (direct.step() - 1);
        let parts = parts().map(|part| pixels(part, model));
        Ok(match Palette::of(parts, checkpoint)? {
            // A palette takes room too, and repeated colours are cheap without one.
            Some(palette) if palette.colours.len() * 32 < saved => Self::Palette(palette),
            _ => direct,
        })
    }

    /// That with a palette, whatever it costs; `None` where the picture has more colours.
    ///
    /// # Errors
    /// A stopped checkpoint.
    pub(super) fn palette(
        samples: &[u8],
        model: Model,
        checkpoint: &Checkpoint,
    ) -> Result<Option<Self>, Stop> {
        let parts = samples.chunks(POLL_PIXELS * model.channels() as usize);
        let parts = parts.map(|part| pixels(part, model));
        Ok(Palette::of(parts, checkpoint)?.map(Self::Palette))
    }

    /// Bytes of a pixel.
    pub(super) fn step(&self) -> usize {
        match self {
            Self::Gray | Self::Palette(_) => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    /// The number that the header calls it by.
    pub(super) fn colour_type(&self) -> u8 {
        match self {
            Self::Gray => 0,
            Self::Rgb => 2,
            Self::Palette(_) => 3,
            Self::GrayAlpha => 4,
            Self::Rgba => 6,
        }
    }

    /// Turns samples of that model into this layout.
    pub(super) fn convert(&self, samples: &[u8], model: Model, out: &mut Vec<u8>) {
        out.clear();
        let pixels = pixels(samples, model);
        match self {
            _ if *self == Self::plain(model) => out.extend_from_slice(samples),
            Self::Gray => out.extend(pixels.map(|[r, ..]| r)),
            Self::GrayAlpha => out.extend(pixels.flat_map(|[r, _, _, a]| [r, a])),
            Self::Rgb => out.extend(pixels.flat_map(|[r, g, b, _]| [r, g, b])),
            Self::Rgba => out.extend(pixels.flatten()),
            Self::Palette(palette) => palette.numbers(pixels, out),
        }
    }
}
