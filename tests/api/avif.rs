//! AVIF in and out. What comes in is held to what libavif makes of it: `tests/fixtures/avif.py` wrote both.

use std::path::Path;

use crate::fixtures;
use crate::support::{Picture, TestServer};

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/avif");
    std::fs::read(folder.join(name)).unwrap()
}

/// Each kind of file with what `/info` says of its layout, and how near its pixels have to be, in dB. Chroma that is made
/// larger is between its samples in either decoder, but not in the same way; the colours of one matrix reach beyond R, G, B.
const KINDS: [(&str, &str, f64); 26] = [
    ("420", "4:2:0", 38.0),
    ("422", "4:2:2", 38.0),
    ("444", "4:4:4", 50.0),
    ("mono", "4:0:0", 60.0),
    ("limited", "4:2:0", 38.0),
    ("alpha", "4:2:0", 38.0),
    ("alpha-444-limited", "4:4:4", 48.0),
    ("alpha-premultiplied", "4:2:0", 36.0),
    ("alpha-mono", "4:0:0", 55.0),
    ("ten-bit", "4:4:4", 46.0),
    ("twelve-bit", "4:4:4", 45.0),
    ("lossless", "4:4:4", 99.0),
    ("matrix-709", "4:2:0", 38.0),
    ("matrix-2020-limited", "4:2:0", 33.0),
    ("matrix-ycgco", "4:4:4", 48.0),
    ("grid", "4:2:0", 38.0),
    ("cut", "4:2:0", 38.0),
    ("cut-odd", "4:2:0", 38.0),
    ("pieces", "4:2:0", 38.0),
    ("turned-2", "4:2:0", 38.0),
    ("turned-3", "4:2:0", 38.0),
    ("turned-4", "4:2:0", 38.0),
    ("turned-5", "4:2:0", 38.0),
    ("turned-6", "4:2:0", 38.0),
    ("turned-7", "4:2:0", 38.0),
    ("turned-8", "4:2:0", 38.0),
];

/// How near a file's picture is to what another decoder has made of it, which is a PNG, in dB.
pub(crate) async fn nearness(server: &TestServer, file: &[u8], reference: &[u8]) -> f64 {
    let reference = Picture::decode(reference);
    let answer = server.post("/convert?type=png", file).await;
    let got = answer.picture("image/png", reference.width, reference.height);
    got.psnr(&reference)
}

#[tokio::test]
async fn every_kind_comes_in_as_another_decoder_has_it() {
    let server = TestServer::start().await;
    let mut far = Vec::new();
    for (name, layout, least) in KINDS {
        let body = fixture(&format!("{name}.avif"));
        let psnr = nearness(&server, &body, &fixture(&format!("{name}.png"))).await;
        if psnr < least {
            far.push(format!("{name}: {psnr:.1} dB"));
        }
        let info = server.post("/info", &body).await.json();
        assert_eq!(info["type"], "avif", "{info}");
        assert_eq!(
            info["hasAlpha"],
            name.starts_with("alpha"),
            "{name}: {info}"
        );
        assert_eq!(info["detail"], layout, "{name}");
    }
    assert!(far.is_empty(), "{far:?}");
}

/// What is written, read back: near what was sent, alpha and grey too, and as large as it says.
#[tokio::test]
async fn what_goes_out_comes_back() {
    let server = TestServer::start().await;
    let grey = image::RgbaImage::from_fn(70, 50, |x, y| {
        let [level, ..] = fixtures::weave(70, 50).get_pixel(x, y).0;
        image::Rgba([level, level, level, 255])
    });
    for (name, picture, layout, least) in [
        ("photo", fixtures::weave(71, 53), "4:2:0", 32.0),
        ("one", fixtures::weave(1, 1), "4:2:0", 30.0),
        ("row", fixtures::weave(120, 1), "4:2:0", 30.0),
        ("column", fixtures::weave(1, 120), "4:2:0", 30.0),
        ("alpha", fixtures::disc(80), "4:2:0", 32.0),
        ("grey", grey, "4:0:0", 34.0),
    ] {
        let body = fixtures::png(&picture);
        let grey = if name == "grey" { "&colorspace=bw" } else { "" };
        let path = format!("/convert?type=avif&quality=85{grey}");
        let answer = server.post(&path, &body).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("content-type"), Some("image/avif"));
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(info["detail"], layout, "{name}");
        assert_eq!(info["hasAlpha"], name == "alpha", "{name}");
        let (width, height) = picture.dimensions();
        let back = server.post("/convert?type=png", &answer.body).await;
        let back = back.picture("image/png", width, height);
        let psnr = back.psnr(&Picture::decode(&body));
        assert!(psnr > least, "{name}: {psnr:.1} dB");
    }
}

