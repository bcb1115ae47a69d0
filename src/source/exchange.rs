//! One request and its answer over one connection, in HTTP/1.1.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, ETAG, HOST, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, USER_AGENT,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::connect::Stream;
use super::{Collected, Error, Failure, Source, Validators, digest};
use crate::admission::{Admission, FIRST_STEP};
use crate::pace::Pace;

/// Bytes of an answer's head, at most.
const LONGEST_HEAD: usize = 64 << 10;

/// Headers of an answer, at most.
const MOST_HEADERS: usize = 128;

/// How every fetch says that it is one, so that a server like this one can see that it asks itself in the end (RFC 8586).
pub const FETCHER: (HeaderName, &str) = (HeaderName::from_static("cdn-loop"), "pixmill");

/// By what we are known to servers.
pub(super) const NAME: &str = concat!("pixmill/", env!("CARGO_PKG_VERSION"));

/// What came back.
pub(super) enum Reply {
    /// A picture, perhaps, and what tells it from a later one.
    Picture(Source, Option<Box<Validators>>),
    /// It is what it was.
    Unchanged,
    /// It is elsewhere.
    Elsewhere(String),
}

/// The task that moves a connection's bytes; gone when dropped.
#[derive(Debug)]
pub(super) struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Begins to speak HTTP over a connection.
pub(super) async fn begin(
    stream: Box<dyn Stream>,
) -> Result<(http1::SendRequest<Whole>, Driver), hyper::Error> {
    let (sender, connection) = http1::Builder::new()
        .max_headers(MOST_HEADERS)
        .max_buf_size(LONGEST_HEAD)
        .handshake(TokioIo::new(stream))
        .await?;
    let driver = Driver(tokio::spawn(async move {
        // The answer's reader is told of it, too.
        let _error = connection.await;
    }));
    Ok((sender, driver))
}

/// Asks for `url`, with these headers, and `known` as the condition.
pub(super) async fn ask(
    stream: Box<dyn Stream>,
    url: &Url,
    headers: &HeaderMap,
    known: Option<&Validators>,
) -> Result<(Response<Incoming>, Driver), Error> {
    let broken = |error: hyper::Error| {
        tracing::debug!(%error, "a source broke off");
        Error::Failed(Failure::Broken)
    };
    let (mut sender, driver) = begin(stream).await.map_err(broken)?;
    let request = request(url, headers, known).ok_or(Error::Failed(Failure::Broken))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    Ok((response, driver))
}

fn request(url: &Url, headers: &HeaderMap, known: Option<&Validators>) -> Option<Request<Whole>> {
    let mut request = Request::new(Whole::default());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = url[Position::BeforePath..Position::AfterQuery]
        .parse()
        .ok()?;
    let fields = request.headers_mut();
    fields.extend(headers.clone());
    let host = &url[Position::BeforeHost..Position::AfterPort];
    fields.insert(HOST, HeaderValue::from_str(host).ok()?);
    fields.insert(FETCHER.0, HeaderValue::from_static(FETCHER.1));
    fields.insert(USER_AGENT, HeaderValue::from_static(NAME));
    fields.insert(ACCEPT, HeaderValue::from_static("*/*"));
    fields.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    fields.insert(CONNECTION, HeaderValue::from_static("close"));
    // What was told of one URL is told to that one alone.
    if let Some(known) = known.filter(|known| known.is_of(url))
        && let Validators::Url { etag, modified, .. } = known
    {
        let given = [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, modified)];
        for (name, value) in given {
            if let Some(value) = value {
                fields.insert(name, value.clone());
            }
        }
    }
    Some(request)
}

/// What an answer may take.
#[derive(Debug)]
pub(super) struct Allowance<'a> {
    /// Whose upload memory the picture is put into.
    pub(super) admission: &'a Admission,
    /// Bytes of it, at most.
    pub(super) max_bytes: u64,
    /// Bytes a second that it has to come at after some seconds, an announced length evenly besides; 0 is no pace.
    pub(super) min_rate: u64,
    /// When all of it has to be here.
    pub(super) end: Instant,
}

