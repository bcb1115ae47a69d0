//! JPEG XL in. It is held to what libjxl makes of it: `tests/fixtures/jxl.py` wrote both.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pixmill::checkpoint::{Checkpoint, Stop};
use pixmill::codecs::{self, Band, Error, Scale};

use crate::support::{Picture, TestServer};

const PNG: &str = "image/png";

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/jxl");
    std::fs::read(folder.join(name)).unwrap()
}

/// Each kind of file with what `/info` says of its layout, its channels, its depth, and how near its pixels have to be, in dB.
/// What noise there is starts from another seed, and is only noise.
const KINDS: [(&str, &str, u8, u8, f64); 34] = [
    ("vardct", "vardct", 3, 8, 48.0),
    ("vardct-alpha", "vardct", 4, 8, 48.0),
    ("vardct-grey", "vardct", 1, 8, 48.0),
    ("lossless", "modular", 3, 8, 99.0),
    ("lossless-alpha", "modular", 4, 8, 99.0),
    ("lossless-grey", "modular", 1, 8, 99.0),
    ("lossless-grey-alpha", "modular", 2, 8, 99.0),
    ("lossless-palette", "modular", 3, 8, 99.0),
    ("lossless-squeezed", "modular", 3, 8, 99.0),
    ("quarters", "modular", 3, 8, 99.0),
    ("sixteen-bit", "modular", 3, 16, 99.0),
    ("multiplied-alpha", "vardct", 4, 8, 48.0),
    ("modular-lossy", "modular", 3, 8, 48.0),
    ("progressive", "vardct", 3, 8, 48.0),
    ("centre-first", "vardct", 3, 8, 48.0),
    ("groups-alpha", "modular", 4, 8, 99.0),
    ("upsampled", "vardct", 3, 8, 48.0),
    ("noise", "vardct", 3, 8, 40.0),
    ("patches", "vardct", 3, 8, 45.0),
    ("boxed", "vardct", 3, 8, 48.0),
    ("p3", "vardct", 3, 8, 45.0),
    ("linear", "vardct", 3, 8, 38.0),
    ("gamma", "vardct", 3, 8, 45.0),
    ("pq", "vardct", 3, 8, 38.0),
    ("profile", "modular", 3, 8, 99.0),
    ("profile-vardct", "vardct", 3, 8, 38.0),
    ("turned-1", "vardct", 3, 8, 45.0),
    ("turned-2", "vardct", 3, 8, 45.0),
    ("turned-3", "vardct", 3, 8, 45.0),
    ("turned-4", "vardct", 3, 8, 45.0),
    ("turned-5", "vardct", 3, 8, 45.0),
    ("turned-6", "vardct", 3, 8, 45.0),
    ("turned-7", "vardct", 3, 8, 45.0),
    ("turned-8", "vardct", 3, 8, 45.0),
];

/// The other decoder's picture comes in as a PNG, so that its profile means to both the same.
#[tokio::test]
async fn every_kind_comes_in_as_another_decoder_has_it() {
    let server = TestServer::start().await;
    let mut far = Vec::new();
    for (name, layout, channels, depth, least) in KINDS {
        let body = fixture(&format!("{name}.jxl"));
        let theirs = server
            .post("/convert?type=png", &fixture(&format!("{name}.png")))
            .await;
        let theirs = Picture::decode(&theirs.body);
        let answer = server.post("/convert?type=png", &body).await;
        let ours = answer.picture(PNG, theirs.width, theirs.height);
        let psnr = ours.psnr(&theirs);
        if psnr < least {
            far.push(format!("{name}: {psnr:.1} dB"));
        }
        let info = server.post("/info", &body).await.json();
        assert_eq!(info["type"], "jxl", "{info}");
        let facts = (&info["detail"], &info["channels"], &info["bitDepth"]);
        assert_eq!(
            facts,
            (&layout.into(), &channels.into(), &depth.into()),
            "{name}"
        );
        assert_eq!(info["hasAlpha"], channels % 2 == 0, "{name}: {info}");
    }
    assert!(far.is_empty(), "{far:?}");
}

/// A box: its length, what it is, what is in it.
fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [&length, &kind[..], content].concat()
}

fn container(boxes: &[Vec<u8>]) -> Vec<u8> {
    let start = [
        boxed(*b"JXL ", b"\r\n\x87\n"),
        boxed(*b"ftyp", b"jxl \0\0\0\0jxl "),
    ];
    [start.concat(), boxes.concat()].concat()
}

