//! Who may ask, and what the others are told.

use tokio::io::AsyncWriteExt;

use crate::fixtures::{jpeg, photo};
use crate::support::{Answer, TestServer};

const KEY: &str = "pixmill-key-1";

/// A server with these settings, as a file has them.
async fn server(file: &str) -> TestServer {
    TestServer::start_as(file).await
}

#[tokio::test]
async fn a_key_opens() {
    let server = server(r#"api_keys = ["another", "pixmill-key-1"]"#).await;
    let file = jpeg(&photo(40, 30));
    for (headers, query, opens) in [
        (&[][..], "", false),
        (&[("API-Key", KEY)], "", true),
        (&[("api-key", "another")], "", true),
        (&[], "&key=pixmill-key-1", true),
        (&[], "&key=pixmill%2Dkey%2d1", true),
        (&[("API-Key", "")], "&key=pixmill-key-1", true),
        (&[], "&key=", false),
        (&[], "&key=pixmill-key-1X", false),
        (&[], "&key=pixmill-key-", false),
        (&[], "&key=pixmill-key-1,another", false),
        // What is in the header counts, and of several the first.
        (&[("API-Key", "wrong")], "&key=pixmill-key-1", false),
        (&[], "&key=wrong&key=pixmill-key-1", false),
    ] {
        let path = format!("/resize?width=20{query}");
        let answer = server.send("POST", &path, headers, &file).await;
        if opens {
            answer.picture("image/jpeg", 20, 15);
        } else {
            let document = answer.problem(401, "unauthorized");
            assert!(!document.to_string().contains(KEY), "{path}");
            assert_eq!(answer.header("www-authenticate"), Some("API-Key"));
        }
    }
}

#[tokio::test]
async fn a_key_guards_every_path() {
    for (compat, probes) in [("none", 200), ("imaginary", 401)] {
        let server = server(&format!("api_keys = [\"{KEY}\"]\ncompat = \"{compat}\"")).await;
        for path in [
            "/",
            "/metrics",
            "/nothing",
            "/problems",
            "/problems/internal",
        ] {
            assert_eq!(server.get(path).await.status, 401, "{compat} {path}");
            let opened = server.get(&format!("{path}?key={KEY}")).await.status;
            let there = if path == "/nothing" { 404 } else { 200 };
            assert_eq!(opened, there, "{compat} {path}");
        }
        for path in ["/health", "/healthz", "/healthcheck", "/readyz"] {
            server.settled(|figures| figures.workers > 0).await;
            let status = server.get(path).await.status;
            // It may not be ready yet.
            assert!(
                status == probes || (status, probes) == (503, 200),
                "{compat} {path}"
            );
        }
        // What no key would open is refused without one.
        assert_eq!(server.get("/resize").await.status, 405);
    }
}

#[tokio::test]
async fn who_has_no_key_sends_no_body() {
    let server = server(&format!("api_keys = [\"{KEY}\"]")).await;
    let mut stream = server.connect().await;
    let head = "POST /resize?width=3 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = Answer::read(&mut stream, false).await;
    answer.problem(401, "unauthorized");
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(server.service.admission().figures().upload_memory.0 < 1_000_000);
}

/// Path, query and signature, made by another implementation with `SIGNING` as the key.
const SIGNED: [(&str, &str, &str); 6] = [
    (
        "/resize",
        "type=png&width=20",
        "VnQjbpPD9g3humxIvDa8krrXRlocC3LGAo0jjlsZfMQ",
    ),
    (
        "/resize",
        "expires=4102444800&width=20",
        "6qzXD6npXP59Yr8ySLRdchbeLPCVgTVzu91kiC-kHbc",
    ),
    (
        "/resize",
        "expires=1700000000&width=20",
        "gfCg_sfEQIvQPM2bkTMGylRIYlm9iQ1_8QK6iaWjv5I",
    ),
    (
        "/resize",
        "expires=soon&width=20",
        "RzTqiin_ig8-7rSiuKpz-PYKGwBkAyFz0-6j_o3vsL8",
    ),
    ("/resize", "", "ukMKc7E7orhqZX5x_3zk-qak1IQSY_cnLMjnyE7yUeU"),
    ("/info", "", "gP7b2DdREyoAh7LvOgT-VI-xQ9eiiIZE-3oFtZj2LXk"),
];
pub(crate) const SIGNING: &str = "pixmill-compat-signature-key-0123456789";

/// One of those URLs, by its place.
pub(crate) fn signed(index: usize) -> String {
    let (path, query, sign) = SIGNED[index];
    format!("{path}?{query}&sign={sign}")
}

#[tokio::test]
async fn a_signed_url_holds_as_it_stands() {
    let server = server(&format!("url_signature_key = \"{SIGNING}\"")).await;
    let file = jpeg(&photo(40, 30));
    let whole = signed(0);
    for url in [
        whole.clone(),
        whole.replace("type=png&width=20", "width=20&type=%70ng"),
        format!("{whole}&"),
        format!("{whole}&sign={}", SIGNED[0].2),
    ] {
        server.post(&url, &file).await.picture("image/png", 20, 15);
    }
    server
        .post(&signed(1), &file)
        .await
        .picture("image/jpeg", 20, 15);
    for url in [
        whole.replace("width=20", "width=21"),
        whole.replace("/resize", "/crop"),
        whole.replace("&sign=", "&other="),
        format!("{whole}&quality=5"),
        format!("{whole}&quality=5;"),
        format!("{whole}&quality=%5"),
        "/resize?width=20".to_owned(),
        "/info".to_owned(),
        // It has been so since 2023.
        signed(2),
    ] {
        server
            .post(&url, &file)
            .await
            .problem(403, "forbidden-signature");
    }
    for (url, parameter) in [
        (whole.replace("&sign=", "&sign=%25"), "sign"),
        (format!("{whole}="), "sign"),
        (signed(3), "expires"),
    ] {
        let document = server
            .post(&url, &file)
            .await
            .problem(400, "invalid-parameter");
        assert_eq!(document["parameter"], parameter, "{url}");
    }
    for path in ["/", "/health", "/metrics", "/problems"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_form_adds_nothing_to_what_is_signed() {
    let server = server(&format!("url_signature_key = \"{SIGNING}\"")).await;
    let file = jpeg(&photo(40, 30));
    let fields = [("flip", "true"), ("quality", "1"), ("height", "3")];
    let answer = server
        .post_form(&signed(1), &fields, Some(("file", &file)))
        .await;
    let plain = server.post(&signed(1), &file).await;
    assert_eq!(answer.body, plain.body);
    let missing = server
        .post_form(&signed(4), &[("width", "9")], Some(("file", &file)))
        .await;
    missing.problem(400, "missing-parameter");
    let fields = [("hash", "blurhash"), ("colors", "3"), ("page", "2")];
    let told = server
        .post_form(&signed(5), &fields, Some(("file", &file)))
        .await;
    assert_eq!(told.status, 200);
    assert_eq!(told.body, server.post(&signed(5), &file).await.body);
}

#[tokio::test]
async fn the_signature_comes_before_the_key_and_both_are_wanted() {
    let server = server(&format!(
        "url_signature_key = \"{SIGNING}\"\napi_keys = [\"{KEY}\"]"
    ))
    .await;
    let file = jpeg(&photo(40, 30));
    let unsigned = server
        .send("POST", "/resize?width=20", &[("API-Key", KEY)], &file)
        .await;
    unsigned.problem(403, "forbidden-signature");
    server
        .post(&signed(0), &file)
        .await
        .problem(401, "unauthorized");
    let both = server
        .send("POST", &signed(0), &[("API-Key", KEY)], &file)
        .await;
    both.picture("image/png", 20, 15);
}

fn all<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let named = answer.headers.iter().filter(|(given, _)| given == name);
    named.map(|(_, value)| value.as_str()).collect()
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";

#[tokio::test]
async fn pages_of_listed_origins_may_read_every_answer() {
    let listed = r#"cors = ["https://a.example", "http://b.example:8080"]"#;
    for (settings, origin, allowed) in [
        ("", Some("https://a.example"), None),
        (listed, None, None),
        (listed, Some("https://a.example"), Some("https://a.example")),
        (
            listed,
            Some("http://b.example:8080"),
            Some("http://b.example:8080"),
        ),
        (listed, Some("https://b.example:8080"), None),
        (listed, Some("https://a.example.evil"), None),
        (listed, Some("null"), None),
        (r#"cors = ["*"]"#, Some("https://c.example"), Some("*")),
        (r#"cors = ["*"]"#, None, None),
    ] {
        let server = server(&format!("{settings}\napi_keys = [\"{KEY}\"]")).await;
        let origin: Vec<_> = origin
            .map(|origin| ("Origin", origin))
            .into_iter()
            .collect();
        let file = jpeg(&photo(40, 30));
        let with_key = [&origin[..], &[("API-Key", KEY)]].concat();
        for (method, path, headers, body, status) in [
            ("GET", "/health", &origin, &[][..], 200),
            ("POST", "/resize?width=20&type=auto", &with_key, &file, 200),
            ("POST", "/resize?type=auto", &with_key, &file, 400),
            ("GET", "/nothing", &origin, &[], 401),
            ("DELETE", "/resize", &origin, &[], 405),
        ] {
            let answer = server.send(method, path, headers, body).await;
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.header(ALLOW_ORIGIN), allowed, "{path} {origin:?}");
            let exposed = answer.header("access-control-expose-headers");
            assert_eq!(exposed.is_some(), allowed.is_some());
            assert!(exposed.is_none_or(|names| names.contains("Image-Width, Image-Height")));
            let mut varies = vec![];
            if path.contains("auto") {
                varies.push("Accept");
            }
            if !settings.is_empty() {
                varies.push("Origin");
            }
            assert_eq!(all(&answer, "vary"), varies, "{path} {settings}");
        }
    }
}

#[tokio::test]
async fn a_browser_may_ask_before_it_asks() {
    let server = server("cors = [\"https://a.example\"]\napi_keys = [\"x\"]").await;
    let wanted = ("Access-Control-Request-Method", "POST");
    for (origin, allowed) in [("https://a.example", true), ("https://b.example", false)] {
        let headers = [("Origin", origin), wanted];
        let answer = server.send("OPTIONS", "/resize", &headers, &[]).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        assert_eq!(answer.header(ALLOW_ORIGIN), allowed.then_some(origin));
        let methods = answer.header("access-control-allow-methods");
        assert_eq!(methods, allowed.then_some("GET, HEAD, POST"));
        let names = answer.header("access-control-allow-headers");
        assert_eq!(names, allowed.then_some("*, Authorization"));
        assert_eq!(all(&answer, "vary"), ["Origin"]);
    }
    // Whoever isn't a browser gets the answer that it got without.
    let plain = server.send("OPTIONS", "/resize", &[wanted], &[]).await;
    assert_eq!((plain.status, plain.header("allow")), (204, Some("POST")));
    assert_eq!(plain.header(ALLOW_ORIGIN), None);
}

#[tokio::test]
async fn what_is_switched_off_is_not_there() {
    let file = jpeg(&photo(40, 30));
    let settings = r#"disabled = ["crop", "health", "metrics"]"#;
    let ours = server(settings).await;
    for (method, path) in [
        ("POST", "/crop?width=20&height=9"),
        ("GET", "/crop"),
        ("OPTIONS", "/crop"),
        ("GET", "/health"),
        ("HEAD", "/health"),
        ("GET", "/metrics"),
    ] {
        let answer = ours
            .send(
                method,
                path,
                &[],
                if method == "POST" { &file } else { b"" },
            )
            .await;
        assert_eq!(answer.status, 404, "{method} {path}");
        if method == "GET" {
            answer.problem(404, "disabled");
        }
    }
    let steps =
        "%5B%7B%22operation%22:%22crop%22,%22params%22:%7B%22width%22:20,%22height%22:9%7D%7D%5D";
    let answer = ours
        .post(&format!("/pipeline?operations={steps}"), &file)
        .await;
    answer.picture("image/jpeg", 20, 9);
    assert_eq!(ours.get("/healthz").await.status, 200);
    ours.get("/nothing/crop").await.problem(404, "not-found");

    let imaginarys = server(&format!("{settings}\ncompat = \"imaginary\"")).await;
    let answer = imaginarys.post("/crop?width=20&height=9", &file).await;
    assert_eq!(
        answer.json(),
        serde_json::json!({"message": "Not implemented endpoint", "status": 501})
    );
    assert_eq!(imaginarys.get("/crop").await.status, 405);
}

#[tokio::test]
async fn everything_is_below_the_prefix() {
    let server = server(r#"path_prefix = "/api/v1""#).await;
    let file = jpeg(&photo(40, 30));
    for path in [
        "/api/v1",
        "/api/v1/health",
        "/api/v1/metrics",
        "/api/v1/problems",
        "/api/v1/problems/internal",
        "/health",
        "/healthz",
    ] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    server
        .post("/api/v1/resize?width=20", &file)
        .await
        .picture("image/jpeg", 20, 15);
    for path in [
        "/",
        "/metrics",
        "/resize",
        "/problems",
        "/api",
        "/api/v1/",
        "/api/v1x",
    ] {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    // What a problem means is found where its type says.
    let document = server.post("/api/v1/resize", &file).await.json();
    assert_eq!(document["type"], "/api/v1/problems/missing-parameter");
    let meaning = server.get(document["type"].as_str().unwrap()).await;
    assert_eq!(meaning.json()["code"], "missing-parameter");
}

#[tokio::test]
async fn the_prefix_is_signed_too() {
    let server = server(&format!(
        "path_prefix = \"/api/v1\"\nurl_signature_key = \"{SIGNING}\""
    ))
    .await;
    let file = jpeg(&photo(40, 30));
    let url = "/api/v1/resize?width=20&sign=7TsKfF5Day9yq3-6oMp7ZX3ZBgwaYCXYBGlBExfGrk4";
    server.post(url, &file).await.picture("image/jpeg", 20, 15);
}

#[tokio::test]
async fn an_endpoint_is_asked_so_often_and_no_more() {
    let server = server("rate_limit = 1\nrate_burst = 1").await;
    let mut refused = None;
    for _ in 0..200 {
        let answer = server.get("/problems").await;
        assert_eq!(answer.header("x-ratelimit-limit"), Some("2"));
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert!(
            answer
                .header("x-ratelimit-remaining")
                .unwrap()
                .parse::<u32>()
                .unwrap()
                < 2
        );
    }
    let refused = refused.expect("200 requests in less than 199 seconds");
    refused.problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(refused.header("x-ratelimit-reset"), Some("2"));
    // Others aren't held up, and balancers and scrapers never are.
    assert_eq!(server.get("/").await.status, 200);
    for path in ["/health", "/metrics"] {
        for _ in 0..5 {
            let answer = server.get(path).await;
            assert_eq!(
                (answer.status, answer.header("x-ratelimit-limit")),
                (200, None)
            );
        }
    }
}

#[tokio::test]
async fn imaginarys_clients_are_limited_in_plain_text() {
    let server = server("rate_limit = 1\nrate_burst = 0\ncompat = \"imaginary\"").await;
    for _ in 0..200 {
        let answer = server.get("/").await;
        if answer.status == 429 {
            assert_eq!(answer.body, b"limit exceeded");
            assert_eq!(
                answer.header("content-type"),
                Some("text/plain; charset=utf-8")
            );
            return;
        }
    }
    panic!("200 requests in more than 199 seconds");
}

#[tokio::test]
async fn methods_are_refused_in_imaginarys_words() {
    let server = server("compat = \"imaginary\"").await;
    let other = "HTTP method not allowed. Try with a POST or GET method (-enable-url-source flag must be defined)";
    let get = "GET method not allowed. Make sure remote URL source is enabled by using the flag: -enable-url-source";
    for (method, path, message) in [
        ("GET", "/resize?width=5", get),
        ("GET", "/info", get),
        ("DELETE", "/resize", other),
        ("PATCH", "/", other),
        ("PUT", "/health", other),
        ("DELETE", "/nothing", other),
    ] {
        let answer = server.send(method, path, &[], b"").await;
        let document = serde_json::json!({"message": message, "status": 405});
        assert_eq!(answer.json(), document, "{method} {path}");
    }
}

#[tokio::test]
async fn megapixels_are_imaginarys_for_its_clients() {
    let imaginarys = "compat = \"imaginary\"";
    for (settings, height, status) in [
        (imaginarys, 3001, 422),
        (imaginarys, 3000, 200),
        ("compat = \"imaginary\"\nmax_pixels = 18_006_000", 3001, 200),
        ("", 3001, 200),
    ] {
        let server = server(settings).await;
        let file = crate::fixtures::giant_png(6000, height);
        let answer = server.post("/info", &file).await;
        assert_eq!(answer.status, status, "{settings} {height}");
    }
}

#[tokio::test]
async fn imaginarys_clients_are_told_in_its_words() {
    let server = server(&format!("api_keys = [\"{KEY}\"]\ncompat = \"imaginary\"")).await;
    let answer = server.get("/").await;
    assert_eq!(
        answer.json(),
        serde_json::json!({"message": "Invalid or missing API key", "status": 401})
    );
}
