//! A codec process, as the server sees it.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use super::memory::Memory;
use super::wire::{self, Hello, Order, Reply};
use crate::checkpoint::{Checkpoint, Stop};
use crate::os::CpuClock;
use crate::sandbox::Enforced;

/// How often a wait looks at the checkpoint: this long after a stop, no work is done for it.
const TICK: Duration = Duration::from_millis(5);

/// What came of waiting for one.
#[derive(Debug)]
pub(super) enum Awaited {
    /// It has replied.
    Reply(Reply),
    /// Nobody waits for it any more.
    Stopped(Stop),
    /// It has taken more time than such work may.
    Overdue,
    /// It has ended by itself.
    Lost(io::Error),
}

/// One of them. It ends when this is dropped, once it has done what it is doing.
#[derive(Debug)]
pub(super) struct Process {
    /// Its id.
    pub(super) pid: i32,
    socket: OwnedFd,
    memory: Memory,
}

impl Process {
    /// With what the zygote has sent along: the socket, then the memory.
    pub(super) fn new(pid: i32, descriptors: Vec<OwnedFd>) -> io::Result<Self> {
        let [socket, memory] = <[OwnedFd; 2]>::try_from(descriptors)
            .map_err(|_others| io::Error::other("the new process came without its descriptors"))?;
        Ok(Self {
            pid,
            socket,
            memory: memory.into(),
        })
    }

    /// What it has given up, which it says once, before anything else.
    ///
    /// # Errors
    /// It doesn't say so within that time, or has ended.
    pub(super) fn enforced(&self, within: Duration) -> io::Result<Enforced> {
        if !wire::wait(&self.socket, within)? {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let hello: Option<Hello> = wire::receive(&self.socket)?;
        Ok(hello.ok_or(io::ErrorKind::UnexpectedEof)?.enforced)
    }

    /// Lays the files into the shared memory and says what to do with them.
    ///
    /// # Errors
    /// The process has ended, or the system has no memory.
    pub(super) fn order(&self, files: &[&[u8]], order: &Order) -> io::Result<()> {
        self.memory.write(files)?;
        wire::send(&self.socket, order, &[])
    }

    /// Waits for its reply, with an eye on the checkpoint and on the processor time that it takes, `most` at most.
    pub(super) fn awaited(&self, checkpoint: &Checkpoint, most: Duration) -> Awaited {
        let clock = CpuClock::of_process(self.pid);
        let begun = clock.now();
        let used = || {
            clock
                .now()
                .unwrap_or_default()
                .saturating_sub(begun.unwrap_or_default())
        };
        loop {
            match self.reply(TICK) {
                Ok(Some(reply)) => return Awaited::Reply(reply),
                Ok(None) => {
                    if let Some(stop) = checkpoint.stopped() {
                        return Awaited::Stopped(stop);
                    }
                    if used() > most {
                        return Awaited::Overdue;
                    }
                }
                Err(error) => return Awaited::Lost(error),
            }
        }
    }

    /// What came of it; `None` if it isn't done within that time.
    ///
    /// # Errors
    /// The process has ended.
    fn reply(&self, within: Duration) -> io::Result<Option<Reply>> {
        if !wire::wait(&self.socket, within)? {
            return Ok(None);
        }
        match wire::receive(&self.socket)? {
            Some(reply) => Ok(Some(reply)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The picture that it has laid into the shared memory.
    pub(super) fn fetch(&self, length: u64) -> io::Result<Vec<u8>> {
        let mut file = Vec::new();
        self.memory.read(length, &mut file)?;
        Ok(file)
    }

    /// Gives shared memory beyond `kept` bytes back to the system.
    pub(super) fn trim(&self, kept: u64) -> io::Result<()> {
        self.memory.trim(kept)
    }
}
