//! A client whose caller learns what went wrong: each way to fail is a variant, and nothing is a string to be guessed at.
//!
//! It starts a pixmill on a free port and provokes each of them: a server that isn't there, one that never answers,
//! one that breaks off, one that speaks no HTTP, and pixmill's own problem documents (RFC 9457).
//!
//! `cargo run --release --example fetch`
#![expect(clippy::print_stdout, reason = "it prints what it got")]

#[path = "common/photo.rs"]
mod photo;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use pixmill::app::App;
use pixmill::config::{Config, Machine};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// Why there is no picture, by what the caller can do about it.
#[derive(Debug)]
enum Error {
    /// Nobody listens there: another server, or later.
    Unreachable(io::Error),
    /// Nothing came in time: later, or with more patience.
    TimedOut(Duration),
    /// The connection broke after the request was sent: again, since a resize changes nothing.
    Broken(io::Error),
    /// It isn't HTTP as we read it: the wrong server.
    Garbled(&'static str),
    /// The server says what is wrong, and by its code the caller knows whether to try again.
    Problem {
        status: u16,
        code: String,
        retry_after: Option<u32>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(out, "unreachable: {}", why.kind()),
            Self::TimedOut(patience) => write!(out, "timed out after {} ms", patience.as_millis()),
            Self::Broken(why) => write!(out, "broken: {}", why.kind()),
            Self::Garbled(what) => write!(out, "garbled: {what}"),
            Self::Problem { status, code, .. } => write!(out, "problem: {status} {code}"),
        }
    }
}

impl std::error::Error for Error {}

/// Posts a picture and gives what was made of it.
async fn post(
    address: SocketAddr,
    path: &str,
    picture: &[u8],
    patience: Duration,
) -> Result<Vec<u8>, Error> {
    // One deadline for all of it: a sum of timeouts is no promise to anybody.
    timeout(patience, exchange(address, path, picture))
        .await
        .map_err(|_elapsed| Error::TimedOut(patience))?
}

async fn exchange(address: SocketAddr, path: &str, picture: &[u8]) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect(address)
        .await
        .map_err(Error::Unreachable)?;
    let length = picture.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let mut answer = Vec::new();
    // Of a server that refuses early, the answer counts, not that it didn't read on.
    let sent = match stream.write_all(head.as_bytes()).await {
        Ok(()) => stream.write_all(picture).await,
        failed => failed,
    };
    match stream.read_to_end(&mut answer).await {
        Err(why) if answer.is_empty() => return Err(Error::Broken(sent.err().unwrap_or(why))),
        _ => {}
    }
    understood(&answer)
}

/// The picture, or what the answer says instead.
fn understood(answer: &[u8]) -> Result<Vec<u8>, Error> {
    let broken_off = || Error::Broken(io::ErrorKind::UnexpectedEof.into());
    if !answer.starts_with(b"HTTP/1.1 ") && !answer.is_empty() {
        return Err(Error::Garbled("no HTTP/1.1"));
    }
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, rest) = answer.split_at(end.ok_or_else(broken_off)?);
    let head =
        std::str::from_utf8(head).map_err(|_not_text| Error::Garbled("a head of no text"))?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status: u16 = status.ok_or(Error::Garbled("no status"))?;
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let length = header("content-length").and_then(|length| length.parse().ok());
    let length: usize = length.ok_or(Error::Garbled("no length"))?;
    let body = rest
        .get(4..)
        .and_then(|body| body.get(..length))
        .ok_or_else(broken_off)?;
    if status == 200 {
        return Ok(body.to_vec());
    }
    let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let code = document.get("code").and_then(|code| code.as_str());
    Err(Error::Problem {
        status,
        code: code.unwrap_or("unknown").to_owned(),
        retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
    })
}

/// A server that gives each client those bytes and goes; with none, it keeps the client waiting.
async fn bad_server(bytes: &'static [u8]) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if bytes.is_empty() {
                kept.push(stream);
                continue;
            }
            // Read first: what was sent and never read would reset the connection.
            let mut request = [0; 1 << 10];
            let _some = stream.read(&mut request).await;
            let _sent = stream.write_all(bytes).await;
        }
    });
    Ok(address)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let machine = Machine {
        cpus: 2,
        memory: 1 << 30,
    };
    let mut config = Config::defaults(machine).expect("defaults fit such a machine");
    config.listen = ([127, 0, 0, 1], 0).into();
    let app = App::build(config)?;
    let pixmill = app.address();
    tokio::spawn(app.run(std::future::pending()));

    // A port that is taken, where nobody listens.
    let taken = TcpSocket::new_v4()?;
    taken.bind(([127, 0, 0, 1], 0).into())?;
    let nobody = taken.local_addr()?;
    let photo = photo::photo(400, 300);
    let long = Duration::from_secs(20);
    let short = Duration::from_millis(200);
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of it";
    for (what, address, path, body, patience) in [
        ("a picture", pixmill, "/resize?width=100", &photo[..], long),
        (
            "a wrong parameter",
            pixmill,
            "/resize?width=minus",
            &photo,
            long,
        ),
        ("no picture", pixmill, "/resize?width=100", b"text", long),
        ("nobody there", nobody, "/", &photo, long),
        (
            "a silent server",
            bad_server(b"").await?,
            "/",
            &photo,
            short,
        ),
        ("half an answer", bad_server(half).await?, "/", b"", long),
        (
            "another protocol",
            bad_server(b"220 smtp ready\r\n").await?,
            "/",
            b"",
            long,
        ),
    ] {
        match post(address, path, body, patience).await {
            Ok(picture) => println!("{what}: {} bytes", picture.len()),
            Err(Error::Problem {
                status,
                code,
                retry_after: Some(seconds),
            }) => {
                println!("{what}: problem: {status} {code}, again in {seconds} s");
            }
            Err(error) => println!("{what}: {error}"),
        }
    }
    Ok(())
}
