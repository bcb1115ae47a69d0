//! pixmill, as a process: started, restarted, killed.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// No step may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Mill {
    pub(crate) address: SocketAddr,
    child: Child,
}

/// A port of this machine that nobody uses.
pub(crate) fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

/// The one that is shipped, where `PIXMILL` names it.
fn binary() -> String {
    std::env::var("PIXMILL").unwrap_or_else(|_| env!("CARGO_BIN_EXE_pixmill").to_owned())
}

impl Mill {
    /// As README advises: with what `config/production.toml` says.
    pub(crate) fn start(address: SocketAddr) -> Self {
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/config/production.toml");
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let child = Command::new(binary())
            .env_clear()
            .args(["--config", config, "--host", &host, "--port", &port])
            // What else runs on this machine has no part in the play.
            .args(["--worker-nice", "0", "--log", "warn"])
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("pixmill starts");
        Self { address, child }
    }

    /// Waits until `/ready` is 200.
    pub(crate) async fn ready(&mut self) {
        let ready = async {
            while !self.is_ready().await {
                assert_eq!(self.child.try_wait().unwrap(), None, "pixmill has ended");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, ready).await;
        waited.expect("pixmill is ready in time");
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address).await else {
            return false;
        };
        let asked = stream
            .write_all(b"GET /ready HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            .await;
        let mut answer = Vec::new();
        asked.is_ok()
            && stream.read_to_end(&mut answer).await.is_ok()
            && answer.starts_with(b"HTTP/1.1 200 ")
    }

    /// Ends it with SIGTERM, starts another in its place, and waits until that is ready.
    pub(crate) async fn restart(&mut self) {
        self.terminate().await;
        *self = Self::start(self.address);
        self.ready().await;
    }

    pub(crate) async fn end(mut self) {
        self.terminate().await;
    }

    async fn terminate(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        let pid = id.and_then(rustix::process::Pid::from_raw);
        let pid = pid.expect("pixmill still runs");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ended.expect("pixmill ends in time").expect("an exit code");
        assert!(status.success(), "pixmill ended with {status}");
    }

    /// Ends it with SIGKILL, and starts another.
    pub(crate) async fn crash(&mut self) {
        self.child.kill().await.expect("a signal");
        *self = Self::start(self.address);
        self.ready().await;
    }
}
