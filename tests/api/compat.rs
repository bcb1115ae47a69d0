//! Imaginary's clients, who find again what they are used to.

use image::ImageFormat;
use pixmill::http::Compat;
use pixmill::pipeline::parameter::PARAMETERS;
use tokio::io::AsyncWriteExt;

use crate::fixtures::{BLUE, RED, encoded, jpeg, photo, png, quarters, with_exif};
use crate::origin::{Origin, Reply};
use crate::remote::remote;
use crate::support::{Answer, TestServer};

async fn imaginary() -> TestServer {
    TestServer::start_with(|config| config.http.compat = Compat::Imaginary).await
}

#[tokio::test]
async fn failures_have_its_statuses_and_sentences() {
    let server = imaginary().await;
    let picture = png(&quarters(60, 40));
    let text = b"no picture at all".to_vec();
    for (path, body, status, message) in [
        ("/resize?width=5", &text, 406, "Unsupported media type"),
        // What the body is comes first.
        ("/resize?width=abc", &text, 406, "Unsupported media type"),
        (
            "/resize?width=abc",
            &picture,
            400,
            "Error while processing parameters, error while processing parameter \"width\" with value \"abc\", error: no valid value",
        ),
        (
            "/resize",
            &picture,
            400,
            "Error while processing the image: Missing required param: height or width",
        ),
        (
            "/fit?width=0",
            &picture,
            400,
            "Error while processing the image: Missing required params: height, width",
        ),
        (
            "/resize?width=5&type=bogus",
            &picture,
            400,
            "Unsupported output image format",
        ),
        (
            "/convert?type=gif",
            &picture,
            400,
            "Error while processing the image: Unsupported image output type",
        ),
        (
            "/pipeline?operations=[{%22operation%22:%22nope%22}]",
            &picture,
            400,
            "Error while processing the image: Unsupported operation name: nope",
        ),
        ("/Resize?width=5", &picture, 404, "Not found"),
    ] {
        let answer = server.post(path, body).await;
        let document = answer.json();
        assert_eq!(answer.status, status, "{path}: {document}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(document["message"], message, "{path}");
        assert_eq!(document["status"], status, "{path}");
        assert_eq!(
            document.as_object().map(serde_json::Map::len),
            Some(2),
            "{path}"
        );
    }
}

#[tokio::test]
async fn answers_are_as_its_clients_know_them() {
    let server = imaginary().await;
    let picture = png(&quarters(120, 80));
    for (path, width, height) in [
        // A letterbox, whose edges go on.
        ("/resize?width=60&height=60", 60, 60),
        ("/resize?width=60&height=60&gravity=smart", 60, 40),
        ("/resize?width=60.4&foo=bar", 60, 40),
        ("/resize?width=-60&width=5", 60, 40),
        ("/resize?width=300&height=300", 120, 80),
        ("/rotate?rotate=100", 80, 120),
        ("/rotate?rotate=360", 80, 120),
        ("/resize?width=60&aspectratio=16:9", 60, 27),
        ("/autorotate?type=jpeg&width=5&quality=3", 120, 80),
        ("/crop?width=30&height=30&gravity=nowhere", 30, 30),
    ] {
        let answer = server.post(path, &picture).await;
        answer.picture("image/png", width, height);
    }
    let boxed = server.post("/resize?width=60&height=60", &picture).await;
    let boxed = boxed.picture("image/png", 60, 60);
    boxed.assert_at(3, 1, RED, 12);
    boxed.assert_at(3, 58, BLUE, 12);
    // JPEG shows black where nothing is.
    let clear = png(&image::RgbaImage::new(20, 20));
    let answer = server.post("/convert?type=jpeg", &clear).await;
    answer
        .picture("image/jpeg", 20, 20)
        .assert_at(9, 9, [0, 0, 0, 255], 3);
    // Its usual quality is 75: the answer is the one that asks for it.
    let photo = jpeg(&photo(200, 150));
    let usual = server.post("/resize?width=100", &photo).await.body;
    let asked = server
        .post("/resize?width=100&quality=75", &photo)
        .await
        .body;
    assert_eq!(usual, asked);
}

/// It makes one pixel of whole blocks, of which 15 of 20 rows are one: what remains isn't half of another.
#[tokio::test]
async fn what_becomes_small_is_made_of_whole_blocks() {
    let server = imaginary().await;
    let slope = png(&image::RgbaImage::from_fn(400, 20, |column, row| {
        let step = |place: u32, times: u32| u8::try_from(place * times + times / 2).unwrap();
        image::Rgba([step(column / 2, 1), step(row, 12), 0, 255])
    }));
    // Red tells which column, green which row: places, and what is there.
    for (path, size, places) in [
        // The middle of 15 rows, not that of all.
        (
            "/resize?width=20",
            (20, 1),
            [((0, 0), [5, 90]), ((19, 0), [194, 90])],
        ),
        (
            "/thumbnail?width=20",
            (20, 1),
            [((0, 0), [5, 90]), ((19, 0), [194, 90])],
        ),
        // The middle 20 of 27 columns.
        (
            "/crop?width=20&height=1",
            (20, 1),
            [((0, 0), [32, 90]), ((19, 0), [174, 90])],
        ),
        // Two rows in a letterbox; of three blocks of six rows.
        (
            "/resize?width=50&height=64",
            (50, 64),
            [((10, 31), [42, 60]), ((10, 32), [42, 156])],
        ),
    ] {
        let answer = server.post(path, &slope).await;
        let picture = answer.picture("image/png", size.0, size.1);
        for ((column, row), [red, green]) in places {
            picture.assert_at(column, row, [red, green, 0, 255], 15);
        }
    }
}

/// Each step reads the file that the one before wrote: a JPEG's decoder takes blocks, whatever the first file was.
#[tokio::test]
async fn steps_take_the_blocks_of_the_file_before_them() {
    let server = TestServer::start_as("compat = \"imaginary\"\nsvg = true").await;
    let landscape = photo(640, 427);
    let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg" width="640" height="427"><path d="M0 0H300V400z"/></svg>"#;
    let cut = r#"{"operation":"smartcrop","params":{"width":80,"height":80}}"#;
    for (file, first, height) in [
        (&jpeg(&landscape)[..], "", 79),
        (&png(&landscape)[..], "", 80),
        (&jpeg(&landscape)[..], "png", 80),
        (&png(&landscape)[..], "jpeg", 79),
        (drawing, "png", 80),
        (drawing, "jpeg", 79),
    ] {
        let convert = format!(r#"{{"operation":"convert","params":{{"type":"{first}"}}}},"#);
        let convert = if first.is_empty() { "" } else { &convert };
        let answer = server
            .post(&pipeline(&format!("[{convert}{cut}]")), file)
            .await;
        let size = (answer.header("image-width"), answer.header("image-height"));
        let height = height.to_string();
        assert_eq!(size, (Some("80"), Some(height.as_str())), "{first}");
    }
}

/// As a client writes steps into a URL.
fn pipeline(steps: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(steps.as_bytes()).collect();
    format!("/pipeline?operations={encoded}")
}

/// A type that it doesn't know is no type in a step, unless a type is all that the step is about.
#[tokio::test]
async fn types_of_steps_are_those_it_knows() {
    let server = imaginary().await;
    let picture = png(&quarters(60, 40));
    for (operation, name, made) in [
        ("resize", "jpeg", Some("image/jpeg")),
        ("resize", "WebP", Some("image/webp")),
        ("resize", "tiff", Some("image/tiff")),
        ("resize", "", Some("image/png")),
        ("resize", "jpg", Some("image/png")),
        ("resize", "tif", Some("image/png")),
        ("resize", "avif", Some("image/png")),
        ("resize", "auto", Some("image/png")),
        ("resize", "bogus", Some("image/png")),
        // It knows what it can't write.
        ("resize", "gif", None),
        ("resize", "svg", None),
        ("convert", "webp", Some("image/webp")),
        ("convert", "jpg", None),
        ("convert", "avif", None),
        ("convert", "auto", None),
        ("convert", "AUTO", None),
        ("convert", "bogus", None),
    ] {
        let step =
            format!(r#"[{{"operation":"{operation}","params":{{"width":50,"type":"{name}"}}}}]"#);
        let accept = [("Accept", "image/webp")];
        let answer = server
            .send("POST", &pipeline(&step), &accept, &picture)
            .await;
        let status = if made.is_some() { 200 } else { 400 };
        assert_eq!(answer.status, status, "{step}");
        let expected = made.unwrap_or("application/json");
        assert_eq!(answer.header("content-type"), Some(expected), "{step}");
    }
    for (name, status) in [
        ("JPEG", 200),
        ("jpg", 400),
        ("tif", 400),
        ("avif", 400),
        ("heif", 400),
    ] {
        let answer = server
            .post(&format!("/convert?type={name}"), &picture)
            .await;
        assert_eq!(answer.status, status, "{name}");
    }
}

/// The parameters that imaginary reads, besides those of who asks and for what.
const THEIRS: &[&str] = &[
    "width",
    "height",
    "top",
    "left",
    "areawidth",
    "areaheight",
    "quality",
    "compression",
    "speed",
    "palette",
    "interlace",
    "type",
    "rotate",
    "factor",
    "margin",
    "textwidth",
    "dpi",
    "opacity",
    "flip",
    "flop",
    "force",
    "embed",
    "nocrop",
    "noreplicate",
    "norotation",
    "noprofile",
    "stripmeta",
    "text",
    "font",
    "image",
    "color",
    "background",
    "colorspace",
    "gravity",
    "extend",
    "aspectratio",
    "sigma",
    "minampl",
    "operations",
    "key",
    "sign",
];

/// What it ignores by its name isn't refused for its value.
#[tokio::test]
async fn what_it_has_no_name_for_is_never_refused() {
    let server = imaginary().await;
    let picture = png(&quarters(60, 40));
    let values = [
        "",
        "nonsense",
        "-1",
        "yes",
        "200x",
        "1e9",
        "99999999999999999999",
        "%00",
        "*",
    ];
    let own = PARAMETERS.iter().filter(|row| !THEIRS.contains(&row.name));
    let own: Vec<_> = own.map(|row| row.name).collect();
    assert_eq!(own.len() + THEIRS.len(), PARAMETERS.len());
    let mut queries = Vec::new();
    for name in own {
        queries.extend(values.map(|value| format!("{name}={value}")));
    }
    queries.extend(
        [
            "width=30&size=200x",
            "height=20&size=x200",
            "enlarge=true&withoutEnlargement=true",
            "page=0&animated=true",
            "stripmeta=true&metadata=keep",
            "operations=[]&hash=x&colors=y",
        ]
        .map(str::to_owned),
    );
    for query in queries {
        for path in ["/flip", "/info"] {
            let answer = server.post(&format!("{path}?{query}"), &picture).await;
            assert_eq!(answer.status, 200, "{path}?{query}");
        }
    }
    // What it has decides, and what it hasn't fills in.
    for (query, width, height) in [
        ("width=30&size=200x", 30, 20),
        ("width=30&size=200x10", 30, 10),
        ("size=30x", 30, 20),
    ] {
        let answer = server.post(&format!("/flip?{query}"), &picture).await;
        answer.picture("image/png", width, height);
    }
    let late = r#"[{"operation":"flip"},{"operation":"flip","params":{"trim":"9","pad":"x"}}]"#;
    let answer = server.post(&pipeline(late), &picture).await;
    answer.picture("image/png", 60, 40);
}

/// In a step, too, and whatever is in the place of a text.
#[tokio::test]
async fn what_a_step_has_no_name_for_is_never_refused() {
    let picture = png(&quarters(60, 40));
    let lenient = TestServer::start_as("lenient_parameters = true").await;
    let servers = [imaginary().await, lenient, TestServer::start().await];
    for (params, statuses) in [
        (r#""foo":null"#, [200, 200, 400]),
        (r#""meta":{"a":1}"#, [200, 200, 400]),
        (r#""x":[1]"#, [200, 200, 400]),
        (r#""foo":true"#, [200, 200, 400]),
        (r#""foo":5"#, [200, 200, 400]),
        // What is a name here isn't one there.
        (r#""w":true"#, [200, 400, 400]),
        (r#""size":5"#, [200, 400, 400]),
        (r#""fit":null"#, [200, 400, 400]),
        (r#""animated":"maybe""#, [200, 400, 400]),
        // What is a name everywhere has its type.
        (r#""height":null"#, [400, 400, 400]),
        (r#""height":true"#, [400, 400, 400]),
        (r#""flip":1"#, [400, 400, 400]),
        (r#""type":5"#, [400, 400, 400]),
    ] {
        let step = format!(r#"[{{"operation":"resize","params":{{"width":50,{params}}}}}]"#);
        for (server, status) in servers.iter().zip(statuses) {
            let answer = server.post(&pipeline(&step), &picture).await;
            let text = String::from_utf8_lossy(&answer.body);
            assert_eq!(answer.status, status, "{step} {text}");
        }
    }
    let step = r#"[{"operation":"resize","params":{"width":50,"foo":null}}]"#;
    let answer = servers[2].post(&pipeline(step), &picture).await;
    answer.problem(400, "unknown-parameter");
}

/// It looks at a shape where one side is given, and only there.
#[tokio::test]
async fn a_shape_counts_where_it_has_an_effect() {
    let server = imaginary().await;
    let picture = png(&quarters(60, 40));
    for (query, status) in [
        ("/resize?width=30&height=20&aspectratio=4", 200),
        ("/convert?type=png&aspectratio=abc", 200),
        ("/resize?width=30&height=0&aspectratio=0:1", 400),
        ("/resize?width=30&aspectratio=4", 400),
        ("/crop?height=30&aspectratio=abc", 400),
        ("/crop?height=30&aspectratio=1:1", 200),
    ] {
        let answer = server.post(query, &picture).await;
        assert_eq!(answer.status, status, "{query}");
    }
}

/// As many times as it is said, as long as the answer has room for them.
#[tokio::test]
async fn a_zoom_is_as_large_as_it_says_or_refused() {
    let server = imaginary().await;
    let picture = png(&quarters(6, 4));
    let answer = server.post("/zoom?factor=150", &picture).await;
    answer.picture("image/png", 906, 604);
    let part = "/zoom?factor=999999&left=1&areawidth=20&areaheight=10";
    server
        .post(part, &picture)
        .await
        .picture("image/png", 20, 10);
    for query in [
        "factor=9000",
        "factor=4294967295",
        "factor=99999999999999999999",
        "factor=9000&width=5",
        "factor=4294967295&width=5&height=5",
        "factor=4294967295&left=1&areawidth=4294967295&areaheight=9",
        "factor=4294967295&left=1&nocrop=false",
    ] {
        let answer = server.post(&format!("/zoom?{query}"), &picture).await;
        let text = String::from_utf8_lossy(&answer.body);
        assert!(
            (400..500).contains(&answer.status),
            "{query} {} {text}",
            answer.status
        );
    }
}

/// Steps as Nextcloud's provider has them for a preview of 128 by 128 pixels.
fn preview(operation: &str, kind: &str, is_drawing: bool) -> String {
    let first = if is_drawing {
        format!(r#"{{"operation":"convert","params":{{"type":"{kind}"}}}}"#)
    } else {
        r#"{"operation":"autorotate"}"#.to_owned()
    };
    pipeline(&format!(
        r#"[{first},{{"operation":"{operation}","params":{{"width":128,"height":128,"stripmeta":"true","type":"{kind}","norotation":"true","quality":"80"}}}}]"#
    ))
}

/// As it sends a file: in chunks, of which type it doesn't say.
async fn streamed(server: &TestServer, path: &str, file: &[u8]) -> Answer {
    let mut request =
        format!("POST {path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")
            .into_bytes();
    for piece in file.chunks(1000).chain([&[][..]]) {
        request.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        request.extend(piece);
        request.extend(b"\r\n");
    }
    let mut stream = server.connect().await;
    stream.write_all(&request).await.unwrap();
    Answer::read(&mut stream, false).await
}

/// What Nextcloud's provider sends, without a key (which it sends as an empty one) and with one.
#[tokio::test]
async fn nextcloud_gets_its_previews() {
    let photo = photo(300, 200);
    let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"><rect width="200" height="90" fill="red"/></svg>"#;
    // The file, and what its preview is where webp isn't wanted for all.
    let files = [
        (jpeg(&photo), "jpeg"),
        (encoded(&photo, ImageFormat::WebP), "jpeg"),
        (encoded(&photo, ImageFormat::Tiff), "jpeg"),
        (encoded(&photo, ImageFormat::Bmp), "jpeg"),
        (with_exif(&jpeg(&photo), 6), "jpeg"),
        (png(&quarters(300, 200)), "png"),
        (encoded(&photo, ImageFormat::Gif), "png"),
        (drawing.to_vec(), "png"),
    ];
    for (compat, key) in [("none", ""), ("imaginary", ""), ("imaginary", "0f1e2d")] {
        let keys = if key.is_empty() {
            String::new()
        } else {
            format!("\"{key}\"")
        };
        let settings = format!("compat = \"{compat}\"\nsvg = true\napi_keys = [{keys}]");
        let server = TestServer::start_as(&settings).await;
        for (file, kind) in &files {
            let is_drawing = file.starts_with(b"<svg");
            let is_turned = file == &files[4].0;
            for (operation, kind) in [("fit", *kind), ("smartcrop", *kind), ("fit", "webp")] {
                let path = format!("{}&key={key}", preview(operation, kind, is_drawing));
                let (width, height) = match (operation, is_turned) {
                    ("fit", false) => (128, 85),
                    // What is turned by its tag is upright.
                    ("fit", true) => (85, 128),
                    _ => (128, 128),
                };
                let answer = streamed(&server, &path, file).await;
                answer.picture(&format!("image/{kind}"), width, height);
            }
        }
        if !key.is_empty() {
            let path = format!("{}&key=other", preview("fit", "jpeg", false));
            assert_eq!(server.post(&path, &files[0].0).await.status, 401);
        }
    }
}

/// What Nextcloud's face recognition sends: is anybody there, what is this, and a copy that it can look at.
#[tokio::test]
async fn face_recognition_finds_what_it_asks_for() {
    let server = TestServer::start_as("compat = \"imaginary\"\napi_keys = [\"k\"]").await;
    let index = server.get("/?key=k").await.json();
    assert!(index["imaginary"].is_string(), "{index}");
    let file = with_exif(&jpeg(&photo(300, 200)), 6);
    let info = server
        .post_form("/info?key=k", &[], Some(("file", &file)))
        .await
        .json();
    assert_eq!(
        [
            &info["type"],
            &info["orientation"],
            &info["width"],
            &info["height"]
        ],
        [&"jpeg".into(), &6.into(), &300.into(), &200.into()] as [&serde_json::Value; 4]
    );
    let resize = r#"{"operation":"resize","params":{"width":100,"height":150,"force":"true","stripmeta":"true","norotation":"true","type":"png"}}"#;
    let steps = format!(r#"[{{"operation":"autorotate"}},{resize}]"#);
    let path = format!("{}&key=k", pipeline(&steps));
    let answer = server.post_form(&path, &[], Some(("file", &file))).await;
    answer.picture("image/png", 100, 150);
    // An older one doesn't force it, and gets a letterbox.
    let boxed = steps
        .replace(r#""force":"true","#, "")
        .replace("150", "180");
    let path = format!("{}&key=k", pipeline(&boxed));
    let answer = server.post_form(&path, &[], Some(("file", &file))).await;
    answer.picture("image/png", 100, 180);
}

/// What a driver for thumbnails of Laravel asks for, with a parameter that is meant for nobody here.
#[tokio::test]
async fn laravel_gets_its_thumbnails() {
    let origin = Origin::start([(
        "/a.tif",
        Reply::picture(encoded(&photo(300, 200), ImageFormat::Tiff)),
    )])
    .await;
    let server = TestServer::start_with(|config| {
        config.http.compat = Compat::Imaginary;
        config.source.remote = Some(remote(&[&origin]));
    })
    .await;
    let crop = r#"{"operation":"smartcrop","params":{"width":96,"height":60,"quality":90,"norotation":"true"}}"#;
    let convert = r#"{"operation":"convert","params":{"type":"jpeg"}}"#;
    let path = format!(
        "{}&url={}&nextcloud%5Ballow_local_address%5D=1",
        pipeline(&format!(
            r#"[{convert},{{"operation":"autorotate"}},{crop}]"#
        )),
        origin.url("/a.tif"),
    );
    server.get(&path).await.picture("image/jpeg", 96, 60);
}
