//! Operations at random on pictures of every kind: what is planned comes, of the planned size; all else is refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::ImageFormat;
use pixmill::codecs;
use pixmill::http::Compat;
use pixmill::pipeline::operation::{self, Needs, OPERATIONS, OperationRow, Verb};
use pixmill::pipeline::parameter::{Given, Grammar};
use pixmill::pipeline::plan::{self, Plan, Settings};
use pixmill::pipeline::request::{self, Draft, Rules};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::animations::films;
use crate::fixtures::{encoded, jpeg, oriented, photo, png, quarters, weave};
use crate::support::{Answer, Picture, TestServer};
use crate::watermark_images::{form_type, parts};

const DRAWING: &[u8] = include_bytes!("../fixtures/drawing.svg");
const AVIF: &[u8] = include_bytes!("../fixtures/avif/alpha.avif");
const JXL: &[u8] = include_bytes!("../fixtures/jxl/vardct-alpha.jxl");

/// As many as take some seconds.
const CASES: usize = 5000;

/// Of these some as imaginary's clients write them.
const LOOSE_CASES: usize = 2000;

/// Requests at a time.
const AT_ONCE: usize = 4;

/// Bytes of work, so that none takes long.
const MOST: u64 = 24 << 20;

/// As the server's defaults.
const SETTINGS: Settings = Settings {
    max_frames: 1_000,
    drawings: true,
    documents: true,
    max_pixels: 100_000_000,
    max_output_side: 16_383,
    max_output_pixels: 50_000_000,
    linear: true,
};

const STRICT: Rules = Rules {
    lenient: false,
    grammar: Grammar::Strict,
    max_side: SETTINGS.max_output_side,
};

/// As with `compat`.
const LOOSE: Rules = Rules {
    lenient: true,
    grammar: Grammar::Imaginary,
    ..STRICT
};

/// Values of each parameter, the last of some of them out of range.
const VALUES: &[Values] = &[
    ("width", &["1", "17", "60", "133", "300", "16384"]),
    ("height", &["1", "23", "60", "200"]),
    ("fit", &["inside", "cover", "contain", "fill", "outside"]),
    ("enlarge", &["true", "false"]),
    ("dpr", &["0.5", "1.7"]),
    ("gravity", &["north", "se", "0.2,0.9", "smart", "nowhere"]),
    ("left", &["0", "3", "500"]),
    ("top", &["0", "7"]),
    ("areawidth", &["1", "20", "61"]),
    ("areaheight", &["1", "15", "44"]),
    ("factor", &["1", "2", "0"]),
    ("rotate", &["0", "90", "180", "270", "45"]),
    ("flip", &["true"]),
    ("flop", &["true"]),
    ("norotation", &["true"]),
    ("embed", &["true"]),
    ("extend", &["copy", "mirror", "white", "background"]),
    ("force", &["true"]),
    ("nocrop", &["true", "false"]),
    ("sigma", &["0.4", "3", "40"]),
    ("sharpen", &["0.5", "2"]),
    ("brightness", &["0", "1.4"]),
    ("saturation", &["0", "3"]),
    ("pixelate", &["2", "9"]),
    ("pad", &["3", "1,20", "0,1,2,3"]),
    ("radius", &["5", "max"]),
    ("text", &["Hello", "two\nlines"]),
    ("opacity", &["0.3", "1"]),
    ("colorspace", &["bw", "p3", "keep"]),
    ("background", &["fff", "10,20,30,100"]),
    (
        "type",
        &["jpeg", "png", "webp", "tiff", "gif", "avif", "jpg"],
    ),
    ("animated", &["true", "false"]),
    ("page", &["0", "1", "99"]),
    ("quality", &["1", "80", "100", "101"]),
    ("interlace", &["true"]),
    ("palette", &["true"]),
    ("compression", &["1", "9", "10"]),
    ("lossless", &["true"]),
    ("nearlossless", &["0", "60", "101"]),
    ("subsampling", &["4:2:0", "422", "4:4:4"]),
    ("metadata", &["copyright", "keep", "keep-all"]),
    ("contrast", &["0.2", "2"]),
    ("gamma", &["0.5", "2.2"]),
    ("linear", &["false"]),
    ("aspectratio", &["16:9", "3:4", "1:60", "4"]),
    ("trim", &["0", "10", "255", "256"]),
    ("stripmeta", &["true"]),
];

