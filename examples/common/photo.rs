//! A photograph of waves and noise.

use bytes::Bytes;
use pixmill::checkpoint::Checkpoint;
use pixmill::codecs::{self, Encoding, Format, Model, Raster, Shape};

/// A JPEG of that size.
pub(crate) fn photo(width: u32, height: u32) -> Bytes {
    let shape = Shape {
        width,
        height,
        model: Model::YCbCr { across: 2, down: 2 },
    };
    let mut raster = Raster::new(shape);
    let mut state = 1_u32;
    for plane in &mut raster.planes {
        for (index, sample) in plane.samples.iter_mut().enumerate() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (index % plane.stride, index / plane.stride);
            let wave = u8::try_from((x / 5 + y / 3) % 200).unwrap_or(0);
            *sample = wave + state.to_be_bytes()[0] / 16;
        }
    }
    let encoding = Encoding::plain(Format::Jpeg, 85);
    let checkpoint = Checkpoint::new();
    let mut sink = codecs::create(encoding, shape, &checkpoint).expect("JPEG is written");
    sink.push(&raster).expect("nothing stops it");
    sink.finish().expect("nothing stops it").into()
}
