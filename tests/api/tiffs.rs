//! TIFFs of every kind, against what other decoders make of them.
//!
//! `tests/fixtures/tiff/make.py` drew the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fixtures::{encoded, jpeg, photo};
use crate::support::{Picture, TestServer};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiff")
}

pub(crate) fn file(name: &str) -> Vec<u8> {
    fs::read(folder().join(name).with_extension("tif")).unwrap()
}

/// Files without a reference: inks have no right colours without a profile.
const INKS: [&str; 3] = ["inks", "inks-16", "jpeg-inks"];

/// Those whose pixels differ from the reference by rounding, and how far they may, in dB. All others are the same.
const ROUNDED: &[(&str, f64)] = &[
    // Colours were multiplied in 8 bit.
    ("alpha-multiplied", 40.0),
    ("big-endian-16", 50.0),
    ("deflate-predicted-16", 50.0),
    ("grey-float-16", 50.0),
    ("lab", 38.0),
    // Chroma is stretched to luma's size by a filter, or isn't.
    ("jpeg", 34.0),
    ("jpeg-strips", 34.0),
    ("jpeg-tiles", 34.0),
    ("webp-tiles", 30.0),
    ("jpeg-tiles-rgb", 50.0),
    ("jpeg-grey", 50.0),
    ("ycc-11", 45.0),
    ("ycc-21", 45.0),
    ("ycc-22", 45.0),
    ("ycc-42", 45.0),
];

