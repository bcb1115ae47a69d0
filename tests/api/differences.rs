//! What README says is different from imaginary, row by row: what comes by default, and what with `compat`.

use image::{ImageFormat, Rgba, RgbaImage};
use pixmill::codecs::{self, Model};
use pixmill::config::Config;

use crate::animations::{dot, frames};
use crate::fixtures::{encoded, giant_png, jpeg, oriented, photo, png, segment};
use crate::origin::{Origin, Reply};
use crate::support::{Answer, Picture, TestServer};
use crate::watermark_images::{form_type, parts};

const README: &str = include_str!("../../README.md");

/// Who is right with `compat`.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Right {
    Imaginary,
    Pixmill,
}
use Right::{Imaginary, Pixmill};

/// What answers look like, in their order.
type Looks = fn(&[Answer]) -> bool;

/// The row's name; settings; requests as `METHOD PATH BODY`, the body by a name of [`body`]; how that looks in pixmill, and in imaginary.
struct Row(
    &'static str,
    &'static str,
    &'static [&'static str],
    Looks,
    Looks,
);

fn statuses(answers: &[Answer], status: u16) -> bool {
    answers.iter().all(|answer| answer.status == status)
}

fn sized(answers: &[Answer], width: &str, height: &str) -> bool {
    let sides = (Some(width), Some(height));
    answers
        .iter()
        .all(|answer| (answer.header("image-width"), answer.header("image-height")) == sides)
}

fn typed(answers: &[Answer], media_type: &str) -> bool {
    let is_it = |answer: &Answer| answer.header("content-type") == Some(media_type);
    statuses(answers, 200) && answers.iter().all(is_it)
}

/// Whether the first of three is the same as the one at that place.
fn same(answers: &[Answer], place: usize) -> bool {
    statuses(answers, 200)
        && answers[0].body == answers[place].body
        && answers[1].body != answers[2].body
}

fn corner(answers: &[Answer]) -> [u8; 4] {
    Picture::decode(&answers[0].body).at(0, 0)
}

fn unsupported(answers: &[Answer]) -> bool {
    answers
        .iter()
        .all(|answer| matches!(answer.status, 406 | 415))
}

/// How many pixels have a sample of chroma, across and down.
fn chroma(answer: &Answer) -> (u8, u8) {
    match codecs::probe(&answer.body).unwrap().model {
        Model::YCbCr { across, down } => (across, down),
        _ => (0, 0),
    }
}

fn control(answers: &[Answer]) -> &str {
    answers[0].header("cache-control").unwrap_or_default()
}

/// What a URL names is fetched, from that origin.
const REMOTE: &str = "allow_remote = true\nprivate_origins = \"ORIGIN\"";

/// What imaginary does by a crash, or in a way that nobody can want: nowhere.
fn never(_: &[Answer]) -> bool {
    false
}

