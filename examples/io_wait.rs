//! A server whose requests only wait: 10 ms each, as for a database, on pixmill's own accept loop and connections.
//!
//! A waiting request costs no thread, only a timer and some hundred bytes, so that a thousand of them wait at once on
//! two threads. `PORT=8080 cargo run --release --example io_wait` serves `/io` and `/health` until it is killed; with
//! `-- 1000` it sends itself so many requests at once instead, and says how long they took.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

#[path = "common/client.rs"]
mod client;
#[path = "common/stack.rs"]
mod stack;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use pixmill::server::{self, Incoming};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const WAIT: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() -> io::Result<()> {
    let requests = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let port = std::env::var("PORT")
        .ok()
        .and_then(|port| port.parse().ok());
    let port = if requests.is_some() {
        0
    } else {
        port.unwrap_or(8080)
    };
    let listener = server::bind(([127, 0, 0, 1], port).into())?;
    let address = listener.local_addr()?;
    let serving = stack::serve(listener, route);
    match requests {
        None => serving.await,
        Some(count) => tokio::select! {
            () = serving => {}
            took = all_at_once(address, count) => {
                println!("{count} requests of {} ms each: {} ms", WAIT.as_millis(), took?.as_millis());
            }
        },
    }
    Ok(())
}

async fn route(request: Request<Incoming>) -> Response<Full<Bytes>> {
    match request.uri().path() {
        "/io" => {
            tokio::time::sleep(WAIT).await;
            stack::answer(200, "ok")
        }
        "/health" => stack::answer(200, "ok"),
        _ => stack::answer(404, ""),
    }
}

async fn all_at_once(address: SocketAddr, count: usize) -> io::Result<Duration> {
    let start = Instant::now();
    let mut requests = JoinSet::new();
    for _ in 0..count {
        requests.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            client::exchange(&mut stream, "GET", "/io", &[]).await
        });
    }
    for status in requests.join_all().await {
        if status? != 200 {
            return Err(io::Error::other("a request failed"));
        }
    }
    Ok(start.elapsed())
}
