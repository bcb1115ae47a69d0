//! Rows of a decoder that knows only the whole picture.

use super::{Band, Error, Raster, Rows, Shape};
use crate::checkpoint::{Checkpoint, Stage};

/// Runs `decode`, which gives all samples, when the first rows are asked for, and hands them over as one band.
pub(super) fn rows<'a>(
    shape: Shape,
    checkpoint: &'a Checkpoint,
    decode: impl FnOnce() -> Result<Vec<u8>, Error> + 'a,
) -> Box<dyn Rows + 'a> {
    Box::new(Whole {
        shape,
        checkpoint,
        decode: Some(decode),
    })
}

struct Whole<'a, F> {
    shape: Shape,
    checkpoint: &'a Checkpoint,
    decode: Option<F>,
}

impl<F: FnOnce() -> Result<Vec<u8>, Error>> Rows for Whole<'_, F> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, Error> {
        let Some(decode) = self.decode.take() else {
            return Ok(false);
        };
        self.checkpoint.check(Stage::Decode)?;
        let samples = decode()?;
        self.checkpoint.check(Stage::Decode)?;
        if samples.len() as u64 != self.shape.bytes() {
            return Err(Error::Internal(
                "a decoder gave another size than its header".to_owned(),
            ));
        }
        *band = Raster::interleaved(self.shape, samples);
        Ok(true)
    }
}
