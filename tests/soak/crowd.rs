//! Ten times as many requests as can be worked on; and small pictures behind large ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use crate::files::{self, bombs};
use crate::report::{Report, percentile};
use crate::stage::Stage;
use crate::wire::{self, Client, upload};

/// For how long each load is held.
const TIME: Duration = Duration::from_secs(10);

pub(crate) async fn run(report: &mut Report) {
    let stage = Stage::begin(&[]).await;
    behind_bombs(report, stage.server.address).await;
    stage.end(report).await;
    goodput(report).await;
}

/// How often the two loads take turns: a machine's pace changes within seconds, by a fifth and more.
const TURNS: u32 = 10;
/// How long a turn of each takes.
const USUAL: Duration = Duration::from_secs(3);
const CROWDED: Duration = Duration::from_secs(5);

/// How many clients at once may give the best there is.
const CLIENTS: [usize; 4] = [2, 4, 8, 16];

/// Pictures a second at ten times the load, by a server that has a processor of its own: what the load takes isn't the server's.
async fn goodput(report: &mut Report) {
    let stage = Stage::begin_apart().await;
    let address = stage.server.address;
    // Six megapixels.
    let photo = files::photo(2725, 2225, 60);
    let request = Arc::new(upload("/resize?width=720", &photo));
    Report::note(&format!("an upload of {} KB", request.len() / 1000));
    let clients = best_clients(report, address, &request).await;
    let expects = format!(
        "Expect: 100-continue\r\nContent-Length: {}\r\n",
        photo.len()
    );
    let asks = Arc::new(Upload {
        head: wire::head("POST", "/resize?width=720", &expects),
        body: photo,
        asks: true,
    });
    let (mut usual, mut crowd) = (0.0, Crowd::default());
    for _ in 0..TURNS {
        let rate = closed_loop(report, address, &request, clients, USUAL).await;
        usual += rate / f64::from(TURNS);
        let turn = overload(address, &asks, rate, CROWDED).await;
        let share = turn.rate() / rate * 100.0;
        Report::note(&format!(
            "{clients} clients: {rate:.1} pictures/s; ten times as many: {:.1}, {share:.0} %",
            turn.rate()
        ));
        crowd.join(turn);
    }
    crowd.tell(report, usual);
    let share = crowd.rate() / usual * 100.0;
    report.promise(
        "pictures a second at ten times the load, by clients that ask before they upload",
        format!("{:.0}, {share:.0} % of the best", crowd.rate()),
        ">= 90 % of the best",
        share >= 90.0,
    );
    let rushes = Arc::new(Upload {
        head: Vec::new(),
        body: request.to_vec(),
        asks: false,
    });
    let rate = closed_loop(report, address, &request, clients, USUAL).await;
    let crowd = overload(address, &rushes, rate, TIME).await;
    crowd.tell(report, rate);
    Report::note(&format!(
        "when all upload at once: {:.0} pictures/s, {:.0} % of the best",
        crowd.rate(),
        crowd.rate() / rate * 100.0
    ));
    stage.end(report).await;
}

/// How many clients at once get the most pictures: each number has three turns.
async fn best_clients(report: &mut Report, address: SocketAddr, request: &Arc<Vec<u8>>) -> usize {
    let mut rates = CLIENTS.map(|clients| (0.0, clients));
    for _ in 0..3 {
        for (all, clients) in &mut rates {
            *all += closed_loop(report, address, request, *clients, USUAL / 2).await / 3.0;
        }
    }
    for (rate, clients) in rates {
        Report::note(&format!("{clients} clients: {rate:.0} pictures/s"));
    }
    let best = rates.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(1, |(_rate, clients)| clients)
}

/// Pictures a second, when each client sends its next request after its answer. Nobody is to be refused.
async fn closed_loop(
    report: &mut Report,
    address: SocketAddr,
    request: &Arc<Vec<u8>>,
    clients: usize,
    time: Duration,
) -> f64 {
    let start = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..clients {
        let request = Arc::clone(request);
        all.spawn(async move {
            let (mut client, mut done, mut others) = (Client::new(address), 0_u32, Vec::new());
            while start.elapsed() < time {
                match client.ask(&request).await {
                    Ok(answer) if answer.status == 200 => done += 1,
                    Ok(answer) => others.push(format!("{clients} clients: {}", answer.status)),
                    Err(error) => others.push(format!("{clients} clients: {error}")),
                }
            }
            (done, others)
        });
    }
    let all = all.join_all().await;
    let seconds = start.elapsed().as_secs_f64();
    let done: u32 = all.iter().map(|(done, _others)| done).sum();
    let others: Vec<String> = all.into_iter().flat_map(|(_done, others)| others).collect();
    if !others.is_empty() {
        report.none("others than 200 at the usual load", others.len(), &others);
    }
    f64::from(done) / seconds
}

/// What an open-loop client sends.
struct Upload {
    /// Empty when the body has it.
    head: Vec<u8>,
    body: Vec<u8>,
    /// Whether it waits for 100 before the body, as `Expect` says.
    asks: bool,
}

/// What became of an offered request.
enum Outcome {
    /// Seconds since the first.
    Picture(f64),
    /// Milliseconds.
    Refused(f64),
    Other(String),
}

/// What became of all that were offered.
#[derive(Default)]
struct Crowd {
    seconds: f64,
    offered: usize,
    pictures: u32,
    /// Milliseconds to each refusal.
    refused: Vec<f64>,
    others: Vec<String>,
}