#[tokio::test]
async fn tiff_of_every_kind_is_what_others_make_of_it() {
    let server = TestServer::start().await;
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().unwrap() != "tif" || INKS.contains(&name) {
            continue;
        }
        seen += 1;
        let reference = Picture::decode(&fs::read(path.with_extension("png")).unwrap());
        let answer = server.post("/convert?type=png", &file(name)).await;
        if answer.status != 200 {
            wrong.push(format!(
                "{name}: {} {}",
                answer.status,
                answer.json()["detail"]
            ));
            continue;
        }
        let got = Picture::decode(&answer.body);
        let least = ROUNDED.iter().find(|(rounded, _)| *rounded == name);
        let psnr = got.psnr(&reference);
        if got.alpha != reference.alpha || psnr < least.map_or(99.0, |(_, least)| *least) {
            wrong.push(format!("{name}: {psnr} dB"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 50, "{seen}");
}

#[tokio::test]
async fn tiff_of_inks_stays_inks() {
    let server = TestServer::start().await;
    let mut pictures = Vec::new();
    for name in INKS {
        let info = server.post("/info", &file(name)).await.json();
        assert_eq!(info["space"], "cmyk", "{name}");
        let answer = server.post("/convert?type=png", &file(name)).await;
        pictures.push(answer.picture("image/png", 45, 37));
    }
    let [first, deep, jpeg] = &pictures.try_into().ok().unwrap();
    assert!(first.psnr(deep) >= 99.0);
    // Its inks come from RGB another way, so that it is only about the same picture.
    assert!(first.psnr(jpeg) > 12.0, "{}", first.psnr(jpeg));
}

#[tokio::test]
async fn what_a_tiff_says_of_itself_is_told() {
    let server = TestServer::start().await;
    for (name, key, value) in [
        ("lzw-pages", "frames", 3.into()),
        ("lzw", "frames", 1.into()),
        ("lzw", "detail", "lzw".into()),
        ("fax-4", "detail", "fax group 4".into()),
        ("jpeg-tiles", "detail", "jpeg".into()),
        ("turned-6", "orientation", 6.into()),
        ("big-endian-16", "bitDepth", 16.into()),
        ("grey-alpha", "hasAlpha", true.into()),
        ("extra-samples", "hasAlpha", false.into()),
    ] {
        let info = server.post("/info", &file(name)).await.json();
        let expected: serde_json::Value = value;
        assert_eq!(info[key], expected, "{name}: {info}");
    }
}

#[tokio::test]
async fn what_is_written_is_read() {
    let server = TestServer::start().await;
    let mut seen = BTreeSet::new();
    for name in ["grey-4", "grey-alpha", "lzw", "alpha"] {
        let png = server.post("/convert?type=png", &file(name)).await;
        let tiff = server.post("/convert?type=tiff", &file(name)).await;
        let again = server.post("/convert?type=png", &tiff.body).await;
        assert_eq!(again.status, 200, "{name}");
        assert_eq!(again.body, png.body, "{name}");
        seen.insert(again.body.clone());
    }
    assert_eq!(seen.len(), 4);
}

/// The tag's value in every entry that has it, in a file of little-endian numbers that begins with its header.
fn with_tag(name: &str, tag: u16, value: u16) -> Vec<u8> {
    let mut file = file(name);
    let at = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes(file[at..at + 2].try_into().unwrap()));
    let mut found = false;
    for entry in file[at + 2..at + 2 + 12 * count].chunks_mut(12) {
        if entry[..2] == tag.to_le_bytes() {
            entry[8..10].copy_from_slice(&value.to_le_bytes());
            found = true;
        }
    }
    assert!(found);
    file
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let server = TestServer::start().await;
    for (file, words) in [
        (with_tag("jpeg", 259, 6), "JPEG of the old style"),
        (with_tag("lzw", 259, 34_676), "number 34676"),
        (with_tag("lzw", 262, 32_845), "its colours are of a kind"),
        (with_tag("lzw", 277, 2), "fewer samples than colours"),
        (with_tag("lzw", 277, 200), "more samples in a pixel"),
        (with_tag("lzw", 256, 0), "it has no size"),
        (
            with_tag("lzw", 257, 9_999),
            "fewer strips or tiles than its size",
        ),
        (
            with_tag("tiles", 322, 32_767),
            "larger than its size explains",
        ),
        (with_tag("palette", 258, 9), "of a kind that is not read"),
        (with_tag("palette-4", 258, 8), "palette is too short"),
        (with_tag("jpeg-tiles", 256, 500), "fewer strips or tiles"),
        (
            with_tag("jpeg-tiles", 322, 32),
            "another size than the picture says",
        ),
        (with_tag("zstd", 259, 5), "corrupt"),
        (with_tag("lzw", 259, 8), "corrupt"),
        (with_tag("fax-4", 259, 32_773), "cut short"),
    ] {
        let answer = server.post("/resize?width=20&type=png", &file).await;
        let problem = answer.problem(422, "invalid-image");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{detail}: {words}");
    }
}

/// Whatever is wrong with a strip, or a directory, it's the picture's fault.
#[tokio::test]
async fn no_damage_is_ours() {
    let server = TestServer::start().await;
    let mut random = 77_u32;
    let mut next = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as usize
    };
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().unwrap() != "tif" {
            continue;
        }
        let body = fs::read(&path).unwrap();
        for round in 0..12 {
            let mut mutant = body.clone();
            for _ in 0..3 {
                let at = next() % mutant.len();
                mutant[at] = u8::try_from(next() % 256).unwrap();
            }
            if round % 3 == 0 {
                mutant.truncate(next() % body.len());
            }
            let answer = server.post("/resize?width=20&type=png", &mutant).await;
            let fine = answer.status == 200 || (400..500).contains(&answer.status);
            assert!(fine, "{}: {}", path.display(), answer.status);
        }
    }
    assert_eq!(server.get("/health").await.status, 200);
}

/// A file of these entries, each a tag and its long numbers, and of pixels, which are where 273 says.
pub(crate) fn made(entries: &[(u16, &[u32])], pixels: &[u8]) -> Vec<u8> {
    let mut entries = entries.to_vec();
    entries.sort_by_key(|(tag, _)| *tag);
    let (mut file, mut values) = (b"II*\0\x08\0\0\0".to_vec(), Vec::new());
    let behind = 8 + 2 + 12 * entries.len() + 4;
    file.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
    let all: usize = entries.iter().map(|(_, numbers)| numbers.len()).sum();
    let at = u32::try_from(behind + 4 * all).unwrap();
    for (tag, numbers) in entries {
        // Tables are bytes, not numbers.
        let (kind, size) = if tag == 347 { (7_u16, 4) } else { (4, 1) };
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend(u32::try_from(size * numbers.len()).unwrap().to_le_bytes());
        let moved = |&number: &u32| {
            if matches!(tag, 273 | 324) {
                number + at
            } else {
                number
            }
        };
        if let [number] = numbers {
            file.extend(moved(number).to_le_bytes());
        } else {
            let place = u32::try_from(behind + values.len()).unwrap();
            file.extend(place.to_le_bytes());
        }
        values.extend(
            numbers
                .iter()
                .flat_map(|number| moved(number).to_le_bytes()),
        );
    }
    file.extend([0; 4]);
    [file, values, pixels.to_vec()].concat()
}

