//! The bytes of a picture on their way in, wherever they come from: hashed, and covered by upload memory.

use std::sync::Arc;

use bytes::Bytes;

use crate::admission::{self, Lease};

/// A picture as it came in.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub bytes: Bytes,
    /// Its BLAKE3 digest.
    pub digest: [u8; 32],
    /// The upload memory it holds, for all who share it.
    pub lease: Arc<Lease>,
}

/// The bytes of a picture so far.
#[derive(Debug)]
pub struct Collected {
    bytes: Vec<u8>,
    hasher: blake3::Hasher,
    lease: Lease,
    /// The lease covers the whole body, whatever is in it.
    is_covered: bool,
}

impl Collected {
    /// Nothing yet. `lease` is for the `announced` bytes, or for none.
    pub fn new(lease: Lease, announced: Option<u64>) -> Self {
        let capacity = announced.and_then(|length| usize::try_from(length).ok());
        Self {
            bytes: Vec::with_capacity(capacity.unwrap_or(0)),
            hasher: blake3::Hasher::new(),
            lease,
            is_covered: announced.is_some(),
        }
    }

    /// Adds some more.
    ///
    /// # Errors
    /// `Overloaded` when there is no upload memory left for it.
    pub fn add(&mut self, data: &[u8]) -> Result<(), admission::Error> {
        self.cover(data.len())?;
        let spare = self.bytes.capacity() - self.bytes.len();
        if spare < data.len() {
            // As much as is granted, which for what has no announced length grows with it.
            let granted = usize::try_from(self.lease.bytes()).unwrap_or(usize::MAX);
            let more = granted.saturating_sub(self.bytes.len());
            self.bytes.reserve_exact(more.max(data.len()));
        }
        self.hasher.update(data);
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    /// Makes sure of upload memory for so many bytes beside those that are here.
    ///
    /// # Errors
    /// `Overloaded` when there is none left.
    pub fn cover(&mut self, more: usize) -> Result<(), admission::Error> {
        if !self.is_covered {
            self.lease.cover((self.bytes.len() + more) as u64)?;
        }
        Ok(())
    }

    /// Whether nothing is here.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Begins anew: another part is the picture.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.hasher.reset();
    }

    /// The whole picture; `None` if there is nothing of it.
    pub fn finish(mut self) -> Option<Source> {
        self.lease.arrive();
        let digest = *self.hasher.finalize().as_bytes();
        (!self.bytes.is_empty()).then(|| Source {
            bytes: self.bytes.into(),
            digest,
            lease: Arc::new(self.lease),
        })
    }
}
