//! Traces, as a collector gets them from the real binary.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use libdeflater::Decompressor;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message as _;
use rustix::process::Signal;

use crate::cli::{Served, pixmill, text};
use crate::fixtures::{jpeg, photo};
use crate::sandbox::has_both;
use crate::support::request;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const LONG: Duration = Duration::from_secs(20);

/// A request to a server of ours: its head in small letters, and its body.
type Told = (String, Vec<u8>);

/// Answers everything with that status and body; what came, unpacked.
fn listening(status: u16, body: Vec<u8>) -> (SocketAddr, Receiver<Told>) {
    answering(&[&status.to_string()], body)
}

/// Answers with each of these statuses, headers behind them included, and then with the last one for ever.
fn answering(statuses: &[&str], body: Vec<u8>) -> (SocketAddr, Receiver<Told>) {
    let mut statuses: Vec<String> = statuses.iter().map(ToString::to_string).rev().collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let end = loop {
                let mut piece = [0; 4096];
                match stream.read(&mut piece) {
                    Ok(count) if count > 0 => bytes.extend_from_slice(&piece[..count]),
                    _ => break None,
                }
                if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                    break Some(end + 4);
                }
            };
            let Some(end) = end else { continue };
            let head = String::from_utf8(bytes[..end].to_vec())
                .unwrap()
                .to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            let mut rest = vec![0; end + length - bytes.len()];
            stream.read_exact(&mut rest).unwrap();
            bytes.extend(rest);
            let answer = format!(
                "HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n",
                statuses.last().unwrap(),
                body.len()
            );
            if statuses.len() > 1 {
                statuses.pop();
            }
            let _gone = stream.write_all(&[answer.as_bytes(), &body].concat());
            let mut told = bytes[end..].to_vec();
            if head.contains("content-encoding: gzip\r\n") {
                let mut plain = vec![0; 1 << 20];
                let length = Decompressor::new().gzip_decompress(&told, &mut plain);
                told = plain[..length.unwrap()].to_vec();
            }
            if sender.send((head, told)).is_err() {
                return;
            }
        }
    });
    (address, told)
}

/// A span, taken apart.
#[derive(Clone, Debug)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    state: String,
    name: String,
    kind: u32,
    flags: u32,
    times: (u64, u64),
    attributes: BTreeMap<String, String>,
    error: Option<String>,
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    let read = pairs.iter().map(|pair| {
        let value = pair.value.clone().unwrap().value.expect("a value");
        let text = match value {
            Value::StringValue(text) => text,
            Value::IntValue(number) => number.to_string(),
            Value::DoubleValue(number) => number.to_string(),
            other => panic!("{other:?}"),
        };
        (pair.key.clone(), text)
    });
    let read: BTreeMap<_, _> = read.collect();
    assert_eq!(read.len(), pairs.len(), "each is there once");
    read
}

/// Who tells, and the spans, by OpenTelemetry's own reader.
fn read(body: &[u8]) -> (BTreeMap<String, String>, Vec<Span>) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let [of_resource] = &request.resource_spans[..] else {
        panic!("one resource");
    };
    let [of_scope] = &of_resource.scope_spans[..] else {
        panic!("one scope");
    };
    let spans = of_scope.spans.iter().map(|span| Span {
        trace: HEXLOWER.encode(&span.trace_id),
        id: HEXLOWER.encode(&span.span_id),
        parent: HEXLOWER.encode(&span.parent_span_id),
        state: span.trace_state.clone(),
        flags: span.flags,
        name: span.name.clone(),
        kind: span.kind.cast_unsigned(),
        times: (span.start_time_unix_nano, span.end_time_unix_nano),
        attributes: attributes(&span.attributes),
        error: span.status.as_ref().map(|status| {
            assert_eq!(status.code, 2);
            status.message.clone()
        }),
    });
    let resource = of_resource.resource.as_ref().unwrap();
    (attributes(&resource.attributes), spans.collect())
}

fn serve(collector: SocketAddr, more: &[(&str, &str)], arguments: &[&str]) -> Served {
    let endpoint = format!("http://{collector}");
    let mut environment = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
    ];
    environment.extend(more);
    Served::start_in(environment, arguments)
}

