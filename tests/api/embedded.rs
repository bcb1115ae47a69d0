//! Pictures in drawings: each is what it is by itself, wherever a drawing shows it.

use data_encoding::BASE64;
use image::ImageFormat;

use crate::files::{deflated, with_png_chunk};
use crate::fixtures::{self, BLUE, GREEN, RED, WHITE};
use crate::support::{Picture, TestServer};
use crate::watermark_images::sent;

const PNG: &str = "image/png";

async fn server() -> TestServer {
    TestServer::start_as("svg = true").await
}

fn url(file: &[u8]) -> String {
    format!("data:;base64,{}", BASE64.encode(file))
}

fn svg(width: u32, height: u32, inner: &str) -> Vec<u8> {
    format!("<!DOCTYPE svg [<!ENTITY w '80'>]><svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='{width}' height='{height}'>{inner}</svg>").into_bytes()
}

/// Files of every format that is shown.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let photo = fixtures::photo(120, 80);
    let grey = image::DynamicImage::ImageRgba8(photo.clone()).to_luma16();
    let mut deep = std::io::Cursor::new(Vec::new());
    let written = image::DynamicImage::ImageLuma16(grey).write_to(&mut deep, ImageFormat::Png);
    written.unwrap();
    vec![
        ("png", fixtures::png(&photo)),
        ("16 bit grey png", deep.into_inner()),
        ("jpeg", fixtures::jpeg(&photo)),
        ("gif", fixtures::encoded(&photo, ImageFormat::Gif)),
        (
            "avif",
            include_bytes!("../fixtures/avif/alpha-444-limited.avif").to_vec(),
        ),
        ("webp", fixtures::encoded(&photo, ImageFormat::WebP)),
    ]
}

/// In its own size and in smaller ones, as itself and by the same steps: not only its edges have to be where they are.
#[tokio::test]
async fn a_picture_in_a_drawing_is_the_picture() {
    let server = server().await;
    for (name, file) in files() {
        let info = server.post("/info", &file).await.json();
        let (width, height) = (info["width"].clone(), info["height"].clone());
        let image = format!(
            "<image width='{width}' height='{height}' href='{}'/>",
            url(&file)
        );
        let number = |side: &serde_json::Value| u32::try_from(side.as_u64().unwrap()).unwrap();
        let drawing = svg(number(&width), number(&height), &image);
        for query in [
            "/convert?type=png".to_owned(),
            format!("/resize?width={}&type=png&linear=false", number(&width) / 2),
        ] {
            let alone = server.post(&query, &file).await;
            let alone = Picture::decode(&alone.body);
            let drawn = server.post(&query, &drawing).await;
            let drawn = drawn.picture(PNG, alone.width, alone.height);
            let psnr = drawn.psnr(&alone);
            assert!(psnr > 45.0, "{name}, {query}: {psnr} dB");
        }
    }
    // In each size that is whole in both directions, it is made in that and not mixed again.
    let blocks = image::RgbaImage::from_fn(1344, 756, |x, y| {
        image::Rgba(if (x / 5 + y / 7) % 2 == 0 {
            [255; 4]
        } else {
            [0, 0, 0, 255]
        })
    });
    let file = fixtures::png(&blocks);
    let drawing = svg(
        1344,
        756,
        &format!("<image width='1344' height='756' href='{}'/>", url(&file)),
    );
    for width in (16..1344).step_by(16 * 13) {
        let query = format!("/resize?width={width}&type=png&linear=false");
        let alone = server.post(&query, &file).await;
        let alone = Picture::decode(&alone.body);
        let drawn = server.post(&query, &drawing).await;
        let psnr = drawn.picture(PNG, alone.width, alone.height).psnr(&alone);
        assert!(psnr > 45.0, "{query}: {psnr} dB");
    }
    // Upright, as it is displayed.
    for tag in 1..=8 {
        let file = fixtures::oriented(tag);
        let upright = server.post("/convert?type=png", &file).await;
        let upright = Picture::decode(&upright.body);
        let (width, height) = (upright.width, upright.height);
        let image = format!(
            "<image width='{width}' height='{height}' href='{}'/>",
            url(&file)
        );
        let drawn = server
            .post("/convert?type=png", &svg(width, height, &image))
            .await;
        let psnr = drawn.picture(PNG, width, height).psnr(&upright);
        assert!(psnr > 45.0, "{tag}: {psnr} dB");
    }
}

