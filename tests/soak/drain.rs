//! SIGTERM while everything happens at once: what was accepted is answered, and the process ends in time.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};

use crate::files;
use crate::judge;
use crate::report::Report;
use crate::stage::{Stage, throughout};
use crate::wire::{Client, connect, head, read, upload};

const ROUNDS: usize = 3;
const FLAGS: [&str; 8] = [
    "--drain-timeout",
    "20s",
    "--body-timeout",
    "10s",
    "--write-timeout",
    "5s",
    "--header-timeout",
    "10s",
];

/// One request of a client that does its part.
struct Sent {
    connected: Instant,
    written: Option<Instant>,
    /// With the status, or why there is no answer; to be turned away for the drain alone is none.
    answered: Result<u16, String>,
}

pub(crate) async fn run(report: &mut Report) {
    for round in 1..=ROUNDS {
        Report::note(&format!("round {round}"));
        once(report).await;
    }
}

async fn once(report: &mut Report) {
    let (mut server, watch) = Stage::begin(&FLAGS).await.into_parts();
    let address = server.address;
    let requests = Arc::new(vec![
        upload("/resize?width=300", &files::photo(600, 400, 80)),
        upload("/resize?width=720", &files::photo(2725, 2225, 60)),
        upload("/resize?width=200&type=png", &files::drawing(600)),
    ]);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let mut clients = JoinSet::new();
    for index in 0..24 {
        let (requests, sent) = (Arc::clone(&requests), Arc::clone(&sent));
        clients.spawn(good(address, index, requests, sent));
    }
    let bad = bad(address).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let seen = watch.stop();
    let terminated = Instant::now();
    server.terminate();
    let ready = ready_after(address).await;
    let exit = server.exit(Duration::from_secs(25));
    clients.join_all().await;
    drop(bad);
    throughout(report, &seen);
    let sent = Arc::into_inner(sent).unwrap().into_inner().unwrap();
    account(report, &sent, terminated);
    report.promise(
        "/ready right after SIGTERM",
        ready.map_or("refused".to_owned(), |status| status.to_string()),
        "503 or refused",
        ready != Some(200),
    );
    let (code, took) = exit.unwrap_or((None, Duration::MAX));
    report.promise(
        "SIGTERM under load and with slow clients",
        format!("exit code {code:?} in {:.1} s", took.as_secs_f64()),
        "0 in <= 20 s, the drain_timeout, and 1",
        code == Some(0) && took <= Duration::from_secs(21),
    );
}

async fn ready_after(address: SocketAddr) -> Option<u16> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    let answer = Client::new(address).ask(&head("GET", "/ready", "")).await;
    answer.ok().map(|answer| answer.status)
}

/// Whoever was connected, or had sent its request, before SIGTERM is answered.
fn account(report: &mut Report, sent: &[Sent], terminated: Instant) {
    let accepted: Vec<&Sent> = sent
        .iter()
        .filter(|one| one.written.is_some_and(|at| at < terminated))
        .collect();
    let lost: Vec<String> = accepted
        .iter()
        .filter_map(|one| match &one.answered {
            Ok(200 | 503) => None,
            Ok(status) => Some(status.to_string()),
            Err(lost) => Some(lost.clone()),
        })
        .collect();
    let late: Vec<&Sent> = sent
        .iter()
        .filter(|one| one.written.is_none_or(|at| at >= terminated))
        .collect();
    let busy = |one: &&&Sent| one.answered == Ok(503);
    Report::note(&format!(
        "{} requests sent before, {} of them refused for load",
        accepted.len(),
        accepted.iter().filter(busy).count()
    ));
    let in_time = |one: &&&Sent| one.connected < terminated;
    Report::note(&format!(
        "{} requests sent later, {} of them on connections of before; {} answered",
        late.len(),
        late.iter().filter(in_time).count(),
        late.iter().filter(|one| one.answered.is_ok()).count()
    ));
    report.none(
        "requests sent before SIGTERM and lost",
        accepted.len(),
        &lost,
    );
}

/// A client that does its part until nobody is there any more: every other one keeps its connection.
async fn good(
    address: SocketAddr,
    index: usize,
    requests: Arc<Vec<Vec<u8>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
) {
    let mut kept: Option<(TcpStream, Instant)> = None;
    for turn in 0.. {
        let request = &requests[(index + turn) % requests.len()];
        let (mut stream, connected) = match kept.take() {
            Some(kept) => kept,
            None => match connect(address, None).await {
                Ok(stream) => (stream, Instant::now()),
                Err(_refused) => return,
            },
        };
        let written = stream
            .write_all(request)
            .await
            .map(|()| Instant::now())
            .ok();
        let answer = tokio::time::timeout(Duration::from_secs(30), read(&mut stream)).await;
        let answered = match &answer {
            Ok(Ok(answer)) if judge::problem(answer).as_deref() == Some("draining") => {
                Err("turned away, draining".to_owned())
            }
            Ok(Ok(answer)) => Ok(answer.status),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_late) => Err("no answer".to_owned()),
        };
        let last = answer.as_ref().map_or(true, Result::is_err);
        sent.lock().unwrap().push(Sent {
            connected,
            written,
            answered,
        });
        if last {
            return;
        }
        if let Ok(Ok(answer)) = answer
            && answer.header("connection") != Some("close")
            && index.is_multiple_of(2)
        {
            kept = Some((stream, connected));
        }
    }
}

/// Everything else, held or going on until it is dropped.
async fn bad(address: SocketAddr) -> Bad {
    let stalled = head("POST", "/resize?width=9", "Content-Length: 100000\r\n");
    let large = upload(
        "/convert?type=png&width=2000&height=1500",
        &files::noise(500, 333),
    );
    let mut held = Vec::new();
    for (opening, count, window) in [
        (&b""[..], 200, None),
        (b"GET /", 200, None),
        (&stalled, 50, None),
        (&large, 10, Some(4096)),
        (&head("GET", "/health", ""), 200, None),
    ] {
        for _ in 0..count {
            if let Ok(mut stream) = connect(address, window).await {
                let _sent = stream.write_all(opening).await;
                held.push(stream);
            }
        }
    }
    let files = Arc::new(files::hostile_small());
    let mut running = Vec::new();
    for index in 0..8 {
        let files = Arc::clone(&files);
        running.push(tokio::spawn(async move {
            let mut client = Client::new(address);
            for (_, file) in files.iter().skip(index * 300).cycle() {
                let request = upload("/resize?width=64", file);
                if index % 2 == 0 {
                    let _answer = client.ask(&request).await;
                } else if let Ok(mut stream) = connect(address, None).await {
                    // Sent, and left.
                    let _sent = stream.write_all(&request).await;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }));
    }
    Bad {
        _held: held,
        running,
    }
}

struct Bad {
    _held: Vec<TcpStream>,
    running: Vec<JoinHandle<()>>,
}

impl Drop for Bad {
    fn drop(&mut self) {
        for task in &self.running {
            task.abort();
        }
    }
}
