//! Pixel work in processes of its own: a codec that crashes, or never ends, costs one request.
//!
//! Three kinds of processes run one binary. The *server* holds the sockets. The *zygote* is
//! forked before the server has threads, and is the only one that makes processes. *Codec
//! processes*, forked by it, take an order and a file and give a picture back, one after the other; they
//! are ended by a signal when their order's deadline has passed or its client has gone. Files go through memory that
//! a codec process shares with the server, orders and replies through a socket between both.
//!
//! Knows plans and what they give. Nothing of HTTP, queues or why work is stopped.

mod birth;
mod child;
mod figures;
mod living;
mod memory;
mod process;
mod walls;
mod wire;
mod zygote;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::figures::Figures;
use self::living::Living;
use self::process::{Awaited, Process};
use self::wire::{Ended, Failure, Made, Order, Reply, Task};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::Header;
use crate::codecs::pdf::{self, Paper};
use crate::os::{self, CpuClock};
use crate::pipeline::Error;
use crate::pipeline::plan::Plan;
use crate::sandbox::{self, Enforced};

/// How codec processes are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What each gives up before its first order.
    pub sandbox: sandbox::Mode,
    /// How much lower than the server's their OS priority is, 0 to 19.
    pub nice: u8,
    /// Bytes of address space that each may have: what pixels and a source may take, and some for the code.
    pub address_space: u64,
    /// Bytes that each keeps between two orders: of shared memory, of the source's buffer, and of the pipeline's, so many each.
    pub kept: u64,
}

/// On which side of the fork [`start`] has returned.
#[derive(Debug)]
pub enum Side<T> {
    /// The server's, with what it alone may have. Work can be given away.
    Server(Isolation, T),
    /// A zygote's or a codec process's, whose server has gone: there is nothing left to do but exit.
    Ended,
}

/// A cheap handle on the codec processes.
#[derive(Clone, Debug)]
pub struct Isolation(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    zygote: Mutex<OwnedFd>,
    idle: Mutex<Vec<Process>>,
    living: Mutex<Living>,
    /// The least that is in force in any of them; `None` before there is one.
    enforced: Mutex<Option<Enforced>>,
    broken: AtomicBool,
    crashed: AtomicU64,
    stopped: AtomicU64,
}

/// Forks the zygote, which has nothing of what is `held` by the server. Returns in each of its descendants, too.
///
/// # Errors
/// The process has threads already, or the system refuses a process.
pub fn start<T>(settings: Settings, held: T) -> io::Result<Side<T>> {
    let (ours, theirs) = wire::pair()?;
    match os::fork()? {
        os::Fork::Child => {
            drop((ours, held));
            zygote::serve(theirs, settings);
            Ok(Side::Ended)
        }
        os::Fork::Parent(_) => {
            let isolation = Isolation(Arc::new(Inner {
                settings,
                zygote: Mutex::new(ours),
                idle: Mutex::default(),
                living: Mutex::default(),
                enforced: Mutex::default(),
                broken: AtomicBool::new(false),
                crashed: AtomicU64::new(0),
                stopped: AtomicU64::new(0),
            }));
            Ok(Side::Server(isolation, held))
        }
    }
}

impl Isolation {
    /// Makes the planned picture of the first of `files`, whose header is given, in another process, over which the others are drawn. Blocks; called on a worker.
    ///
    /// # Errors
    /// As [`crate::pipeline::run`]; `Internal` when the process ended before it was done.
    pub fn run(
        &self,
        files: &[&[u8]],
        header: &Header,
        plan: &Plan,
        checkpoint: &Checkpoint,
    ) -> Result<Vec<u8>, Error> {
        let first = files.first().map_or(0, |file| file.len() as u64);
        let task = Task::Make(Box::new(plan.clone()), pdf::paper(header, first));
        match self.done(files, task, checkpoint)? {
            (process, Made::Picture(length)) => self.fetched(process, length, plan.cost.peak_bytes),
            (process, Made::Page(_)) => Err(self.astray(&process)),
        }
    }

    /// Looks in another process what a page of a document is, from 0. Blocks; called on a worker.
    ///
    /// # Errors
    /// As [`crate::codecs::pdf::look`]; `Internal` when the process ended before it was done.
    pub fn look(&self, file: &[u8], page: u32, checkpoint: &Checkpoint) -> Result<Paper, Error> {
        match self.done(&[file], Task::Look(page), checkpoint)? {
            (process, Made::Page(paper)) if paper.may_be(page) => {
                self.rest(process);
                Ok(paper)
            }
            (process, _) => Err(self.astray(&process)),
        }
    }

