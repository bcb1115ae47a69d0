//! Markers, scans and rows.

use proptest::prelude::*;

use super::baseline::compare::read;
use super::*;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::{Band, Encoding, Error, Format, Model, Plane, Raster};

pub(super) const SHAPE: Shape = Shape {
    width: 75,
    height: 53,
    model: Model::YCbCr { across: 2, down: 2 },
};

/// The layouts that are written.
pub(super) const MODELS: [Model; 5] = [
    Model::Gray,
    Model::YCbCr { across: 1, down: 1 },
    Model::YCbCr { across: 2, down: 1 },
    Model::YCbCr { across: 1, down: 2 },
    Model::YCbCr { across: 2, down: 2 },
];

/// Slopes with a little noise on them; the same for the same seed.
pub(super) fn picture(shape: Shape, seed: u32) -> Raster {
    let mut raster = Raster::new(shape);
    let mut state = seed;
    for (index, plane) in raster.planes.iter_mut().enumerate() {
        for (at, sample) in plane.samples.iter_mut().enumerate() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (at % plane.stride, at / plane.stride);
            let value = x * 2 + y + index * 30 + (state >> 29) as usize;
            *sample = u8::try_from(40 + value % 170).unwrap();
        }
    }
    raster
}

pub(super) fn file(shape: Shape, quality: u8, seed: u32) -> Vec<u8> {
    let checkpoint = Checkpoint::new();
    let encoding = Encoding::plain(Format::Jpeg, quality);
    let mut sink = create(encoding, shape, &checkpoint);
    sink.push(&picture(shape, seed)).unwrap();
    sink.finish().unwrap()
}

fn all(eighths: u8) -> Scale {
    Scale {
        eighths,
        chroma: eighths,
        part: None,
    }
}

#[test]
fn what_is_written_is_read() {
    for model in MODELS {
        let shape = Shape { model, ..SHAPE };
        let file = file(shape, 95, 1);
        let header = probe(&file).unwrap();
        assert_eq!((header.width, header.height, header.model), (75, 53, model));
        let checkpoint = Checkpoint::new();
        let got = read(open(&file, &header, Scale::FULL, &checkpoint).unwrap(), 16).unwrap();
        for (got, original) in got.planes.iter().zip(picture(shape, 1).planes) {
            assert_eq!(got.samples.len(), original.samples.len(), "{model:?}");
            let pairs = got.samples.iter().zip(&original.samples);
            let off: f64 = pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
            assert!(
                off / (original.samples.len() as f64) < 3.0,
                "{model:?}: {off}"
            );
        }
    }
}

#[test]
fn scales_and_bands_are_as_promised() {
    let file = file(SHAPE, 95, 1);
    let header = probe(&file).unwrap();
    assert_eq!(header.detail, "4:2:0");
    let checkpoint = Checkpoint::new();
    for &eighths in SCALES {
        let scale = all(eighths);
        let shape = scaled(&header, scale);
        let whole = read(open(&file, &header, scale, &checkpoint).unwrap(), 64).unwrap();
        let samples: usize = whole.planes.iter().map(|plane| plane.samples.len()).sum();
        assert_eq!(samples as u64, shape.bytes(), "{eighths}/8");
        let few = read(open(&file, &header, scale, &checkpoint).unwrap(), 3).unwrap();
        assert!(whole == few, "{eighths}/8");
    }
    let smallest = scaled(&header, all(1));
    assert_eq!((smallest.width, smallest.height), (10, 7));
    // Luma at half its size, chroma at its full size: as many samples of each.
    let even = scaled(
        &header,
        Scale {
            eighths: 4,
            chroma: 8,
            part: None,
        },
    );
    assert_eq!(even.model, Model::YCbCr { across: 1, down: 1 });
}

#[test]
fn a_stopped_checkpoint_ends_a_decode_and_an_encode() {
    let file = file(SHAPE, 95, 1);
    let header = probe(&file).unwrap();
    let checkpoint = Checkpoint::new();
    let mut decode = open(&file, &header, Scale::FULL, &checkpoint).unwrap();
    let mut band = Band {
        model: SHAPE.model,
        planes: vec![Plane::default()],
    };
    assert!(decode.next(&mut band, 16).unwrap());
    checkpoint.stop(Stop::Cancelled);
    let stopped = Err(Error::Stopped(Stop::Cancelled));
    assert_eq!(decode.next(&mut band, 16), stopped);
    let encoding = Encoding::plain(Format::Jpeg, 80);
    let mut sink = create(encoding, SHAPE, &checkpoint);
    assert_eq!(
        sink.push(&picture(SHAPE, 1)),
        Err(Error::Stopped(Stop::Cancelled))
    );
}

#[test]
fn headers_that_are_not_read_say_why() {
    let with_frame = |frame: &[u8]| [&[0xff, 0xd8][..], frame, &[0xff, 0xda, 0, 2]].concat();
    for (frame, why) in [
        (
            &[0xff, 0xc0, 0, 11, 12, 0, 9, 0, 9, 1, 1, 0x11, 0][..],
            "12 bits",
        ),
        (
            &[0xff, 0xc3, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0],
            "lossless",
        ),
        (
            &[0xff, 0xc0, 0, 11, 8, 0, 0, 0, 9, 1, 1, 0x11, 0],
            "width or height",
        ),
        (
            &[0xff, 0xc0, 0, 14, 8, 0, 9, 0, 9, 2, 1, 0x11, 0, 2, 0x11, 0],
            "2 components",
        ),
        (&[0xff, 0xc0, 0, 9, 8, 0, 9, 0, 9, 3, 1], "too short"),
        (&[0xff, 0xc0, 0, 1], "shorter than its own length"),
        (&[0xff, 0xe0, 0, 2], "no frame"),
    ] {
        match probe(&with_frame(frame)) {
            Err(Error::Invalid { detail, .. }) => assert!(detail.contains(why), "{detail}"),
            other => panic!("{why}: {other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn nothing_panics(at in 0_usize..700, byte in any::<u8>(), tail in proptest::collection::vec(any::<u8>(), 0..40)) {
        let mut file = file(SHAPE, 95, 1);
        let length = file.len();
        file[at % length] = byte;
        file.truncate(length - at % length / 2);
        file.extend(tail);
        std::hint::black_box(probe::count_scans(&file));
        let checkpoint = Checkpoint::new();
        if let Ok(header) = probe(&file)
            && u64::from(header.width) * u64::from(header.height) < 1 << 22
        {
            drop(open(&file, &header, Scale::FULL, &checkpoint).and_then(|decode| read(decode, 16)));
        }
    }
}