/// The spans of the next request that is told.
fn next(told: &Receiver<Told>) -> Vec<Span> {
    read(&told.recv_timeout(LONG).expect("something is told").1).1
}

/// The request's span and those of its stages, within it.
fn is_a_tree(spans: &[Span], length: usize) {
    let whole = &spans[0];
    assert_eq!((whole.name.as_str(), whole.kind), ("POST /resize", 2));
    // Sampled, under who is known to be somebody else.
    assert_eq!((whole.flags, spans[1].flags), (0x301, 0x101));
    assert_eq!(
        (whole.parent.as_str(), whole.state.as_str()),
        (PARENT, "a=1,b=2")
    );
    let length = length.to_string();
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/resize"),
        ("http.response.status_code", "200"),
        ("http.request.body.size", &length),
        ("pixmill.outcome", "ok"),
        ("pixmill.request_id", "order-7"),
    ] {
        assert_eq!(whole.attributes[name], value, "{name}");
    }
    let names: Vec<_> = spans[1..].iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["recv", "queue", "decode", "resize", "encode"]);
    for span in spans {
        assert_eq!((span.trace.as_str(), &span.error), (TRACE, &None));
        assert!(span.times.0 <= span.times.1, "{span:?}");
    }
    for part in &spans[1..] {
        assert_eq!((&part.parent, part.kind), (&whole.id, 1));
        assert!(
            whole.times.0 <= part.times.0 && part.times.1 <= whole.times.1,
            "{part:?}"
        );
        let busy: f64 = part.attributes["pixmill.busy_ms"].parse().unwrap();
        let took = (part.times.1 - part.times.0) as f64 / 1e6;
        assert!(busy <= took + 0.01, "{part:?}");
    }
    let image = ["format", "width", "height"].map(|name| format!("pixmill.image.{name}"));
    let of = |span: &Span| image.clone().map(|name| span.attributes[&name].clone());
    assert_eq!(of(&spans[3]), ["jpeg", "120", "90"]);
    assert_eq!(of(&spans[5]), ["png", "40", "30"]);
}

#[test]
fn a_request_is_told_with_its_stages() {
    for isolation in ["off", "process"] {
        a_request_is_told(isolation);
    }
}

fn a_request_is_told(isolation: &str) {
    let (collector, told) = listening(200, Vec::new());
    let variables = [
        ("OTEL_SERVICE_NAME", "thumbs"),
        (
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=a%20b,service.name=other",
        ),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=secret%3D1,x-other=2"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "X-Other=3"),
    ];
    let sandbox = if has_both() { "require" } else { "prefer" };
    let walls = ["--isolation", isolation, "--sandbox", sandbox];
    let server = serve(
        collector,
        &variables,
        &[&["--log", "debug"], &walls[..]].concat(),
    );
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [
        ("traceparent", parent.as_str()),
        ("tracestate", "a=1"),
        ("tracestate", "b=2"),
        ("x-request-id", "order-7"),
    ];
    let picture = jpeg(&photo(120, 90));
    let post = request("POST", "/resize?width=40&type=png", &headers, &picture);
    assert_eq!(server.answer(&post).status, 200);

    let (head, body) = told.recv_timeout(LONG).unwrap();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    for line in [
        "content-type: application/x-protobuf",
        "x-key: secret=1",
        "x-other: 3",
    ] {
        assert!(head.contains(&format!("{line}\r\n")), "{line}: {head}");
    }
    assert!(!head.contains("x-other: 2"), "{head}");
    let (resource, spans) = read(&body);
    assert_eq!(resource["service.name"], "thumbs");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(resource["deployment.environment.name"], "a b");

    is_a_tree(&spans, picture.len());
    server.signal(Signal::TERM);
    let (code, log) = server.ended();
    assert_eq!(code, Some(0));
    assert!(!log.contains("secret"), "{log}");
    assert!(log.contains(TRACE), "{log}");
}

