//! `type=auto`: the best that the client says it reads.

use std::io::Cursor;

use crate::fixtures::{disc, jpeg, photo, png};
use crate::origin::{Origin, Reply};
use crate::remote::remote;
use crate::support::TestServer;

fn opaque_webp() -> Vec<u8> {
    let picture = image::DynamicImage::ImageRgba8(photo(40, 30)).to_rgb8();
    let mut file = Cursor::new(Vec::new());
    picture
        .write_to(&mut file, image::ImageFormat::WebP)
        .unwrap();
    file.into_inner()
}

#[tokio::test]
async fn auto_obeys_accept() {
    let server = TestServer::start().await;
    let (opaque, transparent) = (jpeg(&photo(40, 30)), png(&disc(30)));
    let modern = opaque_webp();
    for (accept, body, media_type) in [
        ("image/avif,image/webp,*/*;q=0.8", &opaque, "image/avif"),
        ("image/avif;q=0.1,image/webp", &transparent, "image/avif"),
        ("image/avif;q=0,image/webp", &opaque, "image/webp"),
        ("image/webp", &transparent, "image/webp"),
        ("image/webp;q=0.1, image/jpeg", &opaque, "image/webp"),
        ("*/*", &opaque, "image/jpeg"),
        ("*/*", &transparent, "image/png"),
        ("*/*", &modern, "image/webp"),
        ("image/webp;q=0", &opaque, "image/jpeg"),
        // Old browsers name PNG first; a photograph isn't one for that.
        (
            "image/png,image/svg+xml,image/*;q=0.8",
            &opaque,
            "image/jpeg",
        ),
        ("image/jpeg", &transparent, "image/png"),
        // The input's type is refused.
        ("image/webp;q=0, */*", &modern, "image/jpeg"),
        ("image/jpeg;q=0, image/*", &opaque, "image/png"),
        ("image/png;q=0, image/*", &transparent, "image/jpeg"),
        // Everything is refused: an answer is better than none.
        ("*/*;q=0", &opaque, "image/jpeg"),
    ] {
        let headers = [("Accept", accept)];
        let answer = server
            .send("POST", "/resize?width=20&type=auto", &headers, body)
            .await;
        assert_eq!(answer.header("content-type"), Some(media_type), "{accept}");
        assert_eq!(answer.header("vary"), Some("Accept"), "{accept}");
    }
    let fixed = server.post("/resize?width=20", &opaque).await;
    assert_eq!(fixed.header("vary"), None);
}

#[tokio::test]
async fn auto_varies_where_it_fails_too() {
    let server = TestServer::start_with(|config| config.http.max_body = 10_000).await;
    for (query, body, status, code) in [
        (
            "width=20&type=auto",
            &b"nonsense"[..],
            415,
            "unsupported-format",
        ),
        ("width=none&f=auto", b"x", 400, "invalid-parameter"),
        ("widht=20&output=AUTO", b"x", 400, "unknown-parameter"),
        ("type=auto", b"x", 400, "missing-parameter"),
        ("width=20&type=auto", b"", 400, "missing-image"),
        ("width=20&type=auto", &[0; 10_001], 413, "body-too-large"),
    ] {
        let answer = server.post(&format!("/resize?{query}"), body).await;
        assert_eq!(answer.header("vary"), Some("Accept"), "{query}");
        answer.problem(status, code);
    }
    let fields = [("type", "auto"), ("width", "none")];
    let answer = server
        .post_form("/resize?height=9", &fields, Some(("file", b"x")))
        .await;
    assert_eq!(answer.header("vary"), Some("Accept"));
    answer.problem(400, "invalid-parameter");
    let fixed = server.post("/resize?width=none&type=png", b"x").await;
    assert_eq!(fixed.header("vary"), None);
}

/// A GET that fails on its way to the answer varies like the answer, whoever failed.
#[tokio::test]
async fn auto_in_a_step_varies_where_its_source_fails() {
    let broken = Reply::picture(b"no picture".to_vec());
    let whole = Reply::picture(png(&disc(30)));
    let origin = Origin::start([("/text", broken), ("/a.png", whole)]).await;
    let server =
        TestServer::start_with(|config| config.source.remote = Some(remote(&[&origin]))).await;
    for (path, drawn, status) in [
        ("/404", "/a.png", 502),
        ("/text", "/a.png", 415),
        ("/a.png", "/404", 502),
        ("/a.png", "/a.png", 200),
    ] {
        let step = serde_json::json!([{
            "operation": "watermarkImage",
            "params": {"type": "auto", "image": origin.url(drawn)},
        }]);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("operations", &step.to_string())
            .append_pair("url", &origin.url(path))
            .finish();
        let answer = server.get(&format!("/pipeline?{query}")).await;
        assert_eq!(answer.status, status, "{path} {drawn}");
        assert_eq!(answer.header("vary"), Some("Accept"), "{path} {drawn}");
    }
}
