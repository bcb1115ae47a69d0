//! `url=`: a picture from somewhere else, asked for only where the guard says so, at the very address it has checked.

use std::time::Duration;

use hyper::HeaderMap;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::connect::Stream;
use super::dial::Dialler;
use super::exchange::{self, Allowance, Reply};
use super::guard::Guard;
use super::{Error, Failure, Fetched, Refusal, Unreadable, Validators};
use crate::admission::Admission;

/// How URLs are fetched.
#[derive(Debug)]
pub(super) struct Remote {
    pub(super) guard: Guard,
    pub(super) dialler: Dialler,
    /// Redirects that are followed.
    pub(super) max_redirects: usize,
    /// For the whole, redirects included.
    pub(super) timeout: Duration,
    /// Bytes a second that a picture has to come at; 0 is no pace.
    pub(super) min_rate: u64,
    /// Whose upload memory pictures are put into.
    pub(super) admission: Admission,
    /// Bytes of a picture, at most.
    pub(super) max_bytes: u64,
}

/// The URL that the value of `url=` names.
pub(super) fn parse(value: &str) -> Result<Url, Error> {
    let unreadable = Error::Unreadable(Unreadable::Url);
    match Url::parse(value) {
        Ok(mut url) if matches!(url.scheme(), "http" | "https") => {
            // Not for servers.
            url.set_fragment(None);
            Ok(url)
        }
        _ => Err(unreadable),
    }
}

impl Remote {
    /// Fetches it, following redirects, within the time for it.
    ///
    /// `headers` are the client's and go to this origin alone. A fetch is shared, so its end is not any one request's deadline:
    /// whoever waits for it has one, and the last who leaves ends it.
    pub(super) async fn fetch(
        &self,
        url: Url,
        headers: HeaderMap,
        known: Option<Box<Validators>>,
    ) -> Result<Fetched, Error> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default();
        let end = Instant::now() + self.timeout;
        let fetching = self.follow(url, headers, known, end);
        let fetched = timeout_at(end, fetching).await;
        let fetched = fetched.unwrap_or(Err(Error::Timeout));
        // Why exactly is not for the client, who could find out by it what there is behind us.
        if let Err(error @ (Error::Forbidden(_) | Error::Failed(_) | Error::Timeout)) = &fetched {
            tracing::info!(host, port, reason = ?error, "not fetched");
        }
        fetched
    }

    async fn follow(
        &self,
        mut url: Url,
        mut headers: HeaderMap,
        known: Option<Box<Validators>>,
        end: Instant,
    ) -> Result<Fetched, Error> {
        let allowance = Allowance {
            admission: &self.admission,
            max_bytes: self.max_bytes,
            min_rate: self.min_rate,
            end,
        };
        for _ in 0..=self.max_redirects {
            let stream = self.reach(&url).await?;
            let (response, driver) =
                exchange::ask(stream, &url, &headers, known.as_deref()).await?;
            let is_conditional = known.as_ref().is_some_and(|known| known.is_of(&url));
            let reply = exchange::read(response, &url, is_conditional, &allowance).await?;
            drop(driver);
            let location = match reply {
                Reply::Picture(source, validators) => {
                    return Ok(Fetched::New { source, validators });
                }
                Reply::Unchanged => return Ok(Fetched::Unchanged),
                Reply::Elsewhere(location) => location,
            };
            let next = url
                .join(&location)
                .ok()
                .and_then(|next| parse(next.as_str()).ok());
            let next = next.ok_or(Error::Failed(Failure::Redirects))?;
            if next.origin() != url.origin() {
                headers.clear();
            }
            url = next;
        }
        Err(Error::Failed(Failure::Redirects))
    }

    /// A connection to where this URL leads, if that may be asked.
    async fn reach(&self, url: &Url) -> Result<Box<dyn Stream>, Error> {
        let target = self.guard.target(url).map_err(Error::Forbidden)?;
        let place = &target.place;
        // That there is no such name and that it is nobody's business look the same from outside.
        let addresses = self.dialler.addresses(&place.host).await.map_err(|error| {
            tracing::debug!(host = %place.host, %error, "a source's name can't be resolved");
            Error::Forbidden(Refusal::Name)
        })?;
        target.check(&addresses).map_err(Error::Forbidden)?;
        self.dialler.dial(place, addresses).await
    }
}
