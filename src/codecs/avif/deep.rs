//! The same pixels with all of their bits.

use super::rows::AvifRows;
use super::{chroma, decode, encode};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::deep::{DeepRaster, DeepRows};
use crate::codecs::{Encoding, Error, Header, Model, Shape};

/// Prepares a decode of a file of more than 8 bit a sample; planes become R, G, B.
pub(in crate::codecs) fn open_deep<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn DeepRows + 'a>, Error> {
    let layout = match header.model {
        Model::YCbCr { .. } => Model::Rgb,
        other => other,
    };
    let rows = decode::rows(bytes, header, layout, checkpoint)?;
    Ok(Box::new(DeepAvifRows(rows)))
}

struct DeepAvifRows<'a>(AvifRows<'a>);

impl DeepRows for DeepAvifRows<'_> {
    fn shape(&self) -> Shape {
        self.0.shape
    }

    fn next(&mut self, row: &mut [u16]) -> Result<bool, Error> {
        let Self(rows) = self;
        if rows.given == rows.shape.height {
            return Ok(false);
        }
        let (first, _) = rows.prepare()?;
        let [colour, _] = &rows.cells;
        let at = (first - colour.rows.0) as usize;
        rows.pixels_of(at, row);
        rows.given += 1;
        Ok(true)
    }
}

/// Peak bytes of [`encode_deep`]: as of 8 bit, with all in two bytes.
pub(in crate::codecs) fn encode_deep_bytes(encoding: Encoding, shape: Shape) -> u64 {
    encode::encode_bytes(encoding, shape) * 2
}

/// A file of 10 or 12 bit a sample, as the encoding says.
pub(in crate::codecs) fn encode_deep(
    encoding: Encoding,
    picture: &DeepRaster,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    checkpoint.check(Stage::Encode)?;
    let shape = picture.shape;
    let depth = encoding.depth;
    let most = (1 << depth) - 1;
    let kept = |sample: &u16| {
        let rounded = (u32::from(*sample) * most + 32_767) / 65_535;
        u16::try_from(rounded).unwrap_or(u16::MAX)
    };
    let opaque = kept(&u16::MAX);
    let separated = match shape.model {
        Model::Gray | Model::GrayAlpha => {
            let channels = shape.model.channels() as usize;
            let [mut luma, mut alpha] = [const { Vec::new() }; 2];
            for row in picture.rows() {
                checkpoint.check(Stage::Encode)?;
                luma.extend(row.iter().step_by(channels).map(kept));
                if channels > 1 {
                    alpha.extend(row.iter().skip(1).step_by(channels).map(kept));
                }
            }
            ([luma, Vec::new(), Vec::new()], alpha)
        }
        Model::Rgb => {
            let (pixels, _) = picture.samples.as_chunks::<3>();
            let pixel = |[r, g, b]: &[u16; 3]| [kept(r), kept(g), kept(b), opaque];
            chroma::coloured(encoding, shape, pixels.iter().map(pixel), checkpoint)?
        }
        _ => {
            let (pixels, _) = picture.samples.as_chunks::<4>();
            let pixel = |pixel: &[u16; 4]| pixel.each_ref().map(kept);
            chroma::coloured(encoding, shape, pixels.iter().map(pixel), checkpoint)?
        }
    };
    encode::written(encoding, shape, &separated, checkpoint)
}