/// Colours go by their profile, as everywhere.
#[tokio::test]
async fn a_picture_in_a_drawing_has_the_colours_that_it_says() {
    let server = server().await;
    let profile = include_bytes!("colour/adobe-rgb.icc");
    let segment = [b"ICC_PROFILE\0\x01\x01", &profile[..]].concat();
    let plain = fixtures::jpeg(&fixtures::photo(120, 80));
    let profiled = &fixtures::segment(&plain, 0xe2, &segment);
    let untagged = server.post("/convert?type=png", &plain).await;
    let alone = server.post("/convert?type=png", profiled).await;
    assert_ne!(alone.body, untagged.body);
    let alone = Picture::decode(&alone.body);
    let (width, height) = (alone.width, alone.height);
    let image = format!(
        "<image width='{width}' height='{height}' href='{}'/>",
        url(profiled)
    );
    let drawn = server
        .post("/convert?type=png", &svg(width, height, &image))
        .await;
    let psnr = drawn.picture(PNG, width, height).psnr(&alone);
    assert!(psnr > 50.0, "{psnr} dB");
}

#[expect(clippy::too_many_lines, reason = "a table")]
/// Ways to show a picture of four quarters in all of a drawing of 80×60 pixels.
fn ways() -> Vec<(&'static str, String)> {
    let file = fixtures::png(&fixtures::quarters(40, 30));
    let url = &url(&file);
    let place = "width='80' height='60'";
    let image = &format!("<image {place} href='{url}'/>");
    let lines: Vec<_> = url
        .as_bytes()
        .chunks(60)
        .map(String::from_utf8_lossy)
        .collect();
    let quarter = |x: u32, y: u32, colour: [u8; 4]| {
        let [r, g, b, _] = colour;
        format!("<rect x='{x}' y='{y}' width='40' height='30' fill='rgb({r},{g},{b})'/>")
    };
    let parts = [
        quarter(0, 0, RED),
        quarter(40, 0, GREEN),
        quarter(0, 30, BLUE),
        quarter(40, 30, WHITE),
    ];
    let inner = svg(80, 60, &parts.concat());
    let escaped = percent_encoding::percent_encode(&inner, percent_encoding::NON_ALPHANUMERIC);
    let plain = String::from_utf8(inner.clone())
        .unwrap()
        .replace('<', "&lt;");
    vec![
        ("image", image.clone()),
        ("by another name", image.replace("href", "xlink:href")),
        (
            "behind another scheme's letters",
            image.replace("data:;", " DATA:image/png;"),
        ),
        ("in lines", image.replace(url, &lines.join("\n"))),
        (
            "in lines that are escaped",
            image.replace(url, &lines.join("&#10;")),
        ),
        ("by its width", format!("<image width='80' href='{url}'/>")),
        (
            "by its height",
            format!("<image href='{url}' height='60'/>"),
        ),
        (
            "by its own size",
            format!("<g transform='scale(2)'><image href='{url}'/></g>"),
        ),
        (
            "by a size that is none",
            format!("<g transform='scale(2)'><image width='auto' href='{url}'/></g>"),
        ),
        (
            "stretched",
            format!(
                "<g transform='scale(2 .5)'><image width='40' height='120' preserveAspectRatio='none' href='{url}'/></g>"
            ),
        ),
        (
            "sliced",
            format!(
                "<image width='80' height='60' preserveAspectRatio='xMidYMid slice' href='{url}'/>"
            ),
        ),
        ("in a layer", format!("<g opacity='.999'>{image}</g>")),
        (
            "cut",
            format!(
                "<clipPath id='c'><rect width='80' height='60'/></clipPath><g clip-path='url(#c)'>{image}</g>"
            ),
        ),
        (
            "used",
            format!(
                "<defs><image id='i' {place} href='{url}'/></defs><use href='#i'/><use href='#i'/>"
            ),
        ),
        (
            "as a pattern",
            format!(
                "<pattern id='p' width='1' height='1' patternContentUnits='objectBoundingBox'><use href='#i' transform='scale(.025 .0333333)'/></pattern><defs><image id='i' width='40' height='30' href='{url}'/></defs><rect {place} fill='url(#p)'/>"
            ),
        ),
        (
            "masked",
            format!(
                "<mask id='m'><image {place} href='{}'/></mask><g mask='url(#m)'>{image}</g>",
                self::url(&fixtures::png(&image::RgbaImage::from_pixel(
                    4,
                    3,
                    image::Rgba([255; 4])
                )))
            ),
        ),
        (
            "as a marker",
            format!(
                "<marker id='m' markerWidth='80' markerHeight='60' markerUnits='userSpaceOnUse'>{image}</marker><path d='M0 0H1' stroke='none' marker-start='url(#m)'/>"
            ),
        ),
        ("in a text's place", format!("<switch>{image}</switch>")),
        (
            "beside what refers to another",
            image.replace(
                "<image",
                &format!("<image title='data:,x' xlink:href='{}'", self::url(b"x")),
            ),
        ),
        (
            "by a size that is an entity's own",
            image.replace("width='80'", "width='&w;'"),
        ),
        (
            "by a filter's element",
            format!(
                "<defs><image id='i' {place} href='{url}'/></defs><filter id='f' x='0' y='0' width='1' height='1' color-interpolation-filters='sRGB'><feImage href='#i'/></filter><rect {place} filter='url(#f)'/>"
            ),
        ),
        (
            "by a filter",
            format!(
                "<filter id='f' x='0' y='0' width='1' height='1' color-interpolation-filters='sRGB'><feImage href='{url}'/></filter><rect {place} filter='url(#f)'/>"
            ),
        ),
        ("as a drawing", image.replace(url, &self::url(&inner))),
        (
            "as an escaped drawing",
            image.replace(url, &format!("data:image/svg+xml,{escaped}")),
        ),
        (
            "as a plain drawing",
            image
                .replace('\'', "\"")
                .replace(url, &format!("data:image/svg+xml;utf8,{plain}")),
        ),
    ]
}

