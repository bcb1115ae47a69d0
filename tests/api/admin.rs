//! The operator's listener: what it shows, to whom, and the way out by it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use pixmill::app::Outcome;
use pixmill::config::{Admin, Config};
use pixmill::service::{self, Executor};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::cli::{Served, ask_at, run, text};
use crate::fixtures::{jpeg, photo};
use crate::support::{Answer, TestServer, eventually, request};

/// Files below this are the self-test's, which nothing holds up.
const TINY: usize = 1_000;

const IN_JSON: &[(&str, &str)] = &[("Accept", "application/json")];

fn with_admin(config: &mut Config) {
    config.admin = Some(Admin {
        address: "127.0.0.1:0".parse().unwrap(),
        is_public: false,
    });
}

/// Asks as tools do, by the address.
async fn ask(server: &TestServer, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(server.admin.unwrap()).await.unwrap();
    let asked = hosted(&request(method, path, headers, &[]), "127.0.0.1");
    stream.write_all(&asked).await.unwrap();
    Answer::read(&mut stream, method == "HEAD").await
}

/// The same request to another host.
fn hosted(request: &[u8], host: &str) -> Vec<u8> {
    let text = String::from_utf8(request.to_vec()).unwrap();
    text.replace("Host: test\r\n", &format!("Host: {host}\r\n"))
        .into_bytes()
}

/// Work that waits for `end`, then runs for real.
fn gated() -> (Executor, mpsc::Sender<()>) {
    let (end, ended) = mpsc::channel();
    let ended = Mutex::new(ended);
    let real = service::in_process();
    let executor: Executor = Arc::new(move |job, scratch, checkpoint| {
        if job.source.len() > TINY {
            // Nobody is left to say so when the test has ended.
            let _told = ended.lock().unwrap().recv();
        }
        real(job, scratch, checkpoint)
    });
    (executor, end)
}

async fn ready(server: &TestServer) {
    while server.get("/ready").await.status != 200 {
        tokio::task::yield_now().await;
    }
}

/// Sends a request under that id, with a client's secrets in it.
async fn send(server: &TestServer, id: &str, body: &[u8]) -> TcpStream {
    let mut stream = server.connect().await;
    let path = "/resize?width=20&key=open-sesame&expires=99";
    let headers = [("X-Request-Id", id), ("API-Key", "open-sesame")];
    let post = request("POST", path, &headers, body);
    stream.write_all(&post).await.unwrap();
    stream
}

/// Asserts that this is what is known of the upload.
#[track_caller]
fn describes(entry: &Value, body: &[u8]) {
    for (name, value) in [
        ("operation", json!("/resize")),
        ("format", json!("jpeg")),
        ("width", json!(200)),
        ("height", json!(150)),
        ("bytes", json!(body.len())),
        ("class", json!("25 ms at most")),
        ("stopping", json!(null)),
    ] {
        assert_eq!(entry[name], value, "{name}: {entry}");
    }
    assert!(entry["memory_bytes"].as_u64() > Some(20 * 15 * 3));
    assert!(entry["waited_ms"].is_u64());
}

