//! Starting, ready, draining, gone.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use image::{Rgba, RgbaImage};
use pixmill::app::Outcome;
use pixmill::codecs::FORMATS;
use pixmill::service::{self, Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixtures::{jpeg, photo};
use crate::support::{Answer, TestServer, request};

#[tokio::test]
async fn ready_after_the_self_test_and_not_before() {
    let (end, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        ended.lock().unwrap().recv().unwrap();
        real(job, scratch, checkpoint)
    });
    let server = TestServer::start_executor(|_| {}, executor).await;
    assert_eq!(server.get("/health").await.status, 200);
    let document = server.get("/ready").await.problem(503, "draining");
    assert!(document["detail"].as_str().unwrap().contains("starting"));
    for _codec in FORMATS.iter().filter(|row| row.writes) {
        end.send(()).unwrap();
    }
    while server.get("/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_drain_loses_nothing() {
    let (end, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() > 1_000 {
            ended.lock().unwrap().recv().unwrap();
        }
        real(job, scratch, checkpoint)
    });
    let mut server = TestServer::start_executor(
        |config| config.drain_delay = Duration::from_millis(300),
        executor,
    )
    .await;
    let body = jpeg(&photo(200, 150));
    let post = request("POST", "/resize?width=20", &[], &body);
    let mut idle = server.connect().await;
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(Answer::read(&mut idle, false).await.status, 200);
    let mut working = server.connect().await;
    working.write_all(&post).await.unwrap();
    server.settled(|figures| figures.busy == 1).await;
    let half_sent = {
        let mut stream = server.connect().await;
        stream.write_all(&post[..40]).await.unwrap();
        stream
    };

    server.terminate();
    // At once unready, and still accepting: load balancers need time to see it.
    server.get("/ready").await.problem(503, "draining");
    let mut late = server.connect().await;
    late.write_all(&post).await.unwrap();
    server
        .settled(|figures| figures.busy + figures.queued == 2)
        .await;
    let mut half_sent = half_sent;
    half_sent.write_all(&post[40..]).await.unwrap();
    server
        .settled(|figures| figures.busy + figures.queued == 3)
        .await;
    for _ in 0..3 {
        end.send(()).unwrap();
    }
    for mut stream in [working, late, half_sent] {
        let answer = Answer::read(&mut stream, false).await;
        assert_eq!(answer.header("connection"), Some("close"));
        answer.picture("image/jpeg", 20, 15);
    }
    // The idle connection is closed, not left hanging.
    assert_eq!(idle.read(&mut [0; 16]).await.unwrap(), 0);
    assert_eq!(server.outcome().await, Outcome::Drained);
}

#[tokio::test]
async fn a_drain_under_load_answers_all() {
    let (end, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() > 1_000 {
            ended.lock().unwrap().recv().unwrap();
        }
        real(job, scratch, checkpoint)
    });
    let change = |config: &mut pixmill::config::Config| {
        config.admission.workers = 1;
        // A busy machine needs half a minute for sixty of these.
        config.drain_timeout = Duration::from_mins(5);
    };
    let mut server = TestServer::start_executor(change, executor).await;
    while server.get("/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
    // So large that sixty are thought to take seconds, and so even that it is read in no time.
    let picture = RgbaImage::from_pixel(4_000, 3_000, Rgba([9, 99, 199, 255]));
    let post = request("POST", "/resize?width=20", &[], &jpeg(&picture));
    let mut streams = Vec::new();
    for _ in 0..60 {
        let mut stream = server.connect().await;
        stream.write_all(&post).await.unwrap();
        streams.push(stream);
    }
    server
        .settled(|figures| figures.busy + figures.queued == 60)
        .await;
    let mut asking = server.connect().await;
    server.terminate();
    asking
        .write_all(&request("GET", "/ready", &[], &[]))
        .await
        .unwrap();
    let unready = Answer::read(&mut asking, false).await;
    unready.problem(503, "draining");
    // As everywhere: when the queue is likely to have drained.
    let seconds: u64 = unready.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds >= 2, "{seconds}");
    for _ in 0..streams.len() {
        end.send(()).unwrap();
    }
    for mut stream in streams {
        let answer = Answer::read(&mut stream, false).await;
        assert_eq!(answer.header("connection"), Some("close"));
        answer.picture("image/jpeg", 20, 15);
    }
    assert_eq!(server.outcome().await, Outcome::Drained);
}

#[tokio::test]
async fn what_waits_in_the_accept_queue_is_served() {
    let mut server = TestServer::start().await;
    let body = jpeg(&photo(40, 30));
    let post = request("POST", "/resize?width=20", &[], &body);
    // Connected and sent before the shutdown, on this one thread: the server has had no chance to accept.
    let mut streams = Vec::new();
    for _ in 0..20 {
        let stream = std::net::TcpStream::connect(server.address).unwrap();
        std::io::Write::write_all(&mut &stream, &post).unwrap();
        stream.set_nonblocking(true).unwrap();
        streams.push(tokio::net::TcpStream::from_std(stream).unwrap());
    }
    server.terminate();
    for mut stream in streams {
        Answer::read(&mut stream, false)
            .await
            .picture("image/jpeg", 20, 15);
    }
    assert_eq!(server.outcome().await, Outcome::Drained);
}

#[tokio::test]
async fn stuck_work_does_not_hold_the_exit_up() {
    let (end, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() > 1_000 {
            // Deaf to its checkpoint.
            let _told = ended.lock().unwrap().recv();
        }
        real(job, scratch, checkpoint)
    });
    let mut server = TestServer::start_executor(
        |config| config.drain_timeout = Duration::from_millis(200),
        executor,
    )
    .await;
    let mut stream = server.connect().await;
    let body = jpeg(&photo(200, 150));
    stream
        .write_all(&request("POST", "/resize?width=20", &[], &body))
        .await
        .unwrap();
    server.settled(|figures| figures.busy == 1).await;
    server.terminate();
    assert_eq!(server.outcome().await, Outcome::CutOff);
    assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
    drop(end);
}
