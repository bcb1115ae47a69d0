//! What changes a picture's look or its edges, against plain arithmetic in floating point.

use image::{Rgba, RgbaImage};

use crate::fixtures::{encoded, jpeg, photo, png, quarters};
use crate::support::{Picture, TestServer};

const PNG: &str = "image/png";

/// A photo that is transparent to the left.
fn fading(width: u32, height: u32) -> RgbaImage {
    let mut image = photo(width, height);
    for (x, _, pixel) in image.enumerate_pixels_mut() {
        pixel.0[3] = u8::try_from((x * 6).min(255)).unwrap();
    }
    image
}

async fn made(server: &TestServer, path: &str, image: &RgbaImage, size: (u32, u32)) -> Picture {
    let answer = server.post(path, &png(image)).await;
    answer.picture(PNG, size.0, size.1)
}

fn assert_near(made: &Picture, expected: impl Fn(u32, u32) -> [f64; 4], within: f64, what: &str) {
    for y in 0..made.height {
        for x in 0..made.width {
            let (got, wanted) = (made.at(x, y), expected(x, y));
            for (channel, (got, wanted)) in got.into_iter().zip(wanted).enumerate() {
                let seen = if channel == 3 {
                    1.0
                } else {
                    wanted_alpha(expected(x, y))
                };
                let off = (f64::from(got) - wanted.clamp(0.0, 255.0)).abs() * seen;
                assert!(off <= within, "{what} at {x},{y}: {got} for {wanted}");
            }
        }
    }
}

/// Where little is seen, its colour matters as little.
fn wanted_alpha([.., alpha]: [f64; 4]) -> f64 {
    alpha / 255.0
}

/// Brightness, contrast, gamma and saturation.
const TONES: [(&str, [f64; 4]); 9] = [
    ("brightness=1.5", [1.5, 1.0, 1.0, 1.0]),
    ("brightness=0", [0.0, 1.0, 1.0, 1.0]),
    ("contrast=1.4", [1.0, 1.4, 1.0, 1.0]),
    ("contrast=0", [1.0, 0.0, 1.0, 1.0]),
    ("gamma=2.2", [1.0, 1.0, 2.2, 1.0]),
    ("gamma=0.5", [1.0, 1.0, 0.5, 1.0]),
    ("saturation=0", [1.0, 1.0, 1.0, 0.0]),
    ("saturation=2.5", [1.0, 1.0, 1.0, 2.5]),
    (
        "brightness=0.8&contrast=1.2&gamma=1.3&saturation=1.5",
        [0.8, 1.2, 1.3, 1.5],
    ),
];

#[tokio::test]
async fn tones_are_those_of_css() {
    let server = TestServer::start().await;
    for image in [photo(60, 40), fading(60, 40)] {
        for (query, [brightness, contrast, gamma, saturation]) in TONES {
            let picture = made(&server, &format!("/modulate?{query}"), &image, (60, 40)).await;
            let expected = |x, y| {
                let [r, g, b, alpha] = image.get_pixel(x, y).0.map(f64::from);
                let [r, g, b] = [r, g, b].map(|sample| {
                    let bright = (sample / 255.0 * brightness).min(1.0);
                    let sample = ((bright - 0.5) * contrast + 0.5).clamp(0.0, 1.0);
                    sample.powf(1.0 / gamma) * 255.0
                });
                let grey = 0.213 * r + 0.715 * g + 0.072 * b;
                let mix = |sample: f64| grey + (sample - grey) * saturation;
                [mix(r), mix(g), mix(b), alpha]
            };
            assert_near(&picture, expected, 0.6, query);
        }
    }
    // Grey stays grey.
    let grey = RgbaImage::from_fn(30, 20, |x, _| {
        let sample = u8::try_from(x * 8).unwrap();
        Rgba([sample, sample, sample, 255])
    });
    let picture = made(
        &server,
        "/modulate?saturation=3&brightness=2",
        &grey,
        (30, 20),
    )
    .await;
    picture.assert_at(10, 3, [160, 160, 160, 255], 0);
}

