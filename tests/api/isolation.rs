//! Pixel work in processes of its own: the same answers, and a crash costs one request.
#![expect(
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "slices at ASCII; a thread of the test's own sleeps between two looks at another process"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::answer::Answer;
use crate::cli::Served;
use crate::fixtures::{disc, giant_png, jpeg, photo, png, quarters};
use crate::support::request;
use crate::watermark_images;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn post(path: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, &[], body)
}

pub(crate) fn isolated(more: &[&str]) -> Served {
    let mut arguments = vec!["--isolation", "process", "--workers", "1"];
    arguments.extend(more);
    let served = Served::start(&arguments);
    // The self-test has its own order.
    until("it is ready", || {
        status(&served.ask(&request("GET", "/ready", &[], &[]))) == 200
    });
    // Until its worker is free a small request may be done aside, by a second process.
    until("the worker is free", || {
        metric(&served, "pixmill_workers_busy") == 0
    });
    served
}

pub(crate) fn whole(bytes: &[u8]) -> Answer {
    Answer::whole(bytes).expect("a whole answer")
}

pub(crate) fn status(answer: &[u8]) -> u16 {
    whole(answer).status
}

/// Descendants of a process with that name.
fn descendants(of: u32, name: &str) -> Vec<i32> {
    let mut found = Vec::new();
    let mut parents = vec![of.to_string()];
    while let Some(parent) = parents.pop() {
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            // A process may end while it is looked at.
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
                continue;
            };
            let (Some(open), Some(close)) = (stat.find('('), stat.rfind(')')) else {
                continue;
            };
            let fields: Vec<&str> = stat[close + 1..].split_whitespace().collect();
            if fields[1] == parent && fields[0] != "Z" {
                let id = stat[..open].trim();
                if &stat[open + 1..close] == name {
                    found.push(id.parse().unwrap());
                }
                parents.push(id.to_owned());
            }
        }
    }
    found
}

pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn signal(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole, and fit"
)]
pub(crate) fn metric(served: &Served, name: &str) -> u64 {
    figure(served, name) as u64
}

fn figure(served: &Served, name: &str) -> f64 {
    let page = served.ask(&request("GET", "/metrics", &[], &[]));
    let page = String::from_utf8(page).unwrap();
    page.lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
        .unwrap_or_else(|| panic!("{name} is not on the page"))
}

/// Drawings are read by default where they can cost only their own request.
#[test]
fn drawings_are_read_in_a_process_of_their_own() {
    const DRAWING: &[u8] = include_bytes!("../fixtures/drawing.svg");
    let served = isolated(&[]);
    let answer = whole(&served.ask(&post("/resize?width=40&type=png", DRAWING)));
    assert_eq!(answer.status, 200);
    let none = isolated(&["--svg", "false"]);
    let refused = whole(&none.ask(&post("/resize?width=40&type=png", DRAWING)));
    assert_eq!(refused.status, 415);
}

/// Which page it is goes with the plan.
#[test]
fn pages_are_found_in_a_process_of_their_own() {
    const PAGES: &[u8] = include_bytes!("../fixtures/tiff/lzw-pages.tif");
    let (apart, here) = (isolated(&[]), Served::start(&[]));
    let asked = (0..3).flat_map(|page| {
        // Borders are sought in a picture of its own.
        ["convert?type=png", "trim?trim=30&type=png"].map(|asked| format!("/{asked}&page={page}"))
    });
    for path in asked {
        let [a, b] = [&apart, &here].map(|served| whole(&served.ask(&post(&path, PAGES))));
        assert_eq!(a.status, 200, "{path}");
        assert_eq!(a.body, b.body, "{path}");
    }
}

/// The one codec process, stopped, with an order that it will not get done.
fn stuck(served: &Served) -> (i32, TcpStream) {
    stopped_after(served, faults, 100)
}

/// The same, stopped when so much more of something was counted than before the order.
fn stopped_after(served: &Served, counted: fn(i32) -> u64, more: u64) -> (i32, TcpStream) {
    let warm = served.ask(&post("/resize?width=20", &png(&quarters(40, 30))));
    assert_eq!(status(&warm), 200);
    // The worker is let go behind the answer, and would be taken for the next one's.
    until("the worker is free", || {
        metric(served, "pixmill_workers_busy") == 0
    });
    let pid = descendants(served.id(), "pixmill-codec")[0];
    let idle = counted(pid);
    let mut stream = TcpStream::connect(served.address).unwrap();
    // Long enough to be met at work. A worker that is busy may not have given its order away yet.
    let file = giant_png(6000, 4500);
    stream
        .write_all(&post("/resize?width=4500&type=png", &file))
        .unwrap();
    until("it is at work", || counted(pid) > idle + more);
    signal(pid, Signal::STOP);
    (pid, stream)
}

