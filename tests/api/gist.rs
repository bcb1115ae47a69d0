//! What `/info` finds in a picture's pixels, where it is asked to.

use image::{Rgba, RgbaImage};

use crate::fixtures::{self, RED, disc, encoded, jpeg, photo, png, quarters};
use crate::support::TestServer;

/// A quarter each, by their means; JPEG changes them little.
#[tokio::test]
async fn dominant_colours_and_their_shares() {
    let server = TestServer::start().await;
    let mut picture = quarters(400, 300);
    // A dozen pixels of another colour, of which little is left on the way to a hundred.
    for x in 0..12 {
        picture.put_pixel(x, 0, Rgba([255, 0, 255, 255]));
    }
    for (body, most, found) in [(png(&picture), 4, 4), (jpeg(&picture), 2, 2)] {
        let path = format!("/info?colors={most}");
        let info = server.post(&path, &body).await.json();
        let colours = info["colors"].as_array().unwrap();
        assert_eq!(colours.len(), found);
        for colour in colours {
            let share = colour["share"].as_f64().unwrap();
            assert!((share - 0.25).abs() < 0.02, "{colour}");
            let hex = colour["color"].as_str().unwrap();
            let number = u32::from_str_radix(hex.strip_prefix('#').unwrap(), 16).unwrap();
            let [_, rest @ ..] = number.to_be_bytes();
            let is_near = |quarter: [u8; 4]| {
                let pairs = rest.iter().zip(quarter);
                pairs.into_iter().all(|(&a, b)| a.abs_diff(b) <= 6)
            };
            let quarters = [RED, fixtures::GREEN, fixtures::BLUE, fixtures::WHITE];
            assert!(quarters.into_iter().any(is_near), "{colour}");
        }
    }
    // Nothing is seen, so nothing is found.
    let clear = png(&RgbaImage::from_pixel(30, 20, Rgba([9, 9, 9, 0])));
    let info = server.post("/info?colors=3", &clear).await.json();
    assert_eq!(info["colors"], serde_json::Value::Null);
}

#[tokio::test]
async fn hashes_are_those_of_their_definitions() {
    let server = TestServer::start().await;
    // As another implementation has it (blurhash-python 1.2).
    let [r, g, b, _] = RED;
    let flat = png(&RgbaImage::from_pixel(40, 30, Rgba([r, g, b, 255])));
    let info = server.post("/info?hash=blurhash", &flat).await.json();
    assert_eq!(info["blurhash"], "L7PJ0%]TfQ]T|wjtfQjtfQfQfQfQ");
    assert_eq!(info["type"], "png");
    // A tall one has more components down.
    let tall = png(&photo(30, 90));
    let info = server.post("/info?hash=blurhash", &tall).await.json();
    let hash = info["blurhash"].as_str().unwrap();
    assert!(hash.starts_with('T') && hash.len() == 28, "{hash}");
    // What a page draws of a thumbhash has the picture's shape and mean.
    for (picture, has_alpha) in [(photo(900, 600), false), (disc(200), true)] {
        let body = encoded(&picture, image::ImageFormat::Png);
        let info = server.post("/info?hash=thumbhash", &body).await.json();
        let hash = info["thumbhash"].as_str().unwrap();
        let hash = data_encoding::BASE64.decode(hash.as_bytes()).unwrap();
        let shape = thumbhash::thumb_hash_to_approximate_aspect_ratio(&hash).unwrap();
        let given = f64::from(picture.width()) / f64::from(picture.height());
        assert!((f64::from(shape) - given).abs() < 0.3, "{shape}");
        let (r, g, b, a) = thumbhash::thumb_hash_to_average_rgba(&hash).unwrap();
        let weight = picture.pixels().map(|p| f64::from(p.0[3])).sum::<f64>();
        for (channel, got) in [r, g, b].into_iter().enumerate() {
            let seen = picture
                .pixels()
                .map(|p| f64::from(p.0[channel]) * f64::from(p.0[3]));
            let mean = seen.sum::<f64>() / weight / 255.0;
            assert!(
                (f64::from(got) - mean).abs() < 0.05,
                "{channel}: {got} {mean}"
            );
        }
        assert_eq!(a < 0.99, has_alpha);
    }
}

#[tokio::test]
async fn it_is_work_like_any_other() {
    let server = TestServer::start_with(|config| config.pipeline.max_pixels = 10_000).await;
    let large = png(&photo(200, 100));
    // The header alone is no work.
    assert_eq!(server.post("/info", &large).await.status, 200);
    for path in ["/info?colors=1", "/info?hash=thumbhash"] {
        server
            .post(path, &large)
            .await
            .problem(422, "image-too-large");
    }
    let small = png(&photo(60, 40));
    let mut cut = small.clone();
    cut.truncate(small.len() / 2);
    let refused = server.post("/info?colors=1", &cut).await;
    refused.problem(422, "invalid-image");
    for (query, parameter) in [
        ("hash=md5", "hash"),
        ("colors=0", "colors"),
        ("colours=17", "colours"),
    ] {
        let refused = server.post(&format!("/info?{query}"), &small).await;
        let problem = refused.problem(400, "invalid-parameter");
        assert_eq!(problem["parameter"], parameter);
    }
    let form = server
        .post_form(
            "/info?colors=2",
            &[("hash", "blurhash")],
            Some(("file", &small)),
        )
        .await
        .json();
    assert!(form["blurhash"].is_string() && form["colors"].is_array());
    server
        .settled(|f| f.busy == 0 && f.pixel_memory.0 == 0 && f.upload_memory.0 == 0)
        .await;
    // imaginary has neither, and ignores what it doesn't know.
    let server = TestServer::start_as("compat = \"imaginary\"").await;
    let info = server.post("/info?hash=md5&colors=x", &small).await;
    assert_eq!(info.status, 200);
}
