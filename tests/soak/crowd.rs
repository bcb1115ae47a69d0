//! Ten times as many requests as can be worked on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use crate::report::{Report, percentile};
use crate::stage::Stage;
use crate::wire::{self, Client, upload};
use crate::{behind, files};

/// For how long all upload at once.
const TIME: Duration = Duration::from_secs(10);

pub(crate) async fn run(report: &mut Report) {
    let stage = Stage::begin(&[]).await;
    behind::small_ones(report, stage.server.address).await;
    stage.end(report).await;
    goodput(report).await;
}

/// How often the two loads take turns: a machine's pace changes within seconds, by a fifth and more.
const TURNS: u32 = 10;
/// How long a turn of each takes: what begins with it, and ends after it, is to weigh little.
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
    let mut loaded = Loaded::default();
    let clients = loaded.best_clients(address, &request).await;
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
        let rate = loaded.rate(address, &request, clients, USUAL).await;
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
    let rate = loaded.rate(address, &request, clients, USUAL).await;
    let crowd = overload(address, &rushes, rate, TIME).await;
    crowd.tell(report, rate);
    Report::note(&format!(
        "when all upload at once: {:.0} pictures/s, {:.0} % of the best",
        crowd.rate(),
        crowd.rate() / rate * 100.0
    ));
    loaded.tell(report);
    stage.end(report).await;
}

/// A load that can be borne: each client sends its next request after its answer.
#[derive(Default)]
struct Loaded {
    pictures: usize,
    others: Vec<String>,
}

impl Loaded {
    /// How many clients at once get the most pictures: each number has three turns.
    async fn best_clients(&mut self, address: SocketAddr, request: &Arc<Vec<u8>>) -> usize {
        let mut rates = CLIENTS.map(|clients| (0.0, clients));
        for _ in 0..3 {
            for (all, clients) in &mut rates {
                *all += self.rate(address, request, *clients, USUAL / 2).await / 3.0;
            }
        }
        for (rate, clients) in rates {
            Report::note(&format!("{clients} clients: {rate:.0} pictures/s"));
        }
        let best = rates.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or(1, |(_rate, clients)| clients)
    }

    /// Pictures a second.
    async fn rate(
        &mut self,
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
                let (mut client, mut done, mut others) = (Client::new(address), 0, Vec::new());
                while start.elapsed() < time && others.is_empty() {
                    match client.ask(&request).await {
                        Ok(answer) if answer.status == 200 => done += 1,
                        Ok(answer) => others.push(answer.status.to_string()),
                        Err(lost) => others.push(lost),
                    }
                }
                (done, others)
            });
        }
        let all = all.join_all().await;
        let seconds = start.elapsed().as_secs_f64();
        let done: usize = all.iter().map(|(done, _others)| done).sum();
        self.pictures += done;
        self.others
            .extend(all.into_iter().flat_map(|(_done, others)| others));
        // Of a server that answers nobody, whatever is offered is too much.
        (done.max(1) as f64) / seconds
    }

    fn tell(&self, report: &mut Report) {
        report.none(
            "others than 200 at a load that can be borne",
            self.pictures + self.others.len(),
            &self.others,
        );
    }
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