/// As much colour is kept as is asked for, of pixels, of planes, of more bits and beside alpha; grey has none.
#[tokio::test]
async fn colour_is_kept_as_asked() {
    let server = TestServer::start().await;
    // Lines of a pixel, across or down, in colours of equal brightness.
    let lines = |turned: bool, alpha: u8| {
        let picture = image::RgbaImage::from_fn(81, 81, |x, y| {
            let (at, from) = if turned { (x, y) } else { (y, x) };
            let [r, g, b] = if at % 2 == 0 {
                [200, 60, 60]
            } else {
                [20, 100, 220]
            };
            image::Rgba([r, g, b, if from < 40 { alpha } else { 255 }])
        });
        fixtures::png(&picture)
    };
    for (layout, along, across) in [
        ("4:2:0", false, false),
        ("4:2:2", true, false),
        ("4:4:4", true, true),
    ] {
        for (turned, kept) in [(false, along), (true, across)] {
            for (bits, alpha) in [(8, 255), (8, 90), (10, 255), (12, 90)] {
                let ask = format!("type=avif&quality=95&subsampling={layout}&bitdepth={bits}");
                let body = lines(turned, alpha);
                let answer = server.post(&format!("/convert?{ask}"), &body).await;
                let info = server.post("/info", &answer.body).await.json();
                assert_eq!(info["detail"], layout, "{ask}");
                assert_eq!(info["bitDepth"], bits, "{ask}");
                let back = server.post("/convert?type=png", &answer.body).await;
                let [red, _, blue, seen] = back.picture("image/png", 81, 81).at(20, 20);
                let told = format!("{ask} {turned} {alpha}: {red} {blue}");
                assert!(seen.abs_diff(alpha) < 4, "{told}");
                assert_eq!(red.abs_diff(blue) > 100, kept, "{told}");
            }
        }
    }
    let grey = fixtures::png(&fixtures::weave(70, 50));
    for ask in [
        "/convert?type=avif&colorspace=bw",
        "/convert?type=jpeg&colorspace=bw",
    ] {
        let usual = server.post(ask, &grey).await;
        let fine = server
            .post(&format!("{ask}&subsampling=4:4:4"), &grey)
            .await;
        assert_eq!(fine.header("etag"), usual.header("etag"), "{ask}");
        assert!(fine.body == usual.body, "{ask}");
    }
    // Planes go from one file into the other.
    let photo = fixtures::jpeg(&fixtures::photo(160, 120));
    for layout in ["4:2:0", "4:2:2", "4:4:4"] {
        let ask = format!("/resize?width=90&type=avif&subsampling={layout}");
        let answer = server.post(&ask, &photo).await;
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(info["detail"], layout, "{ask}");
    }
}

/// Quality, and haste, change the size of what is written.
#[tokio::test]
async fn quality_and_speed_are_obeyed() {
    let server = TestServer::start().await;
    let body = fixtures::png(&fixtures::photo(160, 120));
    let mut sizes = Vec::new();
    for wish in [
        "quality=20",
        "quality=75",
        "quality=95",
        "quality=75&speed=9",
        "quality=75&speed=3",
    ] {
        let answer = server
            .post(&format!("/convert?type=avif&{wish}"), &body)
            .await;
        assert_eq!(answer.status, 200, "{wish}");
        sizes.push(answer.body.len());
    }
    let [low, usual, high, hasty, slow] = sizes[..] else {
        panic!("five answers")
    };
    assert!(low < usual && usual < high, "{sizes:?}");
    assert!(hasty != usual && slow != usual && slow < hasty, "{sizes:?}");
    let usual = server.post("/convert?type=avif", &body).await.body.len();
    assert_eq!(usual, sizes[1], "75 is usual");
}

