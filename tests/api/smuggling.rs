//! Requests that two readers would cut in different ways: at most one answer, and nothing hidden is done.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::TestServer;

fn head(headers: &str) -> Vec<u8> {
    format!("POST /resize?width=30 HTTP/1.1\r\nHost: test\r\n{headers}\r\n").into_bytes()
}

/// Whatever a body's length might mean to somebody else in between, what stands behind it is never answered too.
#[tokio::test]
async fn doubtful_lengths_hide_no_request() {
    let server = TestServer::start().await;
    let hidden = "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n";
    let length = hidden.len();
    for headers in [
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n"),
        format!("Content-Length: {length}\r\nContent-Length: 0\r\n"),
        format!("Content-Length: 0, {length}\r\n"),
        "Content-Length: +0\r\n".to_owned(),
        "Content-Length: -1\r\n".to_owned(),
        "Content-Length: 0x0\r\n".to_owned(),
        "Content-Length : 0\r\n".to_owned(),
        "Content-Length: 0\r\n 5\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding: identity\r\nContent-Length: 0\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n".to_owned(),
        "Transfer-Encoding:\x0bchunked\r\n".to_owned(),
    ] {
        let request = [&head(&headers)[..], hidden.as_bytes()].concat();
        at_most_one_refusal(&server, &headers, &request).await;
    }
    // Chunks whose sizes or ends are read in more than one way.
    let chunked = head("Transfer-Encoding: chunked\r\n");
    for body in [
        "0\r\n\r",
        "0 x\r\n\r\n",
        "0x0\r\n\r\n",
        "+0\r\n\r\n",
        "-0\r\n\r\n",
        "1\r\nab0\r\n\r\n",
        "100000000\r\n",
        "10000000000000000\r\n",
    ] {
        let request = [&chunked[..], body.as_bytes(), hidden.as_bytes()].concat();
        at_most_one_refusal(&server, body, &request).await;
    }
}

/// Sends the bytes; what comes back is one 4xx, or nothing, and then the end.
async fn at_most_one_refusal(server: &TestServer, name: &str, request: &[u8]) {
    let mut stream = server.connect().await;
    stream.write_all(request).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let _reset = stream.read_to_end(&mut rest).await;
    let text = String::from_utf8_lossy(&rest);
    let answers = text.matches("HTTP/1.1 ").count();
    assert!(answers <= 1, "{name}: {text}");
    assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 4"),
        "{name}: {text}"
    );
}
