//! Each problem code by a request that earns it.

use pixmill::http::problem::PROBLEMS;
use tokio::io::AsyncWriteExt;

use crate::fixtures::{self, giant_jpeg_header, giant_png, jpeg, photo};
use crate::support::{Answer, TestServer};

#[tokio::test]
async fn parameters() {
    let server = TestServer::start().await;
    let body = jpeg(&photo(40, 30));
    let document = server
        .post("/resize?width=abc", &body)
        .await
        .problem(400, "invalid-parameter");
    assert_eq!(document["parameter"], "width");
    assert!(
        document["allowed"]
            .as_str()
            .unwrap()
            .contains("whole number")
    );
    let document = server
        .post("/resize?width=1&w=2", &body)
        .await
        .problem(400, "invalid-parameter");
    assert_eq!(document["parameter"], "w");
    let document = server
        .post("/resize", &body)
        .await
        .problem(400, "missing-parameter");
    assert_eq!(document["parameter"], "width or height");
    server
        .post("/convert?width=3", &body)
        .await
        .problem(400, "missing-parameter");
    let document = server
        .post("/resize?widht=3", &body)
        .await
        .problem(400, "unknown-parameter");
    assert_eq!(document["allowed"], "width");
    let lenient = TestServer::start_with(|config| config.http.lenient_parameters = true).await;
    assert_eq!(
        lenient
            .post("/resize?width=3&utm_source=x", &body)
            .await
            .status,
        200
    );
}

/// A value that only the picture, or another parameter, makes wrong.
#[tokio::test]
async fn values_that_do_not_suit_are_said() {
    let server = TestServer::start().await;
    let body = jpeg(&photo(40, 30));
    for (path, parameter, value) in [
        ("/convert?type=png&page=7", "page", Some("7")),
        ("/info?page=8", "page", Some("8")),
        ("/convert?type=gif&colorspace=p3", "colorspace", Some("p3")),
        (
            "/extract?left=30&areawidth=20&areaheight=9",
            "areawidth",
            Some("20"),
        ),
        ("/resize?size=9x9&width=8", "width", Some("8")),
        (
            "/convert?type=png&noprofile=1&colorspace=p3",
            "noprofile",
            Some("1"),
        ),
        ("/resize?width=", "width", None),
    ] {
        let document = server
            .post(path, &body)
            .await
            .problem(400, "invalid-parameter");
        let said = (document["parameter"].as_str(), document["value"].as_str());
        assert_eq!(said, (Some(parameter), value), "{path}");
    }
}

#[tokio::test]
async fn bodies() {
    let server = TestServer::start_with(|config| config.http.max_body = 100_000).await;
    let file = jpeg(&photo(40, 30));
    server
        .post("/resize?width=3", b"")
        .await
        .problem(400, "missing-image");
    server
        .post_form("/resize?width=3", &[("a", "b")], None)
        .await
        .problem(400, "missing-image");
    server
        .post_form("/resize?width=3", &[], Some(("file", b"")))
        .await
        .problem(400, "missing-image");
    let headers = [("Content-Type", "multipart/form-data; boundary=x")];
    server
        .send("POST", "/resize?width=3", &headers, b"--x\r\nbroken")
        .await
        .problem(400, "invalid-multipart");
    let headers = [("Content-Type", "multipart/form-data")];
    server
        .send("POST", "/resize?width=3", &headers, b"x")
        .await
        .problem(400, "invalid-multipart");
    let document = server
        .post("/resize?width=3", &vec![0; 100_001])
        .await
        .problem(413, "body-too-large");
    assert_eq!(document["limit"], 100_000);
    let large = [file.clone(), vec![0; 100_000]].concat();
    server
        .post_form("/resize?width=3", &[], Some(("file", &large)))
        .await
        .problem(413, "body-too-large");
    let headers = [("Content-Encoding", "gzip")];
    server
        .send("POST", "/resize?width=3", &headers, &file)
        .await
        .problem(415, "unsupported-format");
    let document = server
        .post("/resize?width=3", b"%PDF-1.7")
        .await
        .problem(415, "unsupported-format");
    assert!(
        document["detail"]
            .as_str()
            .unwrap()
            .contains("a PDF document")
    );
    let document = server
        .post("/resize?width=3", &file[..file.len() - 30])
        .await
        .problem(422, "invalid-image");
    assert!(
        document["detail"].as_str().unwrap().contains("cut short"),
        "{document}"
    );
    assert_eq!(document["stage"], "pixels");
}

