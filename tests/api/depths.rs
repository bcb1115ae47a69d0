//! Answers of 16 bit a sample.

use std::f64::consts::PI;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb, Rgba};

use crate::files::{deflated, with_png_chunk};
use crate::fixtures::{jpeg, photo, png};
use crate::support::{Answer, TestServer};
use crate::tiffs::{file, made};

type Deep = ImageBuffer<Rgb<u16>, Vec<u16>>;

fn written(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

#[expect(
    clippy::disallowed_methods,
    reason = "an independent decoder of answers"
)]
fn read(answer: &Answer) -> DynamicImage {
    assert_eq!(answer.status, 200);
    let picture = image::load_from_memory(&answer.body).unwrap();
    assert_eq!(
        u16::from(picture.color().channel_count()) * 16,
        picture.color().bits_per_pixel()
    );
    picture
}

async fn bits(server: &TestServer, body: &[u8]) -> u64 {
    server.post("/info", body).await.json()["bitDepth"]
        .as_u64()
        .unwrap()
}

fn sample(value: f64) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 65535"
    )]
    let sample = value.round() as u16;
    sample
}

/// Smooth, and of many more levels than 256.
fn waves_at(x: u32, y: u32, step: f64) -> u16 {
    let angle = (f64::from(x) * step + f64::from(y) * 0.031).sin();
    sample((angle * 0.45 + 0.5) * 65_535.0)
}

fn waves(width: u32, height: u32) -> Deep {
    Deep::from_fn(width, height, |x, y| {
        Rgb([0.021, 0.033, 0.017].map(|step| waves_at(x, y, step)))
    })
}

fn light(coded: f64) -> f64 {
    if coded <= 0.040_45 {
        coded / 12.92
    } else {
        ((coded + 0.055) / 1.055).powf(2.4)
    }
}

fn coded(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}

/// Lanczos with three lobes in one direction, by its definition.
fn lanczos(line: &[f64], target: usize) -> Vec<f64> {
    let scale = line.len() as f64 / target as f64;
    let wide = scale.max(1.0);
    let sinc = |x: f64| {
        if x == 0.0 {
            1.0
        } else {
            (PI * x).sin() / (PI * x)
        }
    };
    (0..target)
        .map(|at| {
            let center = (at as f64 + 0.5) * scale;
            let (mut sum, mut all) = (0.0, 0.0);
            for (index, value) in line.iter().enumerate() {
                let x = (index as f64 + 0.5 - center) / wide;
                if x.abs() < 3.0 {
                    let weight = sinc(x) * sinc(x / 3.0);
                    sum += weight * value;
                    all += weight;
                }
            }
            sum / all
        })
        .collect()
}

/// A channel resampled in floating point.
fn expected(
    picture: &Deep,
    channel: usize,
    (width, height): (usize, usize),
    linear: bool,
) -> Vec<f64> {
    let to = |sample: u16| {
        let share = f64::from(sample) / 65_535.0;
        if linear { light(share) } else { share }
    };
    let rows: Vec<Vec<f64>> = picture
        .rows()
        .map(|row| {
            lanczos(
                &row.map(|pixel| to(pixel[channel])).collect::<Vec<_>>(),
                width,
            )
        })
        .collect();
    let mut made = vec![0.0; width * height];
    for x in 0..width {
        let column: Vec<f64> = rows.iter().map(|row| row[x]).collect();
        for (y, value) in lanczos(&column, height).into_iter().enumerate() {
            let value = value.clamp(0.0, 1.0);
            made[y * width + x] = if linear { coded(value) } else { value } * 65_535.0;
        }
    }
    made
}

