//! Overload, deadlines, cancellation and panics, by work that ends when the test says so.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use pixmill::checkpoint::Stage;
use pixmill::os::CpuClock;
use pixmill::pipeline;
use pixmill::service::{self, Executor};
use tokio::io::AsyncWriteExt;

use crate::fixtures::{jpeg, photo};
use crate::scrape::Scrape;
use crate::support::{Answer, TestServer, eventually, request};

/// Files below this are the self-test's, which nothing holds up.
const TINY: usize = 1_000;

fn upload() -> Vec<u8> {
    let body = jpeg(&photo(200, 150));
    assert!(body.len() > TINY);
    body
}

/// Work that waits for `end`, then runs for real.
fn gated() -> (Executor, mpsc::Sender<()>) {
    let (end, ended) = mpsc::channel();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() > TINY {
            ended.lock().unwrap().recv().unwrap();
        }
        real(job, scratch, checkpoint)
    });
    (executor, end)
}

async fn ready(server: &TestServer) {
    while server.get("/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_full_queue_answers_at_once() {
    let (executor, end) = gated();
    let server = TestServer::start_executor(
        |config| {
            config.admission.workers = 1;
            config.admission.queue = 1;
        },
        executor,
    )
    .await;
    ready(&server).await;
    let body = upload();
    let post = request("POST", "/resize?width=20", &[], &body);
    let mut working = server.connect().await;
    working.write_all(&post).await.unwrap();
    server.settled(|figures| figures.busy == 1).await;
    let mut waiting = server.connect().await;
    waiting.write_all(&post).await.unwrap();
    server.settled(|figures| figures.queued == 1).await;

    let document = server
        .post("/resize?width=20", &body)
        .await
        .problem(503, "overloaded");
    assert!(
        document["detail"]
            .as_str()
            .unwrap()
            .contains("queue is full")
    );
    // Refused before the body: nothing of it was sent.
    let mut early = server.connect().await;
    early
        .write_all(b"POST /resize?width=20 HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 999\r\n\r\n")
        .await
        .unwrap();
    Answer::read(&mut early, false)
        .await
        .problem(503, "overloaded");
    // What costs nothing is answered all the same.
    assert_eq!(server.get("/health").await.json()["queued"], 1);
    assert_eq!(server.post("/resize?width=x", &body).await.status, 400);

    end.send(()).unwrap();
    end.send(()).unwrap();
    for mut stream in [working, waiting] {
        Answer::read(&mut stream, false)
            .await
            .picture("image/jpeg", 20, 15);
    }
    server
        .settled(|figures| figures.busy == 0 && figures.pixel_memory.0 == 0)
        .await;
}

#[tokio::test]
async fn a_client_has_only_so_much_in_flight() {
    let (executor, end) = gated();
    let server = TestServer::start_executor(
        |config| {
            config.admission.workers = 3;
            config.http.max_per_client = 1;
            config.http.client_header = Some("x-forwarded-for".parse().unwrap());
        },
        executor,
    )
    .await;
    ready(&server).await;
    let body = upload();
    let post = |client| {
        let headers = [("X-Forwarded-For", client)];
        request("POST", "/resize?width=20", &headers, &body)
    };
    let mut flying = Vec::new();
    for client in ["192.0.2.1", "192.0.2.2", "8.8.8.8, 2001:db8::1"] {
        let mut stream = server.connect().await;
        stream.write_all(&post(client)).await.unwrap();
        flying.push(stream);
    }
    server.settled(|figures| figures.busy == 3).await;
    // The same address, the same network, and an address that only the client itself claims to have.
    for client in ["192.0.2.1", "2001:db8::2", "9.9.9.9, 192.0.2.2"] {
        let mut stream = server.connect().await;
        stream.write_all(&post(client)).await.unwrap();
        let refused = Answer::read(&mut stream, false).await;
        let document = refused.problem(429, "rate-limited");
        assert_eq!(
            (&document["limit"], &document["actual"]),
            (&1.into(), &2.into())
        );
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    assert_eq!(server.get("/health").await.status, 200);
    // One that has left counts as long as its work goes on.
    drop(flying.remove(0));
    server.settled(|figures| figures.busy == 3).await;
    let mut still = server.connect().await;
    still.write_all(&post("192.0.2.1")).await.unwrap();
    Answer::read(&mut still, false)
        .await
        .problem(429, "rate-limited");
    for _ in 0..3 {
        end.send(()).unwrap();
    }
    for mut stream in flying {
        drop(Answer::read(&mut stream, false).await);
    }
    server.settled(|figures| figures.busy == 0).await;
    end.send(()).unwrap();
    let mut again = server.connect().await;
    again.write_all(&post("192.0.2.1")).await.unwrap();
    let answer = Answer::read(&mut again, false).await;
    answer.picture("image/jpeg", 20, 15);
}

#[tokio::test]
async fn deadlines_are_told_apart() {
    let (executor, end) = gated();
    let server = TestServer::start_executor(
        |config| {
            config.admission.workers = 1;
            config.http.request_timeout = Duration::from_millis(300);
        },
        executor,
    )
    .await;
    ready(&server).await;
    let body = upload();
    let post = request("POST", "/resize?width=20", &[], &body);
    let mut working = server.connect().await;
    working.write_all(&post).await.unwrap();
    server.settled(|figures| figures.busy == 1).await;
    let mut waiting = server.connect().await;
    waiting.write_all(&post).await.unwrap();
    let late = Answer::read(&mut working, false).await;
    late.problem(504, "work-timeout");
    assert!(late.header("server-timing").unwrap().contains("queue;dur="));
    Answer::read(&mut waiting, false)
        .await
        .problem(503, "queue-timeout");
    // The worker isn't free before its work ends.
    assert_eq!(server.service.admission().figures().busy, 1);
    end.send(()).unwrap();
    server
        .settled(|figures| figures.busy == 0 && figures.queued == 0)
        .await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_work_with_it() {
    let (stopped, seen) = mpsc::channel();
    let stopped = Mutex::new(stopped);
    // Work that never ends by itself, in each of the stages of a worker.
    let begun = Arc::new(AtomicUsize::new(0));
    let rounds = Arc::clone(&begun);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() < TINY {
            return real(job, scratch, checkpoint);
        }
        let stages = [Stage::Decode, Stage::Resize, Stage::Encode];
        let stage = stages[rounds.fetch_add(1, Ordering::SeqCst) % stages.len()];
        let why = loop {
            if let Err(why) = checkpoint.check(stage) {
                break why;
            }
            std::thread::yield_now();
        };
        stopped.lock().unwrap().send((stage, why)).unwrap();
        Err(pipeline::Error::from(why))
    });
    let server = TestServer::start_executor(|config| config.admission.workers = 1, executor).await;
    let post = request("POST", "/resize?width=20", &[], &upload());
    for (round, stage) in [Stage::Decode, Stage::Resize, Stage::Encode]
        .into_iter()
        .enumerate()
    {
        let mut stream = server.connect().await;
        stream.write_all(&post).await.unwrap();
        let begun = Arc::clone(&begun);
        eventually(move || begun.load(Ordering::SeqCst) == round + 1).await;
        let figures = server.service.admission().figures();
        assert!(figures.busy == 1 && figures.pixel_memory.0 > 0);
        drop(stream);
        server
            .settled(move |f| f.busy == 0 && f.pixel_memory.0 == 0 && f.upload_memory.0 == 0)
            .await;
        let (at, why) = seen.recv().unwrap();
        assert_eq!((at, why), (stage, pixmill::checkpoint::Stop::Cancelled));
        server
            .settled(move |figures| figures.cancelled == round as u64 + 1)
            .await;
    }
    // In the queue, too.
    let mut working = server.connect().await;
    working.write_all(&post).await.unwrap();
    eventually(move || begun.load(Ordering::SeqCst) == 4).await;
    let mut waiting = server.connect().await;
    waiting.write_all(&post).await.unwrap();
    server.settled(|figures| figures.queued == 1).await;
    drop(waiting);
    server
        .settled(|figures| figures.queued == 0 && figures.cancelled == 4)
        .await;
    drop(working);
    server
        .settled(|figures| figures.busy == 0 && figures.cancelled == 5)
        .await;
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    assert!(page.contains("pixmill_cancelled_total 5\n"));
    let gone = "outcome=\"cancelled\"} 5\n";
    assert!(page.contains(gone), "{page}");
}

/// Uses so much of a processor.
fn spin(time: Duration) {
    let clock = CpuClock::of_this_thread();
    let end = clock.now().unwrap() + time;
    while clock.now().unwrap() < end {
        std::hint::spin_loop();
    }
}

const BEFORE: Duration = Duration::from_millis(300);
const AFTER: Duration = Duration::from_millis(60);

/// A server whose work has used so much of a processor when it counts as begun, and uses some more when it has been told to stop.
async fn stubborn(before: Duration, request_timeout: Duration) -> (TestServer, Arc<AtomicUsize>) {
    let begun = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&begun);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() < TINY {
            return real(job, scratch, checkpoint);
        }
        spin(before);
        count.fetch_add(1, Ordering::SeqCst);
        let why = loop {
            if let Some(why) = checkpoint.stopped() {
                break why;
            }
            std::thread::yield_now();
        };
        spin(AFTER);
        Err(pipeline::Error::from(why))
    });
    let change = |config: &mut pixmill::config::Config| {
        config.admission.workers = 1;
        config.admission.nice = 0;
        config.http.request_timeout = request_timeout;
    };
    let server = TestServer::start_executor(change, executor).await;
    ready(&server).await;
    (server, begun)
}

