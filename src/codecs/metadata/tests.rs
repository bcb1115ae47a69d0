//! Blocks and packets, what stays of them, and the way into files and out again.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::codecs::{self, Encoding, Model, Raster, Shape};

const FORMATS: [Format; 4] = [Format::Jpeg, Format::Png, Format::WebP, Format::Avif];

/// A block with all four directories and a thumbnail's. Its values are words, so that what stays is seen.
fn block(big: bool, orientation: u16) -> Vec<u8> {
    let (u16, u32) = (|n| short_number(big, n), |n| long_number(big, n));
    let head = if big { b"MM\0*" } else { b"II*\0" };
    let mut made = [&head[..], &u32(8)].concat();
    let words = |words: &[u8]| (2, u32::try_from(words.len()).unwrap(), words.to_vec());
    let long = |n: u32| (4, 1, u32(n).to_vec());
    let short = |n: u16| (3, 1, [u16(n), [0, 0]].concat());
    // Each directory has 256 bytes.
    let directories = [
        (
            vec![
                (0x0100, long(4000)),
                (0x010f, words(b"a maker\0")),
                (0x0112, short(orientation)),
                (0x013b, words(b"an artist\0")),
                (0x4321, words(b"private one\0")),
                (0x8298, words(b"(c)\0")),
                (0x8769, long(8 + 256)),
                (0x8825, long(8 + 512)),
            ],
            8 + 1024,
        ),
        (
            vec![
                (0x829a, (5, 1, [u32(1), u32(250)].concat())),
                (0x927c, words(b"secret note\0")),
                (0xa002, long(4000)),
                (0xa005, long(8 + 768)),
                (0xa434, words(b"a lens\0")),
            ],
            0,
        ),
        (vec![(1, words(b"N\0")), (2, words(b"52 degrees\0"))], 0),
        (vec![(1, words(b"R98\0"))], 0),
        (
            vec![
                (0x0201, long(9)),
                (0x0202, long(9)),
                (0x010f, words(b"thumbnail\0")),
            ],
            0,
        ),
    ];
    for (index, (entries, next)) in directories.into_iter().enumerate() {
        made.resize(8 + index * 256, 0);
        append(&mut made, big, entries, next);
    }
    made
}

/// Kind, count and value of an entry.
type Value = (u16, u32, Vec<u8>);

/// Appends a directory, and behind it the values that it has no room for.
fn append(made: &mut Vec<u8>, big: bool, entries: Vec<(u16, Value)>, next: u32) {
    let (u16, u32) = (|n| short_number(big, n), |n| long_number(big, n));
    let mut behind = made.len() + 2 + entries.len() * 12 + 4;
    made.extend(u16(u16::try_from(entries.len()).unwrap()));
    let mut values = Vec::new();
    for (tag, (kind, count, value)) in entries {
        made.extend([u16(tag), u16(kind)].concat());
        made.extend(u32(count));
        if value.len() <= 4 {
            made.extend(&value);
            made.resize(made.len() + 4 - value.len(), 0);
        } else {
            made.extend(u32(u32::try_from(behind).unwrap()));
            behind += value.len();
            values.extend(value);
        }
    }
    made.extend(u32(next));
    made.extend(values);
}

fn short_number(big: bool, number: u16) -> [u8; 2] {
    if big {
        number.to_be_bytes()
    } else {
        number.to_le_bytes()
    }
}

fn long_number(big: bool, number: u32) -> [u8; 4] {
    if big {
        number.to_be_bytes()
    } else {
        number.to_le_bytes()
    }
}

fn says(block: &[u8], words: &str) -> bool {
    memchr::memmem::find(block, words.as_bytes()).is_some()
}

#[test]
fn what_is_asked_for_stays_of_a_block() {
    const ALL: [&str; 9] = [
        "a maker",
        "an artist",
        "private one",
        "(c)",
        "secret note",
        "a lens",
        "52 degrees",
        "R98",
        "thumbnail",
    ];
    for big in [false, true] {
        for (keep, stays) in [
            (Keep::Copyright, &["an artist", "(c)"][..]),
            (
                Keep::Harmless,
                &["a maker", "an artist", "(c)", "a lens", "R98"],
            ),
            (Keep::All, &ALL[..8]),
        ] {
            let source = block(big, 6);
            assert!(ALL.iter().all(|words| says(&source, words)));
            let kept = exif::kept(&source, keep, Orientation::default()).unwrap();
            for words in ALL {
                assert_eq!(
                    says(&kept, words),
                    stays.contains(&words),
                    "{words} {keep:?}"
                );
            }
            // As it is turned upright, or isn't.
            let stated = codecs::exif::stated;
            let upright = (keep != Keep::Copyright).then_some(1);
            assert_eq!(stated(&kept), upright, "{keep:?}");
            let turned = exif::kept(&source, keep, Orientation::from_exif(6)).unwrap();
            assert_eq!(stated(&turned), Some(6));
            // What is written is read, and stays what it is.
            assert_eq!(
                exif::kept(&kept, keep, Orientation::default()).as_ref(),
                Some(&kept)
            );
        }
    }
    assert_eq!(
        exif::kept(b"MM\0*\0\0\0\x08\0\0", Keep::All, Orientation::default()),
        None
    );
}