#[tokio::test]
async fn sizes_are_those_of_floating_point() {
    let server = TestServer::start().await;
    let picture = waves(190, 120);
    let body = written(picture.clone());
    for (width, height, linear) in [
        (60_usize, 40_usize, true),
        (60, 40, false),
        (95, 31, true),
        (300, 200, true),
    ] {
        let path = format!(
            "/resize?width={width}&height={height}&force=true&type=png&bitdepth=16&linear={linear}"
        );
        let made = read(&server.post(&path, &body).await).into_rgb16();
        for channel in 0..3 {
            let size = (width, height);
            let expected = expected(&picture, channel, size, linear);
            for (pixel, expected) in made.pixels().zip(expected) {
                let apart = (f64::from(pixel[channel]) - expected).abs();
                assert!(apart <= 1.5, "{path}: {} is not {expected}", pixel[channel]);
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_mixed_stays_to_the_last_bit() {
    let server = TestServer::start().await;
    let noise = |x: u32, y: u32| {
        let mixed = x.wrapping_mul(2_654_435_761).wrapping_add(y);
        let [a, b, c, d] = mixed.wrapping_mul(40_503 + 2 * y).to_be_bytes();
        [
            u16::from_be_bytes([a, b]),
            u16::from_be_bytes([b, c]),
            u16::from_be_bytes([c, d]),
        ]
    };
    let rgb = Deep::from_fn(70, 50, |x, y| Rgb(noise(x % 64, y)));
    // What isn't seen has colours too.
    let rgba = ImageBuffer::from_fn(70, 50, |x, y| {
        let [r, g, b] = noise(x % 64, y);
        Rgba([r, g, b, if x < 20 { 0 } else { g }])
    });
    let grey = ImageBuffer::from_fn(70, 50, |x, y| Luma([noise(x % 64, y)[0]]));
    let pictures: [DynamicImage; 3] = [rgb.into(), rgba.into(), grey.into()];
    for picture in pictures {
        let body = written(picture.clone());
        for format in ["png", "tiff"] {
            let path = format!("/convert?type={format}&bitdepth=16");
            let answer = server.post(&path, &body).await;
            assert!(read(&answer) == picture, "{format}");
            // And back again.
            let answer = server
                .post("/convert?type=png&bitdepth=16", &answer.body)
                .await;
            assert!(read(&answer) == picture, "{format}");
        }
        let path = "/extract?left=9&top=4&areawidth=40&areaheight=30&type=png&bitdepth=16";
        let answer = server.post(path, &body).await;
        assert!(read(&answer) == picture.crop_imm(9, 4, 40, 30));
        for (query, turned) in [
            ("rotate=90", picture.rotate90()),
            ("rotate=180", picture.rotate180()),
            ("flip=true", picture.fliph()),
            ("rotate=270&flop=true", picture.rotate270().flipv()),
        ] {
            let path = format!("/convert?type=png&bitdepth=16&{query}");
            assert!(read(&server.post(&path, &body).await) == turned, "{query}");
        }
    }
}

/// Display P3 to sRGB, both with D65.
const MATRIX: [[f64; 3]; 3] = [
    [1.224_940_2, -0.224_940_2, 0.0],
    [-0.042_056_9, 1.042_056_9, 0.0],
    [-0.019_637_6, -0.078_636_1, 1.098_273_5],
];

/// Against the definitions of the spaces, in floating point.
#[tokio::test]
async fn colours_keep_their_precision() {
    let server = TestServer::start().await;
    let picture = waves(64, 64);
    let packed = [
        b"x\0\0",
        &deflated(include_bytes!("colour/display-p3.icc"))[..],
    ]
    .concat();
    let body = with_png_chunk(&written(picture.clone()), *b"iCCP", &packed);
    let made = server.post("/convert?type=png&bitdepth=16", &body).await;
    let made = read(&made).into_rgb16();
    for (got, from) in made.pixels().zip(picture.pixels()) {
        let from = from.0.map(|sample| light(f64::from(sample) / 65_535.0));
        for (got, row) in got.0.into_iter().zip(MATRIX) {
            let sum: f64 = row
                .iter()
                .zip(from)
                .map(|(weight, light)| weight * light)
                .sum();
            let expected = coded(sum.clamp(0.0, 1.0)) * 65_535.0;
            // A profile's numbers have 16 bit behind the point, and the curve is steep in the dark.
            assert!(
                (f64::from(got) - expected).abs() <= 40.0,
                "{got} {expected}"
            );
        }
    }
    for space in ["p3", "keep"] {
        let path = format!("/convert?type=png&bitdepth=16&colorspace={space}");
        let answer = server.post(&path, &body).await;
        let info = server.post("/info", &answer.body).await.json();
        assert_eq!(
            (&info["hasProfile"], &info["bitDepth"]),
            (&true.into(), &16.into())
        );
        for (got, from) in read(&answer).into_rgb16().pixels().zip(picture.pixels()) {
            for (got, from) in got.0.into_iter().zip(from.0) {
                assert!(got.abs_diff(from) <= 24, "{space}: {got} {from}");
            }
        }
    }
}

#[tokio::test]
async fn pictures_of_8_bit_are_mixed_with_16() {
    let server = TestServer::start().await;
    for body in [jpeg(&photo(200, 140)), png(&photo(200, 140))] {
        let path = |depth: u8| format!("/resize?width=70&type=png&bitdepth={depth}");
        let deep = read(&server.post(&path(16), &body).await).into_rgb16();
        let plain = server
            .post(&path(8), &body)
            .await
            .picture("image/png", 70, 49);
        let between = deep
            .pixels()
            .flat_map(|pixel| pixel.0)
            .filter(|sample| sample % 257 != 0);
        assert!(between.count() > 1_000);
        for (x, y, pixel) in deep.enumerate_pixels() {
            let near = pixel
                .0
                .map(|sample| u8::try_from((u32::from(sample) + 128) / 257).unwrap());
            plain.assert_at(x, y, [near[0], near[1], near[2], 255], 4);
        }
    }
}

#[tokio::test]
async fn what_needs_8_bit_is_refused_with_more() {
    let server = TestServer::start().await;
    let body = written(waves(30, 20));
    for query in [
        "convert?type=png&palette=true",
        "convert?type=png&interlace=true",
        "blur?sigma=2&type=png",
        "watermark?text=x&type=png",
        "convert?type=png&colorspace=bw",
        "convert?type=png&background=fff",
        "pad?pad=3&type=png",
        "pad?pad=3&type=tiff",
        "blur?sigma=2&type=avif",
    ] {
        let answer = server.post(&format!("/{query}&bitdepth=16"), &body).await;
        let problem = answer.problem(400, "invalid-parameter").to_string();
        assert!(problem.contains("bitdepth"), "{query}: {problem}");
        assert!(problem.contains(r#""value":"16""#), "{query}: {problem}");
        let answer = server.post(&format!("/{query}&bitdepth=8"), &body).await;
        assert_eq!(answer.status, 200, "{query}");
    }
    for depth in ["0", "7", "17", "32", "ten"] {
        let path = format!("/convert?type=png&bitdepth={depth}");
        server
            .post(&path, &body)
            .await
            .problem(400, "invalid-parameter");
    }
}

/// Depths of the answer by what is asked for, and by what the source has.
#[tokio::test]
async fn answers_have_the_fewest_bits_that_will_do() {
    let server = TestServer::start().await;
    let (deep, plain) = (written(waves(70, 66)), png(&photo(70, 66)));
    for (body, query, expected) in [
        (&deep, "type=png", 8),
        (&deep, "type=png&bitdepth=8", 8),
        (&deep, "type=png&bitdepth=10", 16),
        (&plain, "type=png&bitdepth=16", 16),
        (&deep, "type=tiff&bitdepth=16", 16),
        (&deep, "type=avif&bitdepth=9", 10),
        (&plain, "type=avif&bitdepth=10", 10),
        (&deep, "type=avif&bitdepth=16", 12),
        (&deep, "type=jpeg&bitdepth=16", 8),
        (&deep, "type=webp&bitdepth=16", 8),
        // A source that keeps its colours keeps its bits, where that can be.
        (&deep, "type=png&colorspace=keep", 16),
        (&deep, "type=png&colorspace=p3", 16),
        (&deep, "type=avif&colorspace=keep", 12),
        (&deep, "type=png&colorspace=keep&bitdepth=8", 8),
        (&deep, "type=png&colorspace=keep&palette=true", 8),
        (&plain, "type=png&colorspace=keep", 8),
    ] {
        let answer = server.post(&format!("/convert?{query}"), body).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(bits(&server, &answer.body).await, expected, "{query}");
    }
}

/// Through AVIF and back: grey, colours and alpha, in one frame and in several, are near what they were, and nearer than 8 bit
/// could tell.
#[tokio::test]
async fn avif_holds_more_than_8_bit() {
    let server = TestServer::start().await;
    let grey = ImageBuffer::from_fn(150, 90, |x, y| Luma([waves_at(x, y, 0.021)]));
    let seen = ImageBuffer::from_fn(150, 90, |x, y| {
        let [r, g, b] = [0.021, 0.033, 0.017].map(|step| waves_at(x, y, step));
        Rgba([r, g, b, 20_000 + waves_at(y, x, 0.01) / 2])
    });
    let colours = || waves(150, 90).into();
    // At that speed cells are smaller.
    let cells = waves(740, 710).into();
    let cases: [(&str, DynamicImage, u64, &str, f64); 5] = [
        ("grey", grey.into(), 12, "quality=100&speed=9", 8.0),
        ("colours", colours(), 10, "quality=100&speed=9", 30.0),
        ("colours", colours(), 12, "quality=100&speed=9", 16.0),
        ("alpha", seen.into(), 10, "quality=100&speed=9", 40.0),
        ("cells", cells, 10, "quality=60&speed=5", 400.0),
    ];
    for (name, picture, depth, query, most) in cases {
        let path = format!("/convert?type=avif&{query}&bitdepth={depth}");
        let avif = server.post(&path, &written(picture.clone())).await;
        assert_eq!(avif.status, 200, "{name} {depth}");
        assert_eq!(bits(&server, &avif.body).await, depth, "{name}");
        let back = server
            .post("/convert?type=png&bitdepth=16", &avif.body)
            .await;
        let back = read(&back).into_rgba16();
        let picture = picture.to_rgba16();
        let mean = back.pixels().zip(picture.pixels()).map(|(a, b)| {
            a.0.iter()
                .zip(b.0)
                .map(|(a, b)| f64::from(a.abs_diff(b)))
                .sum::<f64>()
                / 4.0
        });
        let mean = mean.sum::<f64>() / f64::from(back.width() * back.height());
        assert!(mean < most, "{name} in {depth} bit is {mean} off");
    }
}

/// Of a camera's 10 bits all are read; an answer of 8 has chroma as it is stored, so that it differs by more than rounding.
#[cfg(feature = "heic")]
#[tokio::test]
async fn a_heic_is_read_with_all_its_bits() {
    let server = TestServer::start().await;
    let file = include_bytes!("../fixtures/heic/ten-bit.heic");
    let answer = server.post("/convert?type=png&bitdepth=16", file).await;
    assert_eq!(bits(&server, &answer.body).await, 16);
    let deep = read(&answer).into_rgb16();
    let plain = server.post("/convert?type=png", file).await;
    let plain = plain.picture("image/png", deep.width(), deep.height());
    let (mut between, mut off) = (0, 0);
    for (x, y, deep) in deep.enumerate_pixels() {
        for (deep, plain) in deep.0.into_iter().zip(plain.at(x, y)) {
            off += u64::from(deep.abs_diff(u16::from(plain) * 257));
            between += usize::from(deep % 257 != 0);
        }
    }
    let mean = off / deep.len() as u64;
    assert!(between > 1000 && mean < 2 * 257, "{between} {mean}");
}

/// A TIFF of 32 by 16 pixels, 16 bit a sample.
fn tiff(photometric: u32, samples: u32, places: &[(u16, &[u32])], pixels: &[u16]) -> Vec<u8> {
    let [photometric, samples] = [[photometric], [samples]];
    let tags: [(u16, &[u32]); 6] = [
        (256, &[32]),
        (257, &[16]),
        (258, &[16]),
        (259, &[1]),
        (262, &photometric),
        (277, &samples),
    ];
    let bytes: Vec<u8> = pixels
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    made(&[&tags, places].concat(), &bytes)
}

const STRIP: &[(u16, &[u32])] = &[(273, &[0]), (278, &[16])];

/// TIFFs in strips, planes and tiles, with white for nothing, and colours multiplied by alpha.
#[tokio::test]
async fn tiffs_are_read_with_all_their_bits() {
    let server = TestServer::start().await;
    let planes: &[(u16, &[u32])] = &[(284, &[2]), (273, &[0, 1024, 2048]), (278, &[16])];
    let tiles: &[(u16, &[u32])] = &[(322, &[16]), (323, &[16]), (324, &[0, 1536])];
    let colours = DynamicImage::from(waves(32, 16));
    let samples = colours.as_flat_samples_u16().unwrap().samples;
    let plane = |at: usize| samples.iter().copied().skip(at).step_by(3);
    let half = |left| colours.crop_imm(left, 0, 16, 16).into_rgb16().into_raw();
    let grey = ImageBuffer::from_fn(32, 16, |x, y| Luma([waves_at(x, y, 0.1)]));
    let inverted: Vec<u16> = grey.iter().map(|grey| 65_535 - grey).collect();
    // Alpha is a half, so that about twice the colour is what was there.
    let part = |x, y| waves_at(x, y, 0.1) / 4;
    let multiplied = ImageBuffer::from_fn(32, 16, |x, y| {
        Rgba([part(x, y), part(x, y), part(x, y), 32_768])
    });
    let whole = ImageBuffer::from_fn(32, 16, |x, y| {
        let colour = sample(f64::from(part(x, y)) * 65_535.0 / 32_768.0);
        Rgba([colour, colour, colour, 32_768])
    });
    let associated = [STRIP, &[(338, &[1])]].concat();
    let cases: [(&str, Vec<u8>, DynamicImage); 5] = [
        ("strip", tiff(2, 3, STRIP, samples), colours.clone()),
        (
            "planes",
            tiff(2, 3, planes, &(0..3).flat_map(plane).collect::<Vec<_>>()),
            colours.clone(),
        ),
        (
            "tiles",
            tiff(2, 3, tiles, &[half(0), half(16)].concat()),
            colours.clone(),
        ),
        ("white is zero", tiff(0, 1, STRIP, &inverted), grey.into()),
        (
            "multiplied",
            tiff(2, 4, &associated, &multiplied),
            whole.into(),
        ),
    ];
    for (name, body, expected) in cases {
        let answer = server.post("/convert?type=png&bitdepth=16", &body).await;
        assert!(read(&answer) == expected, "{name}");
    }
}

/// Of bytes in the other order, and samples that are 257 times those of 8 bit.
#[tokio::test]
async fn a_tiff_of_motorola_is_read_with_all_its_bits() {
    let server = TestServer::start().await;
    let body = file("big-endian-16");
    let deep = server.post("/convert?type=png&bitdepth=16", &body).await;
    let plain = server.post("/convert?type=png", &body).await;
    #[expect(
        clippy::disallowed_methods,
        reason = "an independent decoder of answers"
    )]
    let plain = image::load_from_memory(&plain.body).unwrap();
    assert!(read(&deep).into_rgb16() == plain.into_rgb16());
}

/// Files of more than 8 bit, as djxl and avifdec read them with 16.
#[tokio::test]
async fn other_decoders_read_the_same_16_bit() {
    let server = TestServer::start().await;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for (file, reference, most) in [
        ("jxl/sixteen-bit.jxl", "jxl/sixteen-bit.png", 1),
        ("avif/ten-bit.avif", "avif/ten-bit-deep.png", 12),
        ("avif/twelve-bit.avif", "avif/twelve-bit-deep.png", 12),
    ] {
        let [body, reference] =
            [file, reference].map(|name| fs::read(fixtures.join(name)).unwrap());
        let answer = server.post("/convert?type=png&bitdepth=16", &body).await;
        #[expect(clippy::disallowed_methods, reason = "an independent decoder's answer")]
        let expected = image::load_from_memory(&reference).unwrap().into_rgb16();
        let got = read(&answer).into_rgb16();
        let apart = got.iter().zip(expected.iter()).map(|(a, b)| a.abs_diff(*b));
        let worst = apart.max().unwrap();
        assert!(
            got.dimensions() == expected.dimensions() && worst <= most,
            "{file}: {worst}"
        );
    }
}

/// What decoders make smaller themselves, draw in the size that is asked for, or hand over as a whole.
#[tokio::test]
async fn each_way_of_decoding_gives_what_8_bit_are() {
    let server = TestServer::start_as("svg = true").await;
    let photo = png(&photo(1_000, 700));
    let grey = server
        .post("/convert?type=jpeg&colorspace=bw", &photo)
        .await;
    let whole = server
        .post("/convert?type=png&interlace=true", &photo)
        .await;
    let film = server.post("/convert?type=gif", &photo).await;
    let drawing = include_bytes!("../fixtures/drawing.svg").to_vec();
    for (name, body) in [
        ("scaled", &grey.body),
        ("whole", &whole.body),
        ("frame", &film.body),
        ("drawn", &drawing),
    ] {
        let path = |depth: u8| format!("/resize?size=50x40&fit=fill&type=png&bitdepth={depth}");
        let deep = read(&server.post(&path(16), body).await).into_rgba16();
        let plain = server.post(&path(8), body).await;
        let plain = plain.picture("image/png", 50, 40);
        for (x, y, pixel) in deep.enumerate_pixels() {
            let near = pixel
                .0
                .map(|sample| u8::try_from((u32::from(sample) + 128) / 257).unwrap());
            plain.assert_at(x, y, near, if near[3] < 255 { 24 } else { 6 });
        }
        assert_eq!(deep.dimensions(), (50, 40), "{name}");
    }
}

/// A file that ends too early is one, whether its last rows are asked for or not seen.
#[tokio::test]
async fn a_cut_file_is_refused_with_more_bits_too() {
    let server = TestServer::start().await;
    let mut body = written(waves(60, 40));
    body.truncate(body.len() - 12);
    for query in [
        "resize?width=20",
        "convert?flip=true",
        "extract?areawidth=9&areaheight=40",
    ] {
        for more in ["", "&bitdepth=16", "&colorspace=keep"] {
            let path = format!("/{query}&type=png{more}");
            server
                .post(&path, &body)
                .await
                .problem(422, "invalid-image");
        }
    }
}

/// Only bits that are read are kept.
#[tokio::test]
async fn depth_is_kept_where_all_of_it_is_read() {
    let server = TestServer::start().await;
    for (name, expected) in [
        ("big-endian-16", 16),
        ("grey-float", 8),
        ("grey-float-16", 8),
        ("grey-10", 8),
        ("lab", 8),
    ] {
        let answer = server
            .post("/convert?type=png&colorspace=keep", &file(name))
            .await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(bits(&server, &answer.body).await, expected, "{name}");
    }
}
