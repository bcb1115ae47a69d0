//! How many requests each client has in flight, and 429 for more.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State as Extract};
use axum::http::{Extensions, HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::access::ApiKey;
use crate::http::problem::{Limit, Problem};
use crate::http::{ClientAddress, State};
use crate::service::Kept;

/// When one of a client's own requests is likely to be done.
const SOON: Duration = Duration::from_secs(1);

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Client {
    /// All who have this key, wherever they are.
    Key(ApiKey),
    /// All at this address.
    Address(IpAddr),
}

/// Counts by API key where one was given, else by address. An IPv6 client counts by its network of 64 bits, since it has all of that to itself.
#[derive(Debug)]
pub(in crate::http) struct Clients {
    /// Requests in flight for each, at most; 0 is no limit.
    limit: usize,
    /// In which header whoever is in front says the address.
    header: Option<HeaderName>,
    flying: Arc<Mutex<HashMap<Client, usize>>>,
}

/// One request of a client; not in flight any more when dropped.
#[derive(Debug)]
struct InFlight {
    client: Client,
    flying: Arc<Mutex<HashMap<Client, usize>>>,
}

impl Clients {
    pub(in crate::http) fn new(limit: usize, header: Option<HeaderName>) -> Self {
        Self {
            limit,
            header,
            flying: Arc::default(),
        }
    }

    /// The same clients by another limit, or known by another header.
    pub(in crate::http) fn with(&self, limit: usize, header: Option<HeaderName>) -> Self {
        Self {
            limit,
            header,
            flying: Arc::clone(&self.flying),
        }
    }

    /// Counts a request in; `None` where nothing is counted.
    fn enter(
        &self,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<Option<InFlight>, Problem> {
        if self.limit == 0 {
            return Ok(None);
        }
        let key = || extensions.get::<ApiKey>().copied().map(Client::Key);
        let connected = || extensions.get::<ClientAddress>().map(|address| address.0);
        let address = || match &self.header {
            // What can't be read is nobody: all such clients would else count as one.
            Some(name) if headers.contains_key(name) => last_address(headers, name),
            _ => connected(),
        };
        let client = key().or_else(|| address().map(network).map(Client::Address));
        let Some(client) = client else {
            return Ok(None);
        };
        let mut flying = self.flying.lock().unwrap_or_else(PoisonError::into_inner);
        let count = flying.entry(client).or_default();
        if *count >= self.limit {
            return Err(Problem::beyond(
                Limit::PerClient,
                "This client has as many requests in flight as it may. Wait for one of them.",
            )
            .limited(self.limit, *count + 1, "requests")
            .retry_after(SOON));
        }
        *count += 1;
        Ok(Some(InFlight {
            client,
            flying: Arc::clone(&self.flying),
        }))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut flying = self.flying.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = flying.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                flying.remove(&self.client);
            }
        }
    }
}

/// Lets a request pass if its client hasn't too many in flight. It is in flight until its work has ended and its answer is sent.
pub(in crate::http) async fn limit_clients(
    Extract(state): Extract<State>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let clients = &state.0.clients;
    if let Some(in_flight) = clients.enter(request.headers(), request.extensions())? {
        let kept: Kept = Arc::new(in_flight);
        request.extensions_mut().insert(kept);
    }
    Ok(next.run(request).await)
}

/// The last address of a list: the one that whoever is directly in front has added. All before it is the client's word.
fn last_address(headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
    let last = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let bare = last
        .strip_prefix('[')
        .and_then(|last| last.strip_suffix(']'));
    let socket = || last.parse().map(|address: SocketAddr| address.ip());
    bare.unwrap_or(last).parse().or_else(|_| socket()).ok()
}

/// What counts as one client.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_wherever_it_comes_from() {
        let clients = Clients::new(1, None);
        let enter = |address: &str, key: Option<&str>| {
            let mut extensions = Extensions::new();
            extensions.insert(ClientAddress(address.parse().unwrap()));
            if let Some(key) = key {
                extensions.insert(ApiKey::new(key.as_bytes()));
            }
            clients.enter(&HeaderMap::new(), &extensions)
        };
        let first = enter("192.0.2.1", Some("a")).unwrap();
        assert!(enter("192.0.2.2", Some("a")).is_err());
        let _another = enter("192.0.2.1", Some("b")).unwrap();
        let _keyless = enter("192.0.2.1", None).unwrap();
        assert!(enter("192.0.2.1", None).is_err());
        drop(first);
        assert!(enter("192.0.2.2", Some("a")).is_ok());
    }

    #[test]
    fn addresses_are_told() {
        let name = HeaderName::from_static("x-forwarded-for");
        for (header, wanted) in [
            ("203.0.113.9", Some("203.0.113.9")),
            ("1.1.1.1, 203.0.113.9", Some("203.0.113.9")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::")),
            ("[2001:db8:1:2:3:4:5:6]:443", Some("2001:db8:1:2::")),
            ("[2001:db8:1:2:3:4:5:6]", Some("2001:db8:1:2::")),
            ("203.0.113.9:443", Some("203.0.113.9")),
            ("::ffff:203.0.113.9", Some("203.0.113.9")),
            ("203.0.113.9,", None),
            ("unknown", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(&name, header.parse().unwrap());
            let got = last_address(&headers, &name).map(network);
            assert_eq!(got, wanted.map(|text| text.parse().unwrap()), "{header}");
        }
    }
}
