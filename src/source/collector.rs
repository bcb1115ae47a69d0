//! Who collects traces: told by POST, over connections like those of sources. It is named by the operator alone, so that it may be anywhere.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    RETRY_AFTER, USER_AGENT,
};
use hyper::{HeaderMap, Method, Request, Response};
use libdeflater::{CompressionLvl, Compressor};
use tokio::time::timeout;
use url::{Position, Url};

use super::dial::{Dialler, Place};
use super::exchange::{self, Driver, NAME, Whole};

/// Bytes of an answer that are read.
const LONGEST_ANSWER: usize = 64 << 10;

/// How long those are waited for. They may say what was left out; that the rest was taken, the head has said.
const ANSWER_PATIENCE: Duration = Duration::from_secs(1);

/// Where traces go.
#[derive(Clone, PartialEq, Eq)]
pub struct CollectorSettings {
    url: Url,
    /// They may be secret.
    headers: HeaderMap,
    timeout: Duration,
    /// Whether messages are packed, by gzip.
    is_packed: bool,
    /// PEM file with authorities besides those that are compiled in.
    pub(super) authorities: Option<PathBuf>,
}

impl fmt::Debug for CollectorSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectorSettings")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl CollectorSettings {
    /// To this URL; or, where that `is_base`, to the place of traces below it.
    ///
    /// # Errors
    /// What it has to be.
    pub fn new(url: &str, is_base: bool) -> Result<Self, &'static str> {
        let url = Url::parse(url).ok();
        let mut url = url
            .filter(|url| Place::of(url).is_some())
            .ok_or("a URL of http or https")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL without credentials, which belong into OTEL_EXPORTER_OTLP_HEADERS");
        }
        if is_base {
            let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
            url.set_path(&path);
        }
        Ok(Self {
            url,
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(10),
            is_packed: false,
            authorities: None,
        })
    }

    /// With these headers.
    ///
    /// # Errors
    /// What they have to be.
    pub fn sending(mut self, headers: Vec<(String, String)>) -> Result<Self, &'static str> {
        for (name, value) in headers {
            let name =
                HeaderName::try_from(name).map_err(|_no_name| "names that headers may have")?;
            let value = HeaderValue::try_from(value);
            let mut value = value.map_err(|_no_value| "values that headers may have")?;
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        Ok(self)
    }

    /// That has so much time for a message.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// That takes messages packed, by gzip, where that is so.
    #[must_use]
    pub fn packing(self, is_packed: bool) -> Self {
        Self { is_packed, ..self }
    }

    /// Whom these authorities may vouch for, too.
    #[must_use]
    pub fn trusting(self, authorities: Option<PathBuf>) -> Self {
        Self {
            authorities,
            ..self
        }
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.url.port_or_known_default()
    }
}

/// Tells a collector.
#[derive(Clone, Debug)]
pub struct Collector {
    pub(super) settings: CollectorSettings,
    pub(super) dialler: Dialler,
}

/// Why a collector took nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untold {
    /// It can't be reached, or is overloaded: perhaps later, after so much time as it asks for.
    Unreachable(String, Duration),
    /// It has answered with that status, and won't take it later either.
    Refused(u16),
}

impl Untold {
    /// There was no answer in time.
    pub fn late() -> Self {
        Self::Unreachable("no answer in time".to_owned(), Duration::ZERO)
    }
}

impl Collector {
    /// Tells it so much; what it answers, or the beginning of that.
    ///
    /// # Errors
    /// [`Untold`].
    pub async fn tell(&self, message: Vec<u8>) -> Result<Vec<u8>, Untold> {
        let message = if self.settings.is_packed {
            packed(&message)
        } else {
            message
        };
        let (answer, _driver) = timeout(self.settings.timeout, self.post(message))
            .await
            .unwrap_or_else(|_elapsed| Err(Untold::late()))?;
        match answer.status().as_u16() {
            200..=299 => Ok(beginning(answer.into_body()).await),
            status @ (429 | 502..=504) => Err(Untold::Unreachable(
                format!("status {status}"),
                retry_after(&answer),
            )),
            status => Err(Untold::Refused(status)),
        }
    }

    async fn post(&self, message: Vec<u8>) -> Result<(Response<Incoming>, Driver), Untold> {
        let unreachable = |why: String| Untold::Unreachable(why, Duration::ZERO);
        let broken = |error: hyper::Error| unreachable(error.to_string());
        let url = &self.settings.url;
        let place = Place::of(url).ok_or_else(|| unreachable("no place".to_owned()))?;
        let addresses = self.dialler.addresses(&place.host).await;
        let addresses = addresses.map_err(|error| unreachable(error.to_string()))?;
        let stream = self.dialler.dial(&place, addresses).await;
        let stream = stream.map_err(|error| unreachable(format!("{error:?}")))?;
        let (mut sender, driver) = exchange::begin(stream).await.map_err(broken)?;
        let request = self
            .request(url, message)
            .ok_or_else(|| unreachable("no address".to_owned()))?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        Ok((answer, driver))
    }

    fn request(&self, url: &Url, message: Vec<u8>) -> Option<Request<Whole>> {
        let length = message.len();
        let mut request = Request::new(Whole::from(Bytes::from(message)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = url[Position::BeforePath..Position::AfterQuery]
            .parse()
            .ok()?;
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let fields = request.headers_mut();
        fields.extend(self.settings.headers.clone());
        fields.insert(HOST, HeaderValue::from_str(host).ok()?);
        fields.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        );
        if self.settings.is_packed {
            fields.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        fields.insert(CONTENT_LENGTH, length.into());
        fields.insert(USER_AGENT, HeaderValue::from_static(NAME));
        fields.insert(CONNECTION, HeaderValue::from_static("close"));
        Some(request)
    }
}

/// How long it asks to be left alone, in seconds: dates are for caches.
fn retry_after(answer: &Response<Incoming>) -> Duration {
    let seconds = answer.headers().get(RETRY_AFTER);
    let seconds = seconds.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// As much of a body as may say something, and comes in time.
async fn beginning(mut body: Incoming) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = async {
        while bytes.len() < LONGEST_ANSWER
            && let Ok(Some(data)) = exchange::next(&mut body).await
        {
            let room = LONGEST_ANSWER - bytes.len();
            bytes.extend_from_slice(data.get(..room).unwrap_or(&data));
        }
    };
    let _late = timeout(ANSWER_PATIENCE, reading).await;
    bytes
}

/// In a millisecond at most: it is a batch of spans.
fn packed(message: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::fastest());
    let mut packed = vec![0; compressor.gzip_compress_bound(message.len())];
    // Within that bound there is room for anything.
    let length = compressor.gzip_compress(message, &mut packed);
    packed.truncate(length.unwrap_or(0));
    packed
}
