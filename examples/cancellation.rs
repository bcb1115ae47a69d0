//! A consumer that ends on cancel or on close, and leaks nothing.
//!
//! It takes pictures from a channel and has each resized on the pool. When the channel is closed, it does what is left and ends; when
//! it is cancelled, it ends at once, and the work that runs stops at its next poll. Afterwards each thing that it
//! held is counted: handles on the picture, workers at work, bytes of pixels.
//!
//! `cargo run --release --example cancellation`
#![expect(clippy::print_stdout, reason = "it prints what it did")]

#[path = "common/photo.rs"]
mod photo;
#[path = "common/picture.rs"]
mod picture;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pixmill::admission::{Admission, Deadline, Demand, Settings};
use pixmill::checkpoint::{Checkpoint, Stop};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Closed,
    Cancelled,
}

/// What goes through the channel; the token is there to be counted.
struct Order {
    photo: Bytes,
    token: Arc<()>,
}

/// Stops the work when it is dropped: whatever ends the consumer, its work doesn't go on for nobody.
struct Guard(Checkpoint);

impl Drop for Guard {
    fn drop(&mut self) {
        // After work that has ended, this is heard by nobody.
        self.0.stop(Stop::Cancelled);
    }
}

/// Works through the orders; how it ended, and how many it has done.
async fn consume(
    mut orders: mpsc::Receiver<Order>,
    mut cancel: oneshot::Receiver<()>,
    admission: Admission,
) -> (Ended, u32) {
    let mut done = 0;
    loop {
        // Cancelled first, so that a full channel can't put it off.
        let order = tokio::select! {
            biased;
            _ = &mut cancel => return (Ended::Cancelled, done),
            order = orders.recv() => match order {
                Some(order) => order,
                None => return (Ended::Closed, done),
            },
        };
        tokio::select! {
            biased;
            _ = &mut cancel => return (Ended::Cancelled, done),
            () = resize(order, &admission) => done += 1,
        }
    }
}

async fn resize(order: Order, admission: &Admission) {
    let job = picture::job(&order.photo, 1_200);
    let demand = Demand {
        bytes: job.plan.cost.peak_bytes,
        time: job.plan.cost.time,
    };
    let checkpoint = Checkpoint::new();
    let _guard = Guard(checkpoint.clone());
    let seen = checkpoint.clone();
    let work = move |_permit: &mut _| {
        // The work owns what it needs, and drops it when it ends.
        let _token = order.token;
        picture::work(&job, &seen).is_ok()
    };
    let deadline = Deadline::after(Duration::from_mins(1));
    let _made = admission.run(demand, deadline, &checkpoint, work).await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let admission = Admission::start(Settings {
        workers: 1,
        nice: 0,
        queue: 8,
        upload_memory: 64 << 20,
        pixel_memory: 512 << 20,
    })
    .expect("threads");
    let photo = photo::photo(3_000, 2_000);
    for (name, orders, close) in [
        ("closed, with two orders left", 2, true),
        ("cancelled while idle", 0, false),
        ("cancelled at work, with orders left", 5, false),
    ] {
        let token = Arc::new(());
        let (sender, receiver) = mpsc::channel(8);
        let (cancel, cancelled) = oneshot::channel();
        let consumer = tokio::spawn(consume(receiver, cancelled, admission.clone()));
        for _ in 0..orders {
            let order = Order {
                photo: photo.clone(),
                token: Arc::clone(&token),
            };
            assert!(sender.send(order).await.is_ok(), "the consumer listens");
        }
        if close {
            drop(sender);
        } else {
            while orders > 0 && admission.figures().busy == 0 {
                sleep(Duration::from_millis(1)).await;
            }
            let _heard = cancel.send(());
        }
        let (ended, done) = consumer.await.expect("no panic");
        assert_eq!(
            ended,
            if close {
                Ended::Closed
            } else {
                Ended::Cancelled
            }
        );
        // A worker sees its stop at the next poll, some milliseconds later.
        while admission.figures().busy > 0 {
            sleep(Duration::from_millis(1)).await;
        }
        let figures = admission.figures();
        println!(
            "{name}: {ended:?} after {done} of {orders}; left: {} orders, {} workers busy, {} queued, {} bytes of pixels",
            Arc::strong_count(&token) - 1,
            figures.busy,
            figures.queued,
            figures.pixel_memory.0,
        );
    }
}
