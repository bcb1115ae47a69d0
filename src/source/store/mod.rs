//! `object=`: a picture beneath a prefix of one bucket, in a store that the operator has named. The home of `object_store`.
//!
//! The guard of `url=` has no say here: the store may be anywhere, but where it is comes from the configuration alone, and
//! `transport` asks nobody else. A client says a key, and nothing but a key.

mod access;
mod bucket;
mod build;
mod failure;
mod transport;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use object_store::{GetOptions, ObjectMeta, ObjectStore};
use tokio::time::timeout;

use self::access::{Access, Variables};
pub use self::bucket::{Bucket, NoBucket, ObjectKey};
use self::failure::failed;
use self::transport::{Transport, Witness};
use super::dial::Dialler;
use super::{Collected, Error, Failure, Fetched, Validators};
use crate::admission::Admission;

/// Which store is read, how, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    bucket: Bucket,
    variables: Variables,
    access: Access,
    /// For one connection, with TLS.
    pub connect_timeout: Duration,
    /// For the whole, with whatever is tried again.
    pub timeout: Duration,
    /// PEM file with authorities besides those that are compiled in.
    pub authorities: Option<PathBuf>,
}

impl StoreSettings {
    /// Of the variables by which a cloud's own tools are told endpoint and credentials. Whether the machine's own are asked for where
    /// there are none is for `has_metadata` to say.
    ///
    /// # Errors
    /// Why it can't be reached so, as the end of a sentence.
    pub fn new(
        bucket: Bucket,
        environment: &BTreeMap<String, String>,
        has_metadata: bool,
    ) -> Result<Self, String> {
        let variables = Variables::of(environment);
        let access = Access::of(&bucket, &variables, has_metadata)?;
        Ok(Self {
            bucket,
            variables,
            access,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            authorities: None,
        })
    }

    /// The TCP ports that are connected to.
    pub(super) fn ports(&self) -> impl Iterator<Item = u16> + '_ {
        self.access.places.iter().map(|place| place.port)
    }

    /// The folder of the file that the library reads again whenever it needs a new token.
    pub(super) fn token_folder(&self) -> Option<&Path> {
        self.access.token.as_deref().and_then(Path::parent)
    }
}

/// What an object was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFacts(ObjectMeta);

/// Longest entity tag that is remembered.
const LONGEST_TAG: usize = 256;

impl ObjectFacts {
    fn of(meta: &ObjectMeta) -> Option<Box<Validators>> {
        let tag = meta.e_tag.clone().filter(|tag| tag.len() <= LONGEST_TAG);
        // A store that says no time has the library say the beginning of all times.
        let has_time = meta.last_modified.timestamp() > 0;
        (tag.is_some() || has_time).then(|| {
            Box::new(Validators::Object(Self(ObjectMeta {
                // What was asked for is known by whoever asks again.
                location: object_store::path::Path::ROOT,
                e_tag: tag,
                // No condition needs it, and it has no limit.
                version: None,
                ..meta.clone()
            })))
        })
    }

    /// A tag is the better of the two, and not every store takes both.
    fn condition(&self) -> GetOptions {
        let meta = &self.0;
        GetOptions {
            if_none_match: meta.e_tag.clone(),
            if_modified_since: meta.e_tag.is_none().then_some(meta.last_modified),
            ..GetOptions::default()
        }
    }
}

/// A store, opened: credentials' files have been read.
#[derive(Debug)]
pub(super) struct OpenStore {
    store: Arc<dyn ObjectStore>,
    bucket: Bucket,
    timeout: Duration,
}

impl OpenStore {
    /// Asks nobody yet.
    ///
    /// # Errors
    /// Credentials that can't be read, or aren't whole.
    pub(super) fn open(settings: &StoreSettings, dialler: Dialler) -> io::Result<Self> {
        let transport = Transport::new(dialler, settings.access.places.clone());
        let (bucket, access) = (&settings.bucket, &settings.access);
        let store = build::build(
            bucket,
            &settings.variables,
            access,
            transport,
            settings.timeout,
        );
        Ok(Self {
            store: store.map_err(|error| io::Error::other(format!("object_store: {error}")))?,
            bucket: bucket.clone(),
            timeout: settings.timeout,
        })
    }

    pub(super) fn within(self, admission: Admission, max_bytes: u64) -> Store {
        Store {
            open: self,
            admission,
            max_bytes,
        }
    }
}

/// A store that is read.
#[derive(Debug)]
pub(super) struct Store {
    open: OpenStore,
    /// Whose upload memory objects are put into.
    admission: Admission,
    /// Bytes of an object, at most.
    max_bytes: u64,
}

impl Store {
    /// Gets an object within the time for it, unless it still is what the condition says.
    ///
    /// As with URLs, a fetch is shared, so its end is not any one request's deadline.
    pub(super) async fn fetch(
        &self,
        key: &ObjectKey,
        known: Option<Box<Validators>>,
    ) -> Result<Fetched, Error> {
        let fetched = timeout(self.open.timeout, self.get(key, known)).await;
        fetched.unwrap_or_else(|_elapsed| {
            tracing::warn!("a store is too slow");
            Err(Error::Timeout)
        })
    }

    async fn get(&self, key: &ObjectKey, known: Option<Box<Validators>>) -> Result<Fetched, Error> {
        let facts = known.as_deref().and_then(|known| match known {
            Validators::Object(facts) => Some(facts),
            Validators::File(_) | Validators::Url { .. } => None,
        });
        let mut options = facts.map_or_else(GetOptions::default, ObjectFacts::condition);
        let witness = Witness::default();
        options.extensions.insert(witness.clone());
        let path = self.open.bucket.path(key);
        let object = match self.open.store.get_opts(&path, options).await {
            Ok(object) => object,
            Err(object_store::Error::NotModified { .. }) if facts.is_some() => {
                return Ok(Fetched::Unchanged);
            }
            Err(error) => return Err(failed(&error, witness.status())),
        };
        let size = object.meta.size;
        if size > self.max_bytes {
            return Err(Error::TooLarge {
                limit: self.max_bytes,
                actual: Some(size),
            });
        }
        let validators = ObjectFacts::of(&object.meta);
        let mut collected = Collected::new(self.admission.upload(size)?, Some(size));
        let (mut stream, mut left) = (object.into_stream(), size);
        while let Some(piece) = next(&mut stream).await {
            let piece = piece.map_err(|error| failed(&error, witness.status()))?;
            // The memory is for what was announced.
            let more = left.checked_sub(piece.len() as u64);
            left = more.ok_or(Error::Failed(Failure::Broken))?;
            collected.add(&piece)?;
        }
        if left > 0 {
            return Err(Error::Failed(Failure::Broken));
        }
        Ok(Fetched::New {
            source: collected.finish().ok_or(Error::Empty)?,
            validators,
        })
    }
}

type Pieces = Pin<Box<dyn Stream<Item = object_store::Result<Bytes>> + Send>>;

async fn next(stream: &mut Pieces) -> Option<object_store::Result<Bytes>> {
    poll_fn(|task| stream.as_mut().poll_next(task)).await
}

#[cfg(test)]
mod tests;
