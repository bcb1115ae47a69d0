//! What is counted: by format, by stage, by limit, by state of connections; and that the page says so.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use pixmill::checkpoint::Stage;
use pixmill::config::{Config, KEYS};
use pixmill::http::access::Rate;
use pixmill::http::problem::Limit;
use pixmill::service::{self, Executor};
use tokio::io::AsyncWriteExt;

use crate::fixtures::{jpeg, photo, png, quarters};
use crate::scrape::Scrape;
use crate::support::{Answer, TestServer, eventually, request};

async fn scraped(server: &TestServer) -> Scrape {
    Scrape::parse(&String::from_utf8(server.get("/metrics").await.body).unwrap())
}

#[tokio::test]
async fn pictures_are_counted_by_format() {
    let server = TestServer::start().await;
    let (photo, drawing) = (jpeg(&photo(200, 150)), png(&quarters(60, 40)));
    let mut written = [0; 2];
    for _ in 0..2 {
        let answer = server.post("/resize?width=20&type=webp", &photo).await;
        assert_eq!(answer.status, 200);
        written[0] += answer.body.len();
    }
    let answer = server.post("/resize?width=30", &drawing).await;
    written[1] += answer.body.len();
    // It is read, and nothing is made of it.
    assert_eq!(server.post("/info", &photo).await.status, 200);
    assert_eq!(
        server.post("/resize?width=20", b"no picture").await.status,
        415
    );
    let page = scraped(&server).await;
    for (name, labels, expected) in [
        ("pictures", &[("source", "jpeg"), ("answer", "webp")][..], 2),
        ("pictures", &[("source", "png"), ("answer", "png")], 1),
        ("pictures", &[], 3),
        ("source_bytes", &[("format", "jpeg")], 3 * photo.len()),
        ("source_bytes", &[("format", "png")], drawing.len()),
        ("source_pixels", &[("format", "jpeg")], 3 * 200 * 150),
        ("answer_bytes", &[("format", "webp")], written[0]),
        ("answer_bytes", &[("format", "png")], written[1]),
        ("answer_pixels", &[("format", "webp")], 2 * 20 * 15),
        ("answer_pixels", &[], 2 * 20 * 15 + 30 * 20),
        ("requests", &[("route", "/resize"), ("outcome", "ok")], 3),
        (
            "requests",
            &[("status", "415"), ("outcome", "unsupported-format")],
            1,
        ),
        ("refusals", &[], 0),
        ("faults", &[], 0),
    ] {
        let count = page.count(&format!("pixmill_{name}_total"), labels);
        assert_eq!(count, expected, "{name} {labels:?}");
    }
    let page = &page;
    let whole = page.value("pixmill_request_seconds_sum", &[("route", "/resize")]);
    let mut parts = 0.0;
    for stage in Stage::ALL.map(Stage::name) {
        let count = page.count("pixmill_stage_seconds_count", &[("stage", stage)]);
        // What is refused by its first bytes has been received; the self-test is nobody's request.
        let all = if stage == "recv" { 3..=5 } else { 3..=3 };
        assert!(all.contains(&count), "{stage}: {count}");
        parts += page.value("pixmill_stage_seconds_sum", &[("stage", stage)]);
    }
    let elsewhere = page.value("pixmill_request_seconds_sum", &[("route", "/info")]);
    assert!(parts > 0.0 && parts <= whole + elsewhere, "{parts} {whole}");
    let [received, sent] =
        ["received", "sent"].map(|way| page.count(&format!("pixmill_{way}_bytes_total"), &[]));
    assert!(received > 3 * photo.len() + drawing.len());
    assert!(sent > written[0] + written[1]);
}

/// What makes a limit small, a request that meets it, and what that is answered.
struct Met {
    change: fn(&mut Config),
    path: &'static str,
    status: u16,
    labels: [(&'static str, &'static str); 2],
}

