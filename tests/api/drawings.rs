//! Drawings, which become pixels in the size that is asked for.

use crate::support::{Picture, TestServer};

const DRAWING: &[u8] = include_bytes!("../fixtures/drawing.svg");
/// What librsvg makes of it, in its own size.
const REFERENCE: &[u8] = include_bytes!("../fixtures/drawing.png");
const PNG: &str = "image/png";

async fn server() -> TestServer {
    TestServer::start_as("svg = true").await
}

/// What reads drawings has no limits of its own, and is kept out of the server's process unless that is asked for.
#[tokio::test]
async fn drawings_are_read_where_they_can_do_no_harm() {
    for (file, reads) in [
        ("", false),
        ("svg = \"auto\"", false),
        ("svg = true", true),
        ("svg = false", false),
        ("isolation = \"process\"", true),
        ("isolation = \"process\"\nsvg = false", false),
        ("isolation = \"process\"\nsvg = \"true\"", true),
    ] {
        let server = TestServer::start_as(file).await;
        server.reads_or_tells(DRAWING, reads, "svg = true").await;
        // Its first tag is told in any case.
        let info = server.post("/info", DRAWING).await.json();
        assert_eq!(
            (&info["type"], &info["width"]),
            (&"svg".into(), &160.into())
        );
    }
    let compat = TestServer::start_as("compat = \"imaginary\"").await;
    assert_eq!(compat.post("/resize?width=8", DRAWING).await.status, 406);
    let both = TestServer::start_as("compat = \"imaginary\"\nsvg = true").await;
    assert_eq!(both.post("/resize?width=8", DRAWING).await.status, 200);
    let mistakes = TestServer::mistakes("svg = \"maybe\"");
    assert!(mistakes[0].contains("auto, true or false"), "{mistakes:?}");
}

/// Lines straight across and down, as charts have them.
#[tokio::test]
async fn axes_and_grids_are_drawn() {
    let server = server().await;
    let chart = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 60'><g stroke='#00f' stroke-width='4'><path d='M10 50H90'/><line x1='20' x2='20' y1='10' y2='40'/></g><polyline points='40,20 60,20 80,20' stroke='red' stroke-width='4' fill='none'/></svg>";
    let answer = server.post("/convert?type=png", chart).await;
    let picture = answer.picture(PNG, 100, 60);
    for (x, y) in [(12, 50), (88, 49), (20, 12), (19, 38)] {
        picture.assert_at(x, y, [0, 0, 255, 255], 1);
    }
    picture.assert_at(60, 20, [255, 0, 0, 255], 1);
    picture.assert_at(60, 24, [0; 4], 0);
}

#[tokio::test]
async fn a_drawing_is_what_another_renderer_makes_of_it() {
    let server = server().await;
    let reference = Picture::decode(REFERENCE);
    let got = server.post("/convert?type=png", DRAWING).await;
    let psnr = got.picture(PNG, 160, 120).psnr(&reference);
    assert!(psnr > 32.0, "{psnr} dB");
    let info = server.post("/info", DRAWING).await.json();
    assert_eq!(info["type"], "svg");
    assert_eq!(
        (&info["width"], &info["height"]),
        (&160.into(), &120.into())
    );
    assert_eq!(info["hasAlpha"], true);
    // It can't be written, and alpha has to go somewhere.
    let kept = server.post("/resize?width=80", DRAWING).await;
    kept.picture(PNG, 80, 60);
    let on_white = server.post("/resize?width=80&type=jpeg", DRAWING).await;
    on_white
        .picture("image/jpeg", 80, 60)
        .assert_at(0, 0, [255; 4], 3);
}

/// Edges are as sharp in a large answer as in a small one: what lies between two colours is a pixel or two.
#[tokio::test]
async fn edges_stay_sharp_at_any_size() {
    let server = server().await;
    let drawing = b"<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'><path d='M0 0H10V20H0'/><path fill='#fff' d='M10 0H20V20H10'/></svg>";
    for query in [
        "resize?width=1000&enlarge=true",
        "enlarge?width=1000&height=1000",
        "resize?width=900&height=300&fit=fill&enlarge=true",
        "resize?width=800&height=400&fit=cover&enlarge=true",
        "resize?width=400&enlarge=true&rotate=180&flip=true",
        "thumbnail?width=600&height=600",
    ] {
        let answer = server.post(&format!("/{query}&type=png"), drawing).await;
        assert_eq!(answer.status, 200, "{query}");
        let picture = Picture::decode(&answer.body);
        let (width, height) = (picture.width, picture.height);
        let between = (0..width).filter(|&x| (1..255).contains(&picture.at(x, height / 2)[0]));
        assert!(between.count() <= 2, "{query}");
        picture.assert_at(width / 2 - 3, height / 2, [0, 0, 0, 255], 0);
        picture.assert_at(width / 2 + 3, height / 2, [255; 4], 0);
    }
}

