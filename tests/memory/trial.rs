//! One row: a file, what is asked of it, and what that took.

use std::fmt::Write as _;

use pixmill::checkpoint::Checkpoint;
use pixmill::codecs;
use pixmill::pipeline::operation;
use pixmill::pipeline::parameter::Grammar;
use pixmill::pipeline::plan::{self, Settings};
use pixmill::pipeline::request::{self, Request, Rules};
use pixmill::pipeline::{self, Picture, Scratch, trim};

use super::counter;

/// The defaults.
pub(crate) const SETTINGS: Settings = Settings {
    max_frames: 1_000,
    drawings: true,
    documents: true,
    max_pixels: 100_000_000,
    max_output_side: 16_383,
    max_output_pixels: 50_000_000,
    linear: true,
};

/// Rows and what they took.
#[derive(Default)]
pub(crate) struct Table {
    lines: String,
    broken: Vec<String>,
}

/// `resize?width=3&type=png` as a request, `imaginary/resize?width=3` as one of imaginary's clients.
pub(crate) fn asked(text: &str) -> Request {
    let (name, query) = text.split_once('?').unwrap();
    let (name, grammar) = match name.strip_prefix("imaginary/") {
        Some(name) => (name, Grammar::Imaginary),
        None => (name, Grammar::Strict),
    };
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let rules = Rules {
        lenient: false,
        grammar,
        max_side: SETTINGS.max_output_side,
    };
    request::parse(operation::named(name).unwrap(), &pairs, &[], rules).unwrap()
}

/// The estimate and the peak of a run, its scratch buffers included. `None` is what no plan is made for.
pub(crate) fn took(name: &str, file: &[u8], request: &Request) -> Option<(u64, u64)> {
    took_with(name, file, &[], request)
}

/// The same with pictures that are drawn over it.
fn took_with(name: &str, file: &[u8], marks: &[&[u8]], request: &Request) -> Option<(u64, u64)> {
    let probe =
        |file: &[u8]| codecs::probe(file).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let header = probe(file);
    let headers: Vec<_> = marks.iter().map(|file| probe(file)).collect();
    // What looks for borders is work of its own.
    let plan = match trim::seek(request, &header, &headers, &SETTINGS).ok()? {
        Some(plan) => plan,
        None => plan::plan_with(request, &header, &headers, &SETTINGS).ok()?,
    };
    let picture = |(file, header)| Picture { file, header };
    let beside = marks.iter().copied().zip(&headers);
    let beside: Vec<_> = beside.map(picture).collect();
    let checkpoint = Checkpoint::new();
    let (made, peak) = counter::peak_of(|| {
        let mut scratch = Scratch::default();
        let first = picture((file, &header));
        pipeline::run_with(first, &beside, &plan, &mut scratch, &checkpoint)
    });
    made.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    Some((plan.cost.peak_bytes, peak))
}

impl Table {
    /// Runs a row, which must have a plan.
    pub(crate) fn row(&mut self, name: &str, file: &[u8], asked_for: &str) {
        let took = took(name, file, &asked(asked_for));
        self.note(name, asked_for, took.unwrap());
    }

    /// The same of a file that turns out to be broken, after it was given its memory.
    pub(crate) fn broken(&mut self, name: &str, file: &[u8], asked_for: &str) {
        let header = codecs::probe(file).unwrap();
        let plan = plan::plan(&asked(asked_for), &header, &SETTINGS).unwrap();
        let (made, peak) = counter::peak_of(|| {
            let mut scratch = Scratch::default();
            pipeline::run(file, &header, &plan, &mut scratch, &Checkpoint::new())
        });
        assert!(made.is_err(), "{name} isn't broken");
        self.note(name, asked_for, (plan.cost.peak_bytes, peak));
    }

    /// The same with a picture that is drawn over it.
    pub(crate) fn drawn(&mut self, name: &str, file: &[u8], mark: &[u8], asked_for: &str) {
        let request = asked(asked_for).drawing(|_| Some(0));
        let took = took_with(name, file, &[mark], &request);
        self.note(name, asked_for, took.unwrap());
    }

    /// Takes note of an estimate and a peak.
    pub(crate) fn note(&mut self, name: &str, asked_for: &str, (estimate, peak): (u64, u64)) {
        let kib = |bytes: u64| bytes / 1024;
        let ratio = estimate as f64 / peak as f64;
        let line = format!(
            "{name} | {asked_for} | {} | {} | {ratio:.2}",
            kib(estimate),
            kib(peak)
        );
        // A tenth over the estimate is the promise.
        if peak * 10 > estimate * 11 {
            self.broken.push(line.clone());
        }
        let _ok = writeln!(self.lines, "{line}");
    }

    /// All rows kept their promise.
    pub(crate) fn check(self) {
        use std::io::Write as _;
        if let Some(path) = std::env::var_os("PIXMILL_MEMORY_TABLE") {
            let mut file = std::fs::File::options()
                .append(true)
                .create(true)
                .open(path)
                .unwrap();
            file.write_all(self.lines.as_bytes()).unwrap();
        }
        assert!(
            self.broken.is_empty(),
            "picture | asked | estimate, KiB | peak, KiB | estimate / peak\n{}",
            self.broken.join("\n")
        );
    }
}
