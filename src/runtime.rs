//! The runtime, of request handling for example: with all of its threads, or not at all.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

use pixmill::telemetry;
use tokio::runtime::{Builder, Runtime};

use crate::FAILURE;

/// How long the system may take to start a thread that it hasn't refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts it, with so many threads: left to itself, tokio asks the environment, and files that a sandbox forbids. Where the system refuses a thread, the process may end here.
///
/// # Errors
/// The system refuses a thread, or what the runtime waits on.
pub(crate) fn start(threads: usize) -> io::Result<Runtime> {
    let (start, started) = mpsc::channel();
    let usual = std::panic::take_hook();
    // Tokio panics when it is refused a thread, and on the way out waits for those that it got: for ever.
    std::panic::set_hook(Box::new(|panic| {
        telemetry::say(&format!("pixmill: no runtime: {panic}"));
        telemetry::finish();
        std::process::exit(i32::from(FAILURE));
    }));
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .on_thread_start(move || {
            let _unheard = start.send(());
        })
        .build();
    std::panic::set_hook(usual);
    let runtime = runtime?;
    // Or it hopes for a thread later, and until then what is given to that one doesn't run.
    for _ in 0..threads {
        if started.recv_timeout(PATIENCE).is_err() {
            runtime.shutdown_background();
            return Err(io::Error::other("the system refuses threads"));
        }
    }
    Ok(runtime)
}