#[tokio::test]
async fn what_is_odd_is_read() {
    let server = TestServer::start().await;
    // Luma and chroma of whole size, and a fourth sample that is nothing.
    let whole: &[(u16, &[u32])] = &[
        (256, &[8]),
        (257, &[8]),
        (258, &[8]),
        (259, &[1]),
        (262, &[6]),
        (277, &[4]),
        (338, &[0]),
        (530, &[1, 1]),
        (278, &[8]),
        (273, &[0]),
        (279, &[256]),
    ];
    let grey: Vec<u8> = [90, 128, 128, 7].repeat(64);
    let answer = server.post("/convert?type=png", &made(whole, &grey)).await;
    answer
        .picture("image/png", 8, 8)
        .assert_at(3, 3, [90, 90, 90, 255], 2);
    // Bits the other way round, a strip for each row, and a long file behind each: no strip takes more than its rows.
    let rows: Vec<u32> = (0..2_000).collect();
    let backwards: &[(u16, &[u32])] = &[
        (256, &[8]),
        (257, &[2_000]),
        (258, &[1]),
        (259, &[1]),
        (262, &[1]),
        (266, &[2]),
        (277, &[1]),
        (278, &[1]),
        (273, &rows),
    ];
    let bits: Vec<u8> = std::iter::repeat_n(0b0000_0111, 2_000)
        .chain(std::iter::repeat_n(0, 1 << 20))
        .collect();
    let answer = server
        .post("/convert?type=png", &made(backwards, &bits))
        .await;
    let picture = answer.picture("image/png", 8, 2_000);
    picture.assert_at(2, 1_999, [255, 255, 255, 255], 0);
    picture.assert_at(3, 1_999, [0, 0, 0, 255], 0);
}

#[tokio::test]
async fn what_lies_is_refused() {
    let server = TestServer::start().await;
    // Tiles of next to nothing over a picture of all there is; tables that no JPEG needs; tiles far wider than the picture.
    let tables = vec![0xff_d8_ff_c4; 20_000];
    for (why, entries) in [
        (
            "strips or tiles",
            &[
                (256, &[1 << 30][..]),
                (257, &[1 << 30]),
                (258, &[8]),
                (259, &[1]),
                (262, &[2]),
                (277, &[16]),
                (284, &[2]),
                (322, &[1]),
                (323, &[1]),
                (324, &[0]),
                (325, &[1]),
            ][..],
        ),
        (
            "its tables are longer than any are",
            &[
                (256, &[8]),
                (257, &[8]),
                (258, &[8]),
                (259, &[7]),
                (262, &[6]),
                (277, &[3]),
                (278, &[8]),
                (273, &[0]),
                (279, &[64]),
                (347, &tables),
            ],
        ),
        (
            "its tiles are larger than its size explains",
            &[
                (256, &[1]),
                (257, &[1 << 20]),
                (258, &[8]),
                (259, &[5]),
                (262, &[1]),
                (277, &[1]),
                (322, &[4_096]),
                (323, &[1 << 20]),
                (324, &[0]),
                (325, &[64]),
            ],
        ),
    ] {
        for path in ["/convert?type=png", "/info"] {
            let refused = server.post(path, &made(entries, &[0; 64])).await;
            assert_eq!(refused.status, 422, "{why} {path}");
            let detail = refused.json()["detail"].to_string();
            assert!(detail.contains(why), "{path}: {detail}");
        }
    }
}

/// What a strip's own codec hands out is RGB already, whatever the directory calls it.
#[tokio::test]
async fn colours_of_a_picture_inside_are_its_own() {
    let server = TestServer::start().await;
    let colour = image::Rgba([200, 60, 20, 255]);
    let inside = encoded(
        &image::RgbaImage::from_pixel(16, 16, colour),
        image::ImageFormat::WebP,
    );
    let length = [u32::try_from(inside.len()).unwrap()];
    let entries: &[(u16, &[u32])] = &[
        (256, &[16]),
        (257, &[16]),
        (258, &[8]),
        (259, &[50_001]),
        (262, &[6]),
        (277, &[3]),
        (278, &[16]),
        (273, &[0]),
        (279, &length),
    ];
    let answer = server
        .post("/convert?type=png", &made(entries, &inside))
        .await;
    answer
        .picture("image/png", 16, 16)
        .assert_at(3, 3, colour.0, 3);
}