/// Sharpening in its plainest form: a two-dimensional blur at each pixel.
fn sharpened(image: &RgbaImage, (sigma, reach): (f64, i64), x: u32, y: u32) -> [f64; 4] {
    let light = |pixel: [f64; 4]| 0.2126 * pixel[0] + 0.7152 * pixel[1] + 0.0722 * pixel[2];
    let inside = |at: u32, by: i64, side: u32| {
        u32::try_from((i64::from(at) + by).clamp(0, i64::from(side) - 1)).unwrap()
    };
    let (mut sum, mut weights) = (0.0, 0.0);
    for down in -reach..=reach {
        let y = inside(y, down, image.height());
        for across in -reach..=reach {
            let pixel = image.get_pixel(inside(x, across, image.width()), y);
            let pixel = pixel.0.map(f64::from);
            let distance = (down * down + across * across) as f64;
            let weight = (-distance / (2.0 * sigma * sigma)).exp() * pixel[3];
            sum += light(pixel) * weight;
            weights += weight;
        }
    }
    let pixel = image.get_pixel(x, y).0.map(f64::from);
    let soft = if weights > 0.0 { sum / weights } else { 0.0 };
    let difference = light(pixel) - soft;
    let beyond = 3.0 * (difference.abs() - 5.1).max(0.0);
    let added = if difference < 0.0 {
        -beyond.min(51.0)
    } else {
        beyond.min(25.5)
    };
    [
        pixel[0] + added,
        pixel[1] + added,
        pixel[2] + added,
        pixel[3],
    ]
}

#[tokio::test]
async fn sharpening_adds_what_a_blur_would_take() {
    let server = TestServer::start().await;
    // Steps of all heights, so that each part of the curve is met.
    let steps = RgbaImage::from_fn(50, 30, |x, y| {
        let sample = 20 + u8::try_from(x / 7 * 30).unwrap() + u8::try_from(y % 4 * 8).unwrap();
        Rgba([sample, sample / 2, 255 - sample, 255])
    });
    for (name, image) in [
        ("steps", steps),
        ("photo", photo(50, 30)),
        ("fading", fading(50, 30)),
        ("narrow", photo(3, 2)),
        ("quarters", quarters(20, 20)),
    ] {
        for (sigma, reach) in [(0.5, 2), (1.0, 3), (4.0, 12)] {
            let path = format!("/sharpen?sharpen={sigma}");
            let size = (image.width(), image.height());
            let picture = made(&server, &path, &image, size).await;
            let expected = |x, y| sharpened(&image, (sigma, reach), x, y);
            assert_near(&picture, expected, 0.6, &format!("{name} by {sigma}"));
        }
    }
}

#[tokio::test]
async fn squares_are_means() {
    let server = TestServer::start().await;
    for image in [photo(50, 31), fading(50, 31)] {
        for square in [2, 7, 31, 1000] {
            let path = format!("/pixelate?pixelate={square}");
            let picture = made(&server, &path, &image, (50, 31)).await;
            let expected = |x: u32, y: u32| {
                let (left, top) = (x / square * square, y / square * square);
                let (mut sums, mut count) = ([0.0; 4], 0.0);
                for y in top..(top + square).min(31) {
                    for x in left..(left + square).min(50) {
                        let [r, g, b, alpha] = image.get_pixel(x, y).0.map(f64::from);
                        for (sum, value) in sums.iter_mut().zip([r, g, b, 1.0]) {
                            *sum += value * alpha;
                        }
                        count += 1.0;
                    }
                }
                let [r, g, b, alpha] = sums;
                let seen = f64::max(alpha, 1.0);
                [r / seen, g / seen, b / seen, alpha / count]
            };
            assert_near(&picture, expected, 0.6, &path);
        }
    }
}

#[tokio::test]
async fn a_border_is_background() {
    let server = TestServer::start().await;
    let image = photo(30, 20);
    for (query, (width, height), (left, top), beside) in [
        ("pad=5", (40, 30), (5, 5), [0, 0, 0, 0]),
        ("pad=4,7&background=fff", (44, 28), (7, 4), [255; 4]),
        (
            "pad=1,2,3,4&background=10,20,30",
            (36, 24),
            (4, 1),
            [10, 20, 30, 255],
        ),
        (
            "pad=0,0,3,0&background=red",
            (30, 23),
            (0, 0),
            [255, 0, 0, 255],
        ),
    ] {
        let picture = made(&server, &format!("/pad?{query}"), &image, (width, height)).await;
        for y in 0..height {
            for x in 0..width {
                let inside = x.checked_sub(left).zip(y.checked_sub(top));
                let inside = inside.filter(|&(x, y)| x < 30 && y < 20);
                let expected = inside.map_or(beside, |(x, y)| image.get_pixel(x, y).0);
                picture.assert_at(x, y, expected, 0);
            }
        }
    }
    // Behind a size, and in a format without alpha.
    let answer = server
        .post("/resize?width=60&pad=10&enlarge", &jpeg(&image))
        .await;
    let picture = answer.picture("image/jpeg", 80, 60);
    picture.assert_at(2, 2, [255; 4], 3);
}

