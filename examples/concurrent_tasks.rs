//! Three computations at once, waited for.
//!
//! The runtime's one thread starts them and waits; the pool's three threads work. A barrier proves that they run at
//! the same time: none passes it before all three have begun.
//!
//! `cargo run --release --example concurrent_tasks`
#![expect(clippy::print_stdout, reason = "it prints what it did")]

#[path = "common/photo.rs"]
mod photo;
#[path = "common/picture.rs"]
mod picture;

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use pixmill::admission::{self, Admission, Deadline, Demand, Settings};
use pixmill::checkpoint::Checkpoint;

struct Done {
    width: u32,
    bytes: usize,
    thread: thread::ThreadId,
    time: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), admission::Error> {
    let admission = Admission::start(Settings {
        workers: 3,
        nice: 0,
        queue: 8,
        upload_memory: 64 << 20,
        pixel_memory: 512 << 20,
    })
    .expect("threads");
    let photo = photo::photo(1_600, 1_200);
    let together = Arc::new(Barrier::new(3));
    let start = Instant::now();
    let task = |width| computation(&admission, &photo, width, &together);
    // All three are under way before the first is waited for, and the first that fails ends the wait.
    let (a, b, c) = tokio::try_join!(task(800), task(400), task(200))?;
    let whole = start.elapsed();
    let mut threads: Vec<_> = [&a, &b, &c].map(|done| done.thread).to_vec();
    threads.dedup();
    let work: Duration = [&a, &b, &c].map(|done| done.time).iter().sum();
    for done in [&a, &b, &c] {
        println!(
            "{:4} pixels wide: {:6} bytes after {:6.1} ms",
            done.width,
            done.bytes,
            millis(done.time)
        );
    }
    println!(
        "3 computations on {} threads: {:.1} ms of work in {:.1} ms",
        threads.len(),
        millis(work),
        millis(whole),
    );
    Ok(())
}

async fn computation(
    admission: &Admission,
    photo: &Bytes,
    width: u32,
    together: &Arc<Barrier>,
) -> Result<Done, admission::Error> {
    let job = picture::job(photo, width);
    let demand = Demand {
        bytes: job.plan.cost.peak_bytes,
        time: job.plan.cost.time,
    };
    let (checkpoint, together) = (Checkpoint::new(), Arc::clone(together));
    let seen = checkpoint.clone();
    let work = move |_permit: &mut _| {
        together.wait();
        let start = Instant::now();
        let made = picture::work(&job, &seen);
        Done {
            width,
            bytes: made.expect("nothing stops it"),
            thread: thread::current().id(),
            time: start.elapsed(),
        }
    };
    let deadline = Deadline::after(Duration::from_mins(1));
    admission.run(demand, deadline, &checkpoint, work).await
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
