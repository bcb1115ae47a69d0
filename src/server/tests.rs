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
        unreadable: Arc::new(|status| {
            let answer = Response::builder().status(status);
            let answer = answer.body(Bytes::from("in our own words"));
            Box::pin(std::future::ready(answer.unwrap()))
        }),
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

fn patient() -> Settings {
    Settings {
        max_connections: 100,
        header_timeout: NEVER,
        idle_timeout: NEVER,
        write_timeout: NEVER,
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
async fn heads_past_the_limits_are_refused() {
    let server = served(patient(), 1);
    let many = "a: b\r\n".repeat(200);
    let long = format!("a: {}\r\n", "b".repeat(100_000));
    for (head, status) in [
        (many, "431"),
        (long, "431"),
        ("broken\r\n".to_owned(), "400"),
    ] {
        let mut stream = server.connect().await;
        let request = format!("GET / HTTP/1.1\r\nHost: test\r\n{head}\r\n");
        // Refused while it is still being sent.
        let _cut = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\nin our own words"), "{answer}");
    }
}

#[tokio::test]
async fn closing_ends_idle_connections_and_then_the_server() {
    let server = served(patient(), 1);
    let mut idle = server.connect().await;
    answered(&mut idle).await;
    let mut fresh = server.connect().await;
    server.phases.send_replace(Phase::Closing);
    // A fresh connection may still begin.
    answered(&mut fresh).await;
    closed(&mut fresh).await;
    closed(&mut idle).await;
    tokio::time::timeout(Duration::from_secs(10), server.running)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn closing_answers_all_that_wait_for_a_place() {
    let settings = Settings {
        max_connections: 1,
        ..patient()
    };
    let server = served(settings, 1);
    // Every place is taken, the spare ones too; the rest wait in the system's queue, their requests sent.
    let mut held = Vec::new();
    for _ in 0..17 {
        held.push(server.connect().await);
    }
    while server.connections.open() < held.len() {
        tokio::task::yield_now().await;
    }
    let mut waiting = Vec::new();
    for _ in 0..40 {
        let mut stream = server.connect().await;
        stream.write_all(GET).await.unwrap();
        waiting.push(stream);
    }
    server.phases.send_replace(Phase::Closing);
    for (number, mut stream) in waiting.into_iter().enumerate() {
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .await
            .unwrap_or_else(|error| panic!("number {number}: {error}"));
        assert!(answer.starts_with(b"HTTP/1.1 200"), "number {number}");
    }
    server.running.await.unwrap().unwrap();
}

/// One connection after the other, until they are refused. How many were accepted and not answered.
fn unanswered(address: SocketAddr) -> usize {
    use std::io::{Read, Write};
    let mut lost = 0;
    // Whoever isn't accepted in the end would ask again after a second.
    let patience = SHORT;
    while let Ok(mut stream) = std::net::TcpStream::connect_timeout(&address, patience) {
        let mut answer = Vec::new();
        let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        let read = asked.and_then(|()| stream.read_to_end(&mut answer));
        lost += usize::from(read.is_err() || !answer.starts_with(b"HTTP/1.1 200"));
    }
    lost
}

/// The moment between the last look into the accept queue and the listener's end is short: it takes many tries to meet it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_loses_none_of_those_that_go_on_connecting() {
    let mut lost = 0;
    for _ in 0..40 {
        let server = served(patient(), 1);
        let address = server.address;
        let clients: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(move || unanswered(address)))
            .collect();
        while server.connections.accepted() < 50 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.phases.send_replace(Phase::Closing);
        server.running.await.unwrap().unwrap();
        lost += clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .sum::<usize>();
    }
    assert_eq!(lost, 0);
}

/// A busy machine looks late: what has arrived by then is answered all the same.
#[tokio::test]
async fn closing_answers_what_arrived_while_nobody_looked() {
    use std::io::Write;
    let server = served(patient(), 1);
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut stream = server.connect().await;
        answered(&mut stream).await;
        idle.push(stream.into_std().unwrap());
    }
    server.phases.send_replace(Phase::Closing);
    // Every connection's task has seen it.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    // This is the only thread: it is away for longer than an idle connection is given, and in the meantime requests come.
    let away = std::time::Instant::now();
    while away.elapsed() < Duration::from_millis(400) {
        std::hint::spin_loop();
    }
    for stream in &mut idle {
        stream.write_all(GET).unwrap();
    }
    for (number, stream) in idle.into_iter().enumerate() {
        let mut answer = Vec::new();
        let mut stream = TcpStream::from_std(stream).unwrap();
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "number {number}");
    }
    server.running.await.unwrap().unwrap();
}

/// Sends more than an early answer waits for, then reads it.
async fn stubborn(server: &Served, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut stream = server.connect().await;
    let head = format!("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let piece = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        stream.write_all(&piece).await?;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_large_upload_that_is_refused_can_read_why() {
    let server = served(patient(), 1);
    let answer = stubborn(&server, 96 << 20).await.expect("no reset");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    // On a spare place nobody waits for the end of what is sent.
    let crowded = Settings {
        max_connections: 0,
        ..patient()
    };
    let server = served(crowded, 1);
    assert!(stubborn(&server, 96 << 20).await.is_err());
    server.empty().await;
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
