//! Frames on their canvas, and stops among them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// An animation with one frame, which is that file, at a place on a canvas.
fn animation(still: &[u8], canvas: (u32, u32), frame: (u32, u32, u32, u32)) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        [kind, &length[..], content, &[0][..content.len() % 2]].concat()
    };
    let u24 = |values: &[u32]| -> Vec<u8> {
        let bytes = values.iter().map(|value| value.to_le_bytes());
        bytes.flat_map(|[a, b, c, _]| [a, b, c]).collect()
    };
    let mut chunks = &still[12..];
    if chunks.starts_with(b"VP8X") {
        chunks = &chunks[18..];
    }
    let (left, top, width, height) = frame;
    let head = [
        u24(&[left / 2, top / 2, width - 1, height - 1, 100]),
        vec![0],
    ]
    .concat();
    let canvas = [&[0x12, 0, 0, 0][..], &u24(&[canvas.0 - 1, canvas.1 - 1])].concat();
    let inside = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &canvas),
        chunk(b"ANIM", &[255; 6]),
        chunk(b"ANMF", &[&head, chunks].concat()),
    ];
    chunk(b"RIFF", &inside.concat())
}

/// Lossy, with and without alpha: the frame's pixels are those of the still picture, and around it is nothing.
#[test]
fn the_first_frame_lies_on_its_canvas() {
    for model in [Model::Rgba, Model::Rgb] {
        let still = file(&smooth(model));
        let alone = animation(&still, (50, 40), (0, 0, 50, 40));
        let header = probe(&alone).unwrap();
        assert_eq!((header.detail, header.model), ("animated", Model::Rgba));
        let alone = decoded(&alone, &header).unwrap();
        if model == Model::Rgba {
            assert_eq!(alone, decoded(&still, &probe(&still).unwrap()).unwrap());
        }
        let placed = animation(&still, (70, 61), (8, 20, 50, 40));
        let placed = decoded(&placed, &probe(&placed).unwrap()).unwrap();
        let (pixels, _) = placed.planes[0].samples.as_chunks::<4>();
        let (frame, _) = alone.planes[0].samples.as_chunks::<4>();
        for (index, pixel) in pixels.iter().enumerate() {
            let (x, y) = ((index % 70).wrapping_sub(8), (index / 70).wrapping_sub(20));
            let expected = if x < 50 && y < 40 {
                frame[y * 50 + x]
            } else {
                [0; 4]
            };
            assert_eq!(*pixel, expected, "{index}");
        }
    }
}

#[test]
fn frames_outside_their_canvas_or_of_another_size_are_refused() {
    let still = file(&smooth(Model::Rgba));
    for frame in [
        (2, 0, 50, 40),
        (0, 2, 50, 40),
        (0, 0, 49, 40),
        (0, 0, 50, 39),
    ] {
        let file = animation(&still, (50, 40), frame);
        let header = probe(&file).unwrap();
        assert!(decoded(&file, &header).is_err(), "{frame:?}");
    }
}

/// All kinds come piece by piece, and a stop between two pieces is seen there.
#[test]
fn a_stop_in_the_middle_ends_a_decode() {
    let shape = Shape {
        width: 1_500,
        height: 1_000,
        model: Model::Rgba,
    };
    let mut state = 1_u32;
    let noise = (0..shape.bytes()).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let still = file(&Raster::interleaved(shape, noise.collect()));
    let animated = animation(&still, (1_500, 1_000), (0, 0, 1_500, 1_000));
    for file in [still, animated] {
        let header = probe(&file).unwrap();
        let run = |stop_at: u32| {
            let polls = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&polls);
            let checkpoint = Checkpoint::observed(move |_| {
                (count.fetch_add(1, Ordering::Relaxed) == stop_at).then_some(Stop::Cancelled)
            });
            let mut band = Raster::new(Shape { width: 1, ..shape });
            let got =
                open(&file, &header, &checkpoint).and_then(|mut rows| rows.next(&mut band, 16));
            (got, polls.load(Ordering::Relaxed))
        };
        let (whole, polls) = run(u32::MAX);
        assert_eq!(whole, Ok(true));
        assert!(polls > 5, "{polls}");
        let stopped = run(polls / 2);
        assert_eq!(
            stopped,
            (Err(Error::Stopped(Stop::Cancelled)), polls / 2 + 1)
        );
    }
}
