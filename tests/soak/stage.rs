//! A phase's server, from its start to its exit, and what holds in every phase.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

use crate::files;
use crate::report::{Report, percentile};
use crate::server::{Server, memory};
use crate::watch::{Seen, Watch};
use crate::wire::{Client, upload};

/// The setting, in MiB.
const LIMIT: f64 = 512.0;
/// What every phase's server is started with.
const MEMORY: [&str; 2] = ["--memory-limit", "512MiB"];
/// After the load the process may have a fifth more than before, and so many MiB of code that it hadn't run yet.
const AFTER: f64 = 1.2;
const CODE: f64 = 1.0;

/// While it lives, what this thread starts runs on the first processor alone, and all the threads there are run on the others.
struct Apart {
    others: CpuSet,
}

impl Apart {
    fn new() -> Self {
        let all = sched_getaffinity(None).unwrap();
        let mut first = CpuSet::new();
        let mut others = all;
        if let Some(cpu) = (0..CpuSet::MAX_CPU).find(|&cpu| all.is_set(cpu))
            && all.count() > 1
        {
            first.set(cpu);
            others.unset(cpu);
        } else {
            first = all;
        }
        for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
            let name = task.file_name().into_string().unwrap();
            let thread = Pid::from_raw(name.parse().unwrap());
            // A thread may have ended meanwhile.
            let _ended = sched_setaffinity(thread, &others);
        }
        sched_setaffinity(None, &first).unwrap();
        Self { others }
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        sched_setaffinity(None, &self.others).unwrap();
    }
}

pub(crate) struct Stage {
    pub(crate) server: Server,
    watch: Watch,
    /// MiB before the load.
    before: f64,
    /// Open ones before it.
    files: f64,
    since: Instant,
    cpu: f64,
}

/// Open files and sockets, but for the two that each codec process has: its socket, and the memory that is shared with it.
fn files(gauges: &HashMap<String, f64>) -> f64 {
    gauges["open_fds"] - 2.0 * gauges["codec_processes"]
}

impl Stage {
    /// Starts a server of two workers with these flags besides, warms it up and begins to watch.
    pub(crate) async fn begin(flags: &[&str]) -> Self {
        let flags: Vec<&str> = MEMORY
            .iter()
            .chain(&["--workers", "2"])
            .chain(flags)
            .copied()
            .collect();
        Self::with(Server::start(&flags).await).await
    }

    /// The same with a processor of its own, and as many workers as that makes: the load comes from the others.
    pub(crate) async fn begin_apart() -> Self {
        let apart = Apart::new();
        let server = Server::start(&MEMORY).await;
        drop(apart);
        Self::with(server).await
    }

    async fn with(server: Server) -> Self {
        let mut client = Client::new(server.address);
        let photo = files::photo(600, 400, 80);
        // What is made at the first use of each kind is no leak.
        for kind in ["jpeg", "png", "webp"].repeat(4) {
            let request = upload(&format!("/resize?width=300&type={kind}"), &photo);
            assert_eq!(client.ask(&request).await.unwrap().status, 200);
        }
        drop(client);
        settled(&server).await;
        let before = memory(server.pid(), "VmRSS");
        let watch = Watch::start(server.address, server.pid());
        tokio::time::sleep(Duration::from_millis(200)).await;
        let metrics = server.metrics().await;
        Self {
            server,
            watch,
            before,
            files: files(&metrics),
            since: Instant::now(),
            cpu: metrics["cpu_seconds_total"],
        }
    }

    /// The load is over: everything is given back, and the process ends as it should.
    pub(crate) async fn end(mut self, report: &mut Report) {
        let mut client = Client::new(self.server.address);
        let request = upload("/resize?width=300", &files::photo(600, 400, 80));
        let start = Instant::now();
        let next = client.ask(&request).await;
        let took = start.elapsed().as_secs_f64();
        drop(client);
        let status = next.map_or(0, |answer| answer.status);
        report.promise(
            "the next resize, right after the load",
            format!("{status} in {took:.2} s"),
            "200 in < 1 s",
            status == 200 && took < 1.0,
        );
        let (gauges, took) = settled(&self.server).await;
        Report::note(&format!(
            "the server took {:.1} s of processor time in {:.1} s",
            gauges["cpu_seconds_total"] - self.cpu,
            self.since.elapsed().as_secs_f64()
        ));
        let held: Vec<String> = held(&gauges);
        report.none(
            "permits, memory or connections held after the load",
            5,
            &held,
        );
        let files = files(&gauges) - self.files;
        report.at_most("open files more than before", files, "files", 0.0);
        Report::note(&format!("given back {took:.1} s after the load"));
        self.memory_falls(report).await;
        let Self {
            mut server, watch, ..
        } = self;
        throughout(report, &watch.stop());
        server.terminate();
        let exit = server.exit(Duration::from_secs(5));
        let (code, took) = exit.unwrap_or((None, Duration::MAX));
        report.promise(
            "SIGTERM while idle",
            format!("exit code {code:?} in {:.2} s", took.as_secs_f64()),
            "0 in <= 1 s",
            code == Some(0) && took <= Duration::from_secs(1),
        );
    }

    async fn memory_falls(&mut self, report: &mut Report) {
        let bound = self.before * AFTER + CODE;
        let start = Instant::now();
        while memory(self.server.pid(), "VmRSS") > bound
            && start.elapsed() < Duration::from_secs(30)
            && self.server.lives()
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let now = memory(self.server.pid(), "VmRSS");
        report.promise(
            "resident memory within 30 s of the load's end",
            format!(
                "{now:.0} MiB after {:.0} s, {:.0} before",
                start.elapsed().as_secs_f64(),
                self.before
            ),
            format!("<= {bound:.0} MiB"),
            now > 0.0 && now <= bound,
        );
    }

    /// For a phase that ends the server itself.
    pub(crate) fn into_parts(self) -> (Server, Watch) {
        (self.server, self.watch)
    }
}

/// What holds at every moment of a phase.
pub(crate) fn throughout(report: &mut Report, seen: &Seen) {
    let largest = percentile(&seen.health, 1.0);
    Report::note(&format!(
        "/health: {} requests, median {:.1} ms, longest {largest:.0} ms",
        seen.health.len(),
        percentile(&seen.health, 0.5)
    ));
    let failed: Vec<String> = vec!["failed".to_owned(); seen.failed];
    report.none("/health unanswered", seen.health.len(), &failed);
    report.at_most(
        "/health, 99th percentile",
        percentile(&seen.health, 0.99),
        "ms",
        20.0,
    );
    report.at_most("resident memory at its peak", seen.resident, "MiB", LIMIT);
}

/// Waits until nothing is held, for at most 15 s; the gauges then, and how long that took in seconds.
async fn settled(server: &Server) -> (HashMap<String, f64>, f64) {
    let start = Instant::now();
    loop {
        let gauges = server.metrics().await;
        let took = start.elapsed().as_secs_f64();
        if held(&gauges).is_empty() || took > 15.0 {
            return (gauges, took);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What isn't as on an idle server; of connections the prober's and the metrics' own don't count.
fn held(gauges: &HashMap<String, f64>) -> Vec<String> {
    let own = [
        ("queue_length", 0.0),
        ("workers_busy", 0.0),
        ("upload_memory_bytes", 0.0),
        ("pixel_memory_bytes", 0.0),
        ("connections_open", 2.0),
    ];
    own.iter()
        .filter(|(name, own)| gauges.get(*name).is_none_or(|value| value > own))
        .map(|(name, _)| format!("{name} is {:?}", gauges.get(*name)))
        .collect()
}
