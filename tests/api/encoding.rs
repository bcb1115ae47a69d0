//! How files are written: in passes, in a palette, with how much effort, without loss.

use image::RgbaImage;
use pixmill::http::Compat;

use crate::files::animated_webp;
use crate::fixtures::{BLUE, RED, disc, encoded, jpeg, photo, png};
use crate::support::{Answer, Picture, TestServer};

/// Where a PNG's header has its colour type, and whether it comes in passes.
const COLOUR_TYPE: usize = 25;
const PASSES: usize = 28;

/// A photograph, with alpha from edge to edge.
fn fading(width: u32, height: u32) -> RgbaImage {
    let mut picture = photo(width, height);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        pixel.0[3] = u8::try_from((x * 255 / width + y) % 256).unwrap();
    }
    picture
}

fn pixels(answer: &Answer) -> Vec<[u8; 4]> {
    assert_eq!(answer.status, 200);
    Picture::decode(&answer.body).rgba
}

/// A bar that goes from clear to nearly opaque.
fn bar() -> RgbaImage {
    RgbaImage::from_fn(50, 3, |x, _| image::Rgba([u8::try_from(x * 5).unwrap(); 4]))
}

#[tokio::test]
async fn interlaced_answers_show_the_same() {
    let server = TestServer::start().await;
    let bodies = [
        jpeg(&photo(200, 150)),
        png(&photo(90, 70)),
        png(&fading(61, 47)),
        png(&disc(40)),
        png(&bar()),
        png(&RgbaImage::new(1, 1)),
    ];
    for body in &bodies {
        for (ask, media_type) in [
            ("/convert?type=jpeg", "image/jpeg"),
            ("/convert?type=jpeg&colorspace=bw&quality=95", "image/jpeg"),
            ("/convert?type=png", "image/png"),
            ("/resize?width=37&type=png&colorspace=bw", "image/png"),
        ] {
            let plain = server.post(ask, body).await;
            for word in ["interlace=true", "progressive"] {
                let passes = server.post(&format!("{ask}&{word}"), body).await;
                assert_eq!(passes.header("content-type"), Some(media_type));
                assert_ne!(passes.header("etag"), plain.header("etag"));
                for (answer, progressive) in [(&plain, false), (&passes, true)] {
                    let info = server.post("/info", &answer.body).await.json();
                    assert_eq!(info["progressive"], progressive, "{ask}");
                }
                assert!(pixels(&plain) == pixels(&passes), "{ask}");
                if media_type == "image/png" {
                    assert_eq!((plain.body[PASSES], passes.body[PASSES]), (0, 1));
                    // What comes out is read here, too.
                    let again = server.post("/convert?type=png", &passes.body).await;
                    assert!(pixels(&again) == pixels(&plain), "{ask}");
                }
            }
        }
    }
}

/// What has no meaning in a format makes no other answer.
#[tokio::test]
async fn what_a_format_has_no_use_for_changes_nothing() {
    let server = TestServer::start().await;
    let body = png(&photo(60, 40));
    for (format, words) in [
        (
            "jpeg",
            &[
                "palette",
                "compression=3",
                "lossless",
                "nearlossless=3",
                "subsampling=4:2:0",
                "speed=3",
                "interlace=false",
            ][..],
        ),
        (
            "webp",
            &[
                "palette",
                "compression=3",
                "interlace",
                "speed=10",
                "chromasubsampling=444",
            ],
        ),
        (
            "tiff",
            &[
                "palette",
                "compression=3",
                "interlace",
                "lossless",
                "quality=3",
            ],
        ),
        (
            "png",
            &[
                "lossless",
                "nearlossless=3",
                "subsampling=422",
                "speed=0",
                "quality=3",
                "palette=false",
            ],
        ),
    ] {
        let ask = format!("/convert?type={format}");
        let plain = server.post(&ask, &body).await;
        for word in words {
            let answer = server.post(&format!("{ask}&{word}"), &body).await;
            assert_eq!(
                answer.header("etag"),
                plain.header("etag"),
                "{format} {word}"
            );
            assert!(answer.body == plain.body, "{format} {word}");
        }
    }
}