/// A packet with these attributes and elements beside others.
fn packet(attributes: &str, inside: &str) -> String {
    format!(
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description rdf:about=\"\" {attributes}\
         dc:format=\"image/jpeg\">{inside}<dc:title>A title</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
}

#[test]
fn what_holds_stays_of_a_packet() {
    let plain = packet("", "");
    let place = "exif:GPSLatitude=\"52,1N\" exif:GPSLongitude = '5,2E' ";
    let thumbnail = "<xmp:Thumbnails><rdf:Alt><rdf:li>/9j/</rdf:li></rdf:Alt></xmp:Thumbnails>";
    let without_values = "<exif:GPSAltitude/><exif:GPSVersionID a='1'>2.0</exif:GPSVersionID >";
    for (attributes, inside) in [
        ("", ""),
        (
            "tiff:Orientation=\"6\" ",
            "<tiff:Orientation>6</tiff:Orientation>",
        ),
        ("xmpNote:HasExtendedXMP=\"ABC\" ", thumbnail),
    ] {
        let source = packet(attributes, inside);
        for keep in [Keep::Harmless, Keep::All] {
            let kept = xmp::kept(source.as_bytes(), keep).unwrap();
            assert_eq!(squeezed(&kept), squeezed(plain.as_bytes()), "{source}");
        }
    }
    let source = packet(place, without_values);
    let kept = xmp::kept(source.as_bytes(), Keep::Harmless).unwrap();
    assert_eq!(squeezed(&kept), squeezed(plain.as_bytes()));
    assert_eq!(
        xmp::kept(source.as_bytes(), Keep::All).unwrap(),
        source.as_bytes()
    );
}

#[test]
fn what_cant_be_taken_out_safely_takes_all_with_it() {
    for (attributes, inside) in [
        ("e:GPSLatitude='1' ", ""),
        // Places that have nothing to do with GPS.
        ("photoshop:City='Berlin' ", ""),
        ("photoshop:State='Berlin' ", ""),
        ("Iptc4xmpCore:CountryCode='DE' ", ""),
        (
            "",
            "<Iptc4xmpExt:LocationCreated><x/></Iptc4xmpExt:LocationCreated>",
        ),
        ("", "<dc:coverage>Berlin</dc:coverage>"),
        ("exif:GPSLatitude='1 ", ""),
        ("", "<exif:GPSLatitude>1"),
        (
            "",
            "<exif:GPSArea><exif:GPSArea>1</exif:GPSArea></exif:GPSArea>",
        ),
        ("", "<!-- <exif:GPSArea> -->"),
        ("", "<dc:source>by gps</dc:source>"),
    ] {
        let source = packet(attributes, inside);
        assert_eq!(
            xmp::kept(source.as_bytes(), Keep::Harmless),
            None,
            "{attributes} {inside}"
        );
    }
    for broken in [
        &b"\xff\xfe<\0"[..],
        b"a\0b",
        b"<x t:Orientation='6'/>",
        b"<!DOCTYPE x>",
    ] {
        assert_eq!(xmp::kept(broken, Keep::All), None);
    }
    let plain = packet("", "");
    assert_eq!(xmp::kept(plain.as_bytes(), Keep::Copyright), None);
}

fn squeezed(packet: &[u8]) -> Vec<u8> {
    packet
        .iter()
        .copied()
        .filter(|byte| *byte != b' ')
        .collect()
}

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
                profile: Some(Arc::from(profile)),
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
            profile: Some(Arc::from(vec![0; PROFILE_BYTES])),
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

const KEEPS: [Keep; 3] = [Keep::Copyright, Keep::Harmless, Keep::All];

proptest! {
    /// Of anything: no panic, bounded, read again as what it is, and never with a place or a thumbnail where that isn't asked for.
    #[test]
    fn mutants_are_kept_in_bounds(
        big: bool,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..12),
        keep in 0_usize..3,
        tag in 1_u16..=8,
    ) {
        let mut source = block(big, 3);
        for (at, byte) in &changes {
            let at = at.index(source.len());
            source[at] = *byte;
        }
        if let Some(kept) = exif::kept(&source, KEEPS[keep], Orientation::from_exif(tag)) {
            prop_assert!(kept.len() <= PART_BYTES);
            prop_assert!(changes.len() > 1 || !says(&kept, "thumbnail"));
            let again = exif::kept(&kept, KEEPS[keep], Orientation::from_exif(tag));
            prop_assert_eq!(again, Some(kept));
        }
    }

    #[test]
    fn mutants_of_packets_have_no_place(
        pieces in proptest::collection::vec(prop_oneof![
            Just("<"), Just("</"), Just(">"), Just("/>"), Just(" "), Just("='"), Just("'"), Just("\""), Just("exif:GPSa"),
            Just("exif:GPS"), Just("tiff:Orientation"), Just("xmp:Thumbnails"), Just("é"), Just("dc:b"), Just("="),
        ], 0..40),
    ) {
        let source = pieces.concat();
        if let Some(kept) = xmp::kept(source.as_bytes(), Keep::Harmless) {
            prop_assert!(kept.len() <= source.len());
            let text = String::from_utf8(kept).unwrap();
            for word in ["GPS", "tiff:Orientation", "xmp:Thumbnails"] {
                prop_assert!(!text.contains(word), "{}", text);
            }
        }
    }

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
            profile: Some(Arc::from(vec![7; 99])),
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
