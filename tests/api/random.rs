//! Operations at random on pictures of every kind: what is planned comes, of the planned size; all else is refused.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::ImageFormat;
use pixmill::codecs;
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
use crate::support::{Picture, TestServer};

const DRAWING: &[u8] = include_bytes!("../fixtures/drawing.svg");
const AVIF: &[u8] = include_bytes!("../fixtures/avif/alpha.avif");
const JXL: &[u8] = include_bytes!("../fixtures/jxl/vardct-alpha.jxl");

/// As many as take some seconds.
const CASES: usize = 5000;

/// Requests at a time.
const AT_ONCE: usize = 4;

/// Bytes of work, so that none takes long.
const MOST: u64 = 24 << 20;

/// As the server's defaults.
const SETTINGS: Settings = Settings {
    max_frames: 1_000,
    drawings: true,
    max_pixels: 100_000_000,
    max_output_side: 16_383,
    max_output_pixels: 50_000_000,
    linear: true,
};

const RULES: Rules = Rules {
    lenient: false,
    grammar: Grammar::Strict,
    max_side: SETTINGS.max_output_side,
};

/// Values of each parameter, the last of some of them out of range.
const VALUES: &[(&str, &[&str])] = &[
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
    ("colorspace", &["bw"]),
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
    ("metadata", &["copyright", "keep", "keep-all"]),
    ("contrast", &["0.2", "2"]),
    ("gamma", &["0.5", "2.2"]),
    ("linear", &["false"]),
];

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

fn step() -> impl Strategy<Value = Asked> {
    let pipeline = OPERATIONS.len() - 1;
    // What is left of borders no plan knows.
    let known = (0..pipeline).prop_filter("sizes", |&index| OPERATIONS[index].verb != Verb::Trim);
    (known, subsequence(VALUES, 0..5)).prop_flat_map(|(index, mut rows)| {
        rows.retain(|(name, _)| !needed_by(index, name));
        let values = VALUES.iter();
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

fn one((index, given): &Asked) -> Case {
    let row: &'static OperationRow = &OPERATIONS[*index];
    let pairs = owned(given);
    Case {
        path: format!("/{}?{}", row.name, query(&pairs)),
        asked: request::parse(row, &pairs, &[], RULES).ok(),
    }
}

fn several(steps: &[Asked], ignore_failure: bool) -> Case {
    let drafts: Vec<_> = steps
        .iter()
        .map(|(index, given)| Draft {
            operation: OPERATIONS[*index].step_name().to_owned(),
            given: given
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Given::Text((*value).to_owned())))
                .collect(),
            ignore_failure,
        })
        .collect();
    let json: Vec<_> = steps
        .iter()
        .map(|(index, given)| {
            let params: BTreeMap<_, _> = given.iter().copied().collect();
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
        asked: request::parse_steps(row, &drafts, &pairs, &[], RULES).ok(),
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

fn planned(case: &Case, file: &[u8]) -> Option<Plan> {
    let header = codecs::probe(file).ok()?;
    plan::plan(case.asked.as_ref()?, &header, &SETTINGS).ok()
}

/// Whether a picture came, or what is wrong with the answer.
async fn tried(server: &TestServer, case: &Case, name: &str, file: &[u8]) -> Result<bool, String> {
    let right = |holds: bool, came: bool, fault: String| if holds { Ok(came) } else { Err(fault) };
    let is_whole = !name.contains('/');
    let plan = planned(case, file);
    if plan
        .as_ref()
        .is_some_and(|plan| plan.cost.peak_bytes > MOST)
    {
        return Ok(false);
    }
    let answer = server.post(&case.path, file).await;
    let status = answer.status;
    let Some(plan) = plan else {
        let refused = (400..500).contains(&status);
        return right(refused, false, format!("{status} without a plan"));
    };
    if status != 200 {
        // What a file of the corpus is made of shows only when it is decoded.
        let is_refused = !is_whole && status == 422;
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
    let server = Arc::new(TestServer::start_with(|config| config.pipeline.drawings = true).await);
    let pictures = Arc::new(pictures());
    let strategy = (
        0..pictures.len(),
        proptest::collection::vec(step(), 1..5),
        any::<bool>(),
        any::<bool>(),
    );
    let mut runner = TestRunner::deterministic();
    let cases: Vec<_> = (0..CASES)
        .map(|_| {
            let (picture, steps, alone, ignores) =
                strategy.new_tree(&mut runner).unwrap().current();
            let case = if alone {
                one(&steps[0])
            } else {
                several(&steps, ignores)
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
    assert!(made > CASES / 4, "{made}");
    server
        .settled(|figures| figures.upload_memory.0 == 0 && figures.pixel_memory.0 == 0)
        .await;
}
