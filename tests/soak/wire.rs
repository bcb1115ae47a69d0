//! HTTP on the wire: connections from many addresses of this machine, requests as bytes, answers read whole.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

pub(crate) use crate::answer::Answer;
pub(crate) use crate::read::read;

/// Nothing is waited for longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);
/// Addresses that connections come from in turn, so that ports don't run out.
const SOURCES: u32 = 16;
pub(crate) const BOUNDARY: &str = "----soak-boundary";

/// Connects; `window` bytes are received at most before somebody reads.
pub(crate) async fn connect(address: SocketAddr, window: Option<u32>) -> io::Result<TcpStream> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    assert!(address.ip().is_loopback(), "load goes to this machine only");
    let source = NEXT.fetch_add(1, Ordering::Relaxed) % SOURCES;
    let socket = TcpSocket::new_v4()?;
    if let Some(window) = window {
        socket.set_recv_buffer_size(window)?;
    }
    let source = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + 1 + source);
    socket.bind((source, 0).into())?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The next end of the connection is a reset.
pub(crate) fn reset_on_close(stream: &TcpStream) {
    let socket = socket2::SockRef::from(stream);
    let _gone = socket.set_linger(Some(Duration::ZERO));
}

/// A request without a body.
pub(crate) fn head(method: &str, path: &str, more: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: soak\r\n{more}\r\n").into_bytes()
}

/// An upload.
pub(crate) fn upload(path: &str, file: &[u8]) -> Vec<u8> {
    let length = format!("Content-Length: {}\r\n", file.len());
    [&head("POST", path, &length)[..], file].concat()
}

/// The same as a form.
pub(crate) fn form(path: &str, file: &[u8]) -> Vec<u8> {
    let before = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
    );
    let body = [
        before.as_bytes(),
        file,
        format!("\r\n--{BOUNDARY}--\r\n").as_bytes(),
    ]
    .concat();
    let more = format!(
        "Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {}\r\n",
        body.len()
    );
    [&head("POST", path, &more)[..], &body].concat()
}

impl Answer {
    /// Whether it is a refusal as it should be: it says when to come back.
    pub(crate) fn is_honest_refusal(&self) -> bool {
        let after = self.header("retry-after").and_then(|s| s.parse().ok());
        self.status == 503 && after.is_some_and(|s: u64| (1..=60).contains(&s))
    }

    fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

/// A client with one connection, which it keeps as long as the server does.
pub(crate) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
        }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// What happened instead.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer, String> {
        match tokio::time::timeout(PATIENCE, self.try_ask(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_late) => Err("no answer in time".to_owned()),
        }
    }

    async fn try_ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address, None).await?,
        };
        // An early answer may come while this is sent; it is read all the same.
        let sent = stream.write_all(request).await;
        let answer = match read(&mut stream).await {
            Ok(answer) => answer,
            Err(error) => return Err(sent.err().unwrap_or(error)),
        };
        if !answer.closes() && sent.is_ok() {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

/// A GET on a connection of its own.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Option<Answer> {
    let request = head("GET", path, "Connection: close\r\n");
    Client::new(address).ask(&request).await.ok()
}
