//! Pictures that move, frame by frame against decoders that the server doesn't use.

use std::collections::HashSet;
use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, ImageFormat, RgbaImage};

use crate::files::{deflated, png_chunk, riff};
use crate::fixtures::{self, BLUE, GREEN, RED, WHITE, encoded, photo, quarters};
use crate::support::{Answer, Picture, TestServer};
use crate::watermark_images::sent;

/// A frame as a GIF stores it.
#[derive(Clone, Default)]
struct Stored {
    left: u16,
    top: u16,
    width: u16,
    height: u16,
    /// 0 to 3, as the file has it.
    disposal: u8,
    hundredths: u16,
    transparent: Option<u8>,
    interlaced: bool,
    own_palette: bool,
    /// The number of the pixel in that column and row.
    pixel: Option<fn(u16, u16) -> u8>,
}

/// A frame as an APNG and a WebP store it.
#[derive(Clone, Copy)]
struct Cel {
    /// Left, top, width, height; the first two even.
    area: [u32; 4],
    /// It becomes transparent, and what was there before, at its end.
    clears: bool,
    restores: bool,
    /// What is below shows through.
    blends: bool,
    milliseconds: u16,
    pixel: fn(u32, u32) -> [u8; 4],
}

impl Cel {
    fn picture(&self) -> RgbaImage {
        let [_, _, width, height] = self.area;
        RgbaImage::from_fn(width, height, |x, y| image::Rgba((self.pixel)(x, y)))
    }
}

/// Frames of all kinds; an APNG has one of its own.
fn cels(restores: bool) -> Vec<Cel> {
    let cel = |area, clears, blends, pixel| Cel {
        area,
        clears,
        restores: false,
        blends,
        milliseconds: 70,
        pixel,
    };
    let scene: fn(u32, u32) -> [u8; 4] = |x, y| match (x < 20, y < 12) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => [40, 80, 120, 90],
    };
    let veil: fn(u32, u32) -> [u8; 4] = |x, y| [250, 200, 10, u8::try_from(x * 9 + y * 4).unwrap()];
    let mut cels = vec![
        cel([0, 0, 40, 24], false, false, scene),
        cel([4, 2, 20, 12], false, true, veil),
        cel([10, 8, 20, 12], true, true, veil),
        cel([20, 10, 20, 14], false, false, veil),
        cel([2, 4, 10, 10], true, false, veil),
        cel([2, 0, 38, 24], true, true, scene),
        cel([38, 22, 2, 2], false, false, |_, _| WHITE),
    ];
    if restores {
        cels[1].restores = true;
        cels[4].clears = false;
        cels[4].restores = true;
    }
    cels
}

fn webp(width: u32, height: u32, plays: u16, cels: &[Cel]) -> Vec<u8> {
    let low = |number: u32| number.to_le_bytes()[..3].to_vec();
    let size = [low(width - 1), low(height - 1)].concat();
    let mut chunks = riff(*b"VP8X", &[&[0x12, 0, 0, 0][..], &size].concat());
    let anim = [&[0; 4][..], &plays.to_le_bytes()].concat();
    chunks.extend(riff(*b"ANIM", &anim));
    for cel in cels {
        let [left, top, width, height] = cel.area;
        let time = u32::from(cel.milliseconds);
        let numbers = [left / 2, top / 2, width - 1, height - 1, time];
        let mut content: Vec<u8> = numbers.into_iter().flat_map(low).collect();
        content.push(u8::from(cel.clears) | u8::from(!cel.blends) << 1);
        content.extend(&encoded(&cel.picture(), ImageFormat::WebP)[12..]);
        chunks.extend(riff(*b"ANMF", &content));
    }
    riff(*b"RIFF", &[b"WEBP", &chunks[..]].concat())
}

