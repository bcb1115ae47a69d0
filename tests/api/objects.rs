//! `object=`: what is below one prefix of one store, and nothing else.

use std::time::Duration;

use pixmill::config::Config;
use pixmill::http::access::ApiKey;
use pixmill::source::StoreSettings;

use crate::bucket;
use crate::cli::Served;
use crate::fixtures::{png, quarters};
use crate::guard::{Answers, Recorder};
use crate::origin::{Origin, Reply};
use crate::support::{Answer, TestServer, eventually, request};

fn small() -> Vec<u8> {
    png(&quarters(60, 40))
}

async fn serve(origin: &Origin) -> TestServer {
    serve_with(origin, |_| {}).await
}

async fn serve_with(origin: &Origin, change: impl FnOnce(&mut Config)) -> TestServer {
    let settings = bucket::settings(&bucket::environment(origin));
    TestServer::start_with(|config| {
        config.source.store = Some(settings);
        change(config);
    })
    .await
}

#[tokio::test]
async fn what_a_key_names_is_read() {
    let origin = bucket::start([
        ("/photos/in/a.png", Reply::picture(small())),
        ("/photos/in/%C3%BC%20b/50%25.png", Reply::picture(small())),
        (
            "/photos/in/a%2Bb%20%26%3D%3F%23~.png",
            Reply::picture(small()),
        ),
        ("/photos/in/a%2520b", Reply::picture(small())),
    ])
    .await;
    let server = serve(&origin).await;
    for key in [
        "a.png",
        "%C3%BC%20b/50%25.png",
        "%C3%BC+b%2F50%25.png",
        "a%2Bb+%26%3D%3F%23~.png",
        // A key is what it says: nothing is decoded once more.
        "a%2520b",
    ] {
        let answer = server.get(&format!("/resize?width=30&object={key}")).await;
        answer.picture("image/png", 30, 20);
        let posted = server.post("/resize?width=30", &small()).await;
        assert_eq!(answer.header("etag"), posted.header("etag"), "{key}");
        let answer = server.get(&format!("/info?object={key}")).await;
        assert_eq!(answer.json()["width"], 60, "{key}");
    }
    let asked = origin.asked();
    let first = asked.first().unwrap();
    let host = origin.address.to_string();
    assert_eq!(first.header("host"), Some(host.as_str()));
    assert!(first.header("user-agent").unwrap().starts_with("pixmill/"));
    assert_eq!(first.header("if-none-match"), None);
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    for line in [
        "pixmill_fetches_total{source=\"object\",outcome=\"fetched\"} 10\n".to_owned(),
        format!(
            "pixmill_fetched_bytes_total{{source=\"object\"}} {}\n",
            10 * small().len()
        ),
    ] {
        assert!(page.contains(&line), "{line}{page}");
    }
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

/// Paths of the store, each with another way to fail, and what comes of it.
type Failing = (&'static str, fn() -> Reply, u16, &'static str, Option<u16>);

const FAILING: &[Failing] = &[
    ("absent", || Reply::status(404), 404, "missing-object", None),
    (
        "no-bucket",
        || {
            Reply::Plain(
                404,
                Vec::new(),
                b"<Error><Code>NoSuchBucket</Code></Error>".to_vec(),
            )
        },
        502,
        "source-failed",
        Some(404),
    ),
    (
        "denied",
        || Reply::status(403),
        502,
        "source-failed",
        Some(403),
    ),
    (
        "unknown",
        || Reply::status(401),
        502,
        "source-failed",
        Some(401),
    ),
    (
        "bad",
        || Reply::status(400),
        502,
        "source-failed",
        Some(400),
    ),
    (
        "down",
        || Reply::status(503),
        502,
        "source-failed",
        Some(503),
    ),
    (
        "304",
        || Reply::status(304),
        502,
        "source-failed",
        Some(304),
    ),
    (
        "elsewhere",
        || Reply::redirect("http://127.0.0.1:1/photos/in/a.png"),
        502,
        "source-failed",
        Some(302),
    ),
    (
        "empty",
        || Reply::picture(Vec::new()),
        400,
        "missing-image",
        None,
    ),
    (
        "text",
        || Reply::picture(b"text".to_vec()),
        415,
        "unsupported-format",
        None,
    ),
    (
        "large",
        || Reply::picture(vec![0; 5001]),
        413,
        "body-too-large",
        None,
    ),
    ("endless", || Reply::Endless, 502, "source-failed", None),
    ("cut", || Reply::Cut, 502, "source-failed", None),
    ("silence", || Reply::Silence, 504, "source-timeout", None),
    (
        "nonsense",
        || Reply::Raw(b"nonsense\r\n\r\n"),
        502,
        "source-failed",
        None,
    ),
    ("nothing", || Reply::Raw(b""), 502, "source-failed", None),
    // What it says of a failure has an end, too.
    (
        "wordy",
        || Reply::Plain(400, Vec::new(), vec![b'x'; 100_000]),
        502,
        "source-failed",
        Some(400),
    ),
];

#[tokio::test]
async fn stores_that_fail_are_told_apart_by_whose_fault_it_is() {
    let origin = bucket::start([]).await;
    for (key, reply, ..) in FAILING {
        origin.set(&format!("/photos/in/{key}"), reply());
    }
    let server = serve_with(&origin, |config| {
        config.source.max_bytes = 5000;
        config.source.store.as_mut().unwrap().timeout = Duration::from_secs(1);
    })
    .await;
    for (key, _, status, code, seen) in FAILING {
        let answer = server.get(&format!("/resize?width=30&object={key}")).await;
        let document = answer.problem(*status, code);
        let text = document["detail"].as_str().unwrap();
        assert!(
            !text.contains("127.0.0.1") && !text.contains("photos"),
            "{text}"
        );
        assert_eq!(
            document["source_status"].as_u64(),
            seen.map(u64::from),
            "{key}"
        );
        if *key == "large" {
            assert_eq!(
                (&document["limit"], &document["actual"]),
                (&5000.into(), &5001.into())
            );
        }
    }
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    for (outcome, count) in [("refused", 1), ("too-large", 1), ("timeout", 1)] {
        let line = format!("{{source=\"object\",outcome=\"{outcome}\"}} {count}\n");
        assert!(page.contains(&line), "{line}{page}");
    }
    // What may pass is tried again, what can't isn't.
    let asked = origin.asked();
    for (key, times) in [
        ("down", 3),
        ("cut", 1),
        ("nothing", 3),
        ("denied", 1),
        ("absent", 1),
    ] {
        let path = format!("/photos/in/{key}");
        let count = asked.iter().filter(|asked| asked.path == path).count();
        assert_eq!(count, times, "{key}");
    }
    // Nobody answers there any more.
    drop(origin);
    let answer = server.get("/resize?width=30&object=a.png").await;
    assert_eq!(
        answer.problem(502, "source-failed")["source_status"],
        serde_json::Value::Null
    );
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn no_key_leads_out_of_the_prefix() {
    let origin = bucket::start([
        ("/photos/secret.png", Reply::picture(small())),
        ("/photos/in-private/a.png", Reply::picture(small())),
        ("/photos/in/a.png", Reply::picture(small())),
        ("/other/a.png", Reply::picture(small())),
    ])
    .await;
    let server = serve(&origin).await;
    for key in [
        "..%2Fsecret.png",
        "../secret.png",
        "/photos/secret.png",
        "%2Fa.png",
        "//a.png",
        "a//b.png",
        "a.png/",
        "./a.png",
        "x/../a.png",
        "x/../../secret.png",
        "..%5Csecret.png",
        "%252e%252e%252fsecret.png",
        "%25252e%25252e%25252fsecret.png",
        "..%252fsecret.png",
        "a.png%00",
        "a.png%2500.jpg",
        "a%0D%0Ab",
        "..",
        ".",
        "/",
        &"k".repeat(1025),
    ] {
        let answer = server.get(&format!("/resize?width=30&object={key}")).await;
        let document = answer.problem(400, "invalid-parameter");
        assert_eq!(document["parameter"], "object", "{key}");
    }
    assert_eq!(origin.count(), 0);
    // These are keys, if strange ones, and all of them below the prefix.
    for (key, path) in [
        ("-private/a.png", "/photos/in/-private/a.png"),
        ("photos/secret.png", "/photos/in/photos/secret.png"),
        ("a..b", "/photos/in/a..b"),
        ("a.png%3FversionId=1", "/photos/in/a.png%3FversionId%3D1"),
        ("a.png%23x", "/photos/in/a.png%23x"),
        ("a@b:1", "/photos/in/a%40b%3A1"),
    ] {
        let answer = server.get(&format!("/resize?width=30&object={key}")).await;
        answer.problem(404, "missing-object");
        let asked = origin.asked();
        assert_eq!(
            asked
                .iter()
                .map(|asked| asked.path.as_str())
                .collect::<Vec<_>>(),
            [path]
        );
    }
}

#[tokio::test]
async fn only_who_signs_rightly_gets_anything() {
    let origin = bucket::start([("/photos/in/a.png", Reply::picture(small()))]).await;
    for (name, value, status) in [
        ("AWS_REGION", bucket::REGION, 200),
        ("AWS_SECRET_ACCESS_KEY", "wrong", 502),
        ("AWS_ACCESS_KEY_ID", "AKIDNOBODY", 502),
        ("AWS_REGION", "elsewhere", 502),
        ("AWS_SKIP_SIGNATURE", "true", 502),
    ] {
        let mut environment = bucket::environment(&origin);
        environment.insert(name.to_owned(), value.to_owned());
        let settings = bucket::settings(&environment);
        let server = TestServer::start_with(|config| config.source.store = Some(settings)).await;
        let answer = server.get("/resize?width=30&object=a.png").await;
        if status == 200 {
            answer.picture("image/png", 30, 20);
        } else {
            assert_eq!(
                answer.problem(502, "source-failed")["source_status"],
                403,
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn what_breaks_off_goes_on_where_it_was() {
    let origin = bucket::start([("/photos/in/a.png", Reply::Halves("\"one\"", small()))]).await;
    let server = serve(&origin).await;
    let answer = server.get("/resize?width=30&object=a.png").await;
    answer.picture("image/png", 30, 20);
    let ranges: Vec<_> = origin
        .asked()
        .iter()
        .map(|asked| asked.header("range").is_some())
        .collect();
    assert_eq!(ranges, [false, true]);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let origin = bucket::start([("/photos/in/a.png", Reply::Kept(small()))]).await;
    let server = serve(&origin).await;
    for _ in 0..3 {
        let answer = server.get("/resize?width=30&object=a.png").await;
        answer.picture("image/png", 30, 20);
    }
    let watch = origin.watch();
    assert_eq!(watch(), (3, 1));
    // And one that the store has closed is replaced, without a word of it.
    origin.set("/photos/in/a.png", Reply::picture(small()));
    for _ in 0..2 {
        let answer = server.get("/resize?width=30&object=a.png").await;
        answer.picture("image/png", 30, 20);
    }
    let watch = origin.watch();
    eventually(move || watch() == (5, 0)).await;
}

#[tokio::test]
async fn a_store_says_by_a_few_bytes_that_an_object_is_what_it_was() {
    let date = "Thu, 01 Jan 2026 00:00:00 GMT";
    for etag in ["\"one\"", ""] {
        let origin =
            bucket::start([("/photos/in/a.png", Reply::Tagged(etag, date, small()))]).await;
        let server = serve(&origin).await;
        let path = "/resize?width=30&object=a.png";
        let first = server.get(path).await;
        first.picture("image/png", 30, 20);
        let ours = first.header("etag").unwrap().to_owned();
        for method in ["GET", "HEAD"] {
            origin.asked();
            let headers = [("If-None-Match", ours.as_str())];
            let again = server.send(method, path, &headers, &[]).await;
            assert_eq!(
                (again.status, again.header("etag")),
                (304, Some(ours.as_str()))
            );
            let asked = origin.asked();
            let last = asked.last().unwrap();
            assert_eq!(last.header("if-none-match").unwrap_or_default(), etag);
            // Where there is a tag, the time says nothing more.
            let time = etag.is_empty().then_some(date);
            assert_eq!(last.header("if-modified-since"), time);
        }
        // Who has something else gets a picture, and the store isn't asked for less.
        let headers = [("If-None-Match", "\"other\"")];
        server
            .send("GET", path, &headers, &[])
            .await
            .picture("image/png", 30, 20);
        assert_eq!(
            origin.asked().last().unwrap().header("if-modified-since"),
            None
        );
        // Once it has changed, so has the answer.
        let (newer, tag) = (
            "Fri, 02 Jan 2026 00:00:00 GMT",
            if etag.is_empty() { "" } else { "\"two\"" },
        );
        origin.set(
            "/photos/in/a.png",
            Reply::Tagged(tag, newer, png(&quarters(80, 40))),
        );
        let headers = [("If-None-Match", ours.as_str())];
        server
            .send("GET", path, &headers, &[])
            .await
            .picture("image/png", 30, 15);
        // Once it is gone, it is gone, whatever the client has.
        origin.set("/photos/in/a.png", Reply::status(404));
        let answer = server.send("GET", path, &headers, &[]).await;
        answer.problem(404, "missing-object");
    }
}

async fn send(server: &TestServer, path: &str) -> tokio::net::TcpStream {
    let mut stream = server.connect().await;
    let request = request("GET", path, &[], &[]);
    tokio::io::AsyncWriteExt::write_all(&mut stream, &request)
        .await
        .unwrap();
    stream
}

#[tokio::test]
async fn one_fetch_serves_all_who_want_the_same() {
    let origin = bucket::start([("/photos/in/a.png", Reply::Gated(small()))]).await;
    let server = serve(&origin).await;
    let first = send(&server, "/resize?width=30&object=a.png").await;
    let watch = origin.watch();
    eventually(move || watch() == (1, 1)).await;
    let mut others = Vec::new();
    for width in 31..36 {
        others.push(send(&server, &format!("/resize?width={width}&object=a.png")).await);
    }
    server.shows("pixmill_fetches_shared_total 5\n").await;
    // The one that began it leaves.
    drop(first);
    origin.let_go();
    for (stream, width) in others.iter_mut().zip(31..) {
        let answer = Answer::read(stream, false).await;
        answer.picture("image/png", width, (width * 40 + 30) / 60);
    }
    assert_eq!(origin.count(), 1);
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn a_fetch_that_nobody_waits_for_is_given_up() {
    let origin = bucket::start([("/photos/in/a.png", Reply::Gated(small()))]).await;
    let server = serve(&origin).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(send(&server, "/resize?width=30&object=a.png").await);
    }
    let watch = origin.watch();
    eventually(move || watch() == (1, 1)).await;
    drop(streams);
    let watch = origin.watch();
    eventually(move || watch() == (1, 0)).await;
    let cancelled = "pixmill_fetches_total{source=\"object\",outcome=\"cancelled\"} 3\n";
    while !String::from_utf8(server.get("/metrics").await.body)
        .unwrap()
        .contains(cancelled)
    {}
    // Neither does a deadline of one request's own leave anything behind.
    let server = serve_with(&origin, |config| {
        config.http.request_timeout = Duration::from_millis(200);
    })
    .await;
    let answer = server.get("/resize?width=30&object=a.png").await;
    answer.problem(504, "source-timeout");
    let watch = origin.watch();
    eventually(move || watch() == (2, 0)).await;
}

#[tokio::test]
async fn what_a_get_may_say_and_what_not() {
    let origin = bucket::start([("/photos/in/a.png", Reply::picture(small()))]).await;
    let server = serve_with(&origin, |config| {
        config.http.fetch.cache_ttl = Some(Duration::from_mins(1));
    })
    .await;
    for (query, status, code) in [
        ("width=30", 400, "missing-image"),
        ("width=30&object=", 400, "missing-image"),
        ("object=a.png", 400, "missing-parameter"),
        ("width=30&wdth=3&object=a.png", 400, "unknown-parameter"),
        (
            "width=30&object=a.png&object=b.png",
            400,
            "invalid-parameter",
        ),
        ("width=30&object=a.png&file=a.png", 400, "invalid-parameter"),
        (
            "width=30&object=a.png&url=http://a.test/",
            400,
            "invalid-parameter",
        ),
        // Nothing but objects is read here.
        ("width=30&url=http://1.1.1.1/", 403, "forbidden-source"),
        ("width=30&file=a.png", 403, "forbidden-source"),
    ] {
        let answer = server.get(&format!("/resize?{query}")).await;
        answer.problem(status, code);
    }
    assert_eq!(origin.count(), 0);
    let path = "/resize?width=30&object=a.png&object=a.png";
    let got = server.get(path).await;
    got.picture("image/png", 30, 20);
    let control = "public, s-maxage=60, max-age=60, no-transform";
    assert_eq!(got.header("cache-control"), Some(control));
    let head = server.send("HEAD", path, &[], &[]).await;
    assert_eq!(head.status, 200);
    for name in ["content-type", "content-length", "etag", "image-width"] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
    // A POST has its picture with it, and a name means nothing.
    let posted = server.post("/resize?width=20&object=../x", &small()).await;
    posted.picture("image/png", 20, 13);
    // And without a store there is no such thing.
    let server = TestServer::start().await;
    let answer = server.get("/resize?width=30&object=a.png").await;
    answer.problem(405, "method-not-allowed");
    let server = serve_with(&origin, |config| {
        config.http.access.api_keys = vec![ApiKey::new(b"k")];
    })
    .await;
    let answer = server.get("/resize?width=30&object=a.png").await;
    answer.problem(401, "unauthorized");
}

#[tokio::test]
async fn imaginarys_clients_may_name_objects_too() {
    let origin = bucket::start([
        ("/photos/in/a.png", Reply::picture(small())),
        ("/photos/in/denied", Reply::status(403)),
    ])
    .await;
    let server = serve_with(&origin, |config| {
        config.http.compat = pixmill::http::Compat::Imaginary;
    })
    .await;
    let answer = server.get("/resize?width=30&object=a.png").await;
    answer.picture("image/png", 30, 20);
    for (key, status, said) in [
        (
            "none.png",
            404,
            "The store that this server reads has no such object.",
        ),
        ("denied", 403, "The image couldn't be had from its source"),
        ("../a.png", 400, "Error while processing parameters"),
    ] {
        let answer = server.get(&format!("/resize?width=30&object={key}")).await;
        let text = answer.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, status, "{key}: {text}");
        assert!(text.starts_with(said), "{key}: {text}");
    }
}

#[tokio::test]
async fn upload_memory_holds_for_objects_too() {
    let origin = bucket::start([("/photos/in/large", Reply::picture(vec![0; 3 << 20]))]).await;
    let server = serve_with(&origin, |config| {
        config.admission.upload_memory = 2 << 20;
    })
    .await;
    let answer = server.get("/resize?width=30&object=large").await;
    answer.problem(503, "overloaded");
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

/// A store that wants tokens of the machine it is read from: both are one server here, told apart by their paths.
#[tokio::test]
async fn the_machine_is_asked_who_we_are_only_where_that_is_said() {
    let token = "/computeMetadata/v1/instance/service-accounts/default/token?audience=https%3A%2F%2Fwww.googleapis.com%2Foauth2%2Fv4%2Ftoken";
    let document = br#"{"access_token": "t0ken", "expires_in": 3600, "token_type": "Bearer"}"#;
    let (etag, date) = ("\"one\"", "Thu, 01 Jan 2026 00:00:00 GMT");
    let origin = Origin::start([
        (token, Reply::picture(document.to_vec())),
        ("/photos/in%2Fa%2Epng", Reply::Tagged(etag, date, small())),
    ])
    .await;
    let bucket: pixmill::source::Bucket = "gs://photos/in".parse().unwrap();
    let environment = [(
        "GOOGLE_BASE_URL".to_owned(),
        "http://gcs.test:4443".to_owned(),
    )]
    .into();
    assert!(StoreSettings::new(bucket.clone(), &environment, false).is_err());
    let settings = StoreSettings::new(bucket, &environment, true).unwrap();
    let (names, connections) = (Answers::new(&[&["10.0.0.1"]]), Recorder::to(origin.address));
    let server = TestServer::start_fetching(
        |config| config.source.store = Some(settings),
        names.clone(),
        connections.clone(),
    )
    .await;
    for _ in 0..2 {
        let answer = server.get("/resize?width=30&object=a.png").await;
        answer.picture("image/png", 30, 20);
    }
    // The token serves for both.
    let asked = origin.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0].header("metadata-flavor"), Some("Google"));
    for object in &asked[1..] {
        assert_eq!(object.header("authorization"), Some("Bearer t0ken"));
        assert_eq!(object.header("host"), Some("gcs.test:4443"));
    }
    assert_eq!(
        names.asked(),
        ["metadata.google.internal", "gcs.test", "gcs.test"]
    );
    assert_eq!(
        connections.seen(),
        ["10.0.0.1:80", "10.0.0.1:4443", "10.0.0.1:4443"]
    );
}

#[tokio::test]
async fn azures_store_is_read_too() {
    let (etag, date) = ("\"one\"", "Thu, 01 Jan 2026 00:00:00 GMT");
    let path = "/acct/photos/in/a.png";
    let origin = Origin::start([
        (path, Reply::Tagged(etag, date, small())),
        (
            "/acct/photos/in/b.png?sig=a%2Fb",
            Reply::Tagged(etag, date, small()),
        ),
    ])
    .await;
    for (name, value, key, authorization) in [
        (
            "AZURE_STORAGE_ACCOUNT_KEY",
            "a2V5",
            "a.png",
            Some("SharedKey acct:"),
        ),
        ("AZURE_SKIP_SIGNATURE", "true", "a.png", None),
        ("AZURE_STORAGE_SAS_TOKEN", "?sig=a%2Fb", "b.png", None),
    ] {
        let environment = [
            ("AZURE_STORAGE_ACCOUNT_NAME", "acct".to_owned()),
            ("AZURE_STORAGE_ENDPOINT", origin.url("/acct")),
            (name, value.to_owned()),
        ];
        let environment = environment
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        let bucket = "az://photos/in".parse().unwrap();
        let settings = StoreSettings::new(bucket, &environment, false).unwrap();
        let server = TestServer::start_with(|config| config.source.store = Some(settings)).await;
        let answer = server.get(&format!("/resize?width=30&object={key}")).await;
        answer.picture("image/png", 30, 20);
        let asked = origin.asked();
        let given = asked[0].header("authorization");
        assert_eq!(given.is_some(), authorization.is_some(), "{name}");
        assert!(given.is_none_or(|given| given.starts_with(authorization.unwrap())));
    }
}

#[test]
fn credentials_that_are_none_are_told_at_the_start() {
    for (store, name, value) in [
        ("gs://b", "GOOGLE_SERVICE_ACCOUNT", "/nowhere/account.json"),
        ("gs://b", "GOOGLE_SERVICE_ACCOUNT_KEY", "{}"),
        ("s3://b", "AWS_ACCESS_KEY_ID", "half"),
    ] {
        let mut command = crate::cli::pixmill(&["--port", "0", "--object-store", store]);
        let output = command.env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{store} {name}");
        let said = crate::cli::text(&output.stderr);
        assert!(said.contains("object_store: "), "{said}");
    }
    let output = crate::cli::run(&["--port", "0", "--object-store", "s3://b"]);
    assert_eq!(output.status.code(), Some(64));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_why_and_not_of_what() {
    let origin = bucket::start([]).await;
    let mut environment = bucket::environment(&origin);
    environment.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "wrong".to_owned());
    let served = Served::start_in(environment, &["--object-store", "s3://photos/in"]);
    let request = request("GET", "/resize?width=30&object=whose.png", &[], &[]);
    let answer = tokio::task::block_in_place(|| served.answer(&request));
    assert_eq!(answer.status, 502);
    served.signal(rustix::process::Signal::TERM);
    let (_, log) = served.ended();
    assert!(log.contains("SignatureDoesNotMatch"), "{log}");
    assert!(!log.contains("whose") && !log.contains("wrong"), "{log}");
}
