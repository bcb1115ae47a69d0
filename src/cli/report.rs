//! What came of each file, for a person or in JSON, and how far all of it is.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use pixmill::batch::{Done, Failure, Made};
use serde_json::{Map, Value, json};

/// What came of files so far.
pub(super) struct Report {
    json: bool,
    /// Standard output is the picture's.
    is_aside: bool,
    bar: Option<ProgressBar>,
    total: usize,
    told: usize,
    failed: usize,
    bytes: (u64, u64),
    start: Instant,
}

impl Report {
    /// Of so many files, in JSON or not; `is_aside` is whether standard output isn't for it.
    pub(super) fn new(json: bool, is_aside: bool, total: usize) -> Self {
        let lines_on_terminal = json && !is_aside && io::stdout().is_terminal();
        let shows = total > 1 && io::stderr().is_terminal() && !lines_on_terminal;
        Self {
            json,
            is_aside,
            bar: shows.then(|| bar(total)),
            total,
            told: 0,
            failed: 0,
            bytes: (0, 0),
            start: Instant::now(),
        }
    }

    /// Whether all have come to something.
    pub(super) fn is_clean(&self) -> bool {
        self.failed == 0 && self.told == self.total
    }

    /// Tells what came of one.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub(super) fn done(&mut self, done: &Done) -> io::Result<()> {
        let input = done.input.shown();
        let mut line = Map::new();
        line.insert("input".to_owned(), json!(input));
        match &done.made {
            Ok(made) => {
                self.bytes.0 += made.source.size;
                self.bytes.1 += made.size;
                if self.json {
                    line.extend(described(made));
                }
            }
            Err(failure) => {
                self.failed += 1;
                self.complain(&input, failure);
                line.insert("problem".to_owned(), failure.document());
            }
        }
        let times = done.times.iter();
        let times: Map<String, Value> = times
            .map(|(stage, time)| (stage.name().to_owned(), milliseconds(*time)))
            .collect();
        line.insert("times".to_owned(), times.into());
        self.step(line)
    }

    /// Tells why one came to nothing before it was begun.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub(super) fn failed(&mut self, input: &str, failure: &Failure) -> io::Result<()> {
        self.failed += 1;
        self.complain(input, failure);
        let problem = failure.document();
        let pairs = [("input", json!(input)), ("problem", problem)];
        self.step(
            pairs
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect(),
        )
    }

    fn complain(&self, input: &str, failure: &Failure) {
        if self.json {
            return;
        }
        let say = || eprintln!("pixmill: {input}: {}", failure.detail());
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    fn step(&mut self, line: Map<String, Value>) -> io::Result<()> {
        self.told += 1;
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        if !self.json {
            return Ok(());
        }
        let line = format!("{}\n", Value::Object(line));
        if self.is_aside {
            return io::stderr().write_all(line.as_bytes());
        }
        let mut out = io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.flush()
    }

    /// Takes the bar away, and tells what came of all where it was.
    pub(super) fn end(self) {
        let Some(bar) = self.bar else { return };
        bar.finish_and_clear();
        let took = self.start.elapsed();
        let made = self.told - self.failed;
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        eprintln!(
            "{made} of {} in {:.1} s, {:.1} MiB to {:.1} MiB",
            self.total,
            took.as_secs_f64(),
            mib(self.bytes.0),
            mib(self.bytes.1)
        );
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}  {rate}  {eta} left");
    // The template is a constant, and a bar without it is one, too.
    match style {
        Ok(style) => bar.with_style(style.with_key("rate", rate)),
        Err(_mistake) => bar,
    }
}

/// Files a second.
fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    // Writing to a string can't fail.
    let _ok = write!(out, "{:.1}/s", state.per_sec());
}

fn milliseconds(time: Duration) -> Value {
    json!((time.as_secs_f64() * 1e6).round() / 1e3)
}

fn described(made: &Made) -> Map<String, Value> {
    let place = made.place.as_ref().map(|place| place.display().to_string());
    let source = &made.source;
    let pairs = [
        ("output", json!(place.as_deref().unwrap_or("-"))),
        ("format", json!(made.format.name())),
        ("width", json!(made.width)),
        ("height", json!(made.height)),
        ("bytes", json!(made.size)),
        (
            "source",
            json!({
                "format": source.format.name(),
                "width": source.width,
                "height": source.height,
                "bytes": source.size,
            }),
        ),
    ];
    let own = |(name, value): (&str, Value)| (name.to_owned(), value);
    pairs.map(own).into_iter().collect()
}
