//! Where resampling sees that it has to stop.

use super::*;
use crate::checkpoint::Stop;

/// One row of the source may become all rows of a large answer, by our own kernel and in strips: polls count the answer's rows.
#[test]
fn a_stop_is_seen_while_one_row_becomes_many() {
    use std::sync::atomic::{AtomicU32, Ordering};
    for (model, target, least) in [
        (Model::Gray, (100, 900), 900),
        (Model::Rgba, (100, 900), 900),
        (Model::Cmyk, (10_000, 900), 8),
    ] {
        let source = picture(4, 1, model, 3);
        let run = |stop_at: u32| {
            let polls = std::sync::Arc::new(AtomicU32::new(0));
            let count = std::sync::Arc::clone(&polls);
            let checkpoint = Checkpoint::observed(move |_| {
                (count.fetch_add(1, Ordering::Relaxed) == stop_at).then_some(Stop::Deadline)
            });
            let resampling = Resampling {
                window: whole(&source),
                target,
                model,
                mirrored: (false, false),
                linear: false,
            };
            let mut scratch = Scratch::default();
            let made = resample(
                &mut bands(&source, 1),
                resampling,
                &mut scratch,
                &checkpoint,
            );
            (made.map(drop), polls.load(Ordering::Relaxed))
        };
        let (made, polls) = run(u32::MAX);
        assert_eq!(made, Ok(()));
        assert!(polls > least, "{model:?}: {polls}");
        assert_eq!(run(least / 2), (Err(Stop::Deadline.into()), least / 2 + 1));
    }
}