async fn wasted(server: &TestServer, reason: &str) -> Duration {
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    let told =
        Scrape::parse(&page).value("pixmill_wasted_cpu_seconds_total", &[("reason", reason)]);
    Duration::from_secs_f64(told)
}

/// What a worker does for those who have left is counted, by its own clock, and what it did before isn't.
#[tokio::test]
async fn processor_time_for_nobody_is_counted() {
    let (server, begun) = stubborn(BEFORE, Duration::from_mins(1)).await;
    let mut leaving = server.connect().await;
    let post = request("POST", "/resize?width=20", &[], &upload());
    leaving.write_all(&post).await.unwrap();
    eventually(move || begun.load(Ordering::SeqCst) == 1).await;
    drop(leaving);
    server
        .settled(|figures| figures.cancelled == 1 && figures.busy == 0)
        .await;
    let cancelled = wasted(&server, "cancelled").await;
    assert!((AFTER..BEFORE).contains(&cancelled), "{cancelled:?}");
    assert_eq!(wasted(&server, "deadline").await, Duration::ZERO);
}

/// Nor is it worth anything once the deadline has passed.
#[tokio::test]
async fn processor_time_after_a_deadline_is_counted() {
    let (server, _) = stubborn(Duration::ZERO, Duration::from_secs(2)).await;
    let answer = server.post("/resize?width=20", &upload()).await;
    answer.problem(504, "work-timeout");
    server.settled(|figures| figures.busy == 0).await;
    let late = wasted(&server, "deadline").await;
    assert!((AFTER..2 * AFTER).contains(&late), "{late:?}");
    assert_eq!(wasted(&server, "cancelled").await, Duration::ZERO);
}

