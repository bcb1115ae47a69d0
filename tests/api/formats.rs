//! Every input to every output, every orientation, every way to be broken.
#![expect(
    clippy::cast_possible_truncation,
    reason = "drawing with small numbers"
)]

use std::collections::BTreeSet;

use image::{DynamicImage, ImageFormat, RgbaImage};
use pixmill::codecs;

use crate::fixtures::{self, BLUE, GREEN, RED, WHITE, encoded, oriented, photo, png, quarters};
use crate::support::TestServer;

/// Four quarters as a document of one layer, uncompressed: RGB in planes.
fn document(picture: &RgbaImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let mut file = b"8BPS\0\x01\0\0\0\0\0\0\0\x03".to_vec();
    file.extend([height, width].map(u32::to_be_bytes).concat());
    // 8 bits of RGB; no palette, no resources, no layers; uncompressed.
    file.extend([0, 8, 0, 3]);
    file.extend([0; 14]);
    for channel in 0..3 {
        file.extend(picture.pixels().map(|pixel| pixel.0[channel]));
    }
    file
}

/// The same as a drawing.
const DRAWING: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='48'><path fill='#dc1e1e' d='M0 0H32V24H0'/><path fill='#1ec828' d='M32 0H64V24H32'/><path fill='#1e28d2' d='M0 24H32V48H0'/><path fill='#fafafa' d='M32 24H64V48H32'/></svg>";

/// The same on a page.
#[cfg(feature = "pdf")]
const PAGE: &str = "%PDF-1.4 1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 64 48]/Contents 4 0 R>>endobj 4 0 obj<</Length 180>>stream\n.8627 .1176 .1176 rg 0 24 32 24 re f .1176 .7843 .1569 rg 32 24 32 24 re f .1176 .1569 .8235 rg 0 0 32 24 re f .9804 .9804 .9804 rg 32 0 32 24 re f                                          \nendstream endobj trailer<</Root 1 0 R>>";

/// The same, without loss.
const QUARTERS: &[u8] = include_bytes!("../fixtures/jxl/quarters.jxl");

/// The same by another encoder.
#[cfg(feature = "heic")]
const HEIC: &[u8] = include_bytes!("../fixtures/heic/quarters.heic");

/// A file in each format that is read, and what it becomes where nothing is asked.
async fn inputs(server: &TestServer) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let picture = quarters(64, 48);
    let avif = server.post("/convert?type=avif", &png(&picture)).await;
    let by_image = |format| encoded(&picture, format);
    vec![
        ("jpeg", by_image(ImageFormat::Jpeg), "image/jpeg"),
        ("png", by_image(ImageFormat::Png), "image/png"),
        ("webp", by_image(ImageFormat::WebP), "image/webp"),
        ("gif", by_image(ImageFormat::Gif), "image/gif"),
        ("tiff", by_image(ImageFormat::Tiff), "image/tiff"),
        // Those with an alpha channel that can't be written back are PNG.
        ("bmp", by_image(ImageFormat::Bmp), "image/png"),
        ("ico", by_image(ImageFormat::Ico), "image/png"),
        ("qoi", by_image(ImageFormat::Qoi), "image/png"),
        ("pnm", by_image(ImageFormat::Pnm), "image/jpeg"),
        ("psd", document(&picture), "image/jpeg"),
        ("tga", by_image(ImageFormat::Tga), "image/png"),
        ("hdr", by_image(ImageFormat::Hdr), "image/jpeg"),
        ("svg", DRAWING.as_bytes().to_vec(), "image/png"),
        ("avif", avif.body, "image/avif"),
        ("jxl", QUARTERS.to_vec(), "image/jpeg"),
        #[cfg(feature = "heic")]
        ("heif", HEIC.to_vec(), "image/jpeg"),
        #[cfg(feature = "pdf")]
        ("pdf", PAGE.into(), "image/png"),
    ]
}

