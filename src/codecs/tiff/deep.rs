//! Rows of samples of 16 bit.

use super::broken;
use super::converter::Converter;
use super::decode::{self, Lines};
use super::kinds::Meaning;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::deep::DeepRows;
use crate::codecs::samples::divide;
use crate::codecs::{Error, Header, Shape};

/// Starts a decode of the page that the header is of, whose samples have 16 bits.
pub(in crate::codecs) fn open_deep<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn DeepRows + 'a>, Error> {
    checkpoint.check(Stage::Decode)?;
    let (layout, shape) = decode::page(bytes, header)?;
    if !layout.is_deep() || layout.model() != shape.model {
        return Err(broken(
            "pixels",
            "its pixels are others than its header says",
        ));
    }
    let white_is_zero = Meaning::Grey {
        white_is_zero: true,
    };
    let row = shape.width as usize * shape.model.channels() as usize * 2;
    Ok(Box::new(DeepTiffRows {
        inverted: layout.meaning == white_is_zero,
        multiplied: layout.alpha.is_some_and(|alpha| alpha.multiplied),
        lines: decode::lines(Converter::new(layout, shape.model, 2), shape, checkpoint),
        row: vec![0; row],
        shape,
        left: shape.height,
    }))
}

struct DeepTiffRows<'a> {
    lines: Box<dyn Lines + 'a>,
    /// The least value is white.
    inverted: bool,
    /// Colours are multiplied by alpha.
    multiplied: bool,
    row: Vec<u8>,
    shape: Shape,
    left: u32,
}

impl DeepRows for DeepTiffRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, row: &mut [u16]) -> Result<bool, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(false);
        };
        self.left = left;
        self.lines.next(&mut self.row)?;
        for (sample, &bytes) in row.iter_mut().zip(self.row.as_chunks::<2>().0) {
            *sample = u16::from_ne_bytes(bytes);
        }
        let channels = self.shape.model.channels() as usize;
        if self.inverted {
            for grey in row.iter_mut().step_by(channels) {
                *grey = !*grey;
            }
        }
        if self.multiplied {
            match channels {
                2 => divide::<2, _>(row),
                _ => divide::<4, _>(row),
            }
        }
        Ok(true)
    }
}
