//! The process that makes processes. It has one thread and nothing else to do, so that a fork of it is whole.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};

use super::memory::Memory;
use super::wire::{self, Birth, Born, Ended};
use super::{Settings, child};
use crate::os::{self, Fork};

/// Forks a codec process for each packet on `control`, until the server has gone. Returns in the forked processes, too, once they are done.
pub(super) fn serve(control: OwnedFd, settings: Settings) {
    os::become_helper("pixmill-zygote");
    let mut children = Children::default();
    while let Ok(Some(Birth { end })) = wire::receive(&control) {
        children.reap();
        let ended = end.and_then(|pid| children.end(pid));
        let told = match bear() {
            Ok(Newborn::Here { socket, memory }) => {
                // What the server says to the zygote is nothing for a process that may be taken over.
                drop(control);
                child::serve(&socket, &memory, settings);
                return;
            }
            Ok(Newborn::There {
                pid,
                socket,
                memory,
            }) => {
                children.0.insert(pid, None);
                let born = Born::Alive { pid, ended };
                wire::send(&control, &born, &[socket.as_fd(), memory.as_fd()]).or_else(|error| {
                    children.end(pid);
                    wire::send(&control, &Born::Refused(error.to_string()), &[])
                })
            }
            Err(error) => wire::send(&control, &Born::Refused(error.to_string()), &[]),
        };
        if told.is_err() {
            return;
        }
    }
}

/// The processes that were forked here and not yet asked for, and how those ended that have.
#[derive(Default)]
struct Children(BTreeMap<i32, Option<Ended>>);

impl Children {
    /// Takes note of those that ended unasked.
    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = waitpid(None, WaitOptions::NOHANG) {
            self.0.insert(pid.as_raw_pid(), how(status));
        }
    }

    /// Ends one, and tells how it ended, which is another way if it was before this. Nobody's else is touched.
    fn end(&mut self, pid: i32) -> Option<Ended> {
        if let Some(ended) = self.0.remove(&pid)? {
            return Some(ended);
        }
        // It hasn't been waited for, so that its id is its own until then.
        let pid = Pid::from_raw(pid)?;
        let _ended_already = kill_process(pid, Signal::KILL);
        let (_, status) = rustix::io::retry_on_intr(|| waitpid(Some(pid), WaitOptions::empty()))
            .ok()
            .flatten()?;
        how(status)
    }
}

/// A new process, seen from either side.
enum Newborn {
    /// This is it.
    Here { socket: OwnedFd, memory: Memory },
    /// It is another, and these are the server's ends.
    There {
        pid: i32,
        socket: OwnedFd,
        memory: Memory,
    },
}

fn bear() -> io::Result<Newborn> {
    let (ours, theirs) = wire::pair()?;
    let memory = Memory::new()?;
    Ok(match os::fork()? {
        Fork::Child => Newborn::Here {
            socket: theirs,
            memory,
        },
        Fork::Parent(pid) => Newborn::There {
            pid,
            socket: ours,
            memory,
        },
    })
}

fn how(status: WaitStatus) -> Option<Ended> {
    status
        .exit_status()
        .map(Ended::Exited)
        .or_else(|| status.terminating_signal().map(Ended::Signalled))
}
