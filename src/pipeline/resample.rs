//! Resampling: rows of a decoder become a picture of the planned size.
//!
//! Planes and interleaved pictures go through our own kernel, fused with the decoder; ink, and parts that
//! are only cut out, go through strips. All is Lanczos with three lobes, in integers.

use serde::{Deserialize, Serialize};

use super::geometry::Window;
use super::interleaved::Interleaved;
use super::levels::{LIGHT, Levels};
use super::planes::PlaneScaler;
use super::strip::{BAND_ROWS, Span};
use super::transform::StripScaler;
use super::{Error, Scratch};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{self, Band, Model, Plane, Raster, Rows, Shape};

/// What to make of a picture's pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Resampling {
    /// The part that stays, in the decoder's pixels.
    pub(super) window: Window,
    /// The size it gets.
    pub(super) target: (u32, u32),
    /// Its layout then: another than the decoder's only in how chroma is subsampled.
    pub(super) model: Model,
    /// Whether columns and rows will change direction later: subsampled chroma then lies the other way.
    pub(super) mirrored: (bool, bool),
    /// Whether samples are mixed as light.
    pub(super) linear: bool,
}

impl Resampling {
    /// The columns of an interleaved picture.
    pub(super) fn across(&self, width: u32) -> Span {
        Span {
            start: self.window.left,
            length: self.window.width,
            limit: width,
            target: self.target.0,
            deviation: 0.0,
        }
    }

    /// The rows of an interleaved picture.
    pub(super) fn down(&self, height: u32) -> Span {
        Span {
            start: self.window.top,
            length: self.window.height,
            limit: height,
            target: self.target.1,
            deviation: 0.0,
        }
    }

    /// Columns and rows of a plane.
    pub(super) fn plane(&self, source: Shape, index: usize) -> (Span, Span) {
        let (width, height) = source.model.plane_size(index, source.width, source.height);
        let (from_x, from_y) = source.model.factors(index);
        let (to_x, to_y) = self.model.factors(index);
        let across = subsampled(self.across(width), from_x, to_x, self.mirrored.0);
        let down = subsampled(self.down(height), from_y, to_y, self.mirrored.1);
        (across, down)
    }

    /// Whether pixels stay as they are: nothing is mixed, and colour behind alpha has to come through too.
    pub(super) fn is_a_cut(&self) -> bool {
        let Window {
            left,
            top,
            width,
            height,
        } = self.window;
        let whole = |side: f64| side.fract() == 0.0;
        let size = (f64::from(self.target.0), f64::from(self.target.1));
        whole(left) && whole(top) && (width, height) == size
    }

    /// How samples of a plane are mixed by our own kernel; `None` for what is left to strips.
    fn levels(&self, model: Model, index: usize) -> Option<Levels> {
        match model {
            // Chroma carries no light.
            Model::Gray | Model::YCbCr { .. } if self.linear && index == 0 => Some(LIGHT),
            Model::Gray | Model::YCbCr { .. } => Some(Levels::Plain),
            // Ink doesn't mix like light.
            Model::GrayAlpha | Model::Rgb | Model::Rgba if !self.is_a_cut() => {
                Some(Levels::Pixels(Interleaved {
                    channels: model.channels(),
                    alpha: model.has_alpha(),
                    linear: self.linear,
                }))
            }
            _ => None,
        }
    }

    /// Bytes held at the peak, the answer included.
    pub(super) fn peak_bytes(&self, source: Shape) -> u64 {
        if self.levels(source.model, 0).is_none() {
            let target = Shape {
                width: self.target.0,
                height: self.target.1,
                model: source.model,
            };
            return super::strip::peak_bytes(source, self.window, self.target) + target.bytes();
        }
        let channels = source.model.channels();
        (0..source.model.planes())
            .map(|index| {
                let (across, down) = self.plane(source, index);
                // The decoder's band has whole blocks.
                let band = u64::from(across.limit + 32) * u64::from(2 * BAND_ROWS * channels);
                PlaneScaler::peak_bytes(across, down, channels) + band
            })
            .sum()
    }
}

