//! A hundred thousand clients that leave: at every moment of a request, in both ways.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::files;
use crate::random::Random;
use crate::report::Report;
use crate::stage::Stage;
use crate::wire::{connect, head, reset_on_close, upload};

/// Clients at once.
const AT_ONCE: usize = 96;

/// When a client leaves.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Connected,
    MidHead,
    MidUpload,
    /// With its upload complete: before the work, in the queue or at work.
    Sent,
    /// The same, with a byte of another request behind it, which keeps hyper from seeing the end.
    Pipelined,
    /// With the first bytes of its answer read.
    MidAnswer,
    /// Within the second request of its connection.
    Again,
}

const MOMENTS: [(Moment, usize); 7] = [
    (Moment::Connected, 29_000),
    (Moment::MidHead, 24_000),
    (Moment::MidUpload, 20_000),
    (Moment::Sent, 15_000),
    (Moment::Pipelined, 5000),
    (Moment::MidAnswer, 2000),
    (Moment::Again, 5000),
];

/// What is sent.
struct Requests {
    small: Vec<u8>,
    /// Its answer is of 300 KB.
    large: Vec<u8>,
}

pub(crate) async fn run(report: &mut Report) {
    // Nobody is turned away: every client is to get as far as it wants.
    let stage = Stage::begin(&["--queue", "512"]).await;
    let requests = Arc::new(Requests {
        small: upload("/resize?width=300&type=webp", &files::photo(600, 400, 80)),
        large: upload("/convert?type=png", &files::noise(320, 320)),
    });
    let start = Instant::now();
    let (mut all, mut lost) = (0, Vec::new());
    for (moment, count) in MOMENTS {
        let since = Instant::now();
        let failed = leave(stage.server.address, moment, count, &requests).await;
        if failed > 0 {
            lost.push(format!("{moment:?}: {failed} couldn't connect or send"));
        }
        all += count;
        Report::note(&format!(
            "{count} {moment:?}: {:.1} s",
            since.elapsed().as_secs_f64()
        ));
    }
    report.promise(
        "clients that left",
        format!("{all} in {:.0} s", start.elapsed().as_secs_f64()),
        ">= 100000",
        all >= 100_000,
    );
    report.none("moments that clients weren't let reach", all, &lost);
    let cancelled = stage.server.metrics().await["cancelled_total"];
    Report::note(&format!("{cancelled} works stopped or never started"));
    stage.end(report).await;
}

/// So many clients that leave at that moment; how many didn't get there.
async fn leave(
    address: SocketAddr,
    moment: Moment,
    count: usize,
    requests: &Arc<Requests>,
) -> usize {
    let next = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (next, requests) = (Arc::clone(&next), Arc::clone(requests));
        clients.spawn(async move {
            let mut failed = 0;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return failed;
                }
                let mut random = Random(index as u64);
                let gone = one(address, moment, &requests, &mut random).await;
                failed += usize::from(gone.is_err());
            }
        });
    }
    clients.join_all().await.into_iter().sum()
}

async fn one(
    address: SocketAddr,
    moment: Moment,
    requests: &Requests,
    random: &mut Random,
) -> std::io::Result<()> {
    let mut stream = connect(address, None).await?;
    // Half of them end the connection, the other half break it.
    if random.below(2) == 0 {
        reset_on_close(&stream);
    }
    let small = &requests.small[..];
    let body = memchr::memmem::find(small, b"\r\n\r\n").unwrap() + 4;
    match moment {
        Moment::Connected => {}
        Moment::MidHead => {
            let end = 1 + random.below(body - 1);
            stream.write_all(&small[..end]).await?;
        }
        Moment::MidUpload => {
            let end = body + random.below(small.len() - body);
            stream.write_all(&small[..end]).await?;
        }
        Moment::Sent => stream.write_all(small).await?,
        Moment::Pipelined => stream.write_all(&[small, b"G"].concat()).await?,
        Moment::MidAnswer => {
            stream.write_all(&requests.large).await?;
            stream.read_exact(&mut [0; 64]).await?;
        }
        Moment::Again => {
            stream.write_all(&head("GET", "/health", "")).await?;
            stream.read_exact(&mut [0; 64]).await?;
            let end = 1 + random.below(small.len() - 1);
            stream.write_all(&small[..end]).await?;
        }
    }
    if matches!(moment, Moment::Sent | Moment::Pipelined) {
        // From at once to the end of its work.
        let wait = u64::try_from(random.below(30)).unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
    } else {
        tokio::task::yield_now().await;
    }
    Ok(())
}
