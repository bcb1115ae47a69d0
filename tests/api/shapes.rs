//! Operations on the shape of a picture whose four quarters can be told apart.

use image::{Rgba, RgbaImage};

use crate::fixtures::{BLUE, GREEN, RED, WHITE, jpeg, photo, png, quarters, with_exif};
use crate::support::{Picture, TestServer};

const PNG: &str = "image/png";

/// The four corners of the answer, from the upper left, row by row.
type Corners = [[u8; 4]; 4];

#[expect(clippy::too_many_lines, reason = "a table")]
#[tokio::test]
async fn each_operation_makes_its_shape() {
    let server = TestServer::start().await;
    let body = png(&quarters(120, 80));
    let rows: &[(&str, (u32, u32), Corners)] = &[
        ("/rotate?rotate=90", (80, 120), [BLUE, RED, WHITE, GREEN]),
        ("/rotate?rotate=180", (120, 80), [WHITE, BLUE, GREEN, RED]),
        ("/rotate?rotate=270", (80, 120), [GREEN, WHITE, RED, BLUE]),
        ("/rotate?rotate=360", (120, 80), [RED, GREEN, BLUE, WHITE]),
        (
            "/rotate?rot=450&width=40",
            (40, 60),
            [BLUE, RED, WHITE, GREEN],
        ),
        (
            "/rotate?rotate=90&width=40&height=40",
            (27, 40),
            [BLUE, RED, WHITE, GREEN],
        ),
        (
            "/rotate?rotate=90&width=500",
            (80, 120),
            [BLUE, RED, WHITE, GREEN],
        ),
        ("/flip", (120, 80), [GREEN, RED, WHITE, BLUE]),
        ("/flop", (120, 80), [BLUE, WHITE, RED, GREEN]),
        ("/flip?flop=true", (120, 80), [WHITE, BLUE, GREEN, RED]),
        (
            "/resize?width=60&flip=1&rotate=90",
            (60, 90),
            [RED, BLUE, GREEN, WHITE],
        ),
        ("/autorotate", (120, 80), [RED, GREEN, BLUE, WHITE]),
        ("/thumbnail?width=60", (60, 40), [RED, GREEN, BLUE, WHITE]),
        (
            "/thumbnail?width=240",
            (240, 160),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/thumbnail?width=50&height=50",
            (50, 50),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/fit?width=60&height=60",
            (60, 40),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/fit?width=600&height=600",
            (120, 80),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/fit?width=600&height=600&force=true",
            (600, 400),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/enlarge?width=240&height=240",
            (240, 240),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/enlarge?width=240&height=240&nocrop=true",
            (240, 160),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/crop?width=40&height=40",
            (40, 40),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/crop?width=20&height=40&gravity=west",
            (20, 40),
            [RED, RED, BLUE, BLUE],
        ),
        (
            "/crop?width=50&gravity=east",
            (50, 80),
            [GREEN, GREEN, WHITE, WHITE],
        ),
        (
            "/crop?height=30&gravity=south",
            (120, 30),
            [BLUE, WHITE, BLUE, WHITE],
        ),
        ("/crop?width=500", (120, 80), [RED, GREEN, BLUE, WHITE]),
        (
            "/crop?width=500&height=500",
            (120, 80),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/crop?width=240&height=40",
            (240, 40),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/crop?width=40&height=40&force=true",
            (40, 40),
            [RED, GREEN, BLUE, WHITE],
        ),
        ("/extract?areawidth=30&areaheight=20", (30, 20), [RED; 4]),
        (
            "/extract?left=90&top=60&areawidth=30&areaheight=20",
            (30, 20),
            [WHITE; 4],
        ),
        (
            "/extract?left=45&top=30&areawidth=30&areaheight=20",
            (30, 20),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/extract?width=60&areawidth=20&areaheight=20&left=40",
            (20, 20),
            [GREEN; 4],
        ),
        ("/zoom?factor=1", (240, 160), [RED, GREEN, BLUE, WHITE]),
        (
            "/zoom?factor=2&left=170&top=110&areawidth=20&areaheight=20",
            (20, 20),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/zoom?factor=1&left=1&areawidth=60&areaheight=50&nocrop=false",
            (120, 80),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/zoom?factor=1&width=60",
            (60, 40),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/resize?width=60&height=60&embed=true",
            (60, 60),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/resize?width=60&height=60&extend=white",
            (60, 60),
            [WHITE; 4],
        ),
        (
            "/resize?width=60&height=60&extend=mirror",
            (60, 60),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/resize?width=60&height=60&extend=background&background=1e28d2",
            (60, 60),
            [BLUE; 4],
        ),
        (
            "/resize?width=300&height=300&extend=white",
            (120, 80),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/resize?width=60&aspectratio=1:1&fit=fill",
            (60, 60),
            [RED, GREEN, BLUE, WHITE],
        ),
        (
            "/crop?height=40&aspectratio=1:2&gravity=west",
            (20, 40),
            [RED, RED, BLUE, BLUE],
        ),
        (
            "/resize?width=40&height=40&nocrop=false&gravity=west",
            (40, 40),
            [RED, GREEN, BLUE, WHITE],
        ),
    ];
    for &(path, (width, height), corners) in rows {
        let picture = server.post(path, &body).await.picture(PNG, width, height);
        let (right, bottom) = (width - 3, height - 3);
        let places = [(2, 2), (right, 2), (2, bottom), (right, bottom)];
        for ((x, y), colour) in places.into_iter().zip(corners) {
            let got = picture.at(x, y);
            let off = got.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max();
            assert!(
                off <= Some(12),
                "{path} at {x},{y}: {got:?}, not {colour:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_lies_outside_is_refused() {
    let server = TestServer::start().await;
    let body = png(&quarters(120, 80));
    for (path, parameter) in [
        ("/extract?areawidth=121&areaheight=80", "areawidth"),
        ("/extract?areawidth=50&areaheight=50&left=71", "areawidth"),
        ("/extract?areawidth=50", "areawidth and areaheight"),
        (
            "/zoom?factor=1&left=200&areawidth=50&areaheight=10",
            "areawidth",
        ),
        ("/zoom?factor=0", "factor"),
        ("/zoom?factor=101", "factor"),
        ("/rotate?rotate=45", "rotate"),
        ("/rotate?rotate=-90", "rotate"),
        ("/resize?width=5&aspectratio=4", "aspectratio"),
        ("/resize?width=5&aspectratio=0:1", "aspectratio"),
        ("/resize?width=5&extend=weird", "extend"),
        ("/resize?width=5&colorspace=lab", "colorspace"),
        ("/blur?sigma=1001", "sigma"),
        ("/blur", "sigma"),
        ("/fit?width=5", "width and height"),
    ] {
        let answer = server.post(path, &body).await;
        let code = answer.json()["code"].clone();
        let code = code.as_str().unwrap_or("none");
        assert!(
            matches!(code, "invalid-parameter" | "missing-parameter"),
            "{path}: {code}"
        );
        let problem = answer.problem(400, code);
        assert_eq!(problem["parameter"], parameter, "{path}: {problem}");
    }
    // Each pixel a hundred times over: more than may be on the way.
    let answer = server.post("/zoom?factor=19&width=10", &body).await;
    answer.picture(PNG, 10, 7);
    let large = png(&quarters(1200, 800));
    let answer = server.post("/zoom?factor=99&width=10", &large).await;
    answer.problem(422, "output-too-large");
}

#[tokio::test]
async fn what_draws_the_eye_stays() {
    let server = TestServer::start().await;
    // A face's colour on grey, far from the middle.
    let mut scene = RgbaImage::from_pixel(400, 200, Rgba([90, 90, 90, 255]));
    for y in 60..110 {
        for x in 300..350 {
            scene.put_pixel(x, y, Rgba([224, 172, 140, 255]));
        }
    }
    let body = png(&scene);
    for path in [
        "/smartcrop?width=100&height=100",
        "/crop?width=100&height=100&gravity=%20Smart",
        "/resize?width=100&height=100&fit=cover&gravity=attention",
        "/smartcrop?width=100",
    ] {
        let answer = server.post(path, &body).await;
        let height = if path.contains("height") { 100 } else { 200 };
        let picture = answer.picture(PNG, 100, height);
        let places = (0..height).flat_map(|y| (0..100).map(move |x| (x, y)));
        let skin = places.filter(|&(x, y)| picture.at(x, y)[0] > 200).count();
        let all = 100 * height as usize;
        // The scaled patch is a sixteenth, or in the unscaled cut an eighth, of the part.
        assert!(skin * 20 > all, "{path}: {skin} of {all}");
    }
}

#[tokio::test]
async fn blur_spreads_as_a_gaussian() {
    let server = TestServer::start().await;
    let edge = RgbaImage::from_fn(120, 80, |x, _| {
        let sample = if x < 60 { 0 } else { 200 };
        Rgba([sample, sample, sample, 255])
    });
    let picture = server
        .post("/blur?sigma=4", &png(&edge))
        .await
        .picture(PNG, 120, 80);
    // The mask ends where it falls to a fifth: weights of -7..=7, computed here once more.
    let weights: Vec<f64> = (-7..=7_i32)
        .map(|x| (-f64::from(x * x) / 32.0).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    for x in 40..80_u8 {
        let bright = (-7..=7_i32)
            .zip(&weights)
            .filter(|(by, _)| i32::from(x) + by >= 60);
        let share: f64 = bright.map(|(_, weight)| weight).sum::<f64>() / sum;
        let got = f64::from(picture.at(u32::from(x), 40)[0]);
        assert!(
            (got - 200.0 * share).abs() <= 1.5,
            "{x}: {got} for {}",
            200.0 * share
        );
    }
    // A wide one leaves the mean.
    let wide = server
        .post("/blur?sigma=60", &png(&edge))
        .await
        .picture(PNG, 120, 80);
    let mean: f64 = (0..120).map(|x| f64::from(wide.at(x, 40)[0])).sum::<f64>() / 120.0;
    assert!((mean - 100.0).abs() < 6.0, "{mean}");
    assert!(wide.at(2, 40)[0] > 10 && wide.at(117, 40)[0] < 190);
}

#[tokio::test]
async fn colour_goes() {
    let server = TestServer::start().await;
    let body = png(&quarters(40, 20));
    let picture = server
        .post("/convert?type=png&colorspace=bw", &body)
        .await
        .picture(PNG, 40, 20);
    for ((x, y), [r, g, b, _]) in [((2, 2), RED), ((37, 2), GREEN), ((2, 17), BLUE)] {
        let light = |sample: u8| {
            let coded = f64::from(sample) / 255.0;
            if coded <= 0.040_45 {
                coded / 12.92
            } else {
                ((coded + 0.055) / 1.055).powf(2.4)
            }
        };
        let sum = 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
        let wanted = 255.0 * (1.055 * sum.powf(1.0 / 2.4) - 0.055);
        let [r, g, b, _] = picture.at(x, y);
        assert!(
            r == g && g == b && (f64::from(r) - wanted).abs() <= 2.0,
            "{r} for {wanted}"
        );
    }
}

/// `operations`, encoded.
fn pipeline(steps: &str) -> String {
    let encoded: Vec<String> = steps.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("/pipeline?operations={}", encoded.concat())
}

#[expect(clippy::too_many_lines, reason = "two tables")]
#[tokio::test]
async fn a_pipeline_does_its_steps_in_order() {
    let server = TestServer::start().await;
    let body = png(&quarters(120, 80));
    for (steps, (width, height), corner) in [
        (
            r#"[{"operation":"rotate","params":{"rotate":90}},{"operation":"crop","params":{"width":40,"height":40,"gravity":"north"}}]"#,
            (40, 40),
            BLUE,
        ),
        (
            r#"[{"operation":"crop","params":{"width":"60","gravity":"west"}},{"operation":"flip"},{"operation":"resize","params":{"width":30}}]"#,
            (30, 40),
            RED,
        ),
        (
            r#"[{"Operation":"resize","Params":{"width":60}},{"operation":"extract","params":{"left":30,"areawidth":30,"areaheight":20}}]"#,
            (30, 20),
            GREEN,
        ),
        // A step that fails may be left out; what was made before it stays.
        (
            r#"[{"operation":"resize","params":{"width":60}},{"operation":"extract","params":{"areawidth":9999,"areaheight":1},"ignore_failure":true},{"operation":"flop"}]"#,
            (60, 40),
            BLUE,
        ),
        (
            r#"[{"operation":"fit","ignore_failure":true},{"operation":"flip"}]"#,
            (120, 80),
            GREEN,
        ),
        (
            r#"[{"operation":"resize","params":{"width":60,"height":60,"extend":"white"}},{"operation":"rotate","params":{"rotate":90}},{"operation":"extract","params":{"areawidth":8,"areaheight":60}}]"#,
            (8, 60),
            WHITE,
        ),
    ] {
        let answer = server.post(&pipeline(steps), &body).await;
        let picture = answer.picture(PNG, width, height);
        picture.assert_at(2, 2, corner, 12);
    }
    for (steps, code, at) in [
        ("x", "invalid-parameter", None),
        ("[]", "invalid-parameter", None),
        ("null", "invalid-parameter", None),
        (r#"{"operation":"flip"}"#, "invalid-parameter", None),
        (
            r#"[{"operation":"flip","more":1}]"#,
            "invalid-parameter",
            None,
        ),
        (
            r#"[{"operation":"pipeline"}]"#,
            "invalid-parameter",
            Some(1),
        ),
        (
            r#"[{"operation":"flip"},{"operation":"fit","params":{"width":1}}]"#,
            "missing-parameter",
            Some(2),
        ),
        (
            r#"[{"operation":"flip"},{"operation":"resize","params":{"width":"x"},"ignore_failure":true}]"#,
            "invalid-parameter",
            Some(2),
        ),
        (
            r#"[{"operation":"resize","params":{"widht":3}}]"#,
            "unknown-parameter",
            Some(1),
        ),
        (
            r#"[{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"},{"operation":"flip"}]"#,
            "invalid-parameter",
            None,
        ),
    ] {
        let problem = server
            .post(&pipeline(steps), &body)
            .await
            .problem(400, code);
        assert_eq!(problem["step"].as_u64(), at, "{steps}: {problem}");
    }
    server
        .post("/pipeline", &body)
        .await
        .problem(400, "missing-parameter");
}

#[tokio::test]
async fn a_step_shows_its_background_to_the_next() {
    let server = TestServer::start().await;
    let clear = RgbaImage::new(40, 40);
    let body = png(&clear);
    for (steps, colour) in [
        (
            r#"[{"operation":"flip","params":{"background":"f00"}},{"operation":"flop"}]"#,
            [255, 0, 0, 255],
        ),
        (
            r#"[{"operation":"convert","params":{"type":"jpeg"}},{"operation":"convert","params":{"type":"png"}}]"#,
            [255; 4],
        ),
        (r#"[{"operation":"flip"},{"operation":"flop"}]"#, [0; 4]),
    ] {
        let picture = server
            .post(&pipeline(steps), &body)
            .await
            .picture(PNG, 40, 40);
        assert_eq!(picture.at(20, 20), colour, "{steps}");
    }
}

#[tokio::test]
async fn what_isnt_turned_keeps_its_tag() {
    let server = TestServer::start().await;
    for kind in ["jpeg", "png", "webp"] {
        for tag in [1, 3, 6, 8] {
            let body = with_exif(&jpeg(&quarters(120, 80)), tag);
            let media_type = format!("image/{kind}");
            let path = format!("/resize?width=60&norotation=true&type={kind}");
            let answer = server.post(&path, &body).await;
            answer.picture(&media_type, 60, 40).assert_at(3, 3, RED, 60);
            let info = server.post("/info", &answer.body).await.json();
            let stated = if tag == 1 { 0 } else { tag };
            assert_eq!(info["orientation"], stated, "{kind}: {info}");
            let answer = server.post(&format!("{path}&stripmeta=true"), &body).await;
            let info = server.post("/info", &answer.body).await.json();
            assert_eq!(info["orientation"], 0, "{kind}: {info}");
        }
    }
}

#[tokio::test]
async fn planes_are_blurred_as_pixels_are() {
    let server = TestServer::start().await;
    let file = jpeg(&photo(201, 133));
    for sigma in ["0.8", "3", "11", "40"] {
        for more in [
            "",
            "&width=90",
            "&rotate=90",
            "&extend=mirror&width=150&height=150&fit=contain",
        ] {
            let path = format!("/blur?sigma={sigma}{more}");
            let planes = server
                .post(&format!("{path}&type=jpeg&quality=100"), &file)
                .await;
            let pixels = server.post(&format!("{path}&type=png"), &file).await;
            let (planes, pixels) = (Picture::decode(&planes.body), Picture::decode(&pixels.body));
            let psnr = planes.psnr(&pixels);
            assert!(psnr > 38.0, "{path}: {psnr}");
        }
    }
}
