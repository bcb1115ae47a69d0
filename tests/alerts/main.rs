//! Dashboard, rules and alerts held to the real Prometheus: `make alerts-check`.
//!
//! Prometheus' own tool looks at the rules and plays the cases of `alerts_test.yml`, and finds nothing in a page of metrics. Then a
//! Prometheus scrapes a pixmill under a little load of every kind, and is asked everything that dashboard and rules ask.
//! It takes about half a minute.
#![cfg(test)]
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

/// A little of everything that is asked of a server.
mod load;
/// A process of its own.
#[path = "../shared/process.rs"]
mod process;
/// Prometheus, and its tool.
mod prometheus;
/// The files that watch a server.
#[path = "../shared/watch.rs"]
#[expect(dead_code, reason = "here it is Prometheus who reads the rules")]
mod watch;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use self::load::Load;
use self::process::Process;
use self::prometheus::{Prometheus, promtool};
use self::watch::{dashboard, shown};

/// Scrapes that are waited for, one a second: enough for what looks at differences.
const SCRAPES: u32 = 8;

/// No wait is longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// What may be empty, since what it looks for doesn't happen here.
const MAY_BE_EMPTY: [&str; 1] = ["Starts"];

fn main() -> ExitCode {
    let mut failures = Vec::new();
    for (what, arguments) in [
        ("rules", &["check", "rules", "alerts.yml"][..]),
        ("cases", &["test", "rules", "alerts_test.yml"]),
    ] {
        note(&mut failures, what, promtool(arguments, ""));
    }
    let place = Place::new();
    let mut mill = place.serve();
    let address = mill.address().expect("it serves");
    let load = Load::start(address);
    let page = load::get(address, "/metrics").expect("a page of metrics");
    note(
        &mut failures,
        "page",
        promtool(&["check", "metrics"], &page),
    );
    let prometheus = Prometheus::start(&place.0, address);
    scraped(&prometheus, 2);
    // A change that the scrapes after this see.
    mill.signal(Signal::HUP);
    scraped(&prometheus, SCRAPES);
    ask(&prometheus, &mut failures);
    note(&mut failures, "load", load.end());
    mill.signal(Signal::TERM);
    let ended = mill.ended(PATIENCE).expect("it ends");
    assert!(ended.success(), "{ended}");
    if failures.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{} failed", failures.join(", "));
    ExitCode::FAILURE
}

/// Waits for so many scrapes.
fn scraped(prometheus: &Prometheus, times: u32) {
    let query = format!("count_over_time(up{{job=\"pixmill\"}}[1m]) >= {times}");
    let end = Instant::now() + PATIENCE;
    while !prometheus.query(&query).is_ok_and(|found| found > 0) {
        assert!(Instant::now() < end, "Prometheus doesn't scrape");
        std::thread::park_timeout(Duration::from_millis(200));
    }
}

/// Says how a check has ended.
fn note(failures: &mut Vec<String>, what: &str, ended: Result<String, String>) {
    match ended {
        Ok(said) => println!(
            "ok      {what} {}",
            said.lines().last().unwrap_or_default().trim()
        ),
        Err(said) => {
            println!("FAILED  {what}\n{said}");
            failures.push(what.to_owned());
        }
    }
}

/// Everything that dashboard and rules ask. Nothing fires: the server is well.
fn ask(prometheus: &Prometheus, failures: &mut Vec<String>) {
    let all = shown(&dashboard());
    let mut empty = 0;
    for shown in &all {
        let may_be_empty = MAY_BE_EMPTY.contains(&shown.panel.as_str());
        let asked = match prometheus.query(&shown.query) {
            Ok(0) if !may_be_empty => Err(format!("nothing comes of {}", shown.query)),
            Ok(found) => {
                empty += u32::from(found == 0);
                continue;
            }
            Err(error) => Err(format!("{error}: {}", shown.query)),
        };
        note(failures, &shown.panel, asked);
    }
    let told = format!("{} queries, {empty} with nothing to show", all.len());
    note(failures, "dashboard", Ok(told));
    note(failures, "evaluated rules", prometheus.rules());
    note(failures, "alerts", prometheus.silence());
}

/// A folder of our own, gone in the end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let place = std::env::temp_dir().join(format!("pixmill-alerts-{}", std::process::id()));
        std::fs::create_dir_all(&place).expect("a folder");
        Self(place)
    }

    /// A server with something to say in every metric.
    fn serve(&self) -> Process {
        let config = self.0.join("pixmill.toml");
        std::fs::write(&config, "isolation = \"process\"\n").expect("a file");
        let binary = std::env::var("PIXMILL");
        let binary = binary.unwrap_or_else(|_| env!("CARGO_BIN_EXE_pixmill").to_owned());
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
        let mut command = Command::new(binary);
        command
            .env_clear()
            .args(["--host", "127.0.0.1", "--port", "0", "--log", "warn"])
            .args(["--mount", fixtures])
            .arg("--config")
            .arg(config);
        Process::start(&mut command).expect("pixmill starts")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}