/// The span of a plane with a sample for `from` columns of the source and `to` columns of the answer.
///
/// Samples lie in the middle of the columns that they stand for. The last one may stand for fewer;
/// if the direction changes later, that has to be the first one.
fn subsampled(whole: Span, from: u8, to: u8, mirrored: bool) -> Span {
    let (from, to) = (f64::from(from), f64::from(to));
    let step = whole.length / f64::from(whole.target);
    let target = (f64::from(whole.target) / to).ceil();
    let beyond = target * to - f64::from(whole.target);
    let lead = if mirrored { beyond * step } else { 0.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not larger than the whole's"
    )]
    let target = target as u32;
    Span {
        start: (whole.start - lead) / from,
        length: f64::from(target) * to * step / from,
        limit: whole.limit,
        target,
        deviation: 0.0,
    }
}

/// Rows of a picture that is there.
pub(super) struct Whole {
    shape: Shape,
    picture: Option<Raster>,
}

impl Whole {
    /// All of them at once.
    pub(super) fn new(picture: Raster) -> Self {
        Self {
            shape: picture.shape(),
            picture: Some(picture),
        }
    }
}

impl Rows for Whole {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, codecs::Error> {
        let Some(picture) = self.picture.take() else {
            return Ok(false);
        };
        *band = picture;
        Ok(true)
    }
}

/// A plane on its way.
enum Scaler {
    Plane(Box<PlaneScaler>),
    Strips(Box<StripScaler>),
}

/// Reads `rows` and makes a picture of the planned size of the planned part.
///
/// # Errors
/// The codec's, and a stopped checkpoint.
pub(super) fn resample(
    rows: &mut dyn Rows,
    resampling: Resampling,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let source = rows.shape();
    let mut scalers: Vec<Scaler> = (0..source.model.planes())
        .map(|index| scaler(source, index, resampling, scratch))
        .collect();
    let mut band = Band {
        model: source.model,
        planes: std::mem::take(&mut scratch.band),
    };
    band.planes
        .resize_with(source.model.planes(), Plane::default);
    while !scalers.iter().all(satisfied) && rows.next(&mut band, BAND_ROWS)? {
        checkpoint.check(Stage::Resize)?;
        for (scaler, plane) in scalers.iter_mut().zip(&mut band.planes) {
            match scaler {
                Scaler::Plane(scaler) => scaler.take(plane, checkpoint)?,
                Scaler::Strips(scaler) => {
                    scaler.take(plane);
                    scaler.advance(&mut scratch.resizer, checkpoint)?;
                }
            }
        }
    }
    // A whole picture goes now: the stages that follow are granted memory of their own.
    if band.planes.iter().all(|plane| plane.height <= BAND_ROWS) {
        scratch.band = band.planes;
    } else {
        drop(band);
    }
    scratch.planes.clear();
    let planes = scalers
        .into_iter()
        .map(|scaler| {
            let plane = match scaler {
                Scaler::Plane(scaler) => {
                    let (plane, buffers) = scaler.finish();
                    scratch.planes.push(buffers);
                    plane
                }
                Scaler::Strips(scaler) => scaler.finish(),
            };
            plane.ok_or_else(|| Error::Internal("the decoder ended before the picture did".into()))
        })
        .collect::<Result<_, _>>()?;
    Ok(Raster {
        model: resampling.model,
        planes,
    })
}

fn scaler(source: Shape, index: usize, resampling: Resampling, scratch: &mut Scratch) -> Scaler {
    let Some(levels) = resampling.levels(source.model, index) else {
        return Scaler::Strips(Box::new(StripScaler::new(source, resampling)));
    };
    let (across, down) = resampling.plane(source, index);
    let buffers = scratch
        .planes
        .get_mut(index)
        .map(std::mem::take)
        .unwrap_or_default();
    Scaler::Plane(Box::new(PlaneScaler::new(across, down, levels, buffers)))
}

fn satisfied(scaler: &Scaler) -> bool {
    match scaler {
        Scaler::Plane(scaler) => scaler.satisfied(),
        Scaler::Strips(scaler) => scaler.satisfied(),
    }
}

#[cfg(test)]
#[path = "resample_tests.rs"]
mod tests;
