//! Why there are no bytes, by fault.

use std::fmt;

use crate::admission;

/// Why a source gave no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// What was asked for can't be a source at all.
    Unreadable(Unreadable),
    /// It may not be asked, or there is no such place: which of these is for the log alone.
    Forbidden(Refusal),
    /// It was asked, and has nothing by that name.
    Absent,
    /// It was asked, and failed.
    Failed(Failure),
    /// It took too long.
    Timeout,
    /// It is larger than what is taken, in bytes.
    TooLarge {
        /// What is taken at most.
        limit: u64,
        /// What it says that it is, if it does.
        actual: Option<u64>,
    },
    /// It has no bytes.
    Empty,
    /// There is no memory for it, or no time.
    Admission(admission::Error),
}

/// What can't be a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// No absolute `http` or `https` URL.
    Url,
    /// No regular file beneath the folder.
    File,
    /// No key of an object.
    Object,
}

/// Why a place is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Sources of this kind are switched off.
    Kind,
    /// It has a user's name or a password in it.
    Credentials,
    /// The origin is not among those that may be asked.
    Origin,
    /// The port is not.
    Port,
    /// It has an address that is not public.
    Address,
    /// Its name has no address.
    Name,
}

/// How a source failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, or no TLS on it.
    Unreachable,
    /// An answer with this status, which brings no picture.
    Status(u16),
    /// An answer that is no HTTP, that is encoded, or that breaks off.
    Broken,
    /// More redirects than are followed, or one that leads nowhere.
    Redirects,
    /// The disk.
    Disk,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("no connection could be made"),
            Self::Status(status) => write!(f, "it answered with status {status}"),
            Self::Broken => f.write_str("its answer is broken, or breaks off"),
            Self::Redirects => f.write_str("it redirects too often, or to nowhere"),
            Self::Disk => f.write_str("the file can't be read"),
        }
    }
}

impl From<admission::Error> for Error {
    fn from(error: admission::Error) -> Self {
        match error {
            admission::Error::WorkTimeout | admission::Error::QueueTimeout { .. } => Self::Timeout,
            other => Self::Admission(other),
        }
    }
}
