//! Clients that don't do their part: they say nothing, too little or too slowly, or don't read what they asked for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::files;
use crate::report::{Report, percentile};
use crate::stage::Stage;
use crate::wire::{Client, connect, head, read, upload};

const FLAGS: [&str; 12] = [
    "--max-connections",
    "12500",
    "--header-timeout",
    "20s",
    "--idle-timeout",
    "30s",
    "--body-timeout",
    "10s",
    "--request-timeout",
    "20s",
    "--write-timeout",
    "5s",
];
/// Past a timeout, for a timer's turn among ten thousand, and for ours.
const SLACK: f64 = 3.0;
/// Between two bytes of who sends them one by one.
const DRIP: Duration = Duration::from_millis(500);
/// More at once would be an overload, which is another phase's.
const NON_READERS: usize = 100;

/// A kind of client.
struct Kind {
    name: &'static str,
    count: usize,
    /// What it sends at once.
    opening: Vec<u8>,
    /// Whether it asks something first and gets an answer.
    answered: bool,
    /// Whether it goes on byte by byte.
    drips: bool,
    /// Seconds.
    timeout: f64,
}

fn kinds() -> Vec<Kind> {
    let kind = |name, count, opening: &[u8], timeout| Kind {
        name,
        count,
        opening: opening.to_vec(),
        answered: false,
        drips: false,
        timeout,
    };
    let body = head("POST", "/resize?width=9", "Content-Length: 100000\r\n");
    let chunks = head("POST", "/resize?width=9", "Transfer-Encoding: chunked\r\n");
    vec![
        Kind {
            answered: true,
            ..kind(
                "idle keep-alive connections",
                5000,
                &head("GET", "/health", ""),
                30.0,
            )
        },
        Kind {
            drips: true,
            ..kind("heads byte by byte", 3000, b"GET /", 20.0)
        },
        kind("clients that send nothing", 1000, b"", 20.0),
        kind("clients that send one byte", 1000, b"P", 20.0),
        Kind {
            drips: true,
            ..kind("bodies byte by byte", 500, &body, 10.0)
        },
        kind(
            "bodies that stall",
            250,
            &[&body[..], &[0xff; 999]].concat(),
            10.0,
        ),
        kind(
            "chunks that stall",
            250,
            &[&chunks[..], b"1000\r\n\xff\xd8"].concat(),
            10.0,
        ),
    ]
}

