//! Requests on the wire: chunked, slow, early refused, broken.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixtures::{jpeg, photo};
use crate::support::{Answer, TestServer, eventually, form};

const SHORT: Duration = Duration::from_millis(150);

fn head(path: &str, rest: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: test\r\n{rest}\r\n").into_bytes()
}

#[tokio::test]
async fn chunks_are_a_body_too() {
    let server = TestServer::start().await;
    let body = jpeg(&photo(60, 40));
    let mut stream = server.connect().await;
    stream
        .write_all(&head("/resize?width=30", "Transfer-Encoding: chunked\r\n"))
        .await
        .unwrap();
    for chunk in body.chunks(100) {
        stream
            .write_all(format!("{:x}\r\n", chunk.len()).as_bytes())
            .await
            .unwrap();
        stream.write_all(chunk).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let chunked = Answer::read(&mut stream, false).await;
    chunked.picture("image/jpeg", 30, 20);
    let plain = server.post("/resize?width=30", &body).await;
    assert_eq!(chunked.header("etag"), plain.header("etag"));
    // The same connection takes the next request.
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.status, 200);
}

#[tokio::test]
async fn a_chunked_body_past_the_cap_is_refused_on_the_way() {
    let server = TestServer::start_with(|config| config.http.max_body = 10_000).await;
    let mut stream = server.connect().await;
    stream
        .write_all(&head("/resize?width=30", "Transfer-Encoding: chunked\r\n"))
        .await
        .unwrap();
    let chunk = [b"4000\r\n", &[7_u8; 0x4000][..], b"\r\n"].concat();
    stream.write_all(&chunk).await.unwrap();
    Answer::read(&mut stream, false)
        .await
        .problem(413, "body-too-large");
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn who_expects_100_sends_nothing_when_refused() {
    let server = TestServer::start_with(|config| config.http.max_body = 10_000).await;
    let body = jpeg(&photo(60, 40));
    let mut stream = server.connect().await;
    let expect = format!("Expect: 100-continue\r\nContent-Length: {}\r\n", body.len());
    stream
        .write_all(&head("/resize?width=30", &expect))
        .await
        .unwrap();
    assert_eq!(Answer::read(&mut stream, false).await.status, 100);
    stream.write_all(&body).await.unwrap();
    Answer::read(&mut stream, false)
        .await
        .picture("image/jpeg", 30, 20);
    for (path, length, status) in [
        ("/resize?width=30", 10_001, 413),
        ("/resize?width=x", 100, 400),
    ] {
        let mut stream = server.connect().await;
        let expect = format!("Expect: 100-continue\r\nContent-Length: {length}\r\n");
        stream.write_all(&head(path, &expect)).await.unwrap();
        assert_eq!(Answer::read(&mut stream, false).await.status, status);
    }
}

#[tokio::test]
async fn an_early_refusal_is_readable_while_the_client_still_sends() {
    let server = TestServer::start_with(|config| config.http.max_body = 10_000).await;
    let mut stream = server.connect().await;
    stream
        .write_all(&head("/resize?width=30", "Content-Length: 900000\r\n"))
        .await
        .unwrap();
    // More than the socket's buffers, sent before the answer is looked at.
    stream.write_all(&vec![0; 900_000]).await.unwrap();
    Answer::read(&mut stream, false)
        .await
        .problem(413, "body-too-large");
    let mut rest = Vec::new();
    stream
        .read_to_end(&mut rest)
        .await
        .expect("closed, not reset");
}

/// A connection that will be closed says so: else its client would lose the next request that it sends there.
#[tokio::test]
async fn an_answer_to_an_unread_body_says_that_the_connection_ends() {
    let server = TestServer::start().await;
    let length = "Content-Length: 900000\r\n";
    let form = format!("Content-Type: multipart/form-data; boundary=x\r\n{length}");
    let broken = [
        b"--x\r\nContent-Disposition: form-data".repeat(5000),
        vec![0; 700],
    ]
    .concat();
    for (path, headers, body, status) in [
        ("/nothing", length, &[0; 1000][..], 404),
        ("/resize?widht=30", length, &[0; 1000], 400),
        ("/resize?width=30", &form, &broken, 400),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(&head(path, headers)).await.unwrap();
        stream.write_all(body).await.unwrap();
        let answer = Answer::read(&mut stream, false).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("connection"), Some("close"), "{path}");
    }
    // What was read to its end may be followed by another, whatever came of it.
    let mut stream = server.connect().await;
    for _ in 0..2 {
        let request = [
            &head("/resize?width=30", "Content-Length: 3\r\n")[..],
            b"abc",
        ]
        .concat();
        stream.write_all(&request).await.unwrap();
        let answer = Answer::read(&mut stream, false).await;
        assert_eq!(answer.header("connection"), None);
        answer.problem(415, "unsupported-format");
    }
}

