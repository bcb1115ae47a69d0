//! Thousands of files that mean harm, each raw to `/resize`, as a form to `/convert`, and to `/info`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::files::{self, Named, bombs};
use crate::judge::{Asked, fault, problem};
use crate::report::Report;
use crate::server::{Server, memory};
use crate::stage::Stage;
use crate::wire::{Client, form, upload};

/// Clients at once.
const CLIENTS: usize = 6;
/// No answer takes longer.
const LONGEST: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Tally {
    answers: usize,
    statuses: BTreeMap<u16, usize>,
    faults: Vec<String>,
    lost: Vec<String>,
    slowest: (Duration, String),
}

pub(crate) async fn run(report: &mut Report) {
    let stage = Stage::begin(&[]).await;
    alone(report, &stage.server).await;
    let files = files::hostile();
    let count = files.len();
    let tally = flood(stage.server.address, files).await;
    Report::note(&format!("statuses {:?}", tally.statuses));
    report.promise(
        "hostile files, each sent raw and as a form",
        format!("{count}"),
        ">= 3000",
        count >= 3000,
    );
    report.none(
        "answers to hostile files that are no true picture, no 4xx and no 503 with Retry-After",
        tally.answers,
        &tally.faults,
    );
    report.none("resets and lost answers", tally.answers, &tally.lost);
    Report::note(&format!("the slowest: {}", tally.slowest.1));
    report.at_most(
        "the slowest answer to a hostile file, six clients at once",
        tally.slowest.0.as_secs_f64(),
        "s",
        LONGEST.as_secs_f64(),
    );
    stage.end(report).await;
}

/// The worst ones with nothing beside them.
async fn alone(report: &mut Report, server: &Server) {
    let mut client = Client::new(server.address);
    for (name, file, bound) in [
        (
            "1.6 GB of pixels in 1.6 MB of PNG",
            bombs::deflate_bomb(),
            0.05,
        ),
        (
            "268 megapixels in 40 bytes of WebP",
            bombs::tiny_giant(),
            0.05,
        ),
        (
            "3000 scans of a JPEG of 67 megapixels",
            bombs::scan_bomb(8192, 3000),
            2.0,
        ),
    ] {
        let before = memory(server.pid(), "VmHWM");
        let request = upload("/resize?width=64", &file);
        let start = Instant::now();
        let answer = client.ask(&request).await;
        let took = start.elapsed().as_secs_f64();
        let more = memory(server.pid(), "VmHWM") - before;
        let said = answer.map_or_else(
            |lost| lost,
            |answer| format!("{} {}", answer.status, problem(&answer).unwrap_or_default()),
        );
        report.promise(
            name,
            format!("{said} in {:.0} ms, {more:.0} MiB more", took * 1000.0),
            format!("422 in < {:.0} ms, < 20 MiB more", bound * 1000.0),
            said.starts_with("422 ") && took < bound && more < 20.0,
        );
    }
}

/// Sends every file in each way, `CLIENTS` at once.
async fn flood(address: std::net::SocketAddr, files: Vec<Named>) -> Tally {
    let files = Arc::new(files);
    let next = Arc::new(AtomicUsize::new(0));
    let tally = Arc::new(Mutex::new(Tally::default()));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (files, next, tally) = (Arc::clone(&files), Arc::clone(&next), Arc::clone(&tally));
        clients.spawn(async move {
            let mut client = Client::new(address);
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                for (way, asked, request) in ways(file) {
                    let start = Instant::now();
                    let answer = client.ask(&request).await;
                    let name = format!("{}, {way}", file.0);
                    count(&tally, &name, start.elapsed(), &answer, asked);
                }
            }
        });
    }
    clients.join_all().await;
    Arc::into_inner(tally).unwrap().into_inner().unwrap()
}

fn ways((name, file): &Named) -> [(&'static str, Asked, Vec<u8>); 3] {
    let kind = ["jpeg", "png", "webp"][name.len() % 3];
    let path = format!("/convert?type={kind}&width=40&height=40");
    [
        (
            "raw",
            Asked::Picture(64, 48),
            upload("/resize?width=64&height=48", file),
        ),
        ("form", Asked::Picture(40, 40), form(&path, file)),
        ("info", Asked::Info, upload("/info", file)),
    ]
}

fn count(
    tally: &Mutex<Tally>,
    name: &str,
    took: Duration,
    answer: &Result<crate::wire::Answer, String>,
    asked: Asked,
) {
    let fault = answer.as_ref().map(|answer| fault(answer, asked));
    let mut tally = tally.lock().unwrap();
    tally.answers += 1;
    if took > tally.slowest.0 {
        tally.slowest = (took, format!("{name}, {} ms", took.as_millis()));
    }
    if let Ok(answer) = answer {
        *tally.statuses.entry(answer.status).or_default() += 1;
    }
    match fault {
        Ok(None) => {}
        Ok(Some(fault)) => tally.faults.push(format!("{name}: {fault}")),
        Err(lost) => tally.lost.push(format!("{name}: {lost}")),
    }
}
