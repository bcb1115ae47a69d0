//! Files against what went into them, and as other decoders read them.

use image::DynamicImage;
use image::codecs::jpeg::JpegDecoder;
use proptest::prelude::*;

use self::scans::same_in_scans;
use super::*;
use crate::checkpoint::Stop;
use crate::codecs::jpeg::baseline::compare::read;
use crate::codecs::jpeg::tests::{MODELS, picture};
use crate::codecs::jpeg::{decode, probe};
use crate::codecs::{Format, Raster, Scale};

#[path = "scans_tests.rs"]
mod scans;

fn encoding(quality: u8) -> Encoding {
    Encoding::plain(Format::Jpeg, quality)
}

fn written(raster: &Raster, quality: u8) -> Vec<u8> {
    let checkpoint = Checkpoint::new();
    let mut sink = create(encoding(quality), raster.shape(), &checkpoint);
    sink.push(raster).unwrap();
    sink.finish().unwrap()
}

/// What our decoder makes of it, having made sure that libjpeg-turbo makes the same.
fn decoded(file: &[u8]) -> Raster {
    let checkpoint = Checkpoint::new();
    let header = probe(file).unwrap();
    let ours =
        decode::open(file, &header, Scale::FULL, &checkpoint).and_then(|rows| read(rows, 64));
    let theirs =
        decode::library(file, &header, Scale::FULL, &checkpoint).and_then(|rows| read(rows, 64));
    assert!(ours == theirs);
    ours.unwrap()
}

/// Noise of all samples, the same for the same seed.
fn noise(shape: Shape, mut seed: u64) -> Raster {
    let mut raster = Raster::new(shape);
    for sample in raster
        .planes
        .iter_mut()
        .flat_map(|plane| &mut plane.samples)
    {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        *sample = (seed >> 56) as u8;
    }
    raster
}