#[tokio::test]
async fn palettes_are_near_the_picture() {
    let server = TestServer::start().await;
    for (body, least) in [
        (png(&photo(120, 80)), 33.0),
        (jpeg(&photo(120, 80)), 33.0),
        (png(&fading(120, 80)), 28.0),
    ] {
        let plain = server.post("/convert?type=png", &body).await;
        let wanted = Picture::decode(&plain.body);
        let (mut last, mut worst) = ((0.0, 0), f64::MAX);
        for quality in ["&quality=20", "&quality=80", ""] {
            let ask = format!("/convert?type=png&palette=true{quality}");
            let answer = server.post(&ask, &body).await;
            assert_eq!(answer.body[COLOUR_TYPE], 3);
            let got = answer.picture("image/png", 120, 80);
            let (psnr, length) = (got.psnr_on_black(&wanted), answer.body.len());
            // With all 256 colours it can't be nearer.
            assert!(
                psnr >= last.0 && length >= last.1,
                "{psnr} {length} {last:?}"
            );
            worst = worst.min(psnr);
            last = (psnr, length);
            // In passes it is the same.
            let passes = server.post(&format!("{ask}&interlace=true"), &body).await;
            assert_eq!((passes.body[COLOUR_TYPE], passes.body[PASSES]), (3, 1));
            assert!(pixels(&passes) == got.rgba);
        }
        assert!(last.0 > least && worst < last.0 - 3.0, "{worst} {last:?}");
        assert!(last.1 < plain.body.len(), "{last:?}");
    }
    // Where a palette holds all colours, nothing is lost, whatever else would be smaller.
    let few = png(&RgbaImage::from_fn(9, 9, |x, y| {
        image::Rgba([u8::try_from(x * 20 + y).unwrap(), 7, 9, 255])
    }));
    let answer = server
        .post("/convert?type=png&palette=true&quality=1", &few)
        .await;
    assert_eq!(answer.body[COLOUR_TYPE], 3);
    assert!(pixels(&answer) == Picture::decode(&few).rgba);
}

#[tokio::test]
async fn effort_changes_only_a_size() {
    let server = TestServer::start().await;
    for picture in [photo(200, 150), disc(200), fading(100, 80)] {
        let body = png(&picture);
        let wanted = pixels(&server.post("/convert?type=png", &body).await);
        let mut lengths = Vec::new();
        for effort in 1..=9 {
            let answer = server
                .post(&format!("/convert?type=png&compression={effort}"), &body)
                .await;
            assert!(pixels(&answer) == wanted, "{effort}");
            lengths.push(answer.body.len());
        }
        assert!(lengths[8] < lengths[0], "{lengths:?}");
    }
}

#[tokio::test]
async fn lossless_webp_keeps_every_sample() {
    let server = TestServer::start().await;
    for picture in [photo(90, 60), fading(90, 60), bar()] {
        let body = png(&picture);
        let answer = server.post("/convert?type=webp&lossless=true", &body).await;
        let wanted = picture.pixels().map(|pixel| pixel.0);
        assert!(pixels(&answer).into_iter().eq(wanted));
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(info["detail"], "lossless");
    }
    // Lossy ones become it too, as well as they can be read.
    let body = jpeg(&photo(90, 60));
    let lossless = server
        .post("/resize?width=45&type=webp&lossless", &body)
        .await;
    let png = server.post("/resize?width=45&type=png", &body).await;
    assert!(pixels(&lossless) == pixels(&png));
}

