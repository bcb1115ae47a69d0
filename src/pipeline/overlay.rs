//! Another picture drawn over the picture: what of it is seen is decoded, made upright and of the same space, and put there.

use std::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::geometry::{Size, Window};
use super::parameter::{self, ParameterError};
use super::resample::{self, Resampling};
use super::stage::Given;
use super::step::ImageMark;
use super::{Error, Picture, Scratch, compose, cost, painter, turn, ycc};
use crate::checkpoint::{Checkpoint, Stage, Stop};
use crate::codecs::{self, Header, Model, Orientation, Raster, Scale, Shape};

/// A picture to draw, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Overlay {
    /// Which of the pictures beside the first.
    picture: usize,
    /// The part that isn't beyond the edges, in the stored orientation.
    cut: Resampling,
    turn: Orientation,
    /// Where its corner goes.
    corner: Size,
    /// Its alpha is multiplied by this, over 255.
    opacity: u8,
}

impl Overlay {
    /// Whether it has no colour.
    pub(super) fn is_grey(&self) -> bool {
        matches!(self.cut.model, Model::Gray | Model::GrayAlpha)
    }
}

/// The plan for drawing a picture with its corner there, on one of that size.
///
/// # Errors
/// The corner isn't in the picture.
pub(super) fn plan(
    mark: &ImageMark,
    corner: Size,
    beside: &[Header],
    size: Size,
) -> Result<Overlay, ParameterError> {
    let found = mark
        .picture
        .and_then(|index| Some((index, beside.get(index)?)));
    let Some((picture, header)) = found else {
        return Err(parameter::missing("watermarkimage", "image", "image"));
    };
    for (name, place, side) in [("left", corner.0, size.0), ("top", corner.1, size.1)] {
        if place >= side {
            let allowed = format!("less than the {side} pixels that the picture has there");
            return Err(parameter::outside(name, &place, allowed));
        }
    }
    let shown = header.displayed();
    let seen = (
        shown.0.min(size.0 - corner.0),
        shown.1.min(size.1 - corner.1),
    );
    let stored = (header.width, header.height);
    let turn = header.orientation;
    let swaps = turn.swaps();
    Ok(Overlay {
        picture,
        cut: Resampling {
            window: Window::whole(seen).stored(turn, stored),
            target: if swaps { (seen.1, seen.0) } else { seen },
            model: match header.model {
                Model::YCbCr { .. } => Model::YCbCr { across: 1, down: 1 },
                other => other,
            },
            mirrored: turn.reverses(),
            linear: false,
        },
        turn,
        corner,
        opacity: mark.opacity,
    })
}

/// Pictures that were decoded to be drawn over more than one frame.
#[derive(Debug, Default)]
pub(super) struct Fronts(RefCell<Vec<(Overlay, Rc<Raster>)>>);

/// What of it is seen, upright and in the answer's space; kept, where there is a place for that.
///
/// # Errors
/// A stopped checkpoint; it can't be read.
pub(super) fn front(
    overlay: &Overlay,
    given: Given<'_>,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Rc<Raster>, Error> {
    let fronts = given.fronts;
    let known = fronts.and_then(|Fronts(fronts)| {
        let fronts = fronts.borrow();
        let known = fronts.iter().find(|(known, _)| known == overlay);
        known.map(|(_, front)| Rc::clone(front))
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let front = Rc::new(decode(overlay, given, scratch, checkpoint)?);
    if let Some(Fronts(fronts)) = fronts {
        fronts
            .borrow_mut()
            .push((overlay.clone(), Rc::clone(&front)));
    }
    Ok(front)
}

/// What of it is seen, upright and in the answer's space.
///
/// # Errors
/// A stopped checkpoint; it can't be read.
fn decode(
    overlay: &Overlay,
    given: Given<'_>,
    scratch: &mut Scratch,
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let Some(Picture { file, header }) = given.beside.get(overlay.picture) else {
        return Err(Error::Internal("a picture to draw is lost".to_owned()));
    };
    let mut rows = painter::open(file, header, Scale::FULL, checkpoint)?;
    let cut = resample::resample(&mut *rows, overlay.cut, scratch, checkpoint)?;
    drop(rows);
    let mixed = ycc::to_rgb(cut, checkpoint)?;
    let coloured = given.target.converted(mixed, &header.colour, checkpoint)?;
    Ok(turn::turn(coloured, overlay.turn, checkpoint)?)
}

/// Puts what [`front`] has made on a picture that becomes `model`.
///
/// # Errors
/// A stopped checkpoint, which is polled at each row.
pub(super) fn draw(
    picture: Raster,
    drawn: &Raster,
    overlay: &Overlay,
    model: Model,
    checkpoint: &Checkpoint,
) -> Result<Raster, Stop> {
    let mut picture = compose::laid_out(picture, model, checkpoint)?;
    put(&mut picture, drawn, overlay, checkpoint)?;
    Ok(picture)
}

fn put(
    picture: &mut Raster,
    drawn: &Raster,
    overlay: &Overlay,
    checkpoint: &Checkpoint,
) -> Result<(), Stop> {
    let Shape { width, model, .. } = picture.shape();
    let front = drawn.shape();
    let (channels, fronts) = (model.channels() as usize, front.model.channels() as usize);
    let (left, top) = (overlay.corner.0 as usize, overlay.corner.1 as usize);
    let (Some(to), Some(from)) = (picture.planes.first_mut(), drawn.planes.first()) else {
        return Ok(());
    };
    let rows = to.samples.chunks_exact_mut(width as usize * channels);
    let from = from.samples.chunks_exact(front.width as usize * fronts);
    for (row, from) in rows.skip(top).zip(from) {
        checkpoint.check(Stage::Resize)?;
        let pixels = row.chunks_exact_mut(channels).skip(left);
        for (pixel, front) in pixels.zip(from.chunks_exact(fronts)) {
            let [r, g, b, alpha] = compose::read(front);
            let seen = (u32::from(alpha) * u32::from(overlay.opacity) + 127) / 255;
            let front = [r, g, b, u8::try_from(seen).unwrap_or(u8::MAX)];
            let mixed = compose::over(front, compose::read(pixel));
            compose::write(mixed, model, pixel);
        }
    }
    Ok(())
}

/// Bytes held besides the picture that comes and the one that goes.
pub(super) fn extra_bytes(overlay: &Overlay, beside: &[Header]) -> u64 {
    let Some(header) = beside.get(overlay.picture) else {
        return 0;
    };
    let decoding = codecs::decode_bytes(header, Scale::FULL)
        + overlay.cut.peak_bytes(codecs::scaled(header, Scale::FULL));
    let (width, height) = overlay.cut.target;
    // Colour and turn hold two pictures at a time; a profile's tables are parsed into larger numbers.
    let finishing = u64::from(width) * u64::from(height) * 8 + 4 * header.held_bytes();
    decoding.max(finishing)
}

/// Bytes of what is kept for the next frame.
pub(super) fn kept_bytes(overlay: &Overlay) -> u64 {
    u64::from(overlay.cut.target.0) * u64::from(overlay.cut.target.1) * 4
}

/// About.
pub(super) fn nanoseconds(overlay: &Overlay, beside: &[Header]) -> u64 {
    let Some(header) = beside.get(overlay.picture) else {
        return 0;
    };
    let (width, height) = overlay.cut.target;
    cost::reading(header, Scale::FULL) + 12 * u64::from(width) * u64::from(height)
}
