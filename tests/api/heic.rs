//! HEIC in, in a program that reads it. What comes is held to what libheif makes of it: `tests/fixtures/heic.py` wrote both.

#[cfg(feature = "heic")]
use std::path::Path;

#[cfg(feature = "heic")]
use crate::avif;
use crate::support::TestServer;

#[cfg(not(feature = "heic"))]
const QUARTERS: &[u8] = include_bytes!("../fixtures/heic/quarters.heic");

#[cfg(not(feature = "heic"))]
#[tokio::test]
async fn a_program_without_a_reader_says_so() {
    let server = TestServer::start().await;
    for path in ["/resize?width=8", "/info"] {
        let problem = server.post(path, QUARTERS).await;
        let problem = problem.problem(415, "unsupported-format");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("a HEIC image"), "{detail}");
        assert!(detail.contains("without a reader"), "{detail}");
    }
}

#[cfg(feature = "heic")]
fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/heic");
    std::fs::read(folder.join(name)).unwrap()
}

/// Each kind of file with what `/info` says of its layout and depth, and how near its pixels have to be, in dB: libheif doesn't mix
/// samples of chroma where it makes them larger.
#[cfg(feature = "heic")]
const KINDS: [(&str, &str, u64, f64); 9] = [
    ("420", "4:2:0", 8, 32.0),
    ("422", "4:2:2", 8, 36.0),
    ("444", "4:4:4", 8, 60.0),
    ("mono", "4:0:0", 8, 99.0),
    ("alpha", "4:2:0", 8, 32.0),
    ("ten-bit", "4:2:0", 10, 32.0),
    ("grid", "4:2:0", 8, 40.0),
    ("cut", "4:2:0", 8, 37.0),
    ("pieces", "4:2:0", 8, 35.0),
];

#[cfg(feature = "heic")]
#[tokio::test]
async fn every_kind_comes_in_as_another_decoder_has_it() {
    let server = TestServer::start().await;
    let mut far = Vec::new();
    for (name, layout, depth, least) in KINDS {
        let body = fixture(&format!("{name}.heic"));
        let psnr = avif::nearness(&server, &body, &fixture(&format!("{name}.png"))).await;
        if psnr < least {
            far.push(format!("{name}: {psnr:.1} dB"));
        }
        let info = server.post("/info", &body).await.json();
        assert_eq!(info["type"], "heif", "{info}");
        assert_eq!(info["hasAlpha"], name == "alpha", "{name}: {info}");
        assert_eq!(
            (&info["detail"], &info["bitDepth"]),
            (&layout.into(), &depth.into()),
            "{name}"
        );
    }
    assert!(far.is_empty(), "{far:?}");
}

/// What a frame takes is what it is coded in, not what of it is shown.
#[cfg(feature = "heic")]
#[tokio::test]
async fn no_frame_is_larger_than_what_is_shown() {
    let server = TestServer::start().await;
    for (name, right) in [
        ("plain", true),
        ("window", false),
        ("endless", false),
        ("unsized", false),
    ] {
        let file = fixture(&format!("hostile-{name}.heic"));
        for path in ["/info", "/resize?width=20"] {
            let answer = server.post(path, &file).await;
            if right {
                assert_eq!(answer.status, 200, "{name}");
                continue;
            }
            let problem = answer.problem(422, "invalid-image");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("no sane one"), "{name}: {detail}");
        }
    }
    // A thousand cells that are one item of a thousand pieces.
    let file = fixture("hostile-cells.heic");
    assert_eq!(server.post("/info", &file).await.status, 200);
}

/// A file that is cut off or has a byte that is another one is answered, and nothing breaks.
#[cfg(feature = "heic")]
#[tokio::test]
async fn what_is_broken_is_refused_with_what_is_wrong() {
    let server = TestServer::start().await;
    let file = fixture("pieces.heic");
    for length in (40..file.len()).step_by(41) {
        let answer = server.post("/resize?width=20", &file[..length]).await;
        assert!(
            matches!(answer.status, 415 | 422),
            "{length}: {}",
            answer.status
        );
        if answer.status == 422 {
            let problem = answer.problem(422, "invalid-image");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("heif"), "{length}: {detail}");
        }
    }
    let mut refused = 0;
    for at in (0..file.len()).step_by(7) {
        let mut other = file.clone();
        other[at] ^= 0x55;
        let answer = server.post("/resize?width=20&type=png", &other).await;
        assert!(
            matches!(answer.status, 200 | 415 | 422),
            "{at}: {}",
            answer.status
        );
        refused += usize::from(answer.status == 422);
    }
    assert!(refused > 20, "{refused}");
    let place = file.windows(4).position(|kind| kind == b"hvcC").unwrap();
    for (at, byte, words) in [
        (place + 4, 2, "its frames aren't described"),
        (place + 26, 0xff, "its frames aren't described"),
    ] {
        let mut other = file.clone();
        other[at] = byte;
        let problem = server.post("/info", &other).await;
        let problem = problem.problem(422, "invalid-image");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains(words) && detail.contains("heif"),
            "{detail}"
        );
    }
}
