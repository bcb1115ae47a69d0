//! The deployment that stalls, and the one that doesn't.
//!
//! The same router twice, with one line of difference: the resize runs in the handler, where it holds a thread that
//! all other requests need; or on admission's pool, while the handler only waits. Sixteen clients send a picture after
//! the other, and `/health` is asked fifty times a second meanwhile.
//!
//! `cargo run --release --example broken_deployment -- 5` loads each for five seconds.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

#[path = "common/client.rs"]
mod client;
#[path = "common/photo.rs"]
mod photo;
#[path = "common/picture.rs"]
mod picture;
#[path = "common/stack.rs"]
mod stack;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response};
use pixmill::admission::{Admission, Deadline, Demand, Settings};
use pixmill::checkpoint::Checkpoint;
use pixmill::server::{self, Incoming};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::time::{Instant, interval, sleep};

const CLIENTS: usize = 16;
const PROBE_EVERY: Duration = Duration::from_millis(20);

#[derive(Clone, Copy)]
enum Place {
    Handler,
    Pool,
}

fn main() {
    let seconds = std::env::args().nth(1).and_then(|s| s.parse().ok());
    let time = Duration::from_secs_f64(seconds.unwrap_or(3.0));
    for (place, name) in [
        (Place::Handler, "in the handler"),
        (Place::Pool, "on the pool"),
    ] {
        let (mut waits, pictures) = measured(place, time);
        waits.sort_unstable();
        let at = |share: usize| {
            let wait = waits.get((waits.len() * share / 100).min(waits.len() - 1));
            wait.copied().unwrap_or_default().as_secs_f64() * 1000.0
        };
        println!(
            "resize {name:15} /health p50 {:8.1} ms, p99 {:8.1} ms, max {:8.1} ms; {pictures} pictures",
            at(50),
            at(99),
            at(100),
        );
    }
}

/// The router. What `/resize` does is the same work in both places.
async fn route(
    request: Request<Incoming>,
    place: Place,
    admission: Admission,
) -> Response<Full<Bytes>> {
    if request.uri().path() == "/health" {
        return stack::answer(200, "ok");
    }
    let Ok(body) = request.into_body().collect().await else {
        return stack::answer(400, "");
    };
    let job = picture::job(&body.to_bytes(), 400);
    let checkpoint = Checkpoint::new();
    let seen = checkpoint.clone();
    let made = match place {
        // The fault: nothing else runs on this thread until the picture is there.
        Place::Handler => picture::work(&job, &seen).ok(),
        Place::Pool => {
            let demand = Demand {
                bytes: job.plan.cost.peak_bytes,
                time: job.plan.cost.time,
            };
            let work = move |_permit: &mut _| picture::work(&job, &seen).ok();
            let deadline = Deadline::after(Duration::from_mins(1));
            let run = admission.run(demand, deadline, &checkpoint, work);
            run.await.ok().flatten()
        }
    };
    match made {
        Some(bytes) => stack::answer(200, bytes.to_string()),
        None => stack::answer(503, ""),
    }
}

/// How long each probe of `/health` took, from when it was due, and how many pictures were made meanwhile.
fn measured(place: Place, time: Duration) -> (Vec<Duration>, u64) {
    // Two runtimes, as in two processes: else the clients' clocks would stall with the server.
    let server = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    let listener = server::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = listener.local_addr().expect("bound");
    let admission = Admission::start(Settings {
        workers: 2,
        nice: 10,
        queue: 64,
        upload_memory: 64 << 20,
        pixel_memory: 512 << 20,
    })
    .expect("threads");
    server.spawn(stack::serve(listener, move |request| {
        route(request, place, admission.clone())
    }));
    let clients = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let figures = clients.block_on(load(address, time));
    // What still works in a handler can't be waited for.
    server.shutdown_background();
    figures
}

async fn load(address: SocketAddr, time: Duration) -> (Vec<Duration>, u64) {
    let photo = photo::photo(1_600, 1_200);
    let pictures = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (photo, pictures) = (photo.clone(), Arc::clone(&pictures));
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await?;
                while client::exchange(&mut stream, "POST", "/resize", &photo).await? == 200 {
                    pictures.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, std::io::Error>(())
            })
        })
        .collect();
    let (mut ticks, start) = (interval(PROBE_EVERY), Instant::now());
    let mut probes = Vec::new();
    while start.elapsed() < time {
        // Not the moment it is sent: a prober that waits for its turn must not flatter the server.
        let due = ticks.tick().await;
        probes.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            client::exchange(&mut stream, "GET", "/health", &[]).await?;
            Ok::<_, std::io::Error>(due.elapsed())
        }));
    }
    let made = pictures.load(Ordering::Relaxed);
    // Those on their way count too.
    sleep(Duration::from_millis(500)).await;
    let mut waits = Vec::new();
    for probe in probes {
        // One that was never answered took at least as long as this.
        let done = tokio::time::timeout(Duration::from_secs(20), probe).await;
        waits.push(
            done.ok()
                .and_then(Result::ok)
                .and_then(Result::ok)
                .unwrap_or(time),
        );
    }
    for client in clients {
        client.abort();
    }
    (waits, made)
}
