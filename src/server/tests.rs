//! Clients that don't do their part, over real sockets.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;

#[path = "closing_tests.rs"]
mod closing;

#[path = "refusal_tests.rs"]
mod refusal;

/// What each clock is set to in turn; the others are set to `NEVER`.
const SHORT: Duration = Duration::from_millis(120);
const NEVER: Duration = Duration::from_mins(1);

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";

struct Served {
    address: SocketAddr,
    connections: Connections,
    phases: watch::Sender<Phase>,
    running: JoinHandle<std::io::Result<()>>,
}

/// Answers heads that can't be read.
pub(super) fn in_our_own_words() -> Unreadable {
    Arc::new(|status| {
        let answer = Response::builder().status(status);
        let answer = answer.body(Bytes::from("in our own words"));
        Box::pin(std::future::ready(answer.unwrap()))
    })
}

/// A server that answers every request with so many bytes.
fn served(settings: Settings, bytes: usize) -> Served {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let (phases, phase) = watch::channel(Phase::Serving);
    let connections = Connections::default();
    let handler = move |_request: Request<Incoming>| async move {
        Response::new(Full::new(Bytes::from(vec![b'x'; bytes])))
    };
    let handlers = Handlers {
        request: handler,
        unreadable: in_our_own_words(),
        hurry: Arc::new(|| false),
    };
    let running = tokio::spawn(serve(
        listener,
        settings,
        phase,
        connections.clone(),
        handlers,
    ));
    Served {
        address,
        connections,
        phases,
        running,
    }
}

pub(super) fn patient() -> Settings {
    Settings {
        max_connections: 100,
        header_timeout: NEVER,
        idle_timeout: NEVER,
        write_timeout: NEVER,
        min_download_rate: 0,
        shared_listener: false,
    }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn empty(&self) {
        let end = Instant::now() + Duration::from_secs(10);
        while self.connections.open() > 0 {
            assert!(
                Instant::now() < end,
                "{} connections stay open",
                self.connections.open()
            );
            tokio::task::yield_now().await;
        }
    }
}

/// Reads until the server closes; how long that took.
async fn closed(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut rest = Vec::new();
    // An end or a reset, either is closed.
    let _end = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest))
        .await
        .expect("never closed");
    start.elapsed()
}

async fn answered(stream: &mut TcpStream) {
    stream.write_all(GET).await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\nx") {
        seen.push(stream.read_u8().await.unwrap());
    }
    assert!(seen.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn heads_that_never_come_or_never_end_are_not_waited_for() {
    let server = served(
        Settings {
            header_timeout: SHORT,
            ..patient()
        },
        1,
    );
    for sent in [&b""[..], b"G", b"GET / HTTP/1.1\r\nHost: te"] {
        let mut stream = server.connect().await;
        stream.write_all(sent).await.unwrap();
        assert!(closed(&mut stream).await >= SHORT / 2);
    }
    // One byte now and then doesn't keep it open.
    let mut stream = server.connect().await;
    let start = Instant::now();
    while stream.write_all(b"G").await.is_ok() && start.elapsed() < NEVER / 6 {
        tokio::time::sleep(SHORT / 6).await;
    }
    assert!(start.elapsed() < NEVER / 6);
    server.empty().await;
}

#[tokio::test]
async fn idle_connections_end_by_their_own_clock() {
    let server = served(
        Settings {
            idle_timeout: SHORT,
            ..patient()
        },
        1,
    );
    let mut stream = server.connect().await;
    answered(&mut stream).await;
    answered(&mut stream).await;
    assert!(closed(&mut stream).await >= SHORT / 2);
    server.empty().await;
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_given_up() {
    let server = served(
        Settings {
            write_timeout: SHORT,
            ..patient()
        },
        64 << 20,
    );
    let mut stream = server.connect().await;
    stream.write_all(GET).await.unwrap();
    server.empty().await;
    drop(stream);
}

/// States of the system's own connections with that port on their side, as hexadecimal numbers.
fn states(port: u16) -> Vec<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = format!(":{port:04X}");
    let rows = table.lines().map(|line| line.split_whitespace());
    rows.filter_map(|mut fields| Some((fields.nth(1)?.to_owned(), fields.nth(1)?.to_owned())))
        .filter(|(local, _)| local.ends_with(&port))
        .map(|(_, state)| state)
        .collect()
}

/// What the system took of an answer isn't ours any more, but somebody's memory all the same.
#[tokio::test]
async fn nothing_stays_in_the_system_for_who_takes_nothing() {
    // Listening, and ended: what has ended holds no bytes, and an earlier client may have had the port.
    const HARMLESS: [&str; 2] = ["0A", "06"];
    // The first is given up by us, the second, which the system takes as a whole, by the system.
    for (bytes, request) in [
        (64 << 20, GET),
        (
            1 << 20,
            &b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"[..],
        ),
    ] {
        let settings = Settings {
            write_timeout: SHORT,
            ..patient()
        };
        let server = served(settings, bytes);
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(server.address).await.unwrap();
        stream.write_all(request).await.unwrap();
        while server.connections.accepted() == 0 {
            tokio::task::yield_now().await;
        }
        server.empty().await;
        let end = Instant::now() + Duration::from_secs(10);
        let harmless = |state: &String| HARMLESS.contains(&state.as_str());
        while !states(server.address.port()).iter().all(harmless) {
            let states = states(server.address.port());
            assert!(Instant::now() < end, "{bytes}: {states:?}");
            tokio::time::sleep(SHORT / 4).await;
        }
        drop(stream);
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = served(patient(), 1);
    let mut stream = server.connect().await;
    stream.write_all(&GET.repeat(3)).await.unwrap();
    let mut seen = String::new();
    while seen.matches("HTTP/1.1 200").count() < 3 || !seen.ends_with('x') {
        seen.push(char::from(stream.read_u8().await.unwrap()));
    }
}

#[tokio::test]
async fn many_come_and_go() {
    let server = served(patient(), 1);
    for round in 0..200 {
        let mut stream = server.connect().await;
        if round % 3 == 0 {
            stream
                .write_all(GET.get(..round % GET.len()).unwrap())
                .await
                .unwrap();
        }
        if round % 2 == 0 {
            stream.set_zero_linger().unwrap();
        }
    }
    server.empty().await;
    assert!(server.connections.accepted() >= 100);
}
