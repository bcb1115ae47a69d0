//! The binary: flags, exit codes, signals.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::answer::Answer;
use crate::fixtures::{jpeg, photo};
use crate::process::Process;

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn pixmill(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pixmill"));
    command.args(arguments).env_clear();
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    pixmill(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A served process, whose log is read at the end.
pub(crate) struct Served {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Served {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(std::iter::empty::<(&str, &str)>(), arguments)
    }

    /// With more in its environment.
    pub(crate) fn start_in<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        environment: impl IntoIterator<Item = (K, V)>,
        arguments: &[&str],
    ) -> Self {
        let mut command = pixmill(&[]);
        command.envs(environment);
        Self::spawn(command, arguments)
    }

    /// Another program of the kind.
    pub(crate) fn start_program(program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.env_clear();
        Self::spawn(command, arguments)
    }

    fn spawn(mut command: Command, arguments: &[&str]) -> Self {
        let here = ["--host", "127.0.0.1", "--port", "0", "--log-format", "json"];
        command.args(here).args(arguments).stderr(Stdio::piped());
        let process = Process::start(&mut command).unwrap();
        let address = process.address().expect("it serves");
        Self { process, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// What comes on a connection of its own, until it is closed.
    pub(crate) fn ask(&self, request: &[u8]) -> Vec<u8> {
        ask_at(self.address, request)
    }

    /// The same, taken apart.
    pub(crate) fn answer(&self, request: &[u8]) -> Answer {
        Answer::whole(&self.ask(request)).expect("a whole answer")
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        self.process.signal(signal);
    }

    /// The exit code, and the log.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let status = self.process.child.wait().unwrap();
        let mut log = String::new();
        let mut pipe = self.process.child.stderr.take().unwrap();
        pipe.read_to_string(&mut log).unwrap();
        (status.code(), log)
    }
}

/// What comes from there on a connection of its own, until it is closed.
pub(crate) fn ask_at(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn it_serves_logs_and_ends_clean() {
    let served = Served::start(&[]);
    assert!(
        served
            .process
            .line
            .contains("curl --data-binary @photo.jpg"),
        "{}",
        served.process.line
    );
    let port = served.address.port().to_string();
    assert!(run(&["healthcheck", "--port", &port]).status.success());
    let request = crate::support::request(
        "POST",
        "/resize?width=20",
        &[(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )],
        &jpeg(&photo(40, 30)),
    );
    assert!(served.ask(&request).starts_with(b"HTTP/1.1 200"));
    served.signal(rustix::process::Signal::TERM);
    let (code, log) = served.ended();
    assert_eq!(code, Some(0), "{log}");
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = lines
        .iter()
        .find(|line| line["route"] == "/resize")
        .unwrap();
    for (key, value) in [
        ("status", serde_json::json!(200)),
        ("method", "POST".into()),
        ("outcome", "ok".into()),
        ("source", "jpeg".into()),
        ("source_width", 40.into()),
        ("width", 20.into()),
        ("height", 15.into()),
    ] {
        assert_eq!(line[key], value, "{line}");
    }
    assert!(line["bytes_in"].as_u64() > Some(100) && line["bytes_out"].as_u64() > Some(100));
    assert!(line["times"].as_str().unwrap().contains("decode;dur="));
    assert!(line["request_id"].is_string());
    assert!(
        line.to_string()
            .contains("0af7651916cd43dd8448eb211c80319c"),
        "{line}"
    );
    assert!(!run(&["healthcheck", "--port", &port]).status.success());
}

#[test]
fn nobody_has_to_read_what_it_prints() {
    let closed = || std::io::pipe().unwrap().1;
    let status = pixmill(&["check-config"])
        .stdout(closed())
        .status()
        .unwrap();
    assert!(status.success());
    // A port that was free a moment ago: the line that tells it can't be read.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let mut child = pixmill(&["--host", "127.0.0.1", "--port", &port, "--log", "error"])
        .stdout(closed())
        .spawn()
        .unwrap();
    while !run(&["healthcheck", "--port", &port]).status.success() {
        assert_eq!(child.try_wait().unwrap(), None, "it has ended");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_second_signal_exits_at_once() {
    let served = Served::start(&["--drain-delay", "1h"]);
    served.signal(rustix::process::Signal::TERM);
    // The first has been taken when the server says that it drains.
    while !text(&served.ask(b"GET /ready HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"))
        .contains("way out")
    {}
    served.signal(rustix::process::Signal::INT);
    assert_eq!(served.ended().0, Some(1));
}

#[test]
fn mistakes_exit_64_all_at_once() {
    let output = pixmill(&["check-config", "--workers", "0", "--max-body", "lots"])
        .env("PIXMILL_QUUE", "3")
        .env("PIXMILL_LINEAR", "maybe")
        .env("PORT", "none")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let errors = text(&output.stderr);
    for place in [
        "--workers",
        "--max-body",
        "PIXMILL_QUUE",
        "PIXMILL_LINEAR",
        "PORT",
    ] {
        assert!(errors.contains(place), "{place}: {errors}");
    }
    assert_eq!(errors.lines().count(), 5);
    // What can't be read hides nothing of the rest.
    let output = pixmill(&[
        "check-config",
        "--config",
        "/nowhere.toml",
        "--workers",
        "0",
    ])
    .env("PIXMILL_QUEUE", OsStr::from_bytes(b"\xff"))
    .env("PIXMILL_LINEAR", "maybe")
    .env("OTHER", OsStr::from_bytes(b"\xff"))
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let errors = text(&output.stderr);
    for line in [
        "/nowhere.toml: can't be read",
        "PIXMILL_QUEUE: isn't UTF-8",
        "--workers: ",
        "PIXMILL_LINEAR: ",
    ] {
        assert!(errors.contains(line), "{line}: {errors}");
    }
    assert_eq!(errors.lines().count(), 4);
    assert_eq!(run(&["--no-such-flag"]).status.code(), Some(64));
    assert_eq!(run(&["--config", "/nowhere.toml"]).status.code(), Some(64));
}

#[test]
fn check_config_prints_what_is_in_force() {
    let root = env!("CARGO_MANIFEST_DIR");
    for file in ["default", "production"] {
        let path = format!("{root}/config/{file}.toml");
        let output = run(&["check-config", "--config", &path, "--queue", "7"]);
        assert!(output.status.success(), "{file}: {}", text(&output.stderr));
        assert!(text(&output.stdout).contains("queue = 7  # --queue\n"));
    }
}

#[test]
fn a_taken_port_is_a_failure_in_words() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["--host", "127.0.0.1", "--port", &port]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("can't listen on 127.0.0.1"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn help_has_every_flag() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let help = text(&output.stdout);
    for key in pixmill::config::KEYS.iter() {
        assert!(help.contains(&format!("--{}", key.flag)), "{}", key.flag);
        assert!(
            help.contains(&format!("[env: {}]", key.variable)),
            "{}",
            key.variable
        );
    }
    assert!(help.contains("64 usage or configuration"));
}
