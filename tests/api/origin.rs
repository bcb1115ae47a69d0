//! A server that pictures are fetched from: it answers by a table, and remembers what it was asked.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What a path is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status, headers and a body.
    Plain(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The same as 200, without a length, as long as somebody listens.
    Endless,
    /// A head that announces more than what comes.
    Cut,
    /// These bytes, whatever they are.
    Raw(&'static [u8]),
    /// A picture with this entity tag and date, or 304 for who has it.
    Tagged(&'static str, &'static str, Vec<u8>),
    /// The picture, once the gate has a place for it.
    Gated(Vec<u8>),
    /// Nothing, ever.
    Silence,
    /// A picture with this entity tag, of which only half arrives, unless a range is asked for.
    Halves(&'static str, Vec<u8>),
    /// A picture, after which the connection stays.
    Kept(Vec<u8>),
}

impl Reply {
    pub(crate) fn picture(bytes: Vec<u8>) -> Self {
        Self::Plain(200, Vec::new(), bytes)
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Plain(status, Vec::new(), b"status\n".to_vec())
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::Plain(302, vec![("Location", to.to_owned())], Vec::new())
    }
}

/// One request that came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is answered in the place of what the table says, if anything is.
pub(crate) type Lock = Box<dyn Fn(&Asked) -> Option<Reply> + Send + Sync>;

pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _serving: JoinSet<()>,
}

struct Shared {
    replies: Mutex<HashMap<String, Reply>>,
    asked: Mutex<Vec<Asked>>,
    /// Connections whose client hasn't gone yet.
    open: Mutex<usize>,
    gate: Semaphore,
    lock: Lock,
}

impl Origin {
    pub(crate) async fn start<const N: usize>(replies: [(&str, Reply); N]) -> Self {
        Self::start_behind(Box::new(|_| None), replies).await
    }

    /// Where `lock` is asked first.
    pub(crate) async fn start_behind<const N: usize>(
        lock: Lock,
        replies: [(&str, Reply); N],
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let replies = replies.map(|(path, reply)| (path.to_owned(), reply));
        let shared = Arc::new(Shared {
            replies: Mutex::new(replies.into()),
            asked: Mutex::default(),
            open: Mutex::default(),
            gate: Semaphore::new(0),
            lock,
        });
        let mut serving = JoinSet::new();
        let served = Arc::clone(&shared);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = Arc::clone(&served);
                connections.spawn(async move { shared.serve(stream).await });
            }
        });
        Self {
            address,
            shared,
            _serving: serving,
        }
    }

    /// As a URL, and percent-encoded as the value of a parameter needs no more than this.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn set(&self, path: &str, reply: Reply) {
        let mut replies = self.shared.replies.lock().unwrap();
        replies.insert(path.to_owned(), reply);
    }

    /// What it was asked since the last time that somebody wanted to know.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }

    pub(crate) fn count(&self) -> usize {
        self.shared.asked.lock().unwrap().len()
    }

    /// Lets one gated answer go.
    pub(crate) fn let_go(&self) {
        self.shared.gate.add_permits(1);
    }

    /// For a closure that waits.
    pub(crate) fn watch(&self) -> impl Fn() -> (usize, usize) + use<> {
        let shared = Arc::clone(&self.shared);
        move || {
            let asked = shared.asked.lock().unwrap().len();
            (asked, *shared.open.lock().unwrap())
        }
    }
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream) {
        *self.open.lock().unwrap() += 1;
        while let Some(asked) = read(&mut stream).await {
            self.asked.lock().unwrap().push(asked.clone());
            let listed = || self.replies.lock().unwrap().get(&asked.path).cloned();
            let reply = (self.lock)(&asked).or_else(listed);
            let reply = reply.unwrap_or_else(|| Reply::status(404));
            let stays = matches!(reply, Reply::Kept(_));
            let answered = self.answer(&mut stream, &asked, reply).await;
            if answered.is_err() || !stays {
                break;
            }
        }
        *self.open.lock().unwrap() -= 1;
    }

    async fn answer(
        &self,
        stream: &mut TcpStream,
        asked: &Asked,
        reply: Reply,
    ) -> std::io::Result<()> {
        match reply {
            Reply::Plain(status, headers, body) => {
                stream.write_all(&message(status, &headers, &body)).await
            }
            Reply::Endless => {
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                loop {
                    stream.write_all(&[b'x'; 4096]).await?;
                }
            }
            Reply::Cut => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort";
                stream.write_all(head).await
            }
            Reply::Raw(bytes) => stream.write_all(bytes).await,
            Reply::Tagged(etag, date, body) => {
                stream.write_all(&tagged(asked, etag, date, &body)).await
            }
            Reply::Gated(body) => {
                let mut gone = [0];
                tokio::select! {
                    place = self.gate.acquire() => place.unwrap().forget(),
                    _ = stream.read(&mut gone) => return Ok(()),
                }
                stream.write_all(&message(200, &[], &body)).await
            }
            Reply::Halves(etag, body) => {
                let range = asked.header("range").map(|range| ranged(range, body.len()));
                let tag = ("ETag", etag.to_owned());
                let Some((from, to)) = range else {
                    let whole = message(200, &[tag], &body);
                    return stream
                        .write_all(&whole[..whole.len() - body.len() / 2])
                        .await;
                };
                let said = format!("bytes {from}-{}/{}", to - 1, body.len());
                let headers = [tag, ("Content-Range", said)];
                stream
                    .write_all(&message(206, &headers, &body[from..to]))
                    .await
            }
            Reply::Kept(body) => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(&[head.as_bytes(), &body].concat()).await
            }
            Reply::Silence => {
                let mut gone = [0];
                stream.read(&mut gone).await.map(drop)
            }
        }
    }
}

/// The picture, or that it is what it was.
fn tagged(asked: &Asked, etag: &str, date: &str, body: &[u8]) -> Vec<u8> {
    let has = asked.header("if-none-match") == Some(etag)
        || (etag.is_empty() && asked.header("if-modified-since") == Some(date));
    let mut headers = vec![("Last-Modified", date.to_owned())];
    if !etag.is_empty() {
        headers.push(("ETag", etag.to_owned()));
    }
    if has {
        message(304, &headers, &[])
    } else {
        message(200, &headers, body)
    }
}

/// From where to where, of `bytes=2-4`.
fn ranged(range: &str, length: usize) -> (usize, usize) {
    let (from, to) = range
        .strip_prefix("bytes=")
        .unwrap()
        .split_once('-')
        .unwrap();
    let to = to.parse().map_or(length, |last: usize| last + 1);
    (from.parse().unwrap(), to)
}

fn message(status: u16, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if status != 304 {
        write!(head, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, path) = (first.next()?, first.next()?);
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Some(Asked {
        method,
        path,
        headers,
    })
}
