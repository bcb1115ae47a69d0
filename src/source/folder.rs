//! `file=`: regular files beneath the mounted folder, read on threads of their own.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::{Collected, Error, Failure, Fetched, Unreadable, Validators};
use crate::admission::{self, Admission, Aside, Deadline};
use crate::checkpoint::Checkpoint;
use crate::os::Folder;

/// What is read at once: seldom enough to be quick, often enough to notice that nobody waits any more.
const PIECE: usize = 256 << 10;

/// The mounted folder.
#[derive(Debug)]
pub(super) struct Mount {
    pub(super) folder: Arc<Folder>,
    pub(super) aside: Aside,
    /// Whose upload memory files are read into.
    pub(super) admission: Admission,
    /// Bytes of a file, at most.
    pub(super) max_bytes: u64,
}

/// The path that the value of `file=` names, relative to the folder: percent-decoded once more, since clients of imaginary encode it twice.
pub(super) fn path(value: &str) -> Result<Vec<u8>, Error> {
    let decoded: Vec<u8> = percent_decode_str(value).collect();
    let start = decoded.iter().position(|&byte| byte != b'/');
    let path = start.and_then(|start| decoded.get(start..));
    match path {
        Some(path) if !path.contains(&0) => Ok(path.to_vec()),
        _ => Err(Error::Unreadable(Unreadable::File)),
    }
}

impl Mount {
    /// Reads a file, unless it is still what the condition says.
    pub(super) async fn fetch(
        &self,
        path: Vec<u8>,
        known: Option<&Validators>,
        deadline: Deadline,
        checkpoint: &Checkpoint,
    ) -> Result<Fetched, Error> {
        let folder = Arc::clone(&self.folder);
        let known = known.and_then(|known| match known {
            Validators::File(facts) => Some(*facts),
            Validators::Object(_) | Validators::Url { .. } => None,
        });
        let (admission, checkpoint) = (self.admission.clone(), checkpoint.clone());
        let max_bytes = self.max_bytes;
        let errand = move || {
            let opened = folder.open_file(OsStr::from_bytes(&path)).map_err(failed)?;
            let (file, facts) = opened.ok_or(Error::Unreadable(Unreadable::File))?;
            if known == Some(facts) {
                return Ok(Fetched::Unchanged);
            }
            let collected = read(file, facts.size, max_bytes, &admission, &checkpoint)?;
            Ok(Fetched::New {
                source: collected.finish().ok_or(Error::Empty)?,
                validators: Some(Box::new(Validators::File(facts))),
            })
        };
        self.aside.run(deadline, errand).await?
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn failed(error: std::io::Error) -> Error {
    tracing::warn!(%error, "a file can't be read");
    Error::Failed(Failure::Disk)
}

fn read(
    mut file: File,
    size: u64,
    max_bytes: u64,
    admission: &Admission,
    checkpoint: &Checkpoint,
) -> Result<Collected, Error> {
    if size > max_bytes {
        return Err(Error::TooLarge {
            limit: max_bytes,
            actual: Some(size),
        });
    }
    let mut collected = Collected::new(admission.upload(size)?, Some(size));
    let mut piece = vec![0; PIECE];
    let mut left = size;
    // One that grows meanwhile is read as it was when it was opened.
    while left > 0 {
        if checkpoint.stopped().is_some() {
            return Err(admission::Error::Cancelled.into());
        }
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let read = match file.read(piece.get_mut(..most).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        collected.add(piece.get(..read).unwrap_or_default())?;
        left -= read as u64;
    }
    Ok(collected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_once_more() {
        for (value, expected) in [
            ("odd.png", Some("odd.png")),
            ("/odd.png", Some("odd.png")),
            ("///sub/odd.png", Some("sub/odd.png")),
            ("a%20b.png", Some("a b.png")),
            ("100%.png", Some("100%.png")),
            // What this would lead to is for the folder to refuse.
            ("%2e%2e%2fcases.json", Some("../cases.json")),
            ("%00", None),
            ("a.png%00.jpg", None),
            ("", None),
            ("/", None),
        ] {
            let got = path(value).ok();
            assert_eq!(got.as_deref(), expected.map(str::as_bytes), "{value}");
        }
    }
}