impl Crowd {
    /// Pictures a second.
    fn rate(&self) -> f64 {
        f64::from(self.pictures) / self.seconds
    }

    fn join(&mut self, turn: Self) {
        self.seconds += turn.seconds;
        self.offered += turn.offered;
        self.pictures += turn.pictures;
        self.refused.extend(turn.refused);
        self.others.extend(turn.others);
    }

    fn tell(&self, report: &mut Report, best: f64) {
        let times = self.offered as f64 / self.seconds / best;
        Report::note(&format!(
            "{} requests in {:.0} s; {} refused",
            self.offered,
            self.seconds,
            self.refused.len()
        ));
        report.promise(
            "requests offered, of those that can be borne",
            format!("{times:.1} times"),
            ">= 9 times",
            times >= 9.0,
        );
        report.none(
            "others than 200 or 503 with Retry-After",
            self.offered,
            &self.others,
        );
        report.at_most(
            "time to a refusal, 99th percentile",
            percentile(&self.refused, 0.99),
            "ms",
            100.0,
        );
    }
}

/// Ten times `best` requests a second, each on a connection of its own, whatever becomes of those before.
async fn overload(address: SocketAddr, upload: &Arc<Upload>, best: f64, time: Duration) -> Crowd {
    let start = Instant::now();
    let mut all = JoinSet::new();
    let mut due = tokio::time::interval(Duration::from_secs_f64(1.0 / (best * 10.0)));
    while start.elapsed() < time {
        due.tick().await;
        let upload = Arc::clone(upload);
        all.spawn(async move { offer(address, &upload, start).await });
    }
    let outcomes = all.join_all().await;
    let mut crowd = Crowd {
        seconds: time.as_secs_f64(),
        offered: outcomes.len(),
        ..Crowd::default()
    };
    for outcome in outcomes {
        match outcome {
            Outcome::Picture(at) if at < time.as_secs_f64() => crowd.pictures += 1,
            Outcome::Picture(_later) => {}
            Outcome::Refused(took) => crowd.refused.push(took),
            Outcome::Other(what) => crowd.others.push(what),
        }
    }
    crowd
}

/// Sends and reads at the same time: a refusal comes before the upload has ended.
async fn offer(address: SocketAddr, upload: &Upload, start: Instant) -> Outcome {
    let sent = Instant::now();
    let exchange = async {
        let mut stream = wire::connect(address, None).await?;
        stream.write_all(&upload.head).await?;
        if upload.asks {
            let answer = wire::read(&mut stream).await?;
            if answer.status != 100 {
                return Ok((answer, sent.elapsed().as_secs_f64() * 1000.0));
            }
        }
        let (mut reader, mut writer) = stream.split();
        let answer = async {
            let answer = wire::read(&mut reader).await;
            (answer, sent.elapsed().as_secs_f64() * 1000.0)
        };
        let (written, (answer, took)) = tokio::join!(writer.write_all(&upload.body), answer);
        let answer = answer.map_err(|error| written.err().unwrap_or(error))?;
        std::io::Result::Ok((answer, took))
    };
    match tokio::time::timeout(wire::PATIENCE, exchange).await {
        Ok(Ok((answer, _))) if answer.status == 200 => {
            Outcome::Picture(start.elapsed().as_secs_f64())
        }
        Ok(Ok((answer, took))) if answer.is_honest_refusal() => Outcome::Refused(took),
        Ok(Ok((answer, _))) => Outcome::Other(answer.status.to_string()),
        Ok(Err(error)) => Outcome::Other(error.to_string()),
        Err(_late) => Outcome::Other("no answer".to_owned()),
    }
}

/// A small picture now and then, while twelve clients send large ones without pause.
async fn behind_bombs(report: &mut Report, address: SocketAddr) {
    let over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for index in 0..12 {
        let over = Arc::clone(&over);
        let bomb = match index % 3 {
            0 => bombs::scan_bomb(8192, 90),
            1 => bombs::zero_png((10_000, 10_000), 8, 6),
            _ => bombs::zero_jpeg(10_000),
        };
        let request = upload("/resize?width=640", &bomb);
        clients.spawn(async move {
            let (mut client, mut done) = (Client::new(address), 0);
            while !over.load(Ordering::Relaxed) {
                let answer = client.ask(&request).await;
                done += usize::from(answer.is_ok_and(|a| a.status == 200));
            }
            done
        });
    }
    let request = upload("/resize?width=300", &files::photo(600, 400, 80));
    let (mut client, mut took, mut others) = (Client::new(address), Vec::new(), Vec::new());
    let start = Instant::now();
    while start.elapsed() < TIME {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let sent = Instant::now();
        match client.ask(&request).await {
            Ok(answer) if answer.status == 200 => took.push(sent.elapsed().as_secs_f64()),
            Ok(answer) => others.push(answer.status.to_string()),
            Err(lost) => others.push(lost),
        }
    }
    over.store(true, Ordering::Relaxed);
    let bombs: usize = clients.join_all().await.into_iter().sum();
    Report::note(&format!(
        "{bombs} pictures of 67 to 100 megapixels and {} small ones, these in {:.2} s in the median",
        took.len(),
        percentile(&took, 0.5)
    ));
    report.none(
        "small pictures refused behind large ones",
        took.len(),
        &others,
    );
    report.at_most(
        "a small picture behind large ones, at most",
        percentile(&took, 1.0),
        "s",
        2.0,
    );
}