#[tokio::test]
async fn pictures_are_shown_wherever_a_drawing_has_them() {
    let server = server().await;
    for (name, inner) in ways() {
        for (width, height) in [(80, 60), (40, 30), (20, 15), (240, 180)] {
            let path = format!("/resize?width={width}&enlarge=true&type=png");
            let answer = server.post(&path, &svg(80, 60, &inner)).await;
            let picture = answer.picture(PNG, width, height);
            for (x, y, colour) in [(1, 1, RED), (3, 1, GREEN), (1, 3, BLUE), (3, 3, WHITE)] {
                let (x, y) = (x * width / 4, y * height / 4);
                let got = picture.at(x, y);
                let off = got.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(4), "{name}, {width}: {got:?} at {x}, {y}");
            }
        }
    }
}

/// A picture that is shown much smaller is the mean of its pixels, not some of them.
#[tokio::test]
async fn pictures_are_made_smaller_by_all_of_their_pixels() {
    let server = server().await;
    let stripes = image::RgbaImage::from_fn(1001, 600, |x, _| {
        image::Rgba(if x % 2 == 0 { [255; 4] } else { [0, 0, 0, 255] })
    });
    let png = fixtures::png(&stripes);
    let url = url(&png);
    for inner in [
        format!("<image width='100.1' height='60' href='{url}'/>"),
        format!("<g transform='scale(.1)'><image href='{url}'/></g>"),
        format!("<g transform='translate(9.3 .2) scale(.1)'><image href='{url}'/></g>"),
        format!("<image width='100' height='600' preserveAspectRatio='none' href='{url}'/>"),
        // What isn't seen takes no sharpness from what is.
        format!(
            "<image width='100.1' height='60' href='{url}'/><image x='2000' width='9000' height='9000' href='{}'/>",
            self::url(&png)
        ),
    ] {
        let answer = server
            .post("/convert?type=png", &svg(100, 60, &inner))
            .await;
        let picture = answer.picture(PNG, 100, 60);
        for x in 12..98 {
            picture.assert_at(x, 30, [128, 128, 128, 255], 8);
        }
    }
}

/// Where there isn't room for all, the largest give way.
#[tokio::test]
async fn a_large_picture_takes_nothing_from_small_ones() {
    let server = server().await;
    let quarters = url(&fixtures::png(&fixtures::quarters(40, 40)));
    let photo = url(&fixtures::jpeg(&fixtures::photo(4_000, 3_000)));
    for width in [400, 4_000, 40_000, 4_000_000] {
        let height = width * 3 / 4;
        let inner = format!(
            "<image width='{width}' height='{height}' href='{photo}'/><image x='10' y='10' width='40' height='40' href='{quarters}'/>"
        );
        let answer = server
            .post("/convert?type=png", &svg(400, 300, &inner))
            .await;
        let picture = answer.picture(PNG, 400, 300);
        for (x, y, colour) in [
            (28, 28, RED),
            (31, 28, GREEN),
            (28, 31, BLUE),
            (31, 31, WHITE),
        ] {
            picture.assert_at(x, y, colour, 2);
        }
    }
}

