//! The pixels: all of the first picture, as one band.

use super::boxes::Codestream;
use super::frames::most_pixels;
use super::library::{DeepSamples, Library};
use crate::checkpoint::Checkpoint;
use crate::codecs::deep::DeepRows;
use crate::codecs::{Error, Header, Rows, Shape, whole};

/// Peak bytes: the samples, and what the frames were found to need.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    let copies = if header.deep { 3 } else { 1 };
    header.model.bytes(header.width, header.height) * copies + header.held
}

/// Channels of a frame, at most, as the standard's level 5 limits them.
const CHANNELS: u64 = 3 + 4;

/// Prepares a decode; the work is done when the first rows are asked for.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Rows + 'a> {
    let shape = header.shape();
    let deep = header.deep;
    whole::rows(shape, checkpoint, move || {
        let mut library = started(bytes, shape, deep, checkpoint)?;
        if deep {
            library.narrowed_samples(shape)
        } else {
            library.samples(shape)
        }
    })
}

/// The same of a file of more than 8 bit a sample.
pub(in crate::codecs) fn open_deep<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Box<dyn DeepRows + 'a> {
    Box::new(DeepJxlRows {
        bytes,
        shape: header.shape(),
        samples: None,
        next: 0,
        checkpoint,
    })
}

struct DeepJxlRows<'a> {
    bytes: &'a [u8],
    shape: Shape,
    samples: Option<DeepSamples>,
    next: u32,
    checkpoint: &'a Checkpoint,
}

impl DeepRows for DeepJxlRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, row: &mut [u16]) -> Result<bool, Error> {
        if self.next == self.shape.height {
            return Ok(false);
        }
        let samples = match self.samples.take() {
            Some(samples) => samples,
            None => {
                started(self.bytes, self.shape, true, self.checkpoint)?.deep_samples(self.shape)?
            }
        };
        row.copy_from_slice(samples.row(self.next));
        self.samples = Some(samples);
        self.next += 1;
        Ok(true)
    }
}

/// The library behind the header.
fn started<'a>(
    bytes: &'a [u8],
    shape: Shape,
    deep: bool,
    checkpoint: &'a Checkpoint,
) -> Result<Library<'a>, Error> {
    let pieces = Codestream::of(bytes)?.into_pieces();
    let samples = most_pixels((shape.width, shape.height)) * CHANNELS;
    let samples = usize::try_from(samples).unwrap_or(usize::MAX);
    let mut library = Library::new(pieces, samples, checkpoint, "pixels");
    library.start(shape.model, deep)?;
    Ok(library)
}
