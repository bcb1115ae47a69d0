//! What is looked at all along: whether `/health` answers, and how much memory the process has.
#![expect(
    clippy::disallowed_methods,
    reason = "threads of their own, which the load's runtime can't hold up"
)]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::server::memory;

/// Between two requests to `/health`, and between two looks at the memory.
const EVERY: Duration = Duration::from_millis(20);

/// What was seen.
pub(crate) struct Seen {
    /// Milliseconds, each from the moment when the request was due: a late answer hides none of those after it.
    pub(crate) health: Vec<f64>,
    pub(crate) failed: usize,
    /// MiB, at most.
    pub(crate) resident: f64,
}

pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    prober: JoinHandle<(Vec<f64>, usize)>,
    sampler: JoinHandle<f64>,
}

impl Watch {
    pub(crate) fn start(address: SocketAddr, pid: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (ends, ends_too) = (Arc::clone(&over), Arc::clone(&over));
        Self {
            over,
            prober: thread::spawn(move || probe(address, &ends)),
            sampler: thread::spawn(move || {
                let mut most = 0.0_f64;
                while !ends_too.load(Ordering::Relaxed) {
                    // The system's own peak misses nothing between two looks.
                    most = most.max(memory(pid, "VmRSS")).max(memory(pid, "VmHWM"));
                    thread::sleep(EVERY);
                }
                most
            }),
        }
    }

    pub(crate) fn stop(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        let (health, failed) = self.prober.join().unwrap();
        Seen {
            health,
            failed,
            resident: self.sampler.join().unwrap(),
        }
    }
}

fn probe(address: SocketAddr, over: &AtomicBool) -> (Vec<f64>, usize) {
    let (mut took, mut failed) = (Vec::new(), 0);
    let mut stream = None;
    let mut due = Instant::now();
    while !over.load(Ordering::Relaxed) {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if ask(&mut stream, address).is_err() {
            stream = None;
            failed += 1;
        }
        // While this one waited, others were due: they would have waited for the rest of it.
        let end = Instant::now();
        while due <= end {
            took.push((end - due).as_secs_f64() * 1000.0);
            due += EVERY;
        }
    }
    (took, failed)
}

/// One request; the connection stays for the next.
fn ask(stream: &mut Option<TcpStream>, address: SocketAddr) -> io::Result<()> {
    let stream = if let Some(stream) = stream {
        stream
    } else {
        let fresh = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
        fresh.set_nodelay(true)?;
        fresh.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.insert(fresh)
    };
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: soak\r\n\r\n")?;
    let mut bytes = [0; 4096];
    let count = stream.read(&mut bytes)?;
    let is_well = bytes[..count].starts_with(b"HTTP/1.1 200");
    is_well
        .then_some(())
        .ok_or_else(|| io::ErrorKind::InvalidData.into())
}
