//! Chunks, and pixels both ways.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::{Encoding, Error, Format, Header, Model, Plane, Raster, Shape};

#[path = "frames_tests.rs"]
mod frames;

const ENCODING: Encoding = Encoding::plain(Format::WebP, 90);

fn smooth(model: Model) -> Raster {
    let shape = Shape {
        width: 50,
        height: 40,
        model,
    };
    let channels = usize::try_from(model.channels()).unwrap();
    let samples = (0..50 * 40 * channels).map(|i| u8::try_from(i / channels / 13 % 200).unwrap());
    Raster::interleaved(shape, samples.collect())
}

fn file(raster: &Raster) -> Vec<u8> {
    let checkpoint = Checkpoint::new();
    let mut sink = create(ENCODING, raster.shape(), &checkpoint);
    sink.push(raster).unwrap();
    sink.finish().unwrap()
}

fn decoded(file: &[u8], header: &Header) -> Result<Raster, Error> {
    let checkpoint = Checkpoint::new();
    let mut rows = open(file, header, &checkpoint)?;
    let mut whole = Raster {
        model: header.model,
        planes: vec![Plane::default(); header.model.planes()],
    };
    let mut band = whole.clone();
    while rows.next(&mut band, 16)? {
        assert_eq!(band.model, header.model);
        for (all, part) in whole.planes.iter_mut().zip(&band.planes) {
            all.width = part.width;
            all.height += part.height;
            all.samples.extend_from_slice(&part.samples);
        }
    }
    Ok(whole)
}

#[test]
fn what_is_written_is_read() {
    let raster = smooth(Model::Rgba);
    let file = file(&raster);
    let header = probe(&file).unwrap();
    assert_eq!((header.width, header.height), (50, 40));
    assert_eq!(header.model, Model::Rgba);
    let got = decoded(&file, &header).unwrap();
    let pairs = got.planes[0].samples.iter().zip(&raster.planes[0].samples);
    let off: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    assert!(off / 2_000 < 12, "{off}");
}

#[test]
fn lossless_is_exact_behind_what_is_transparent_too() {
    let encoding = Encoding {
        lossless: true,
        ..ENCODING
    };
    for model in [Model::Rgb, Model::Rgba] {
        let mut raster = smooth(model);
        for (at, sample) in raster.planes[0].samples.iter_mut().enumerate() {
            *sample = u8::try_from((usize::from(*sample) * 7 + at * at / 3) % 256).unwrap();
        }
        let checkpoint = Checkpoint::new();
        let mut sink = create(encoding, raster.shape(), &checkpoint);
        sink.push(&raster).unwrap();
        let file = sink.finish().unwrap();
        let header = probe(&file).unwrap();
        assert_eq!(header.detail, "lossless");
        assert_eq!(header.model, model);
        let got = decoded(&file, &header).unwrap();
        assert!(
            got.planes[0].samples == raster.planes[0].samples,
            "{model:?}"
        );
    }
    assert!(accepts(ENCODING, planes::MODEL) && !accepts(encoding, planes::MODEL));
}

/// Pictures of one colour come through VP8 as they are but for rounding, so all of the way is
/// seen: range, place of each plane, sizes that are no whole number of blocks.
#[test]
fn lossy_pictures_come_as_planes_of_full_range() {
    for (width, height) in [(1, 1), (16, 16), (17, 33), (50, 41), (300, 5)] {
        for (rgb, [y, cb, cr]) in [
            ([0, 0, 0], [0_u8, 128, 128]),
            ([255, 255, 255], [255, 128, 128]),
            ([255, 0, 0], [76, 85, 255]),
            ([0, 0, 255], [29, 255, 107]),
            ([12, 200, 77], [130, 98, 44]),
        ] {
            let shape = Shape {
                width,
                height,
                model: Model::Rgb,
            };
            let pixels = rgb.repeat((width * height) as usize);
            let file = file(&Raster::interleaved(shape, pixels));
            let header = probe(&file).unwrap();
            assert_eq!(header.model, Model::YCbCr { across: 2, down: 2 });
            let got = decoded(&file, &header).unwrap();
            for (index, (plane, wanted)) in got.planes.iter().zip([y, cb, cr]).enumerate() {
                let size = header.model.plane_size(index, width, height);
                assert_eq!((plane.width, plane.height), size);
                assert_eq!(plane.samples.len(), (size.0 * size.1) as usize);
                let far = plane.samples.iter().map(|s| s.abs_diff(wanted)).max();
                assert!(
                    far <= Some(3),
                    "{width}×{height} {rgb:?} plane {index}: {far:?}"
                );
            }
        }
    }
}

/// Grey noise makes a file of several pieces; another decoder sees the same rows.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "an independent decoder of our own file"
)]
fn pieces_join_without_a_seam() {
    let shape = Shape {
        width: 530,
        height: 470,
        model: Model::Rgb,
    };
    let mut state = 1_u32;
    let noise = (0..530 * 470).flat_map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        [state.to_be_bytes()[0]; 3]
    });
    let file = file(&Raster::interleaved(shape, noise.collect()));
    assert!(file.len() > 2 * (64 << 10), "{}", file.len());
    let header = probe(&file).unwrap();
    let got = decoded(&file, &header).unwrap();
    let other = image::load_from_memory(&file).unwrap().into_rgb8();
    let greens = other.pixels().map(|pixel| pixel[1]);
    let far = got.planes[0].samples.iter().zip(greens);
    let far = far.map(|(a, b)| a.abs_diff(b)).max();
    assert!(far <= Some(3), "{far:?}");
}

#[test]
fn a_cut_is_seen() {
    let file = file(&smooth(Model::Rgb));
    for length in 0..file.len() - 1 {
        assert!(
            probe(&file[..length]).is_err(),
            "{length} of {}",
            file.len()
        );
    }
}

#[test]
fn a_giant_in_forty_bytes_is_only_a_header() {
    let mut file = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f".to_vec();
    file.extend(0x1fff_ffff_u32.to_le_bytes());
    file.extend([0; 9]);
    let header = probe(&file).unwrap();
    assert_eq!((header.width, header.height), (16_384, 16_384));
}

#[test]
fn a_stopped_checkpoint_ends_both_ways() {
    let raster = smooth(Model::Rgb);
    let file = file(&raster);
    let header = probe(&file).unwrap();
    let checkpoint = Checkpoint::new();
    let mut sink = create(ENCODING, raster.shape(), &checkpoint);
    sink.push(&raster).unwrap();
    checkpoint.stop(Stop::Cancelled);
    assert_eq!(sink.finish(), Err(Error::Stopped(Stop::Cancelled)));
    let mut band = raster;
    let mut rows = open(&file, &header, &checkpoint).unwrap();
    let ended = rows.next(&mut band, 64);
    assert_eq!(ended, Err(Error::Stopped(Stop::Cancelled)));
}

proptest! {
    #[test]
    fn nothing_panics(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400) {
        let model = if byte % 2 == 0 { Model::Rgba } else { Model::Rgb };
        let mut file = file(&smooth(model));
        let length = file.len();
        file[at % length] ^= byte;
        file.truncate(length - cut % length);
        if let Ok(header) = probe(&file)
            && u64::from(header.width) * u64::from(header.height) < 1 << 20
        {
            drop(decoded(&file, &header));
        }
    }
}
