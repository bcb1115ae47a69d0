//! 64 connections, each with a picture of 100 megapixels, at once: nothing is killed, they wait or are refused.

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::files::bombs;
use crate::report::Report;
use crate::stage::Stage;
use crate::wire::{Client, upload};

const CONNECTIONS: usize = 64;

pub(crate) async fn run(report: &mut Report) {
    let stage = Stage::begin(&[]).await;
    let address = stage.server.address;
    let size = (10_000, 10_000);
    let requests: Vec<Vec<u8>> = [
        bombs::zero_png(size, 1, 0),
        bombs::zero_png(size, 8, 2),
        bombs::zero_png(size, 8, 6),
        bombs::zero_png(size, 16, 6),
        bombs::interlaced(size),
        bombs::zero_jpeg(10_000),
        bombs::scan_bomb(10_000, 3),
        bombs::plain_webp(size),
    ]
    .iter()
    .map(|file| upload("/resize?width=800", file))
    .collect();
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for index in 0..CONNECTIONS {
        let request = requests[index % requests.len()].clone();
        clients.spawn(async move { (index, Client::new(address).ask(&request).await) });
    }
    let (mut statuses, mut others) = (BTreeMap::<u16, usize>::new(), Vec::new());
    for (index, answer) in clients.join_all().await {
        match answer {
            Ok(answer) => {
                *statuses.entry(answer.status).or_default() += 1;
                if !matches!(answer.status, 200 | 422) && !answer.is_honest_refusal() {
                    others.push(format!("{index}: {}", answer.status));
                }
            }
            Err(lost) => others.push(format!("{index}: {lost}")),
        }
    }
    Report::note(&format!(
        "statuses {statuses:?} in {:.1} s",
        start.elapsed().as_secs_f64()
    ));
    report.none(
        "pictures of 100 megapixels at once that got no picture, 422 or 503 with Retry-After",
        CONNECTIONS,
        &others,
    );
    stage.end(report).await;
}