/// A codestream cut in two, with metadata around that unpack to nothing.
fn in_pieces(stream: &[u8], numbers: [&[u8; 4]; 2]) -> Vec<u8> {
    let (first, second) = stream.split_at(stream.len() / 2);
    let [one, two] = numbers;
    container(&[
        boxed(*b"jxlp", &[&one[..], first].concat()),
        boxed(*b"brob", b"Exif\xff\xff\xff"),
        boxed(*b"jxlp", &[&two[..], second].concat()),
    ])
}

#[tokio::test]
async fn boxes_are_cut_up() {
    let server = TestServer::start().await;
    let stream = fixture("lossless.jxl");
    let expected = Picture::decode(&fixture("lossless.png"));
    let whole = boxed(*b"jxlc", &stream);
    // One that goes to the end of the file, and one whose length has eight bytes.
    let open = [&[0; 4][..], b"jxlc", &stream].concat();
    let length = u64::try_from(stream.len() + 16).unwrap().to_be_bytes();
    let long = [&[0, 0, 0, 1][..], b"jxlc", &length, &stream].concat();
    for (name, file) in [
        ("one", container(&[whole])),
        ("open", container(&[open])),
        ("long", container(&[long])),
        ("two", in_pieces(&stream, [b"\0\0\0\0", b"\x80\0\0\x01"])),
        (
            "no last one",
            in_pieces(&stream, [b"\0\0\0\0", b"\0\0\0\x01"]),
        ),
    ] {
        let answer = server.post("/convert?type=png", &file).await;
        let got = answer.picture(PNG, expected.width, expected.height);
        assert!(got.rgba == expected.rgba, "{name}");
    }
    for (file, why) in [
        (container(&[boxed(*b"Exif", &[0; 20])]), "no picture in it"),
        (
            in_pieces(&stream, [b"\0\0\0\x01", b"\x80\0\0\0"]),
            "in order",
        ),
    ] {
        let problem = server
            .post("/info", &file)
            .await
            .problem(422, "invalid-image");
        let detail = problem["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(why), "{detail}");
    }
    let many = container(&vec![boxed(*b"free", b""); 5_000]);
    server
        .post("/info", &many)
        .await
        .problem(422, "too-complex");
}

/// 207 bytes that say a long profile, of which hardly a byte takes a bit: a header is read where requests are handled.
#[tokio::test]
async fn a_profile_that_would_take_long_is_refused() {
    let server = TestServer::start().await;
    let file = include_bytes!("../../fuzz/regressions/probe/jxl-of-a-long-profile.jxl");
    let problem = server.post("/info", file).await.problem(422, "too-complex");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("bytes of colour profile"), "{detail}");
}

/// What EXIF says of the picture is told and kept; how it is turned, the codestream says.
#[tokio::test]
async fn what_boxes_say_is_told_and_kept() {
    let server = TestServer::start().await;
    let block = include_bytes!("camera.exif");
    let bare = block.strip_prefix(b"Exif\0\0").unwrap();
    let file = container(&[
        boxed(*b"Exif", &[&[0; 4], bare].concat()),
        boxed(*b"jxlc", &fixture("lossless.jxl")),
    ]);
    let info = server.post("/info", &file).await.json();
    assert_eq!(info["exif"]["make"], "Maker & Son", "{info}");
    let kept = server.post("/convert?type=jpeg&metadata=keep", &file).await;
    let info = server.post("/info", &kept.body).await.json();
    assert_eq!(info["exif"]["make"], "Maker & Son", "{info}");
    for (tag, size) in [(2, (60, 44)), (3, (60, 44)), (6, (44, 60)), (7, (44, 60))] {
        let turned = fixture(&format!("turned-{tag}.jxl"));
        let info = server.post("/info", &turned).await.json();
        assert_eq!(info["orientation"], tag, "{info}");
        let shown = (&info["displayWidth"], &info["displayHeight"]);
        assert_eq!(shown, (&size.0.into(), &size.1.into()), "{info}");
    }
}

#[tokio::test]
async fn what_is_broken_is_refused() {
    let server = TestServer::start().await;
    // Codes of 33 MiB, and then nothing.
    let codes = server.post("/resize?width=20", &fixture("codes.jxl")).await;
    codes.problem(422, "invalid-image");
    for name in [
        "vardct",
        "lossless-alpha",
        "boxed",
        "progressive",
        "profile",
    ] {
        let whole = fixture(&format!("{name}.jxl"));
        for length in (2..whole.len() - 2).step_by(whole.len() / 23 + 1) {
            let answer = server.post("/resize?width=20", &whole[..length]).await;
            let refused = (400..500).contains(&answer.status);
            assert!(refused, "{name}, {length}: {}", answer.status);
        }
    }
}