/// The limit, the picture's figure and the unit of both, as they are written.
fn limited(document: &serde_json::Value) -> [String; 3] {
    ["limit", "actual", "unit"].map(|name| document[name].to_string().trim_matches('"').to_owned())
}

#[tokio::test]
async fn limits() {
    let server = TestServer::start().await;
    let document = server
        .post("/resize?width=3", &giant_png(30_000, 30_000))
        .await
        .problem(422, "image-too-large");
    assert_eq!(limited(&document), ["100", "900", "megapixels"]);
    assert!(
        document["detail"]
            .as_str()
            .unwrap()
            .contains("(900 megapixels); this server decodes up to 100.")
    );
    server
        .post("/resize?width=3", &giant_jpeg_header(65_500))
        .await
        .problem(422, "image-too-large");
    let small = jpeg(&photo(40, 30));
    // A side that is asked for is a parameter; one that comes of it is a result.
    let document = server
        .post("/resize?width=17000&enlarge", &small)
        .await
        .problem(400, "invalid-parameter");
    assert_eq!(document["parameter"], "width");
    assert_eq!(document["allowed"], "a whole number of pixels, 1 to 16383");
    for query in ["height=14000", "width=9000&dpr=2"] {
        let document = server
            .post(&format!("/resize?{query}&enlarge"), &small)
            .await
            .problem(422, "output-too-large");
        let [limit, _, unit] = limited(&document);
        assert_eq!(
            (limit.as_str(), unit.as_str()),
            ("16383", "pixels"),
            "{query}"
        );
    }
    let document = server
        .post("/resize?width=16000&height=16000&fit=fill&enlarge", &small)
        .await
        .problem(422, "output-too-large");
    assert_eq!(limited(&document), ["50", "256", "megapixels"]);
}

#[tokio::test]
async fn limits_of_effort() {
    let server = TestServer::start().await;
    let document = server
        .post("/resize?width=3", &fixtures::scan_bomb(3_000))
        .await
        .problem(422, "too-complex");
    assert_eq!(limited(&document), ["100", "3000", "scans"]);
    // As many scans as are read are read.
    assert_eq!(
        server
            .post("/resize?width=3", &fixtures::scan_bomb(20))
            .await
            .status,
        200
    );
    let tight = TestServer::start_with(|config| config.admission.pixel_memory = 6 << 20).await;
    let large = jpeg(&photo(1500, 1200));
    let document = tight
        .post("/resize?width=1400", &large)
        .await
        .problem(422, "image-too-large");
    assert_eq!(
        (&document["limit"], &document["unit"]),
        (&(6 << 20).into(), &"bytes".into())
    );
    assert!(
        document["detail"]
            .as_str()
            .unwrap()
            .contains("has 6 MiB for pixels")
    );
}

#[tokio::test]
async fn paths_methods_and_hosts() {
    let server = TestServer::start().await;
    for path in ["/nothing", "/resize/", "/Resize", "/problems/no-such"] {
        server.get(path).await.problem(404, "not-found");
    }
    for (method, path, allow) in [
        ("GET", "/resize?width=3", "POST"),
        ("DELETE", "/health", "GET,HEAD,POST"),
        ("POST", "/ready", "GET,HEAD"),
    ] {
        let answer = server.send(method, path, &[], b"").await;
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        answer.problem(405, "method-not-allowed");
    }
    let options = server.send("OPTIONS", "/resize", &[], b"").await;
    assert_eq!(
        (options.status, options.header("allow")),
        (204, Some("POST"))
    );
    for head in [
        "GET /health HTTP/1.1\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ] {
        let mut stream = server.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        Answer::read(&mut stream, false)
            .await
            .problem(400, "invalid-request");
    }
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /health HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.status, 200);
}