/// A cut is rendered alone, from the place in the drawing that it is cut from.
#[tokio::test]
async fn a_cut_is_the_part_of_the_whole() {
    let server = server().await;
    let whole = server
        .post("/convert?type=png", DRAWING)
        .await
        .picture(PNG, 160, 120);
    let path = "/extract?left=40&top=30&areawidth=60&areaheight=50&type=png";
    let cut = server.post(path, DRAWING).await.picture(PNG, 60, 50);
    let mut worst = 0;
    for (x, y) in (0..60).flat_map(|x| (0..50).map(move |y| (x, y))) {
        let (a, b) = (cut.at(x, y), whole.at(x + 40, y + 30));
        let far = a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max();
        worst = worst.max(far.unwrap_or(0));
    }
    assert!(worst <= 3, "{worst}");
    // As a watermark it is drawn in its own size, and as an answer of a pipeline once more.
    let trimmed = server.post("/trim?type=png", DRAWING).await;
    trimmed.picture(PNG, 144, 104);
}

#[tokio::test]
async fn what_is_no_drawing_is_refused_with_a_reason() {
    let server = server().await;
    for (file, code, words) in [
        (
            &b"<svg width='10' height='10'><g></svg>"[..],
            "invalid-image",
            "markup is wrong at line 1, column 32",
        ),
        (b"<svg width='10' height='10'", "unsupported-format", ""),
        (
            b"<svg width='10' height='10'>\xff</svg>",
            "invalid-image",
            "UTF-8",
        ),
        (b"<svg width='0' height='10'/>", "invalid-image", "no size"),
        (
            b"<svg width='1e9' height='10'/>",
            "invalid-image",
            "no size",
        ),
        (b"<svg width='10'><g/></svg>", "invalid-image", "viewBox"),
        (
            b"<html><svg width='10' height='10'/></html>",
            "unsupported-format",
            "HTML",
        ),
        (b"\x1f\x8b\x08\0\0\0\0\0", "unsupported-format", "gzip"),
    ] {
        let answer = server.post("/resize?width=5", file).await;
        let status = if code == "invalid-image" { 422 } else { 415 };
        let problem = answer.problem(status, code);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail}");
    }
    let bomb = [
        &b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"[..],
        &b"<g>".repeat(5_000),
    ]
    .concat();
    let problem = server
        .post("/info", &bomb)
        .await
        .problem(422, "too-complex");
    assert_eq!(problem["limit"], 100);
}

/// Bytes in gzip.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut file = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut file).unwrap();
    file.truncate(length);
    file
}

#[tokio::test]
async fn a_drawing_may_be_in_gzip() {
    for isolation in ["off", "process"] {
        let server =
            TestServer::start_as(&format!("svg = true\nisolation = \"{isolation}\"")).await;
        let file = packed(DRAWING);
        let info = server.post("/info", &file).await.json();
        assert_eq!(
            (&info["type"], &info["width"]),
            (&"svg".into(), &160.into())
        );
        for ask in [
            "/resize?width=100&type=png",
            "/crop?width=40&height=30&type=png",
        ] {
            let answer = server.post(ask, &file).await;
            assert!(answer.body == server.post(ask, DRAWING).await.body, "{ask}");
        }
        let mut other = file.clone();
        let checksum = other.len() - 8;
        other[checksum] ^= 1;
        let cut = &file[..file.len() / 2];
        let tail = vec![b' '; 4 << 20];
        let large = packed(&[DRAWING, &tail].concat());
        let noise = crate::fixtures::photo(300, 200).into_raw();
        let long = packed(&[DRAWING, b"<!--", &noise, b"-->"].concat());
        assert!(long.len() > 128 << 10);
        let garbage = [&file[..], b"and so on"].concat();
        for file in [
            // Its checksum is that of other bytes.
            &other[..],
            cut,
            &large,
            &long,
            &garbage,
            &packed(b"hello"),
            // A drawing that is packed twice is none.
            &packed(&file),
        ] {
            let problem = server.post("/resize?width=9", file).await;
            let problem = problem.problem(415, "unsupported-format");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("gzip"), "{detail}");
        }
    }
}

/// The same in a process of its own.
#[tokio::test]
async fn every_truncation_is_answered() {
    let server = server().await;
    for length in (0..DRAWING.len() - 8).step_by(97) {
        let answer = server.post("/resize?width=40", &DRAWING[..length]).await;
        assert!(
            (400..500).contains(&answer.status),
            "{length}: {}",
            answer.status
        );
    }
}
