//! The log of the real process: whoever doesn't read it holds nothing up.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use rustix::process::Signal;

use crate::cli::{Served, run, text};
use crate::fixtures::{jpeg, photo};
use crate::support::request;

/// The end may not take longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a pipe holds that nobody reads.
const PIPE: usize = 64 << 10;

fn lines_dropped(served: &Served) -> u64 {
    let page = text(&served.ask(&request("GET", "/metrics", &[], &[])));
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("pixmill_log_lines_dropped_total "));
    line.unwrap().parse().unwrap()
}

/// So many requests on one connection, each of which is a line of the log at least.
fn log_lines(served: &Served, count: usize) {
    let last = request("GET", "/health", &[], &[]);
    let before = b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n".repeat(count - 1);
    let answers = served.ask(&[before, last].concat());
    let answered = memchr::memmem::find_iter(&answers, b"HTTP/1.1 200 ").count();
    assert_eq!(answered, count);
}

/// Everything but the log goes on: requests, pixel work, and the way out.
fn goes_on(served: &Served) {
    let post = request("POST", "/resize?width=20", &[], &jpeg(&photo(40, 30)));
    for request in [request("GET", "/health", &[], &[]), post] {
        assert!(served.ask(&request).starts_with(b"HTTP/1.1 200"));
    }
}

#[test]
fn a_log_that_nobody_reads_holds_nothing_up() {
    let mut served = Served::start(&["--log", "debug"]);
    // Nothing is lost of what the pipe and the memory for lines hold.
    log_lines(&served, 4 * PIPE / 400);
    goes_on(&served);
    assert_eq!(lines_dropped(&served), 0);
    while lines_dropped(&served) == 0 {
        log_lines(&served, 500);
    }
    goes_on(&served);
    served.signal(Signal::TERM);
    let status = served.process.ended(PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(0));
    let mut log = String::new();
    let mut pipe = served.process.child.stderr.take().unwrap();
    pipe.read_to_string(&mut log).unwrap();
    // Its pages aren't all full.
    assert!(log.len() >= PIPE / 2, "{}", log.len());
}

#[test]
fn a_log_that_is_read_again_goes_on_and_says_what_is_missing() {
    let mut served = Served::start(&[]);
    while lines_dropped(&served) == 0 {
        log_lines(&served, 500);
    }
    let pipe = served.process.child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(pipe).lines();
        lines.map(Result::unwrap).collect::<Vec<String>>()
    });
    // Until there is room again.
    let before = loop {
        let before = lines_dropped(&served);
        log_lines(&served, 1);
        if lines_dropped(&served) == before {
            break before;
        }
    };
    log_lines(&served, 100);
    goes_on(&served);
    assert_eq!(lines_dropped(&served), before);
    served.signal(Signal::TERM);
    assert_eq!(served.process.child.wait().unwrap().code(), Some(0));
    let lines: Vec<serde_json::Value> = reader
        .join()
        .unwrap()
        .iter()
        .map(|line| serde_json::from_str(line).expect("whole lines"))
        .collect();
    let told = lines.iter().filter_map(|line| line["lines"].as_u64());
    assert_eq!(told.sum::<u64>(), before);
    // The last ones are there: they were waited for.
    let at = |message: &str| lines.iter().position(|line| line["message"] == message);
    let draining = at("draining").expect("the drain is told");
    let resized = lines
        .iter()
        .position(|line| line["route"] == "/resize")
        .unwrap();
    assert!(resized < draining);
}

/// A second signal doesn't wait for a reader either.
#[test]
fn a_second_signal_ends_it_whoever_reads() {
    let served = Served::start(&["--drain-delay", "1h", "--log", "debug"]);
    log_lines(&served, 2 * PIPE / 400);
    served.signal(Signal::TERM);
    while !text(&served.ask(&request("GET", "/ready", &[], &[]))).contains("way out") {}
    served.signal(Signal::TERM);
    assert_eq!(served.ended().0, Some(1));
}