#[tokio::test]
async fn corners_are_round() {
    let server = TestServer::start().await;
    for (query, (width, height), radius) in [
        ("radius=12", (60, 40), 12.0),
        ("radius=max", (40, 40), 20.0),
        ("radius=1000", (60, 30), 15.0),
        ("radius=1", (20, 20), 1.0),
    ] {
        let image = photo(width, height);
        let picture = made(&server, &format!("/round?{query}"), &image, (width, height)).await;
        let covered = |x: u32, y: u32| {
            // The part of 16 × 16 points in the pixel that lie within.
            let inside = (0..256).filter(|at| {
                let part = |at: u32| (f64::from(at) + 0.5) / 16.0;
                let (x, y) = (f64::from(x) + part(at % 16), f64::from(y) + part(at / 16));
                let beyond = |at: f64, side: u32| {
                    (radius - at).max(at - (f64::from(side) - radius)).max(0.0)
                };
                beyond(x, width).hypot(beyond(y, height)) <= radius
            });
            inside.count() as f64 / 256.0 * 255.0
        };
        for y in 0..height {
            for x in 0..width {
                let alpha = f64::from(picture.at(x, y)[3]);
                let off = (alpha - covered(x, y)).abs();
                assert!(
                    off <= 26.0,
                    "{query} at {x},{y}: {alpha}, not {}",
                    covered(x, y)
                );
            }
        }
    }
    let answer = server
        .post("/round?radius=max&background=00f", &jpeg(&photo(40, 40)))
        .await;
    answer
        .picture("image/jpeg", 40, 40)
        .assert_at(0, 0, [0, 0, 255, 255], 20);
}

#[tokio::test]
async fn effects_come_in_their_order_on_any_operation() {
    let server = TestServer::start().await;
    let image = quarters(60, 40);
    let all = "brightness=1.1&sharpen=1&sigma=0.8&pixelate=4&pad=3&radius=9";
    let path = format!("/resize?width=30&{all}");
    let picture = made(&server, &path, &image, (36, 26)).await;
    let steps = r#"[{"operation":"resize","params":{"width":30}},
        {"operation":"modulate","params":{"brightness":1.1}},
        {"operation":"sharpen","params":{"sharpen":1}},
        {"operation":"blur","params":{"sigma":0.8}},
        {"operation":"pixelate","params":{"pixelate":4}},
        {"operation":"pad","params":{"pad":"3"}},
        {"operation":"round","params":{"radius":"9"}}]"#;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("operations", steps)
        .finish();
    let stepped = made(&server, &format!("/pipeline?{query}"), &image, (36, 26)).await;
    assert!(picture == stepped);
    // Each makes a difference, in every format.
    for file in [
        png(&image),
        jpeg(&image),
        encoded(&image, image::ImageFormat::WebP),
    ] {
        let mut seen = vec![server.post("/convert?type=png", &file).await.body];
        for query in all.split('&').chain(["grayscale"]) {
            let answer = server
                .post(&format!("/convert?type=png&{query}"), &file)
                .await;
            assert_eq!(answer.status, 200, "{query}");
            assert!(!seen.contains(&answer.body), "{query}");
            seen.push(answer.body);
        }
    }
}

#[tokio::test]
async fn effects_are_needed_and_bounded() {
    let server = TestServer::start().await;
    let file = png(&photo(30, 20));
    for (path, code) in [
        ("/sharpen", "missing-parameter"),
        ("/sharpen?sharpen=0", "missing-parameter"),
        ("/modulate", "missing-parameter"),
        ("/modulate?gamma=1", "missing-parameter"),
        ("/pixelate?pixelate=1", "missing-parameter"),
        ("/pad?pad=0", "missing-parameter"),
        ("/round", "missing-parameter"),
        ("/sharpen?sharpen=11", "invalid-parameter"),
        ("/modulate?gamma=0", "invalid-parameter"),
        ("/modulate?brightness=-1", "invalid-parameter"),
        ("/pixelate?pixelate=0", "invalid-parameter"),
        ("/pad?pad=1,2,3", "invalid-parameter"),
        ("/pad?pad=10001", "invalid-parameter"),
        ("/pad?pad=1;2", "invalid-parameter"),
        ("/round?radius=-1", "invalid-parameter"),
        ("/round?radius=half", "invalid-parameter"),
    ] {
        let answer = server.post(path, &file).await;
        answer.problem(400, code);
    }
    // What imaginary doesn't know, it doesn't refuse.
    let imaginary = TestServer::start_as("compat = \"imaginary\"").await;
    let nonsense =
        "pad=x&radius=half&trim=y&brightness=-1&gamma=0&sharpen=z&pixelate=0&metadata=what";
    let answer = imaginary.post(&format!("/flip?{nonsense}"), &file).await;
    answer.picture(PNG, 30, 20);
    let answer = server.post("/pad?pad=9000", &file).await;
    answer.problem(422, "output-too-large");
}
