//! Markers, scans and rows.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::{Band, Encoding, Error, Format, Model, Plane, Raster, Rows};

const SHAPE: Shape = Shape {
    width: 75,
    height: 53,
    model: Model::Rgb,
};

fn smooth(shape: Shape) -> Raster {
    let channels = shape.model.channels();
    let samples = (0..shape.height)
        .flat_map(|y| (0..shape.width).map(move |x| (x, y)))
        .flat_map(|(x, y)| (0..channels).map(move |c| (x * 2 + y + c * 30) % 256))
        .map(|value| u8::try_from(value).unwrap())
        .collect();
    Raster::interleaved(shape, samples)
}

fn file(shape: Shape) -> Vec<u8> {
    let checkpoint = Checkpoint::new();
    let encoding = Encoding {
        format: Format::Jpeg,
        quality: 95,
    };
    let mut sink = create(encoding, shape, &checkpoint).unwrap();
    sink.push(&smooth(shape)).unwrap();
    sink.finish().unwrap()
}

fn rows(mut rows: Box<dyn Rows + '_>, at_once: u32) -> Result<Vec<u8>, Error> {
    let mut band = Band {
        model: rows.shape().model,
        planes: vec![Plane::default()],
    };
    let mut samples = Vec::new();
    while rows.next(&mut band, at_once)? {
        samples.extend_from_slice(&band.planes[0].samples);
    }
    Ok(samples)
}

#[test]
fn what_is_written_is_read() {
    for model in [Model::Gray, Model::Rgb] {
        let shape = Shape { model, ..SHAPE };
        let file = file(shape);
        let header = probe(&file).unwrap();
        assert_eq!((header.width, header.height, header.model), (75, 53, model));
        let checkpoint = Checkpoint::new();
        let got = rows(open(&file, &header, 8, &checkpoint).unwrap(), 16).unwrap();
        let original = &smooth(shape).planes[0].samples;
        let off: f64 = got
            .iter()
            .zip(original)
            .map(|(a, b)| f64::from(a.abs_diff(*b)))
            .sum();
        assert!(off / (got.len() as f64) < 6.0, "{model:?}: {off}");
    }
}

#[test]
fn scales_and_bands_are_as_promised() {
    let file = file(SHAPE);
    let header = probe(&file).unwrap();
    assert_eq!(header.detail, "4:2:0");
    let checkpoint = Checkpoint::new();
    for &eighths in SCALES {
        let shape = scaled(&header, eighths);
        let whole = rows(open(&file, &header, eighths, &checkpoint).unwrap(), 64).unwrap();
        assert_eq!(whole.len() as u64, shape.bytes(), "{eighths}/8");
        let few = rows(open(&file, &header, eighths, &checkpoint).unwrap(), 3).unwrap();
        assert_eq!(whole, few, "{eighths}/8");
    }
    assert_eq!(
        scaled(&header, 1),
        Shape {
            width: 10,
            height: 7,
            ..SHAPE
        }
    );
}

#[test]
fn a_stopped_checkpoint_ends_a_decode_and_an_encode() {
    let file = file(SHAPE);
    let header = probe(&file).unwrap();
    let checkpoint = Checkpoint::new();
    let mut decode = open(&file, &header, 8, &checkpoint).unwrap();
    let mut band = Band {
        model: Model::Rgb,
        planes: vec![Plane::default()],
    };
    assert!(decode.next(&mut band, 16).unwrap());
    checkpoint.stop(Stop::Cancelled);
    assert_eq!(
        decode.next(&mut band, 16),
        Err(Error::Stopped(Stop::Cancelled))
    );
    let encoding = Encoding {
        format: Format::Jpeg,
        quality: 80,
    };
    let mut sink = create(encoding, SHAPE, &checkpoint).unwrap();
    assert_eq!(
        sink.push(&smooth(SHAPE)),
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
        let mut file = file(SHAPE);
        let length = file.len();
        file[at % length] = byte;
        file.truncate(length - at % length / 2);
        file.extend(tail);
        std::hint::black_box(probe::count_scans(&file));
        let checkpoint = Checkpoint::new();
        if let Ok(header) = probe(&file)
            && u64::from(header.width) * u64::from(header.height) < 1 << 22
        {
            drop(open(&file, &header, 8, &checkpoint).and_then(|decode| rows(decode, 16)));
        }
    }
}