#[test]
fn only_what_is_sampled_is_told_and_faults_of_clients_are_no_errors() {
    let (collector, told) = listening(200, Vec::new());
    let server = serve(collector, &[], &["--path-prefix", "/api"]);
    let unsampled = format!("00-{TRACE}-{PARENT}-00");
    // None of these is told: it would come before what is.
    assert_eq!(
        server.answer(&request("GET", "/health", &[], &[])).status,
        200
    );
    assert_eq!(
        server
            .answer(&request("GET", "/api/metrics", &[], &[]))
            .status,
        200
    );
    let post = request(
        "POST",
        "/api/resize?width=9",
        &[("traceparent", &unsampled)],
        b"none",
    );
    assert_eq!(server.answer(&post).status, 415);
    let post = request(
        "POST",
        "/api/resize?width=9",
        &[("traceparent", "nonsense")],
        b"none",
    );
    assert_eq!(server.answer(&post).status, 415);
    let spans = next(&told);
    let whole = &spans[0];
    assert_eq!(whole.name, "POST /api/resize");
    assert_eq!((whole.parent.as_str(), &whole.error), ("", &None));
    assert_eq!(whole.attributes["http.response.status_code"], "415");
    assert_eq!(whole.attributes["pixmill.outcome"], "unsupported-format");
    assert!(!whole.attributes.contains_key("error.type"));
    assert_ne!(whole.trace, TRACE);
}

#[test]
fn what_is_fetched_hears_of_the_trace() {
    let (collector, told) = listening(200, Vec::new());
    let (origin, asked) = listening(200, jpeg(&photo(60, 40)));
    let place = format!("http://{origin}");
    let remote = ["--allow-remote", "true", "--private-origins", &place];
    // What is ours to say isn't the client's, though its headers are handed on.
    let forward = ["--forward-headers", "traceparent,tracestate"];
    let server = serve(collector, &[], &[&remote[..], &forward].concat());
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", parent.as_str()), ("tracestate", "a=1")];
    let target = format!("/resize?width=20&url={place}/a.jpg");
    assert_eq!(
        server
            .answer(&request("GET", &target, &headers, &[]))
            .status,
        200
    );
    let whole = next(&told).swap_remove(0);
    let (head, _) = asked.recv_timeout(LONG).unwrap();
    let expected = format!("traceparent: 00-{TRACE}-{}-01\r\n", whole.id);
    assert!(
        head.contains(&expected) && head.contains("tracestate: a=1\r\n"),
        "{head}"
    );
    assert_eq!(head.matches("\ntrace").count(), 2, "{head}");
}

#[test]
fn what_fails_for_us_is_an_error() {
    let (collector, told) = listening(200, Vec::new());
    let (origin, _asked) = listening(404, Vec::new());
    let place = format!("http://{origin}");
    let remote = ["--allow-remote", "true", "--private-origins", &place];
    let server = serve(collector, &[], &remote);
    let target = format!("/resize?width=20&url={place}/a.jpg");
    let answer = server.answer(&request("GET", &target, &[], &[]));
    assert_eq!(answer.status, 502);
    let whole = next(&told).swap_remove(0);
    assert_eq!(whole.attributes["http.response.status_code"], "502");
    let outcome = &whole.attributes["pixmill.outcome"];
    assert_eq!(whole.attributes["error.type"], *outcome);
    assert_eq!(whole.error.as_ref(), Some(outcome));
    assert_ne!(outcome, "ok");
}

/// A preset may be called as a probe is.
#[test]
fn presets_are_told_whatever_they_are_called() {
    let (collector, told) = listening(200, Vec::new());
    let presets = "ready=resize?width=9,metrics=resize?width=8";
    let server = serve(collector, &[], &["--presets", presets]);
    for name in ["ready", "metrics"] {
        let route = format!("/preset/{name}");
        let post = request("POST", &route, &[], &jpeg(&photo(30, 20)));
        assert_eq!(server.answer(&post).status, 200);
        assert_eq!(next(&told)[0].name, format!("POST {route}"));
    }
}

/// Not one for each look at the metrics: nobody reads the log before the end.
const FEW_LINES: [&str; 2] = ["--log", "warn,pixmill::app=info"];