#[tokio::test]
async fn values_out_of_range_are_told_what_is_allowed() {
    let server = TestServer::start().await;
    let loose = TestServer::start_with(|config| config.http.compat = Compat::Imaginary).await;
    let body = png(&photo(30, 20));
    for (word, allowed, there) in [
        ("compression=0", "a whole number from 1 to 9", 200),
        ("compression=10", "a whole number from 1 to 9", 200),
        ("compression=x", "a whole number from 1 to 9", 400),
        ("speed=11", "a whole number from 0 to 10", 200),
        ("speed=x", "a whole number from 0 to 10", 400),
        ("interlace=maybe", "true, false", 400),
        ("palette=x", "true, false", 400),
        ("lossless=2", "true, false", 200),
        ("metadata=some", "none, copyright, keep or keep-all", 200),
        (
            "metadata=keep&stripmeta=true",
            "nothing that contradicts stripmeta",
            200,
        ),
    ] {
        let path = format!("/convert?type=png&{word}");
        let problem = server
            .post(&path, &body)
            .await
            .problem(400, "invalid-parameter");
        let name = word.split('=').next();
        assert_eq!(problem["parameter"].as_str(), name);
        assert!(
            problem["allowed"].as_str().unwrap().starts_with(allowed),
            "{problem}"
        );
        assert_eq!(loose.post(&path, &body).await.status, there, "{word}");
    }
    // What is out of range there is the usual.
    let usual = loose.post("/convert?type=png", &body).await.body;
    for word in [
        "compression=0",
        "compression=99",
        "compression=-0",
        "palette=",
        "interlace=f",
    ] {
        let answer = loose
            .post(&format!("/convert?type=png&{word}"), &body)
            .await;
        assert!(answer.body == usual, "{word}");
    }
}

#[tokio::test]
async fn a_palette_has_no_colour_that_the_picture_lacks() {
    let server = TestServer::start().await;
    // More colours than a palette holds, in few kinds of nearly alike ones.
    let alike = png(&RgbaImage::from_fn(20, 15, |x, y| {
        let number = x + 20 * y;
        let part = |by: u32| u8::try_from(100 + number / by % 7).unwrap();
        image::Rgba([part(1), part(7), part(49), 255])
    }));
    let answer = server.post("/convert?type=png&palette=true", &alike).await;
    let info = server.post("/info", &answer.body).await.json();
    assert_eq!(
        (answer.body[COLOUR_TYPE], &info["hasAlpha"]),
        (3, &false.into())
    );
    // All greys and another colour are 257: no more than two of them become one.
    let greys = RgbaImage::from_fn(257, 1, |x, _| match u8::try_from(x) {
        Ok(grey) => image::Rgba([grey, grey, grey, 255]),
        Err(_) => image::Rgba([200, 30, 30, 255]),
    });
    let answer = server
        .post("/convert?type=png&palette=true", &png(&greys))
        .await;
    let made = pixels(&answer);
    for (wanted, got) in greys.pixels().zip(&made) {
        let off = wanted.0.iter().zip(got).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(4), "{wanted:?} {got:?}");
    }
}

/// A JPEG has as much colour as is asked for, whatever the source has and however it is turned.
#[tokio::test]
async fn a_jpeg_holds_as_much_colour_as_is_asked_for() {
    let server = TestServer::start().await;
    let stripes = |turned: bool| {
        RgbaImage::from_fn(80, 80, |x, y| {
            let line = if turned { x } else { y };
            image::Rgba(if line % 2 == 0 { RED } else { BLUE })
        })
    };
    // Whether stripes of a pixel keep their colours, across and down.
    for (words, also, rows, columns) in [
        ("4:2:0", "420", false, false),
        ("4:2:2", "422", true, false),
        ("4:4:4", "444", true, true),
    ] {
        for (turned, kept) in [(false, rows), (true, columns)] {
            let file = png(&stripes(turned));
            let other = png(&stripes(!turned));
            for (query, file) in [
                ("convert?type=jpeg", &file),
                ("convert?type=jpeg&interlace=true", &file),
                ("rotate?rotate=90&type=jpeg", &other),
            ] {
                let ask = format!("/{query}&quality=95&subsampling=");
                let answer = server.post(&format!("{ask}{words}"), file).await;
                let again = server.post(&format!("{ask}{also}"), file).await;
                assert!(answer.body == again.body, "{ask}{also}");
                let info = server.post("/info", &answer.body).await.json();
                assert_eq!(info["detail"], words, "{query}");
                let [red, _, blue, _] = Picture::decode(&answer.body).at(40, 40);
                assert_eq!(
                    red.abs_diff(blue) > 120,
                    kept,
                    "{ask}{words} {turned}: {red} {blue}"
                );
            }
        }
    }
    // Of planes that are there already: the file that comes has a quarter of its colour.
    let photo = jpeg(&photo(160, 120));
    for (words, path) in [
        ("4:2:0", "resize?width=60"),
        ("4:2:2", "resize?width=60"),
        ("4:2:2", "rotate?rotate=90"),
        ("4:2:2", "rotate?rotate=180"),
        ("4:4:4", "rotate?rotate=270"),
    ] {
        let ask = format!("/{path}&type=jpeg&subsampling={words}");
        let answer = server.post(&ask, &photo).await;
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(info["detail"], words, "{ask}");
    }
    let wrong = server.post("/convert?subsampling=4:1:1", &photo).await;
    wrong.problem(400, "invalid-parameter");
}