const ROWS: &[Row] = &[
    Row(
        "`/resize` with both sides",
        "",
        &["POST /resize?width=100&height=100 photo"],
        |a| sized(a, "100", "67"),
        |a| sized(a, "100", "100"),
    ),
    Row(
        "`aspectratio`",
        "",
        &["POST /crop?width=300&aspectratio=16:9 large"],
        |a| sized(a, "300", "169"),
        |a| sized(a, "300", "162"),
    ),
    Row(
        "`rotate=360`",
        "",
        &["POST /rotate?rotate=360 photo"],
        |a| sized(a, "300", "200"),
        |a| sized(a, "200", "300"),
    ),
    Row(
        "unknown parameters, odd numbers and truths, a name twice",
        "",
        &[
            "POST /resize?width=50&foo=1 photo",
            "POST /resize?width=50.4 photo",
            "POST /resize?width=50&flip=T photo",
            "POST /resize?width=50&width=60 photo",
            "POST /resize?width=-50 photo",
        ],
        |a| statuses(a, 400),
        |a| sized(a, "50", "33"),
    ),
    Row(
        "more pixels than allowed",
        "",
        &["POST /info giant"],
        |a| statuses(a, 200),
        |a| statuses(a, 422),
    ),
    Row(
        "unsupported type, broken picture",
        "",
        &["POST /resize?width=5 text", "POST /resize?width=5 cut"],
        |a| a[0].status == 415 && a[1].status == 422,
        |a| a[0].status == 406 && a[1].status == 400,
    ),
    Row(
        "parameters and a picture that are both wrong",
        "",
        &["POST /resize?width=abc text"],
        |a| statuses(a, 400),
        |a| statuses(a, 406),
    ),
    Row(
        "a source that may not be asked",
        "allow_remote = true",
        &["GET /resize?width=5&url=http://127.0.0.1:9/"],
        |a| statuses(a, 403),
        |a| statuses(a, 400),
    ),
    Row(
        "a form's file of another name than `file`",
        "",
        &["FORM /resize?width=30 photo"],
        |a| statuses(a, 200),
        |a| statuses(a, 400),
    ),
    Row(
        "`quality` when it isn't said",
        "",
        &[
            "POST /convert?type=jpeg photo",
            "POST /convert?type=jpeg&quality=80 photo",
            "POST /convert?type=jpeg&quality=75 photo",
        ],
        |a| same(a, 1),
        |a| same(a, 2),
    ),
    Row(
        "a picture that becomes at most three eighths as large",
        "",
        &["POST /smartcrop?width=80&height=80 landscape"],
        |a| sized(a, "80", "80"),
        |a| sized(a, "80", "79"),
    ),
    Row(
        "how pixels are mixed",
        "",
        &[
            "POST /resize?width=70 photo",
            "POST /resize?width=70&linear=true photo",
            "POST /resize?width=70&linear=false photo",
        ],
        |a| same(a, 1),
        |a| same(a, 2),
    ),
    Row(
        "transparent parts in JPEG",
        "",
        &["POST /convert?type=jpeg clear"],
        |a| corner(a)[0] > 250,
        |a| corner(a)[0] < 5,
    ),
    Row(
        "`background=0,0,0`",
        "",
        &["POST /convert?type=png&background=0,0,0 clear"],
        |a| corner(a) == [0, 0, 0, 255],
        |a| corner(a)[3] == 0,
    ),
    Row(
        "`type=auto`",
        "",
        &["ACCEPT /resize?width=5&type=auto photo"],
        |a| typed(a, "image/webp"),
        |a| typed(a, "image/png"),
    ),
    Row(
        "`type=auto` on `/convert`, and nothing accepted",
        "",
        &["POST /convert?type=auto photo"],
        |a| statuses(a, 200),
        |a| statuses(a, 400),
    ),
    Row(
        "`type=tif`",
        "",
        &["POST /convert?type=tif photo"],
        |a| typed(a, "image/tiff"),
        |a| statuses(a, 400),
    ),
    Row(
        "`/autorotate` with other parameters",
        "",
        &["POST /autorotate?width=50 photo"],
        |a| sized(a, "50", "33"),
        |a| sized(a, "300", "200"),
    ),
    Row(
        "`/info` with values of no sense",
        "",
        &["POST /info?width=abc photo"],
        |a| statuses(a, 200),
        |a| statuses(a, 400),
    ),
    Row(
        "an endpoint that is switched off",
        "disabled = [\"flip\"]",
        &["POST /flip photo"],
        |a| statuses(a, 404),
        |a| statuses(a, 501),
    ),
    Row(
        "`/health` with a key set",
        "api_keys = [\"k\"]",
        &["GET /health"],
        |a| statuses(a, 200),
        |a| statuses(a, 401),
    ),
    Row(
        "a picture turned by its EXIF tag",
        "",
        &[
            "POST /convert?type=jpeg turned",
            "POST /resize?width=30 turned",
        ],
        |a| {
            a.iter()
                .all(|answer| matches!(codecs::probe(&answer.body).unwrap().stated, None | Some(1)))
        },
        never,
    ),
    Row(
        "`rotate`, `flip`, `flop` of such a picture",
        "",
        &["POST /rotate?rotate=90 turned"],
        |a| sized(a, "40", "60"),
        |a| sized(a, "60", "40"),
    ),
    Row(
        "`/fit` of a picture on its side",
        "",
        &["POST /fit?width=30&height=30 turned"],
        |a| sized(a, "30", "20"),
        never,
    ),
    Row(
        "`aspectratio=4`, `background=1,2`",
        "",
        &[
            "POST /resize?width=9&aspectratio=4 photo",
            "POST /resize?width=9&background=1,2 photo",
        ],
        |a| statuses(a, 400),
        never,
    ),
    Row(
        "`width=NaN`",
        "",
        &["POST /resize?width=NaN photo"],
        |a| statuses(a, 400),
        |a| statuses(a, 200),
    ),
    Row(
        "a side that rounds to 0",
        "",
        &["POST /resize?width=1 wide"],
        |a| sized(a, "1", "1"),
        |a| statuses(a, 400),
    ),
    Row(
        "a step whose failure is ignored",
        "",
        &[
            "POST /pipeline?operations=[{%22operation%22:%22extract%22,%22ignore_failure%22:true,%22params%22:{%22areawidth%22:999,%22areaheight%22:9}},{%22operation%22:%22resize%22,%22params%22:{%22width%22:30}}] photo",
        ],
        |a| sized(a, "30", "20"),
        |a| statuses(a, 400),
    ),
    Row(
        "a pipeline",
        "",
        // Turned twice it is what it was, as long as no JPEG is made between.
        &[
            "POST /pipeline?operations=[{%22operation%22:%22flip%22},{%22operation%22:%22flip%22}] photo",
            "POST /convert?type=jpeg photo",
        ],
        |a| a[0].body == a[1].body,
        |a| a[0].body != a[1].body,
    ),
    Row(
        "`/extract` with `gravity=smart`",
        "",
        &["POST /extract?areawidth=40&areaheight=30&gravity=smart photo"],
        |a| sized(a, "40", "30"),
        |a| sized(a, "300", "200"),
    ),
    Row(
        "GIF without `type`",
        "",
        &["POST /flip gif"],
        |a| statuses(a, 200),
        |a| statuses(a, 400),
    ),
    Row(
        "`type=gif`",
        "",
        &["POST /convert?type=gif clear"],
        |a| statuses(a, 200),
        |a| statuses(a, 400),
    ),
    Row(
        "a picture that moves",
        "",
        &["POST /flip film"],
        |a| frames(&a[0].body).len() == 6,
        |a| frames(&a[0].body).len() == 1,
    ),
    Row(
        "AVIF, BMP, ICO, QOI, PNM, PSD, TGA, HDR",
        "",
        &[
            "POST /flip avif",
            "POST /flip bmp",
            "POST /flip ico",
            "POST /flip qoi",
            "POST /flip pnm",
            "POST /flip tga",
            "POST /flip hdr",
        ],
        |a| statuses(a, 200),
        |a| statuses(a, 406),
    ),
    Row(
        "`type=avif`",
        "",
        &["POST /convert?type=avif photo"],
        |a| typed(a, "image/avif"),
        |a| statuses(a, 400),
    ),
    Row(
        "SVG",
        "",
        &["POST /convert?type=png drawing"],
        unsupported,
        |a| typed(a, "image/png"),
    ),
    Row(
        "PDF",
        "",
        &["POST /convert?type=png pdf"],
        unsupported,
        |a| statuses(a, 200),
    ),
    Row(
        "HEIC",
        "",
        &["POST /convert?type=jpeg heic"],
        |a| {
            if cfg!(feature = "heic") {
                statuses(a, 200)
            } else {
                unsupported(a)
            }
        },
        |a| statuses(a, 200) && !cfg!(feature = "heic"),
    ),
    Row(
        "an upload's size",
        "max_body = \"1KiB\"",
        &["POST /flip photo"],
        |a| statuses(a, 413),
        |a| statuses(a, 200),
    ),
    Row(
        "a JPEG from `quality=90` on",
        "",
        &[
            "POST /resize?width=60&quality=90 photo",
            "POST /flip?type=jpeg&quality=100 clear",
        ],
        |a| statuses(a, 200) && a.iter().all(|answer| chroma(answer) == (2, 2)),
        |a| statuses(a, 200) && a.iter().all(|answer| chroma(answer) == (1, 1)),
    ),
    Row(
        "what a text is",
        "",
        &[
            "POST /watermark?text=a%26b large",
            "POST /watermark?text=%3Cb%3Ea%3C/b%3E large",
            "POST /watermark?text=a large",
        ],
        |a| statuses(a, 200) && a[1].body != a[2].body,
        |a| a[0].status == 400,
    ),
    Row(
        "a text on a small picture, or on one with alpha",
        "",
        &[
            "POST /watermark?text=a photo",
            "POST /watermark?text=a clear",
        ],
        |a| statuses(a, 200),
        |a| statuses(a, 400),
    ),
    Row(
        "the length of a text",
        "",
        &["POST /watermark?noreplicate=true&text=LONG photo"],
        |a| statuses(a, 400),
        |a| statuses(a, 200),
    ),
    Row(
        "`image=`",
        "",
        &["POST /watermarkimage?image=ORIGIN/a.png photo"],
        |a| matches!(a[0].status, 400 | 403),
        |a| statuses(a, 200),
    ),
    Row(
        "`image=` with a picture under another status than 200",
        REMOTE,
        &["POST /watermarkimage?image=ORIGIN/teapot photo"],
        |a| a[0].status >= 400,
        |a| statuses(a, 200),
    ),
    Row(
        "ports of `url=`",
        "allow_remote = true",
        &["GET /resize?width=5&url=http://example.test:8080/a.png"],
        |a| matches!(a[0].status, 400 | 403),
        |a| statuses(a, 200),
    ),
    Row(
        "redirects of `url=`",
        REMOTE,
        &["GET /resize?width=5&url=ORIGIN/7"],
        |a| statuses(a, 502),
        |a| statuses(a, 200),
    ),
    Row(
        "a failing `url=`",
        REMOTE,
        &["GET /resize?width=5&url=ORIGIN/teapot"],
        |a| statuses(a, 502),
        |a| statuses(a, 418),
    ),
    Row(
        "a slow `url=`",
        "allow_remote = true\nprivate_origins = \"ORIGIN\"\nsource_timeout = \"300ms\"",
        &["GET /resize?width=5&url=ORIGIN/silence"],
        |a| statuses(a, 504),
        never,
    ),
    Row(
        "`url=` and `file=` in one request",
        "allow_remote = true\nprivate_origins = \"ORIGIN\"\nmount = \"/tmp\"",
        &["GET /resize?width=5&file=a.png&url=ORIGIN/a.png"],
        |a| statuses(a, 400),
        |a| statuses(a, 200),
    ),
    Row(
        "`url=` with a mount alone",
        "mount = \"/tmp\"",
        &["GET /resize?width=5&url=ORIGIN/a.png"],
        |a| matches!(a[0].status, 400 | 403),
        |a| statuses(a, 200),
    ),
    Row(
        "caches, where a key is wanted",
        "allow_remote = true\nprivate_origins = \"ORIGIN\"\ncache_ttl = \"1h\"\napi_keys = [\"k\"]",
        &["GET /resize?width=5&key=k&url=ORIGIN/a.png"],
        |a| control(a).starts_with("private, max-age=3600"),
        |a| control(a).starts_with("public, "),
    ),
    Row(
        "caches, where headers are forwarded",
        "allow_remote = true\nprivate_origins = \"ORIGIN\"\ncache_ttl = \"1h\"\nforward_headers = \"accept-language\"",
        &["TONGUE /resize?width=5&url=ORIGIN/a.png"],
        |a| control(a).starts_with("private, max-age=3600"),
        |a| control(a).starts_with("public, "),
    ),
    Row(
        "a GET without a source, badly signed",
        "url_signature_key = \"0123456789abcdef0123456789abcdef\"",
        &["GET /resize?width=5&sign=x"],
        |a| statuses(a, 405),
        |a| statuses(a, 403),
    ),
    Row(
        "a placeholder for another method, for what is switched off, under overload and where time is up",
        "disabled = [\"flip\"]\nplaceholder = \"builtin\"",
        &["PUT /resize photo", "POST /flip photo"],
        |a| a[0].status == 405 && a.iter().all(|answer| answer.header("error").is_none()),
        |a| a.iter().all(|answer| answer.header("error").is_some()),
    ),
    Row(
        "a format that can't be written",
        "",
        &["POST /convert?type=svg photo"],
        |a| statuses(a, 400),
        |a| statuses(a, 200),
    ),
    Row(
        "the answer's size",
        "max_output_side = 500",
        &["POST /thumbnail?width=501&height=3 photo"],
        |a| a[0].status >= 400,
        |a| statuses(a, 200),
    ),
    Row(
        "a file cut short",
        "",
        &["POST /resize?width=30 cut"],
        |a| a[0].status >= 400,
        |a| statuses(a, 200),
    ),
    Row(
        "caches on failures",
        "allow_remote = true\ncache_ttl = \"1h\"",
        &["GET /resize?width=3&url=http://127.0.0.1:9/"],
        |a| a[0].status >= 400 && a[0].header("cache-control") == Some("no-store"),
        never,
    ),
    Row(
        "preflights, HEAD",
        "cors = [\"*\"]",
        &["OPTIONS /resize", "HEAD /health"],
        |a| a[0].status == 204 && a[1].status == 200,
        |a| statuses(a, 405),
    ),
    Row(
        "a query with `;` or a broken escape, signed",
        "url_signature_key = \"0123456789abcdef0123456789abcdef\"",
        &[
            "POST /flip?a=1;b=2&sign=x photo",
            "POST /flip?a=%zz&sign=x photo",
        ],
        |a| statuses(a, 403),
        never,
    ),
    Row(
        "a placeholder for who may not ask",
        "api_keys = [\"k\"]\nplaceholder = \"builtin\"",
        &["POST /flip photo"],
        |a| a[0].status == 401 && a[0].header("content-type").unwrap().contains("json"),
        |a| typed(a, "image/jpeg"),
    ),
    Row(
        "the rate limit",
        "rate_limit = 1\nrate_burst = 0",
        &["GET /health", "GET /health", "GET /health", "GET /health"],
        |a| statuses(a, 200),
        |a| a.iter().any(|answer| answer.status == 429),
    ),
    Row(
        "a path without its prefix",
        "path_prefix = \"/x\"",
        &["POST /flip photo"],
        |a| a[0].status == 404 && a[0].header("content-type").unwrap().contains("json"),
        never,
    ),
    Row(
        "colour profiles",
        "",
        &["POST /resize?width=30 told"],
        |a| statuses(a, 200) && !has(&a[0], b"ICC_PROFILE"),
        |a| has(&a[0], b"ICC_PROFILE"),
    ),
    Row(
        "EXIF and XMP",
        "",
        &["POST /resize?width=30 told"],
        |a| statuses(a, 200) && !has(&a[0], b"an artist"),
        |a| has(&a[0], b"an artist"),
    ),
    Row(
        "`palette=false`",
        "",
        &[
            "POST /convert?type=png&palette=false photo",
            "POST /convert?type=png photo",
        ],
        |a| a[0].body == a[1].body,
        |a| a[0].body != a[1].body,
    ),
    Row(
        "`compression` or `quality` out of range",
        "",
        &[
            "POST /convert?type=png&compression=10 photo",
            "POST /convert?type=jpeg&quality=101 photo",
        ],
        |a| statuses(a, 400),
        |a| statuses(a, 200),
    ),
];

