//! Borders that go.

use image::{ImageFormat, Rgba, RgbaImage, imageops};

use crate::fixtures::{encoded, jpeg, photo, png, with_exif};
use crate::origin::{Origin, Reply};
use crate::remote::remote;
use crate::support::{Answer, Picture, TestServer};

const PNG: &str = "image/png";

/// A photo of 60×40 on a sheet of 100×90, at 25, 13.
fn framed(sheet: [u8; 4]) -> RgbaImage {
    let mut image = RgbaImage::from_pixel(100, 90, Rgba(sheet));
    let mut inner = photo(60, 40);
    // Its corners show wherever it lies.
    for (x, y) in [(0, 0), (1, 0), (58, 39), (59, 39)] {
        inner.put_pixel(x, y, Rgba([200, 0, 100, 255]));
    }
    imageops::replace(&mut image, &inner, 25, 13);
    image
}

fn inner(image: &RgbaImage) -> RgbaImage {
    imageops::crop_imm(image, 25, 13, 60, 40).to_image()
}

#[tokio::test]
async fn what_is_left_is_the_picture() {
    let server = TestServer::start().await;
    for sheet in [[255; 4], [0, 0, 0, 255], [0; 4], [10, 200, 30, 128]] {
        let image = framed(sheet);
        let expected = inner(&image);
        for (name, file) in [
            ("png", png(&image)),
            ("webp", encoded(&image, ImageFormat::WebP)),
        ] {
            for path in [
                "/trim?type=png",
                "/convert?type=png&trim",
                "/flip?type=png&flip=false&trim=5&flop=false",
            ] {
                let flips = path.contains("flip");
                let answer = server.post(path, &file).await;
                let picture = answer.picture(PNG, 60, 40);
                for (x, y, &Rgba(pixel)) in expected.enumerate_pixels() {
                    let x = if flips { 59 - x } else { x };
                    picture.assert_at(x, y, pixel, 0);
                }
                assert!(picture.width == 60, "{name} {sheet:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_size_is_that_of_what_is_left() {
    let server = TestServer::start().await;
    let image = framed([255; 4]);
    let whole = server.post("/resize?width=30", &png(&inner(&image))).await;
    let trimmed = server.post("/resize?width=30&trim", &png(&image)).await;
    let (whole, trimmed) = (whole.picture(PNG, 30, 20), trimmed.picture(PNG, 30, 20));
    assert!(whole.psnr(&trimmed) > 50.0);
    // JPEG's noise stays below the tolerance, or doesn't.
    let noisy = jpeg(&image);
    let answer = server.post("/trim?type=png", &noisy).await;
    let near = |answer: &Answer, name: &str, side: u32| {
        let got: u32 = answer.header(name).unwrap().parse().unwrap();
        assert!(got.abs_diff(side) <= 2, "{name}: {got}");
    };
    near(&answer, "image-width", 60);
    near(&answer, "image-height", 40);
    // A turned one is trimmed upright.
    let turned = with_exif(&jpeg(&imageops::rotate270(&image)), 6);
    let answer = server.post("/trim?type=png&rotate=180", &turned).await;
    near(&answer, "image-width", 60);
    near(&answer, "image-height", 40);
    let steps = "[{%22operation%22:%22trim%22},{%22operation%22:%22rotate%22,%22params%22:{%22rotate%22:90}},{%22operation%22:%22pad%22,%22params%22:{%22pad%22:%223%22}}]";
    let answer = server
        .post(&format!("/pipeline?operations={steps}"), &png(&image))
        .await;
    answer.picture(PNG, 46, 66);
    // Nothing but border is a picture, too.
    let plain = png(&RgbaImage::from_pixel(30, 20, Rgba([9, 9, 9, 255])));
    server.post("/trim", &plain).await.picture(PNG, 30, 20);
}

#[tokio::test]
async fn trimming_is_first_and_bounded() {
    let server = TestServer::start_with(|config| config.pipeline.max_pixels = 1_000_000).await;
    let file = png(&framed([255; 4]));
    for query in ["trim=256", "trim=-1", "trim=a"] {
        server
            .post(&format!("/flip?{query}"), &file)
            .await
            .problem(400, "invalid-parameter");
    }
    let steps = "[{%22operation%22:%22flip%22},{%22operation%22:%22trim%22}]";
    let late = server
        .post(&format!("/pipeline?operations={steps}"), &file)
        .await;
    assert_eq!(late.problem(400, "invalid-parameter")["step"], 2);
    let large = crate::fixtures::giant_png(2000, 2000);
    server
        .post("/trim", &large)
        .await
        .problem(422, "image-too-large");
    let cut = &file[..file.len() / 2];
    server
        .post("/trim", cut)
        .await
        .problem(422, "invalid-image");
    server
        .settled(|figures| figures.upload_memory.0 == 0 && figures.pixel_memory.0 == 0)
        .await;
}

#[tokio::test]
async fn what_a_url_names_is_trimmed() {
    let origin = Origin::start([("/a.png", Reply::picture(png(&framed([255; 4]))))]).await;
    let server =
        TestServer::start_with(|config| config.source.remote = Some(remote(&[&origin]))).await;
    let path = format!("/trim?url={}", origin.url("/a.png"));
    let answer = server.get(&path).await;
    assert_eq!(Picture::decode(&answer.body).width, 60);
    let held = [("If-None-Match", answer.header("etag").unwrap())];
    assert_eq!(server.send("GET", &path, &held, &[]).await.status, 304);
}
