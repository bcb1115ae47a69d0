//! Pictures drawn over pictures: where, how strongly, and how they come.

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::fixtures::{BLUE, GREEN, RED, encoded, giant_png, jpeg, oriented, photo, png, quarters};
use crate::origin::{Origin, Reply};
use crate::remote::remote;
use crate::support::{Answer, Picture, TestServer, form};

const PNG: &str = "image/png";
const END: &str = "------test-boundary--\r\n";

/// A form of these parts, each with a file name, and fields before them.
pub(crate) fn parts(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = form(fields, None);
    body.truncate(body.len() - END.len());
    for &file in files {
        body.extend(form(&[], Some(file)));
        body.truncate(body.len() - END.len());
    }
    body.extend(END.as_bytes());
    body
}

pub(crate) fn form_type() -> (&'static str, &'static str) {
    (
        "Content-Type",
        "multipart/form-data; boundary=----test-boundary",
    )
}

pub(crate) async fn sent(server: &TestServer, path: &str, files: &[(&str, &[u8])]) -> Answer {
    server
        .send("POST", path, &[form_type()], &parts(&[], files))
        .await
}

async fn drawn(server: &TestServer, query: &str, file: &[u8], mark: &[u8]) -> Answer {
    let path = format!("/watermarkimage?{query}");
    sent(server, &path, &[("file", file), ("image", mark)]).await
}

/// A strip of all degrees of transparency.
fn mark() -> RgbaImage {
    RgbaImage::from_fn(52, 20, |x, y| {
        Rgba([
            200,
            10 * u8::try_from(y).unwrap(),
            40,
            u8::try_from(x * 5).unwrap(),
        ])
    })
}

/// Porter and Duff's *over* in floating point.
fn over(front: [u8; 4], opacity: f64, back: [u8; 4]) -> [f64; 4] {
    let [f, b] = [front, back].map(|pixel| pixel.map(f64::from));
    let (front_alpha, back_alpha) = (f[3] / 255.0 * opacity, b[3] / 255.0);
    let alpha = front_alpha + back_alpha * (1.0 - front_alpha);
    let mix = |i: usize| {
        if alpha == 0.0 {
            return 0.0;
        }
        (f[i] * front_alpha + b[i] * back_alpha * (1.0 - front_alpha)) / alpha
    };
    [mix(0), mix(1), mix(2), alpha * 255.0]
}