/// Whether a file has that in it.
fn has(answer: &Answer, words: &[u8]) -> bool {
    memchr::memmem::find(&answer.body, words).is_some()
}

/// A photo with a profile and an artist.
fn told() -> Vec<u8> {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let profile = [b"ICC_PROFILE\0\x01\x01", &profile[..]].concat();
    let artist =
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x3b\0\x02\0\0\0\x09\0\0\0\x1a\0\0\0\0an artist";
    segment(
        &segment(&jpeg(&photo(60, 40)), 0xe2, &profile),
        0xe1,
        artist,
    )
}

fn body(name: &str) -> Vec<u8> {
    let clear = RgbaImage::from_pixel(30, 20, Rgba([0, 0, 0, 0]));
    match name {
        "told" => told(),
        "photo" => jpeg(&photo(300, 200)),
        "large" => jpeg(&photo(400, 400)),
        "landscape" => jpeg(&photo(640, 427)),
        "wide" => png(&photo(300, 20)),
        "clear" => png(&clear),
        "turned" => oriented(6),
        "giant" => giant_png(5000, 4000),
        "film" => dot(),
        "gif" => encoded(&photo(30, 20), ImageFormat::Gif),
        "bmp" => encoded(&photo(30, 20), ImageFormat::Bmp),
        "ico" => encoded(&photo(30, 20), ImageFormat::Ico),
        "qoi" => encoded(&photo(30, 20), ImageFormat::Qoi),
        "pnm" => encoded(&photo(30, 20), ImageFormat::Pnm),
        "tga" => encoded(&photo(30, 20), ImageFormat::Tga),
        "hdr" => encoded(&photo(30, 20), ImageFormat::Hdr),
        "avif" => include_bytes!("../fixtures/avif/alpha.avif").to_vec(),
        "drawing" => include_bytes!("../fixtures/drawing.svg").to_vec(),
        "pdf" => b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n".to_vec(),
        "heic" => include_bytes!("../fixtures/heic/quarters.heic").to_vec(),
        "cut" => {
            let mut file = jpeg(&photo(300, 200));
            file.truncate(file.len() / 2);
            file
        }
        _ => b"no picture at all".to_vec(),
    }
}

