//! What is attached to files, and read of them.

use proptest::prelude::*;

use super::tests::block;
use super::*;
use crate::checkpoint::Checkpoint;
use crate::codecs::{self, Encoding, Model, Raster, Shape};

const FORMATS: [Format; 4] = [Format::Jpeg, Format::Png, Format::WebP, Format::Avif];

fn picture(format: Format, alpha: bool) -> Vec<u8> {
    let shape = Shape {
        width: 21,
        height: 13,
        model: match (format, alpha) {
            (Format::Jpeg, _) => Model::Gray,
            (_, true) => Model::Rgba,
            _ => Model::Rgb,
        },
    };
    let samples = (0..shape.bytes()).map(|at| u8::try_from(at * 7 % 251).unwrap());
    let checkpoint = Checkpoint::new();
    let mut sink = codecs::create(Encoding::plain(format, 80), shape, &checkpoint).unwrap();
    sink.push(&Raster::interleaved(shape, samples.collect()))
        .unwrap();
    sink.finish().unwrap()
}

fn of(profile: &[u8]) -> Profile {
    Profile {
        bytes: Arc::from(profile),
        points: Profile::UNSAID,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an independent decoder of our own files"
)]
fn decoded(file: &[u8]) -> Vec<u8> {
    let header = codecs::probe(file).unwrap();
    if header.format == Format::Avif {
        // That decoder knows none.
        let checkpoint = Checkpoint::new();
        let mut rows = codecs::open(file, &header, codecs::Scale::FULL, &checkpoint).unwrap();
        let mut band = Raster::new(rows.shape());
        let mut samples = Vec::new();
        while rows.next(&mut band, 16).unwrap() {
            samples.extend(band.planes.iter().flat_map(|plane| &plane.samples));
        }
        return samples;
    }
    let image = image::load_from_memory(file).unwrap();
    image.to_rgba8().into_raw()
}

#[test]
fn what_is_attached_is_read_again() {
    // Longer than a segment of a JPEG.
    let long: Vec<u8> = (0..200_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    for format in FORMATS {
        for (alpha, profile) in [(false, &long[..77]), (true, &long[..])] {
            let plain = picture(format, alpha);
            let packet = b"<x:xmpmeta>odd</x:xmpmeta>".to_vec();
            let whole = Metadata {
                exif: Some(block(false, 8)),
                xmp: Some(packet.clone()),
                profile: Some(of(profile)),
            };
            let file = whole.attached(plain.clone(), format).unwrap();
            let header = codecs::probe(&file).unwrap();
            assert_eq!(header.stated, Some(8), "{format:?}");
            assert!(
                matches!(&header.colour, Colour::Icc(got) if **got == *profile),
                "{format:?}"
            );
            assert_eq!(header.has_alpha(), alpha && format != Format::Jpeg);
            let got = Metadata::of(&file, &header, Keep::All, Orientation::from_exif(8));
            assert_eq!(got.xmp.as_ref(), Some(&packet), "{format:?}");
            let kept = exif::kept(&block(false, 8), Keep::All, Orientation::from_exif(8));
            assert_eq!(got.exif, kept, "{format:?}");
            assert!(decoded(&file) == decoded(&plain), "{format:?}");
            let nothing = Metadata::of(&file, &header, Keep::Nothing, Orientation::default());
            assert_eq!(nothing, Metadata::default());
            assert!(nothing.attached(plain.clone(), format).unwrap() == plain);
        }
    }
}

#[test]
fn what_is_too_long_is_left_out() {
    for format in FORMATS {
        let mut long = block(true, 1);
        long.resize(PART_BYTES + 1, 0);
        let packet = vec![b' '; PART_BYTES + 1];
        let mut said = Said::default();
        said.exif(&long);
        said.xmp(Cow::Borrowed(&packet));
        assert!(said.exif.is_none() && said.xmp.is_none());
        // The longest that are read can be written.
        let longest = Metadata {
            exif: Some(vec![0; PART_BYTES]),
            xmp: Some(vec![b' '; PART_BYTES]),
            profile: Some(of(&vec![0; PROFILE_BYTES])),
        };
        let file = longest.attached(picture(format, false), format).unwrap();
        assert!(codecs::probe(&file).is_ok(), "{format:?}");
    }
    // Values that all stand for the same bytes would make much of little.
    let mut greedy = b"MM\0*\0\0\0\x08\x03\xe8".to_vec();
    for tag in 0..1000_u16 {
        greedy.extend((0x5000 + tag).to_be_bytes());
        greedy.extend([0, 7, 0, 0, 0x20, 0, 0, 0, 0, 8]);
    }
    greedy.resize(20_000, 1);
    assert_eq!(exif::kept(&greedy, Keep::All, Orientation::default()), None);
}

proptest! {
    /// Files that say it, with bytes changed.
    #[test]
    fn mutants_of_files_are_read(
        format in 0_usize..3,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<proptest::sample::Index>(),
    ) {
        let whole = Metadata {
            exif: Some(block(true, 2)),
            xmp: Some(b"<x/>".to_vec()),
            profile: Some(of(&[7; 99])),
        };
        let mut file = whole.attached(picture(FORMATS[format], true), FORMATS[format]).unwrap();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        for said in [jpeg::said(&file), png::said(&file), webp::said(&file)] {
            prop_assert!(said.exif.is_none_or(|block| block.len() <= PART_BYTES));
        }
    }
}
