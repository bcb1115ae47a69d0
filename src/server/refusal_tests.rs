//! Whoever is refused can read why, but on a spare place.

use super::*;

#[tokio::test]
async fn heads_past_the_limits_are_refused() {
    let server = served(patient(), 1);
    let many = "a: b\r\n".repeat(200);
    let long = format!("a: {}\r\n", "b".repeat(100_000));
    for (head, status) in [
        (many, "431"),
        (long, "431"),
        ("broken\r\n".to_owned(), "400"),
    ] {
        let mut stream = server.connect().await;
        let request = format!("GET / HTTP/1.1\r\nHost: test\r\n{head}\r\n");
        // Refused while it is still being sent.
        let _cut = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.ends_with("\r\n\r\nin our own words"), "{answer}");
    }
}

/// Sends more than an early answer waits for, then reads it.
async fn stubborn(server: &Served, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut stream = server.connect().await;
    let head = format!("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let piece = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        stream.write_all(&piece).await?;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_large_upload_that_is_refused_can_read_why() {
    let server = served(patient(), 1);
    let answer = stubborn(&server, 96 << 20).await.expect("no reset");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    // On a spare place nobody waits for the end of what is sent.
    let crowded = Settings {
        max_connections: 0,
        ..patient()
    };
    let server = served(crowded, 1);
    assert!(stubborn(&server, 96 << 20).await.is_err());
    server.empty().await;
}