pub(crate) async fn run(report: &mut Report) {
    let stage = Stage::begin(&FLAGS).await;
    let address = stage.server.address;
    let idle = normal(address, Duration::from_secs(3)).await;
    let load = tokio::spawn(normal(address, Duration::from_secs(40)));
    let turns = Arc::new(Semaphore::new(200));
    let mut crowds = Vec::new();
    for kind in kinds() {
        crowds.push(crowd(address, kind, &turns));
    }
    let non_readers = tokio::spawn(hold_answers(address));
    let mut most = 0.0_f64;
    for _ in 0..40 {
        most = most.max(stage.server.metrics().await["connections_open"]);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    report.promise(
        "slow connections held at once",
        format!("{most:.0}"),
        ">= 10000",
        most >= 10_000.0,
    );
    for (name, timeout, closed) in crowds {
        let closed = closed.await.unwrap();
        closings(report, name, timeout, &closed);
    }
    let normal = load.await.unwrap();
    let non_readers = non_readers.await.unwrap();
    // Those who don't read still hold their ends.
    let open = left(&stage).await;
    report.at_most(
        &format!("{NON_READERS} clients that never read: connections left after the timeouts"),
        open,
        "connections",
        0.0,
    );
    drop(non_readers);
    report.promise(
        "resizes meanwhile",
        format!(
            "{} answered, {} not; 99th percentile {:.0} ms, idle {:.0} ms",
            normal.0.len(),
            normal.1,
            percentile(&normal.0, 0.99),
            percentile(&idle.0, 0.99),
        ),
        "all answered, 99th percentile <= 2000 ms",
        normal.1 == 0 && percentile(&normal.0, 0.99) <= 2000.0,
    );
    stage.end(report).await;
}

/// Connections left, but for the prober's and that of the metrics, once they have fallen to none or half a minute has passed.
async fn left(stage: &Stage) -> f64 {
    let start = Instant::now();
    loop {
        let open = stage.server.metrics().await["connections_open"] - 2.0;
        if open <= 0.0 || start.elapsed() > Duration::from_secs(30) {
            return open.max(0.0);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

fn closings(report: &mut Report, name: &str, timeout: f64, closed: &[Option<f64>]) {
    let times: Vec<f64> = closed.iter().flatten().copied().collect();
    let open = closed.len() - times.len();
    let last = percentile(&times, 1.0);
    report.promise(
        format!("{} {name}, all closed in time", closed.len()),
        format!(
            "{open} left, the first after {:.1} s, the last after {last:.1}",
            percentile(&times, 0.0)
        ),
        format!("<= {timeout} s and {SLACK}"),
        open == 0 && last <= timeout + SLACK,
    );
}

/// Begins one kind of client; in the end, how many seconds each was borne.
fn crowd(
    address: SocketAddr,
    kind: Kind,
    turns: &Arc<Semaphore>,
) -> (&'static str, f64, JoinHandle<Vec<Option<f64>>>) {
    let (name, timeout, turns) = (kind.name, kind.timeout, Arc::clone(turns));
    let kind = Arc::new(kind);
    let all = tokio::spawn(async move {
        let mut clients = JoinSet::new();
        for _ in 0..kind.count {
            let turn = Arc::clone(&turns).acquire_owned().await.unwrap();
            let kind = Arc::clone(&kind);
            clients.spawn(async move {
                let mut stream = connect(address, None).await.ok()?;
                stream.write_all(&kind.opening).await.ok()?;
                if kind.answered {
                    let _first = read(&mut stream).await.ok()?;
                }
                drop(turn);
                let start = Instant::now();
                let patience = Duration::from_secs_f64(kind.timeout * 2.0 + SLACK);
                let end = tokio::time::timeout(patience, until_closed(stream, kind.drips));
                end.await.ok()?;
                Some(start.elapsed().as_secs_f64())
            });
        }
        clients.join_all().await
    });
    (name, timeout, all)
}

/// Reads, and sends byte by byte if it `drips`, until the server has closed.
async fn until_closed(mut stream: TcpStream, drips: bool) {
    let mut scrap = [0; 4096];
    let mut due = tokio::time::interval(DRIP);
    loop {
        tokio::select! {
            got = stream.read(&mut scrap) => if got.is_ok_and(|count| count > 0) { continue } else { return },
            _now = due.tick(), if drips => {}
        }
        // Who is refused sends on all the same, until nobody listens.
        let _sent = stream.try_write(b"a");
    }
}

/// Asks for large pictures and reads none of them.
async fn hold_answers(address: SocketAddr) -> Vec<TcpStream> {
    // 5 MB of answer: more than the system keeps for a connection.
    let request = upload(
        "/convert?type=png&width=2000&height=1500",
        &files::noise(500, 333),
    );
    let mut streams = Vec::new();
    for _ in 0..NON_READERS {
        if let Ok(mut stream) = connect(address, Some(4096)).await
            && stream.write_all(&request).await.is_ok()
        {
            streams.push(stream);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    streams
}

/// One client who resizes; milliseconds, and how often there was no picture.
async fn normal(address: SocketAddr, time: Duration) -> (Vec<f64>, usize) {
    let mut client = Client::new(address);
    let request = upload("/resize?width=300", &files::photo(600, 400, 80));
    let (mut took, mut failed) = (Vec::new(), 0);
    let start = Instant::now();
    while start.elapsed() < time {
        let sent = Instant::now();
        match client.ask(&request).await {
            Ok(answer) if answer.status == 200 => {
                took.push(sent.elapsed().as_secs_f64() * 1000.0);
            }
            _ => failed += 1,
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (took, failed)
}
