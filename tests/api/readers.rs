//! Clients that take their answer slowly, or not at all.

use std::sync::Arc;
use std::time::Duration;

use pixmill::service::{self, Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::fixtures::{jpeg, photo};
use crate::support::{TestServer, request};

/// Of an answer: more than the system's buffers hold.
const BYTES: usize = 24 << 20;

/// What the client's side takes without being asked, about.
const WINDOW: u32 = 64 << 10;

/// A server whose pictures are that large, but for those of its self-test.
async fn server(min_download_rate: u64) -> TestServer {
    const SMALL: usize = 2_000;
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() < SMALL {
            return real(job, scratch, checkpoint);
        }
        Ok(vec![7; BYTES])
    });
    TestServer::start_executor(
        |config| config.server.min_download_rate = min_download_rate,
        executor,
    )
    .await
}

/// A connection on which an answer waits to be read.
async fn answered(server: &TestServer) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(WINDOW).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let picture = jpeg(&photo(200, 150));
    let post = request("POST", "/resize?width=20", &[], &picture);
    stream.write_all(&post).await.unwrap();
    server
        .settled(|figures| figures.busy == 0 && figures.pixel_memory.0 == BYTES as u64)
        .await;
    stream
}

/// How long the answer's memory was held, and whether the client got all of the answer, which takes so many bytes every second.
async fn held(server: &TestServer, each: usize, patience: Duration) -> (Duration, bool) {
    let mut stream = answered(server).await;
    // From here on only clients and sockets have work to do: hours pass in no time.
    tokio::time::pause();
    let start = Instant::now();
    let mut got = 0;
    let mut piece = vec![0; each];
    while server.service.admission().figures().pixel_memory.0 > 0 && start.elapsed() < patience {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let read = tokio::time::timeout(Duration::from_millis(1), stream.read_exact(&mut piece));
        got += read.await.map_or(0, |read| read.map_or(0, |_all| each));
    }
    let held = start.elapsed();
    let mut rest = Vec::new();
    let whole = stream.read_to_end(&mut rest).await.is_ok() && got + rest.len() > BYTES;
    (held, whole)
}

#[tokio::test]
async fn an_answer_is_held_only_for_who_takes_it() {
    let hour = Duration::from_hours(1);
    for (rate, each, least, most, whole) in [
        // A little at a time keeps off the time without a byte, and yet is not enough.
        (1 << 10, 8 << 10, 5, 20, false),
        (1 << 10, 16, 5, 20, false),
        // Fast enough to be through in some minutes, and slower than the rate that is asked for.
        (1 << 10, 100 << 10, 150, 300, true),
        (200 << 10, 100 << 10, 5, 20, false),
    ] {
        let server = server(rate).await;
        let (held, got_all) = held(&server, each, hour).await;
        let seconds = held.as_secs();
        assert!(
            (least..=most).contains(&seconds),
            "{rate} {each}: {seconds} s"
        );
        assert_eq!(got_all, whole, "{rate} {each}");
        tokio::time::resume();
    }
    // Without a pace it goes on for as long as anything is taken.
    let server = server(0).await;
    let (held, _) = held(&server, 8 << 10, hour / 6).await;
    assert!(held >= hour / 6, "{held:?}");
}
