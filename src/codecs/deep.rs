//! Pictures of 16 bit a sample: rows of them out of files, and a file of them.
//!
//! Only what is read with more than 8 bit, and written so, goes this way; all else stays with the bands of 8 bit.

use super::{
    Band, Encoding, Error, Format, Header, Model, Rows, Scale, Shape, avif, decode_bytes, jxl, png,
    tiff,
};
use crate::checkpoint::Checkpoint;

/// A whole picture of interleaved samples from 0 to 65535, grey or RGB, with or without alpha.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepRaster {
    /// Size and layout.
    pub shape: Shape,
    /// `width * height * channels` of them.
    pub samples: Vec<u16>,
}

impl DeepRaster {
    /// Its rows, from top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = &[u16]> {
        let row = self.shape.width as usize * self.shape.model.channels() as usize;
        self.samples.chunks_exact(row.max(1))
    }
}

/// Rows of such a picture, from top to bottom.
pub trait DeepRows {
    /// Size and layout.
    fn shape(&self) -> Shape;

    /// The next row, as long as the shape says; `false` when there is none any more.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    fn next(&mut self, row: &mut [u16]) -> Result<bool, Error>;
}

/// The layout that [`open_deep`] hands a picture out in, which isn't in planes unless [`Header::deep`] is `false`.
pub fn deep_model(header: &Header) -> Model {
    match header.model {
        Model::YCbCr { .. } if header.deep => Model::Rgb,
        model => model,
    }
}

/// Peak bytes of a decode by [`open_deep`].
pub fn open_deep_bytes(header: &Header, scale: Scale) -> u64 {
    let plain = decode_bytes(header, scale);
    match header.format {
        // A row of tiles has two bytes for a sample.
        Format::Tiff if header.deep => plain.saturating_mul(2),
        _ => plain,
    }
}

/// Starts a decode of a picture that is deep, or whose samples lie together; of 8 bit each becomes the same share of 16. The
/// scale is as for [`open`](super::open), and full for what is deep.
///
/// # Errors
/// [`Error`].
pub fn open_deep<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn DeepRows + 'a>, Error> {
    match header.format {
        Format::Png if header.deep => png::open_deep(bytes, header, checkpoint),
        Format::Tiff if header.deep => tiff::open_deep(bytes, header, checkpoint),
        Format::Avif | Format::Heic if header.deep => avif::open_deep(bytes, header, checkpoint),
        Format::Jxl if header.deep => Ok(jxl::open_deep(bytes, header, checkpoint)),
        _ => {
            let rows = super::open(bytes, header, scale, checkpoint)?;
            Ok(Box::new(Widened::new(rows)))
        }
    }
}

/// Rows of 8 bit as rows of 16.
pub struct Widened<'a> {
    rows: Box<dyn Rows + 'a>,
    band: Band,
    /// Which row of the band is next.
    at: usize,
}

/// Rows that are asked for at a time.
const ROWS: u32 = 16;

impl<'a> Widened<'a> {
    /// Of interleaved rows.
    pub fn new(rows: Box<dyn Rows + 'a>) -> Self {
        let shape = rows.shape();
        Self {
            band: Band::new(Shape { height: 0, ..shape }),
            rows,
            at: 0,
        }
    }
}

impl DeepRows for Widened<'_> {
    fn shape(&self) -> Shape {
        self.rows.shape()
    }

    fn next(&mut self, row: &mut [u16]) -> Result<bool, Error> {
        let held = |band: &Band| band.planes.first().map_or(0, |plane| plane.height as usize);
        if self.at >= held(&self.band) {
            self.at = 0;
            if !self.rows.next(&mut self.band, ROWS)? {
                return Ok(false);
            }
        }
        let plane = self.band.planes.first();
        // A band may be all of the picture, so that its rows aren't counted off.
        let samples = plane.and_then(|plane| plane.samples.get(self.at * plane.stride..));
        for (to, &from) in row.iter_mut().zip(samples.unwrap_or_default()) {
            *to = u16::from(from) * 257;
        }
        self.at += 1;
        Ok(true)
    }
}

/// Peak bytes of [`encode_deep`], the answer included.
pub fn encode_deep_bytes(encoding: Encoding, shape: Shape) -> u64 {
    match encoding.format {
        Format::Tiff => tiff::encode_deep_bytes(shape),
        Format::Avif => avif::encode_deep_bytes(encoding, shape),
        _ => png::encode_deep_bytes(shape),
    }
}

/// A file of the picture, with as many bits as the encoding says, which are more than 8.
///
/// # Errors
/// [`Error`], a stopped checkpoint included; `Internal` for a format that has no such files.
pub fn encode_deep(
    encoding: Encoding,
    picture: &DeepRaster,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    match encoding.format {
        Format::Png => png::encode_deep(encoding, picture, checkpoint),
        Format::Tiff => tiff::encode_deep(picture, checkpoint),
        Format::Avif => avif::encode_deep(encoding, picture, checkpoint),
        other => Err(Error::Internal(format!("{} is not deep", other.name()))),
    }
}