/// The default image is one of the frames, or a picture of its own.
fn apng(width: u32, height: u32, plays: u32, cels: &[Cel], apart: bool) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    file.extend(png_chunk(*b"IHDR", &[&size[..], &[8, 6, 0, 0, 0]].concat()));
    let count = u32::try_from(cels.len()).unwrap();
    let counts = [count.to_be_bytes(), plays.to_be_bytes()].concat();
    file.extend(png_chunk(*b"acTL", &counts));
    let stream = |picture: &RgbaImage| {
        let rows = picture.rows().flat_map(|row| {
            let samples = row.flat_map(|pixel| pixel.0);
            std::iter::once(0).chain(samples)
        });
        deflated(&rows.collect::<Vec<u8>>())
    };
    if apart {
        let blank = RgbaImage::from_pixel(width, height, image::Rgba([9, 9, 9, 255]));
        file.extend(png_chunk(*b"IDAT", &stream(&blank)));
    }
    let mut number = 0_u32;
    let mut next = || {
        number += 1;
        (number - 1).to_be_bytes()
    };
    for (index, cel) in cels.iter().enumerate() {
        let [left, top, width, height] = cel.area;
        let mut control = next().to_vec();
        for number in [width, height, left, top] {
            control.extend(number.to_be_bytes());
        }
        control.extend(cel.milliseconds.to_be_bytes());
        control.extend(1000_u16.to_be_bytes());
        control.push(match (cel.clears, cel.restores) {
            (_, true) => 2,
            (clears, _) => u8::from(clears),
        });
        control.push(u8::from(cel.blends));
        file.extend(png_chunk(*b"fcTL", &control));
        let packed = stream(&cel.picture());
        if index == 0 && !apart {
            file.extend(png_chunk(*b"IDAT", &packed));
        } else {
            file.extend(png_chunk(*b"fdAT", &[&next()[..], &packed].concat()));
        }
    }
    file.extend(png_chunk(*b"IEND", &[]));
    file
}

const PALETTE: [[u8; 3]; 4] = [[220, 30, 30], [30, 200, 40], [30, 40, 210], [250, 250, 250]];
const OTHER: [[u8; 3]; 4] = [[10, 10, 10], [255, 200, 0], [0, 255, 255], [120, 60, 180]];

fn table(colours: &[[u8; 3]; 4]) -> Vec<u8> {
    let rest = std::iter::repeat_n([0; 3], 124);
    colours.iter().copied().chain(rest).flatten().collect()
}

/// A file of frames, whose codes are as long as numbers: nothing is compressed.
fn gif(width: u16, height: u16, repeats: Option<u16>, frames: &[Stored]) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    for side in [width, height] {
        file.extend(side.to_le_bytes());
    }
    file.extend([0xf6, 0, 0]);
    file.extend(table(&PALETTE));
    if let Some(repeats) = repeats {
        file.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01");
        file.extend(repeats.to_le_bytes());
        file.push(0);
    }
    for frame in frames {
        let flags = frame.disposal << 2 | u8::from(frame.transparent.is_some());
        let [low, high] = frame.hundredths.to_le_bytes();
        let number = frame.transparent.unwrap_or(0);
        file.extend([0x21, 0xf9, 4, flags, low, high, number, 0, 0x2c]);
        for side in [frame.left, frame.top, frame.width, frame.height] {
            file.extend(side.to_le_bytes());
        }
        let own = if frame.own_palette { 0x86 } else { 0 };
        file.push(own | u8::from(frame.interlaced) << 6);
        if frame.own_palette {
            file.extend(table(&OTHER));
        }
        file.push(7);
        let passes: &[(u16, u16)] = if frame.interlaced {
            &[(0, 8), (4, 8), (2, 4), (1, 2)]
        } else {
            &[(0, 1)]
        };
        let rows = passes
            .iter()
            .flat_map(|&(first, step)| (first..frame.height).step_by(usize::from(step)));
        let pixel = frame.pixel.unwrap();
        let numbers: Vec<u8> = rows
            .flat_map(|y| (0..frame.width).map(move |x| pixel(x, y)))
            .collect();
        for part in numbers.chunks(100) {
            // Codes stay at eight bits as long as the table is cleared in time.
            file.push(u8::try_from(part.len()).unwrap() + 1);
            file.push(0x80);
            file.extend(part);
        }
        file.extend([1, 0x81, 0]);
    }
    file.push(0x3b);
    file
}

