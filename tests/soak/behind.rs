//! Small pictures behind large ones.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::files::{self, bombs};
use crate::report::{Report, percentile};
use crate::wire::{Client, upload};

/// For how long.
const TIME: Duration = Duration::from_secs(10);

/// A small picture now and then, while twelve clients send large ones without pause.
pub(crate) async fn small_ones(report: &mut Report, address: SocketAddr) {
    let over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for index in 0..12 {
        let over = Arc::clone(&over);
        let bomb = match index % 3 {
            0 => bombs::scan_bomb(8192, 90),
            1 => bombs::zero_png((10_000, 10_000), 8, 6),
            _ => bombs::zero_jpeg(10_000),
        };
        let request = upload("/resize?width=640", &bomb);
        clients.spawn(async move {
            let (mut client, mut done) = (Client::new(address), 0);
            while !over.load(Ordering::Relaxed) {
                let answer = client.ask(&request).await;
                done += usize::from(answer.is_ok_and(|a| a.status == 200));
            }
            done
        });
    }
    let request = upload("/resize?width=300", &files::photo(600, 400, 80));
    let (mut client, mut took, mut others) = (Client::new(address), Vec::new(), Vec::new());
    let start = Instant::now();
    while start.elapsed() < TIME {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let sent = Instant::now();
        match client.ask(&request).await {
            Ok(answer) if answer.status == 200 => took.push(sent.elapsed().as_secs_f64()),
            Ok(answer) => others.push(answer.status.to_string()),
            Err(lost) => others.push(lost),
        }
    }
    over.store(true, Ordering::Relaxed);
    let bombs: usize = clients.join_all().await.into_iter().sum();
    Report::note(&format!(
        "{bombs} pictures of 67 to 100 megapixels and {} small ones, these in {:.2} s in the median",
        took.len(),
        percentile(&took, 0.5)
    ));
    report.none(
        "small pictures refused behind large ones",
        took.len(),
        &others,
    );
    report.at_most(
        "a small picture behind large ones, at most",
        percentile(&took, 1.0),
        "s",
        2.0,
    );
}