async fn asked(server: &TestServer, request: &str) -> Answer {
    let words: Vec<&str> = request.split(' ').collect();
    let file = words.get(2).map(|name| body(name)).unwrap_or_default();
    let accept = [("Accept", "image/png;q=0.5, image/webp")];
    match words[0] {
        "FORM" => {
            let body = parts(&[], &[("picture", &file)]);
            server.send("POST", words[1], &[form_type()], &body).await
        }
        "TONGUE" => {
            let sent = [("Accept-Language", "de")];
            server.send("GET", words[1], &sent, &[]).await
        }
        "ACCEPT" => server.send("POST", words[1], &accept, &file).await,
        method => server.send(method, words[1], &[], &file).await,
    }
}

/// What pictures are fetched from: one, one under a strange status, one behind seven redirects, and one that doesn't come.
async fn origin() -> Origin {
    let picture = || png(&photo(40, 30));
    let origin = Origin::start([
        ("/a.png", Reply::picture(picture())),
        ("/teapot", Reply::Plain(418, Vec::new(), picture())),
        ("/0", Reply::picture(picture())),
        ("/silence", Reply::Silence),
    ])
    .await;
    for left in 1..=7 {
        let to = format!("/{}", left - 1);
        origin.set(&format!("/{left}"), Reply::redirect(&to));
    }
    origin
}