/// What hyper refuses before there is a request.
#[tokio::test]
async fn heads_that_are_none() {
    let server = TestServer::start().await;
    let many = "a: b\r\n".repeat(200);
    let long = "x".repeat(70_000);
    for (head, detail) in [
        (
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n".to_owned(),
            "no proper HTTP",
        ),
        ("nonsense\r\n\r\n".to_owned(), "no proper HTTP"),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), "more headers"),
        (
            format!("GET /{long} HTTP/1.1\r\n\r\n"),
            "than this server reads",
        ),
    ] {
        let mut stream = server.connect().await;
        // It may be refused while it is still being sent.
        let _cut = stream.write_all(head.as_bytes()).await;
        let answer = Answer::read(&mut stream, false).await;
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let document = answer.problem(400, "invalid-request");
        assert!(document["request_id"].as_str().unwrap().len() == 16);
        let text = document["detail"].as_str().unwrap();
        assert!(text.contains(detail), "{text}");
    }
    let page = String::from_utf8(server.get("/metrics").await.body).unwrap();
    assert!(
        page.contains(
            "pixmill_requests_total{route=\"none\",status=\"400\",outcome=\"invalid-request\"} 4\n"
        ),
        "{page}"
    );
}

#[tokio::test]
async fn every_problem_is_explained() {
    let server = TestServer::start().await;
    let list = server.get("/problems").await.json();
    assert_eq!(list.as_array().unwrap().len(), PROBLEMS.len());
    for row in PROBLEMS {
        let path = format!("/problems/{}", row.code);
        let answer = server.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.json()["status"], row.status);
        let page = server
            .send("GET", &path, &[("Accept", "text/html")], b"")
            .await;
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(String::from_utf8(page.body).unwrap().contains(row.advice));
    }
}

#[tokio::test]
async fn small_routes_answer() {
    let server = TestServer::start().await;
    let index = server.get("/").await.json();
    assert_eq!(index["name"], "pixmill");
    assert!(
        index["imaginary"].is_string() && index["bimg"].is_string() && index["libvips"].is_string()
    );
    for path in ["/health", "/healthz", "/healthcheck"] {
        let health = server.get(path).await.json();
        for key in [
            "uptime",
            "goroutines",
            "completedGCCycles",
            "cpus",
            "objectsInUse",
        ] {
            assert!(health[key].is_u64(), "{key}");
        }
        for key in [
            "allocatedMemory",
            "totalAllocatedMemory",
            "maxHeapUsage",
            "heapInUse",
            "OSMemoryObtained",
        ] {
            assert!(health[key].is_f64(), "{key}");
        }
    }
    assert_eq!(server.send("POST", "/health", &[], b"x").await.status, 200);
    let head = server.send("HEAD", "/health", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let metrics = server.get("/metrics").await;
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let page = String::from_utf8(metrics.body).unwrap();
    assert!(page.contains("# TYPE pixmill_requests_total counter\n"));
    assert!(
        page.contains(
            "pixmill_requests_total{route=\"/health\",status=\"200\",outcome=\"ok\"} 3\n"
        ),
        "{page}"
    );
    assert!(page.contains("pixmill_workers 2.0\n"));
    let asked = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";
    let metrics = server
        .send("GET", "/metrics", &[("Accept", asked)], b"")
        .await;
    let media_type = metrics.header("content-type").unwrap();
    assert!(media_type.starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(metrics.body.ends_with(b"# EOF\n"));
}