/// What can't be read, or isn't a picture for drawings, is left out, and so is what comes from elsewhere, or is two drawings deep.
#[tokio::test]
async fn what_is_not_shown_is_left_out() {
    let server = server().await;
    let photo = fixtures::photo(90, 60);
    let png = fixtures::png(&photo);
    let image = |url: &str| format!("<image width='90' height='60' href='{url}'/>");
    let deepest = svg(90, 60, &image(&url(&png)));
    for (name, url) in [
        ("cut short", url(&png[..png.len() / 2])),
        (
            "a format that isn't shown",
            url(&fixtures::encoded(&photo, ImageFormat::Bmp)),
        ),
        ("no picture", "data:text/plain,hello".to_owned()),
        ("no base64", "data:image/png;base64,????".to_owned()),
        ("nothing", "data:".to_owned()),
        (
            "a file",
            format!(
                "file://{}",
                concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/drawing.png")
            ),
        ),
        ("another", "embedded:7".to_owned()),
        ("no drawing", url(b"<svg width='9' height='9'><g></svg>")),
        ("two drawings deep", url(&deepest)),
    ] {
        let inner = format!("{}<rect x='10' y='10' width='5' height='5'/>", image(&url));
        let answer = server.post("/convert?type=png", &svg(90, 60, &inner)).await;
        let picture = answer.picture(PNG, 90, 60);
        picture.assert_at(12, 12, [0, 0, 0, 255], 0);
        let seen = picture.rgba.iter().filter(|[.., alpha]| *alpha > 0).count();
        assert_eq!(seen, 25, "{name}");
    }
}

/// More than there can be is told before anything is decoded.
#[tokio::test]
async fn too_much_in_a_drawing_is_refused() {
    let server = server().await;
    let image = |url: &str| format!("<image width='9' height='9' href='{url}'/>");
    let giant = url(&fixtures::giant_png(9_000, 6_000));
    // A profile that is packed to a thousandth, and longer than any that is read.
    let profile = [b"x\0\0", &*deflated(&vec![0; 5 << 20])].concat();
    let profiled = fixtures::png(&fixtures::photo(9, 9));
    let profiled = url(&with_png_chunk(&profiled, *b"iCCP", &profile));
    let deep = svg(9, 9, &"<g/>".repeat(50_001));
    for (inner, words) in [
        (image("data:,").repeat(201), "201 embedded files"),
        (
            image(&giant).repeat(2),
            "108000000 pixels of pictures in it",
        ),
        (
            image(&profiled).repeat(5),
            "bytes of profiles of pictures in it",
        ),
        (image(&url(&deep)), "elements"),
        (
            image(&format!("data:,{}", "&#65;".repeat(300_000))),
            "references in embedded files",
        ),
        (
            image(&format!("data:,{}", "a".repeat(16 << 20))),
            "bytes of SVG",
        ),
        (
            "a".repeat(5 << 20),
            "bytes of SVG beside what is embedded in it",
        ),
    ] {
        for path in ["/info", "/resize?width=9"] {
            let answer = server.post(path, &svg(9, 9, &inner)).await;
            let problem = answer.problem(422, "too-complex");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(words), "{detail}");
        }
    }
    // What is embedded doesn't count as text.
    let long = image(&format!("data:,{}", "a".repeat(10 << 20)));
    assert_eq!(
        server
            .post("/resize?width=9", &svg(9, 9, &long))
            .await
            .status,
        200
    );
    assert_eq!(
        server
            .post("/resize?width=9", &svg(9, 9, &image(&giant)))
            .await
            .status,
        200
    );
}

/// Profiles that nobody unpacks, or that are broken, are no more than they are.
#[tokio::test]
async fn broken_profiles_count_as_what_they_are() {
    let server = server().await;
    let small = fixtures::png(&fixtures::photo(8, 8));
    let bent = with_png_chunk(
        &small,
        *b"iCCP",
        &[b"x\0\0", &*deflated(&[7; 3_000])].concat(),
    );
    let other = with_png_chunk(&bent, *b"cICP", &[9, 16, 0, 1]);
    let broken = with_png_chunk(&small, *b"iCCP", b"x\0\0bad");
    for file in [bent, other, broken] {
        let image = format!("<image width='9' height='9' href='{}'/>", url(&file));
        let drawing = svg(9, 9, &image.repeat(40));
        assert_eq!(server.post("/resize?width=9", &drawing).await.status, 200);
    }
}

/// As a watermark, too, which is decoded by itself.
#[tokio::test]
async fn a_drawing_with_a_picture_can_be_drawn_over_another() {
    let server = TestServer::start_as("isolation = \"process\"").await;
    let mark = svg(
        20,
        20,
        &format!(
            "<image width='20' height='20' href='{}'/>",
            url(&fixtures::png(&fixtures::quarters(40, 40)))
        ),
    );
    let photo = fixtures::png(&fixtures::photo(60, 40));
    let path = "/watermarkimage?left=5&top=5&type=png";
    let answer = sent(&server, path, &[("file", &photo), ("image", &mark)]).await;
    let picture = answer.picture(PNG, 60, 40);
    for (x, y, colour) in [
        (10, 10, RED),
        (20, 10, GREEN),
        (10, 20, BLUE),
        (20, 20, WHITE),
    ] {
        picture.assert_at(x, y, colour, 4);
    }
}