#[tokio::test]
async fn what_is_broken_is_refused_with_what_is_wrong() {
    let server = TestServer::start().await;
    let whole = fixture("alpha.avif");
    let changed = |find: &[u8], offset: usize, by: &[u8]| {
        let mut file = whole.clone();
        let at = file
            .windows(find.len())
            .position(|window| window == find)
            .unwrap()
            + offset;
        file[at..at + by.len()].copy_from_slice(by);
        file
    };
    for (file, said) in [
        (whole[..whole.len() - 9].to_vec(), "cut short"),
        (whole[..60].to_vec(), "cut short"),
        (changed(b"ispe", 8, &[0, 1, 0, 0]), "another size"),
        (changed(b"ispe", 8, &[0, 0, 0, 0]), "no size"),
        (changed(b"pitm", 8, &[0, 9]), "an item is missing"),
        (changed(b"pict", 0, b"vide"), "no picture"),
        (changed(b"av01", 0, b"j2k1"), "not read here"),
        (changed(b"iprp", 0, b"free"), "missing"),
    ] {
        let answer = server.post("/resize?width=20", &file).await;
        let problem = answer.problem(422, "invalid-image");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{said}: {detail}");
    }
    let heic = changed(b"av01", 0, b"hvc1");
    let answer = server.post("/resize?width=20", &heic).await;
    if cfg!(feature = "heic") {
        answer.problem(422, "invalid-image");
    } else {
        let problem = answer.problem(415, "unsupported-format");
        assert!(problem["detail"].as_str().unwrap().contains("HEIC"));
    }
    // No byte of the head is trusted.
    for at in (0..whole.len()).step_by(3) {
        for by in [0xff, 0x80] {
            let mut file = whole.clone();
            file[at] ^= by;
            let answer = server.post("/resize?width=20&type=jpeg", &file).await;
            assert!(answer.status < 500, "byte {at}: {}", answer.status);
        }
    }
}

/// Frames of which a picture is made are decoded in the room that they need; more of them, or more room, there isn't.
#[tokio::test]
async fn frames_of_one_picture_are_bounded() {
    let server = TestServer::start().await;
    let file = fixture("large-frames.avif");
    let answer = server.post("/resize?width=20&type=png", &file).await;
    let picture = answer.picture("image/png", 20, 15);
    assert_eq!(picture.at(0, 0)[3], 255);
    let info = server.post("/info", &file).await.json();
    assert_eq!(info["frames"], 1);
    let file = fixture("frames.avif");
    let answer = server.post("/resize?width=20", &file).await;
    let problem = answer.problem(422, "too-complex");
    assert_eq!(
        (&problem["limit"], &problem["actual"]),
        (&4.into(), &5.into())
    );
    let file = fixture("grey.avif");
    let answer = server.post("/resize?width=20", &file).await;
    let problem = answer.problem(422, "invalid-image");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("more memory"), "{detail}");
}

/// A large picture is written in cells, which are joined without a seam that is worth the name.
#[tokio::test]
async fn large_pictures_are_written_in_cells() {
    let server = TestServer::start().await;
    // Of few details, since that is quick; one has an odd side, which a grid has no cells for.
    let (odd, even) = (fixtures::quarters(731, 724), fixtures::quarters(730, 720));
    for (picture, layout) in [
        (&odd, "4:2:0"),
        (&even, "4:2:0"),
        (&odd, "4:2:2"),
        (&odd, "4:4:4"),
    ] {
        let path = format!("/convert?type=avif&quality=90&speed=5&subsampling={layout}");
        let path = path.as_str();
        let body = fixtures::png(picture);
        let (width, height) = picture.dimensions();
        let answer = server.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}");
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(info["detail"], layout, "{path}");
        let back = server.post("/convert?type=png", &answer.body).await;
        let back = back.picture("image/png", width, height);
        let psnr = back.psnr(&Picture::decode(&body));
        assert!(psnr > 36.0, "{path}: {psnr:.1} dB");
    }
}