/// The real pipeline, on a picture that takes it seconds.
#[tokio::test]
async fn real_work_stops_in_the_stage_in_which_the_client_leaves() {
    let body = jpeg(&crate::fixtures::weave(3_000, 2_200));
    let post = request("POST", "/resize?width=2900&type=webp", &[], &body);
    for stage in [Stage::Decode, Stage::Resize, Stage::Encode] {
        let (ended, end) = mpsc::channel();
        let ended = Mutex::new(ended);
        let reached = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&reached);
        let real = service::in_process();
        let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
            if job.source.len() < TINY {
                return real(job, scratch, checkpoint);
            }
            let (theirs, seen) = (checkpoint.clone(), Arc::clone(&seen));
            let watcher = std::thread::spawn(move || {
                // Stages change as long as the work goes on; at its end it is in none.
                while theirs.stage() != Some(stage) {
                    std::thread::yield_now();
                }
                seen.store(1, Ordering::SeqCst);
            });
            let made = real(job, scratch, checkpoint);
            let last = checkpoint.stage();
            watcher.join().unwrap();
            let outcome = made.as_ref().err().cloned();
            ended.lock().unwrap().send((outcome, last)).unwrap();
            made
        });
        let server = TestServer::start_executor(|_| {}, executor).await;
        ready(&server).await;
        let mut stream = server.connect().await;
        stream.write_all(&post).await.unwrap();
        eventually(move || reached.load(Ordering::SeqCst) == 1).await;
        drop(stream);
        server
            .settled(|f| f.busy == 0 && f.pixel_memory.0 == 0 && f.upload_memory.0 == 0)
            .await;
        let (outcome, last) = end.recv().unwrap();
        let stopped = pipeline::Error::from(pixmill::checkpoint::Stop::Cancelled);
        assert_eq!(outcome, Some(stopped), "{stage:?}");
        // Rows are decoded and resized by turns, but nothing is encoded before the last of them.
        let encoding = last == Some(Stage::Encode);
        assert_eq!(encoding, stage == Stage::Encode, "{stage:?}: {last:?}");
        server.settled(|figures| figures.cancelled == 1).await;
    }
}

