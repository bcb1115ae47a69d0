//! Frames of HEVC, which make a HEIC file, in programs that are built to read them.

#[cfg(feature = "heic")]
mod configuration;
#[cfg(feature = "heic")]
mod library;
#[cfg(not(feature = "heic"))]
#[path = "absent.rs"]
mod library;
#[cfg(feature = "heic")]
mod watched;

pub(super) use self::library::{decode, sequence};

/// What such a file is to a program that doesn't read it.
pub(in crate::codecs) const UNREAD: &str =
    "a HEIC image, which this program was built without a reader for";

/// Whether this program reads such files.
pub(in crate::codecs) const IS_BUILT: bool = cfg!(feature = "heic");
