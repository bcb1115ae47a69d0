//! Colours of files with profiles, held to another engine's: `scripts/colour.py write` leaves both in `colour/`.

use image::{ImageFormat, Rgba, RgbaImage};

use crate::files::{Jpeg, deflated, with_png_chunk};
use crate::fixtures::{self, encoded};
use crate::support::{Picture, TestServer};

/// A profile, its name, and samples with the sRGB and the Display P3 that they are.
macro_rules! profile {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("colour/", $name, ".icc")).as_slice(),
            include_str!(concat!("colour/", $name, ".txt")),
        )
    };
}

const PROFILES: [(&str, &[u8], &str); 11] = [
    profile!("srgb-v2"),
    profile!("srgb-v4"),
    profile!("display-p3"),
    profile!("adobe-rgb"),
    profile!("prophoto"),
    profile!("rec2020"),
    profile!("grey-gamma"),
    profile!("grey-curve"),
    profile!("table-v2"),
    profile!("table-v4"),
    profile!("inks-v2"),
];

/// Blocks in a row.
const ACROSS: u32 = 16;

/// A file whose eight by eight pixels are of one patch each, with the profile.
fn file(patches: &[Vec<u8>], profile: &[u8]) -> Vec<u8> {
    let (width, height) = (
        ACROSS,
        u32::try_from(patches.len()).unwrap().div_ceil(ACROSS),
    );
    let patch = |x: u32, y: u32| {
        patches
            .get((y * ACROSS + x) as usize)
            .unwrap_or(&patches[0])
    };
    if patches[0].len() == 4 {
        // Stored as light.
        let kind = Jpeg {
            progressive: false,
            adobe: Some(0),
            components: 4,
        };
        let size = (
            u16::try_from(width).unwrap(),
            u16::try_from(height).unwrap(),
        );
        let plain = kind.blocks(size, |x, y| {
            let inks = patch(u32::from(x), u32::from(y));
            inks.iter().map(|ink| 255 - ink).collect()
        });
        let content = [b"ICC_PROFILE\0\x01\x01", profile].concat();
        return fixtures::segment(&plain, 0xe2, &content);
    }
    let image = RgbaImage::from_fn(8 * width, 8 * height, |x, y| {
        let [red, green, blue] = match patch(x / 8, y / 8)[..] {
            [grey] => [grey; 3],
            [red, green, blue] => [red, green, blue],
            _ => unreachable!(),
        };
        Rgba([red, green, blue, 255])
    });
    let image = image::DynamicImage::from(image);
    let mut plain = std::io::Cursor::new(Vec::new());
    let written = if patches[0].len() == 1 {
        image.to_luma8().write_to(&mut plain, ImageFormat::Png)
    } else {
        image.to_rgb8().write_to(&mut plain, ImageFormat::Png)
    };
    written.unwrap();
    let packed = [b"name\0\0", &deflated(profile)[..]].concat();
    with_png_chunk(&plain.into_inner(), *b"iCCP", &packed)
}

#[tokio::test]
async fn profiles_mean_what_another_engine_says() {
    let server = TestServer::start().await;
    for (name, profile, patches) in PROFILES {
        let lines = patches.lines().map(|line| {
            let numbers = line.split(' ').map(|number| number.parse::<u8>().unwrap());
            let mut given: Vec<u8> = numbers.collect();
            let expected = given.split_off(given.len() - 6);
            (given, expected)
        });
        let (given, expected): (Vec<_>, Vec<_>) = lines.unzip();
        assert!(given.len() > 64, "{name}");
        let body = file(&given, profile);
        for (space, from) in [("srgb", 0), ("p3", 3)] {
            let path = format!("/convert?type=png&colorspace={space}");
            let answer = server.post(&path, &body).await;
            assert_eq!(answer.status, 200, "{name} {space}");
            let picture = Picture::decode(&answer.body);
            let expected = expected.iter().map(|expected| &expected[from..from + 3]);
            compare(&format!("{name} {space}"), &picture, expected);
        }
    }
}

/// Patches of a picture are as they should be.
fn compare<'a>(name: &str, picture: &Picture, expected: impl ExactSizeIterator<Item = &'a [u8]>) {
    let count = expected.len();
    // A table's nodes are met; engines differ in how they go between them.
    let most = if name.starts_with("table") || name.starts_with("inks") {
        10
    } else {
        3
    };
    let mut sum = 0.0;
    for (index, expected) in expected.enumerate() {
        let index = u32::try_from(index).unwrap();
        let got = picture.at(8 * (index % ACROSS) + 4, 8 * (index / ACROSS) + 4);
        for (got, &expected) in got.iter().zip(expected) {
            let apart = got.abs_diff(expected);
            assert!(apart <= most, "{name} {index}: {got}, not {expected}");
            sum += f64::from(apart);
        }
    }
    let mean = sum / count as f64 / 3.0;
    assert!(mean <= 1.0, "{name}: {mean}");
}

/// By BT.2100's curves and Reinhard's operator, worked out in floating point: see `pipeline/hdr.rs`.
#[tokio::test]
async fn light_beyond_white_is_pressed_together() {
    let server = TestServer::start().await;
    for (transfer, sample, expected) in [
        // White paper, a peak of 1000 cd/m², and what is brighter still, by PQ.
        (16, [148, 148, 148], [190, 190, 190]),
        (16, [192, 192, 192], [255, 255, 255]),
        (16, [230, 230, 230], [255, 255, 255]),
        (16, [80, 80, 80], [67, 67, 67]),
        (18, [191, 191, 191], [190, 190, 190]),
        (18, [255, 255, 255], [255, 255, 255]),
        (18, [100, 100, 100], [98, 98, 98]),
        // A colour, by BT.2020's primaries.
        (16, [120, 90, 60], [158, 59, 16]),
    ] {
        let [red, green, blue] = sample;
        let pixel = RgbaImage::from_pixel(8, 8, Rgba([red, green, blue, 255]));
        let plain = encoded(&pixel, ImageFormat::Png);
        let body = with_png_chunk(&plain, *b"cICP", &[9, transfer, 0, 1]);
        let answer = server.post("/convert?type=png", &body).await;
        let picture = answer.picture("image/png", 8, 8);
        let [red, green, blue] = expected;
        picture.assert_at(4, 4, [red, green, blue, 255], 3);
    }
}
