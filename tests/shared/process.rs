//! pixmill as a process, ended with this value.
#![expect(
    clippy::disallowed_methods,
    reason = "a test's own thread sleeps between two looks at another process"
)]

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// For a start. Under load, or a tracer, it may take seconds.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) struct Process {
    pub(crate) child: Child,
    /// What it said once it served; empty if it never did.
    pub(crate) line: String,
}

impl Process {
    /// Starts it, and waits until it says that it serves, or ends.
    ///
    /// # Errors
    /// There is no such program.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || tell.send(out.lines().next()));
        let line = told.recv_timeout(PATIENCE).ok().flatten();
        let line = line.and_then(Result::ok).unwrap_or_default();
        Ok(Self { child, line })
    }

    /// Where it serves; `None` if it never did.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        let (_, rest) = self.line.split_once("http://")?;
        rest.split(' ').next()?.parse().ok()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a process that is there");
    }

    /// How it ends; `None` if it doesn't within that time.
    pub(crate) fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone, as a rule.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
