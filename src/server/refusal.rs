//! Our own answer in the place of hyper's to a head that can't be read.
//!
//! hyper has no hook there: it writes a bare 400, 414 or 431 and closes. No
//! request has begun then, so that nothing above it has a say. But what it writes
//! is known to the letter, and passes through our stream.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::Response;
use hyper::body::Bytes;
use tokio::io::AsyncWrite;

/// Makes the answer to a head that can't be read, given hyper's status for it.
pub type Unreadable = Arc<dyn Fn(u16) -> Answer + Send + Sync>;

/// An answer that is being made.
type Answer = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;

/// Watches what is written.
pub(super) struct Refusal {
    unreadable: Unreadable,
    progress: Progress,
}

enum Progress {
    Watching,
    Making(Answer),
    Writing { message: Vec<u8>, written: usize },
}

impl Refusal {
    pub(super) fn new(unreadable: Unreadable) -> Self {
        Self {
            unreadable,
            progress: Progress::Watching,
        }
    }

    /// Writes our answer if `bytes` are hyper's own and begin a message. To hyper all of its bytes are written then.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        bytes: &[u8],
        begins: bool,
    ) -> Option<Poll<io::Result<usize>>> {
        if let Progress::Watching = self.progress {
            if !begins {
                return None;
            }
            self.progress = Progress::Making((self.unreadable)(bare_refusal(bytes)?));
        }
        let written = self.poll_answer(stream, cx);
        Some(written.map_ok(|()| bytes.len()))
    }

    fn poll_answer<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if let Progress::Making(answer) = &mut self.progress {
            let message = message(&ready!(answer.as_mut().poll(cx)));
            self.progress = Progress::Writing {
                message,
                written: 0,
            };
        }
        if let Progress::Writing { message, written } = &mut self.progress {
            while let Some(rest) = message.get(*written..).filter(|rest| !rest.is_empty()) {
                *written += ready!(Pin::new(&mut *stream).poll_write(cx, rest))?;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The status, if this is a whole answer of hyper's own: a refusal with nothing in it but what the protocol needs.
///
/// Every answer from above has more headers than these.
fn bare_refusal(bytes: &[u8]) -> Option<u16> {
    let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.get(2..5)?;
    let is_bare = lines.all(|line| {
        line.split_once(':').is_some_and(|(name, value)| {
            matches!(name, "connection" | "date")
                || (name == "content-length" && value.trim() == "0")
        })
    });
    let status = status.parse().ok()?;
    (is_bare && matches!(status, 400 | 414 | 431)).then_some(status)
}

/// The answer on the wire, the last one of its connection.
fn message(answer: &Response<Bytes>) -> Vec<u8> {
    let (status, body) = (answer.status(), answer.body());
    let reason = status.canonical_reason().unwrap_or_default();
    let mut message = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    for (name, value) in answer.headers() {
        message.extend_from_slice(name.as_str().as_bytes());
        message.extend_from_slice(b": ");
        message.extend_from_slice(value.as_bytes());
        message.extend_from_slice(b"\r\n");
    }
    let last = format!(
        "connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    message.extend_from_slice(last.as_bytes());
    message.extend_from_slice(body);
    message
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::server::activity::Activity;
    use crate::server::io::ClockedStream;
    use crate::server::tests::{in_our_own_words, patient};

    #[test]
    fn only_hypers_own_refusals_are_taken() {
        let date = "date: Tue, 24 Nov 2026 21:00:00 GMT\r\n\r\n";
        for (head, status) in [
            (
                "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n",
                Some(400),
            ),
            (
                "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n",
                Some(431),
            ),
            (
                "HTTP/1.0 414 URI Too Long\r\ncontent-length: 0\r\n",
                Some(414),
            ),
            (
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n",
                None,
            ),
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n", None),
            (
                "HTTP/1.1 400 Bad Request\r\nx-request-id: a\r\ncontent-length: 0\r\n",
                None,
            ),
            ("anything\r\n", None),
        ] {
            let bytes = format!("{head}{date}");
            assert_eq!(bare_refusal(bytes.as_bytes()), status, "{head}");
        }
        assert_eq!(bare_refusal(b"\xff\xd8\xff\r\n\r\n"), None);
        assert_eq!(bare_refusal(b""), None);
    }

    /// The rest of a body may look like a refusal, if its client has made it so.
    #[tokio::test]
    async fn only_what_begins_a_message_is_taken_for_a_refusal() {
        let refusal = b"HTTP/1.1 400 Bad Request\r\ndate: today\r\n\r\n";
        for (flushed, expected) in [(false, &refusal[..]), (true, b"in our own words")] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap())
                .await
                .unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = ClockedStream::new(
                stream,
                patient(),
                Activity::default(),
                false,
                (in_our_own_words(), Arc::new(|| false)),
            );
            stream.write_all(b"the beginning of a body").await.unwrap();
            if flushed {
                stream.flush().await.unwrap();
            }
            stream.write_all(refusal).await.unwrap();
            drop(stream);
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).await.unwrap();
            assert!(heard.ends_with(expected), "{flushed}: {heard:?}");
        }
    }
}