/// The smaller the number, the further from lossless, and never far; and smaller than without loss.
#[tokio::test]
async fn a_webp_may_be_nearly_lossless() {
    let server = TestServer::start().await;
    let photo = photo(320, 240);
    let source = png(&photo);
    let whole = server.post("/convert?type=png", &source).await;
    let whole = Picture::decode(&whole.body);
    let exact = server
        .post("/convert?type=webp&lossless=true", &source)
        .await;
    let mut last = 99.1;
    // From 20 on it is hardly smaller, or not at all.
    for (near, least) in [(100, 98.0), (60, 40.0), (40, 35.0)] {
        let ask = format!("/convert?type=webp&nearlossless={near}");
        let answer = server.post(&ask, &source).await;
        let psnr = answer.picture("image/webp", 320, 240).psnr(&whole);
        assert!(
            psnr < last && psnr > least,
            "{near}: {psnr} dB after {last}"
        );
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(info["detail"], "lossless");
        assert!(near != 60 || answer.body.len() * 10 < exact.body.len() * 9);
        last = psnr;
    }
    let all = server
        .post("/convert?type=webp&nearlossless=100", &source)
        .await;
    assert_eq!(all.header("etag"), exact.header("etag"));
    let both = server
        .post("/convert?type=webp&nearlossless=20&lossless=false", &source)
        .await;
    both.problem(400, "invalid-parameter");
}

/// In animations and in pipelines.
#[tokio::test]
async fn a_film_and_a_pipeline_may_be_nearly_lossless() {
    let server = TestServer::start().await;
    let photo = photo(320, 240);
    let source = png(&photo);
    // Frames of many colours; of few there would be a palette, which stays as it is.
    let frames = [0, 1].map(|moved| {
        let frame = image::imageops::crop_imm(&photo, moved * 9, 0, 200, 150).to_image();
        encoded(&frame, image::ImageFormat::WebP)
    });
    let film = animated_webp(200, 150, &frames);
    let exact = server.post("/convert?type=webp&lossless=true", &film).await;
    let near = server
        .post("/convert?type=webp&nearlossless=60", &film)
        .await;
    let info = server.post("/info", &near.body).await.json();
    assert_eq!(info["frames"], 2);
    assert!(near.body.len() * 10 < exact.body.len() * 9);
    // The last step that says anything counts.
    for (steps, expected) in [
        (
            r#"{"type":"webp","nearlossless":20}},{"operation":"convert","params":{"type":"webp","lossless":false"#,
            "lossy",
        ),
        (
            r#"{"type":"webp","lossless":false}},{"operation":"convert","params":{"type":"webp","nearlossless":20"#,
            "lossless",
        ),
        (
            r#"{"type":"webp","nearlossless":20}},{"operation":"convert","params":{"type":"webp","lossless":true"#,
            "lossless",
        ),
    ] {
        let steps = format!(r#"[{{"operation":"convert","params":{steps}}}}}]"#);
        let steps =
            percent_encoding::utf8_percent_encode(&steps, percent_encoding::NON_ALPHANUMERIC);
        let answer = server
            .post(&format!("/pipeline?operations={steps}"), &source)
            .await;
        assert_eq!(answer.status, 200, "{steps}");
        let info = server.post("/info", &answer.body).await.json();
        let detail = info["detail"].as_str().unwrap();
        assert_eq!(
            detail == "lossless",
            expected == "lossless",
            "{steps}: {detail}"
        );
    }
}
