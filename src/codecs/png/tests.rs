//! Rows in and out, and headers.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::{Band, Error, Model, Plane, Raster, Shape};

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
    let checkpoint = Checkpoint::new();
    let mut sink = create(raster.shape(), &checkpoint);
    sink.push(raster).unwrap();
    sink.finish().unwrap()
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
    let mut sink = create(shape, &checkpoint);
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
    ) {
        let mut raster = noise(Shape { width, height, model }, seed);
        let samples = &mut raster.planes[0].samples;
        let channels = model.channels() as usize;
        for at in (colours as usize * channels)..samples.len() {
            samples[at] = samples[at % (colours as usize * channels)];
        }
        let file = file(&raster);
        let header = probe(&file).unwrap();
        prop_assert_eq!((header.width, header.height), (width, height));
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
