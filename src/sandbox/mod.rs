//! What the process gives up before it reads a byte of a stranger's: files, other programs, other processes, connections of its own.
//!
//! Two walls that know nothing of each other. Landlock forbids kinds of things (paths, ports, signals); seccomp lets through only
//! the system calls in `calls.rs`. Both bind whatever thread is started afterwards and can't be undone. `main` and commands on files
//! alone put them up, before there is a second thread: a test runs the server in its own process.
//!
//! No limit on file sizes: it would hit a log that goes to a file, and no other file can be opened anyway.

mod calls;
pub mod check;
mod filter;
mod groups;
mod landlock;

use std::fmt;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixDatagram;

use serde::{Deserialize, Serialize};

use crate::os;

/// How much is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All of it, or no start.
    Require,
    /// What the kernel offers.
    Prefer,
    /// Nothing.
    Off,
}

/// What a server can't do without.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs<'a> {
    /// Codecs run in processes of their own, which it feeds.
    pub children: bool,
    /// Files beneath these folders are read.
    pub folders: &'a [BorrowedFd<'a>],
    /// Files beneath these folders are made, replaced and removed.
    pub written: &'a [BorrowedFd<'a>],
    /// Files beneath this folder are opened by their paths, by a library.
    pub tokens: Option<BorrowedFd<'a>>,
    /// Threads are looked at by timers, for operators.
    pub profiles: bool,
    /// Connections are made to these TCP ports, and name servers are asked; or none are made at all.
    pub ports: Option<&'a [u16]>,
}

/// Who gives things up.
#[derive(Clone, Copy, Debug)]
pub enum Profile<'a> {
    /// A server whose listener is bound, and whose threads are not started.
    Server(Needs<'a>),
    /// A command on files, whose threads are not started.
    Files(Needs<'a>),
    /// A process of one thread that decodes and encodes what comes over sockets that it has.
    Codec,
}

/// How much of landlock is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// Nothing.
    #[default]
    None,
    /// What an older kernel knows.
    Part,
    /// Everything.
    Full,
}

/// What is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    /// Landlock.
    pub landlock: Level,
    /// The version of the kernel's landlock, 0 where it has none.
    pub landlock_version: u32,
    /// Whether seccomp filters every thread's calls.
    pub seccomp: bool,
    /// Whether programs can't gain rights.
    pub no_new_privileges: bool,
    /// What was wanted and isn't in force, and why.
    pub missing: Vec<String>,
}

impl Enforced {
    /// What is in force both here and there.
    #[must_use]
    pub fn least(&self, other: Self) -> Self {
        let mut missing = self.missing.clone();
        missing.extend(other.missing);
        missing.sort();
        missing.dedup();
        Self {
            landlock: self.landlock.min(other.landlock),
            landlock_version: self.landlock_version.min(other.landlock_version),
            seccomp: self.seccomp && other.seccomp,
            no_new_privileges: self.no_new_privileges && other.no_new_privileges,
            missing,
        }
    }
}

impl fmt::Display for Enforced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switch = |on| if on { "on" } else { "off" };
        let landlock = match self.landlock {
            Level::None => "off",
            Level::Part => "in part",
            Level::Full => "on",
        };
        write!(
            f,
            "landlock {landlock} (version {}), seccomp {}, no_new_privs {}",
            self.landlock_version,
            switch(self.seccomp),
            switch(self.no_new_privileges),
        )
    }
}

/// Gives up what `profile` doesn't need, for good, and tries whether it is gone.
///
/// To be called while there is one thread. Never fails: with [`Mode::Require`] the caller has to end if anything is [missing](Enforced::missing).
/// What is read from `/proc` has to be open by then, see [`os::open_own_figures`].
pub fn apply(mode: Mode, profile: Profile<'_>) -> Enforced {
    let mut enforced = Enforced::default();
    if mode == Mode::Off {
        return enforced;
    }
    os::keep_memory_private();
    enforced.no_new_privileges = os::renounce_privileges();
    if !enforced.no_new_privileges {
        enforced.missing.push("no_new_privs: refused".to_owned());
    }
    let needs = match profile {
        Profile::Server(needs) | Profile::Files(needs) => needs,
        Profile::Codec => Needs::default(),
    };
    restrict_files(needs, &mut enforced);
    restrict_calls(profile, &mut enforced);
    enforced
}

/// Says in the log what is in force in a kind of process.
pub fn tell(process: &'static str, mode: Mode, enforced: &Enforced) {
    let missing = enforced.missing.join("; ");
    match mode {
        Mode::Off => tracing::info!(process, "no sandbox, as configured"),
        _ if missing.is_empty() => tracing::info!(process, %enforced, "sandbox"),
        _ => tracing::warn!(process, %enforced, missing, "sandbox, but not all of it"),
    }
}

/// Why a server that requires all of it doesn't start.
pub fn refusal(missing: &str) -> String {
    format!("sandbox = \"require\", but not all of it can be had: {missing}")
}

fn restrict_files(needs: Needs<'_>, enforced: &mut Enforced) {
    match landlock::apply(needs) {
        Ok((level, version)) => {
            (enforced.landlock, enforced.landlock_version) = (level, version);
            if level != Level::Full {
                enforced.missing.push(format!(
                    "landlock: {}",
                    if version == 0 {
                        "the kernel has none, or isn't allowed to use it".to_owned()
                    } else {
                        format!("the kernel's version {version} knows a part only, 6 is the first to know all")
                    }
                ));
            }
        }
        Err(error) => enforced.missing.push(format!("landlock: {error}")),
    }
    // Every file system has a root, and it is never what may be read.
    if enforced.landlock != Level::None && !is_refused(File::open("/")) {
        enforced.landlock = Level::None;
        enforced
            .missing
            .push("landlock: in force, but files can be opened".to_owned());
    }
}

fn restrict_calls(profile: Profile<'_>, enforced: &mut Enforced) {
    let calls = match profile {
        Profile::Server(needs) => calls::server(needs),
        Profile::Files(needs) => calls::files(needs),
        Profile::Codec => calls::codec(),
    };
    match filter::apply(&calls) {
        Ok(()) if is_refused(UnixDatagram::unbound()) => enforced.seccomp = true,
        Ok(()) => enforced
            .missing
            .push("seccomp: in force, but sockets can be made".to_owned()),
        Err(error) => enforced.missing.push(format!("seccomp: {error}")),
    }
}

fn is_refused<T>(tried: std::io::Result<T>) -> bool {
    tried.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}
