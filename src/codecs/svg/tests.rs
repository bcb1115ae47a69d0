//! What is drawn, and what passes; and what all tests here draw with.

use std::time::{Duration, Instant};

use super::*;
use crate::codecs::{Band, Part, Raster};

pub(super) fn svg(inner: &str) -> Vec<u8> {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='100' height='100'>{inner}</svg>"
    )
    .into_bytes()
}

/// Makes every picture grey.
struct Grey;

impl Painter for Grey {
    fn paint(
        &self,
        _file: &[u8],
        _header: &Header,
        (width, height): (u32, u32),
        _checkpoint: &Checkpoint,
    ) -> Result<Raster, Error> {
        let shape = Shape {
            width,
            height,
            model: Model::Gray,
        };
        Ok(Raster::interleaved(
            shape,
            vec![128; width as usize * height as usize],
        ))
    }
}

pub(super) fn read(file: &[u8], pixels: Option<(u32, u32)>) -> Result<Vec<u8>, Error> {
    let header = probe(file)?;
    let part = pixels.map(|pixels| Part {
        left: 0.0,
        top: 0.0,
        width: f64::from(header.width),
        height: f64::from(header.height),
        pixels,
    });
    let scale = Scale {
        part,
        ..Scale::FULL
    };
    let checkpoint = Checkpoint::new();
    let mut rows = open(file, &header, scale, Some(&Grey), &checkpoint);
    let mut band = Band::new(rows.shape());
    rows.next(&mut band, 1)?;
    Ok(band.planes.remove(0).samples)
}

/// So many elements, each a little different.
pub(super) fn many(count: usize, element: impl Fn(usize) -> String) -> String {
    (0..count).map(element).collect::<Vec<_>>().concat()
}

/// Groups inside of each other.
pub(super) fn nested(depth: usize, inner: &str) -> String {
    format!("{}{inner}{}", "<g>".repeat(depth), "</g>".repeat(depth))
}

/// So many rectangles.
pub(super) fn rects(count: usize) -> String {
    "<path d='M0 0H9V9'/>".repeat(count)
}

/// Refuses a drawing before it costs anything, by the limit of these words.
pub(super) fn refused(name: &str, file: &[u8], words: &str) {
    let start = Instant::now();
    let got = read(file, None);
    let Err(Error::TooComplex { what, .. }) = &got else {
        panic!("{name}: {:?}", got.map(|samples| samples.len()));
    };
    assert!(what.contains(words), "{name}: {what}");
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "{name}: {took:?}");
}

#[test]
fn a_part_is_rendered_in_its_own_pixels() {
    let file = svg(
        "<path fill='#f00' d='M50 0H100V50H50'/><path fill='#00f' fill-opacity='.5' d='M0 50H50V100H0'/>",
    );
    let samples = read(&file, Some((4, 4))).unwrap();
    let at = |x: usize, y: usize| &samples[(y * 4 + x) * 4..][..4];
    assert_eq!(at(3, 0), [255, 0, 0, 255]);
    assert_eq!(at(0, 0), [0; 4]);
    // Alpha isn't multiplied in.
    assert_eq!(at(0, 3), [0, 0, 255, 128]);
    let header = probe(&file).unwrap();
    let part = Part {
        left: 50.0,
        top: 0.0,
        width: 50.0,
        height: 100.0,
        pixels: (5, 10),
    };
    let scale = Scale {
        part: Some(part),
        ..Scale::FULL
    };
    let checkpoint = Checkpoint::new();
    let mut rows = open(&file, &header, scale, None, &checkpoint);
    let mut band = Band::new(rows.shape());
    assert_eq!(rows.next(&mut band, 1), Ok(true));
    let red = band.planes[0]
        .samples
        .chunks(4)
        .filter(|pixel| pixel == &[255, 0, 0, 255]);
    assert_eq!(red.count(), 25);
}