/// Every disposal, transparency, a palette of its own, passes, parts of the canvas and beyond it.
fn of_all_kinds() -> Vec<u8> {
    let whole = Stored {
        width: 40,
        height: 24,
        hundredths: 7,
        pixel: Some(|x, y| u8::from(x >= 20) + 2 * u8::from(y >= 12)),
        ..Stored::default()
    };
    let part = |left, top, disposal| Stored {
        left,
        top,
        width: 14,
        height: 9,
        disposal,
        hundredths: 12,
        transparent: Some(2),
        pixel: Some(|x, y| u8::try_from((x + 2 * y) % 4).unwrap()),
        ..Stored::default()
    };
    let own = |frame: Stored| Stored {
        own_palette: true,
        interlaced: true,
        ..frame
    };
    gif(
        40,
        24,
        Some(4),
        &[
            whole.clone(),
            part(2, 3, 1),
            part(9, 8, 2),
            own(part(20, 10, 3)),
            part(22, 12, 0),
            own(part(33, 20, 2)),
            Stored {
                transparent: Some(1),
                disposal: 2,
                ..whole
            },
            part(5, 5, 3),
            part(18, 2, 1),
        ],
    )
}

/// What moves in a scene that stands still: a dot on four quarters.
pub(crate) fn dot() -> Vec<u8> {
    let frames: Vec<Stored> = (0..6)
        .map(|step| Stored {
            left: if step == 0 { 0 } else { 8 + step * 20 },
            top: if step == 0 { 0 } else { 60 },
            width: if step == 0 { 160 } else { 12 },
            height: if step == 0 { 120 } else { 12 },
            disposal: 3,
            hundredths: 5,
            pixel: Some(if step == 0 {
                |x, y| u8::from(x >= 80) + 2 * u8::from(y >= 60)
            } else {
                |_, _| 0
            }),
            ..Stored::default()
        })
        .collect();
    // The scene itself stays.
    let mut frames = frames;
    frames[0].disposal = 1;
    gif(160, 120, Some(0), &frames)
}

/// A frame as it is shown, and for how many milliseconds.
pub(crate) type Shown = (RgbaImage, u32);

/// All frames, by a decoder that the server doesn't use.
pub(crate) fn frames(file: &[u8]) -> Vec<Shown> {
    let frames = match image::guess_format(file).unwrap() {
        ImageFormat::Gif => GifDecoder::new(Cursor::new(file)).unwrap().into_frames(),
        ImageFormat::WebP => {
            let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
            // It leaves out disposal otherwise.
            decoder.set_background_color(image::Rgba([0; 4])).unwrap();
            decoder.into_frames()
        }
        ImageFormat::Png => {
            let decoder = PngDecoder::new(Cursor::new(file)).unwrap();
            decoder.apng().unwrap().into_frames()
        }
        other => panic!("{other:?} doesn't move"),
    };
    let shown = frames.map(|frame| {
        let frame = frame.unwrap();
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        (frame.into_buffer(), numerator / denominator)
    });
    shown.collect()
}

/// What is seen of a picture: what is transparent has no colour.
fn seen(picture: &RgbaImage) -> Vec<[u8; 4]> {
    let pixels = picture.pixels().map(|pixel| pixel.0);
    pixels
        .map(|pixel| if pixel[3] == 0 { [0; 4] } else { pixel })
        .collect()
}

/// Frames that are shown one after the other without a change are one.
fn merged(frames: Vec<Shown>) -> Vec<Shown> {
    let mut merged: Vec<Shown> = Vec::new();
    for (picture, time) in frames {
        match merged.last_mut() {
            Some(last) if seen(&last.0) == seen(&picture) => last.1 += time,
            _ => merged.push((picture, time)),
        }
    }
    merged
}

#[track_caller]
fn moving(answer: &Answer, media_type: &str) -> Vec<Shown> {
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    assert_eq!(answer.header("content-type"), Some(media_type));
    frames(&answer.body)
}

fn whole(picture: Picture) -> RgbaImage {
    let samples = picture.rgba.into_flattened();
    RgbaImage::from_raw(picture.width, picture.height, samples).unwrap()
}

/// How far samples are apart, in the mean.
fn distance(a: &RgbaImage, b: &RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let pairs = a.as_raw().iter().zip(b.as_raw());
    let sum: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.as_raw().len() as f64
}

