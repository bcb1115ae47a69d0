//! Why there is no answer: the errors of the layers below, in one type.

use crate::admission;
use crate::checkpoint::Stop;
use crate::codecs;
use crate::pipeline::{self, plan};
use crate::source;

/// Why there is no answer, by the layer that saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The picture can't be read or written.
    Codec(codecs::Error),
    /// The picture that is to be drawn over it can't be read.
    Watermark(codecs::Error),
    /// The plan is out of limits.
    Plan(plan::Error),
    /// Overload, deadline, cancel, panic.
    Admission(admission::Error),
    /// The source gave no picture.
    Source(source::Error),
    /// The pipeline failed where it must not; for the log.
    Internal(String),
}

impl Error {
    /// Whether it is only a matter of load, and another try may succeed.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Admission(
                admission::Error::Overloaded { .. }
                    | admission::Error::QueueTimeout { .. }
                    | admission::Error::WorkTimeout
            )
        )
    }
}

impl From<codecs::Error> for Error {
    fn from(error: codecs::Error) -> Self {
        match error {
            codecs::Error::Stopped(Stop::Cancelled) => Self::Admission(admission::Error::Cancelled),
            codecs::Error::Stopped(Stop::Deadline) => {
                Self::Admission(admission::Error::WorkTimeout)
            }
            other => Self::Codec(other),
        }
    }
}

impl From<pipeline::Error> for Error {
    fn from(error: pipeline::Error) -> Self {
        match error {
            pipeline::Error::Codec(error) => error.into(),
            pipeline::Error::Internal(detail) => Self::Internal(detail),
        }
    }
}

impl From<plan::Error> for Error {
    fn from(error: plan::Error) -> Self {
        Self::Plan(error)
    }
}

impl From<admission::Error> for Error {
    fn from(error: admission::Error) -> Self {
        Self::Admission(error)
    }
}

impl From<source::Error> for Error {
    fn from(error: source::Error) -> Self {
        match error {
            source::Error::Admission(error) => Self::Admission(error),
            other => Self::Source(other),
        }
    }
}
