//! Pictures in a drawing, as `codecs` asks for them: each is decoded, resampled, brought to sRGB and turned as any picture is.

use super::color::Target;
use super::geometry::Window;
use super::resample::{self, Resampling};
use super::value::Space;
use super::{Error, Scratch, mixed, output, scale};
use crate::checkpoint::Checkpoint;
use crate::codecs::{self, Header, Model, Painter, Raster, Rows, Scale};

/// Makes pixels of what a drawing shows.
#[derive(Debug)]
struct Pictures;

/// Starts a decode, by which a drawing's pictures are drawn, too.
///
/// # Errors
/// The codec's.
pub(super) fn open<'a>(
    file: &'a [u8],
    header: &Header,
    scale: Scale,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, codecs::Error> {
    codecs::open_painted(file, header, scale, &Pictures, checkpoint)
}

impl Painter for Pictures {
    fn paint(
        &self,
        file: &[u8],
        header: &Header,
        size: (u32, u32),
        checkpoint: &Checkpoint,
    ) -> Result<Raster, codecs::Error> {
        paint(file, header, size, checkpoint).map_err(|error| match error {
            Error::Codec(error) => error,
            Error::Internal(words) => codecs::Error::Internal(words),
        })
    }
}

fn paint(
    file: &[u8],
    header: &Header,
    size: (u32, u32),
    checkpoint: &Checkpoint,
) -> Result<Raster, Error> {
    let turn = header.orientation;
    let mut resampling = Resampling {
        window: Window::whole((header.width, header.height)),
        target: if turn.swaps() { (size.1, size.0) } else { size },
        model: match header.model {
            Model::YCbCr { .. } => output::EACH,
            other => other,
        },
        mirrored: turn.reverses(),
        linear: false,
    };
    let scale = scale::scale(header, &resampling, false);
    resampling.window = scale::window(resampling.window, header, scale);
    let mut rows = codecs::open(file, header, scale, checkpoint)?;
    let small = resample::resample(&mut *rows, resampling, &mut Scratch::default(), checkpoint)?;
    drop(rows);
    let target = Target::new(Space::Srgb, &header.colour, resampling.model);
    mixed(small, header, turn, &target, checkpoint)
}