/// Reads the answer.
pub(super) async fn read(
    response: Response<Incoming>,
    url: &Url,
    is_conditional: bool,
    allowance: &Allowance<'_>,
) -> Result<Reply, Error> {
    let &Allowance {
        admission,
        max_bytes,
        min_rate,
        end,
    } = allowance;
    let (parts, mut body) = response.into_parts();
    match parts.status {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED if is_conditional => return Ok(Reply::Unchanged),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            let location = parts.headers.get(LOCATION).map(HeaderValue::as_bytes);
            let location = location.and_then(|bytes| str::from_utf8(bytes).ok());
            let location = location.ok_or(Error::Failed(Failure::Redirects))?;
            return Ok(Reply::Elsewhere(location.to_owned()));
        }
        status => return Err(Error::Failed(Failure::Status(status.as_u16()))),
    }
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !parts.headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        return Err(Error::Failed(Failure::Broken));
    }
    let announced = body.size_hint().exact();
    let too_large = |actual| Error::TooLarge {
        limit: max_bytes,
        actual,
    };
    if let Some(length) = announced.filter(|&length| length > max_bytes) {
        return Err(too_large(Some(length)));
    }
    let lease = admission.body(announced.unwrap_or(FIRST_STEP), end).await?;
    let mut collected = Collected::new(lease, announced);
    let pace = Pace::new(end, min_rate, announced);
    let mut received = 0;
    loop {
        let held = pace.held(received);
        let look = pace.next_look(received, || admission.lacks_upload_memory(held));
        let data = match timeout_at(look.unwrap_or_else(Instant::now), next(&mut body)).await {
            Ok(next) => next?,
            Err(_elapsed) if look.is_none() => return Err(Error::Timeout),
            Err(_elapsed) => continue,
        };
        let Some(data) = data else {
            break;
        };
        received += data.len() as u64;
        if received > max_bytes {
            return Err(too_large(None));
        }
        collected.add(&data)?;
    }
    let source = collected.finish().ok_or(Error::Empty)?;
    let validators = validators(url, &parts.headers).map(Box::new);
    Ok(Reply::Picture(source, validators))
}

/// The next bytes of a body; `None` at its end.
pub(super) async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Error> {
    loop {
        let frame = poll_fn(|task| Pin::new(&mut *body).poll_frame(task)).await;
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Trailers say nothing of the picture.
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "a source broke off");
                return Err(Error::Failed(Failure::Broken));
            }
        }
    }
}

/// Longest value that is remembered.
const LONGEST_VALIDATOR: usize = 256;

fn validators(url: &Url, headers: &HeaderMap) -> Option<Validators> {
    let short = |name| {
        let value = headers.get(name)?;
        (value.len() <= LONGEST_VALIDATOR).then(|| value.clone())
    };
    let (etag, modified) = (short(ETAG), short(LAST_MODIFIED));
    (etag.is_some() || modified.is_some()).then(|| Validators::Url {
        of: digest(url),
        etag,
        modified,
    })
}

/// A request's body: these bytes, or none. One type for all requests of ours, so that what moves them is in the binary once.
#[derive(Clone, Debug, Default)]
pub(super) struct Whole(Option<Bytes>);

impl From<Bytes> for Whole {
    fn from(bytes: Bytes) -> Self {
        Self(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::sleep;

    use super::*;

    /// Answers whatever comes, and then sends so many bytes each second.
    async fn drip(mut stream: DuplexStream, head: String, bytes: usize) {
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(head.as_bytes()).await.unwrap();
        while stream.write_all(&vec![0; bytes]).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_announces_much_and_sends_little_is_given_up() {
        let admission = Admission::of_uploads(64 << 20);
        let url = Url::parse("http://origin.test/a.png").unwrap();
        for (announced, bytes, min_rate, seconds) in [
            (Some(64 << 20), 0, 1 << 10, 5),
            (Some(64 << 20), 1 << 10, 1 << 10, 5),
            // A megabyte a second can't bring 64 in 30 seconds.
            (Some(64 << 20), 1 << 20, 1 << 10, 8),
            (None, 1 << 9, 1 << 10, 10),
            // The rate is enough, and so only the end counts.
            (None, 1 << 11, 1 << 10, 30),
            (Some(64 << 20), 0, 0, 30),
        ] {
            let length = announced.map(|length| format!("Content-Length: {length}\r\n"));
            let head = format!("HTTP/1.1 200 OK\r\n{}\r\n", length.unwrap_or_default());
            let (ours, theirs) = duplex(4 << 20);
            let sending = tokio::spawn(drip(theirs, head, bytes));
            let start = Instant::now();
            let asked = ask(Box::new(ours), &url, &HeaderMap::new(), None).await;
            let (response, driver) = asked.unwrap();
            let allowance = Allowance {
                admission: &admission,
                max_bytes: 64 << 20,
                min_rate,
                end: start + Duration::from_secs(30),
            };
            let read = read(response, &url, false, &allowance).await;
            let what = format!("{announced:?} {bytes} {min_rate}");
            assert!(matches!(read, Err(Error::Timeout)), "{what}");
            assert_eq!(start.elapsed().as_secs(), seconds, "{what}");
            assert_eq!(admission.figures().upload_memory.0, 0, "{what}");
            drop(driver);
            sending.abort();
        }
    }
}