/// Lines straight across or down, which have no area, and others of that shape: ten pixels in the middle; and whether down.
fn lines() -> Vec<(&'static str, String, bool)> {
    let gradient = "<linearGradient id='g' gradientUnits='userSpaceOnUse' x1='0' x2='100'><stop stop-color='red'/><stop offset='1' stop-color='red'/></linearGradient>";
    let pattern = "<pattern id='p' width='9' height='9' patternUnits='userSpaceOnUse'><path fill='red' d='M0 0H9V9H0'/></pattern>";
    let group = |attributes: &str, inner: &str| format!("<g {attributes}>{inner}</g>");
    let path = |d: &str, stroke: &str, more: &str| {
        format!("<path d='{d}' stroke='{stroke}' stroke-width='10' {more}/>")
    };
    let across = &path("M0 50H100", "red", "");
    let thin = path("M0 10H100", "red", "").replace("'10' ", "'2' ");
    let lower = path("M0 30H100", "red", "");
    let line = "<line y1='50' x2='100' y2='50' stroke='red' stroke-width='10'/>";
    let polyline = "<polyline points='0,50 40,50 100,50' stroke='red' stroke-width='10'/>";
    vec![
        ("path", across.clone(), false),
        ("down", path("M50 0V100", "red", ""), true),
        ("line", line.into(), false),
        ("polyline", polyline.into(), false),
        ("group", group("", across), false),
        ("moved", group("transform='translate(0 20)'", &lower), false),
        (
            "turned",
            group("transform='rotate(90 50 50)'", across),
            true,
        ),
        ("stretched", group("transform='scale(1 5)'", &thin), false),
        ("layer", group("opacity='.999'", across), false),
        (
            "dashed",
            path("M0 50H100", "red", "stroke-dasharray='99'"),
            false,
        ),
        (
            "gradient",
            gradient.to_owned() + &path("M0 50H100", "url(#g)", ""),
            false,
        ),
        (
            "pattern",
            pattern.to_owned() + &path("M0 50H100", "url(#p)", ""),
            false,
        ),
        (
            "beside others",
            format!("<rect width='1' height='1' fill='none'/>{across}"),
            false,
        ),
        (
            "far out",
            "<path d='M-3e7 45H100V55H-3e7z' fill='red'/>".into(),
            false,
        ),
    ]
}

/// Such lines are drawn all the same; what is stroked with anything is where its geometry says.
#[test]
fn lines_along_the_axes_are_drawn() {
    for (name, inner, turned) in lines() {
        let samples = read(&svg(&inner), None).unwrap();
        for (x, y) in (0..98).flat_map(|x| (0..100).map(move |y| (x, y))) {
            let (across, down) = if turned { (y, x) } else { (x, y) };
            let at = &samples[(down * 100 + across) * 4..][..4];
            let expected = if (45..55).contains(&y) { 255 } else { 0 };
            assert!(at[3].abs_diff(expected) <= 1, "{name} at {x}, {y}: {at:?}");
            assert!(
                expected == 0 || at[0] >= 254 && at[1] <= 1,
                "{name}: {at:?}"
            );
        }
    }
    let hidden = "<path d='M0 50H100' stroke='red' visibility='hidden'/><path d='M0 9H100'/>";
    let samples = read(&svg(hidden), None).unwrap();
    assert!(samples.iter().all(|&sample| sample == 0));
}

/// What has a size of its own isn't taken for an attack.
#[test]
fn large_drawings_pass() {
    let shapes = "<path class='a' fill='url(#g)' d='M1 1C2 2 3 3 4 4L9 9z'/>".repeat(5_000);
    let gradient = "<linearGradient id='g'><stop/><stop offset='1'/></linearGradient>";
    let style = many(200, |i| format!(".a{i}{{fill:#00{i:02x}ff}}"));
    let symbol = format!(
        "<g id='s'>{}</g>",
        "<rect width='1' height='1'/>".repeat(50)
    );
    for (name, inner) in [
        (
            "shapes",
            format!("<style>{style}</style>{gradient}{shapes}"),
        ),
        (
            "uses",
            format!("{symbol}{}", "<use href='#s'/>".repeat(150)),
        ),
        ("deep", nested(80, "<rect width='9' height='9'/>")),
        (
            "marked",
            format!(
                "<style>/* .x{{}} don't */ .link{{marker-end:url(\"#m\");stroke:#000}} line, .axis path:hover{{fill:none}}</style><marker id='m'><path d='M0 0H9'/></marker>{}",
                "<path class='link' d='M0 0L9 9'/>".repeat(300)
            ),
        ),
        (
            "font",
            format!(
                "<style>@font-face{{font-family:'A';src:url('data:font/woff2;base64,{}')}}g{{font:9px 'A'}}</style><g>{}</g>",
                "A".repeat(99_999),
                rects(99)
            ),
        ),
        (
            "text",
            format!("<text y='9'>{}</text>", "many letters ".repeat(500)),
        ),
    ] {
        let got = read(&svg(&inner), None);
        assert!(got.is_ok(), "{name}: {got:?}");
    }
}

/// Whatever a drawing names outside of itself is left out.
#[test]
fn nothing_is_loaded() {
    let outside = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/drawing.png");
    for place in [
        outside.to_owned(),
        format!("file://{outside}"),
        "http://127.0.0.1:9/x.png".to_owned(),
    ] {
        let file = svg(&format!("<image width='100' height='100' href='{place}'/>"));
        let samples = read(&file, None).unwrap();
        assert!(samples.iter().all(|&sample| sample == 0), "{place}");
    }
    let style = svg(
        "<style>@import url('file:///etc/passwd'); @font-face { src: url(file:///etc/passwd) }</style>",
    );
    assert!(read(&style, None).is_ok());
}
