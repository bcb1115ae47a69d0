//! Each operation and each parameter, on pictures whose parts can be told apart.

use crate::fixtures::{self, BLUE, GREEN, RED, WHITE, jpeg, photo, png, quarters};
use crate::support::{Picture, TestServer};

const PNG: &str = "image/png";

#[tokio::test]
async fn sizes_are_as_asked() {
    let server = TestServer::start().await;
    let body = png(&quarters(120, 80));
    for (query, width, height) in [
        ("width=60", 60, 40),
        ("w=60", 60, 40),
        ("height=40", 60, 40),
        ("h=40", 60, 40),
        ("width=60&height=60", 60, 40),
        ("size=60x60", 60, 40),
        ("s=60x", 60, 40),
        ("width=300", 120, 80),
        ("width=300&enlarge=true", 300, 200),
        ("width=300&enlarge", 300, 200),
        ("width=300&withoutEnlargement=false", 300, 200),
        ("width=300&we=no", 300, 200),
        ("width=30&dpr=2", 60, 40),
        ("width=60&height=60&fit=inside", 60, 40),
        ("width=60&height=60&fit=cover", 60, 60),
        ("width=60&height=60&fit=contain", 60, 60),
        ("width=60&height=60&fit=fill", 60, 60),
        ("width=60&height=60&fit=outside", 90, 60),
        ("width=200&height=200&fit=cover", 80, 80),
        ("width=200&height=200&fit=cover&enlarge=1", 200, 200),
        ("width=1", 1, 1),
    ] {
        let answer = server.post(&format!("/resize?{query}"), &body).await;
        answer.picture(PNG, width, height);
    }
}

#[tokio::test]
async fn the_right_part_stays() {
    let server = TestServer::start().await;
    let body = png(&quarters(120, 80));
    for (gravity, left, right) in [
        ("west", RED, RED),
        ("left", RED, RED),
        ("east", GREEN, GREEN),
        ("centre", RED, GREEN),
        ("northwest", RED, RED),
        ("0,0.5", RED, RED),
        ("1,0.5", GREEN, GREEN),
        ("0.5,0.5", RED, GREEN),
    ] {
        let path = format!("/resize?width=20&height=40&fit=cover&gravity={gravity}");
        let picture = server.post(&path, &body).await.picture(PNG, 20, 40);
        picture.assert_at(2, 5, left, 12);
        picture.assert_at(17, 5, right, 12);
    }
    let picture = server
        .post("/resize?w=60&h=10&fit=cover&g=south", &body)
        .await
        .picture(PNG, 60, 10);
    picture.assert_at(5, 5, BLUE, 12);
    picture.assert_at(55, 5, WHITE, 12);
}

#[tokio::test]
async fn backgrounds_lie_behind_and_beside() {
    let server = TestServer::start().await;
    let body = png(&quarters(120, 60));
    for (query, corner) in [
        ("", [0, 0, 0, 0]),
        ("&background=255,0,0", [255, 0, 0, 255]),
        ("&bg=0f0", [0, 255, 0, 255]),
        ("&b=0000ff80", [0, 0, 255, 128]),
        ("&background=rebeccapurple", [0x66, 0x33, 0x99, 255]),
    ] {
        let path = format!("/resize?width=40&height=40&fit=contain{query}");
        let picture = server.post(&path, &body).await.picture(PNG, 40, 40);
        assert_eq!(picture.at(0, 0), corner, "{query}");
        picture.assert_at(5, 15, RED, 12);
    }
    // JPEG has no alpha: white, unless another is asked for.
    let disc = png(&fixtures::disc(64));
    for (query, corner) in [
        ("", [255, 255, 255, 255]),
        ("&background=0,0,255", [0, 0, 255, 255]),
    ] {
        let path = format!("/convert?type=jpeg{query}");
        let picture = server
            .post(&path, &disc)
            .await
            .picture("image/jpeg", 64, 64);
        picture.assert_at(0, 0, corner, 14);
    }
}

