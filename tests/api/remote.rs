//! `url=`: what is fetched, and what comes of sources that fail. Whom the server refuses to ask is in `guard`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use pixmill::config::Config;
use pixmill::http::access::SignatureKey;
use pixmill::source::RemoteSettings;
use sha2::Sha256;

use crate::fixtures::{jpeg, photo, png, quarters};
use crate::origin::{Origin, Reply};
use crate::support::{TestServer, eventually};

/// Fetches are on, and these origins may be private.
pub(crate) fn remote(origins: &[&Origin]) -> RemoteSettings {
    RemoteSettings {
        allowed: None,
        private: origins
            .iter()
            .map(|origin| origin.url("").parse().unwrap())
            .collect(),
        ports: vec![80, 443],
        max_redirects: 5,
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(15),
        min_rate: 1 << 10,
        authorities: None,
    }
}

async fn serve(origin: &Origin) -> TestServer {
    serve_with(origin, |_| {}).await
}

async fn serve_with(origin: &Origin, change: impl FnOnce(&mut Config)) -> TestServer {
    TestServer::start_with(|config| {
        config.source.remote = Some(remote(&[origin]));
        change(config);
    })
    .await
}

fn small() -> Vec<u8> {
    png(&quarters(60, 40))
}

#[tokio::test]
async fn what_a_url_names_is_fetched() {
    let origin = Origin::start([
        ("/a.png", Reply::picture(small())),
        ("/a.png?x=1&y=%20", Reply::picture(small())),
        ("/to", Reply::redirect("/a.png#part")),
        ("/to/to", Reply::redirect("../to")),
    ])
    .await;
    let server = serve(&origin).await;
    for path in [
        "/a.png",
        "/a.png%23fragment",
        "/a.png%3Fx=1%26y=%2520",
        "/b/../a.png",
        "/to",
        "/to/to",
    ] {
        let url = origin.url(path);
        let answer = server.get(&format!("/resize?width=30&url={url}")).await;
        answer.picture("image/png", 30, 20);
        // The same bytes as from a body are the same answer.
        let posted = server.post("/resize?width=30", &small()).await;
        assert_eq!(answer.header("etag"), posted.header("etag"));
        assert_eq!(answer.body, posted.body);
        assert_eq!(answer.header("cache-control"), None);
        let answer = server.get(&format!("/info?url={url}")).await;
        assert_eq!(answer.json()["width"], 60, "{path}");
    }
    let asked = origin.asked();
    let first = asked.first().unwrap();
    assert_eq!(first.header("accept-encoding"), Some("identity"));
    assert_eq!(
        first.header("host"),
        Some(origin.address.to_string().as_str())
    );
    assert!(first.header("user-agent").unwrap().starts_with("pixmill/"));
    for absent in ["if-none-match", "authorization", "cookie", "x-request-id"] {
        assert_eq!(first.header(absent), None);
    }
    let headers = [("Accept", "image/webp")];
    let path = format!("/resize?width=30&type=auto&url={}", origin.url("/a.png"));
    let answer = server.send("GET", &path, &headers, &[]).await;
    answer.picture("image/webp", 30, 20);
    assert_eq!(answer.header("vary"), Some("Accept"));
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    for line in [
        "pixmill_fetches_total{source=\"url\",outcome=\"fetched\"} 13\n".to_owned(),
        format!(
            "pixmill_fetched_bytes_total{{source=\"url\"}} {}\n",
            13 * small().len()
        ),
        "pixmill_fetch_seconds_count{source=\"url\"} 13\n".to_owned(),
    ] {
        assert!(page.contains(&line), "{line}{page}");
    }
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

/// Paths, each with another way to fail.
fn failing() -> [(&'static str, Reply); 18] {
    [
        ("/404", Reply::status(404)),
        ("/401", Reply::status(401)),
        ("/500", Reply::status(500)),
        ("/206", Reply::status(206)),
        ("/304", Reply::status(304)),
        ("/empty", Reply::picture(Vec::new())),
        ("/text", Reply::picture(b"text".to_vec())),
        ("/large", Reply::picture(vec![0; 5001])),
        ("/endless", Reply::Endless),
        ("/cut", Reply::Cut),
        ("/silence", Reply::Silence),
        ("/nonsense", Reply::Raw(b"nonsense\r\n\r\n")),
        ("/nothing", Reply::Raw(b"")),
        (
            "/gzip",
            Reply::Plain(200, vec![("Content-Encoding", "gzip".to_owned())], small()),
        ),
        ("/loop", Reply::redirect("/loop")),
        ("/file", Reply::redirect("file:///etc/passwd")),
        ("/nowhere", Reply::redirect("http://")),
        ("/unsaid", Reply::Plain(302, Vec::new(), Vec::new())),
    ]
}

#[tokio::test]
async fn sources_that_fail_are_told_apart_by_whose_fault_it_is() {
    let origin = Origin::start(failing()).await;
    let server = serve_with(&origin, |config| {
        config.source.max_bytes = 5000;
        config.source.remote.as_mut().unwrap().timeout = Duration::from_millis(300);
    })
    .await;
    for (path, status, code) in [
        ("/404", 502, "source-failed"),
        ("/401", 502, "source-failed"),
        ("/500", 502, "source-failed"),
        ("/206", 502, "source-failed"),
        ("/304", 502, "source-failed"),
        ("/empty", 400, "missing-image"),
        ("/text", 415, "unsupported-format"),
        ("/large", 413, "body-too-large"),
        ("/endless", 413, "body-too-large"),
        ("/cut", 502, "source-failed"),
        ("/silence", 504, "source-timeout"),
        ("/nonsense", 502, "source-failed"),
        ("/nothing", 502, "source-failed"),
        ("/gzip", 502, "source-failed"),
        ("/loop", 502, "source-failed"),
        ("/file", 502, "source-failed"),
        ("/nowhere", 502, "source-failed"),
        ("/unsaid", 502, "source-failed"),
    ] {
        let url = origin.url(path);
        let answer = server.get(&format!("/resize?width=30&url={url}")).await;
        let document = answer.problem(status, code);
        // Nothing of where it was in it.
        let text = document["detail"].as_str().unwrap();
        assert!(!text.contains("127.0.0.1"), "{text}");
        let number: Option<u16> = path.strip_prefix('/').and_then(|path| path.parse().ok());
        assert_eq!(
            document["source_status"].as_u64(),
            number.map(u64::from),
            "{path}"
        );
    }
    // The first request, and five redirects.
    let loops = origin.asked();
    assert_eq!(
        loops.iter().filter(|asked| asked.path == "/loop").count(),
        6
    );
    // Nobody listens there any more.
    drop(origin);
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

/// What clients of imaginary find again; they see the status of the source as ours.
#[tokio::test]
async fn imaginarys_clients_hear_of_sources_as_they_used_to() {
    let origin = Origin::start([
        ("/404", Reply::status(404)),
        ("/500", Reply::status(500)),
        ("/206", Reply::status(206)),
        ("/text", Reply::picture(b"text".to_vec())),
        ("/large", Reply::picture(vec![0; 5001])),
    ])
    .await;
    let server = serve_with(&origin, |config| {
        config.source.max_bytes = 5000;
        config.http.compat = pixmill::http::Compat::Imaginary;
        config.source.mount = Some(std::env::temp_dir());
    })
    .await;
    let failed = "error fetching remote http image: (status=";
    let url = |path: &str| format!("width=30&url={}", origin.url(path));
    for (query, status, said) in [
        (url("/404"), 404, failed),
        (url("/500"), 500, failed),
        (url("/206"), 503, failed),
        // The source comes before the parameters.
        (url("/404").replace("width=30", "width=abc"), 404, failed),
        (
            url("/text").replace("width=30", "width=abc"),
            406,
            "Unsupported media type",
        ),
        (
            url("/large"),
            400,
            "Content-Length 5001 exceeds maximum allowed 5000 bytes",
        ),
        (
            "width=30&url=http://127.0.0.1:1/a.png?q".to_owned(),
            400,
            "not allowed remote URL origin: 127.0.0.1:1/a.png",
        ),
        ("width=30&file=../none".to_owned(), 400, "Invalid file path"),
        (
            "width=30".to_owned(),
            400,
            "Cannot process the image due to missing or invalid params",
        ),
    ] {
        let answer = server.get(&format!("/resize?{query}")).await;
        let document = answer.json();
        let text = document["message"].as_str().unwrap();
        assert_eq!(answer.status, status, "{query}: {text}");
        assert!(text.starts_with(said), "{query}: {text}");
    }
}

#[tokio::test]
async fn one_url_is_named_once() {
    let origin = Origin::start([("/a.png", Reply::picture(small()))]).await;
    let server = serve(&origin).await;
    let (here, there) = (origin.url("/a.png"), origin.url("/b.png"));
    let twice = server
        .get(&format!("/resize?width=30&url={here}&url={here}"))
        .await;
    twice.picture("image/png", 30, 20);
    // Which one counts would depend on who reads it.
    for query in [
        format!("url={here}&url={there}"),
        format!("url={there}&file=a.png"),
    ] {
        let answer = server.get(&format!("/resize?width=30&{query}")).await;
        answer.problem(400, "invalid-parameter");
    }
}

#[tokio::test]
async fn a_server_that_asks_itself_finds_out() {
    let origin = Origin::start([("/a.png", Reply::picture(small()))]).await;
    let server = serve(&origin).await;
    let direct = format!("/resize?width=30&url={}", origin.url("/a.png"));
    server.get(&direct).await.picture("image/png", 30, 20);
    assert_eq!(origin.asked()[0].header("cdn-loop"), Some("pixmill"));
    let other = TestServer::start_with(|config| {
        let mut settings = remote(&[]);
        let place = format!("http://{}", server.address);
        settings.private = vec![place.parse().unwrap()];
        config.source.remote = Some(settings);
    })
    .await;
    let round = format!("http://{}{direct}", server.address);
    let round: String = form_urlencoded::byte_serialize(round.as_bytes()).collect();
    let path = format!("/resize?width=30&url={round}");
    let document = other.get(&path).await.problem(502, "source-failed");
    assert_eq!(document["source_status"], 403);
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn a_request_has_one_deadline() {
    let origin = Origin::start([("/silence", Reply::Silence)]).await;
    let server = serve_with(&origin, |config| {
        config.http.request_timeout = Duration::from_millis(200);
    })
    .await;
    let path = format!("/resize?width=30&url={}", origin.url("/silence"));
    server.get(&path).await.problem(504, "source-timeout");
    // The fetch ends with the last who waits for it.
    let watch = origin.watch();
    eventually(move || watch() == (1, 0)).await;
}

#[tokio::test]
async fn a_connection_that_nobody_takes_fails() {
    let origin = Origin::start([]).await;
    let server = serve(&origin).await;
    let path = format!("/resize?width=30&url={}", origin.url("/a.png"));
    drop(origin);
    server.get(&path).await.problem(502, "source-failed");
}

#[tokio::test]
async fn what_is_no_url_is_the_clients_mistake() {
    let origin = Origin::start([]).await;
    let server = serve(&origin).await;
    for url in [
        "nonsense",
        "//example.org/a.png",
        "/a.png",
        "ftp://example.org/a.png",
        "file:///etc/hostname",
        "gopher://example.org/",
        "data:image/png;base64,AAAA",
        "http://",
        "http:///",
        "http://[::1/",
        "http://example.org:99999/",
        "http://exa mple.org/",
        "http://1.2.3.4.5/",
        "http://0x7f.1.1.1.1/",
        "http://%00/",
    ] {
        let value: String = form_urlencoded::byte_serialize(url.as_bytes()).collect();
        let answer = server.get(&format!("/resize?width=30&url={value}")).await;
        let document = answer.problem(400, "invalid-parameter");
        assert_eq!(document["parameter"], "url", "{url}");
    }
    assert_eq!(origin.count(), 0);
}

/// Which headers are forwarded, whether credentials are, our own credentials; what the client sends; what the source sees of
/// `Authorization`, `X-Custom` and `X-Other`; for whom the answer may be kept.
type Forwarding = (
    &'static [&'static str],
    bool,
    Option<&'static str>,
    &'static [(&'static str, &'static str)],
    [Option<&'static str>; 3],
    &'static str,
);

const SENT: &[(&str, &str)] = &[
    ("Authorization", "Bearer 1"),
    ("X-Forward-Authorization", "Bearer 2"),
    ("X-Custom", "c"),
    ("X-Other", "o"),
    ("Cookie", "k=v"),
];

const OWN: &[(&str, &str)] = &[("Authorization", "Bearer 1")];

const FORWARDED: &[Forwarding] = &[
    (&[], false, None, SENT, [None, None, None], "public"),
    (
        &["x-custom"],
        false,
        None,
        SENT,
        [None, Some("c"), None],
        "private",
    ),
    // What a client hasn't sent is no secret of its.
    (
        &["x-api-key"],
        false,
        None,
        SENT,
        [None, None, None],
        "public",
    ),
    (
        &[],
        true,
        None,
        SENT,
        [Some("Bearer 2"), None, None],
        "private",
    ),
    (
        &[],
        true,
        None,
        OWN,
        [Some("Bearer 1"), None, None],
        "private",
    ),
    (&[], true, None, &[], [None, None, None], "public"),
    (
        &[],
        false,
        Some("Basic b"),
        SENT,
        [Some("Basic b"), None, None],
        "public",
    ),
    (
        &[],
        true,
        Some("Basic b"),
        SENT,
        [Some("Basic b"), None, None],
        "public",
    ),
];

#[tokio::test]
async fn only_what_the_configuration_says_goes_to_a_source() {
    let origin = Origin::start([("/a.png", Reply::picture(small()))]).await;
    for &(forwarded, credentials, own, sent, expected, control) in FORWARDED {
        let server = serve_with(&origin, |config| {
            let fetch = &mut config.http.fetch;
            fetch.forwarded = forwarded.iter().map(|name| name.parse().unwrap()).collect();
            fetch.forward_authorization = credentials;
            fetch.authorization = own.map(|value| value.parse().unwrap());
            fetch.cache_ttl = Some(Duration::from_mins(1));
        })
        .await;
        let path = format!("/resize?width=30&url={}", origin.url("/a.png"));
        let answer = server.send("GET", &path, sent, &[]).await;
        answer.picture("image/png", 30, 20);
        let asked = origin.asked();
        let names = ["authorization", "x-custom", "x-other"];
        assert_eq!(names.map(|name| asked[0].header(name)), expected);
        assert_eq!(asked[0].header("cookie"), None);
        // What was made for one client is not for caches that others share.
        let said = answer.header("cache-control").unwrap();
        assert!(said.starts_with(control), "{said}");
        let varies: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "vary")
            .collect();
        let theirs = credentials && own.is_none();
        assert_eq!(varies.len(), forwarded.len() + 2 * usize::from(theirs));
    }
}

#[tokio::test]
async fn credentials_stay_with_the_origin_that_they_are_for() {
    let other = Origin::start([("/a.png", Reply::picture(small()))]).await;
    let origin = Origin::start([
        ("/here", Reply::redirect("/a.png")),
        ("/there", Reply::redirect(&other.url("/a.png"))),
        ("/a.png", Reply::picture(small())),
    ])
    .await;
    let server = TestServer::start_with(|config| {
        config.source.remote = Some(remote(&[&origin, &other]));
        config.http.fetch.forward_authorization = true;
        config.http.fetch.forwarded = vec!["x-custom".parse().unwrap()];
    })
    .await;
    let headers = [("Authorization", "Bearer 1"), ("X-Custom", "c")];
    for path in ["/here", "/there"] {
        let path = format!("/resize?width=30&url={}", origin.url(path));
        let answer = server.send("GET", &path, &headers, &[]).await;
        answer.picture("image/png", 30, 20);
    }
    let has = |asked: &crate::origin::Asked| {
        (
            asked.header("authorization").is_some(),
            asked.header("x-custom").is_some(),
        )
    };
    let here: Vec<_> = origin.asked().iter().map(has).collect();
    assert_eq!(here, [(true, true); 3]);
    let there: Vec<_> = other.asked().iter().map(has).collect();
    assert_eq!(there, [(false, false)]);
}

#[tokio::test]
async fn one_fetch_serves_all_who_want_the_same() {
    let origin = Origin::start([("/a.png", Reply::Gated(small()))]).await;
    let server = serve_with(&origin, |config| {
        config.http.fetch.forwarded = vec!["x-custom".parse().unwrap()];
    })
    .await;
    let url = origin.url("/a.png");
    let ask = async |width: u32, custom: &str| {
        let path = format!("/resize?width={width}&url={url}");
        let mut stream = server.connect().await;
        let request = crate::support::request("GET", &path, &[("X-Custom", custom)], &[]);
        tokio::io::AsyncWriteExt::write_all(&mut stream, &request)
            .await
            .unwrap();
        stream
    };
    let first = ask(30, "1").await;
    let watch = origin.watch();
    eventually(move || watch() == (1, 1)).await;
    let mut others = Vec::new();
    for width in 31..36 {
        others.push(ask(width, "1").await);
    }
    // Who sends something else that the source sees doesn't want the same.
    let mut another = ask(30, "2").await;
    let watch = origin.watch();
    eventually(move || watch() == (2, 2)).await;
    server.shows("pixmill_fetches_shared_total 5\n").await;
    // The one that began it leaves.
    drop(first);
    origin.let_go();
    origin.let_go();
    for (stream, width) in others.iter_mut().zip(31..) {
        let answer = crate::support::Answer::read(stream, false).await;
        answer.picture("image/png", width, (width * 40 + 30) / 60);
    }
    let answer = crate::support::Answer::read(&mut another, false).await;
    answer.picture("image/png", 30, 20);
    assert_eq!(origin.count(), 2);
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn a_fetch_that_nobody_waits_for_is_given_up() {
    let origin = Origin::start([("/a.png", Reply::Gated(small()))]).await;
    let server = serve(&origin).await;
    let path = format!("/resize?width=30&url={}", origin.url("/a.png"));
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect().await;
        let request = crate::support::request("GET", &path, &[], &[]);
        tokio::io::AsyncWriteExt::write_all(&mut stream, &request)
            .await
            .unwrap();
        streams.push(stream);
    }
    let watch = origin.watch();
    eventually(move || watch() == (1, 1)).await;
    drop(streams);
    let watch = origin.watch();
    eventually(move || watch() == (1, 0)).await;
    server.settled(|figures| figures.upload_memory.0 == 0).await;
    let cancelled = "pixmill_fetches_total{source=\"url\",outcome=\"cancelled\"} 3\n";
    while !String::from_utf8(server.get("/metrics").await.body)
        .unwrap()
        .contains(cancelled)
    {}
}

#[tokio::test]
async fn upload_memory_holds_for_fetches_too() {
    let origin = Origin::start([
        ("/large", Reply::picture(vec![0; 3 << 20])),
        ("/endless", Reply::Endless),
    ])
    .await;
    let server = serve_with(&origin, |config| {
        config.admission.upload_memory = 2 << 20;
    })
    .await;
    for path in ["/large", "/endless"] {
        let path = format!("/resize?width=30&url={}", origin.url(path));
        server.get(&path).await.problem(503, "overloaded");
    }
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn a_source_says_by_a_few_bytes_that_it_is_what_it_was() {
    let date = "Thu, 01 Jan 2026 00:00:00 GMT";
    for etag in ["\"one\"", "W/\"one\"", ""] {
        let other = png(&quarters(80, 40));
        let origin = Origin::start([
            ("/a.png", Reply::Tagged(etag, date, small())),
            ("/to", Reply::redirect("/a.png")),
            ("/plain", Reply::picture(small())),
        ])
        .await;
        let server = serve(&origin).await;
        for path in ["/a.png", "/to"] {
            let path = format!("/resize?width=30&url={}", origin.url(path));
            let first = server.get(&path).await;
            first.picture("image/png", 30, 20);
            let ours = first.header("etag").unwrap().to_owned();
            origin.asked();
            let headers = [("If-None-Match", ours.as_str())];
            let again = server.send("GET", &path, &headers, &[]).await;
            assert_eq!(
                (again.status, again.header("etag")),
                (304, Some(ours.as_str()))
            );
            let asked = origin.asked();
            let last = asked.last().unwrap();
            assert_eq!(last.header("if-none-match").unwrap_or_default(), etag);
            assert_eq!(last.header("if-modified-since"), Some(date));
            // Who has nothing, or something else, gets a picture, and the source isn't asked for less.
            let headers = [("If-None-Match", "\"other\"")];
            let whole = server.send("GET", &path, &headers, &[]).await;
            whole.picture("image/png", 30, 20);
            assert_eq!(
                origin.asked().last().unwrap().header("if-modified-since"),
                None
            );
            // Once it has changed, so has the answer.
            let newer = "Fri, 02 Jan 2026 00:00:00 GMT";
            let tag = if etag.is_empty() { "" } else { "\"two\"" };
            origin.set("/a.png", Reply::Tagged(tag, newer, other.clone()));
            let headers = [("If-None-Match", ours.as_str())];
            let changed = server.send("GET", &path, &headers, &[]).await;
            changed.picture("image/png", 30, 15);
            // And is known from then on.
            let ours = changed.header("etag").unwrap().to_owned();
            let headers = [("If-None-Match", ours.as_str())];
            let again = server.send("GET", &path, &headers, &[]).await;
            assert_eq!(again.status, 304);
            origin.set("/a.png", Reply::Tagged(etag, date, small()));
        }
        // A source that tells nothing is read, and the answer is the same without a pixel.
        let path = format!("/resize?width=30&url={}", origin.url("/plain"));
        let ours = server.get(&path).await.header("etag").unwrap().to_owned();
        let headers = [("If-None-Match", ours.as_str())];
        assert_eq!(server.send("GET", &path, &headers, &[]).await.status, 304);
    }
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A URL with these parameters, which are sorted by name, and the signature of it.
fn signed_url(path: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(format!("{path}{query}").as_bytes());
    let sign = BASE64URL_NOPAD.encode(&mac.finalize().into_bytes());
    format!("{path}?{query}&sign={sign}")
}

/// No cache keeps a picture for longer than the URL holds.
#[tokio::test]
async fn what_ends_is_not_kept_beyond_its_end() {
    let origin = Origin::start([("/a.jpg", Reply::picture(jpeg(&photo(60, 40))))]).await;
    let url = origin.url("/a.jpg");
    let server = serve_with(&origin, |config| {
        config.http.fetch.cache_ttl = Some(Duration::from_hours(1));
        config.http.access.signature_key = SignatureKey::new(KEY);
    })
    .await;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    for (seconds, kept) in [(100, 80..=100), (36_000, 3600..=3600)] {
        let expires = (now + seconds).to_string();
        let pairs = [
            ("expires", expires.as_str()),
            ("url", url.as_str()),
            ("width", "30"),
        ];
        for path in ["/info", "/resize"] {
            let answer = server.get(&signed_url(path, &pairs)).await;
            assert_eq!(answer.status, 200);
            let control = answer.header("cache-control").unwrap();
            let (shared, own) = control
                .strip_prefix("public, s-maxage=")
                .and_then(|rest| rest.strip_suffix(", no-transform"))
                .and_then(|rest| rest.split_once(", max-age="))
                .unwrap();
            assert_eq!(shared, own);
            assert!(kept.contains(&shared.parse::<u64>().unwrap()), "{control}");
            let end = httpdate::parse_http_date(answer.header("expires").unwrap()).unwrap();
            let end = end.duration_since(UNIX_EPOCH).unwrap().as_secs();
            assert!(end <= now + seconds, "{end} {now} {seconds}");
        }
    }
}

#[tokio::test]
async fn how_long_an_answer_may_be_kept_is_said() {
    let origin = Origin::start([("/a.jpg", Reply::picture(jpeg(&photo(60, 40))))]).await;
    let url = origin.url("/a.jpg");
    for (seconds, control) in [
        (None, None),
        (
            Some(0),
            Some("private, no-cache, no-store, must-revalidate"),
        ),
        (
            Some(60),
            Some("public, s-maxage=60, max-age=60, no-transform"),
        ),
    ] {
        let server = serve_with(&origin, |config| {
            config.http.fetch.cache_ttl = seconds.map(Duration::from_secs);
        })
        .await;
        for path in ["/resize?width=30&url=", "/info?url="] {
            let answer = server.get(&format!("{path}{url}")).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("cache-control"), control, "{path}");
            let expires = answer.header("expires").is_some();
            assert_eq!(expires, seconds.is_some_and(|seconds| seconds > 0));
        }
        // A signature is part of the URL, which no cache mistakes for another.
        let signed = serve_with(&origin, |config| {
            config.http.fetch.cache_ttl = seconds.map(Duration::from_secs);
            config.http.access.signature_key = SignatureKey::new(KEY);
        })
        .await;
        let pairs = [("url", url.as_str()), ("width", "30")];
        for path in ["/resize", "/info"] {
            let answer = signed.get(&signed_url(path, &pairs)).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("cache-control"), control, "{path}");
        }
        // Where a key is wanted, no cache hands the answer to who has none.
        let server_with_key = serve_with(&origin, |config| {
            config.http.fetch.cache_ttl = seconds.map(Duration::from_secs);
            config.http.access.api_keys = vec![pixmill::http::access::ApiKey::new(b"k")];
        })
        .await;
        let answer = server_with_key
            .get(&format!("/resize?key=k&width=30&url={url}"))
            .await;
        assert_eq!(answer.status, 200);
        let said = answer.header("cache-control");
        assert!(
            said.is_none_or(|said| said.starts_with("private")),
            "{said:?}"
        );
        // Not on a POST, and never on an error, which says so itself.
        let answer = server.post("/resize?width=30", &small()).await;
        assert_eq!(answer.header("cache-control"), None);
        server
            .get(&format!("/resize?url={url}"))
            .await
            .problem(400, "missing-parameter");
        server.get("/nope").await.problem(404, "not-found");
    }
}