#[tokio::test]
async fn a_picture_is_put_over_another() {
    let server = TestServer::start().await;
    let opaque = photo(120, 90);
    let half = RgbaImage::from_fn(120, 90, |x, y| {
        let [r, g, b, _] = opaque.get_pixel(x, y).0;
        Rgba([r, g, b, u8::try_from(2 * x).unwrap()])
    });
    for (name, back) in [("opaque", opaque), ("transparent", half)] {
        for (query, (left, top), opacity) in [
            ("", (0, 0), 1.0),
            ("left=30&top=11", (30, 11), 1.0),
            ("left=5&opacity=0.4", (5, 0), 102.0 / 255.0),
            ("opacity=0", (0, 0), 1.0),
            // Cut at the edges.
            ("left=100&top=80", (100, 80), 1.0),
            ("left=119&top=89", (119, 89), 1.0),
        ] {
            let answer = drawn(&server, query, &png(&back), &png(&mark())).await;
            let picture = answer.picture(PNG, 120, 90);
            for (x, y, &Rgba(pixel)) in back.enumerate_pixels() {
                let front = x.checked_sub(left).zip(y.checked_sub(top));
                let front = front.filter(|&(x, y)| x < 52 && y < 20);
                let expected = match front {
                    Some((x, y)) => over(mark().get_pixel(x, y).0, opacity, pixel),
                    None => pixel.map(f64::from),
                };
                let got = picture.at(x, y).map(f64::from);
                // Where next to nothing is seen, its colour is as coarse as its alpha.
                let near =
                    (0..3).all(|i| (got[i] - expected[i]).abs() * expected[3] / 255.0 <= 1.5);
                let seen = (got[3] - expected[3]).abs() <= 1.0;
                assert!(
                    near && seen,
                    "{name} {query} {x},{y}: {got:?}, not {expected:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn all_kinds_of_pictures_meet() {
    let server = TestServer::start().await;
    let grey = |image: &RgbaImage| {
        let image = DynamicImage::ImageLuma8(DynamicImage::ImageRgba8(image.clone()).to_luma8());
        let mut bytes = std::io::Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    };
    let files = [
        ("grey", grey(&photo(80, 60))),
        ("rgb", png(&photo(80, 60))),
        ("jpeg", jpeg(&photo(80, 60))),
        ("webp", encoded(&photo(80, 60), ImageFormat::WebP)),
        ("gif", encoded(&photo(80, 60), ImageFormat::Gif)),
        ("turned", oriented(6)),
    ];
    for (name, file) in &files {
        for (mark_name, mark) in &files {
            let answer = drawn(&server, "left=10&top=20&type=png", file, mark).await;
            let bare = server.post("/convert?type=png", file).await;
            let mark = server.post("/convert?type=png", mark).await;
            let [made, bare, mark] = [&answer, &bare, &mark].map(|a| Picture::decode(&a.body));
            for (x, y) in [(9, 19), (9, 25), (15, 19), (10, 20), (30, 35)] {
                let expected = if x >= 10 && y >= 20 {
                    mark.at(x - 10, y - 20)
                } else {
                    bare.at(x, y)
                };
                // A JPEG's chroma may be drawn from its planes by another way there.
                made.assert_at(x, y, expected, 6);
                assert!(name != &"grey" || mark_name != &"grey" || expected[0] == expected[2]);
            }
        }
    }
    // To what has no alpha, too.
    let jpeg = drawn(&server, "", &files[2].1, &png(&quarters(20, 20))).await;
    let picture = jpeg.picture("image/jpeg", 80, 60);
    picture.assert_at(3, 3, RED, 20);
    picture.assert_at(16, 16, [250, 250, 250, 255], 20);
    let webp = drawn(&server, "width=40", &files[3].1, &png(&quarters(20, 20))).await;
    let picture = webp.picture("image/webp", 40, 30);
    picture.assert_at(16, 3, GREEN, 25);
    picture.assert_at(3, 16, BLUE, 25);
}

#[tokio::test]
async fn what_is_larger_than_the_picture_is_cut() {
    let server = TestServer::start().await;
    let large = drawn(&server, "", &png(&photo(50, 40)), &png(&quarters(400, 300))).await;
    let picture = large.picture(PNG, 50, 40);
    assert!(picture.rgba.iter().all(|&pixel| pixel == RED));
    for path in ["left=50", "top=40", "left=1000000"] {
        drawn(&server, path, &png(&photo(50, 40)), &png(&mark()))
            .await
            .problem(400, "invalid-parameter");
    }
}

#[tokio::test]
async fn a_form_brings_both_in_any_order() {
    let server = TestServer::start().await;
    let (file, other, mark) = (png(&photo(60, 50)), png(&photo(30, 20)), png(&mark()));
    let (file, other, mark) = (file.as_slice(), other.as_slice(), mark.as_slice());
    let path = "/watermarkimage?left=3";
    let expected = drawn(&server, "left=3", file, mark).await;
    expected.picture(PNG, 60, 50);
    for files in [
        [("image", mark), ("file", file), ("x", other)].as_slice(),
        &[("file", file), ("image", mark), ("image", other)],
        &[("photo", file), ("image", mark)],
        &[("x", other), ("image", mark), ("file", file)],
    ] {
        let answer = sent(&server, path, files).await;
        assert_eq!(answer.body, expected.body);
        assert_eq!(answer.header("etag"), expected.header("etag"));
    }
    let another = drawn(&server, "left=3", file, other).await;
    assert_ne!(another.header("etag"), expected.header("etag"));
    // Only what draws takes it for a second.
    sent(&server, "/resize?width=20", &[("image", mark)])
        .await
        .picture(PNG, 20, 8);
    let steps = [(
        "operations",
        r#"[{"operation":"resize","params":{"width":20}}]"#,
    )];
    let body = parts(&steps, &[("image", mark)]);
    let answer = server
        .send("POST", "/pipeline", &[form_type()], &body)
        .await;
    answer.picture(PNG, 20, 8);
    // The parameters are those before the picture.
    let body = parts(&[("left", "3")], &[("image", mark), ("file", file)]);
    let answer = server
        .send("POST", "/watermarkimage", &[form_type()], &body)
        .await;
    assert_eq!(answer.body, expected.body);
}

#[tokio::test]
async fn a_step_of_a_pipeline_draws_it() {
    let server = TestServer::start().await;
    let steps = r#"[{"operation":"resize","params":{"width":60}},
        {"operation":"watermarkImage","params":{"left":3,"top":4}},
        {"operation":"rotate","params":{"rotate":180}},
        {"operation":"watermarkImage","params":{"opacity":0.5}}]"#;
    let (file, mark) = (png(&photo(120, 90)), png(&quarters(20, 10)));
    let body = parts(
        &[("operations", steps)],
        &[("file", &file), ("image", &mark)],
    );
    let answer = server
        .send("POST", "/pipeline", &[form_type()], &body)
        .await;
    let picture = answer.picture(PNG, 60, 45);
    // The first one turned: its red corner is the lower right one now.
    picture.assert_at(60 - 4, 45 - 5, RED, 1);
    picture.assert_at(60 - 22, 45 - 13, [250, 250, 250, 255], 1);
    let bare = server
        .post("/resize?width=60", &file)
        .await
        .picture(PNG, 60, 45);
    let behind = bare.at(60 - 1 - 2, 45 - 1 - 2);
    let mixed = [0, 1, 2].map(|i| u8::midpoint(RED[i], behind[i]));
    picture.assert_at(2, 2, [mixed[0], mixed[1], mixed[2], 255], 2);
    // What is missing is said of the step, and may be ignored.
    let missing = sent(&server, &steps_path(steps), &[("file", &file)]).await;
    let document = missing.problem(400, "missing-parameter");
    assert_eq!(document["step"], 2);
    let steps = r#"[{"operation":"watermarkImage","ignore_failure":true},{"operation":"flip"}]"#;
    let ignored = sent(&server, &steps_path(steps), &[("file", &file)]).await;
    assert_eq!(
        ignored.picture(PNG, 120, 90),
        server.post("/flip", &file).await.picture(PNG, 120, 90)
    );
    // Its name there is imaginary's.
    let steps = r#"[{"operation":"watermarkimage"}]"#;
    let unknown = sent(&server, &steps_path(steps), &[("file", &file)]).await;
    let document = unknown.problem(400, "invalid-parameter");
    assert!(
        document["allowed"]
            .as_str()
            .unwrap()
            .contains("watermarkImage")
    );
}

fn steps_path(steps: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("operations", steps)
        .finish();
    format!("/pipeline?{query}")
}

#[tokio::test]
async fn what_cannot_be_drawn_is_a_problem() {
    let server = TestServer::start_with(|config| config.pipeline.max_pixels = 1_000_000).await;
    let file = png(&photo(60, 50));
    server
        .post("/watermarkimage", &file)
        .await
        .problem(400, "missing-parameter");
    server
        .post("/watermarkimage?image=http://127.0.0.1/x.png", &file)
        .await
        .problem(403, "forbidden-source");
    for (name, second, status, code) in [
        ("nothing", &b""[..], 400, "missing-parameter"),
        ("text", b"not a picture", 422, "invalid-image"),
        ("cut", &png(&mark())[..60], 422, "invalid-image"),
        ("large", &giant_png(2000, 2000), 422, "image-too-large"),
    ] {
        let answer = drawn(&server, "", &file, second).await;
        assert_eq!(answer.status, status, "{name}");
        answer.problem(status, code);
    }
    sent(&server, "/watermarkimage", &[("image", &png(&mark()))])
        .await
        .problem(400, "missing-parameter");
    server
        .settled(|figures| figures.upload_memory.0 == 0 && figures.pixel_memory.0 == 0)
        .await;
}

#[tokio::test]
async fn a_url_names_it() {
    let origin = Origin::start([
        ("/mark.png", Reply::picture(png(&mark()))),
        ("/file.png", Reply::picture(png(&photo(60, 50)))),
    ])
    .await;
    let server = TestServer::start_with(|config| {
        config.source.remote = Some(remote(&[&origin]));
        config.http.fetch.forward_authorization = true;
    })
    .await;
    let file = png(&photo(60, 50));
    let url = origin.url("/mark.png");
    let expected = drawn(&server, "left=3", &file, &png(&mark())).await;
    let query = format!("left=3&image={url}");
    let posted = server
        .post(&format!("/watermarkimage?{query}"), &file)
        .await;
    assert_eq!(posted.body, expected.body);
    assert_eq!(posted.header("etag"), expected.header("etag"));
    let path = format!("/watermarkimage?{query}&url={}", origin.url("/file.png"));
    let word = [("Authorization", "Basic eDp5")];
    let got = server.send("GET", &path, &word, &[]).await;
    assert_eq!(got.body, expected.body);
    // Nothing of the client goes there, and what is drawn is part of what it holds.
    for asked in origin.asked() {
        let given = asked.header("authorization").is_some();
        assert_eq!(given, asked.path == "/file.png", "{}", asked.path);
    }
    let held = [("If-None-Match", expected.header("etag").unwrap())];
    let again = server.send("GET", &path, &held, &[]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    origin.set("/mark.png", Reply::picture(png(&quarters(9, 9))));
    let other = server.send("GET", &path, &held, &[]).await;
    assert!(other.picture(PNG, 60, 50) != expected.picture(PNG, 60, 50));
    // A step names its own, each is fetched once, and the form has another.
    let before = origin.count();
    let steps = format!(
        r#"[{{"operation":"watermarkImage","params":{{"image":"{url}"}}}},
            {{"operation":"watermarkImage","params":{{"left":30}}}},
            {{"operation":"watermarkImage","params":{{"image":"{url}","top":40}}}}]"#
    );
    let files: [(&str, &[u8]); 2] = [("file", &file), ("image", &png(&quarters(20, 10)))];
    let picture = sent(&server, &steps_path(&steps), &files).await;
    let picture = picture.picture(PNG, 60, 50);
    for (x, y) in [(1, 1), (31, 1), (1, 41)] {
        picture.assert_at(x, y, RED, 1);
    }
    assert_eq!(origin.count(), before + 1);
    server
        .settled(|figures| figures.upload_memory.0 == 0 && figures.pixel_memory.0 == 0)
        .await;
}

#[tokio::test]
async fn a_url_without_a_picture_is_a_problem_or_ignored() {
    let origin = Origin::start([
        ("/file.png", Reply::picture(png(&photo(60, 50)))),
        ("/text", Reply::picture(b"not a picture".to_vec())),
        ("/gone", Reply::status(404)),
    ])
    .await;
    let server =
        TestServer::start_with(|config| config.source.remote = Some(remote(&[&origin]))).await;
    let file = png(&photo(60, 50));
    let bare = server.post("/convert?type=png", &file).await;
    let bare = bare.picture(PNG, 60, 50);
    for (place, status, code) in [
        ("/text", 422, "invalid-image"),
        ("/gone", 502, "source-failed"),
    ] {
        let image = origin.url(place);
        let path = format!("/watermarkimage?image={image}");
        server.post(&path, &file).await.problem(status, code);
        let path = format!("{path}&url={}", origin.url("/file.png"));
        server.get(&path).await.problem(status, code);
        let steps = format!(
            r#"[{{"operation":"watermarkImage","ignore_failure":true,"params":{{"image":"{image}"}}}}]"#
        );
        let ignored = server.post(&steps_path(&steps), &file).await;
        assert!(ignored.picture(PNG, 60, 50) == bare, "{place}");
    }
    server
        .settled(|figures| figures.upload_memory.0 == 0 && figures.pixel_memory.0 == 0)
        .await;
}

#[tokio::test]
async fn nobody_is_asked_who_may_not_be() {
    let origin = Origin::start([("/mark.png", Reply::picture(png(&mark())))]).await;
    let file = png(&photo(60, 50));
    let url = origin.url("/mark.png");
    let off = TestServer::start().await;
    let guarded = TestServer::start_with(|config| config.source.remote = Some(remote(&[]))).await;
    for server in [&off, &guarded] {
        for place in [url.as_str(), "http://169.254.169.254/", "http://[::1]/"] {
            let path = format!("/watermarkimage?image={place}");
            let problem = server.post(&path, &file).await;
            assert_eq!(
                problem.problem(403, "forbidden-source")["parameter"],
                "image"
            );
            let steps =
                format!(r#"[{{"operation":"watermarkImage","params":{{"image":"{place}"}}}}]"#);
            server
                .post(&steps_path(&steps), &file)
                .await
                .problem(403, "forbidden-source");
        }
    }
    for place in [
        "file:///etc/hostname",
        "mark.png",
        "/etc/passwd",
        "ftp://127.0.0.1/x",
    ] {
        let path = format!("/watermarkimage?image={place}");
        let problem = guarded.post(&path, &file).await;
        assert_eq!(
            problem.problem(400, "invalid-parameter")["parameter"],
            "image"
        );
    }
    assert_eq!(origin.count(), 0);
}
