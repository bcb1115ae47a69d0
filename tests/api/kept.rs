//! Answers in the source's own space.

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::files::{Jpeg, with_png_chunk};
use crate::fixtures::segment;
use crate::spaces::{ADOBE, FORMATS, plain, shown, tagged, told};
use crate::support::{Picture, TestServer};

const PIXEL: [u8; 4] = [200, 90, 40, 255];

/// A name, a file of that pixel, whether its space stays, and whether its samples do.
fn sources() -> Vec<(&'static str, Vec<u8>, bool, bool)> {
    let inks = Jpeg {
        progressive: false,
        adobe: Some(0),
        components: 4,
    };
    let inks = inks.blocks((2, 2), |_, _| vec![200, 90, 40, 10]);
    let content = [
        b"ICC_PROFILE\0\x01\x01",
        &include_bytes!("colour/inks-v2.icc")[..],
    ]
    .concat();
    let inks = segment(&inks, 0xe2, &content);
    let tag = |profile: &[u8]| tagged(&plain(PIXEL), profile);
    vec![
        ("adobe", tag(ADOBE), true, true),
        (
            "prophoto",
            tag(include_bytes!("colour/prophoto.icc")),
            true,
            true,
        ),
        (
            "gamma",
            with_png_chunk(&plain(PIXEL), *b"gAMA", &100_000_u32.to_be_bytes()),
            true,
            true,
        ),
        (
            "points",
            with_png_chunk(&plain(PIXEL), *b"cICP", &[9, 1, 0, 1]),
            true,
            true,
        ),
        (
            "srgb",
            tag(include_bytes!("colour/srgb-v2.icc")),
            false,
            true,
        ),
        ("untagged", plain(PIXEL), false, true),
        // Brighter than white, no way back, inks.
        (
            "pq",
            with_png_chunk(&plain(PIXEL), *b"cICP", &[9, 16, 0, 1]),
            false,
            false,
        ),
        (
            "scanner",
            tag(include_bytes!("colour/table-v2.icc")),
            false,
            false,
        ),
        ("inks", inks, false, false),
    ]
}

#[tokio::test]
async fn what_is_kept_is_the_sources_own() {
    let server = TestServer::start().await;
    for (name, body, kept, same) in sources() {
        for format in FORMATS {
            let path = format!("/convert?type={format}&colorspace=keep&quality=100");
            let answer = server.post(&path, &body).await;
            assert_eq!(answer.status, 200, "{name} {format}");
            let info = told(&server, &answer).await;
            assert_eq!(info["hasProfile"], kept, "{name} {format}");
            if same && format != "avif" {
                Picture::decode(&answer.body).assert_at(4, 4, PIXEL, 4);
            }
            let expected = server.post("/convert?type=png", &body).await;
            let expected = Picture::decode(&expected.body).at(4, 4);
            shown(&server, &answer).await.assert_at(4, 4, expected, 6);
        }
        let path = "/convert?type=gif&colorspace=keep";
        let answer = server.post(path, &body).await;
        let expected = server.post("/convert?type=gif", &body).await;
        assert_eq!((answer.status, answer.body), (200, expected.body), "{name}");
    }
}

#[tokio::test]
async fn a_grey_profile_stays_with_grey_alone() {
    let server = TestServer::start().await;
    let image = DynamicImage::from(RgbaImage::from_pixel(16, 16, Rgba([90, 90, 90, 120])));
    let mut body = std::io::Cursor::new(Vec::new());
    image
        .to_luma_alpha8()
        .write_to(&mut body, ImageFormat::Png)
        .unwrap();
    let body = tagged(&body.into_inner(), include_bytes!("colour/grey-gamma.icc"));
    for (query, kept) in [
        ("type=png", true),
        ("type=png&palette=true", false),
        ("type=tiff", true),
        ("type=png&background=120,120,120", true),
        ("type=png&background=200,10,10", false),
        ("type=webp", false),
    ] {
        let path = format!("/convert?{query}&colorspace=keep");
        let answer = server.post(&path, &body).await;
        let info = told(&server, &answer).await;
        assert_eq!(info["hasProfile"], kept, "{query}");
        let expected = server.post(&format!("/convert?{query}"), &body).await;
        let expected = shown(&server, &expected).await.at(4, 4);
        let got = shown(&server, &answer).await.at(4, 4);
        for (got, expected) in got.into_iter().zip(expected) {
            assert!(
                got.abs_diff(expected) <= 3,
                "{query}: {got}, not {expected}"
            );
        }
    }
    // The greys of a profile for colours stay colours.
    let grey = tagged(
        &plain([90, 90, 90, 255]),
        include_bytes!("colour/prophoto.icc"),
    );
    let expected = server.post("/convert?type=png", &grey).await;
    let expected = shown(&server, &expected).await.at(4, 4);
    for query in ["", "&palette=true", "&interlace=true"] {
        let path = format!("/convert?type=png&colorspace=keep{query}");
        let answer = server.post(&path, &grey).await;
        shown(&server, &answer).await.assert_at(4, 4, expected, 2);
    }
}
