//! What the processes say to each other, one packet each.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Ran, Stage};
use crate::codecs::pdf::Paper;
use crate::pipeline;
use crate::pipeline::plan::Plan;
use crate::sandbox::Enforced;

/// Codec process to server, before its first order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    /// What it can't do any more.
    pub(super) enforced: Enforced,
}

/// Server to codec process: what to do with the files that lie in the shared memory.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// Their lengths in bytes: the picture, then those that are drawn over it. They lie one behind the other.
    pub(super) lengths: Vec<u64>,
    /// What to do with them.
    pub(super) task: Task,
}

impl Order {
    /// For these files.
    pub(super) fn of(files: &[&[u8]], task: Task) -> Self {
        Self {
            lengths: files.iter().map(|file| file.len() as u64).collect(),
            task,
        }
    }
}

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// To make this of the first, over which the others are drawn. If it is a document, the page is known already.
    Make(Box<Plan>, Option<Paper>),
    /// To look what that page of a document is, from 0.
    Look(u32),
}

/// Processor time that a look may take: tables of thousands of pages take milliseconds.
const LOOK: Duration = Duration::from_secs(1);

impl Task {
    /// Processor time that it may take, whatever time its request has.
    pub(super) fn most_time(&self) -> Duration {
        match self {
            Self::Look(_) => LOOK,
            Self::Make(..) => Duration::MAX,
        }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Made {
    /// A picture of so many bytes, which lies in the shared memory now.
    Picture(u64),
    /// Nothing but what the page is.
    Page(Paper),
}

/// Codec process to server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    /// What was made, or why it wasn't.
    pub(super) made: Result<Made, Failure>,
    /// When decode, resize and encode ran, if they did: nanoseconds from the order to the first begin and to the last end, and of work.
    pub(super) stages: [Option<[u64; 3]>; 3],
    /// Nanoseconds from the order to this.
    pub(super) elapsed: u64,
    /// Bytes that the process has in memory.
    pub(super) resident_bytes: u64,
}

impl Reply {
    /// The stages that ran.
    pub(super) fn stages(&self) -> impl Iterator<Item = (Stage, Ran)> {
        let stages = STAGES.into_iter().zip(self.stages);
        stages.filter_map(|(stage, times)| {
            let [begin, end, busy] = times?.map(Duration::from_nanos);
            Some((stage, Ran { begin, end, busy }))
        })
    }
}

/// What a codec process does for a request, in the order of a reply.
pub(super) const STAGES: [Stage; 3] = [Stage::Decode, Stage::Resize, Stage::Encode];

/// Why there is no picture.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Failure {
    /// The pipeline says so.
    Pipeline(pipeline::Error),
    /// It panicked, at this place and with these words.
    Panicked(String),
}

/// Server to zygote: a new process, please.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Birth {
    /// The process to end before, and to wait for.
    pub(super) end: Option<i32>,
}

/// Zygote to server. With it come the socket and the shared memory of the new process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Born {
    /// It lives.
    Alive {
        /// Its id.
        pid: i32,
        /// How the old one ended.
        ended: Option<Ended>,
    },
    /// The system refused, with these words.
    Refused(String),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ended {
    /// It exited with this code.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
}

impl Ended {
    /// Whether it has ended as a program does that gets no memory: its allocator aborts it, and a stack that can't grow is a fault.
    pub(super) fn may_have_starved(self) -> bool {
        matches!(self, Self::Signalled(6 | 11))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::Exited(code) => return write!(f, "exit code {code}"),
            Self::Signalled(4) => "illegal instruction",
            Self::Signalled(6) => "aborted",
            Self::Signalled(7) => "bus error",
            Self::Signalled(8) => "arithmetic",
            Self::Signalled(9) => "killed, by the system if it had no memory left",
            Self::Signalled(11) => "segmentation fault",
            Self::Signalled(31) => "a system call that it may not make",
            Self::Signalled(number) => return write!(f, "signal {number}"),
        };
        f.write_str(name)
    }
}

/// The longest packet. Plans take a hundred bytes, words of an error a few hundred, the texts of ten steps 40,000.
const PACKET: usize = 64 << 10;

/// Descriptors that come with a packet, at most.
const DESCRIPTORS: usize = 2;

/// Both ends of a new connection; each packet arrives whole.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::UNIX,
        SocketType::SEQPACKET,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Sends a packet with descriptors. Never waits: nobody has two packets on the way.
pub(super) fn send(
    socket: impl AsFd,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let packet = postcard::to_stdvec(message).map_err(io::Error::other)?;
    if packet.len() > PACKET {
        return Err(io::Error::other("the packet is too long"));
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("too many descriptors"));
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    sendmsg(socket, &[IoSlice::new(&packet)], &mut control, flags)?;
    Ok(())
}

/// The next packet; `None` when the other end has closed. Waits for as long as it takes.
pub(super) fn receive<T: DeserializeOwned>(socket: impl AsFd) -> io::Result<Option<T>> {
    Ok(receive_with(socket)?.map(|(message, _)| message))
}

/// The same, with the descriptors that came along.
pub(super) fn receive_with<T: DeserializeOwned>(
    socket: impl AsFd,
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut packet = vec![0; PACKET];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::io::retry_on_intr(|| {
        recvmsg(
            &socket,
            &mut [IoSliceMut::new(&mut packet)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )
    })?;
    if received.bytes == 0 {
        return Ok(None);
    }
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Err(io::Error::other("the packet is too long"));
    }
    let descriptors = control
        .drain()
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        })
        .flatten()
        .collect();
    let packet = packet.get(..received.bytes).unwrap_or_default();
    let message = postcard::from_bytes(packet).map_err(io::Error::other)?;
    Ok(Some((message, descriptors)))
}

/// Whether there is something to receive, the end included, within that time.
pub(super) fn wait(socket: impl AsFd, time: Duration) -> io::Result<bool> {
    let end = Instant::now() + time;
    let mut socket = [PollFd::new(&socket, PollFlags::IN)];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut socket, Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            // A signal, which another thread attends to.
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