#[tokio::test]
async fn quality_and_type_are_obeyed() {
    let server = TestServer::start().await;
    let body = png(&photo(200, 150));
    for (format, media_type) in [("jpeg", "image/jpeg"), ("webp", "image/webp")] {
        let mut sizes = Vec::new();
        for quality in [10, 50, 95] {
            let path = format!("/convert?type={format}&quality={quality}");
            let answer = server.post(&path, &body).await;
            answer.picture(media_type, 200, 150);
            sizes.push(answer.body.len());
        }
        assert!(
            sizes.is_sorted() && sizes[2] > 2 * sizes[0],
            "{format}: {sizes:?}"
        );
    }
    let default = server.post("/convert?type=jpg", &body).await;
    let eighty = server.post("/convert?type=jpeg&q=80", &body).await;
    assert_eq!(default.body, eighty.body);
}

#[tokio::test]
async fn convert_scales_as_imaginary_does() {
    let server = TestServer::start().await;
    let body = png(&quarters(120, 80));
    for (query, width, height) in [
        ("type=png", 120, 80),
        ("type=png&width=240", 240, 160),
        ("type=png&width=50&height=50", 50, 50),
    ] {
        let answer = server.post(&format!("/convert?{query}"), &body).await;
        answer.picture(PNG, width, height);
    }
}

#[tokio::test]
async fn linear_light_is_a_choice() {
    let server = TestServer::start().await;
    let checks = image::RgbaImage::from_fn(64, 64, |x, y| {
        image::Rgba(if (x + y) % 2 == 0 {
            [0, 0, 0, 255]
        } else {
            [255; 4]
        })
    });
    let body = png(&checks);
    for (linear, grey) in [("false", 128), ("true", 188)] {
        let path = format!("/resize?width=8&linear={linear}");
        let picture = server.post(&path, &body).await.picture(PNG, 8, 8);
        picture.assert_at(4, 4, [grey, grey, grey, 255], 3);
    }
}

/// The reference is the `image` crate's own Lanczos, on floats.
#[tokio::test]
async fn pixels_are_those_of_another_resampler() {
    let server = TestServer::start().await;
    let source = photo(400, 300);
    let scaled = image::imageops::resize(
        &image::DynamicImage::ImageRgba8(source.clone()).to_rgba32f(),
        160,
        120,
        image::imageops::FilterType::Lanczos3,
    );
    let reference = Picture::decode(&png(&image::DynamicImage::ImageRgba32F(scaled).to_rgba8()));
    for (body, least) in [(png(&source), 45.0), (jpeg(&source), 34.0)] {
        let answer = server
            .post("/resize?width=160&type=png&linear=false", &body)
            .await;
        let psnr = answer.picture(PNG, 160, 120).psnr(&reference);
        assert!(psnr >= least, "{psnr} dB");
    }
}

#[tokio::test]
async fn forms_are_as_good_as_bodies() {
    let server = TestServer::start().await;
    let file = png(&quarters(120, 80));
    let answer = server
        .post_form(
            "/resize?height=999",
            &[("width", "60"), ("height", "20")],
            Some(("file", &file)),
        )
        .await;
    // The query wins over a field of the same meaning.
    answer.picture(PNG, 60, 40);
    let sized = [("size", "30x10"), ("we", "true")];
    server
        .post_form(
            "/resize?width=240&height=160&enlarge=true",
            &sized,
            Some(("file", &file)),
        )
        .await
        .picture(PNG, 240, 160);
    let raw = server.post("/resize?width=60&height=999", &file).await;
    assert_eq!(answer.body, raw.body);
    assert_eq!(answer.header("etag"), raw.header("etag"));
    let other = server
        .post_form("/resize?width=60", &[], Some(("picture", &file)))
        .await;
    other.picture(PNG, 60, 40);
}