fn met(
    change: fn(&mut Config),
    path: &'static str,
    (status, outcome): (u16, &'static str),
    limit: &'static str,
) -> Met {
    Met {
        change,
        path,
        status,
        labels: [("outcome", outcome), ("limit", limit)],
    }
}

const RESIZE: &str = "/resize?width=20";
const LARGE: (u16, &str) = (422, "image-too-large");
const BUSY: (u16, &str) = (503, "overloaded");

/// Who is refused for a limit is counted under its setting.
#[tokio::test]
async fn refusals_are_counted_by_limit() {
    for met in [
        met(
            |config| config.http.max_body = 1_000,
            RESIZE,
            (413, "body-too-large"),
            "max_body",
        ),
        met(
            |config| config.admission.upload_memory = 1_000,
            RESIZE,
            BUSY,
            "upload_memory",
        ),
        met(
            |config| config.pipeline.max_pixels = 20_000,
            RESIZE,
            LARGE,
            "max_pixels",
        ),
        met(
            |config| config.admission.pixel_memory = 8 << 20,
            "/resize?width=4000&enlarge=true&type=webp",
            LARGE,
            "pixel_memory",
        ),
        met(
            |config| config.pipeline.max_output_pixels = 100,
            RESIZE,
            (422, "output-too-large"),
            "max_output_pixels",
        ),
        met(
            |config| {
                config.http.access.rate = Some(Rate {
                    per_second: 1,
                    burst: 0,
                });
            },
            RESIZE,
            (429, "rate-limited"),
            "rate_limit",
        ),
        met(
            |config| config.server.max_connections = 0,
            RESIZE,
            BUSY,
            "max_connections",
        ),
    ] {
        is_counted(met).await;
    }
}

async fn is_counted(met: Met) {
    const NAME: &str = "pixmill_refusals_total";
    let server = TestServer::start_with(met.change).await;
    // It is there before it is met, so that the first time is seen as one.
    let page = scraped(&server).await;
    let series = page.samples.iter().filter(|sample| sample.name == NAME);
    assert_eq!(series.count(), Limit::ALL.len());
    assert_eq!(page.count(NAME, &[]), 0);
    let body = jpeg(&photo(200, 150));
    // A rate lets the first one pass.
    let refused = loop {
        let answer = server.post(met.path, &body).await;
        if answer.status != 200 {
            break answer;
        }
    };
    refused.problem(met.status, met.labels[0].1);
    let page = scraped(&server).await;
    assert_eq!(page.count(NAME, &met.labels), 1, "{:?}", met.labels);
    assert_eq!(page.count(NAME, &[]), 1);
    assert_eq!(page.count("pixmill_requests_total", &met.labels[..1]), 1);
}

#[test]
fn each_limit_is_a_setting() {
    let names: BTreeSet<_> = KEYS.iter().map(|key| key.name).collect();
    for limit in Limit::ALL {
        assert!(names.contains(limit.setting()), "{limit:?}");
    }
}

/// A connection is counted as what it does, from its first moment to its last.
#[tokio::test]
async fn connections_are_counted_by_state() {
    const ANSWER: usize = 24 << 20;
    const TINY: usize = 1_000;
    let (end, ended) = mpsc::channel::<()>();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() < TINY {
            return real(job, scratch, checkpoint);
        }
        // Until the test says so.
        let _ended = ended.lock().unwrap().recv();
        Ok(vec![7; ANSWER])
    });
    let server = TestServer::start_executor(|_| {}, executor).await;
    let connections = server.connections.clone();
    let becomes = |idle, head, request, answer| {
        let connections = connections.clone();
        let expected = [
            ("idle", idle),
            ("head", head),
            ("request", request),
            ("answer", answer),
        ];
        eventually(move || connections.by_state() == expected)
    };
    let idle = server.connect().await;
    becomes(1, 0, 0, 0).await;
    let mut head = server.connect().await;
    head.write_all(b"POST /resi").await.unwrap();
    becomes(1, 1, 0, 0).await;
    let mut working = server.connect().await;
    let post = request("POST", "/resize?width=20", &[], &jpeg(&photo(200, 150)));
    working.write_all(&post).await.unwrap();
    becomes(1, 1, 1, 0).await;
    end.send(()).unwrap();
    // More than the system takes.
    becomes(1, 1, 0, 1).await;
    let page = scraped(&server).await;
    // The one that asks is in a request itself.
    for state in ["idle", "head", "answer", "request"] {
        let count = page.count("pixmill_connections", &[("state", state)]);
        assert_eq!(count, 1, "{state}");
    }
    assert_eq!(page.count("pixmill_connections_open", &[]), 4);
    assert_eq!(Answer::read(&mut working, false).await.body.len(), ANSWER);
    drop(working);
    becomes(1, 1, 0, 0).await;
    drop((idle, head));
    becomes(0, 0, 0, 0).await;
}

#[tokio::test]
async fn a_process_tells_what_it_is() {
    let server = TestServer::start().await;
    while server.get("/ready").await.status != 200 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let page = scraped(&server).await;
    let build = page
        .samples
        .iter()
        .find(|sample| sample.name == "pixmill_build_info");
    let labels = &build.unwrap().labels;
    assert_eq!(labels["version"], env!("CARGO_PKG_VERSION"));
    assert!(
        labels["rustc"].starts_with("1.") && labels["target"].contains("linux"),
        "{labels:?}"
    );
    assert!(!labels["commit"].is_empty());
    let now = pixmill::telemetry::seconds_since_epoch();
    for (name, least, most) in [
        ("ready", 1.0, 1.0),
        ("start_time_seconds", now - 60.0, now),
        (
            "config_last_reload_success_timestamp_seconds",
            now - 60.0,
            now,
        ),
        ("config_last_reload_successful", 1.0, 1.0),
        ("max_fds", 64.0, f64::INFINITY),
        ("queue_limit", 64.0, 64.0),
        ("connections_limit", 4096.0, 4096.0),
        ("answer_memory_bytes", 0.0, 0.0),
    ] {
        let value = page.value(&format!("pixmill_{name}"), &[]);
        assert!((least..=most).contains(&value), "{name}: {value}");
    }
}
