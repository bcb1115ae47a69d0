//! From a host and a port to a connection: its addresses, and the first of them that takes one in time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use url::{Host, Url};

use super::connect::{Connect, Stream, Tls};
use super::resolve::Resolve;
use super::{Error, Failure};

/// Where a URL of `http` or `https` leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) is_tls: bool,
    pub(super) host: Host<String>,
    pub(super) port: u16,
}

impl Place {
    /// `None` for other schemes.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let is_tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        Some(Self {
            is_tls,
            host: url.host()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }
}

/// Makes connections. Whether a place may be asked at all is for its callers to say.
#[derive(Clone, Debug)]
pub(super) struct Dialler {
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) connector: Arc<dyn Connect>,
    pub(super) tls: Tls,
    /// For one connection, with TLS.
    pub(super) timeout: Duration,
}

impl Dialler {
    /// Every address of a host.
    ///
    /// # Errors
    /// The resolver's.
    pub(super) async fn addresses(&self, host: &Host<String>) -> io::Result<Vec<IpAddr>> {
        match host {
            Host::Ipv4(address) => Ok(vec![IpAddr::V4(*address)]),
            Host::Ipv6(address) => Ok(vec![IpAddr::V6(*address)]),
            Host::Domain(name) => self.resolver.resolve(name).await,
        }
    }

    /// A connection to the first of these addresses that takes one.
    ///
    /// # Errors
    /// `Timeout` or `Failed`, if none does.
    pub(super) async fn dial(
        &self,
        place: &Place,
        addresses: Vec<IpAddr>,
    ) -> Result<Box<dyn Stream>, Error> {
        let mut late = false;
        for address in addresses {
            let connecting = self.connect(place, SocketAddr::new(address, place.port));
            match timeout(self.timeout, connecting).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => {
                    tracing::debug!(%address, %error, "no connection to a source");
                }
                Err(_elapsed) => late = true,
            }
        }
        Err(if late {
            Error::Timeout
        } else {
            Error::Failed(Failure::Unreachable)
        })
    }

    async fn connect(&self, place: &Place, address: SocketAddr) -> io::Result<Box<dyn Stream>> {
        let stream = self.connector.connect(address).await?;
        if place.is_tls {
            self.tls.wrap(&place.host, stream).await
        } else {
            Ok(stream)
        }
    }
}
