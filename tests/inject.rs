//! Calls to the system that fail, one kind after the other, the first, the second and so on, until none is left to fail:
//! only what was hit may suffer, and the next request is answered.
//!
//! strace makes them fail, since it reaches a static binary and every call, the libraries' included. It counts for each thread by
//! itself. Where there is no strace, or it may not trace, the test says so and shows nothing. `PIXMILL_INJECT=all` takes every kind.
#![cfg(test)]
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program of its own, which reports to a terminal and has no runtime"
)]

/// An answer on the wire.
#[path = "shared/answer.rs"]
mod answer;
/// pixmill as a process.
#[path = "shared/process.rs"]
mod process;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use self::answer::Answer;
use self::process::Process;

/// No wait is longer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Requests of a run, each on a connection of its own.
const REQUESTS: usize = 4;

/// What fails.
struct Kind {
    call: &'static str,
    error: &'static str,
    /// How many of the calls of a thread are tried; of these, how many on every run of the tests.
    all: usize,
    few: usize,
    /// What it hits may be the memory of the process itself, which Rust's library answers with an abort.
    memory: bool,
}

const fn kind(call: &'static str, error: &'static str, all: usize, few: usize) -> Kind {
    Kind {
        call,
        error,
        all,
        few,
        memory: false,
    }
}

const KINDS: &[Kind] = &[
    // Threads, connections, reads, writes.
    kind("clone3", "EAGAIN", 9, 5),
    kind("accept4", "EMFILE", 14, 2),
    kind("accept4", "ECONNABORTED", 14, 1),
    kind("accept4", "ENOMEM", 14, 0),
    kind("recvfrom", "ECONNRESET", 24, 3),
    kind("recvfrom", "EIO", 24, 0),
    kind("writev", "EPIPE", 10, 2),
    kind("writev", "ENOBUFS", 10, 0),
    // Not sendto, by which the handler of a signal tells of it: what is lost there is the test's own SIGTERM.
    kind("shutdown", "ENOTCONN", 8, 1),
    // What the event loop and the sockets are set up with.
    kind("epoll_ctl", "ENOMEM", 16, 5),
    kind("epoll_create1", "EMFILE", 3, 1),
    kind("eventfd2", "EMFILE", 3, 0),
    kind("socketpair", "EMFILE", 3, 0),
    kind("socket", "EMFILE", 3, 0),
    kind("bind", "EADDRINUSE", 2, 0),
    kind("listen", "EADDRINUSE", 2, 0),
    kind("fcntl", "EMFILE", 6, 0),
    kind("setsockopt", "ENOPROTOOPT", 8, 0),
    kind("setpriority", "EPERM", 3, 0),
    kind("openat", "EMFILE", 12, 0),
    kind("read", "EIO", 12, 0),
    kind("madvise", "EINVAL", 8, 0),
    // Memory.
    Kind {
        memory: true,
        ..kind("mmap", "ENOMEM", 40, 0)
    },
    Kind {
        memory: true,
        ..kind("mprotect", "ENOMEM", 16, 0)
    },
    Kind {
        memory: true,
        ..kind("mremap", "ENOMEM", 8, 0)
    },
];

/// A command without the settings that may be around.
fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A server whose calls fail; gone with this value.
struct Server {
    process: Process,
    trace: PathBuf,
}

impl Server {
    fn start(kind: &Kind, which: &str, folder: &Path) -> Self {
        let trace = folder.join("trace");
        drop(fs::remove_file(&trace));
        let mut command = clean("strace");
        // The tracer is the child of its child, so that what is waited for is the server.
        command.args([
            "-D",
            "-f",
            "-qq",
            "-yy",
            "--seccomp-bpf",
            "-e",
            "signal=none",
            "-o",
        ]);
        command.arg(&trace);
        command.args(["-e", &format!("trace={}", kind.call)]);
        command.args([
            "-e",
            &format!("inject={}:error={}:when={which}", kind.call, kind.error),
        ]);
        command.arg(env!("CARGO_BIN_EXE_pixmill"));
        command.args(["--host", "127.0.0.1", "--port", "0", "--workers", "1"]);
        // The sandbox has no part in it: calls that it refuses are others.
        command.args(["--sandbox", "off"]);
        let log = fs::File::create(folder.join("log")).unwrap();
        let process = Process::start(command.stdin(Stdio::null()).stderr(log)).unwrap();
        Self { process, trace }
    }

    /// Calls that have failed so far.
    fn hits(&self) -> usize {
        let trace = fs::read(&self.trace).unwrap_or_default();
        String::from_utf8_lossy(&trace)
            .matches("(INJECTED)")
            .count()
    }

    /// Whether one of them was on the pipe by which the process tells itself of a signal: no peer can reset that.
    fn hit_itself(&self) -> bool {
        // The tracer may be a moment behind.
        (0..100).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            let trace = fs::read(&self.trace).unwrap_or_default();
            let text = String::from_utf8_lossy(&trace);
            text.lines()
                .any(|line| line.contains("(INJECTED)") && line.contains("<UNIX"))
        })
    }

    /// How it ends; `None` if it doesn't.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.process.ended(PATIENCE)
    }

    fn terminate(&mut self) -> Option<ExitStatus> {
        self.process.signal(Signal::TERM);
        self.ended()
    }
}