async fn answers(row: &Row, compat: &str, origin: &Origin) -> Vec<Answer> {
    let long = "a".repeat(1001);
    let told = |text: &str| {
        text.replace("ORIGIN", &origin.url(""))
            .replace("LONG", &long)
    };
    let settings = told(row.1);
    let given = TestServer::configured(&format!("compat = \"{compat}\"\n{settings}"));
    let server = TestServer::start_with(|config| {
        let Config {
            http,
            pipeline,
            source,
            ..
        } = given;
        (config.http, config.pipeline, config.source) = (http, pipeline, source);
    })
    .await;
    let mut answers = Vec::new();
    for request in row.2 {
        answers.push(asked(&server, &told(request)).await);
    }
    answers
}

/// The rows of the table in README, and who is right with `compat`.
fn listed() -> Vec<(&'static str, Right)> {
    let (_, table) = README
        .split_once("What is different, always or only by default:")
        .unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let right = match cells[4] {
            right if right.starts_with("as imaginary") => Imaginary,
            right if right.starts_with("as pixmill") => Pixmill,
            other => panic!("{row}: {other}"),
        };
        (cells[1], right)
    })
    .collect()
}

#[tokio::test]
async fn each_is_as_the_readme_says() {
    let listed = listed();
    let names: Vec<&str> = listed.iter().map(|(name, _)| *name).collect();
    let tried: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    for name in &names {
        assert!(tried.contains(name), "nobody tries this row: {name}");
    }
    let origin = origin().await;
    let mut wrong = Vec::new();
    for row in ROWS {
        let right = listed.iter().find(|(name, _)| *name == row.0);
        let Some((_, right)) = right else {
            panic!("README lacks {}", row.0);
        };
        for (compat, is_ours) in [("none", true), ("imaginary", *right == Pixmill)] {
            let answers = answers(row, compat, &origin).await;
            let is_right = if is_ours {
                row.3(&answers) && !row.4(&answers)
            } else {
                row.4(&answers) && !row.3(&answers)
            };
            if !is_right {
                let shown: Vec<_> = answers
                    .iter()
                    .map(|answer| {
                        (
                            answer.status,
                            answer.header("image-width"),
                            answer.header("content-type"),
                        )
                    })
                    .collect();
                wrong.push(format!("{} with compat {compat}: {shown:?}", row.0));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