    /// Has a process do the task, which then waits for the next once its picture is fetched.
    fn done(
        &self,
        files: &[&[u8]],
        task: Task,
        checkpoint: &Checkpoint,
    ) -> Result<(Process, Made), Error> {
        checkpoint.check(Stage::Decode)?;
        let most = task.most_time();
        let process = self.ordered(files, &Order::of(files, task))?;
        let clock = CpuClock::of_process(process.pid);
        checkpoint.clocked(move || clock.now());
        let awaited = process.awaited(checkpoint, most);
        // While it still lives.
        checkpoint.unclocked();
        let reply = match awaited {
            Awaited::Reply(reply) => reply,
            Awaited::Stopped(stop) => {
                self.replace(&process, &self.0.stopped);
                return Err(stop.into());
            }
            Awaited::Overdue => {
                self.replace(&process, &self.0.stopped);
                return Err(pdf::overlong().into());
            }
            Awaited::Lost(error) => return Err(self.lost(&process, &error, files)),
        };
        self.note(&process, &reply);
        let ago = Duration::from_nanos(reply.elapsed);
        checkpoint.credit(ago, reply.stages());
        match reply.made {
            Ok(made) => Ok((process, made)),
            Err(Failure::Pipeline(error)) => {
                self.rest(process);
                Err(error)
            }
            // Whatever it left behind is not worth a look.
            Err(Failure::Panicked(words)) => {
                self.replace(&process, &self.0.crashed);
                Err(Error::Internal(format!("a codec panicked at {words}")))
            }
        }
    }

    /// A process that was taken over may say anything.
    fn astray(&self, process: &Process) -> Error {
        self.replace(process, &self.0.crashed);
        Error::Internal("a codec process did what it wasn't asked for".to_owned())
    }

    /// Whether no process can be had any more: only a restart of the server helps.
    pub fn is_broken(&self) -> bool {
        self.0.broken.load(Ordering::Relaxed)
    }

    /// A process that has taken the order.
    fn ordered(&self, files: &[&[u8]], order: &Order) -> Result<Process, Error> {
        loop {
            let idle = lock(&self.0.idle).pop();
            let Some(process) = idle else { break };
            if process.order(files, order).is_ok() {
                return Ok(process);
            }
            // It ended while nobody looked: somebody else's fault.
            self.replace(&process, &self.0.crashed);
            if self.is_broken() {
                break;
            }
        }
        let process = self.bear(None).map_err(|error| internal(&error))?.0;
        process
            .order(files, order)
            .map_err(|error| self.lost(&process, &error, &[]))?;
        Ok(process)
    }

    /// The picture that a process has made, which then waits for the next order.
    fn fetched(&self, process: Process, length: u64, most: u64) -> Result<Vec<u8>, Error> {
        // A process that was taken over may say anything.
        if length > most {
            self.replace(&process, &self.0.crashed);
            return Err(Error::Internal(format!(
                "a codec process announced {length} bytes of at most {most}"
            )));
        }
        let file = process
            .fetch(length)
            .map_err(|error| self.lost(&process, &error, &[]))?;
        self.rest(process);
        Ok(file)
    }

    /// Lets a process wait for the next order.
    fn rest(&self, process: Process) {
        if process.trim(self.0.settings.kept).is_ok() {
            lock(&self.0.idle).push(process);
        } else {
            self.replace(&process, &self.0.crashed);
        }
    }

    /// A process ended before it was done with `files`: another takes its place; what to say.
    fn lost(&self, process: &Process, error: &io::Error, files: &[&[u8]]) -> Error {
        let ended = self.succeed(process);
        let is_document = files.first().is_some_and(|file| pdf::is(file));
        if is_document && ended.is_some_and(Ended::may_have_starved) {
            // It had no more memory than the work was granted, as was meant: the document is at fault.
            self.0.stopped.fetch_add(1, Ordering::Relaxed);
            return pdf::overdone().into();
        }
        self.0.crashed.fetch_add(1, Ordering::Relaxed);
        Error::Internal(match ended {
            Some(ended) => format!("a codec process ended: {ended}"),
            None => format!("a codec process was lost: {error}"),
        })
    }

    /// Ends a process if it hasn't ended yet, and puts another in its place; how the old one ended.
    fn replace(&self, process: &Process, counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
        let _ended = self.succeed(process);
    }

    /// The same without a count; how the old one ended.
    fn succeed(&self, process: &Process) -> Option<Ended> {
        match self.bear(Some(process.pid)) {
            Ok((born, ended)) => {
                lock(&self.0.idle).push(born);
                ended
            }
            // Whoever comes next finds none idle, and is told.
            Err(_refused) => None,
        }
    }

    /// Notes what a process said of itself. One that was taken over may say anything.
    fn note(&self, process: &Process, reply: &Reply) {
        let resident = reply.resident_bytes.min(self.0.settings.address_space);
        lock(&self.0.living).holds(process.pid, resident);
    }
}

fn internal(error: &io::Error) -> Error {
    Error::Internal(format!("no codec process: {error}"))
}

/// Nothing that is locked here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
