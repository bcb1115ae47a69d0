//! What a header says, and films against frames.

use super::*;
use crate::checkpoint::{Checkpoint, Stop};
use crate::codecs::animation::Disposal;
use crate::codecs::bytes::Reader;
use crate::codecs::{Band, Encoding, Raster, Shape};

const HEAD: &[u8] = b"GIF89a\x09\0\x07\0\x80\0\0\0\0\0\xff\xff\xff";
const FRAME: &[u8] = b"\x2c\0\0\0\0\x09\0\x07\0\0\x02\0";

#[test]
fn what_may_be_transparent_is_not_opaque() {
    let whole = |extensions: &[u8], frame: &[u8]| [HEAD, extensions, frame].concat();
    for (extensions, opaque) in [
        (&b""[..], true),
        (b"\x21\xf9\x04\0\0\0\0\0", true),
        (b"\x21\xf9\x04\x01\0\0\x03\0", false),
        (b"\x21\xfe\x02hi\0\x21\xf9\x04\x04\0\0\0\0", true),
        (b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", false),
        (b"\x21\xff\x0bXMP DataXMP\x03\x01\0\0\0", true),
    ] {
        let header = probe(&whole(extensions, FRAME)).unwrap();
        assert_eq!(header.opaque, opaque, "{extensions:?}");
        assert_eq!((header.frames, header.animation), (1, None));
        let two = probe(&[whole(extensions, FRAME), FRAME.to_vec()].concat()).unwrap();
        assert!(!two.opaque);
        assert_eq!(two.frames, 2);
    }
    let smaller = b"\x2c\0\0\0\0\x08\0\x07\0\0\x02\0";
    assert!(!probe(&whole(b"", smaller)).unwrap().opaque);
}

#[test]
fn what_has_no_frame_is_broken() {
    let file = [HEAD, b"\x21\xfe\x02hi\0", FRAME].concat();
    for length in 0..file.len() - 2 {
        assert!(probe(&file[..length]).is_err(), "{length}");
    }
    for (file, said) in [
        ([HEAD, b"\x3b"].concat(), "no frame"),
        ([HEAD, b"\x77"].concat(), "no frame"),
        (b"GIF89a\0\0\x07\0\0\0\0".to_vec(), "no size"),
        (
            [HEAD, b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\0"].concat(),
            "much larger than its canvas",
        ),
    ] {
        let error = probe(&file).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn blocks_are_counted() {
    let blocks = [1, 0].repeat((1 << 20) + 1);
    let file = [HEAD, b"\x21\xfe", &blocks, b"\0", FRAME].concat();
    let error = probe(&file).unwrap_err();
    assert!(
        matches!(
            error,
            Error::TooComplex {
                limit: 0x10_0000,
                ..
            }
        ),
        "{error:?}"
    );
}

/// Pictures of one row; a number is a grey, 0 is transparent.
fn picture(greys: &[u8]) -> Raster {
    let shape = Shape {
        width: u32::try_from(greys.len()).unwrap(),
        height: 1,
        model: Model::GrayAlpha,
    };
    let samples = greys
        .iter()
        .flat_map(|&grey| [grey, if grey == 0 { 0 } else { 255 }]);
    Band::interleaved(shape, samples.collect())
}

/// What comes out is what went in, whatever appears and goes; and only what changes is written.
#[test]
fn a_film_is_what_was_filmed() {
    let checkpoint = Checkpoint::new();
    for (filmed, areas) in [
        (
            &[&[9_u8, 9, 9, 9, 9][..], &[9, 9, 8, 9, 9]][..],
            &[(0, 5), (2, 1)][..],
        ),
        // Once the same, then something that goes.
        (
            &[&[9, 9, 9, 9, 9], &[9, 9, 9, 9, 9], &[9, 0, 9, 9, 9]],
            &[(0, 5), (0, 5)],
        ),
        (
            &[&[0, 0, 0, 0, 0], &[0, 5, 0, 0, 0], &[0, 0, 6, 0, 0]],
            &[(0, 5), (1, 1), (2, 1)],
        ),
        (
            &[&[1, 2, 3, 4, 5], &[1, 2, 0, 4, 5], &[1, 2, 7, 4, 5]],
            &[(0, 5), (0, 5), (2, 1)],
        ),
        (
            &[&[1, 2, 3, 4, 0], &[1, 2, 3, 4, 9], &[1, 7, 3, 4, 0]],
            &[(0, 5), (4, 1), (1, 1)],
        ),
    ] {
        let shape = picture(filmed[0]).shape();
        let encoding = Encoding::plain(Format::Gif, 100);
        let mut sink = animate(encoding, shape, 3, &checkpoint);
        for frame in filmed {
            sink.push(picture(frame), 40).unwrap();
        }
        let file = sink.finish().unwrap();
        let header = probe(&file).unwrap();
        assert_eq!(header.animation.unwrap().plays, 3);
        assert_eq!(header.animation.unwrap().duration, filmed.len() as u64 * 40);
        let mut walk = blocks::Walk::new(&file).unwrap();
        let mut read = frames(&file, &checkpoint).unwrap();
        let mut written = filmed.to_vec();
        written.dedup();
        for (frame, &area) in written.iter().zip(areas) {
            read.next().unwrap().unwrap();
            let mut band = Band::new(shape);
            read.rows().next(&mut band, 9).unwrap();
            let shown = band.planes[0].samples.chunks(4);
            let shown: Vec<u8> = shown.map(|pixel| pixel[0]).collect();
            assert_eq!(shown, *frame);
            let stored = walk.next().unwrap().unwrap();
            assert_eq!((stored.area.left, stored.area.width), area, "{filmed:?}");
            let clears = stored.disposal == Disposal::Clear;
            assert!(!clears || stored.transparent.is_some(), "{filmed:?}");
        }
        assert_eq!(read.next().unwrap(), None);
        assert_eq!(header.frames as usize, written.len());
    }
}

#[test]
fn hundredths_of_a_second_add_up() {
    let checkpoint = Checkpoint::new();
    let shape = picture(&[1]).shape();
    let mut sink = animate(Encoding::plain(Format::Gif, 100), shape, 0, &checkpoint);
    for grey in 1..=90 {
        sink.push(picture(&[grey]), 33).unwrap();
    }
    let file = sink.finish().unwrap();
    let animation = probe(&file).unwrap().animation.unwrap();
    assert_eq!((animation.plays, animation.duration), (0, 90 * 33));
}

/// All that a decoder and an encoder do is polled, and a stop at any poll ends it.
#[test]
fn a_stop_at_any_poll_is_seen() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    let convert = |stop_at: u32, file: &[u8]| {
        let polls = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&polls);
        let checkpoint = Checkpoint::observed(move |_| {
            (count.fetch_add(1, Ordering::Relaxed) >= stop_at).then_some(Stop::Cancelled)
        });
        let convert = || -> Result<(), Error> {
            let mut read = frames(file, &checkpoint)?;
            let shape = read.rows().shape();
            let mut sink = animate(Encoding::plain(Format::Gif, 100), shape, 1, &checkpoint);
            while let Some(frame) = read.next()? {
                let mut band = Band::new(shape);
                read.rows().next(&mut band, shape.height)?;
                sink.push(band, frame.milliseconds)?;
            }
            sink.finish().map(drop)
        };
        let ended = convert();
        (ended, polls.load(Ordering::Relaxed))
    };
    let checkpoint = Checkpoint::new();
    let shape = picture(&[1, 2, 3]).shape();
    let mut sink = animate(Encoding::plain(Format::Gif, 100), shape, 1, &checkpoint);
    for greys in [[1, 2, 3], [4, 5, 6], [4, 0, 6]] {
        sink.push(picture(&greys), 30).unwrap();
    }
    let file = sink.finish().unwrap();
    let (whole, polls) = convert(u32::MAX, &file);
    assert_eq!(whole, Ok(()));
    assert!(polls > 20, "{polls}");
    for stop_at in 0..polls {
        let (stopped, _) = convert(stop_at, &file);
        assert_eq!(stopped, Err(Error::Stopped(Stop::Cancelled)), "{stop_at}");
    }
}

/// However a file is cut into blocks, and whatever codes clear the table again and again.
#[test]
fn codes_may_be_cut_anywhere() {
    // Of eight bits each, as long as the table is short.
    let clear = 0x80;
    let checkpoint = Checkpoint::new();
    let codes = [
        clear, clear, clear, 1, 2, clear, 3, clear, clear, 4, 5, 6, clear, 0x81,
    ];
    for length in 1..=codes.len() {
        let mut data = vec![7];
        for block in codes.chunks(length) {
            data.push(u8::try_from(block.len()).unwrap());
            data.extend(block);
        }
        data.push(0);
        for width in 1..=6 {
            let mut pixels = [0; 6];
            let mut reader = codes::Codes::new(Reader::new(&data), &checkpoint).unwrap();
            for row in pixels.chunks_mut(width) {
                reader.fill(row).unwrap();
            }
            assert_eq!(pixels, [1, 2, 3, 4, 5, 6], "{length}, {width}");
            let more = reader.fill(&mut [0]).unwrap_err().to_string();
            assert!(more.contains("too little"), "{more}");
        }
    }
}

/// Codes that forget all codes, and nothing else, aren't read to their end; what makes a pixel now and then is polled.
#[test]
fn codes_that_make_little_hold_nobody_up() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    let (clear, blocks) = (0x80, 4096);
    for (codes, corrupt) in [
        ([clear; 254], true),
        (
            [[clear; 253].as_slice(), &[1]].concat().try_into().unwrap(),
            false,
        ),
    ] {
        let block = [&[254][..], &codes].concat();
        let data = [&[7][..], &block.repeat(blocks), &[0]].concat();
        let polls = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&polls);
        let checkpoint = Checkpoint::observed(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            None
        });
        let mut reader = codes::Codes::new(Reader::new(&data), &checkpoint).unwrap();
        let read = reader.fill(&mut vec![0; blocks]);
        let polls = polls.load(Ordering::Relaxed) as usize;
        assert_eq!(read.is_err(), corrupt, "{read:?}");
        assert!(
            if corrupt {
                polls < 100
            } else {
                polls >= blocks
            },
            "{polls}"
        );
    }
}
