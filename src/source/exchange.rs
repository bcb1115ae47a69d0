//! One request and its answer over one connection, in HTTP/1.1.

use std::future::poll_fn;
use std::pin::Pin;

use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, ETAG, HOST, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, USER_AGENT,
};
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use url::{Position, Url};

use super::connect::Stream;
use super::{Collected, Error, Failure, Source, Validators, digest};
use crate::admission::Admission;

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
pub(super) async fn begin<B>(
    stream: Box<dyn Stream>,
) -> Result<(http1::SendRequest<B>, Driver), hyper::Error>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
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

fn request(url: &Url, headers: &HeaderMap, known: Option<&Validators>) -> Option<Request<Nothing>> {
    let mut request = Request::new(Nothing);
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

/// Reads the answer.
pub(super) async fn read(
    response: Response<Incoming>,
    url: &Url,
    is_conditional: bool,
    admission: &Admission,
    max_bytes: u64,
) -> Result<Reply, Error> {
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
    let mut collected = Collected::new(admission.upload(announced.unwrap_or(0))?, announced);
    let mut received = 0;
    while let Some(data) = next(&mut body).await? {
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

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Error> {
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

/// A GET has no body.
struct Nothing;

impl Body for Nothing {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        std::task::Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}