/// What became of spans, of two metrics' names.
fn counted(server: &Served, outcome: &str) -> u64 {
    let page = server.answer(&request("GET", "/metrics", &[], &[])).body;
    let name = format!("pixmill_trace_spans_{outcome}_total ");
    let page = text(&page);
    let mut values = page.lines().filter_map(|line| line.strip_prefix(&name));
    values.next().unwrap().parse().unwrap()
}

/// Waits until so many are counted.
fn until(server: &Served, outcome: &str, count: u64) {
    let end = Instant::now() + LONG;
    while counted(server, outcome) < count {
        assert!(Instant::now() < end, "never {count} {outcome}");
    }
}

#[test]
fn what_is_not_taken_now_is_told_again_and_packed_if_wanted() {
    let (collector, told) = answering(&["503", "200", "400", "200"], Vec::new());
    let variables = [("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")];
    let server = serve(collector, &variables, &FEW_LINES);
    let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
    assert_eq!(server.answer(&post).status, 200);
    let (first, second) = (
        told.recv_timeout(LONG).unwrap(),
        told.recv_timeout(LONG).unwrap(),
    );
    assert_eq!(first, second);
    assert!(
        first.0.contains("content-encoding: gzip\r\n"),
        "{}",
        first.0
    );
    assert_eq!(read(&first.1).1.len(), 6);
    until(&server, "sent", 6);
    // What it never wants isn't told again.
    assert_eq!(server.answer(&post).status, 200);
    until(&server, "dropped", 6);
    assert_eq!(server.answer(&post).status, 200);
    until(&server, "sent", 12);
    assert_eq!(counted(&server, "dropped"), 6);
    // The collector answers before it tells.
    for _ in 0..2 {
        told.recv_timeout(LONG).unwrap();
    }
    assert!(told.try_recv().is_err());
    server.signal(Signal::TERM);
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    for line in ["takes nothing", "is back"] {
        assert_eq!(log.matches(line).count(), 1, "{log}");
    }
}

#[test]
fn a_collector_that_asks_for_time_gets_it() {
    let (collector, told) = answering(&["503 x\r\nRetry-After: 3600", "200"], Vec::new());
    let server = serve(collector, &[], &FEW_LINES);
    let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
    // That is longer than a batch is tried.
    assert_eq!(server.answer(&post).status, 200);
    until(&server, "dropped", 6);
    let first = next(&told);
    assert_eq!(server.answer(&post).status, 200);
    let waits = told.recv_timeout(Duration::from_millis(500));
    assert!(waits.is_err(), "ten times the usual delay");
    // At the end it is asked once more.
    server.signal(Signal::TERM);
    assert_eq!(server.ended().0, Some(0));
    assert_ne!(first[0].trace, next(&told)[0].trace);
}

/// What it has taken isn't told again, whatever becomes of the rest of the answer.
#[test]
fn an_answer_without_its_end_is_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = serve(listener.local_addr().unwrap(), &[], &FEW_LINES);
    let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
    assert_eq!(server.answer(&post).status, 200);
    let (mut stream, _) = listener.accept().unwrap();
    // What comes before the request answers nothing.
    assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    stream.write_all(answer).unwrap();
    until(&server, "sent", 6);
    assert_eq!(counted(&server, "dropped"), 0);
}

/// An answer that says how many spans were left out.
fn partial(rejected_spans: i64) -> Vec<u8> {
    let partial_success = Some(ExportTracePartialSuccess {
        rejected_spans,
        error_message: "over the quota".to_owned(),
    });
    ExportTraceServiceResponse { partial_success }.encode_to_vec()
}

#[test]
fn a_number_below_none_leaves_nothing_out() {
    let (collector, _told) = listening(200, partial(-1));
    let server = serve(collector, &[], &FEW_LINES);
    let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
    assert_eq!(server.answer(&post).status, 200);
    until(&server, "sent", 6);
    assert_eq!(counted(&server, "dropped"), 0);
}

#[test]
fn what_a_collector_leaves_out_is_counted_and_that_is_said_once() {
    let (collector, _told) = listening(200, partial(2));
    let server = serve(collector, &[], &FEW_LINES);
    let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
    for count in [1, 2] {
        assert_eq!(server.answer(&post).status, 200);
        until(&server, "sent", 4 * count);
        assert_eq!(counted(&server, "dropped"), 2 * count);
    }
    server.signal(Signal::TERM);
    let (code, log) = server.ended();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(log.matches("over the quota").count(), 1, "{log}");
    assert_eq!(log.matches("leaves something out").count(), 1, "{log}");
}

