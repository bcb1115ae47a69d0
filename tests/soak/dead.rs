//! How much processor time those cost who have left.
//!
//! What is spent on the dead is defined as the processor time of the whole process from the moment when every client leaves,
//! with its work queued or under way, until workers and queue are empty; over all
//! that it spent since the clients came. Work done for somebody who was still there is not counted, nor can it be avoided.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::files::{self, bombs};
use crate::random::Random;
use crate::report::{Report, percentile};
use crate::stage::Stage;
use crate::wire::{connect, reset_on_close, upload};

const ROUNDS: usize = 60;
const CLIENTS: usize = 24;

pub(crate) async fn run(report: &mut Report) {
    let stage = Stage::begin(&[]).await;
    let photo = files::photo(2725, 2225, 80);
    let drawing = files::drawing(2000);
    let requests = [
        upload("/resize?width=720", &photo),
        upload("/resize?width=720&type=webp", &photo),
        upload("/resize?width=1600&type=png", &photo),
        upload("/convert?type=jpeg", &photo),
        upload("/resize?width=720", &drawing),
        upload("/resize?width=720", &bombs::zero_jpeg(10_000)),
        upload(
            "/resize?width=720",
            &bombs::zero_png((10_000, 10_000), 8, 2),
        ),
    ];
    let server = &stage.server;
    let mut random = Random(5);
    let (mut total, mut dead, mut after) = (0.0, 0.0, Vec::new());
    for _ in 0..ROUNDS {
        let start = server.cpu().await;
        let mut streams = Vec::new();
        for _ in 0..CLIENTS {
            let mut stream = connect(server.address, None).await.unwrap();
            let request: &Vec<u8> = random.of(&requests);
            stream.write_all(request).await.unwrap();
            if random.below(2) == 0 {
                reset_on_close(&stream);
            }
            streams.push(stream);
        }
        let wait = u64::try_from(20 + random.below(280)).unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let left = server.cpu().await;
        drop(streams);
        loop {
            let now = server.metrics().await;
            if now["workers_busy"] == 0.0 && now["queue_length"] == 0.0 {
                after.push(now["cpu_seconds_total"] - left);
                dead += now["cpu_seconds_total"] - left;
                total += now["cpu_seconds_total"] - start;
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    Report::note(&format!(
        "{:.0} ms for {CLIENTS} that left in the median, {:.0} at most; {dead:.2} s of {total:.2} s",
        percentile(&after, 0.5) * 1000.0,
        percentile(&after, 1.0) * 1000.0
    ));
    report.at_most(
        "processor time spent on clients that have left",
        dead / total * 100.0,
        "%",
        10.0,
    );
    stage.end(report).await;
}