/// Pages that the process has touched for the first time.
fn faults(pid: i32) -> u64 {
    stat(pid, 7)
}

/// Processor time that it has used, in the system's ticks.
fn ticks(pid: i32) -> u64 {
    stat(pid, 11) + stat(pid, 12)
}

/// A figure of `/proc/PID/stat`, counted from behind the name.
fn stat(pid: i32, index: usize) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let field = fields.split_whitespace().nth(index);
    field.unwrap().parse().unwrap()
}

fn answer(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn another_process_gives_the_same_answers() {
    let (here, there) = (Served::start(&[]), isolated(&[]));
    let broken = {
        let mut file = jpeg(&photo(80, 60));
        file.truncate(file.len() / 2);
        file
    };
    for (path, file, expected) in [
        ("/resize?width=50", jpeg(&photo(120, 90)), 200),
        ("/resize?width=50&type=webp", png(&disc(90)), 200),
        ("/convert?type=png&linear=false", jpeg(&photo(70, 50)), 200),
        (
            "/resize?size=40x40&fit=contain&background=102030",
            png(&quarters(60, 40)),
            200,
        ),
        (
            "/resize?size=40x30&fit=cover&gravity=0.2,0.9",
            jpeg(&photo(90, 90)),
            200,
        ),
        (
            "/convert?type=png&trim&sharpen=1&brightness=1.2&pixelate=2&pad=3&radius=5",
            png(&disc(90)),
            200,
        ),
        (
            "/watermark?text=Hello%20there&color=red",
            png(&disc(90)),
            200,
        ),
        ("/resize?width=40", broken, 422),
        ("/resize?width=40", b"no picture".to_vec(), 415),
    ] {
        let request = post(path, &file);
        let [one, other] = [&here, &there].map(|served| served.answer(&request));
        assert_eq!(one.status, expected, "{path}");
        assert_eq!(other.status, expected, "{path}");
        assert_eq!(one.header("etag"), other.header("etag"), "{path}");
        // A problem has the request's id.
        assert!(
            one.body == other.body || expected != 200,
            "{path}: other bytes"
        );
    }
    // Two files, one behind the other.
    let (file, mark) = (jpeg(&photo(90, 60)), png(&disc(20)));
    let both = watermark_images::parts(&[], &[("file", &file), ("image", &mark)]);
    let form_type = [watermark_images::form_type()];
    let request = request("POST", "/watermarkimage?left=30", &form_type, &both);
    let [one, other] = [&here, &there].map(|served| served.answer(&request));
    assert_eq!((one.status, &one.body), (200, &other.body));
    assert_eq!(one.header("etag"), other.header("etag"));
    let timed = there.ask(&post("/resize?width=300", &jpeg(&photo(900, 700))));
    let timed = String::from_utf8_lossy(&timed).into_owned();
    for stage in ["decode;dur=", "resize;dur=", "encode;dur="] {
        let time = timed.split(stage).nth(1).unwrap();
        assert!(!time.starts_with("0.0,"), "{stage}: nothing");
    }
    assert!(metric(&there, "pixmill_codec_processes") > 0);
    assert_eq!(metric(&there, "pixmill_codec_crashes_total"), 0);
}

#[test]
fn a_crash_costs_one_request() {
    let served = isolated(&[]);
    for (number, (killer, word)) in (1..).zip([
        (Signal::ILL, "illegal instruction"),
        (Signal::ABORT, "aborted"),
        (Signal::KILL, "killed"),
    ]) {
        let (pid, stream) = stuck(&served);
        signal(pid, killer);
        if killer != Signal::KILL {
            signal(pid, Signal::CONT);
        }
        let Answer { status, body, .. } = whole(&answer(stream));
        assert_eq!(status, 500, "{word}");
        assert!(String::from_utf8(body).unwrap().contains("\"internal\""));
        let crashes = metric(&served, "pixmill_codec_crashes_total");
        assert_eq!(crashes, number);
        assert_eq!(metric(&served, "pixmill_workers_busy"), 0);
        // Its pipes end before it does: the next look around would else find it in the place of its successor.
        until("it is gone", || {
            !descendants(served.id(), "pixmill-codec").contains(&pid)
        });
    }
    served.signal(Signal::TERM);
    let (code, log) = served.ended();
    assert_eq!(code, Some(0));
    for word in ["illegal instruction", "aborted", "killed"] {
        assert!(log.contains(word), "{word}: {log}");
    }
}

#[test]
fn one_that_died_idle_costs_nothing() {
    let served = isolated(&[]);
    let file = png(&quarters(40, 30));
    assert_eq!(status(&served.ask(&post("/resize?width=20", &file))), 200);
    for pid in descendants(served.id(), "pixmill-codec") {
        signal(pid, Signal::KILL);
    }
    until("they are gone", || {
        descendants(served.id(), "pixmill-codec").is_empty()
    });
    assert_eq!(status(&served.ask(&post("/resize?width=20", &file))), 200);
}

#[test]
fn a_deadline_ends_the_process() {
    let served = isolated(&["--request-timeout", "3s"]);
    let (pid, stream) = stuck(&served);
    assert_eq!(status(&answer(stream)), 504);
    until("it is gone", || {
        !descendants(served.id(), "pixmill-codec").contains(&pid)
    });
    let file = png(&quarters(40, 30));
    assert_eq!(status(&served.ask(&post("/resize?width=20", &file))), 200);
    assert_eq!(metric(&served, "pixmill_codec_crashes_total"), 0);
}

#[test]
fn a_client_that_leaves_ends_the_process() {
    let served = isolated(&[]);
    let (pid, stream) = stuck(&served);
    drop(stream);
    until("it is gone", || {
        !descendants(served.id(), "pixmill-codec").contains(&pid)
    });
    until("the worker is free", || {
        metric(&served, "pixmill_workers_busy") == 0
    });
    until("it is counted", || {
        metric(&served, "pixmill_cancelled_total") == 1
    });
}

/// Else a client that leaves would seem to have cost what was worked while it was there.
#[test]
fn what_is_worked_is_counted_at_once() {
    const NAME: &str = "pixmill_cpu_seconds_total";
    let served = isolated(&[]);
    let before = figure(&served, NAME);
    let (pid, stream) = stopped_after(&served, ticks, 20);
    let during = figure(&served, NAME);
    // A tick more or less on both sides.
    let worked = 20.0 / rustix::param::clock_ticks_per_second() as f64;
    assert!(during - before > worked * 0.9, "{before} {during}");
    drop(stream);
    until("it is gone", || {
        !descendants(served.id(), "pixmill-codec").contains(&pid)
    });
    assert!(figure(&served, NAME) >= during, "a counter never falls");
}

#[test]
fn a_server_without_its_zygote_drains_and_says_so() {
    let served = isolated(&[]);
    let all = ["pixmill-zygote", "pixmill-codec"].map(|name| descendants(served.id(), name));
    for pid in all.concat() {
        signal(pid, Signal::KILL);
    }
    until("all are gone", || {
        descendants(served.id(), "pixmill-codec").is_empty()
    });
    let file = png(&quarters(40, 30));
    assert_eq!(status(&served.ask(&post("/resize?width=20", &file))), 500);
    let (code, log) = served.ended();
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("no process for pixel work"), "{log}");
}

#[test]
fn no_process_outlives_the_server() {
    for killer in [Signal::TERM, Signal::KILL] {
        let served = isolated(&[]);
        let file = png(&quarters(40, 30));
        assert_eq!(status(&served.ask(&post("/resize?width=20", &file))), 200);
        let all = ["pixmill-codec", "pixmill-zygote"]
            .map(|name| descendants(served.id(), name))
            .concat();
        assert!(all.len() >= 2, "{all:?}");
        // Whoever asks the whole group to end means the server.
        for &pid in &all {
            signal(pid, Signal::TERM);
        }
        assert_eq!(status(&served.ask(&post("/resize?width=20", &file))), 200);
        served.signal(killer);
        let expected = (killer == Signal::TERM).then_some(0);
        assert_eq!(served.ended().0, expected);
        until("all are gone", || {
            all.iter().all(|pid| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
                // Where nobody waits for orphans, they stay as such.
                stat.map_or(true, |stat| stat.contains(") Z "))
            })
        });
    }
}
