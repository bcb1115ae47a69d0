//! A little of everything that is asked of a server, again and again.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(30);

/// What an answer has behind its head.
pub(crate) fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let answer = ask(address, "GET", path, &[])?;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok(body.to_owned())
}

/// A whole answer. In this version of the protocol it ends with its connection.
fn ask(address: SocketAddr, method: &str, path: &str, body: &[u8]) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.0\r\nHost: test\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Asks and leaves.
fn leave(address: SocketAddr, path: &str, body: &[u8]) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())
}

pub(crate) struct Load {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Result<usize, String>>,
}

impl Load {
    pub(crate) fn start(address: SocketAddr) -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/drawing.png");
        let file = std::fs::read(path).expect("a picture");
        // Before the first scrape there is some of everything.
        round(address, &file).expect("the first round");
        let ends = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ends);
        let thread = std::thread::spawn(move || {
            let mut rounds = 1;
            while !end.load(Ordering::Relaxed) {
                round(address, &file)?;
                rounds += 1;
            }
            Ok(rounds)
        });
        Self { ends, thread }
    }

    /// How many rounds there were, or what went wrong.
    pub(crate) fn end(self) -> Result<String, String> {
        self.ends.store(true, Ordering::Relaxed);
        let rounds = self.thread.join().map_err(|_panic| "it panicked")??;
        Ok(format!("{rounds} rounds"))
    }
}

fn round(address: SocketAddr, file: &[u8]) -> Result<(), String> {
    for (method, path, body, status) in [
        ("POST", "/resize?width=40", file, 200),
        ("POST", "/resize?width=40&type=webp", file, 200),
        ("POST", "/convert?type=jpeg", file, 200),
        ("POST", "/info", file, 200),
        ("GET", "/resize?width=40&file=drawing.png", &[], 200),
        ("GET", "/resize?width=40&file=none.png", &[], 400),
        ("POST", "/resize?width=none", file, 400),
        ("POST", "/resize?width=40", b"no picture", 415),
        ("POST", "/enlarge?width=16000&height=16000", file, 422),
        ("GET", "/nowhere", &[], 404),
        ("GET", "/health", &[], 200),
    ] {
        let answer =
            ask(address, method, path, body).map_err(|error| format!("{path}: {error}"))?;
        if !answer.starts_with(&format!("HTTP/1.0 {status} ")) {
            let line = answer.lines().next().unwrap_or_default();
            return Err(format!("{path}: {line}"));
        }
        std::thread::park_timeout(PAUSE);
    }
    leave(address, "/resize?width=900&enlarge=true&type=avif", file)
        .map_err(|error| error.to_string())
}
