//! The soak: each promise that takes load or time to prove, shown on the binary that is shipped.
//!
//! `make soak` runs every phase, `make soak PHASE=slow` one. Each phase starts a server of its own on 127.0.0.1
//! and is watched all along: a request to `/health` every 20 ms, and the memory of the process. A line is printed
//! for each promise; the exit code is 1 if one is broken. The load runs at a lower priority than the
//! server's request handling, as load from other machines would: it doesn't take the server's processor.
#![cfg(test)]
#![expect(
    clippy::print_stdout,
    reason = "a report to whoever runs it is what this is for"
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

/// An answer on the wire.
#[path = "../shared/answer.rs"]
#[expect(
    dead_code,
    reason = "every connection here may bring more than one answer"
)]
mod answer;
/// Small pictures behind large ones.
mod behind;
/// Load past what the server can do.
mod crowd;
/// How much processor time those cost who have left.
mod dead;
/// SIGTERM under everything at once.
mod drain;
/// The pictures and bombs.
mod files;
/// Pictures of 100 megapixels, 64 at a time.
mod giants;
/// Thousands of files that mean harm.
mod hostile;
/// Whether an answer is one of those that are promised.
mod judge;
/// A hundred thousand clients that leave.
mod leave;
/// pixmill as a process.
#[path = "../shared/process.rs"]
mod process;
/// Seeded numbers.
mod random;
/// Answers, read from connections.
#[path = "../shared/wire.rs"]
mod read;
/// Promises with their figures.
mod report;
/// The process under test.
mod server;
/// Clients that don't do their part.
mod slow;
/// A server with its watch, from start to exit.
mod stage;
/// A prober of `/health` and a sampler of memory.
mod watch;
/// HTTP on the wire.
mod wire;

use report::Report;

/// Open files that the largest phase needs, on either side.
const OPEN_FILES: u64 = 13_000;
/// All phases together take no longer than this.
const LONGEST: Duration = Duration::from_mins(20);
const PHASES: [&str; 7] = [
    "hostile", "slow", "leave", "dead", "crowd", "giants", "drain",
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = wanted.iter().find(|w| !PHASES.contains(&w.as_str())) {
        println!("soak: there is no phase {unknown}, only {PHASES:?}");
        return ExitCode::FAILURE;
    }
    if pixmill::os::raise_open_files().is_some_and(|files| files < OPEN_FILES) {
        println!("soak: {OPEN_FILES} open files have to be allowed (ulimit -Hn)");
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(|| pixmill::os::lower_priority(10))
        .enable_all()
        .build()
        .unwrap();
    let start = Instant::now();
    let mut report = Report::default();
    let all = async {
        for phase in PHASES {
            if wanted.is_empty() || wanted.iter().any(|w| w == phase) {
                report.phase(phase);
                run(phase, &mut report).await;
            }
        }
    };
    let in_time = runtime.block_on(async { tokio::time::timeout(LONGEST, all).await.is_ok() });
    report.promise(
        "the soak ends",
        format!("{:.0} s", start.elapsed().as_secs_f64()),
        format!("<= {} s", LONGEST.as_secs()),
        in_time,
    );
    if report.finish() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn run(phase: &str, report: &mut Report) {
    match phase {
        "hostile" => hostile::run(report).await,
        "slow" => slow::run(report).await,
        "leave" => leave::run(report).await,
        "dead" => dead::run(report).await,
        "crowd" => crowd::run(report).await,
        "giants" => giants::run(report).await,
        _ => drain::run(report).await,
    }
}
