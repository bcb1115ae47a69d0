//! A frame's decode that ends where nobody waits for it any more.
//!
//! The decoder has no hook for that, but tells of each block that it has read, and can be left from there as a panic leaves it:
//! nothing of what it was at is used again. No hook of panics hears of it, and whoever contains panics asks the checkpoint first.

use std::panic::resume_unwind;

use heifer_hevc_dec::recon::Reconstructor;
use heifer_hevc_dec::syntax::{CodingUnit, SaoParams, Sink, TransformBlock};

use crate::checkpoint::{Checkpoint, Stage};

/// What is thrown where the checkpoint is stopped.
struct Left;

/// A picture's reconstruction, and who waits for it.
pub(super) struct Watched<'a, 'p> {
    pub(super) pixels: &'p mut Reconstructor<'a>,
    pub(super) checkpoint: &'p Checkpoint,
}

impl Sink for Watched<'_, '_> {
    fn sao(&mut self, column: u32, row: u32, parameters: &SaoParams) {
        self.pixels.sao(column, row, parameters);
    }

    fn transform_block(&mut self, block: &TransformBlock<'_>) {
        self.pixels.transform_block(block);
    }

    fn pcm(&mut self, x: u32, y: u32, log2_size: u8, samples: [&[u16]; 3]) {
        self.pixels.pcm(x, y, log2_size, samples);
    }

    fn coding_unit(&mut self, unit: &CodingUnit) {
        self.pixels.coding_unit(unit);
        if self.checkpoint.check(Stage::Decode).is_err() {
            resume_unwind(Box::new(Left));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use crate::checkpoint::{Checkpoint, Stop};
    use crate::codecs::{self, Band, Error, Scale, Shape};

    /// A frame of noise has a block for each 64 pixels, about.
    #[test]
    fn a_stop_is_seen_within_a_frame() {
        let file = include_bytes!("../../../../tests/fixtures/heic/large-noise.heic");
        let header = codecs::probe(file).unwrap();
        let run = |stop_at: u32| {
            let polls = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&polls);
            let checkpoint = Checkpoint::observed(move |_| {
                (count.fetch_add(1, Ordering::Relaxed) == stop_at).then_some(Stop::Cancelled)
            });
            let mut rows = codecs::open(file, &header, Scale::FULL, &checkpoint).unwrap();
            let mut band = Band::new(Shape {
                height: 1,
                ..rows.shape()
            });
            let made = rows.next(&mut band, 16);
            (made, polls.load(Ordering::Relaxed))
        };
        let (made, polls) = run(u32::MAX);
        assert_eq!(made, Ok(true));
        assert!(polls > 300, "{polls}");
        let (made, seen) = run(100);
        assert_eq!(made, Err(Error::Stopped(Stop::Cancelled)));
        assert!(seen < 105, "{seen}");
    }
}
