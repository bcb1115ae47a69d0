//! Rows in and out, and headers.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::{Band, Encoding, Error, Format, Kind, Model, Plane, Raster, Shape};

const PLAIN: Encoding = Encoding::plain(Format::Png, 100);
const PALETTE: Encoding = Encoding {
    palette: true,
    ..PLAIN
};

fn noise(shape: Shape, seed: u32) -> Raster {
    let mut state = seed;
    let samples = (0..shape.bytes())
        .map(|index| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Rows that each filter suits, and rows that none does.
            let [noise, ..] = state.to_be_bytes();
            if index % 5 < 3 {
                u8::try_from(index / 7 % 256).unwrap()
            } else {
                noise
            }
        })
        .collect();
    Raster::interleaved(shape, samples)
}

fn file(raster: &Raster) -> Vec<u8> {
    file_as(PLAIN, raster)
}

fn file_as(encoding: Encoding, raster: &Raster) -> Vec<u8> {
    let checkpoint = Checkpoint::new();
    let mut sink = create(encoding, raster.shape(), &checkpoint);
    sink.push(raster).unwrap();
    sink.finish().unwrap()
}

/// As another decoder reads it.
fn theirs(file: &[u8]) -> Vec<[u8; 4]> {
    let image = image::load_from_memory_with_format(file, image::ImageFormat::Png).unwrap();
    image.to_rgba8().pixels().map(|pixel| pixel.0).collect()
}

/// How far pixels are from those of the picture in the mean, squared, as they are seen on black.
fn error(raster: &Raster, file: &[u8]) -> f64 {
    let wanted = rgba(&raster.planes[0].samples, raster.model);
    let seen = |[r, g, b, alpha]: [u8; 4]| {
        let on_black = [r, g, b].map(|sample| f64::from(sample) * f64::from(alpha) / 255.0);
        [on_black[0], on_black[1], on_black[2], f64::from(alpha)]
    };
    let pairs = wanted.iter().zip(theirs(file));
    let count = wanted.len() as f64;
    let sum: f64 = pairs
        .map(|(&wanted, got)| {
            let off = seen(wanted).into_iter().zip(seen(got));
            off.map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
        })
        .sum();
    sum / count / 4.0
}

/// Colours that change slowly everywhere, and alpha from edge to edge.
fn gradient(model: Model) -> Raster {
    let shape = Shape {
        width: 160,
        height: 120,
        model,
    };
    let level = |at: u32, of: u32| u8::try_from(at * 255 / of).unwrap();
    let pixels = (0..120).flat_map(|y| (0..160).map(move |x| (x, y)));
    let samples = pixels.flat_map(|(x, y)| match model {
        Model::Gray => vec![level(x, 160)],
        Model::GrayAlpha => vec![level(x, 160), level(y, 120)],
        Model::Rgb => vec![level(x, 160), level(y, 120), level(x + y, 280)],
        _ => vec![level(x, 160), level(y, 120), 90, level(160 - x, 160)],
    });
    Raster::interleaved(shape, samples.collect())
}

#[test]
fn a_palette_is_near_and_nearer_with_quality() {
    for model in [Model::GrayAlpha, Model::Rgb, Model::Rgba] {
        let picture = gradient(model);
        let errors = [10, 60, 100].map(|quality| {
            let file = file_as(Encoding { quality, ..PALETTE }, &picture);
            assert_eq!(file[25], 3);
            assert!(file == file_as(Encoding { quality, ..PALETTE }, &picture));
            let colours = theirs(&file)
                .into_iter()
                .collect::<std::collections::HashSet<_>>();
            assert!(colours.len() <= 256);
            (error(&picture, &file), colours.len())
        });
        assert!(
            errors[0].0 > errors[1].0 && errors[1].0 > errors[2].0,
            "{model:?} {errors:?}"
        );
        assert!(
            errors[0].1 < errors[1].1 && errors[1].1 < errors[2].1,
            "{model:?} {errors:?}"
        );
        assert!(errors[2].0 < 40.0, "{model:?} {errors:?}");
    }
    // What is transparent stays so, and what is opaque.
    let mut picture = gradient(Model::Rgba);
    for (at, pixel) in picture.planes[0].samples.chunks_exact_mut(4).enumerate() {
        pixel[3] = if at % 160 < 50 { 0 } else { 255 };
    }
    let got = theirs(&file_as(PALETTE, &picture));
    for (at, pixel) in got.into_iter().enumerate() {
        assert_eq!(pixel[3], if at % 160 < 50 { 0 } else { 255 }, "{at}");
    }
}

#[test]
fn a_palette_of_noise_stops_where_it_is_told_to() {
    let shape = Shape {
        width: 900,
        height: 700,
        model: Model::Rgba,
    };
    let mut state = 1_u32;
    let samples = (0..shape.bytes()).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let picture = Raster::interleaved(shape, samples.collect());
    let polls = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    for stop in [0, 100, 700, 1_500] {
        polls.store(0, std::sync::atomic::Ordering::Relaxed);
        let seen = std::sync::Arc::clone(&polls);
        let checkpoint = Checkpoint::observed(move |_| {
            let poll = seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            (poll == stop).then_some(Stop::Cancelled)
        });
        let mut sink = create(PALETTE, shape, &checkpoint);
        let end = sink.push(&picture).and_then(|()| sink.finish());
        assert_eq!(end, Err(Error::Stopped(Stop::Cancelled)), "{stop}");
    }
}

