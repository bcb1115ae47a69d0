//! `type=auto`: the best that the client says it reads.

use crate::fixtures::{disc, jpeg, photo, png};
use crate::support::TestServer;

#[tokio::test]
async fn auto_obeys_accept() {
    let server = TestServer::start().await;
    let (opaque, transparent) = (jpeg(&photo(40, 30)), png(&disc(30)));
    for (accept, body, media_type) in [
        ("image/avif,image/webp,*/*;q=0.8", &opaque, "image/webp"),
        ("*/*", &opaque, "image/jpeg"),
        ("*/*", &transparent, "image/png"),
        ("image/webp;q=0", &opaque, "image/jpeg"),
        ("image/png, image/webp;q=0.5", &opaque, "image/png"),
        ("image/jpeg", &transparent, "image/png"),
        ("image/webp", &transparent, "image/webp"),
    ] {
        let answer = server
            .send(
                "POST",
                "/resize?width=20&type=auto",
                &[("Accept", accept)],
                body,
            )
            .await;
        assert_eq!(answer.header("content-type"), Some(media_type), "{accept}");
        assert_eq!(answer.header("vary"), Some("Accept"), "{accept}");
    }
    let fixed = server.post("/resize?width=20", &opaque).await;
    assert_eq!(fixed.header("vary"), None);
    let broken = server.post("/resize?width=20&type=auto", b"nonsense").await;
    assert_eq!(broken.header("vary"), Some("Accept"));
    broken.problem(415, "unsupported-format");
}
