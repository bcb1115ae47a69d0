//! Rolling restarts behind real load balancers, under load: `make rolling-restart`.
//!
//! Two pixmills behind HAProxy, then behind nginx, with the configurations of `config/`. While requests
//! come at a steady pace, whether or not the ones before are answered, both pixmills are restarted in turn,
//! three times. None may fail. It takes about a minute for each.
#![cfg(test)]
#![expect(clippy::print_stdout, reason = "it reports to a terminal")]

/// An answer on the wire.
#[path = "../shared/answer.rs"]
#[expect(
    dead_code,
    reason = "every connection here may bring more than one answer"
)]
mod answer;
/// HAProxy and nginx, as processes.
mod balancer;
/// Requests at a steady pace, and what became of them.
mod load;
/// pixmill, as a process.
mod mill;
/// A process of its own.
#[path = "../shared/process.rs"]
#[expect(dead_code, reason = "where it serves is known before")]
mod process;
/// Answers, read from connections.
#[path = "../shared/wire.rs"]
mod wire;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::balancer::{Balancer, HAPROXY, Kind, NGINX};
use self::load::{Load, Tally};
use self::mill::Mill;

/// Each pixmill is restarted so often.
const ROUNDS: usize = 3;

/// So many requests at least, beside all the restarts.
const ENOUGH: usize = 10_000;

/// After a crash, failures are counted for so long.
const AFTERMATH: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut failed = 0;
    for kind in [&HAPROXY, &NGINX] {
        failed += runtime.block_on(play(kind));
    }
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// How many requests failed that shouldn't have.
async fn play(kind: &'static Kind) -> usize {
    let start = Instant::now();
    let mut mills = [Mill::start(mill::free()), Mill::start(mill::free())];
    let balancer = Balancer::start(kind, [mills[0].address, mills[1].address]);
    for mill in &mut mills {
        mill.ready().await;
    }
    balancer.sees_all().await;

    let tally = Arc::new(Tally::default());
    let load = Load::start(balancer.front, Arc::clone(&tally));
    let mut restarts = 0;
    for _ in 0..ROUNDS {
        for mill in &mut mills {
            mill.restart().await;
            balancer.sees_all().await;
            restarts += 1;
        }
    }
    while tally.offered() < ENOUGH {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    load.end().await;

    // Nobody promises anything of a crash: how many it costs is for information.
    let crashed = Arc::new(Tally::default());
    let load = Load::start(balancer.front, Arc::clone(&crashed));
    tokio::time::sleep(Duration::from_secs(1)).await;
    mills[0].crash().await;
    tokio::time::sleep(AFTERMATH).await;
    load.end().await;

    println!(
        "{}: {restarts} restarts, {tally}, {} s; a crash cost {} of {}",
        balancer.version(),
        start.elapsed().as_secs(),
        crashed.failed(),
        crashed.offered(),
    );
    for (failure, count) in tally.failures() {
        println!("  {count} × {failure}");
    }
    for mill in mills {
        mill.end();
    }
    tally.failed()
}
