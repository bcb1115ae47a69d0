//! Memory that two processes share: a file goes in on one side and comes out on the other.
//!
//! It is read and written by calls, not mapped: nothing then depends on what the other process does to it meanwhile.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::fs::{MemfdFlags, fstat, ftruncate, memfd_create};
use rustix::io::{pread, pwrite};

/// A file in memory, without a name in any folder. One side writes, tells, and then the other reads.
#[derive(Debug)]
pub(super) struct Memory(OwnedFd);

impl Memory {
    /// Empty.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(memfd_create("pixmill-picture", MemfdFlags::CLOEXEC)?))
    }

    /// Lays files in one after the other, from its start on. What lay there is overwritten as far as they reach.
    ///
    /// # Errors
    /// The system has no memory.
    pub(super) fn write(&self, files: &[&[u8]]) -> io::Result<()> {
        let mut at = 0;
        for file in files {
            let mut rest = *file;
            while !rest.is_empty() {
                let written = pwrite(&self.0, rest, at)?;
                rest = rest.get(written..).unwrap_or_default();
                at += written as u64;
            }
        }
        Ok(())
    }

    /// Takes the first `length` bytes out, in place of what `into` holds.
    ///
    /// # Errors
    /// There are fewer, or there is no memory for them.
    pub(super) fn read(&self, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        into.clear();
        into.try_reserve_exact(length).map_err(io::Error::other)?;
        while into.len() < length {
            let at = into.len() as u64;
            if pread(&self.0, spare_capacity(into), at)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        // More may have been there: the end of what was longer.
        into.truncate(length);
        Ok(())
    }

    /// Gives what lies beyond `kept` bytes back to the system.
    pub(super) fn trim(&self, kept: u64) -> io::Result<()> {
        if u64::try_from(fstat(&self.0)?.st_size).unwrap_or(u64::MAX) > kept {
            ftruncate(&self.0, kept)?;
        }
        Ok(())
    }
}

impl From<OwnedFd> for Memory {
    fn from(descriptor: OwnedFd) -> Self {
        Self(descriptor)
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