#[tokio::test]
async fn every_frame_is_what_was_shown() {
    let server = TestServer::start().await;
    let body = of_all_kinds();
    let expected = frames(&body);
    assert_eq!(expected.len(), 9);
    // One by one, exactly.
    for (page, (picture, _)) in expected.iter().enumerate() {
        let path = format!("/convert?type=png&page={page}");
        let answer = server.post(&path, &body).await;
        let got = whole(answer.picture("image/png", 40, 24));
        assert_eq!(seen(&got), seen(picture), "{page}");
    }
    // And together, with their times.
    let answer = server.post("/convert?type=gif", &body).await;
    let got = merged(moving(&answer, "image/gif"));
    let expected = merged(expected);
    assert_eq!(got.len(), expected.len());
    for (index, (got, expected)) in got.iter().zip(&expected).enumerate() {
        assert_eq!(seen(&got.0), seen(&expected.0), "{index}");
        assert_eq!(got.1, expected.1, "{index}");
    }
    let info = server.post("/info", &body).await.json();
    let ours = server.post("/info", &answer.body).await.json();
    for (key, value) in [("frames", 9), ("plays", 5), ("durationMs", 980)] {
        assert_eq!(info[key], value, "{key}");
        if key != "frames" {
            assert_eq!(ours[key], value, "{key}");
        }
    }
}

/// How many pixels of two pictures are further apart than that, as they are seen.
fn apart(a: &RgbaImage, b: &RgbaImage, tolerance: u16) -> usize {
    // Multiplied by alpha: what is hardly seen may be of any colour.
    let shown = |[r, g, b, alpha]: [u8; 4]| {
        let of = |sample: u8| u16::from(sample) * u16::from(alpha) / 255;
        [of(r), of(g), of(b), u16::from(alpha)]
    };
    let pairs = seen(a).into_iter().zip(seen(b));
    let far = pairs.filter(|&(a, b)| {
        let mut samples = shown(a).into_iter().zip(shown(b));
        samples.any(|(a, b)| a.abs_diff(b) > tolerance)
    });
    far.count()
}