/// Bits as a codestream has them, the lowest first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(mut self, value: u64, count: usize) -> Self {
        self.0.extend((0..count).map(|at| value >> at & 1 == 1));
        self
    }

    fn put_all(self, bytes: Vec<u8>) -> Self {
        bytes
            .into_iter()
            .fold(self, |bits, byte| bits.put(byte.into(), 8))
    }

    /// With what makes the last byte whole.
    fn bytes(mut self) -> Vec<u8> {
        self.0.resize(self.0.len().next_multiple_of(8), false);
        let byte = |bits: &[bool]| (0..8).map(|at| u8::from(bits[at]) << at).sum();
        self.0.chunks(8).map(byte).collect()
    }
}

/// A square picture without anything else to say of it.
fn head(side: u64) -> Vec<u8> {
    // The signature; a side of up to 30 bits, and the other is the same; all by default.
    let bits = Bits::default()
        .put(0x0aff, 16)
        .put(0, 1)
        .put(3, 2)
        .put(side - 1, 30);
    bits.put(1, 3).put(1, 1).put(1, 1).bytes()
}

/// A frame that only others refer to, coded sample by sample; with a place for it and a table of contents of `entries`, all empty.
fn reference(upsampling: u64, group: u64, entries: usize) -> Vec<u8> {
    let bits = Bits::default().put(0, 1).put(2, 2).put(1, 1).put(0, 2);
    let bits = bits.put(upsampling, 2).put(group, 2);
    // As large as the picture; in the first place; as it is coded; without a name, a filter or an extension.
    let bits = bits.put(0, 1).put(0, 2).put(1, 1).put(0, 2);
    let mut bits = bits.put(0, 1).put(0, 1).put(0, 2).put(0, 2).put(0, 2);
    bits = Bits::default().put_all(bits.put(0, 1).bytes());
    for _ in 0..entries {
        bits = bits.put(0, 12);
    }
    bits.bytes()
}

/// What would cost more than it shows is refused by its headers.
#[tokio::test]
async fn what_costs_more_than_it_shows_is_refused() {
    let server = TestServer::start().await;
    for (name, file, why) in [
        // Reference after reference, of which no picture needs more than four.
        (
            "frames",
            [head(64), reference(0, 1, 1).repeat(30)].concat(),
            "frames before the first",
        ),
        // Each as large as the picture.
        (
            "pixels",
            [head(2_000), reference(0, 3, 2 + 1 + 4).repeat(6)].concat(),
            "pixels in its frames",
        ),
        // Groups of 1024 pixels, of which each becomes 64.
        (
            "group",
            [head(8_192), reference(3, 3, 1)].concat(),
            "pixels in a group",
        ),
    ] {
        let answer = server.post("/resize?width=20", &file).await;
        let problem = answer.problem(422, "too-complex");
        let detail = problem["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(why), "{name}: {detail}");
    }
}

/// It stops at whatever poll it is told to, and polls for each group.
#[test]
fn a_decode_stops_between_any_two_groups() {
    let file = fixture("large-vardct.jxl");
    let header = codecs::probe(&file).unwrap();
    let decode = |stop_at: usize| {
        let polls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&polls);
        let checkpoint = Checkpoint::observed(move |_| {
            (seen.fetch_add(1, Ordering::Relaxed) == stop_at).then_some(Stop::Cancelled)
        });
        let mut rows = codecs::open(&file, &header, Scale::FULL, &checkpoint).unwrap();
        let mut band = Band {
            model: header.model,
            planes: Vec::new(),
        };
        let outcome = rows.next(&mut band, 16);
        (outcome, polls.load(Ordering::Relaxed))
    };
    let (outcome, polls) = decode(usize::MAX);
    outcome.unwrap();
    // 7 by 5 groups of 256 pixels.
    assert!(polls > 35, "{polls}");
    for stop_at in (0..polls).step_by(5) {
        let (outcome, made) = decode(stop_at);
        assert_eq!(outcome, Err(Error::Stopped(Stop::Cancelled)), "{stop_at}");
        // A library that fails hands that on, and is asked why.
        assert!(made <= stop_at + 3, "{stop_at}: {made}");
    }
}