#[test]
fn a_collector_that_never_answers_is_given_up_and_that_is_said_once() {
    for variable in [
        "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
        "OTEL_BSP_EXPORT_TIMEOUT",
    ] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        // Three times a tenth of a second, and the pauses between; or a tenth, once.
        let variables = [(variable, "100")];
        let server = serve(silent.local_addr().unwrap(), &variables, &FEW_LINES);
        let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
        for count in [6, 12] {
            let start = Instant::now();
            assert_eq!(server.answer(&post).status, 200);
            until(&server, "dropped", count);
            assert!(start.elapsed() < Duration::from_secs(9), "{variable}");
        }
        server.signal(Signal::TERM);
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(log.matches("takes nothing").count(), 1, "{log}");
    }
}

#[test]
fn a_collector_that_is_gone_holds_nothing_up() {
    // Nobody accepts there.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let variables = [("OTEL_BSP_MAX_QUEUE_SIZE", "7")];
    let server = serve(silent.local_addr().unwrap(), &variables, &[]);
    let start = Instant::now();
    let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
    for _ in 0..5 {
        assert_eq!(server.answer(&post).status, 200);
    }
    let page = server.answer(&request("GET", "/metrics", &[], &[]));
    let page = String::from_utf8(page.body).unwrap();
    let line = page
        .lines()
        .find(|line| line.starts_with("pixmill_trace_spans_dropped_total "));
    assert_ne!(line.unwrap(), "pixmill_trace_spans_dropped_total 0");
    server.signal(Signal::TERM);
    let (code, _) = server.ended();
    assert_eq!(code, Some(0));
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn the_last_spans_are_told_before_the_end() {
    let (collector, told) = listening(200, Vec::new());
    let variables = [("OTEL_BSP_SCHEDULE_DELAY", "3600000")];
    let server = serve(collector, &variables, &[]);
    let post = request("POST", "/resize?width=9", &[], &jpeg(&photo(30, 20)));
    assert_eq!(server.answer(&post).status, 200);
    server.signal(Signal::TERM);
    assert_eq!(server.ended().0, Some(0));
    assert_eq!(next(&told)[0].name, "POST /resize");
}

#[test]
fn mistakes_in_variables_are_told() {
    for (name, value, said) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        ("OTEL_TRACES_SAMPLER", "xray", "parentbased_"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "secret", "name=value"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "ftp://a?key=secret",
            "http or https",
        ),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://me:secret@a",
            "without credentials",
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "a b=secret",
            "names that headers may have",
        ),
        ("OTEL_BSP_SCHEDULE_DELAY", "soon", "a whole number"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
            "0",
            "a whole number above 0",
        ),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "gzip or none"),
        (
            "OTEL_EXPORTER_OTLP_CLIENT_KEY",
            "/secret.pem",
            "no certificate",
        ),
        ("OTEL_TRACES_EXPORTER", "zipkin", "otlp or none"),
    ] {
        let mut command = pixmill(&["check-config"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
        let output = command.env(name, value).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{name}: {told}");
        assert!(told.contains(name) && told.contains(said), "{name}: {told}");
        assert!(!told.contains("secret"), "{told}");
    }
    // Asked for by name, it needs no place; and then the rest has to be right, too.
    let mut command = pixmill(&["check-config"]);
    let output = command.env("OTEL_TRACES_EXPORTER", "otlp").output();
    assert!(output.unwrap().status.success());
    let output = command.env("OTEL_TRACES_SAMPLER", "xray").output();
    assert_eq!(output.unwrap().status.code(), Some(64));
    // Nobody is told of files.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/drawing.png");
    let mut command = pixmill(&["info", file]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://unknown");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    for off in [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ] {
        let mut command = pixmill(&["check-config"]);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://unknown");
        assert!(command.env(off.0, off.1).output().unwrap().status.success());
    }
}
