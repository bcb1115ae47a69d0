//! How soon work stops: the longest time between two polls of the checkpoint, in CPU time of the thread that works.
//!
//! The pictures are the largest that are admitted, and those that make the most work of the fewest bytes.
//! `cargo bench --bench cancel -- gif` runs only cases of that name, and takes files too.
#![expect(clippy::print_stdout, reason = "it prints a table")]

#[path = "../tests/shared/chunk.rs"]
mod chunk;
#[path = "cancel/pictures/mod.rs"]
mod pictures;
#[path = "../tests/shared/wrapped.rs"]
mod wrapped;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pixmill::checkpoint::Checkpoint;
use pixmill::codecs;
use pixmill::pipeline::parameter::Grammar;
use pixmill::pipeline::{self, Scratch, operation, plan, request};

/// A name, what makes the file, and what is asked of it.
type Case = (&'static str, fn() -> Vec<u8>, &'static str);

const SMALL: &str = "width=100&type=jpeg";
/// As many pixels as an answer may have.
const LARGE: &str = "type=png&width=7000&height=7000&fit=fill&enlarge=true";

const CASES: &[Case] = &[
    (
        "jpeg, flat",
        || pictures::jpeg(10_000, 10_000, false),
        SMALL,
    ),
    ("jpeg, noise", || pictures::jpeg(6_000, 6_000, true), SMALL),
    ("png, flat", || pictures::png(10_000, 10_000, false), SMALL),
    (
        "png, interlaced",
        || pictures::png(10_000, 10_000, true),
        SMALL,
    ),
    (
        "png, one row",
        || pictures::png(12_000_000, 1, false),
        "type=jpeg&height=1&width=16000&enlarge=true",
    ),
    ("gif, flat", || pictures::gif(10_000, 10_000), SMALL),
    (
        "tiff, deflate",
        || pictures::tiff(10_000, 10_000, 8, true),
        SMALL,
    ),
    (
        "tiff, deflate, 16 bit",
        || pictures::tiff(10_000, 10_000, 16, true),
        SMALL,
    ),
    (
        "tiff, stored",
        || pictures::tiff(3_900, 3_900, 8, false),
        SMALL,
    ),
    ("bmp, runs", || pictures::bmp_runs(10_000, 10_000), SMALL),
    ("bmp, 1 bit", || pictures::bmp_bits(10_000, 10_000), SMALL),
    ("qoi, runs", || pictures::qoi(10_000, 10_000), SMALL),
    ("pnm, grey", || pictures::pnm(8_000, 8_000), SMALL),
    ("pnm, 1 bit", || pictures::pnm_bits(10_000, 10_000), SMALL),
    (
        "webp, lossy, flat",
        || pictures::webp(16_380, 6_100, false),
        SMALL,
    ),
    (
        "webp, lossy, alpha",
        || pictures::webp(16_380, 6_100, true),
        SMALL,
    ),
    (
        "webp, lossless, few bytes",
        || pictures::lossless(16_380, 6_100),
        SMALL,
    ),
    (
        "webp, animated, lossy",
        || pictures::animated(&pictures::webp(16_380, 6_100, true)),
        SMALL,
    ),
    (
        "webp, animated, lossless",
        || pictures::animated(&pictures::lossless(16_380, 6_100)),
        SMALL,
    ),
    (
        "jpeg xl, lossy, alpha",
        || include_bytes!("../tests/fixtures/jxl/large-alpha.jxl").to_vec(),
        SMALL,
    ),
    (
        "jpeg xl, lossless, large groups",
        || include_bytes!("../tests/fixtures/jxl/large-lossless.jxl").to_vec(),
        SMALL,
    ),
    (
        "one row to many",
        || pictures::drawing(4, 1),
        "width=16000&height=3000&fit=fill&enlarge=true&type=jpeg",
    ),
    (
        "jpeg to large jpeg",
        || pictures::jpeg(700, 700, true),
        "type=jpeg&width=7000&height=7000&fit=fill&enlarge=true",
    ),
    (
        "png to large jpeg",
        || pictures::drawing(700, 700),
        "type=jpeg&width=7000&height=7000&fit=fill&enlarge=true",
    ),
    (
        "png to large webp",
        || pictures::drawing(700, 700),
        "type=webp&width=7000&height=7000&fit=fill&enlarge=true",
    ),
    (
        "jpeg to large webp",
        || pictures::jpeg(700, 700, true),
        "type=webp&width=7000&height=7000&fit=fill&enlarge=true",
    ),
    (
        "jpeg to large png",
        || pictures::jpeg(700, 700, true),
        "type=png&width=7000&height=7000&fit=fill&enlarge=true",
    ),
    (
        "drawing to large png",
        || pictures::drawing(700, 700),
        LARGE,
    ),
    (
        "drawing to png, as it is",
        || pictures::drawing(7_000, 7_000),
        "type=png",
    ),
    (
        "drawing, gamma, to png",
        || pictures::with_gamma(&pictures::drawing(7_000, 7_000)),
        "type=png",
    ),
    (
        "turned",
        || wrapped::oriented(&pictures::jpeg(7_000, 7_000, false), 6),
        "type=jpeg",
    ),
    (
        "turned to png",
        || wrapped::oriented(&pictures::jpeg(7_000, 7_000, false), 6),
        "type=png",
    ),
    (
        "canvas",
        || pictures::drawing(700, 600),
        "type=png&width=7000&height=7000&fit=contain&enlarge=true&bg=red",
    ),
];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    println!(
        "{:26} {:>9} {:>9} {:>8}  {:>11}  where",
        "", "KB", "CPU, ms", "polls", "longest, ms"
    );
    for (name, file, query) in CASES {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(&**word)) {
            report(name, &file(), query);
        }
    }
    for path in &wanted {
        if let Ok(bytes) = std::fs::read(path) {
            report(path, &bytes, SMALL);
        }
    }
}