#[tokio::test]
async fn uploads_that_stall_are_ended() {
    let server = TestServer::start_with(|config| config.http.body_timeout = SHORT).await;
    let mut stream = server.connect().await;
    stream
        .write_all(&head("/resize?width=30", "Content-Length: 1000\r\n"))
        .await
        .unwrap();
    stream.write_all(&[1; 10]).await.unwrap();
    Answer::read(&mut stream, false)
        .await
        .problem(408, "upload-timeout");
    let body = form(&[], Some(("file", &[1; 500])));
    let rest = format!(
        "Content-Type: multipart/form-data; boundary=----test-boundary\r\nContent-Length: {}\r\n",
        body.len()
    );
    let mut stream = server.connect().await;
    stream
        .write_all(&head("/resize?width=30", &rest))
        .await
        .unwrap();
    stream.write_all(&body[..300]).await.unwrap();
    Answer::read(&mut stream, false)
        .await
        .problem(408, "upload-timeout");
    server.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn the_deadline_ends_an_upload_too() {
    let server = TestServer::start_with(|config| config.http.request_timeout = SHORT).await;
    let mut stream = server.connect().await;
    stream
        .write_all(&head("/resize?width=30", "Content-Length: 1000\r\n"))
        .await
        .unwrap();
    Answer::read(&mut stream, false)
        .await
        .problem(408, "upload-timeout");
}

#[tokio::test]
async fn a_client_that_leaves_while_it_sends_is_cancelled_not_wrong() {
    let server = TestServer::start().await;
    let form = "Content-Type: multipart/form-data; boundary=x\r\n";
    let rounds = [
        ("Content-Length: 1000\r\n".to_owned(), "some"),
        ("Transfer-Encoding: chunked\r\n".to_owned(), "4\r\nsome\r\n"),
        ("Transfer-Encoding: chunked\r\n".to_owned(), "4\r\nso"),
        (format!("{form}Content-Length: 1000\r\n"), "--x\r\nConte"),
    ];
    for (round, (headers, sent)) in rounds.iter().enumerate() {
        for reset in [false, true] {
            let mut stream = server.connect().await;
            let head = head("/resize?width=30", headers);
            stream.write_all(&head).await.unwrap();
            stream.write_all(sent.as_bytes()).await.unwrap();
            if reset {
                stream.set_zero_linger().unwrap();
            }
            drop(stream);
            let expected = 2 * round as u64 + 1 + u64::from(reset);
            server
                .settled(move |figures| figures.cancelled == expected)
                .await;
        }
    }
    let count = 2 * rounds.len();
    let counted = format!("route=\"/resize\",status=\"499\",outcome=\"cancelled\"}} {count}\n");
    while !String::from_utf8(server.get("/metrics").await.body)
        .unwrap()
        .contains(&counted)
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn clients_that_leave_give_everything_back() {
    let server = TestServer::start().await;
    let body = jpeg(&photo(900, 700));
    let request = crate::support::request("POST", "/resize?width=300", &[], &body);
    let files = pixmill::os::open_files();
    for round in 0..60_usize {
        let mut stream = server.connect().await;
        let part = request.len() * (round + 1) / 60;
        stream.write_all(&request[..part]).await.unwrap();
        if round % 2 == 0 {
            // A reset instead of an end.
            stream.set_zero_linger().unwrap();
        }
        if round % 3 == 0 {
            tokio::task::yield_now().await;
        }
    }
    server
        .settled(|f| {
            f.busy == 0 && f.queued == 0 && f.upload_memory.0 == 0 && f.pixel_memory.0 == 0
        })
        .await;
    let connections = server.connections.clone();
    eventually(move || connections.open() == 0).await;
    eventually(move || pixmill::os::open_files() <= files + 2).await;
    let answer = server.post("/resize?width=300", &body).await;
    assert_eq!(answer.status, 200);
}

/// One answer at most, never a picture, and nothing is held afterwards.
#[tokio::test]
async fn bodies_that_break_off_or_lie_about_their_chunks() {
    let server = TestServer::start().await;
    let file = jpeg(&photo(60, 40));
    let half = &file[..file.len() / 2];
    let length = format!("Content-Length: {}\r\n", file.len());
    let chunked = "Transfer-Encoding: chunked\r\n";
    let chunk = |size: &str, bytes: &[u8]| [size.as_bytes(), b"\r\n", bytes, b"\r\n"].concat();
    let size = format!("{:x}", half.len());
    for (name, headers, body) in [
        ("ends early", length.as_str(), half.to_vec()),
        ("no last chunk", chunked, chunk(&size, half)),
        ("ends within a chunk", chunked, chunk("ffff", half)),
        ("no number", chunked, chunk("zz", half)),
        ("a negative number", chunked, chunk("-1", half)),
        ("longer than its number", chunked, chunk("10", half)),
        (
            "too large a number",
            chunked,
            chunk("fffffffffffffffff", half),
        ),
    ] {
        let mut stream = server.connect().await;
        let request = [head("/resize?width=30", headers), body].concat();
        stream.write_all(&request).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _reset = stream.read_to_end(&mut rest).await;
        let text = String::from_utf8_lossy(&rest);
        assert!(
            text.is_empty() || text.starts_with("HTTP/1.1 400 "),
            "{name}: {text}"
        );
        server
            .settled(|f| f.busy == 0 && f.upload_memory.0 == 0 && f.pixel_memory.0 == 0)
            .await;
    }
}

/// Both lengths at once: chunks win, and nothing behind them is taken for another request (RFC 9112, 6.1).
#[tokio::test]
async fn two_lengths_are_no_two_requests() {
    let server = TestServer::start().await;
    let file = jpeg(&photo(60, 40));
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    ] {
        let request = [
            &head("/resize?width=30", headers)[..],
            format!("{:x}\r\n", file.len()).as_bytes(),
            &file,
            b"\r\n0\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: test\r\n\r\n",
        ]
        .concat();
        let mut stream = server.connect().await;
        stream.write_all(&request).await.unwrap();
        let answer = Answer::read(&mut stream, false).await;
        answer.picture("image/jpeg", 30, 20);
        let mut rest = Vec::new();
        let _reset = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}