/// What imaginary's clients write besides: an odd number, a truth of Go's, a name that nobody has.
const LOOSE_VALUES: &[Values] = &[
    ("width", &["0", "60.4", "-17", "2e1", "abc"]),
    ("height", &["0", "41.5", ""]),
    ("size", &["30x", "nonsense"]),
    ("aspectratio", &["16:9", "abc", "0:1"]),
    ("rotate", &["100", "450", "-90"]),
    ("factor", &["1.5", "7", "99999999999"]),
    ("flip", &["T", "yes"]),
    ("gravity", &["nowhere"]),
    ("extend", &["nonsense"]),
    ("sigma", &["-2", "1e9"]),
    ("type", &["auto", "tif", "svg", "heif"]),
    ("quality", &["0", "1000"]),
    ("compression", &["0", "-3"]),
    ("background", &["1,2", "0,0,0", "300,x,9"]),
    ("opacity", &["0", "7"]),
    ("areawidth", &["0", "99999999999"]),
    ("fit", &["bogus"]),
    ("foo", &["bar"]),
    ("noprofile", &["true"]),
    ("norotation", &["1"]),
];

/// A parameter, and what is tried of it.
type Values = (&'static str, &'static [&'static str]);

/// An operation with some parameters.
type Asked = (usize, Vec<(&'static str, &'static str)>);

/// What the operation can't do without.
fn needed(row: &OperationRow) -> &'static [&'static str] {
    match row.needs {
        Needs::Side => &["width"],
        Needs::Sides => &["width", "height"],
        Needs::Type => &["type"],
        Needs::Area => &["areawidth", "areaheight"],
        Needs::Factor => &["factor"],
        Needs::Rotate => &["rotate"],
        Needs::Blur => &["sigma"],
        Needs::Sharpen => &["sharpen"],
        Needs::Tone => &["brightness"],
        Needs::Square => &["pixelate"],
        Needs::Border => &["pad"],
        Needs::Radius => &["radius"],
        Needs::Text => &["text"],
        Needs::Image | Needs::Nothing | Needs::Operations => &[],
    }
}

/// A step with some of these values, and with what it needs.
fn step(values: Vec<Values>) -> impl Strategy<Value = Asked> {
    let pipeline = OPERATIONS.len() - 1;
    (0..pipeline, subsequence(values, 0..5)).prop_flat_map(|(index, mut rows)| {
        rows.retain(|(name, _)| !needed_by(index, name));
        let values = VALUES.iter().copied();
        rows.extend(values.filter(|(name, _)| needed_by(index, name)));
        let values: Vec<_> = rows
            .into_iter()
            .map(|(name, values)| (Just(name), select(values)))
            .collect();
        (Just(index), values)
    })
}

fn needed_by(index: usize, name: &str) -> bool {
    needed(&OPERATIONS[index]).contains(&name)
}

/// A request as it is sent, and as it is understood here.
struct Case {
    path: String,
    asked: Option<request::Request>,
}

fn owned(given: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = given.iter();
    pairs
        .map(|&(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn query(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn one((index, given): &Asked, rules: Rules) -> Case {
    let row: &'static OperationRow = &OPERATIONS[*index];
    let pairs = owned(given);
    Case {
        path: format!("/{}?{}", row.name, query(&pairs)),
        asked: request::parse(row, &pairs, &[], rules).ok(),
    }
}

fn several(steps: &[Asked], ignore_failure: bool, rules: Rules) -> Case {
    // A JSON object has each name once.
    let once = |given: &[(&'static str, &'static str)]| -> BTreeMap<_, _> {
        given.iter().copied().collect()
    };
    let drafts: Vec<_> = steps
        .iter()
        .map(|(index, given)| Draft {
            operation: OPERATIONS[*index].step_name().to_owned(),
            given: once(given)
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Given::Text((*value).to_owned())))
                .collect(),
            ignore_failure,
        })
        .collect();
    let json: Vec<_> = steps
        .iter()
        .map(|(index, given)| {
            let params = once(given);
            serde_json::json!({
                "operation": OPERATIONS[*index].step_name(),
                "params": params,
                "ignore_failure": ignore_failure,
            })
        })
        .collect();
    let json = serde_json::Value::from(json).to_string();
    let pairs = owned(&[("operations", &json)]);
    let row = operation::named("pipeline").unwrap();
    Case {
        path: format!("/pipeline?{}", query(&pairs)),
        asked: request::parse_steps(row, &drafts, &pairs, &[], rules).ok(),
    }
}

/// Pictures of every kind, and those of the corpus that are not large.
fn pictures() -> Vec<(String, Vec<u8>)> {
    let mut pictures: Vec<(String, Vec<u8>)> = [
        ("jpeg", jpeg(&photo(120, 90))),
        ("turned", oriented(6)),
        ("png", png(&weave(70, 110))),
        ("opaque", png(&quarters(90, 60))),
        ("narrow", png(&photo(1, 60))),
        ("dot", png(&photo(1, 1))),
        ("webp", encoded(&photo(61, 44), ImageFormat::WebP)),
        ("gif", encoded(&photo(50, 40), ImageFormat::Gif)),
        ("bmp", encoded(&photo(33, 44), ImageFormat::Bmp)),
        ("tiff", encoded(&photo(60, 31), ImageFormat::Tiff)),
        ("drawing", DRAWING.to_vec()),
        ("avif", AVIF.to_vec()),
        ("jxl", JXL.to_vec()),
    ]
    .into_iter()
    .chain(films())
    .map(|(name, file)| (name.to_owned(), file))
    .collect();
    let Ok(folder) = std::env::var("PIXMILL_CORPUS") else {
        return pictures;
    };
    let folder = std::path::Path::new(&folder);
    let manifest = std::fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    let names = manifest
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1);
    for name in names.filter_map(|line| line.split('\t').next()) {
        let path = folder.join(name);
        if std::fs::metadata(&path).is_ok_and(|facts| facts.len() < 20_000) {
            pictures.push((name.to_owned(), std::fs::read(&path).unwrap()));
        }
    }
    pictures
}

impl Case {
    fn has(&self, verb: Verb) -> bool {
        let steps = self.asked.iter().flat_map(|asked| &asked.steps);
        steps.into_iter().any(|step| step.operation.verb == verb)
    }

    /// Whether a border goes, of which no plan knows how large it is.
    fn trims(&self) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|asked| asked.steps.iter().any(|step| step.trim.is_some()))
    }

    fn planned(&self, file: &[u8], mark: &[u8]) -> Option<Plan> {
        let asked = self.asked.clone()?;
        let header = codecs::probe_page(file, asked.page()).ok()?;
        if !self.has(Verb::WatermarkImage) {
            return plan::plan(&asked, &header, &SETTINGS).ok();
        }
        let beside = [codecs::probe(mark).ok()?];
        plan::plan_with(&asked.drawing(|_| Some(0)), &header, &beside, &SETTINGS).ok()
    }

    /// What draws a second picture gets it in a form.
    async fn sent(&self, server: &TestServer, file: &[u8], mark: &[u8]) -> Answer {
        if !self.path.to_ascii_lowercase().contains("watermarkimage") {
            return server.post(&self.path, file).await;
        }
        let body = parts(&[], &[("file", file), ("image", mark)]);
        server.send("POST", &self.path, &[form_type()], &body).await
    }
}

