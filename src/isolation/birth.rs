//! How codec processes come to be: the zygote is asked for one.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::process::Process;
use super::wire::{self, Birth, Born, Ended};
use super::{Isolation, lock};

/// For the zygote to end a process and fork another. Takes a millisecond, unless the machine is out of its depth.
const BIRTH_TIMEOUT: Duration = Duration::from_secs(10);

impl Isolation {
    /// Has the zygote end a process, if there is one to end, and fork another.
    pub(super) fn bear(&self, end: Option<i32>) -> io::Result<(Process, Option<Ended>)> {
        let gone = || io::Error::other("the process that makes processes is gone");
        // What it may still say is the answer to another question.
        if self.is_broken() {
            return Err(gone());
        }
        if let Some(pid) = end {
            lock(&self.0.living).ends(pid);
        }
        let (born, descriptors) = self.ask(end).map_err(|error| {
            self.0.broken.store(true, Ordering::Relaxed);
            error.unwrap_or_else(gone)
        })?;
        match born {
            Born::Alive { pid, ended } => {
                let process = Process::new(pid, descriptors)?;
                self.note_walls(process.enforced(BIRTH_TIMEOUT)?)?;
                lock(&self.0.living).begins(pid);
                Ok((process, ended))
            }
            Born::Refused(error) => Err(io::Error::other(error)),
        }
    }

    /// One question to the zygote, and its answer; no error is one that says nothing more.
    fn ask(&self, end: Option<i32>) -> Result<(Born, Vec<OwnedFd>), Option<io::Error>> {
        let zygote = lock(&self.0.zygote);
        wire::send(&*zygote, &Birth { end }, &[])?;
        if !wire::wait(&*zygote, BIRTH_TIMEOUT)? {
            return Err(None);
        }
        wire::receive_with(&*zygote)?.ok_or(None)
    }
}
