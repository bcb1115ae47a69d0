//! Answers in other spaces than sRGB: Display P3, and the source's own.

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use pixmill::http::Compat;
use serde_json::Value;

use crate::files::{animated_webp, deflated, with_png_chunk};
use crate::fixtures::{encoded, jpeg, photo, png};
use crate::support::{Answer, Picture, TestServer};
use crate::watermark_images::sent;

const P3: &[u8] = include_bytes!("colour/display-p3.icc");
pub(crate) const ADOBE: &[u8] = include_bytes!("colour/adobe-rgb.icc");

/// The reddest of sRGB, as Display P3 has it.
const RED_IN_P3: [u8; 4] = [234, 51, 35, 255];
const RED: [u8; 4] = [255, 0, 0, 255];

/// Formats that hold a profile.
pub(crate) const FORMATS: [&str; 5] = ["jpeg", "png", "webp", "avif", "tiff"];

pub(crate) fn plain(colour: [u8; 4]) -> Vec<u8> {
    png(&RgbaImage::from_pixel(16, 16, Rgba(colour)))
}

pub(crate) fn tagged(png: &[u8], profile: &[u8]) -> Vec<u8> {
    let packed = [b"x\0\0", &deflated(profile)[..]].concat();
    with_png_chunk(png, *b"iCCP", &packed)
}

pub(crate) async fn told(server: &TestServer, answer: &Answer) -> Value {
    server.post("/info", &answer.body).await.json()
}

/// The sRGB that an answer means, as this server reads it.
pub(crate) async fn shown(server: &TestServer, answer: &Answer) -> Picture {
    let read = server.post("/convert?type=png", &answer.body).await;
    Picture::decode(&read.body)
}

#[tokio::test]
async fn p3_is_said_in_each_format_that_can() {
    let server = TestServer::start().await;
    let wide = tagged(&plain([255, 0, 0, 255]), P3);
    for format in FORMATS {
        for (body, expected) in [
            (plain(RED), RED_IN_P3),
            (tagged(&plain(RED_IN_P3), P3), RED_IN_P3),
            // Outside of sRGB.
            (wide.clone(), RED),
            (jpeg(&RgbaImage::from_pixel(16, 16, Rgba(RED))), RED_IN_P3),
            // By code points.
            (with_png_chunk(&plain(RED), *b"cICP", &[12, 13, 0, 1]), RED),
        ] {
            let path = format!("/resize?width=8&type={format}&colorspace=p3");
            let answer = server.post(&path, &body).await;
            assert_eq!(answer.status, 200, "{format}");
            let info = told(&server, &answer).await;
            assert_eq!(info["hasProfile"], true, "{format}");
            assert_eq!(info["profile"], "Display P3", "{format}");
            if format == "avif" {
                let points = b"colrnclx\0\x0c\0\x0d\0\x06\x80";
                assert!(answer.body.windows(15).any(|part| part == points));
            } else {
                Picture::decode(&answer.body).assert_at(4, 4, expected, 8);
            }
            // Read again, and left in the same space, nothing changes.
            let again = server.post("/convert?type=png&colorspace=p3", &answer.body);
            Picture::decode(&again.await.body).assert_at(4, 4, expected, 8);
            let back = shown(&server, &answer).await;
            back.assert_at(4, 4, RED, 8);
        }
    }
}

#[tokio::test]
async fn what_can_not_be_said_is_refused() {
    let server = TestServer::start().await;
    let imaginary = TestServer::start_with(|config| config.http.compat = Compat::Imaginary).await;
    let body = tagged(&plain(RED_IN_P3), P3);
    let answer = server.post("/convert?type=gif&colorspace=p3", &body).await;
    let problem = answer.problem(400, "invalid-parameter");
    let detail = problem.to_string();
    assert!(detail.contains("type=gif"), "{detail}");
    assert!(detail.contains("type=jpeg, png, webp"), "{detail}");
    for query in [
        "colorspace=p3&noprofile=true",
        "colorspace=keep&noprofile=true",
        "colorspace=P3",
    ] {
        let path = format!("/convert?type=png&{query}");
        let answer = server.post(&path, &body).await;
        answer.problem(400, "invalid-parameter");
    }
    // Imaginary has the profile stay in any case, and knows none of the words.
    for word in ["p3", "keep"] {
        let path = |word| format!("/convert?type=png&colorspace={word}");
        let answer = imaginary.post(&path(word), &body).await;
        let other = imaginary.post(&path("srgb"), &body).await;
        assert_eq!((answer.status, &answer.body), (200, &other.body));
    }
}

