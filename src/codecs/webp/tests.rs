//! Chunks, and pixels both ways.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::{Band, Encoding, Error, Format, Header, Model, Raster, Shape};

const ENCODING: Encoding = Encoding {
    format: Format::WebP,
    quality: 90,
};

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
    let mut band = Band {
        model: header.model,
        planes: Vec::new(),
    };
    assert!(open(file, header, &checkpoint).next(&mut band, 64)?);
    Ok(band)
}

#[test]
fn what_is_written_is_read() {
    for model in [Model::Rgb, Model::Rgba] {
        let raster = smooth(model);
        let file = file(&raster);
        let header = probe(&file).unwrap();
        assert_eq!((header.width, header.height, header.model), (50, 40, model));
        let got = decoded(&file, &header).unwrap();
        let pairs = got.planes[0].samples.iter().zip(&raster.planes[0].samples);
        let off: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
        assert!(off / 2_000 < 12, "{model:?}: {off}");
    }
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
    let ended = open(&file, &header, &checkpoint).next(&mut band, 64);
    assert_eq!(ended, Err(Error::Stopped(Stop::Cancelled)));
}

proptest! {
    #[test]
    fn nothing_panics(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400) {
        let mut file = file(&smooth(Model::Rgba));
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
