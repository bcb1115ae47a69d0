//! Blocks and packets, and what stays of them.

use proptest::prelude::*;

use super::*;
use crate::codecs;

/// A block with all four directories and a thumbnail's. Its values are words, so that what stays is seen.
pub(super) fn block(big: bool, orientation: u16) -> Vec<u8> {
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
}
