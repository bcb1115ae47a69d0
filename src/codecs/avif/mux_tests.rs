//! What is written is what the reader finds.

use super::super::picture::Picture;
use super::*;

/// The first bytes of a stream of ours: a reduced header of 4:2:0, or of luma alone, of 64×48 pixels.
fn stream(mono: bool) -> Vec<u8> {
    let colours = if mono { "0101" } else { "0001000" };
    // Profile, still, reduced, level, bits of both sides, and these; tools; filters; depth and colours; the end.
    let bits = [
        "000", "11", "00100", "01010101", "111111", "101111", "000", "000", colours, "01",
    ];
    let bits = bits.concat();
    let bytes = bits.as_bytes().chunks(8).map(|eight| {
        let value = eight.iter().fold(0, |sum, bit| sum << 1 | (bit - b'0'));
        value << (8 - eight.len())
    });
    let bytes: Vec<u8> = bytes.collect();
    [
        &[0x0a, u8::try_from(bytes.len()).unwrap()][..],
        &bytes,
        &[0x32, 0],
    ]
    .concat()
}

#[test]
fn what_is_written_is_read() {
    for (columns, width, height) in [(1, 64, 48), (2, 100, 90), (3, 129, 48)] {
        for tag in 1..=8 {
            for full in [false, true] {
                let count = columns as usize * usize::from(height > 48) + columns as usize;
                let count = if columns == 1 { 1 } else { count };
                let colour = vec![Cow::Owned(stream(false)); count];
                let alpha = vec![Cow::Owned(stream(true)); if full { count } else { 0 }];
                let turn = Orientation::from_exif(tag);
                let profile = Profile {
                    bytes: b"profile"[..].into(),
                    points: (12, 13),
                };
                let parts = Parts {
                    width,
                    height,
                    columns,
                    cell: (64, 48),
                    colour: &colour,
                    alpha: &alpha,
                    profile: full.then_some(&profile),
                    exif: full.then_some(b"MM\0*"),
                    xmp: full.then_some(b"<x/>"),
                    turn,
                };
                let file = file(&parts).unwrap();
                let picture = Picture::new(&file).unwrap();
                assert_eq!((picture.cut.width, picture.cut.height), (width, height));
                assert_eq!(picture.turn, turn, "{tag}");
                assert_eq!(picture.profile, full.then_some(&b"profile"[..]));
                assert_eq!(picture.cicp.primaries, if full { 12 } else { 1 });
                let items = &picture.items;
                let bytes = |id| items.bytes(items.item(id).unwrap(), 0).unwrap();
                assert_eq!(picture.colour.cells.len(), count);
                assert!(
                    picture
                        .colour
                        .cells
                        .iter()
                        .all(|&id| *bytes(id) == *colour[0])
                );
                assert_eq!(picture.alpha.is_some(), full);
                if let Some(layer) = &picture.alpha {
                    assert_eq!(layer.cells.len(), count);
                    assert!(layer.cells.iter().all(|&id| *bytes(id) == *alpha[0]));
                    let said: Vec<u32> = items.referring(*b"cdsc", 1).collect();
                    assert_eq!(*bytes(said[0]), *b"\0\0\0\0MM\0*");
                    assert_eq!(*bytes(said[1]), *b"<x/>");
                    assert!(items.item(said[1]).unwrap().xml);
                }
            }
        }
    }
}
