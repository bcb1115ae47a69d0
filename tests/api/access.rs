//! Who may ask, and what the others are told.

use pixmill::config::{Config, Machine, Sources};
use pixmill::service;
use tokio::io::AsyncWriteExt;

use crate::fixtures::{jpeg, photo};
use crate::support::{Answer, TestServer};

const KEY: &str = "pixmill-key-1";

/// A server with these settings, as a file has them.
async fn server(file: &str) -> TestServer {
    let sources = Sources {
        file: Some(("pixmill.toml".to_owned(), file.to_owned())),
        ..Sources::default()
    };
    let machine = Machine {
        cpus: 2,
        memory: 1 << 30,
    };
    let given = Config::load(&sources, machine).unwrap();
    TestServer::start_executor(|config| config.http = given.http, service::in_process()).await
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
    assert_eq!(server.service.admission().figures().upload_memory.0, 0);
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