fn decoded(file: &[u8], at_once: u32) -> Result<Vec<u8>, Error> {
    let header = probe(file)?;
    let checkpoint = Checkpoint::new();
    let mut rows = open(file, &header, &checkpoint)?;
    let mut band = Band {
        model: header.model,
        planes: vec![Plane::default()],
    };
    let mut samples = Vec::new();
    while rows.next(&mut band, at_once)? {
        samples.extend_from_slice(&band.planes[0].samples);
    }
    Ok(samples)
}

/// Pixels as red, green, blue and alpha.
fn rgba(samples: &[u8], model: Model) -> Vec<[u8; 4]> {
    let channels = model.channels() as usize;
    let pixels = samples.chunks_exact(channels);
    pixels
        .map(|pixel| match *pixel {
            [grey] => [grey, grey, grey, 255],
            [grey, alpha] => [grey, grey, grey, alpha],
            [r, g, b] => [r, g, b, 255],
            [r, g, b, a] => [r, g, b, a],
            _ => panic!("{model:?}"),
        })
        .collect()
}

#[test]
fn a_cut_is_seen() {
    let shape = Shape {
        width: 20,
        height: 20,
        model: Model::Rgb,
    };
    let file = file(&noise(shape, 3));
    assert!(decoded(&file, 8).is_ok());
    for length in 0..file.len() {
        assert!(
            decoded(&file[..length], 8).is_err(),
            "{length} of {}",
            file.len()
        );
    }
}

#[test]
fn a_stopped_checkpoint_ends_both_ways() {
    let shape = Shape {
        width: 20,
        height: 20,
        model: Model::Gray,
    };
    let raster = noise(shape, 3);
    let file = file(&raster);
    let header = probe(&file).unwrap();
    let checkpoint = Checkpoint::new();
    let mut rows = open(&file, &header, &checkpoint).unwrap();
    checkpoint.stop(Stop::Deadline);
    let mut band = Raster::new(shape);
    assert_eq!(rows.next(&mut band, 8), Err(Error::Stopped(Stop::Deadline)));
    let mut sink = create(PLAIN, shape, &checkpoint);
    assert_eq!(sink.push(&raster), Err(Error::Stopped(Stop::Deadline)));
}

proptest! {
    /// Lossless in every layout, however the rows come.
    #[test]
    fn what_is_written_is_read(
        (width, height) in (1_u32..60, 1_u32..60),
        colours in 1_u32..2_000,
        model in prop_oneof![Just(Model::Gray), Just(Model::GrayAlpha), Just(Model::Rgb), Just(Model::Rgba)],
        at_once in 1_u32..70,
        seed in any::<u32>(),
        interlaced in any::<bool>(),
        compression in prop_oneof![Just(None), (1_u8..=9).prop_map(Some)],
    ) {
        let mut raster = noise(Shape { width, height, model }, seed);
        let samples = &mut raster.planes[0].samples;
        let channels = model.channels() as usize;
        for at in (colours as usize * channels)..samples.len() {
            samples[at] = samples[at % (colours as usize * channels)];
        }
        let encoding = Encoding { interlaced, compression, ..PLAIN };
        let file = file_as(encoding, &raster);
        let header = probe(&file).unwrap();
        prop_assert_eq!((header.width, header.height), (width, height));
        prop_assert_eq!(header.progressive, interlaced);
        prop_assert_eq!(theirs(&file), rgba(&raster.planes[0].samples, model));
        // A palette of all colours, where there are so few.
        if colours <= 256 {
            let palette = file_as(Encoding { palette: true, ..encoding }, &raster);
            prop_assert_eq!(palette[25], 3);
            prop_assert_eq!(theirs(&palette), rgba(&raster.planes[0].samples, model));
        }
        let got = decoded(&file, at_once).unwrap();
        prop_assert_eq!(rgba(&got, header.model), rgba(&raster.planes[0].samples, model));
    }

    /// What needs less than its layout gets less.
    #[test]
    fn the_layout_is_the_smallest(
        grey in any::<bool>(),
        opaque in any::<bool>(),
        few in any::<bool>(),
    ) {
        let shape = Shape { width: 60, height: 60, model: Model::Rgba };
        let pixels = (0..3_600_u32).flat_map(|at| {
            let [_, _, high, low] = (at % if few { 9 } else { 3_600 }).to_be_bytes();
            let [r, g, b] = if grey { [low; 3] } else { [low, high, 9] };
            [r, g, b, if opaque { 255 } else { 250 - low % 200 }]
        });
        let raster = Raster::interleaved(shape, pixels.collect());
        let file = file(&raster);
        let colour_type = match (few, grey, opaque) {
            (_, true, true) => 0,
            (true, ..) => 3,
            (false, true, false) => 4,
            (false, false, true) => 2,
            (false, false, false) => 6,
        };
        prop_assert_eq!(file[25], colour_type);
        let got = decoded(&file, 9).unwrap();
        let model = probe(&file).unwrap().model;
        prop_assert_eq!(rgba(&got, model), rgba(&raster.planes[0].samples, Model::Rgba));
        // Beside a profile for colours, greys are colours, or a palette of them.
        let own = Encoding { kind: Kind::Own, ..PLAIN };
        let colour_type = match colour_type {
            0 if few => 3,
            0 => 2,
            4 => 3,
            other => other,
        };
        prop_assert_eq!(file_as(own, &raster)[25], colour_type);
    }

    #[test]
    fn nothing_panics(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400) {
        let shape = Shape { width: 9, height: 9, model: Model::Rgb };
        let mut file = file(&noise(shape, 1));
        let length = file.len();
        file[at % length] ^= byte;
        file.truncate(length - cut % length);
        if let Ok(header) = probe(&file)
            && u64::from(header.width) * u64::from(header.height) < 1 << 20
        {
            drop(decoded(&file, 8));
        }
    }
}
