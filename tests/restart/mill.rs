//! pixmill, as a process: started, restarted, killed.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::process::Process;
use crate::wire::read;

/// No step may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Mill {
    pub(crate) address: SocketAddr,
    process: Process,
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
        let mut command = Command::new(binary());
        command
            .env_clear()
            .args(["--config", config, "--host", &host, "--port", &port])
            // What else runs on this machine has no part in the play.
            .args(["--worker-nice", "0", "--log", "warn"]);
        let process = tokio::task::block_in_place(|| Process::start(&mut command));
        let process = process.expect("pixmill starts");
        Self { address, process }
    }

    /// Waits until `/ready` is 200.
    pub(crate) async fn ready(&mut self) {
        let ready = async {
            while !self.is_ready().await {
                assert_eq!(
                    self.process.child.try_wait().unwrap(),
                    None,
                    "pixmill has ended"
                );
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
        asked.is_ok()
            && read(&mut stream)
                .await
                .is_ok_and(|answer| answer.status == 200)
    }

    /// Ends it with SIGTERM, starts another in its place, and waits until that is ready.
    pub(crate) async fn restart(&mut self) {
        self.terminate();
        *self = Self::start(self.address);
        self.ready().await;
    }

    pub(crate) fn end(mut self) {
        self.terminate();
    }

    fn terminate(&mut self) {
        self.process.signal(Signal::TERM);
        let ended = tokio::task::block_in_place(|| self.process.ended(PATIENCE));
        let status = ended.expect("pixmill ends in time");
        assert!(status.success(), "pixmill ended with {status}");
    }

    /// Ends it with SIGKILL, and starts another.
    pub(crate) async fn crash(&mut self) {
        self.process.signal(Signal::KILL);
        let ended = tokio::task::block_in_place(|| self.process.ended(PATIENCE));
        ended.expect("nothing survives that");
        *self = Self::start(self.address);
        self.ready().await;
    }
}