/// The answer's status; 0 for none.
fn status(address: SocketAddr, request: &[u8]) -> u16 {
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().ok().and_then(|bytes| Answer::whole(&bytes));
    answer.map_or(0, |answer| {
        // Whatever fails, no broken picture is called one.
        assert!(answer.status != 200 || answer.body.starts_with(b"\xff\xd8\xff"));
        answer.status
    })
}

fn resize() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| {
        image::Rgb([x, y, x ^ y].map(|c| c.to_le_bytes()[0]))
    });
    let mut file = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut file, image::ImageFormat::Jpeg)
        .unwrap();
    let file = file.into_inner();
    let head = format!(
        "POST /resize?width=8 HTTP/1.1\r\nHost: inject\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        file.len()
    );
    [head.into_bytes(), file].concat()
}

/// A server that never served has said why and failed; what went wrong if not.
fn refused(kind: &Kind, ended: ExitStatus, folder: &Path) -> Result<bool, String> {
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    // Before the program's own code runs, and in the library's start, there is nobody to say why.
    let given_up = kind.memory && (ended.code().is_none() || ended.code() == Some(127));
    if (ended.code() == Some(1) && log.contains("pixmill: ")) || given_up {
        Ok(true)
    } else {
        Err(format!("it doesn't start, {ended}, and says {log:?}"))
    }
}

/// One run. Whether anything failed, or what went wrong.
fn run(kind: &Kind, which: &str, folder: &Path) -> Result<bool, String> {
    let mut server = Server::start(kind, which, folder);
    let Some(address) = server.process.address() else {
        let ended = server.ended().ok_or("it neither serves nor ends")?;
        return refused(kind, ended, folder);
    };
    let request = resize();
    let answers: Vec<u16> = (0..REQUESTS).map(|_| status(address, &request)).collect();
    let hits = server.hits();
    let failed = answers.iter().filter(|&&status| status != 200).count();
    if failed > hits {
        // The listener couldn't be waited on, which is found out last.
        if answers == [0; REQUESTS]
            && let Some(ended) = server.ended()
        {
            return refused(kind, ended, folder);
        }
        return Err(format!(
            "{hits} calls failed, and the answers are {answers:?}"
        ));
    }
    // Another thread's call of that number may be yet to come: as many may fail as are hit from here on.
    let after: Vec<u16> = (0..REQUESTS).map(|_| status(address, &request)).collect();
    let failed = after.iter().filter(|&&status| status != 200).count();
    let ended = server.terminate().ok_or("it doesn't end")?;
    let later = server.hits() - hits;
    if failed > later {
        return Err(format!(
            "{answers:?}, and then {after:?}, {later} calls later; {ended}"
        ));
    }
    if !ended.success() && !server.hit_itself() {
        return Err(format!("{answers:?} {after:?}, and then {ended}"));
    }
    Ok(hits + later > 0)
}

/// Whether strace is there and may trace.
fn can_trace() -> bool {
    let traced = Command::new("strace")
        .args(["-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"])
        .output();
    traced.is_ok_and(|output| output.status.success())
}

#[test]
fn a_call_that_fails_costs_what_it_hits() {
    if !can_trace() {
        println!("inject: strace is missing or may not trace; nothing was shown");
        return;
    }
    let all = std::env::var_os("PIXMILL_INJECT").is_some();
    let folder = std::env::temp_dir().join(format!("pixmill-inject-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut broken = Vec::new();
    let mut hits = 0;
    for kind in KINDS {
        let most = if all { kind.all } else { kind.few };
        let mut which = 0;
        let mut hit = true;
        while hit && which < most {
            which += 1;
            match run(kind, &which.to_string(), &folder) {
                Ok(failed) => hit = failed,
                Err(what) => broken.push(format!("{} {} {which}: {what}", kind.call, kind.error)),
            }
            hits += usize::from(hit);
        }
        println!("inject: {} {}, the first {which}", kind.call, kind.error);
    }
    println!(
        "inject: {hits} runs with a call that failed, {} of them broken",
        broken.len()
    );
    fs::remove_dir_all(folder).unwrap();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(hits >= 10, "{hits}");
}

/// A log that can't be written is no reason to end: a full disk, a collector that has died.
#[test]
fn a_log_that_nobody_takes_costs_nothing() {
    let closed = || -> Stdio {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    };
    let full = || -> Stdio {
        fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
            .into()
    };
    for log in [full(), closed()] {
        let mut command = clean(env!("CARGO_BIN_EXE_pixmill"));
        command.args(["--host", "127.0.0.1", "--port", "0", "--workers", "1"]);
        let process = Process::start(command.stderr(log)).unwrap();
        let address = process.address().expect("it serves");
        let mut server = Server {
            process,
            trace: PathBuf::new(),
        };
        let request = resize();
        let answers: Vec<u16> = (0..REQUESTS).map(|_| status(address, &request)).collect();
        assert_eq!(answers, [200; REQUESTS]);
        let ended = server.terminate();
        assert!(ended.is_some_and(|status| status.success()), "{ended:?}");
    }
    // Nor is it a reason to end otherwise than usual.
    for log in [full(), closed()] {
        let status = clean(env!("CARGO_BIN_EXE_pixmill"))
            .args(["--port", "none"])
            .stderr(log)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(64));
    }
}
