//! The end of a server: what was accepted is answered.

use super::*;

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
