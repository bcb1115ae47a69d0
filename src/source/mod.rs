//! Where pictures come from: bodies of requests, and, where the configuration says so, URLs, files and objects that a GET names.
//!
//! Reading order: [`Sources`], `remote` with its `guard`, `folder`, `store`. Knows who may be asked and what of it is kept, nothing of
//! images or of statuses.

mod address;
mod collected;
mod collector;
mod connect;
mod dial;
mod error;
mod exchange;
mod flight;
mod folder;
mod guard;
mod origin;
mod remote;
mod resolve;
mod settings;
mod store;
mod wanted;

use std::fmt;
use std::sync::Arc;

use tokio::time::timeout_at;

pub use self::collected::{Collected, Source};
pub use self::collector::{Collector, CollectorSettings, Untold};
pub use self::connect::{Connect, Connecting, Stream};
pub use self::error::{Error, Failure, Refusal, Unreadable};
pub use self::exchange::FETCHER;
use self::flight::{Flights, Key};
use self::folder::Mount;
pub use self::origin::{NoOrigin, Origin};
use self::remote::Remote;
pub use self::resolve::{Resolve, Resolving};
pub use self::settings::{Opened, RemoteSettings, Settings};
use self::store::Store;
pub use self::store::{Bucket, NoBucket, ObjectFacts, ObjectKey, StoreSettings};
use self::wanted::digest;
pub use self::wanted::{Validators, Wanted};
use crate::admission::{self, Admission, Deadline};
use crate::checkpoint::Checkpoint;
use crate::telemetry::{Fetch, Metrics, Outcome};

/// Headers that say what a fetch is a part of.
pub type Onward = hyper::HeaderMap;

/// For whom something is fetched.
#[derive(Clone, Copy, Debug)]
pub struct Errand<'a> {
    /// When it has to be there.
    pub deadline: Deadline,
    /// Where it is asked whether to go on.
    pub checkpoint: &'a Checkpoint,
    /// Goes to URLs; where one fetch is for several, that of the first. Stores sign what they are sent, and get nothing else.
    pub onward: &'a Onward,
}

/// What came of a fetch.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// The picture.
    New {
        /// Its bytes.
        source: Source,
        /// By what to ask for it the next time.
        validators: Option<Box<Validators>>,
    },
    /// It is what it was.
    Unchanged,
}

/// Every source there is besides a request's own body. A cheap handle.
#[derive(Clone)]
pub struct Sources(Arc<Inner>);

struct Inner {
    remote: Option<Arc<Remote>>,
    mount: Option<Mount>,
    store: Option<Arc<Store>>,
    flights: Flights<Result<Fetched, Error>>,
    admission: Admission,
    metrics: Metrics,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("remote", &self.0.remote)
            .field("mount", &self.0.mount)
            .field("store", &self.0.store)
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// Of what was opened, within this admission's upload memory.
    ///
    /// # Errors
    /// The system refuses threads for reading files.
    pub fn new(opened: Opened, admission: Admission, metrics: Metrics) -> std::io::Result<Self> {
        let (remote, mount, store) = opened.into_parts(&admission)?;
        Ok(Self(Arc::new(Inner {
            remote: remote.map(Arc::new),
            mount,
            store: store.map(Arc::new),
            flights: Flights::default(),
            admission,
            metrics,
        })))
    }

    /// Whether URLs are fetched.
    pub fn has_remote(&self) -> bool {
        self.0.remote.is_some()
    }

    /// Whether files are read.
    pub fn has_files(&self) -> bool {
        self.0.mount.is_some()
    }

    /// Whether objects are read.
    pub fn has_objects(&self) -> bool {
        self.0.store.is_some()
    }

    /// Whether there is anything that a request could name.
    pub fn has_any(&self) -> bool {
        self.has_remote() || self.has_files() || self.has_objects()
    }

    /// Gets it, unless its source says that it is what it was when it was `known` by that. Ends at the deadline, or when dropped; a
    /// fetch that others wait for too goes on for them.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn fetch(
        &self,
        wanted: &Wanted,
        known: Option<&Validators>,
        errand: Errand<'_>,
    ) -> Result<Fetched, Error> {
        let Errand {
            deadline,
            checkpoint,
            onward,
        } = errand;
        let _place = self.0.admission.look()?;
        let mut fetch = self.0.metrics.fetch(match wanted {
            Wanted::Url { .. } => "url",
            Wanted::File(_) => "file",
            Wanted::Object(_) => "object",
        });
        let condition = known.cloned().map(Box::new);
        let fetched = match (wanted, &*self.0) {
            (
                Wanted::Url { url, headers },
                Inner {
                    remote: Some(remote),
                    ..
                },
            ) => {
                let (remote, url) = (Arc::clone(remote), url.clone());
                let mut headers = headers.clone();
                headers.extend(onward.clone());
                let get = async move { remote.fetch(url, headers, condition).await };
                self.share(key(wanted, known), get, deadline, &mut fetch)
                    .await
            }
            (
                Wanted::Object(object),
                Inner {
                    store: Some(store), ..
                },
            ) => {
                let (store, object) = (Arc::clone(store), object.clone());
                let get = async move { store.fetch(&object, condition).await };
                self.share(key(wanted, known), get, deadline, &mut fetch)
                    .await
            }
            (
                Wanted::File(path),
                Inner {
                    mount: Some(mount), ..
                },
            ) => mount.fetch(path.clone(), known, deadline, checkpoint).await,
            _ => Err(Error::Forbidden(Refusal::Kind)),
        };
        let (outcome, bytes) = outcome(&fetched);
        fetch.ends(outcome, bytes);
        fetched
    }

    /// What `get` gets for all who want what has this key, until the deadline of this one.
    async fn share<F>(
        &self,
        key: Key,
        get: F,
        deadline: Deadline,
        fetch: &mut Fetch,
    ) -> Result<Fetched, Error>
    where
        F: Future<Output = Result<Fetched, Error>> + Send + 'static,
    {
        let share = self.0.flights.join(key, get);
        if share.is_followed {
            fetch.is_shared();
        }
        match timeout_at(deadline.at(), share.arrived()).await {
            Ok(fetched) => fetched.unwrap_or_else(panicked),
            Err(_elapsed) => Err(Error::Timeout),
        }
    }
}

/// The panic hook has logged message and place already.
fn panicked() -> Result<Fetched, Error> {
    let cause = "a fetch panicked".to_owned();
    Err(Error::Admission(admission::Error::Panicked(cause)))
}

/// Under which name a fetch is shared: the condition is part of it, since the answer depends on it.
fn key(wanted: &Wanted, known: Option<&Validators>) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&wanted.digest());
    if let Some(known) = known {
        hasher.update(&known.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// What is counted, and bytes.
fn outcome(fetched: &Result<Fetched, Error>) -> (Outcome, u64) {
    let outcome = match fetched {
        Ok(Fetched::New { source, .. }) => return (Outcome::Fetched, source.bytes.len() as u64),
        Ok(Fetched::Unchanged) => Outcome::Unchanged,
        Err(Error::Forbidden(_) | Error::Unreadable(_) | Error::Absent) => Outcome::Refused,
        Err(Error::Failed(_) | Error::Empty) => Outcome::Failed,
        Err(Error::Timeout) => Outcome::Timeout,
        Err(Error::TooLarge { .. }) => Outcome::TooLarge,
        Err(Error::Admission(_)) => Outcome::Overloaded,
    };
    (outcome, 0)
}