/// Whether a picture came, or what is wrong with the answer.
async fn tried(server: &TestServer, case: &Case, name: &str, file: &[u8]) -> Result<bool, String> {
    let right = |holds: bool, came: bool, fault: String| if holds { Ok(came) } else { Err(fault) };
    let is_whole = !name.contains('/');
    let mark = png(&quarters(20, 12));
    let plan = case.planned(file, &mark);
    if plan
        .as_ref()
        .is_some_and(|plan| plan.cost.peak_bytes > MOST)
    {
        return Ok(false);
    }
    let answer = case.sent(server, file, &mark).await;
    let status = answer.status;
    if case.trims() {
        let is_made = status == 200;
        return right(
            is_made || (400..500).contains(&status),
            is_made,
            status.to_string(),
        );
    }
    let Some(plan) = plan else {
        let refused = (400..500).contains(&status);
        return right(refused, false, format!("{status} without a plan"));
    };
    if status != 200 {
        // What a file of the corpus is made of shows only when it is decoded.
        let text = String::from_utf8_lossy(&answer.body);
        let is_unreadable = status == 422 || status == 400 && text.contains("can't be read");
        let is_refused = !is_whole && is_unreadable;
        return right(
            is_refused,
            false,
            format!("{status} in the place of a picture"),
        );
    }
    let size = (plan.width, plan.height);
    let told = |name| answer.header(name).and_then(|side| side.parse().ok());
    let made = if answer.header("content-type") == Some("image/tiff") {
        // The first two entries of its directory.
        let number = |at: usize| u32::from_le_bytes(answer.body[at..at + 4].try_into().unwrap());
        (number(18), number(30))
    } else if answer.header("content-type") == Some("image/avif") {
        // What its header says: that decoder knows none.
        let header = codecs::probe(&answer.body).unwrap();
        (header.width, header.height)
    } else {
        // An orientation that is left as a tag turns the sides.
        let picture = Picture::decode(&answer.body);
        (picture.width, picture.height)
    };
    let is_right = told("image-width") == Some(size.0)
        && told("image-height") == Some(size.1)
        && (made == size || made == (size.1, size.0) && case.path.contains("norotation"));
    right(is_right, true, format!("{made:?} in the place of {size:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_planned_comes() {
    let server = TestServer::start_with(|config| config.pipeline.drawings = true).await;
    all_come(server, VALUES.to_vec(), STRICT, CASES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_planned_for_imaginarys_clients_comes() {
    let server = TestServer::start_with(|config| {
        config.pipeline.drawings = true;
        config.http.compat = Compat::Imaginary;
    })
    .await;
    let values = [VALUES, LOOSE_VALUES].concat();
    all_come(server, values, LOOSE, LOOSE_CASES).await;
}

async fn all_come(server: TestServer, values: Vec<Values>, rules: Rules, count: usize) {
    let server = Arc::new(server);
    let pictures = Arc::new(pictures());
    let strategy = (
        0..pictures.len(),
        proptest::collection::vec(step(values), 1..5),
        any::<bool>(),
        any::<bool>(),
    );
    let mut runner = TestRunner::deterministic();
    let cases: Vec<_> = (0..count)
        .map(|_| {
            let (picture, steps, alone, ignores) =
                strategy.new_tree(&mut runner).unwrap().current();
            let case = if alone {
                one(&steps[0], rules)
            } else {
                several(&steps, ignores, rules)
            };
            (picture, case)
        })
        .collect();
    let (cases, next) = (Arc::new(cases), Arc::new(AtomicUsize::new(0)));
    let made = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (server, pictures) = (server.clone(), pictures.clone());
            let (cases, next, made) = (cases.clone(), next.clone(), made.clone());
            tokio::spawn(async move {
                let mut wrong = String::new();
                while let Some((picture, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (name, file) = &pictures[*picture];
                    match tried(&server, case, name, file).await {
                        Ok(came) => _ = made.fetch_add(usize::from(came), Ordering::Relaxed),
                        Err(fault) => {
                            let _ok = writeln!(wrong, "{name} {}: {fault}", case.path);
                        }
                    }
                }
                wrong
            })
        })
        .collect();
    let mut wrong = String::new();
    for task in tasks {
        wrong += &task.await.unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
    // Not all is refused.
    let made = made.load(Ordering::Relaxed);
    assert!(made > count / 4, "{made}");
    server
        .settled(|figures| figures.upload_memory.0 == 0 && figures.pixel_memory.0 == 0)
        .await;
}
