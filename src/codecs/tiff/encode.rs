//! TIFF written by hand: one uncompressed strip, as every reader takes it (TIFF 6.0).

use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::deep::DeepRaster;
use crate::codecs::metadata::Metadata;
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
    let directory = directory(shape, 8);
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

/// Peak bytes of [`encode_deep`]: the file.
pub(in crate::codecs) fn encode_deep_bytes(shape: Shape) -> u64 {
    shape.bytes() * 2 + 1024
}

/// A file of samples of 16 bit.
pub(in crate::codecs) fn encode_deep(
    picture: &DeepRaster,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    let directory = directory(picture.shape, 16);
    let mut file = Vec::with_capacity(directory.len() + picture.samples.len() * 2);
    file.extend(directory);
    for row in picture.rows() {
        checkpoint.check(Stage::Encode)?;
        file.extend(row.iter().flat_map(|sample| sample.to_le_bytes()));
    }
    Ok(file)
}

/// A file of our encoder with a profile behind its pixels, and a directory behind that, which names it too; `None` for another file.
pub(in crate::codecs) fn annotated(mut file: Vec<u8>, metadata: &Metadata) -> Option<Vec<u8>> {
    let Some(profile) = &metadata.profile else {
        return Some(file);
    };
    let count = u16::from_le_bytes(*file.get(8..)?.first_chunk()?);
    let entries = file.get(10..)?.get(..usize::from(count) * 12)?.to_vec();
    file.reserve_exact(profile.bytes.len() + entries.len() + 24);
    let place = appended(&mut file, &profile.bytes)?;
    let length = u32::try_from(profile.bytes.len()).ok()?;
    let named = entry(ICC, UNDEFINED, length, place);
    let count = (count + 1).to_le_bytes();
    let directory = [&count[..], &entries, &named, &[0; 4]].concat();
    let place = appended(&mut file, &directory)?;
    file.get_mut(4..8)?.copy_from_slice(&place.to_le_bytes());
    Some(file)
}

/// Appends that at an even place, and says where.
fn appended(file: &mut Vec<u8>, content: &[u8]) -> Option<u32> {
    file.resize(file.len().next_multiple_of(2), 0);
    let place = u32::try_from(file.len()).ok()?;
    file.extend_from_slice(content);
    Some(place)
}

fn entry(tag: u16, kind: u16, count: u32, value: u32) -> Vec<u8> {
    [
        &tag.to_le_bytes()[..],
        &kind.to_le_bytes(),
        &count.to_le_bytes(),
        &value.to_le_bytes(),
    ]
    .concat()
}

/// The tag of a profile, which is last of all: they are in the order of their numbers.
const ICC: u16 = 0x8773;

const UNDEFINED: u16 = 7;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// Header, directory and what doesn't fit into its entries; the pixels follow, of so many bits a sample.
fn directory(shape: Shape, bits: u16) -> Vec<u8> {
    let samples = shape.model.channels();
    let colours = if samples < 3 { 1 } else { 3 };
    let alpha = shape.model.has_alpha();
    let black_is_zero_or_rgb = if colours == 1 { 1 } else { 2 };
    let entries = 10 + u32::from(alpha);
    let depths_at = 8 + 2 + entries * 12 + 4;
    let pixels_at = depths_at + samples * 2;
    // A value of two bytes stands in the front of its four; depths do so only where there are at most two.
    let depths = if samples <= 2 {
        (u32::from(bits) * 0x1_0001) >> (16 * (2 - samples))
    } else {
        depths_at
    };
    let bytes = shape.bytes() * u64::from(bits / 8);
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
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
        file.extend(entry(tag, kind, count, value));
    }
    file.extend([0; 4]);
    for _ in 0..samples {
        file.extend(bits.to_le_bytes());
    }
    file
}