/// An answer is somebody's memory until its client has read it, or has gone.
#[tokio::test]
async fn answers_are_counted_until_they_are_sent() {
    const BYTES: usize = 24 << 20;
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() < TINY {
            return real(job, scratch, checkpoint);
        }
        Ok(vec![7; BYTES])
    });
    let server = TestServer::start_executor(|_| {}, executor).await;
    ready(&server).await;
    let post = request("POST", "/resize?width=20", &[], &upload());
    let mut slow = server.connect().await;
    slow.write_all(&post).await.unwrap();
    // More than the socket's buffers take: the rest waits in the process, and no worker with it.
    server
        .settled(|f| f.busy == 0 && f.pixel_memory.0 == BYTES as u64)
        .await;
    let mut quick = server.connect().await;
    quick.write_all(&post).await.unwrap();
    server
        .settled(|f| f.pixel_memory.0 == 2 * BYTES as u64)
        .await;
    assert_eq!(Answer::read(&mut quick, false).await.body.len(), BYTES);
    server.settled(|f| f.pixel_memory.0 == BYTES as u64).await;
    drop(slow);
    server.settled(|figures| figures.pixel_memory.0 == 0).await;
}

#[tokio::test]
async fn a_panicking_codec_costs_one_request() {
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        assert!(job.plan.width != 13, "planted");
        real(job, scratch, checkpoint)
    });
    let server = TestServer::start_executor(|_| {}, executor).await;
    let body = jpeg(&photo(40, 30));
    for _ in 0..5 {
        let document = server
            .post("/resize?width=13", &body)
            .await
            .problem(500, "internal");
        assert!(!document.to_string().contains("planted"));
    }
    server
        .settled(|f| f.busy == 0 && f.pixel_memory.0 == 0 && f.upload_memory.0 == 0)
        .await;
    server
        .post("/resize?width=20", &body)
        .await
        .picture("image/jpeg", 20, 15);
}

/// Bodies that are announced and don't come hold all upload memory: whoever sends one meanwhile waits for less than a second, and they go.
#[tokio::test]
async fn slow_senders_make_room() {
    let body = jpeg(&photo(60, 40));
    let server = TestServer::start_with(|config| config.admission.upload_memory = 100_000).await;
    let mut slow = Vec::new();
    for length in [60_000, 100_000 - 60_000] {
        let mut stream = server.connect().await;
        let head =
            format!("POST /resize?width=3 HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    server
        .settled(|figures| figures.upload_memory.0 == 100_000)
        .await;
    server
        .post("/resize?width=20", &body)
        .await
        .picture("image/jpeg", 20, 13);
    for mut stream in slow {
        Answer::read(&mut stream, false)
            .await
            .problem(408, "upload-timeout");
    }
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn upload_memory_is_a_budget() {
    let server = TestServer::start_with(|config| config.admission.upload_memory = 1_000).await;
    let body = jpeg(&photo(60, 40));
    assert!(body.len() > 1_000);
    let document = server
        .post("/resize?width=20", &body)
        .await
        .problem(503, "overloaded");
    assert!(
        document["detail"]
            .as_str()
            .unwrap()
            .contains("bytes of uploads")
    );
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn past_the_cap_only_health_is_answered() {
    let server = TestServer::start_with(|config| config.server.max_connections = 2).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.connect().await;
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n")
            .await
            .unwrap();
        assert_eq!(Answer::read(&mut stream, false).await.status, 200);
        held.push(stream);
    }
    let health = server.get("/health").await;
    assert_eq!(
        (health.status, health.header("connection")),
        (200, Some("close"))
    );
    server
        .post("/resize?width=20", &jpeg(&photo(40, 30)))
        .await
        .problem(503, "overloaded");
    assert!(server.connections.crowded() >= 2);
    drop(held);
    let connections = server.connections.clone();
    eventually(move || connections.open() == 0).await;
    assert_eq!(
        server
            .post("/resize?width=20", &jpeg(&photo(40, 30)))
            .await
            .status,
        200
    );
}