/// The longest gap so far, and where it ended.
#[derive(Default)]
struct Longest {
    last: Duration,
    gap: Duration,
    place: String,
}

impl Longest {
    fn poll(&mut self, place: impl FnOnce() -> String) {
        let now = cpu();
        let gap = now.saturating_sub(self.last);
        if gap > self.gap {
            self.gap = gap;
            self.place = place();
        }
        self.last = cpu();
    }
}

fn report(name: &str, bytes: &[u8], query: &str) {
    let longest = Arc::new(Mutex::new(Longest::default()));
    let polls = Arc::new(AtomicU64::new(0));
    let (seen, count) = (Arc::clone(&longest), Arc::clone(&polls));
    let checkpoint = Checkpoint::observed(move |stage| {
        let poll = count.fetch_add(1, Ordering::Relaxed);
        let mut seen = seen.lock().expect("one thread");
        seen.poll(|| format!("before poll {poll}, {}", stage.map_or("none", |s| s.name())));
        None
    });
    let start = cpu();
    longest.lock().expect("one thread").last = start;
    let made = once(bytes, query, &checkpoint);
    let mut longest = longest.lock().expect("one thread");
    longest.poll(|| "after the last poll".to_owned());
    println!(
        "{name:26} {:9} {:9.0} {:8}  {:11.2}  {}{}",
        bytes.len() / 1000,
        cpu().saturating_sub(start).as_secs_f64() * 1000.0,
        polls.load(Ordering::Relaxed),
        longest.gap.as_secs_f64() * 1000.0,
        longest.place,
        made.map_or_else(
            |why| format!("; {why}"),
            |size| format!(", {} KB made", size / 1000)
        ),
    );
}

fn once(bytes: &[u8], query: &str, checkpoint: &Checkpoint) -> Result<usize, String> {
    let header = codecs::probe(bytes).map_err(|error| format!("{error:?}"))?;
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let operation = operation::named("convert").expect("an operation");
    let rules = request::Rules {
        lenient: false,
        grammar: Grammar::Strict,
        max_side: 1 << 14,
    };
    let settings = plan::Settings {
        max_frames: 1_000,
        drawings: true,
        documents: true,
        max_pixels: 100_000_000,
        max_output_side: 16_383,
        max_output_pixels: 50_000_000,
        linear: true,
    };
    let request = request::parse(operation, &pairs, &[], rules).map_err(|e| format!("{e:?}"))?;
    let plan = plan::plan(&request, &header, &settings).map_err(|error| format!("{error:?}"))?;
    if plan.cost.peak_bytes > 4 << 30 {
        return Err(format!("would hold {} MB", plan.cost.peak_bytes >> 20));
    }
    let mut scratch = Scratch::default();
    pipeline::run(bytes, &header, &plan, &mut scratch, checkpoint)
        .map(|answer| answer.len())
        .map_err(|error| format!("{error:?}"))
}

/// CPU time of this thread: other work on the machine doesn't add to it.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}