#[tokio::test]
async fn grey_needs_no_profile() {
    let server = TestServer::start().await;
    let grey = DynamicImage::from(photo(30, 20)).to_luma8();
    let mut body = std::io::Cursor::new(Vec::new());
    grey.write_to(&mut body, ImageFormat::Png).unwrap();
    let body = body.into_inner();
    for format in ["jpeg", "png", "webp", "tiff"] {
        for query in ["colorspace=p3", "colorspace=keep"] {
            let path = |query| format!("/resize?width=20&type={format}&{query}");
            let answer = server.post(&path(query), &body).await;
            assert_eq!(told(&server, &answer).await["hasProfile"], false);
            let other = server.post(&path("colorspace=srgb"), &body).await;
            assert_eq!(answer.body, other.body, "{format} {query}");
        }
    }
    let path = "/convert?type=png&colorspace=p3&grayscale=true";
    let answer = server.post(path, &tagged(&plain(RED_IN_P3), P3)).await;
    let info = told(&server, &answer).await;
    assert_eq!(
        (&info["hasProfile"], &info["channels"]),
        (&false.into(), &1.into())
    );
}

/// Colours that a client names are sRGB's, whatever the answer's space; so are pictures drawn over it what they are.
#[tokio::test]
async fn what_is_drawn_looks_the_same_in_each_space() {
    let server = TestServer::start().await;
    // Seen or not, since what is half seen is mixed by the space's own numbers.
    let clear = RgbaImage::from_fn(16, 16, |x, y| {
        Rgba([200, 120, 40, if x + y > 12 { 255 } else { 0 }])
    });
    let clear = |profile| tagged(&png(&clear), profile);
    let paths = [
        "convert?type=png&background=230,60,20",
        "convert?type=jpeg&quality=100&background=40,200,20",
        "pad?pad=9&type=png&background=20,90,250",
        "resize?width=40&height=20&embed=true&extend=background&background=230,60,20&type=png",
        "watermark?text=WWW&color=250,40,10&opacity=1&margin=0&font=sans%2090&noreplicate=true&type=png",
        "pipeline?operations=[{\"operation\":\"convert\",\"params\":{\"type\":\"jpeg\",\"background\":\"230,60,20\"}},\
         {\"operation\":\"convert\",\"params\":{\"type\":\"png\",\"colorspace\":\"SPACE\"}}]",
    ];
    for profile in [P3, ADOBE] {
        for path in paths {
            let made = async |space: &str| {
                let path = path.replace("SPACE", space).replace('"', "%22");
                let path = path.replace('{', "%7B").replace('}', "%7D");
                let path = path.replace('[', "%5B").replace(']', "%5D");
                let path = if path.starts_with("pipeline") {
                    format!("/{path}")
                } else {
                    format!("/{path}&colorspace={space}")
                };
                server.post(&path, &clear(profile)).await
            };
            let srgb = made("srgb").await;
            assert_eq!(srgb.status, 200, "{path}");
            for space in ["p3", "keep"] {
                let answer = made(space).await;
                assert_eq!(told(&server, &answer).await["hasProfile"], true);
                let (got, expected) = (shown(&server, &answer).await, Picture::decode(&srgb.body));
                assert_eq!((got.width, got.height), (expected.width, expected.height));
                for (x, y) in [(1, 1), (2, 3), (13, 14), (got.width - 2, got.height - 2)] {
                    got.assert_at(x, y, expected.at(x, y), 6);
                }
            }
        }
        // What is drawn has a profile of its own.
        let mark = tagged(&plain([200, 60, 40, 255]), P3);
        let files = [("file", &clear(profile)[..]), ("image", &mark[..])];
        let made = async |space: &str| {
            let path = format!("/watermarkimage?left=4&type=png&colorspace={space}");
            sent(&server, &path, &files).await
        };
        let srgb = Picture::decode(&made("srgb").await.body);
        for space in ["p3", "keep"] {
            let got = shown(&server, &made(space).await).await;
            got.assert_at(1, 8, srgb.at(1, 8), 3);
            got.assert_at(10, 8, srgb.at(10, 8), 4);
        }
    }
}

#[tokio::test]
async fn pictures_that_move_say_it_too() {
    let server = TestServer::start().await;
    let frame = |colour| {
        encoded(
            &RgbaImage::from_pixel(16, 16, Rgba(colour)),
            ImageFormat::WebP,
        )
    };
    let frames = [RED, [0, 255, 0, 255], [9, 9, 200, 255]].map(frame);
    let body = animated_webp(16, 16, &frames);
    for format in ["webp", "png"] {
        let path =
            format!("/resize?width=8&type={format}&colorspace=p3&animated=true&lossless=true");
        let answer = server.post(&path, &body).await;
        let info = told(&server, &answer).await;
        assert_eq!(info["frames"], 3, "{format} {info}");
        assert_eq!(info["profile"], "Display P3", "{format}");
        shown(&server, &answer).await.assert_at(4, 4, RED, 3);
    }
}

#[tokio::test]
async fn entity_tags_tell_spaces_apart() {
    let server = TestServer::start().await;
    let body = tagged(&plain(RED_IN_P3), ADOBE);
    let mut tags = Vec::new();
    for space in ["srgb", "p3", "keep", "bw"] {
        let path = format!("/convert?type=png&colorspace={space}");
        let answer = server.post(&path, &body).await;
        tags.push(answer.header("etag").unwrap().to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}
