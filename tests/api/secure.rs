//! `url=` by https: whom the server believes to be who they are.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use pixmill::source::StoreSettings;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::fixtures::{png, quarters};
use crate::guard::{Answers, Recorder};
use crate::remote::remote;
use crate::support::TestServer;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/api/tls")
        .join(name)
}

/// Answers everything with a picture, by TLS, as `a.test` and as 1.1.1.1.
async fn serve() -> (SocketAddr, JoinSet<()>) {
    let certificate = CertificateDer::from_pem_file(file("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Whoever doesn't believe it is gone.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let body = png(&quarters(60, 40));
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            stream
                .write_all(&[head.as_bytes(), &body].concat())
                .await
                .unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (address, serving)
}

#[tokio::test]
async fn only_who_can_prove_it_is_believed() {
    let (address, _serving) = serve().await;
    for (authority, host, status) in [
        (true, "a.test", 200),
        (true, "A.test.", 200),
        (true, "1.1.1.1", 200),
        // Somebody else's certificate.
        (true, "b.test", 502),
        (true, "1.0.0.1", 502),
        // An authority that nobody has named.
        (false, "a.test", 502),
    ] {
        let server = TestServer::start_fetching(
            |config| {
                let mut settings = remote(&[]);
                settings.authorities = authority.then(|| file("authority.pem"));
                config.source.remote = Some(settings);
            },
            Answers::new(&[&["1.1.1.1"]]),
            Recorder::to(address),
        )
        .await;
        let answer = server
            .get(&format!("/resize?width=30&url=https://{host}/a.png"))
            .await;
        match status {
            200 => drop(answer.picture("image/png", 30, 20)),
            _ => drop(answer.problem(502, "source-failed")),
        }
    }
}

#[tokio::test]
async fn a_store_is_believed_no_sooner() {
    let (address, _serving) = serve().await;
    for (authority, host) in [(true, "a.test"), (true, "b.test"), (false, "a.test")] {
        let environment = [
            ("AWS_ENDPOINT_URL", format!("https://{host}")),
            ("AWS_SKIP_SIGNATURE", "true".to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        let bucket = "s3://photos".parse().unwrap();
        let mut settings = StoreSettings::new(bucket, &environment.into(), false).unwrap();
        settings.authorities = authority.then(|| file("authority.pem"));
        let server = TestServer::start_fetching(
            |config| config.source.store = Some(settings),
            Answers::new(&[&["10.0.0.1"]]),
            Recorder::to(address),
        )
        .await;
        let answer = server.get("/resize?width=30&object=a.png").await;
        if authority && host == "a.test" {
            answer.picture("image/png", 30, 20);
        } else {
            answer.problem(502, "source-failed");
        }
    }
}

#[test]
fn authorities_that_are_none_are_told_at_the_start() {
    for name in ["none.pem", "README.md", "server.key"] {
        let path = file(name);
        let path = path.to_str().unwrap();
        let flags = ["--port", "0", "--allow-remote", "true", "--remote-ca", path];
        let output = crate::cli::run(&flags);
        assert_eq!(output.status.code(), Some(1));
        let said = crate::cli::text(&output.stderr);
        assert!(said.contains(path), "{said}");
    }
}