#[tokio::test]
async fn info_decodes_nothing_and_tells_all() {
    let server = TestServer::start().await;
    let answer = server.post("/info", &fixtures::oriented(6)).await;
    assert_eq!(answer.status, 200);
    let info = answer.json();
    for (key, value) in [
        ("width", serde_json::json!(40)),
        ("height", 60.into()),
        ("displayWidth", 60.into()),
        ("displayHeight", 40.into()),
        ("type", "jpeg".into()),
        ("space", "srgb".into()),
        ("hasAlpha", false.into()),
        ("hasProfile", false.into()),
        ("channels", 3.into()),
        ("orientation", 6.into()),
        ("bitDepth", 8.into()),
        ("frames", 1.into()),
    ] {
        assert_eq!(info[key], value, "{key}");
    }
    let file = fixtures::oriented(6);
    server
        .post("/info?widht=3", &file)
        .await
        .problem(400, "unknown-parameter");
    server
        .post_form("/info", &[("widht", "3")], Some(("file", &file)))
        .await
        .problem(400, "unknown-parameter");
    assert_eq!(server.post("/info?width=3", &file).await.status, 200);
}

#[tokio::test]
async fn the_same_request_gives_the_same_bytes() {
    let server = TestServer::start().await;
    let body = jpeg(&photo(300, 200));
    let first = server.post("/resize?width=100", &body).await;
    let again = server.post("/resize?w=100&height=500", &body).await;
    assert_eq!(first.body, again.body);
    let etag = first.header("etag").unwrap().to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() == 34);
    assert_eq!(again.header("etag"), Some(etag.as_str()));
    for query in [
        "width=101",
        "width=100&quality=79",
        "width=100&type=png",
        "width=100&linear=false",
    ] {
        let other = server.post(&format!("/resize?{query}"), &body).await;
        assert_ne!(other.header("etag"), Some(etag.as_str()), "{query}");
    }
}

#[tokio::test]
async fn answers_carry_their_headers() {
    let server = TestServer::start().await;
    let body = jpeg(&photo(60, 40));
    let headers = [
        ("X-Request-Id", "my-id.1"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let answer = server
        .send("POST", "/resize?width=30", &headers, &body)
        .await;
    answer.picture("image/jpeg", 30, 20);
    assert_eq!(answer.header("x-request-id"), Some("my-id.1"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'none'; sandbox")
    );
    assert_eq!(answer.header("cache-control"), None);
    let timing = answer.header("server-timing").unwrap();
    for stage in ["recv", "queue", "decode", "resize", "encode", "total"] {
        assert!(timing.contains(&format!("{stage};dur=")), "{timing}");
    }
    let insane = server
        .send(
            "POST",
            "/resize?width=30",
            &[("X-Request-Id", "a b")],
            &body,
        )
        .await;
    assert_eq!(insane.header("x-request-id").map(str::len), Some(16));
}

/// When this fails, answers have changed: either by mistake, or `OUTPUT_VERSION` goes up and the digests with it.
#[tokio::test]
async fn answers_are_the_same_as_ever() {
    // 7: inks without a profile, and PQ and HLG.
    assert_eq!(pixmill::pipeline::plan::OUTPUT_VERSION, 8);
    let server = TestServer::start().await;
    let weave = fixtures::weave(301, 207);
    let mut digests = Vec::new();
    for (body, query) in [
        (png(&weave), "width=100"),
        (png(&weave), "width=100&linear=false"),
        (png(&weave), "width=90&height=90&fit=cover&gravity=0.2,0.9"),
        (png(&weave), "width=100&type=jpeg"),
        (png(&fixtures::disc(200)), "width=70"),
        (jpeg(&weave), "width=100"),
        (jpeg(&weave), "width=100&linear=false"),
        (jpeg(&weave), "width=30&type=webp"),
        (jpeg(&weave), "width=100&type=png"),
    ] {
        let answer = server.post(&format!("/resize?{query}"), &body).await;
        digests.push(
            blake3::hash(&answer.body)
                .to_hex()
                .chars()
                .take(16)
                .collect::<String>(),
        );
    }
    insta::assert_json_snapshot!(digests, @r#"
    [
      "d4b3511b9705f771",
      "2a815f8588b1da3c",
      "406acc1b8a8b5bc6",
      "6b2fe0c2a6c012c3",
      "2999f7ec289e3b3e",
      "8d54fa2ece94e587",
      "f497694c6dab2267",
      "68c008ac62cc1bb5",
      "884ec7eae8908ed0"
    ]
    "#);
}
