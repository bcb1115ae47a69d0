//! TIFF written by hand: one uncompressed strip, as every reader takes it (TIFF 6.0).

use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Model, Shape, Sink};

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(model: Model) -> bool {
    matches!(
        model,
        Model::Gray | Model::GrayAlpha | Model::Rgb | Model::Rgba
    )
}

/// Peak bytes: the file, and nothing else.
pub(in crate::codecs) fn encode_bytes(shape: Shape) -> u64 {
    shape.bytes() + 1024
}

/// Starts an encode.
pub(in crate::codecs) fn create<'a>(
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Box<dyn Sink + 'a> {
    let directory = directory(shape);
    let pixels = usize::try_from(shape.bytes()).unwrap_or_default();
    let mut file = Vec::with_capacity(directory.len() + pixels);
    file.extend(directory);
    Box::new(TiffSink { file, checkpoint })
}

struct TiffSink<'a> {
    file: Vec<u8>,
    checkpoint: &'a Checkpoint,
}

impl Sink for TiffSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        for plane in &band.planes {
            for row in plane.rows(band.model.channels()) {
                self.checkpoint.check(Stage::Encode)?;
                self.file.extend_from_slice(row);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        Ok(self.file)
    }
}

const SHORT: u16 = 3;
const LONG: u16 = 4;

/// Header, directory and what doesn't fit into its entries; the pixels follow.
fn directory(shape: Shape) -> Vec<u8> {
    let samples = shape.model.channels();
    let colours = if samples < 3 { 1 } else { 3 };
    let alpha = shape.model.has_alpha();
    let black_is_zero_or_rgb = if colours == 1 { 1 } else { 2 };
    let entries = 10 + u32::from(alpha);
    let depths_at = 8 + 2 + entries * 12 + 4;
    let pixels_at = depths_at + samples * 2;
    // A value of two bytes stands in the front of its four; depths do so only where there are at most two.
    let depths = if samples <= 2 {
        0x0008_0008 >> (16 * (2 - samples))
    } else {
        depths_at
    };
    let bytes = u32::try_from(shape.bytes()).unwrap_or(u32::MAX);
    let mut all = vec![
        (0x100, LONG, 1, shape.width),
        (0x101, LONG, 1, shape.height),
        (0x102, SHORT, samples, depths),
        // No compression.
        (0x103, SHORT, 1, 1),
        (0x106, SHORT, 1, black_is_zero_or_rgb),
        (0x111, LONG, 1, pixels_at),
        (0x115, SHORT, 1, samples),
        (0x116, LONG, 1, shape.height),
        (0x117, LONG, 1, bytes),
        // Samples of a pixel lie together.
        (0x11c, SHORT, 1, 1),
    ];
    if alpha {
        // The last sample is alpha that is not multiplied in.
        all.push((0x152, SHORT, 1, 2));
    }
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend(u16::try_from(all.len()).unwrap_or_default().to_le_bytes());
    for (tag, kind, count, value) in all {
        file.extend(u16::to_le_bytes(tag));
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.extend([0; 4]);
    for _ in 0..samples {
        file.extend(8_u16.to_le_bytes());
    }
    file
}
