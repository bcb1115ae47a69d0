//! What the sandbox would refuse on this machine, found by trying: each attempt in a process of its own, since some are deadly.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

use self::Walls::{Both, Codec, Files, Landlock};
use super::{Enforced, Mode, Needs, Profile};
use crate::os::{self, Forbidden};

/// Something that nothing in the sandbox may do.
pub struct Attempt {
    /// Its name on the command line.
    pub name: &'static str,
    /// The same for a person.
    pub about: &'static str,
    /// Which walls are up.
    walls: Walls,
    run: fn() -> io::Result<()>,
}

impl Attempt {
    /// The kind of process in which it is made, as logs and metrics name it.
    pub fn process(&self) -> &'static str {
        match self.walls {
            Codec => "codec",
            Files => "files",
            Both | Landlock => "server",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Walls {
    Both,
    Landlock,
    /// Both, around a codec's own process.
    Codec,
    /// Both, around a command on files, of which there are none.
    Files,
}

const fn attempt(
    walls: Walls,
    name: &'static str,
    about: &'static str,
    run: fn() -> io::Result<()>,
) -> Attempt {
    Attempt {
        name,
        about,
        walls,
        run,
    }
}

/// Every attempt. All have to be refused.
pub const ATTEMPTS: &[Attempt] = &[
    attempt(Both, "execve", "run another program", || {
        Err(Command::new("/proc/self/exe").arg("--version").exec())
    }),
    attempt(Both, "fork", "start a process", || {
        Command::new("/proc/self/exe")
            .arg("--version")
            .stdout(Stdio::null())
            .spawn()
            .map(drop)
    }),
    attempt(Both, "open", "open a file", open),
    attempt(Both, "socket", "make a socket", || {
        UnixDatagram::unbound().map(drop)
    }),
    attempt(Both, "connect", "connect to a port", connect),
    attempt(Both, "bind", "listen on a port", bind),
    attempt(Both, "ptrace", "trace a process", || {
        os::attempt(Forbidden::Trace)
    }),
    attempt(Both, "process_vm_readv", "read a process's memory", || {
        os::attempt(Forbidden::ReadProcess)
    }),
    attempt(Both, "mmap-exec", "make memory that code runs from", || {
        os::attempt(Forbidden::MapCode)
    }),
    attempt(Both, "unshare", "enter a namespace of its own", || {
        os::attempt(Forbidden::LeaveNamespace)
    }),
    attempt(Both, "io_uring", "make calls past the filter", || {
        os::attempt(Forbidden::StartRing)
    }),
    attempt(
        Landlock,
        "landlock-open",
        "open a file, by landlock alone",
        open,
    ),
    attempt(
        Landlock,
        "landlock-connect",
        "connect to a port, by landlock alone",
        connect,
    ),
    attempt(
        Landlock,
        "landlock-bind",
        "listen on a port, by landlock alone",
        bind,
    ),
    attempt(
        Codec,
        "codec-open",
        "open a file, in a codec's process",
        open,
    ),
    attempt(
        Codec,
        "codec-thread",
        "start a thread, in a codec's process",
        || std::thread::Builder::new().spawn(|| ()).map(drop),
    ),
    attempt(
        Codec,
        "codec-pair",
        "make sockets, in a codec's process",
        || UnixDatagram::pair().map(drop),
    ),
    attempt(
        Files,
        "files-execve",
        "run another program, in a command on files",
        || Err(Command::new("/proc/self/exe").arg("--version").exec()),
    ),
    attempt(
        Files,
        "files-open",
        "open another file, in a command on files",
        open,
    ),
    attempt(
        Files,
        "files-write",
        "make a file elsewhere, in a command on files",
        || {
            let path = std::env::temp_dir().join("pixmill-check-sandbox");
            File::create(&path)?;
            std::fs::remove_file(path)
        },
    ),
    attempt(
        Files,
        "files-connect",
        "connect to a port, in a command on files",
        connect,
    ),
];

fn open() -> io::Result<()> {
    File::open("/").map(drop)
}

fn connect() -> io::Result<()> {
    // Where nobody listens, being told so is to have got through.
    TcpStream::connect("127.0.0.1:9").map(drop)
}

fn bind() -> io::Result<()> {
    TcpListener::bind("127.0.0.1:0").map(drop)
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it was refused.
    pub refused: bool,
    /// How that showed.
    pub how: String,
    /// What was in force, as the process said before it tried.
    pub enforced: String,
}

const REFUSED: u8 = 10;
const ALLOWED: u8 = 11;

/// Makes the attempt in a process of its own, which is this program with these arguments and `--attempt NAME`.
///
/// # Errors
/// The process can't be started.
pub fn try_apart(
    attempt: &Attempt,
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
) -> io::Result<Outcome> {
    let output = Command::new(std::env::current_exe()?)
        .args(arguments)
        .args(["--attempt", attempt.name])
        .stdin(Stdio::null())
        .output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let killed = output.status.signal() == Some(libc::SIGSYS);
    Ok(Outcome {
        refused: killed || output.status.code() == Some(REFUSED.into()),
        how: if killed {
            "killed".to_owned()
        } else {
            text(&output.stderr)
        },
        enforced: text(&output.stdout),
    })
}

/// Puts the walls up around this process and makes the attempt: what it says and how it ends.
///
/// `say` is told what is in force before the attempt is made.
pub fn try_here(attempt: &Attempt, needs: Needs<'_>, say: impl FnOnce(&Enforced)) -> (u8, String) {
    let enforced = match attempt.walls {
        Both => super::apply(Mode::Prefer, Profile::Server(needs)),
        Codec => super::apply(Mode::Prefer, Profile::Codec),
        Files => super::apply(Mode::Prefer, Profile::Files(Needs::default())),
        Landlock => {
            let mut enforced = Enforced::default();
            super::restrict_files(needs, &mut enforced);
            enforced
        }
    };
    say(&enforced);
    match (attempt.run)() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => (REFUSED, error.to_string()),
        Err(error) => (ALLOWED, error.to_string()),
        Ok(()) => (ALLOWED, String::new()),
    }
}