fn ids(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|entry| entry["request_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn work_is_seen_by_who_has_a_worker_and_who_waits() {
    let (executor, end) = gated();
    let change = |config: &mut Config| {
        with_admin(config);
        config.admission.workers = 1;
    };
    let server = TestServer::start_executor(change, executor).await;
    ready(&server).await;
    let idle = ask(&server, "GET", "/debug/work", &[]).await;
    assert_eq!(text(&idle.body), "0 of 1 workers\n\n0 waiting\n");
    let body = jpeg(&photo(200, 150));
    let mut streams = Vec::new();
    for (count, id) in ["first", "second", "third"].into_iter().enumerate() {
        streams.push(send(&server, id, &body).await);
        server
            .settled(move |figures| figures.busy + figures.queued == count + 1)
            .await;
    }
    // Its permit comes a moment before its work begins.
    let document = loop {
        let document = ask(&server, "GET", "/debug/work", IN_JSON).await.json();
        if document["working"].as_array().unwrap().len() == 1 {
            break document;
        }
    };
    assert_eq!(document["workers"], 1);
    assert_eq!(ids(&document["working"]), ["first"]);
    assert_eq!(ids(&document["waiting"]), ["second", "third"]);
    describes(&document["working"][0], &body);
    describes(&document["waiting"][1], &body);
    assert!(document["working"][0]["worked_ms"].is_u64());
    assert_eq!(document["waiting"][0]["stage"], "queue");
    assert!(document["waiting"][0]["worked_ms"].is_null());

    let table = text(&ask(&server, "GET", "/debug/work", &[]).await.body);
    assert!(table.starts_with("1 of 1 workers\nrequest "), "{table}");
    assert!(table.contains("\n2 waiting\n"), "{table}");
    for id in ["first", "second", "third"] {
        let line = table.lines().find(|line| line.starts_with(id)).unwrap();
        assert!(line.contains("/resize") && line.contains("jpeg"), "{line}");
    }
    assert!(!table.contains("sesame") && !document.to_string().contains("sesame"));
    let in_json = ask(&server, "GET", "/debug/work?format=json", &[]).await;
    assert_eq!(in_json.header("content-type"), Some("application/json"));

    leave(server, streams, &end).await;
}

/// Who leaves is stopped, and seen as long as the work lasts.
async fn leave(server: TestServer, mut streams: Vec<TcpStream>, end: &mpsc::Sender<()>) {
    drop(streams.remove(0));
    while ask(&server, "GET", "/debug/work", IN_JSON).await.json()["working"][0]["stopping"]
        != "cancelled"
    {}
    drop(streams.remove(0));
    server.settled(|figures| figures.queued == 1).await;
    let left = ask(&server, "GET", "/debug/work", IN_JSON).await.json();
    assert_eq!(left["waiting"][0]["request_id"], "third");
    end.send(()).unwrap();
    end.send(()).unwrap();
    Answer::read(&mut streams[0], false)
        .await
        .picture("image/jpeg", 20, 15);
    let service = server.service.clone();
    eventually(move || service.going_on().is_empty()).await;
}

#[tokio::test]
async fn it_answers_while_everybody_else_is_turned_away() {
    let (executor, _end) = gated();
    let change = |config: &mut Config| {
        with_admin(config);
        config.admission.workers = 1;
        config.admission.queue = 0;
        config.server.max_connections = 1;
    };
    let server = TestServer::start_executor(change, executor).await;
    ready(&server).await;
    let mut held = Vec::new();
    // The one place, with the only worker, and all that are spare: nobody else is even accepted.
    for _ in 0..17 {
        let mut stream = server.connect().await;
        let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(200, 150)));
        stream.write_all(&post[..post.len() - 1]).await.unwrap();
        held.push(stream);
    }
    for path in ["/health", "/ready", "/metrics", "/debug/work", "/"] {
        assert_eq!(ask(&server, "GET", path, &[]).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_drain_is_asked_for_and_watched() {
    let (executor, end) = gated();
    let change = |config: &mut Config| {
        with_admin(config);
        config.drain_delay = Duration::from_millis(100);
    };
    let server = TestServer::start_executor(change, executor).await;
    ready(&server).await;
    for (method, path) in [("GET", "/drain"), ("POST", "/debug/work")] {
        let refused = ask(&server, method, path, &[]).await;
        refused.problem(405, "method-not-allowed");
        let allowed = refused.header("allow").unwrap();
        assert_eq!(allowed.contains("POST"), path == "/drain", "{allowed}");
    }
    assert_eq!(server.get("/ready").await.status, 200);
    let mut working = server.connect().await;
    let post = request("POST", "/resize?width=20", &[], &jpeg(&photo(200, 150)));
    working.write_all(&post).await.unwrap();
    server.settled(|figures| figures.busy == 1).await;
    // Whoever asks twice is told the same.
    for _ in 0..2 {
        let told = ask(&server, "POST", "/drain", &[]).await;
        assert_eq!(told.status, 202);
        let told = told.json();
        assert_eq!(told["status"], "draining");
        assert_eq!(told["accepts_for_ms"], 100);
        assert_eq!(told["finishes_within_ms"], 30_000);
    }
    while ask(&server, "GET", "/ready", &[]).await.status == 200 {}
    let unready = ask(&server, "GET", "/ready", &[]).await;
    unready.problem(503, "draining");
    // The others' listener has gone, and this one is still there.
    while TcpStream::connect(server.address).await.is_ok() {}
    let work = ask(&server, "GET", "/debug/work", IN_JSON).await;
    assert_eq!(work.header("connection"), Some("close"));
    assert_eq!(work.json()["working"].as_array().unwrap().len(), 1);
    end.send(()).unwrap();
    let answer = Answer::read(&mut working, false).await;
    answer.picture("image/jpeg", 20, 15);
    assert_eq!(server.outcome().await, Outcome::Drained);
}

/// Neither keys nor anything else that is there for clients; but no page may ask.
#[tokio::test]
async fn operators_ask_and_pages_do_not() {
    let given = TestServer::configured(
        "api_keys = [\"sesame\"]\npath_prefix = \"/images\"\ndisabled = [\"metrics\"]\nrate_limit = 1\nrate_burst = 0\ncompat = \"imaginary\"",
    );
    let server = TestServer::start_with(|config| {
        config.http = given.http;
        with_admin(config);
    })
    .await;
    for path in ["/", "/debug", "/debug/work", "/debug/memory", "/metrics"] {
        for _ in 0..3 {
            let answer = ask(&server, "GET", path, &[]).await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    ask(&server, "GET", "/images/metrics", &[])
        .await
        .problem(404, "not-found");
    let key = [("API-Key", "sesame")];
    for path in ["/images/debug/work", "/debug/work", "/images/drain"] {
        assert_eq!(server.send("GET", path, &key, &[]).await.status, 404);
    }
    // What others needn't see is switched off for them.
    let off = server.send("GET", "/images/metrics", &key, &[]).await;
    assert_eq!(off.status, 501);

    for headers in [
        &[("Origin", "http://127.0.0.1")][..],
        &[("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-origin")],
    ] {
        for (method, path) in [("GET", "/debug/work"), ("POST", "/drain")] {
            let refused = ask(&server, method, path, headers).await;
            refused.problem(403, "forbidden-page");
        }
    }
    let typed = [("Sec-Fetch-Site", "none")];
    assert_eq!(ask(&server, "GET", "/", &typed).await.status, 200);
    for (host, status) in [
        ("evil.example", 403),
        ("localhost:9090", 200),
        ("[::1]", 200),
    ] {
        let mut stream = TcpStream::connect(server.admin.unwrap()).await.unwrap();
        let asked = hosted(&request("GET", "/debug/work", &[], &[]), host);
        stream.write_all(&asked).await.unwrap();
        assert_eq!(
            Answer::read(&mut stream, false).await.status,
            status,
            "{host}"
        );
    }
    // Nobody has got it to drain.
    while server.send("GET", "/ready", &key, &[]).await.status != 200 {}
}

#[tokio::test]
async fn memory_is_told_by_who_holds_it() {
    let server = TestServer::start_with(with_admin).await;
    ready(&server).await;
    let lease = server.service.admission().upload(12_345).unwrap();
    let told = ask(&server, "GET", "/debug/memory", IN_JSON).await.json();
    assert_eq!(told["uploads"]["used_bytes"], 12_345);
    assert_eq!(told["uploads"]["limit_bytes"], 256 << 20);
    assert_eq!(told["pixels"]["used_bytes"], 0);
    let resident = told["resident"]["server_bytes"].as_u64().unwrap();
    let heap = &told["allocator"];
    let of = |name: &str| heap[name].as_u64().unwrap();
    assert!(
        of("arena_used_bytes") > 10_000 && of("arena_used_bytes") < resident,
        "{told}"
    );
    assert_eq!(
        of("arena_used_bytes") + of("arena_free_bytes"),
        of("arena_bytes")
    );
    let lines = text(&ask(&server, "GET", "/debug/memory", &[]).await.body);
    assert!(
        lines
            .lines()
            .any(|line| line.starts_with("uploads used bytes ") && line.ends_with(" 12345")),
        "{lines}"
    );
    drop(lease);
}

/// And where it serves operators, as its first line says.
pub(crate) fn served(arguments: &[&str]) -> (Served, SocketAddr) {
    served_by(Path::new(env!("CARGO_BIN_EXE_pixmill")), arguments)
}

/// The same by another program of the kind.
pub(crate) fn served_by(program: &Path, arguments: &[&str]) -> (Served, SocketAddr) {
    let admin = ["--admin-address", "127.0.0.1:0"];
    let served = Served::start_program(program, &[&admin, arguments].concat());
    let (_, address) = served
        .process
        .line
        .split_once("operators: curl http://")
        .unwrap();
    let address = address.trim_end_matches('/').parse().unwrap();
    (served, address)
}

/// Over a connection of its own.
pub(crate) fn answer(admin: SocketAddr, method: &str, path: &str) -> Answer {
    let asked = hosted(&request(method, path, &[], &[]), "localhost");
    Answer::whole(&ask_at(admin, &asked)).expect("a whole answer")
}

/// Whom a name means may change while a page is open, which says nothing of where it comes from to what isn't secure.
#[test]
fn no_page_reads_a_listener_that_others_may_reach() {
    let (_process, admin) = served(&["--admin-public", "true"]);
    for (host, languages, status) in [
        ("pixmill.internal:9090", None, 200),
        ("evil.example:9090", Some("en"), 403),
        ("10.0.0.5:9090", Some("en"), 200),
        ("localhost:9090", Some("en"), 200),
    ] {
        let headers: Vec<_> = languages
            .map(|languages| ("Accept-Language", languages))
            .into_iter()
            .collect();
        let asked = hosted(&request("GET", "/debug/config", &headers, &[]), host);
        let answer = Answer::whole(&ask_at(admin, &asked)).expect("a whole answer");
        assert_eq!(answer.status, status, "{host} {languages:?}");
    }
}

#[test]
fn the_process_ends_by_it_and_a_signal_after_that_is_the_first() {
    let (process, admin) = served(&["--drain-delay", "1h"]);
    assert_eq!(answer(admin, "POST", "/drain").status, 202);
    while answer(admin, "GET", "/ready").status == 200 {}
    // As an orchestrator does that has drained by a hook.
    process.signal(Signal::TERM);
    for _ in 0..20 {
        assert_eq!(answer(admin, "GET", "/health").status, 200);
    }
    process.signal(Signal::TERM);
    assert_eq!(process.ended().0, Some(1));

    let (process, admin) = served(&[]);
    assert_eq!(answer(admin, "POST", "/drain").status, 202);
    let (code, log) = process.ended();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("draining"), "{log}");
}

#[test]
fn the_configuration_is_shown_without_its_secrets() {
    let folder = std::env::temp_dir().join(format!("pixmill-admin-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("pixmill.toml");
    let write = |frames: u32| {
        let text = format!("api_keys = [\"sesame\"]\nmax_frames = {frames}");
        std::fs::write(&file, text).unwrap();
    };
    write(7);
    let (process, admin) = served(&["--config", file.to_str().unwrap(), "--queue", "9"]);
    let shown = || text(&answer(admin, "GET", "/debug/config").body);
    let first = shown();
    for line in [
        "api_keys = [\"***\"]  # ",
        "queue = 9  # --queue",
        "max_frames = 7  # ",
    ] {
        assert!(
            first.lines().any(|shown| shown.starts_with(line)),
            "{first}"
        );
    }
    assert!(!first.contains("sesame"), "{first}");
    // What was read again is what is shown.
    write(8);
    process.signal(Signal::HUP);
    while !shown().contains("max_frames = 8  # ") {}
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_taken_address_is_a_failure_in_words() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["--port", "0", "--admin-address", &address]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains(&address) && error.contains("admin_address"),
        "{error}"
    );
    // Nobody opens it to the world by mistake.
    let open = ["--port", "0", "--admin-address", "0.0.0.0:0"];
    assert_eq!(run(&open).status.code(), Some(64));
    let public = [&["check-config"], &open[2..], &["--admin-public", "true"]].concat();
    assert!(run(&public).status.success());
}