/// Another decoder reads what is written; but for AVIF, which there is none for here: `tests/fixtures/avif.py` has one.
#[tokio::test]
async fn every_input_becomes_every_output() {
    let server = TestServer::start_with(|config| {
        config.pipeline.drawings = true;
        config.pipeline.documents = true;
    })
    .await;
    let inputs = inputs(&server).await;
    let read: BTreeSet<_> = inputs.iter().map(|(format, ..)| *format).collect();
    let rows = codecs::FORMATS.iter().filter(|row| row.format.is_built());
    let rows: BTreeSet<_> = rows.map(|row| row.name).collect();
    assert_eq!(read, rows);
    let writes = codecs::FORMATS.iter().filter(|row| row.writes);
    for (format, body, usual) in &inputs {
        for row in writes.clone() {
            let path = format!("/resize?width=32&type={}", row.name);
            let mut answer = server.post(&path, body).await;
            assert_eq!(
                answer.header("content-type"),
                Some(row.media_type),
                "{format}"
            );
            if row.name == "avif" {
                answer = server.post("/convert?type=png", &answer.body).await;
            }
            let media_type = answer.header("content-type").unwrap().to_owned();
            let got = answer.picture(&media_type, 32, 24);
            for (x, y, colour) in [(6, 5, RED), (26, 5, GREEN), (6, 19, BLUE), (26, 19, WHITE)] {
                got.assert_at(x, y, colour, 26);
            }
        }
        let kept = server.post("/resize?width=32", body).await;
        assert_eq!(kept.header("content-type"), Some(*usual), "{format}");
    }
}

#[tokio::test]
async fn orientations_are_applied() {
    let server = TestServer::start().await;
    for tag in 1..=8 {
        let body = oriented(tag);
        let upright = server
            .post("/resize?width=30&type=png", &body)
            .await
            .picture("image/png", 30, 20);
        for (x, y, colour) in [(4, 3, RED), (26, 3, GREEN), (4, 17, BLUE), (26, 17, WHITE)] {
            upright.assert_at(x, y, colour, 30);
        }
        // A cut is mapped back through the turn: the top right quarter is green.
        let path = "/resize?width=10&height=10&fit=cover&gravity=0.9,0.1&type=png";
        let corner = server.post(path, &body).await.picture("image/png", 10, 10);
        corner.assert_at(9, 0, GREEN, 30);
    }
}

#[tokio::test]
async fn png_in_every_kind() {
    let server = TestServer::start().await;
    let grey = |x: u32, y: u32| ((x * 5 + y * 3) % 256) as u8;
    for (colour, depth) in [
        (png::ColorType::Grayscale, png::BitDepth::One),
        (png::ColorType::Grayscale, png::BitDepth::Two),
        (png::ColorType::Grayscale, png::BitDepth::Four),
        (png::ColorType::Grayscale, png::BitDepth::Eight),
        (png::ColorType::Grayscale, png::BitDepth::Sixteen),
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Eight),
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Sixteen),
        (png::ColorType::Indexed, png::BitDepth::One),
        (png::ColorType::Indexed, png::BitDepth::Four),
        (png::ColorType::Indexed, png::BitDepth::Eight),
        (png::ColorType::Rgb, png::BitDepth::Eight),
        (png::ColorType::Rgb, png::BitDepth::Sixteen),
        (png::ColorType::Rgba, png::BitDepth::Eight),
        (png::ColorType::Rgba, png::BitDepth::Sixteen),
    ] {
        let (width, height) = (33_u32, 21_u32);
        let mut body = Vec::new();
        let mut encoder = png::Encoder::new(&mut body, width, height);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == png::ColorType::Indexed {
            encoder.set_palette(
                (0..=255_u8)
                    .flat_map(|i| [i, 255 - i, 7])
                    .take(3 << depth as u8)
                    .collect::<Vec<_>>(),
            );
            encoder.set_trns(vec![128]);
        }
        let bits = colour.samples() * depth as usize * width as usize;
        let data: Vec<u8> = (0..height)
            .flat_map(|y| (0..bits.div_ceil(8) as u32).map(move |x| grey(x, y)))
            .collect();
        encoder
            .write_header()
            .unwrap()
            .write_image_data(&data)
            .unwrap();
        // Nothing scaled: every pixel is as another decoder reads it.
        let reference = crate::support::Picture::decode(&body);
        let got = server
            .post("/convert?type=png", &body)
            .await
            .picture("image/png", width, height);
        let psnr = got.psnr(&reference);
        // 16 bit is rounded here and there, not always the same way.
        assert!(psnr > 48.0, "{colour:?} {depth:?}: {psnr} dB");
        assert_eq!(got.alpha, reference.alpha, "{colour:?} {depth:?}");
    }
}

