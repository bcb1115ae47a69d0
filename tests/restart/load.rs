//! Requests at a steady pace, whether or not the ones before are answered, and what became of them.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::wire::read;

/// 200 a second.
const PACE: Duration = Duration::from_millis(5);

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a request is like, by its number: of a hundred, two are slow, ten are on connections
/// that are seldom used, half of the rest on connections that are used again at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Fresh,
    Kept,
    Seldom,
    Slow,
}

impl Manner {
    fn of(number: usize) -> Self {
        match number % 50 {
            0 => Self::Slow,
            5 | 15 | 25 | 35 | 45 => Self::Seldom,
            rest if rest % 2 == 0 => Self::Kept,
            _ => Self::Fresh,
        }
    }

    /// Connections that are kept between such requests.
    fn kept(self) -> usize {
        match self {
            Self::Fresh | Self::Slow => 0,
            Self::Kept => 20,
            // Each is used every second and a half.
            Self::Seldom => 30,
        }
    }
}

/// What became of requests.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    offered: usize,
    failed: usize,
    failures: BTreeMap<String, usize>,
    /// Of the quick ones.
    latencies: Vec<Duration>,
}

impl Tally {
    pub(crate) fn offered(&self) -> usize {
        self.0.lock().unwrap().offered
    }

    pub(crate) fn failed(&self) -> usize {
        self.0.lock().unwrap().failed
    }

    pub(crate) fn failures(&self) -> BTreeMap<String, usize> {
        self.0.lock().unwrap().failures.clone()
    }

    fn note(&self, manner: Manner, latency: Duration, answer: Result<(), String>) {
        let mut counts = self.0.lock().unwrap();
        match answer {
            Ok(()) if manner == Manner::Slow => {}
            Ok(()) => counts.latencies.push(latency),
            Err(failure) => {
                counts.failed += 1;
                *counts.failures.entry(failure).or_default() += 1;
            }
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts = self.0.lock().unwrap();
        counts.latencies.sort_unstable();
        let at = |percent: usize| {
            let index = counts.latencies.len() * percent / 100;
            let latency = counts.latencies.get(index).or(counts.latencies.last());
            latency.map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
        };
        write!(
            f,
            "{} requests, {} failed, p50 {:.1} ms, p99 {:.1} ms, max {:.0} ms",
            counts.offered,
            counts.failed,
            at(50),
            at(99),
            at(100),
        )
    }
}

/// The load, until it is ended.
pub(crate) struct Load {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Load {
    pub(crate) fn start(front: SocketAddr, tally: Arc<Tally>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(offer(front, tally, stopped));
        Self { stop, running }
    }

    /// Offers no more, and waits for what is under way.
    pub(crate) async fn end(self) {
        // It has ended only if it has panicked, which the next line says.
        let _told = self.stop.send(());
        self.running.await.expect("a load that ends well");
    }
}

async fn offer(front: SocketAddr, tally: Arc<Tally>, mut stopped: oneshot::Receiver<()>) {
    let client = Arc::new(Client {
        front,
        small: picture(240, 180),
        large: picture(1_200, 900),
        kept: Mutex::default(),
        seldom: Mutex::default(),
    });
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut requests = JoinSet::new();
    for number in 0_usize.. {
        let due = tokio::select! {
            due = pace.tick() => due,
            _ = &mut stopped => break,
        };
        tally.0.lock().unwrap().offered += 1;
        let (client, tally) = (Arc::clone(&client), Arc::clone(&tally));
        requests.spawn(async move {
            let manner = Manner::of(number);
            let answer = tokio::time::timeout(PATIENCE, client.request(manner)).await;
            let answer = match answer {
                Ok(Ok(200)) => Ok(()),
                Ok(Ok(status)) => Err(format!("status {status}")),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_elapsed) => Err("no answer".to_owned()),
            };
            tally.note(manner, Instant::now() - due, answer);
        });
        while requests.try_join_next().is_some() {}
    }
    while let Some(ended) = requests.join_next().await {
        ended.expect("a request that ends well");
    }
}

/// A picture with something in every block.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let [x, y] = [x, y].map(|side| side.wrapping_mul(37) ^ (side >> 3));
        Rgb([x, y, x ^ y].map(|colour| (colour & 0xFF) as u8))
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(&picture)
        .expect("a JPEG");
    bytes
}

struct Client {
    front: SocketAddr,
    small: Vec<u8>,
    large: Vec<u8>,
    kept: Mutex<VecDeque<TcpStream>>,
    seldom: Mutex<VecDeque<TcpStream>>,
}

impl Client {
    /// Sends one, and reads its status once the whole answer is there.
    async fn request(&self, manner: Manner) -> io::Result<u16> {
        let pool = match manner {
            Manner::Seldom => &self.seldom,
            _ => &self.kept,
        };
        // The one that was left alone for longest, once there are enough.
        let idle = {
            let mut pool = pool.lock().unwrap();
            let enough = manner.kept() > 0 && pool.len() >= manner.kept();
            enough.then(|| pool.pop_front()).flatten()
        };
        let mut stream = match idle {
            Some(stream) => stream,
            None => TcpStream::connect(self.front).await?,
        };
        stream.set_nodelay(true)?;
        self.send(&mut stream, manner).await?;
        let (status, goes_on) = answer(&mut stream).await?;
        if goes_on && manner.kept() > 0 {
            pool.lock().unwrap().push_back(stream);
        }
        Ok(status)
    }

    async fn send(&self, stream: &mut TcpStream, manner: Manner) -> io::Result<()> {
        let body = if manner == Manner::Slow {
            &self.large
        } else {
            &self.small
        };
        let head = format!(
            "POST /resize?width=120 HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n",
            body.len(),
            if manner.kept() > 0 {
                ""
            } else {
                "Connection: close\r\n"
            },
        );
        if manner == Manner::Slow {
            stream.write_all(head.as_bytes()).await?;
            for piece in body.chunks(body.len() / 20 + 1) {
                stream.write_all(piece).await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            return Ok(());
        }
        stream.write_all(&[head.as_bytes(), body].concat()).await
    }
}

/// Reads one answer: its status, and whether another may follow on its connection.
async fn answer(stream: &mut TcpStream) -> io::Result<(u16, bool)> {
    let answer = read(stream).await?;
    if answer.status == 200 && !answer.body.starts_with(b"\xff\xd8\xff") {
        let error = "an answer that is no JPEG";
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    Ok((answer.status, answer.header("connection") != Some("close")))
}
