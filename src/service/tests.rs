//! Scratches between jobs, and the memory that the self-test needs.

use std::time::Duration;

use super::self_test::specimen;
use super::*;
use crate::checkpoint::Checkpoint;
use crate::codecs::{Encoding, FORMATS, Format, Model, Raster, Shape};
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request::{self, Request, Rules};
use crate::pipeline::{self, Scratch, operation};

/// Work on a picture of that width, with a scratch that it leaves grown.
fn grown(width: u32) -> Scratch {
    let shape = Shape {
        width,
        height: 40,
        model: Model::Rgb,
    };
    let checkpoint = Checkpoint::new();
    let encoding = Encoding::plain(Format::Png, 80);
    let mut sink = codecs::create(encoding, shape, &checkpoint).unwrap();
    sink.push(&Raster::new(shape)).unwrap();
    let file = sink.finish().unwrap();
    let header = codecs::probe(&file).unwrap();
    let plan = plan::plan(&smaller(), &header, &settings()).unwrap();
    let mut scratch = Scratch::default();
    pipeline::run(&file, &header, &plan, &mut scratch, &checkpoint).unwrap();
    assert!(scratch.bytes() > width as usize);
    scratch
}

fn smaller() -> Request {
    let size = [("height".to_owned(), "3".to_owned())];
    let row = operation::named("resize").unwrap();
    request::parse(
        row,
        &size,
        &[],
        Rules {
            lenient: false,
            grammar: Grammar::Strict,
            max_side: 16_383,
        },
    )
    .unwrap()
}

fn settings() -> Settings {
    Settings {
        max_frames: 1_000,
        drawings: true,
        documents: true,
        max_pixels: 1 << 30,
        max_output_side: 1 << 14,
        max_output_pixels: 1 << 30,
        linear: false,
    }
}

#[test]
fn a_scratch_that_a_giant_made_grow_is_not_kept() {
    let small = grown(50);
    let bytes = small.bytes();
    let scratches = Scratches::new(bytes as u64 * IDLE_PARTS, 2);
    scratches.take_back(small);
    assert_eq!(scratches.lend().bytes(), bytes);
    scratches.take_back(grown(5_000));
    assert_eq!(scratches.lend().bytes(), 0);
}

/// A sixteenth of the pixel memory, for each of two workers.
const IDLE_PARTS: u64 = 32;

#[test]
fn an_idle_scratch_goes_after_ten_seconds() {
    let small = grown(50);
    let bytes = small.bytes();
    let scratches = Scratches::new(1 << 30, 1);
    scratches.take_back(small);
    let now = Instant::now();
    scratches.trim(now + Duration::from_secs(9));
    let kept = scratches.lend();
    assert_eq!(kept.bytes(), bytes);
    scratches.take_back(kept);
    scratches.trim(now + Duration::from_secs(11));
    assert_eq!(scratches.lend().bytes(), 0);
}

#[test]
fn the_self_test_fits_into_the_least_memory() {
    for row in FORMATS.iter().filter(|row| row.writes) {
        let header = codecs::probe(&specimen(row.format).unwrap()).unwrap();
        let plan = plan::plan(&smaller(), &header, &settings()).unwrap();
        let most = pipeline::LEAST_BYTES;
        assert!(
            plan.cost.peak_bytes <= most,
            "{}: {}",
            row.format.name(),
            plan.cost.peak_bytes
        );
    }
}