/// One in each format that moves, with all that it can say.
pub(crate) fn films() -> [(&'static str, Vec<u8>); 4] {
    [
        ("gif", of_all_kinds()),
        ("webp", webp(40, 24, 5, &cels(false))),
        ("png", apng(40, 24, 5, &cels(true), false)),
        ("png apart", apng(40, 24, 5, &cels(true), true)),
    ]
}

/// From every format that moves to every other.
#[tokio::test]
async fn every_film_becomes_every_film() {
    let server = TestServer::start().await;
    for (from, body) in &films() {
        let expected = frames(body);
        let info = server.post("/info", body).await.json();
        assert_eq!(info["frames"], expected.len(), "{from}");
        assert_eq!(info["plays"], 5, "{from}");
        let duration: u32 = expected.iter().map(|(_, time)| time).sum();
        assert_eq!(info["durationMs"], duration, "{from}");
        for (page, (picture, _)) in expected.iter().enumerate() {
            let path = format!("/convert?type=png&animated=false&page={page}");
            let answer = server.post(&path, body).await;
            let got = if *from == "png apart" && page == 0 {
                continue;
            } else {
                whole(answer.picture("image/png", 40, 24))
            };
            assert_eq!(apart(&got, picture, 2), 0, "{from}, {page}");
        }
        for (to, media_type) in [
            ("gif", "image/gif"),
            ("webp&lossless=true", "image/webp"),
            ("png", "image/png"),
        ] {
            let path = format!("/convert?type={to}&animated=true");
            let answer = server.post(&path, body).await;
            let got = merged(moving(&answer, media_type));
            let expected: Vec<Shown> = if to == "gif" {
                expected
                    .iter()
                    .map(|(p, time)| (cut_out(p), *time))
                    .collect()
            } else {
                expected.clone()
            };
            let expected = merged(expected);
            assert_eq!(got.len(), expected.len(), "{from} to {to}");
            for (index, (got, expected)) in got.iter().zip(&expected).enumerate() {
                assert_eq!(got.1, expected.1, "{from} to {to}, {index}");
                // Blending rounds by a level or two, which decides of half a pixel whether it is seen; and colours of a palette are near.
                let (tolerance, most) = match (to, *from) {
                    ("gif", "gif") => (0, 0),
                    ("gif", _) => (30, 5),
                    _ => (2, 0),
                };
                let off = apart(&got.0, &expected.0, tolerance);
                assert!(off <= most, "{from} to {to}, {index}: {off}");
            }
            let info = server.post("/info", &answer.body).await.json();
            assert_eq!(info["plays"], 5, "{from} to {to}");
            assert_eq!(info["durationMs"], duration, "{from} to {to}");
        }
        // Lossy, and scaled.
        let answer = server
            .post("/resize?width=20&type=webp&quality=90", body)
            .await;
        assert_eq!(moving(&answer, "image/webp")[0].0.dimensions(), (20, 12));
    }
}

/// As a format without half a pixel shows it.
fn cut_out(picture: &RgbaImage) -> RgbaImage {
    let mut picture = picture.clone();
    for pixel in picture.pixels_mut() {
        pixel.0 = match pixel.0 {
            [.., ..128] => [0; 4],
            [r, g, b, _] => [r, g, b, 255],
        };
    }
    picture
}

#[tokio::test]
async fn loops_stay_as_they_are() {
    let server = TestServer::start().await;
    let frame = |number: fn(u16, u16) -> u8| Stored {
        width: 8,
        height: 8,
        hundredths: 10,
        pixel: Some(number),
        ..Stored::default()
    };
    for (repeats, plays) in [(None, 1), (Some(0), 0), (Some(1), 2), (Some(600), 601)] {
        let body = gif(8, 8, repeats, &[frame(|_, _| 0), frame(|_, _| 1)]);
        let info = server.post("/info", &body).await.json();
        assert_eq!(info["plays"], plays);
        for kind in ["gif", "webp", "png"] {
            let path = format!("/resize?width=4&type={kind}&animated=true");
            let answer = server.post(&path, &body).await;
            assert_eq!(moving(&answer, &format!("image/{kind}")).len(), 2);
            let info = server.post("/info", &answer.body).await.json();
            assert_eq!(info["plays"], plays, "{repeats:?}, {kind}");
            // And back.
            let answer = server.post("/resize?width=2&type=gif", &answer.body).await;
            let info = server.post("/info", &answer.body).await.json();
            assert_eq!(info["plays"], plays, "{repeats:?}, {kind}");
        }
    }
}

/// Every operation does with each frame what it does with a picture of it.
#[tokio::test]
async fn operations_do_the_same_to_every_frame() {
    let server = TestServer::start().await;
    let body = dot();
    let count = frames(&body).len();
    for path in [
        "/resize?width=90",
        "/resize?width=200&enlarge=true",
        "/resize?width=90&height=90&fit=contain&background=fff",
        "/crop?width=70&height=70&gravity=north",
        "/extract?left=10&top=40&areawidth=100&areaheight=60",
        "/rotate?rotate=90",
        "/flop?",
        "/blur?sigma=3",
        "/sharpen?sharpen=1",
        "/modulate?saturation=0.2",
        "/pixelate?pixelate=8",
        "/pad?pad=5&background=000",
        "/zoom?factor=2",
        "/watermark?text=Hello&noreplicate=true&opacity=1&margin=1",
        "/resize?width=80&colorspace=bw",
    ] {
        let answer = server.post(path, &body).await;
        let got = moving(&answer, "image/gif");
        assert_eq!(got.len(), count, "{path}");
        let still = server.post(&format!("{path}&animated=false"), &body).await;
        assert_eq!(moving(&still, "image/gif").len(), 1, "{path}");
        for (page, (got, time)) in got.iter().enumerate() {
            assert_eq!(*time, 50);
            let path = format!("{path}&page={page}&type=png");
            let one = server.post(&path, &body).await;
            let (width, height) = got.dimensions();
            let one = whole(one.picture("image/png", width, height));
            // A palette of 256 colours is near.
            let distance = distance(got, &one);
            assert!(distance < 1.0, "{path}, {page}: {distance}");
        }
    }
}

/// A cut that pixels decide is decided once.
#[tokio::test]
async fn what_the_first_frame_decides_holds_for_all() {
    let server = TestServer::start().await;
    let scene = Stored {
        width: 200,
        height: 60,
        hundredths: 10,
        pixel: Some(|x, _| if (20..60).contains(&x) { 0 } else { 3 }),
        ..Stored::default()
    };
    let other = Stored {
        // What draws the eye is elsewhere now, and so would be the border.
        pixel: Some(|x, y| {
            if (150..190).contains(&x) && y > 9 {
                1
            } else {
                3
            }
        }),
        ..scene.clone()
    };
    let body = gif(200, 60, Some(0), &[scene, other]);
    let answer = server.post("/smartcrop?width=60&height=60", &body).await;
    let got = moving(&answer, "image/gif");
    assert_eq!(got[0].0.dimensions(), (60, 60));
    let has = |picture: &RgbaImage, colour: [u8; 4]| picture.pixels().any(|p| p.0 == colour);
    assert!(has(&got[0].0, RED));
    assert!(!has(&got[1].0, GREEN));
    let answer = server.post("/trim?trim=10", &body).await;
    let got = moving(&answer, "image/gif");
    assert_eq!(got[0].0.dimensions(), (40, 60));
    assert_eq!(got.len(), 2);
    assert!(
        seen(&got[1].0)
            .iter()
            .all(|pixel| *pixel == [250, 250, 250, 255])
    );
}

#[tokio::test]
async fn what_stands_still_is_one_frame() {
    let server = TestServer::start().await;
    let frame = |left, number: fn(u16, u16) -> u8| Stored {
        left,
        width: 30,
        height: 30,
        hundredths: 10,
        pixel: Some(number),
        ..Stored::default()
    };
    let body = gif(
        60,
        30,
        None,
        &[
            frame(0, |_, _| 1),
            frame(0, |_, _| 1),
            frame(30, |_, _| 2),
            // Beyond the canvas.
            frame(60, |_, _| 3),
            frame(30, |_, _| 2),
        ],
    );
    let answer = server.post("/resize?width=30", &body).await;
    let got = moving(&answer, "image/gif");
    let times: Vec<u32> = got.iter().map(|(_, time)| *time).collect();
    assert_eq!(times, [200, 300]);
    // Of a dot on a scene each frame says little more than the dot.
    let file = server.post("/resize?width=80", &dot()).await.body;
    let still = server.post("/resize?width=80&animated=false", &dot()).await;
    assert!(file.len() < still.body.len() + 5 * 1200, "{}", file.len());
}

/// What is mixed of a few colours stays as it was where nothing changes.
#[tokio::test]
async fn nothing_shimmers() {
    let server = TestServer::start().await;
    let grain = Stored {
        width: 160,
        height: 120,
        hundredths: 9,
        pixel: Some(|x, y| u8::try_from((x * x / 7 + y * y / 5 + x * y / 3) % 4).unwrap()),
        ..Stored::default()
    };
    let spot = Stored {
        left: 90,
        top: 50,
        width: 20,
        height: 20,
        own_palette: true,
        ..grain.clone()
    };
    let body = gif(160, 120, None, &[grain, spot]);
    let got = moving(&server.post("/resize?width=100", &body).await, "image/gif");
    let mut source = Vec::new();
    for page in 0..2 {
        let path = format!("/resize?width=100&type=png&page={page}");
        let answer = server.post(&path, &body).await;
        source.push(answer.picture("image/png", 100, 75));
    }
    let colours: HashSet<_> = source[0].rgba.iter().collect();
    assert!(colours.len() > 1000, "{}", colours.len());
    let same = source[0].rgba.iter().zip(&source[1].rgba);
    let shown = got[0].0.pixels().zip(got[1].0.pixels());
    let mut stays = 0;
    for ((a, b), (first, second)) in same.zip(shown) {
        if a == b {
            stays += 1;
            assert_eq!(first, second);
        }
    }
    assert!((6_000..7_500).contains(&stays), "{stays}");
}

#[tokio::test]
async fn stills_become_gifs() {
    let server = TestServer::start().await;
    for (name, picture, least) in [
        ("few colours", quarters(61, 40), 99.0),
        ("many colours", photo(80, 60), 31.0),
    ] {
        let body = fixtures::png(&picture);
        for query in ["", "&interlace=true"] {
            let answer = server
                .post(&format!("/convert?type=gif{query}"), &body)
                .await;
            let got = answer.picture("image/gif", picture.width(), picture.height());
            let psnr = got.psnr(&Picture::decode(&body));
            assert!(psnr >= least, "{name}: {psnr}");
            let info = server.post("/info", &answer.body).await.json();
            assert_eq!(
                (&info["frames"], &info["hasAlpha"]),
                (&1.into(), &false.into())
            );
            assert_eq!(info["plays"], serde_json::Value::Null);
        }
    }
    // Fewer colours for less quality.
    let body = fixtures::png(&photo(80, 60));
    let fine = server.post("/convert?type=gif", &body).await;
    let coarse = server.post("/convert?type=gif&quality=40", &body).await;
    assert!(coarse.body.len() * 10 < fine.body.len() * 9);
    // A pixel is seen or not.
    let body = fixtures::png(&fixtures::disc(60));
    let got = server.post("/convert?type=gif", &body).await;
    let got = got.picture("image/gif", 60, 60);
    let reference = Picture::decode(&body);
    for (got, expected) in got.rgba.iter().zip(&reference.rgba) {
        assert_eq!(got[3], if expected[3] >= 128 { 255 } else { 0 });
    }
    let on_blue = server.post("/convert?type=gif&background=00f", &body).await;
    let on_blue = on_blue.picture("image/gif", 60, 60);
    on_blue.assert_at(0, 0, [0, 0, 255, 255], 2);
    // One pixel, and one row.
    for (width, height) in [(1, 1), (300, 1), (1, 300)] {
        let body = fixtures::png(&photo(width, height));
        let answer = server.post("/convert?type=gif", &body).await;
        answer.picture("image/gif", width, height);
    }
}

#[tokio::test]
async fn stills_of_what_moves() {
    let server = TestServer::start().await;
    let body = dot();
    // A format that can't move shows the first frame; so does a PNG, unless it is told otherwise.
    for (kind, media_type) in [
        ("jpeg", "image/jpeg"),
        ("tiff", "image/tiff"),
        ("png", "image/png"),
    ] {
        let answer = server.post(&format!("/convert?type={kind}"), &body).await;
        let got = answer.picture(media_type, 160, 120);
        got.assert_at(20, 20, RED, 12);
        got.assert_at(34, 66, BLUE, 12);
    }
    for (query, parameter) in [
        ("page=6", "page"),
        ("page=x", "page"),
        ("page=1&animated=true", "page"),
        ("animated=perhaps", "animated"),
    ] {
        let answer = server
            .post(&format!("/convert?type=gif&{query}"), &body)
            .await;
        let problem = answer.problem(400, "invalid-parameter");
        assert_eq!(problem["parameter"], parameter, "{query}");
    }
    let still = fixtures::png(&quarters(20, 20));
    assert_eq!(
        server.post("/convert?type=png&page=0", &still).await.status,
        200
    );
    let answer = server.post("/convert?type=png&page=1", &still).await;
    answer.problem(400, "invalid-parameter");
    // Imaginary's clients get the first frame, unless they ask for more.
    let server = TestServer::start_as("compat = \"imaginary\"").await;
    let answer = server.post("/resize?width=80", &body).await;
    assert_eq!(moving(&answer, "image/gif").len(), 1);
    let answer = server.post("/resize?width=80&animated=true", &body).await;
    assert_eq!(moving(&answer, "image/gif").len(), 6);
}

#[tokio::test]
async fn limits_count_all_frames() {
    let pixels = 160 * 120;
    let limited = |max_frames, max_pixels, max_output_pixels| {
        TestServer::start_with(move |config| {
            config.pipeline.max_frames = max_frames;
            config.pipeline.max_pixels = max_pixels;
            config.pipeline.max_output_pixels = max_output_pixels;
        })
    };
    let body = dot();
    let server = limited(6, pixels * 6, pixels * 6).await;
    assert_eq!(
        moving(&server.post("/flop", &body).await, "image/gif").len(),
        6
    );
    for (server, code, limit) in [
        (
            limited(5, pixels * 6, pixels * 6).await,
            "too-many-frames",
            5.0,
        ),
        (
            limited(6, pixels * 6 - 1, pixels * 6).await,
            "image-too-large",
            0.115_199,
        ),
        (
            limited(6, pixels * 6, pixels * 6 - 1).await,
            "output-too-large",
            0.115_199,
        ),
    ] {
        let problem = server.post("/flop", &body).await.problem(422, code);
        assert_eq!(problem["limit"].as_f64(), Some(limit), "{code}");
        let still = server.post("/flop?animated=false", &body).await;
        assert_eq!(still.status, 200, "{code}");
        assert_eq!(server.post("/flop?page=4", &body).await.status, 200);
    }
    let server = limited(2, pixels, pixels).await;
    let answer = server.post("/flop?page=2", &body).await;
    answer.problem(422, "too-many-frames");
    let answer = server.post("/flop?page=1", &body).await;
    answer.problem(422, "image-too-large");
}

/// What is wrong with a later frame is seen where it is looked at.
#[tokio::test]
async fn broken_frames_are_refused() {
    let server = TestServer::start().await;
    let body = of_all_kinds();
    let whole = frames(&body).len();
    // In the middle of the third frame's codes.
    let starts: Vec<usize> = (0..body.len() - 3)
        .filter(|&at| body[at..at + 3] == [0x21, 0xf9, 4])
        .collect();
    assert_eq!(starts.len(), whole);
    let cut = &body[..starts[3] - 60];
    let mut corrupt = body.clone();
    // A code beyond the table, right behind the one that clears it.
    corrupt[starts[3] - 20..starts[3] - 10].fill(0xff);
    let mut size = body.clone();
    size[starts[2] + 18] = 0xc;
    for (file, said) in [
        (cut, "cut short"),
        (&corrupt, "corrupt"),
        (&size, "impossible size"),
    ] {
        let answer = server.post("/resize?width=20", file).await;
        let problem = answer.problem(422, "invalid-image");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{detail}");
        for query in ["animated=false", "type=jpeg", "page=1"] {
            let answer = server
                .post(&format!("/resize?width=20&{query}"), file)
                .await;
            assert_eq!(answer.status, 200, "{said}, {query}");
        }
    }
    // Without its last byte it is whole.
    let answer = server
        .post("/resize?width=20", &body[..body.len() - 1])
        .await;
    assert_eq!(moving(&answer, "image/gif").len(), whole);
}

#[tokio::test]
async fn watermarks_are_decoded_once() {
    let server = TestServer::start().await;
    let mark = encoded(&quarters(20, 20), ImageFormat::Png);
    let path = "/watermarkimage?left=100&top=10";
    let answer = sent(&server, path, &[("file", &dot()), ("image", &mark)]).await;
    let got = moving(&answer, "image/gif");
    assert_eq!(got.len(), 6);
    for (picture, _) in got {
        assert_eq!(picture.get_pixel(104, 14).0, RED);
        assert_eq!(picture.get_pixel(116, 14).0, GREEN);
    }
}

/// Of a long film only the frames up to that one are decoded, and counted.
#[tokio::test]
async fn a_page_costs_what_comes_before_it() {
    let whole = Stored {
        width: 600,
        height: 600,
        hundredths: 1,
        pixel: Some(|x, y| u8::from(x > y)),
        ..Stored::default()
    };
    let body = gif(600, 600, None, &vec![whole; 10]);
    let server = TestServer::start_with(|config| config.pipeline.max_pixels = 1_500_000).await;
    let answer = server.post("/resize?width=30&page=1", &body).await;
    assert_eq!(answer.status, 200);
    let answer = server.post("/resize?width=30&page=9", &body).await;
    answer.problem(422, "image-too-large");
    // Ten that are equal are one, which is shown for as long as viewers show each.
    let server = TestServer::start().await;
    let answer = server.post("/resize?width=30", &body).await;
    let info = server.post("/info", &answer.body).await.json();
    assert_eq!(info["frames"], 1);
}