/// And the check of the container, which has no key, sees that the server lives.
#[test]
fn neither_keys_nor_queries_are_logged() {
    let served = Served::start(&[
        "--log",
        "trace",
        "--compat",
        "imaginary",
        "--api-keys",
        "open-sesame",
    ]);
    let port = served.address.port().to_string();
    assert!(run(&["healthcheck", "--port", &port]).status.success());
    let file = jpeg(&photo(40, 30));
    for (key, status) in [("open-sesame", "200"), ("closed-sesame", "401")] {
        let in_query = format!("/resize?width=20&key={key}");
        let in_header = [("API-Key", key)];
        for request in [
            request("POST", &in_query, &[], &file),
            request("POST", "/resize?width=20", &in_header, &file),
        ] {
            let answer = text(&served.ask(&request));
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{answer}"
            );
        }
    }
    served.signal(Signal::TERM);
    let (code, log) = served.ended();
    assert_eq!(code, Some(0));
    assert!(
        log.contains("/resize") && log.contains("unauthorized"),
        "{log}"
    );
    assert!(
        !log.contains("sesame") && !log.contains("width=20"),
        "{log}"
    );
}

/// Why a URL wasn't fetched no client is told; the log says it, where the request is found again.
#[test]
fn what_was_not_fetched_is_found_by_its_request() {
    let served = Served::start(&["--allow-remote", "true"]);
    let path = "/resize?width=9&url=http://127.0.0.1:18/a.png";
    let refused = served.ask(&request("GET", path, &[("X-Request-Id", "find-me")], &[]));
    assert!(refused.starts_with(b"HTTP/1.1 403"));
    served.signal(Signal::TERM);
    let (_, log) = served.ended();
    let line = log
        .lines()
        .find(|line| line.contains("not fetched"))
        .unwrap();
    assert!(
        line.contains("find-me") && line.contains("\"port\":18"),
        "{line}"
    );
}

/// By the same rules with which it is gone on with, whether or not there is a collector of traces.
#[test]
fn a_trace_is_in_the_log_where_its_header_is_a_proper_one() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";
    let good = format!("00-{TRACE}-{PARENT}-01");
    let zeros = |count| "0".repeat(count);
    let rows = [
        (vec![good.clone()], true),
        (vec![format!("00-{TRACE}-{PARENT}-00")], true),
        (vec![format!("01-{TRACE}-{PARENT}-01-more")], true),
        (vec![], false),
        (vec![good.clone(), good.clone()], false),
        (vec![format!("{good}-more")], false),
        (vec![format!("ff-{TRACE}-{PARENT}-01")], false),
        (vec![format!("00-{TRACE}")], false),
        (vec![format!("00-{TRACE}-{PARENT}")], false),
        (vec![format!("00-{TRACE}-{}-01", zeros(16))], false),
        (vec![format!("00-{}-{PARENT}-01", zeros(32))], false),
        (vec![good.to_uppercase()], false),
        (vec!["nonsense".to_owned()], false),
    ];
    let served = Served::start(&["--log", "debug"]);
    for (index, (parents, _)) in rows.iter().enumerate() {
        let id = format!("row-{index}");
        let mut headers = vec![("X-Request-Id", id.as_str())];
        headers.extend(
            parents
                .iter()
                .map(|parent| ("traceparent", parent.as_str())),
        );
        let answer = served.ask(&request("GET", "/nowhere", &headers, &[]));
        assert!(answer.starts_with(b"HTTP/1.1 404"));
    }
    served.signal(Signal::TERM);
    let (_, log) = served.ended();
    for (index, (parents, is_joined)) in rows.iter().enumerate() {
        let id = format!("\"row-{index}\"");
        let line = log.lines().find(|line| line.contains(&id)).unwrap();
        assert_eq!(line.contains("trace_id"), *is_joined, "{parents:?}: {line}");
        assert_eq!(line.contains(TRACE), *is_joined, "{parents:?}: {line}");
    }
}
