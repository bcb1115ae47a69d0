//! The process under test, and what the system says of it.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process::Process;
use crate::wire;

/// The binary: the one that `make build` left, or another that `PIXMILL` names.
fn binary() -> String {
    std::env::var("PIXMILL").unwrap_or_else(|_| "target/dist/pixmill".to_owned())
}

/// Whether codecs run in processes of their own is the server's setting; the promises are the same.
const ISOLATION: &str = "PIXMILL_ISOLATION";

/// Ended when dropped.
pub(crate) struct Server {
    process: Process,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it with these flags and waits until it is ready.
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command
            .args(["--host", "127.0.0.1", "--port", "0", "--log", "error"])
            .args(flags)
            .env_clear();
        if let Ok(isolation) = std::env::var(ISOLATION) {
            command.env(ISOLATION, isolation);
        }
        let process = Process::start(&mut command)
            .unwrap_or_else(|error| panic!("{}: {error}; see `make soak`", binary()));
        let address = process.address().expect("it serves");
        assert!(address.ip().is_loopback(), "load goes to this machine only");
        let server = Self { process, address };
        while wire::get(address, "/ready")
            .await
            .is_none_or(|a| a.status != 200)
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        server
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// As an orchestrator ends it.
    pub(crate) fn terminate(&self) {
        self.process.signal(Signal::TERM);
    }

    /// The exit code, and how long it took until then; `None` if it doesn't end.
    pub(crate) fn exit(&mut self, patience: Duration) -> Option<(Option<i32>, Duration)> {
        let start = Instant::now();
        // The load goes on meanwhile.
        let status = tokio::task::block_in_place(|| self.process.ended(patience))?;
        Some((status.code(), start.elapsed()))
    }

    /// Whether it lives.
    pub(crate) fn lives(&mut self) -> bool {
        self.process.child.try_wait().unwrap().is_none()
    }

    /// Figures by name, without `pixmill_`.
    pub(crate) async fn metrics(&self) -> HashMap<String, f64> {
        let Some(page) = wire::get(self.address, "/metrics").await else {
            return HashMap::new();
        };
        let page = String::from_utf8(page.body).unwrap();
        page.lines()
            .filter_map(|line| line.strip_prefix("pixmill_")?.rsplit_once(' '))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }

    /// Seconds of processor time so far.
    pub(crate) async fn cpu(&self) -> f64 {
        self.metrics().await["cpu_seconds_total"]
    }
}

/// A row of `/proc/PID/status` such as `VmRSS`, in MiB.
pub(crate) fn memory(pid: u32, row: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(row));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.map_or(0.0, |number| number.parse::<f64>().unwrap() / 1024.0)
}