/// What decoding takes is promised by the first strip: another one may not take more.
#[tokio::test]
async fn strips_are_of_one_kind() {
    let server = TestServer::start().await;
    let body = jpeg(&photo(16, 16));
    let path = "/convert?type=jpeg&interlace=";
    let baseline = server.post(&format!("{path}false"), &body).await.body;
    let progressive = server.post(&format!("{path}true"), &body).await.body;
    for (strips, status) in [
        ([&baseline[..], &baseline], 200),
        ([&progressive, &progressive], 200),
        ([&progressive, &baseline], 200),
        ([&baseline, &progressive], 422),
    ] {
        let length = |strip: &[u8]| u32::try_from(strip.len()).unwrap();
        let [first, second] = strips.map(length);
        let file = made(
            &[
                (256, &[16]),
                (257, &[32]),
                (258, &[8, 8, 8]),
                (259, &[7]),
                (262, &[6]),
                (277, &[3]),
                (278, &[16]),
                (273, &[0, first]),
                (279, &[first, second]),
                (530, &[2, 2]),
            ],
            &strips.concat(),
        );
        let answer = server.post("/convert?type=png", &file).await;
        assert_eq!(answer.status, status);
        if status == 422 {
            let detail = answer.json()["detail"].to_string();
            assert!(detail.contains("another kind"), "{detail}");
        }
    }
}

/// Each page is a picture of its own, with a size and colours of its own.
#[tokio::test]
async fn pages_are_read_by_their_numbers() {
    let server = TestServer::start().await;
    let body = file("lzw-pages.tif");
    let info = server.post("/info", &body).await.json();
    assert_eq!(info["frames"], 3);
    let mut tags = BTreeSet::new();
    let mut pages = Vec::new();
    for page in 0..3 {
        let path = format!("/convert?type=png&page={page}");
        let answer = server.post(&path, &body).await;
        let (width, height) = (
            info["width"].as_u64().unwrap(),
            info["height"].as_u64().unwrap(),
        );
        let [width, height] = [width, height].map(|side| u32::try_from(side).unwrap());
        pages.push(answer.picture("image/png", width, height).rgba);
        tags.insert(answer.header("etag").unwrap().to_owned());
    }
    assert_eq!(tags.len(), 3);
    let [colours, bits, greys] = &pages[..] else {
        panic!("{}", pages.len());
    };
    // The second has ink or none, the third the luma of the first (ITU-R BT.601).
    assert!(
        bits.iter()
            .all(|[r, g, b, _]| r == g && g == b && [0, 255].contains(r))
    );
    for ([r, g, b, _], [luma, ..]) in colours.iter().zip(greys) {
        let expected = 0.299 * f64::from(*r) + 0.587 * f64::from(*g) + 0.114 * f64::from(*b);
        assert!(
            (expected - f64::from(*luma)).abs() <= 1.0,
            "{expected} {luma}"
        );
    }
    let first = server.post("/convert?type=png", &body).await;
    assert!(tags.contains(first.header("etag").unwrap()));
    let answer = server.post("/convert?type=png&page=3", &body).await;
    let problem = answer.problem(400, "invalid-parameter");
    assert!(
        problem["detail"].to_string().contains("0 to 2"),
        "{problem}"
    );
    // What is told is that page's, too.
    let info = server.post("/info?page=2", &body).await.json();
    assert_eq!(
        (&info["space"], &info["frames"]),
        (&"b-w".into(), &3.into())
    );
    let hash = async |page: u32| {
        let path = format!("/info?hash=thumbhash&page={page}");
        server.post(&path, &body).await.json()["thumbhash"].to_string()
    };
    assert_ne!(hash(0).await, hash(1).await);
    let answer = server.post("/info?page=3", &body).await;
    answer.problem(400, "invalid-parameter");
}