/// The largest difference of samples.
fn most_off(a: &Raster, b: &Raster) -> u8 {
    let planes = a.planes.iter().zip(&b.planes);
    let pairs = planes.flat_map(|(a, b)| {
        assert_eq!(a.samples.len(), b.samples.len());
        a.samples.iter().zip(&b.samples)
    });
    pairs.map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn all_sizes_and_layouts_come_back() {
    for model in MODELS {
        for (width, height) in (1..=40).map(|side| (side, side)).chain([
            (1, 40),
            (40, 1),
            (17, 8),
            (8, 17),
            (33, 9),
            (16, 31),
            (7, 25),
        ]) {
            let shape = Shape {
                width,
                height,
                model,
            };
            let original = picture(shape, width * 64 + height);
            let got = decoded(&written(&original, 100));
            assert_eq!(got.shape(), shape);
            // Steps of one, and for the highest frequencies of chroma of three.
            assert!(most_off(&got, &original) <= 4, "{shape:?}");
        }
    }
}

#[test]
fn noise_at_the_highest_quality_fits_the_codes_and_the_memory() {
    for model in MODELS {
        let shape = Shape {
            width: 333,
            height: 222,
            model,
        };
        for black_and_white in [false, true] {
            let mut original = noise(shape, 3);
            if black_and_white {
                for sample in original
                    .planes
                    .iter_mut()
                    .flat_map(|plane| &mut plane.samples)
                {
                    *sample = if *sample < 128 { 0 } else { 255 };
                }
            }
            let checkpoint = Checkpoint::new();
            let mut sink = JpegSink::new(encoding(100), shape, &checkpoint);
            sink.push(&original).unwrap();
            let tokens: usize = sink.rows.iter().map(|row| row.len() * 2).sum();
            let file = Box::new(sink).finish().unwrap();
            let most = encode_bytes(encoding(100), shape);
            assert!(
                (tokens + file.capacity()) as u64 <= most,
                "{model:?}: {tokens} + {} of {most}",
                file.capacity()
            );
            assert!(most_off(&decoded(&file), &original) <= 8, "{model:?}");
        }
    }
}

#[test]
fn means_from_end_to_end_come_back() {
    // Squares of black and white: the longest differences of means, and no other coefficient.
    let shape = Shape {
        width: 64,
        height: 48,
        model: Model::Gray,
    };
    let mut original = Raster::new(shape);
    for (at, sample) in original.planes[0].samples.iter_mut().enumerate() {
        *sample = if (at / 8 + at / 512) % 2 == 0 { 255 } else { 0 };
    }
    for quality in [1, 30, 80, 100] {
        let got = decoded(&written(&original, quality));
        assert!(most_off(&got, &original) <= 12, "{quality}");
    }
}

#[test]
fn flat_pictures_take_two_bits_a_block() {
    let shape = Shape {
        width: 800,
        height: 800,
        model: Model::YCbCr { across: 2, down: 2 },
    };
    let mut original = Raster::new(shape);
    for plane in &mut original.planes {
        plane.samples.fill(77);
    }
    let file = written(&original, 80);
    assert!(file.len() < 700 + 50 * 50 * 6 * 2 / 8, "{}", file.len());
    assert!(most_off(&decoded(&file), &original) <= 2);
}

#[test]
fn bands_make_no_difference() {
    for model in MODELS {
        let shape = Shape {
            width: 75,
            height: 53,
            model,
        };
        let whole = picture(shape, 5);
        let checkpoint = Checkpoint::new();
        let mut sink = create(encoding(80), shape, &checkpoint);
        let mut from = 0;
        for rows in [2, 16, 30, 5] {
            let mut band = whole.clone();
            for (index, plane) in band.planes.iter_mut().enumerate() {
                let down = usize::from(model.factors(index).1);
                let height = plane.height as usize;
                let (top, end) = (from / down, ((from + rows).div_ceil(down)).min(height));
                plane.samples = plane.samples[top * plane.stride..end * plane.stride].to_vec();
                plane.height = u32::try_from(end - top).unwrap();
            }
            sink.push(&band).unwrap();
            from += rows;
        }
        assert!(sink.finish().unwrap() == written(&whole, 80), "{model:?}");
    }
}

#[test]
fn a_stop_ends_either_pass() {
    let shape = Shape {
        width: 75,
        height: 53,
        model: Model::Gray,
    };
    let stopped = Error::Stopped(Stop::Deadline);
    let checkpoint = Checkpoint::new();
    let mut sink = create(encoding(80), shape, &checkpoint);
    let mut band = picture(shape, 5);
    band.planes[0].height = 20;
    sink.push(&band).unwrap();
    checkpoint.stop(Stop::Deadline);
    assert_eq!(sink.push(&band), Err(stopped.clone()));
    let checkpoint = Checkpoint::new();
    let mut sink = create(encoding(80), shape, &checkpoint);
    sink.push(&picture(shape, 5)).unwrap();
    checkpoint.stop(Stop::Deadline);
    assert_eq!(sink.finish(), Err(stopped));
}

#[test]
fn another_decoder_reads_it() {
    let shape = Shape {
        width: 75,
        height: 53,
        model: Model::YCbCr { across: 1, down: 1 },
    };
    let original = picture(shape, 5);
    let file = written(&original, 95);
    let decoder = JpegDecoder::new(std::io::Cursor::new(&file)).unwrap();
    let image = DynamicImage::from_decoder(decoder).unwrap().to_rgb8();
    let [y, cb, cr] =
        [0, 1, 2].map(|index: usize| f64::from(original.planes[index].samples[30 * 75 + 20]));
    let red = (y + 1.402 * (cr - 128.0)).clamp(0.0, 255.0);
    let blue = (y + 1.772 * (cb - 128.0)).clamp(0.0, 255.0);
    let pixel = image.get_pixel(20, 30);
    assert!((f64::from(pixel[0]) - red).abs() < 12.0, "{pixel:?}, {red}");
    assert!(
        (f64::from(pixel[2]) - blue).abs() < 12.0,
        "{pixel:?}, {blue}"
    );
}

proptest! {
    #[test]
    fn anything_comes_back(width in 1_u32..70, height in 1_u32..70, quality in 1_u8..=100, model in 0_usize..5, seed: u64) {
        let shape = Shape { width, height, model: MODELS[model] };
        let got = decoded(&written(&noise(shape, seed), quality));
        prop_assert_eq!(got.shape(), shape);
        same_in_scans(&noise(shape, seed), quality);
    }
}