#[tokio::test]
async fn profiles_become_srgb() {
    let server = TestServer::start().await;
    // A PNG that says gamma 1.0: half the light is 188.
    let mut body = Vec::new();
    let mut encoder = png::Encoder::new(&mut body, 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_source_gamma(png::ScaledFloat::new(1.0));
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&[128; 48])
        .unwrap();
    let picture = server
        .post("/convert?type=png", &body)
        .await
        .picture("image/png", 4, 4);
    picture.assert_at(1, 1, [188, 188, 188, 255], 2);
    // A JPEG with a Display P3 profile.
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let icc = [b"ICC_PROFILE\0\x01\x01", &profile[..]].concat();
    let plain = fixtures::jpeg(&RgbaImage::from_pixel(
        16,
        16,
        image::Rgba([234, 51, 35, 255]),
    ));
    let body = fixtures::segment(&plain, 0xe2, &icc);
    let answer = server.post("/convert?type=png", &body).await;
    answer
        .picture("image/png", 16, 16)
        .assert_at(8, 8, [255, 0, 0, 255], 6);
    let info = server.post("/info", &body).await.json();
    assert_eq!(info["hasProfile"], true);
    // Nothing of it is left.
    let out = server.post("/resize?width=8", &body).await;
    assert!(!out.body.windows(11).any(|window| window == b"ICC_PROFILE"));
}

#[tokio::test]
async fn alpha_survives_where_it_can() {
    let server = TestServer::start().await;
    let body = png(&fixtures::disc(80));
    for (name, media_type, alpha) in [
        ("png", "image/png", true),
        ("webp", "image/webp", true),
        ("jpeg", "image/jpeg", false),
    ] {
        let picture = server
            .post(&format!("/resize?width=40&type={name}"), &body)
            .await
            .picture(media_type, 40, 40);
        assert_eq!(picture.alpha, alpha, "{name}");
        picture.assert_at(20, 20, [200, 60, 20, 255], 12);
        let [.., corner] = picture.at(0, 0);
        assert_eq!(corner, if alpha { 0 } else { 255 }, "{name}");
    }
}

#[tokio::test]
async fn no_cut_is_taken_for_a_picture() {
    let server = TestServer::start().await;
    let picture = photo(90, 70);
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
    ] {
        let body = encoded(&picture, format);
        for length in (1..body.len() - 12).step_by(body.len() / 40 + 1) {
            let answer = server.post("/resize?width=40", &body[..length]).await;
            assert!(
                (400..500).contains(&answer.status),
                "{format:?} cut at {length} of {}: {}",
                body.len(),
                answer.status
            );
        }
    }
}

#[tokio::test]
async fn no_mutant_breaks_the_server() {
    let server = TestServer::start().await;
    let picture = photo(60, 40);
    let mut random = 12_345_u32;
    let mut next = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize
    };
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
        ImageFormat::Ico,
        ImageFormat::Tiff,
    ] {
        let body = encoded(&picture, format);
        for _ in 0..60 {
            let mut mutant = body.clone();
            for _ in 0..3 {
                let at = next() % mutant.len();
                mutant[at] = (next() % 256) as u8;
            }
            let answer = server.post("/resize?width=20", &mutant).await;
            assert!(answer.status < 500, "{format:?}: {}", answer.status);
        }
    }
    assert_eq!(server.get("/health").await.status, 200);
}

#[tokio::test]
async fn a_palette_of_four_bytes_is_refused() {
    let server = TestServer::start().await;
    let mut body = Vec::new();
    let mut encoder = png::Encoder::new(&mut body, 4, 4);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(vec![1, 2, 3, 4]);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&[0; 16])
        .unwrap();
    server
        .post("/resize?width=2", &body)
        .await
        .problem(422, "invalid-image");
}

#[tokio::test]
async fn sixteen_bits_are_rounded_to_the_nearest() {
    let server = TestServer::start().await;
    let deep = DynamicImage::ImageLuma16(image::ImageBuffer::from_fn(2, 1, |x, _| {
        image::Luma([if x == 0 { 127 } else { 129 }])
    }));
    let mut body = std::io::Cursor::new(Vec::new());
    deep.write_to(&mut body, ImageFormat::Png).unwrap();
    let picture = server
        .post("/convert?type=png", body.get_ref())
        .await
        .picture("image/png", 2, 1);
    // 257 is one step, so 128.5 is the middle.
    assert_eq!((picture.at(0, 0)[0], picture.at(1, 0)[0]), (0, 1));
}
