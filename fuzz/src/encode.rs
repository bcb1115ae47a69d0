//! Rows into a file, and back by decoders that the server doesn't use.

use image::ImageFormat;
use pixmill::checkpoint::Checkpoint;
use pixmill::codecs::{self, Band, Encoding, Format, Model, Plane, Shape};

use super::answer;

/// Bytes before the samples: width, height, kind, quality, rows of a band.
const HEAD: usize = 5;

/// What is written: JPEG, PNG, GIF and WebP, in each layout that they take.
const KINDS: [(Format, Model); 14] = [
    (Format::Png, Model::Gray),
    (Format::Png, Model::GrayAlpha),
    (Format::Png, Model::Rgb),
    (Format::Png, Model::Rgba),
    (Format::Jpeg, Model::Gray),
    (Format::Jpeg, Model::Rgb),
    (Format::Jpeg, Model::YCbCr { across: 1, down: 1 }),
    (Format::Jpeg, Model::YCbCr { across: 2, down: 1 }),
    (Format::Jpeg, Model::YCbCr { across: 2, down: 2 }),
    (Format::WebP, Model::Rgb),
    (Format::WebP, Model::Rgba),
    (Format::WebP, Model::YCbCr { across: 2, down: 2 }),
    (Format::Gif, Model::Rgb),
    (Format::Gif, Model::Rgba),
];

/// The file is a picture of that size; PNG keeps every sample, and the others are the same file however the rows came.
///
/// Behind the head come samples, over and over.
pub(crate) fn encode(input: &[u8]) -> bool {
    let Some((&[width, height, kind, quality, rows], samples)) = input.split_first_chunk::<HEAD>()
    else {
        return false;
    };
    let (format, model) = KINDS[usize::from(kind) % KINDS.len()];
    // What the kinds leave of their byte chooses among the ways to write.
    let ways = usize::from(kind) / KINDS.len();
    let encoding = Encoding {
        interlaced: ways & 1 == 1,
        palette: ways & 2 == 2,
        lossless: ways & 2 == 2,
        compression: (ways & 4 == 4).then_some(quality % 9 + 1),
        ..Encoding::plain(format, quality % 100 + 1)
    }
    .meant();
    if samples.is_empty() || !codecs::accepts(encoding, model) {
        return false;
    }
    let shape = Shape {
        width: u32::from(width) + 1,
        height: u32::from(height % 64) + 1,
        model,
    };
    let picture = picture(shape, samples);
    // Rows of luma that share their chroma stay together.
    let step = (u32::from(rows) % 24 + 1).next_multiple_of(u32::from(model.factors(1).1));
    let files = [shape.height, step].map(|step| written(encoding, &picture, step));
    for file in &files {
        answer::check(file, format, shape.width, shape.height);
        if format == Format::Png && !encoding.palette {
            let read = image::load_from_memory_with_format(file, ImageFormat::Png).expect("a PNG");
            assert!(
                read.to_rgba8().into_raw() == rgba(&picture),
                "{shape:?} changes on the way"
            );
        }
    }
    // How PNG is compressed, the first rows decide.
    let [whole, cut] = files;
    assert!(
        format == Format::Png || whole == cut,
        "bands of {step} rows make another file"
    );
    true
}

fn picture(shape: Shape, samples: &[u8]) -> Band {
    let mut picture = Band::new(shape);
    let mut samples = samples.iter().copied().cycle();
    for plane in &mut picture.planes {
        plane
            .samples
            .fill_with(|| samples.next().unwrap_or_default());
    }
    picture
}

fn written(encoding: Encoding, picture: &Band, step: u32) -> Vec<u8> {
    let (shape, checkpoint) = (picture.shape(), Checkpoint::new());
    let mut sink = codecs::create(encoding, shape, &checkpoint).expect("a format that is written");
    for from in (0..shape.height).step_by(step as usize) {
        sink.push(&rows(picture, from, step))
            .expect("rows of the shape");
    }
    sink.finish().expect("a file")
}

/// So many rows of the picture, fewer at its end.
fn rows(picture: &Band, from: u32, step: u32) -> Band {
    let planes = picture.planes.iter().enumerate().map(|(index, plane)| {
        let down = u32::from(picture.model.factors(index).1);
        let (from, step) = (from / down, step.div_ceil(down));
        let height = step.min(plane.height - from);
        let range = from as usize * plane.stride..(from + height) as usize * plane.stride;
        Plane {
            height,
            samples: plane.samples[range].to_vec(),
            ..*plane
        }
    });
    Band {
        model: picture.model,
        planes: planes.collect(),
    }
}

fn rgba(picture: &Band) -> Vec<u8> {
    let channels = picture.model.channels() as usize;
    let pixels = picture.planes[0].samples.chunks(channels);
    pixels
        .flat_map(|pixel| match *pixel {
            [grey] => [grey, grey, grey, 255],
            [grey, alpha] => [grey, grey, grey, alpha],
            [r, g, b] => [r, g, b, 255],
            [r, g, b, alpha] => [r, g, b, alpha],
            _ => [0; 4],
        })
        .collect()
}
