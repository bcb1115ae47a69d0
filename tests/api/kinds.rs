//! Kinds of file that are rarer than each format's usual ones, and what is hidden in them.

use image::ImageFormat;

use crate::files::{Interlaced, Jpeg, animated_webp, deflated, png_chunk, with_png_chunk};
use crate::fixtures::{self, BLUE, RED, encoded, quarters};
use crate::support::{Picture, TestServer};

/// Colours of two rows of two blocks.
const COLOURS: [[u8; 3]; 4] = [[220, 30, 30], [30, 200, 40], [12, 90, 210], [250, 250, 250]];

/// What a press makes of the inks that take these colours away from white, by FOGRA39L.
const PRINTED: [[u8; 3]; 4] = [[210, 57, 46], [0, 140, 85], [0, 89, 148], [251, 250, 250]];

/// Luma and chroma as JFIF has them.
fn ycc([r, g, b]: [u8; 3]) -> Vec<u8> {
    let [r, g, b] = [r, g, b].map(f64::from);
    let rows = [
        0.299 * r + 0.587 * g + 0.114 * b,
        128.0 - 0.168_736 * r - 0.331_264 * g + 0.5 * b,
        128.0 + 0.5 * r - 0.418_688 * g - 0.081_312 * b,
    ];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "samples"
    )]
    let samples = rows.map(|sample| sample.round().clamp(0.0, 255.0) as u8);
    samples.to_vec()
}

/// What is stored for a colour.
type Samples<'a> = &'a dyn Fn([u8; 3]) -> Vec<u8>;

#[tokio::test]
async fn jpeg_in_every_process_and_ink() {
    let server = TestServer::start().await;
    let kind = |progressive, adobe, components| Jpeg {
        progressive,
        adobe,
        components,
    };
    // Adobe's programs store inks as light, and so does the one transform of theirs with black.
    let light = |[r, g, b]: [u8; 3]| vec![r, g, b, 255];
    let inverted = |colour: [u8; 3]| [ycc(colour.map(|c| 255 - c)), vec![255]].concat();
    let inks = |[r, g, b]: [u8; 3]| vec![255 - r, 255 - g, 255 - b, 0];
    let rows: [(Jpeg, Samples<'_>, &str); 7] = [
        (kind(false, None, 3), &ycc, "srgb"),
        (kind(true, None, 3), &ycc, "srgb"),
        (kind(true, Some(0), 3), &|rgb| rgb.to_vec(), "srgb"),
        (kind(false, Some(0), 4), &light, "cmyk"),
        (kind(true, Some(2), 4), &inverted, "cmyk"),
        (kind(false, Some(2), 4), &inverted, "cmyk"),
        (kind(false, None, 4), &inks, "cmyk"),
    ];
    for (kind, samples, space) in rows {
        let body = kind.blocks((6, 4), |x, y| {
            let quarter = usize::from(x / 3) + 2 * usize::from(y / 2);
            samples(COLOURS[quarter])
        });
        let info = server.post("/info", &body).await.json();
        assert_eq!(info["space"], space, "{kind:?}");
        assert_eq!(info["progressive"], kind.progressive, "{kind:?}");
        for query in ["/convert?type=png", "/resize?width=47&type=png"] {
            let answer = server.post(query, &body).await;
            let width = if query.contains("47") { 47 } else { 48 };
            let height = if width == 47 { 31 } else { 32 };
            let picture = answer.picture("image/png", width, height);
            let shown = if space == "cmyk" { PRINTED } else { COLOURS };
            for (quarter, [r, g, b]) in shown.into_iter().enumerate() {
                let (x, y) = ([11, 35][quarter % 2], [7, 24][quarter / 2]);
                picture.assert_at(x, y, [r, g, b, 255], 6);
            }
        }
        // Every cut of the pixels is seen.
        for end in [body.len() - 2, body.len() - 20] {
            let cut = server.post("/convert?type=png", &body[..end]).await;
            cut.problem(422, "invalid-image");
        }
    }
}

#[tokio::test]
async fn png_in_passes() {
    let server = TestServer::start().await;
    let sample = |x: u32, y: u32, channel: u32| x * 5 + y * 3 * (channel + 1) + 7;
    for (colour_type, depth, channels) in [
        (0, 1, 1),
        (0, 2, 1),
        (0, 4, 1),
        (0, 8, 1),
        (0, 16, 1),
        (2, 8, 3),
        (2, 16, 3),
        (3, 1, 1),
        (3, 8, 1),
        (4, 8, 2),
        (4, 16, 2),
        (6, 8, 4),
        (6, 16, 4),
    ] {
        let kind = Interlaced {
            colour_type,
            depth,
            channels,
        };
        // Small ones lack whole passes.
        for (width, height) in [(33, 21), (1, 1), (3, 2), (5, 9)] {
            let deep = |x, y, c| sample(x, y, c) * if depth == 16 { 257 } else { 1 };
            let body = kind.file(width, height, deep);
            let reference = Picture::decode(&body);
            let answer = server.post("/convert?type=png", &body).await;
            let got = answer.picture("image/png", width, height);
            assert_eq!(got.rgba, reference.rgba, "{kind:?} {width}×{height}");
        }
        let body = kind.file(40, 40, sample);
        let cut = server.post("/convert?type=png", &body[..body.len() - 13]);
        cut.await.problem(422, "invalid-image");
    }
}

#[tokio::test]
async fn png_with_profile_and_code_points() {
    let server = TestServer::start().await;
    // The reddest of sRGB, as Display P3 has it.
    let plain = fixtures::png(&image::RgbaImage::from_pixel(
        8,
        8,
        image::Rgba([234, 51, 35, 255]),
    ));
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let packed = [b"P3\0\0", &deflated(&profile)[..]].concat();
    let with_profile = with_png_chunk(&plain, *b"iCCP", &packed);
    // Primaries of P3, the transfer of sRGB, RGB, full range.
    let with_points = with_png_chunk(&plain, *b"cICP", &[12, 13, 0, 1]);
    for (name, body, has_profile) in [("iCCP", &with_profile, true), ("cICP", &with_points, false)]
    {
        let info = server.post("/info", body).await.json();
        assert_eq!(info["hasProfile"], has_profile, "{name}");
        let answer = server.post("/convert?type=png", body).await;
        let picture = answer.picture("image/png", 8, 8);
        picture.assert_at(4, 4, [255, 0, 0, 255], 4);
    }
    // Code points win over a profile that says otherwise.
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    let other = [b"sRGB\0\0", &deflated(&srgb)[..]].concat();
    let both = with_png_chunk(&with_points, *b"iCCP", &other);
    let answer = server.post("/convert?type=png", &both).await;
    let picture = answer.picture("image/png", 8, 8);
    picture.assert_at(4, 4, [255, 0, 0, 255], 4);
}

/// Sixty megabytes of profile in sixty kilobytes of file.
#[tokio::test]
async fn a_profile_that_only_costs_memory_counts_as_none() {
    let server = TestServer::start().await;
    let plain = fixtures::png(&quarters(20, 20));
    for (megabytes, is_read) in [(4, true), (5, false), (60, false)] {
        let packed = [b"big\0\0", &deflated(&vec![7; megabytes << 20])[..]].concat();
        let body = with_png_chunk(&plain, *b"iCCP", &packed);
        let info = server.post("/info", &body).await.json();
        assert_eq!(info["hasProfile"], is_read, "{megabytes} MiB");
        // It is no profile at all, so nothing is made of it.
        let answer = server.post("/resize?width=10", &body).await;
        let picture = answer.picture("image/png", 10, 10);
        picture.assert_at(2, 2, RED, 4);
    }
    // What it takes beside its file is upload memory, and here there is none.
    let small = TestServer::start_with(|config| config.admission.upload_memory = 2 << 20).await;
    let packed = [b"big\0\0", &deflated(&vec![7; 4 << 20])[..]].concat();
    let body = with_png_chunk(&plain, *b"iCCP", &packed);
    let refused = small.post("/resize?width=10", &body).await;
    refused.problem(503, "overloaded");
    small.settled(|figures| figures.upload_memory.0 == 0).await;
}

#[tokio::test]
async fn what_is_wrong_is_told_without_bytes_of_the_file() {
    let server = TestServer::start().await;
    let plain = fixtures::png(&quarters(20, 20));
    let idat = plain.windows(4).position(|name| name == b"IDAT").unwrap();
    let changed = |at: usize, to: u8| {
        let mut body = plain.clone();
        body[at] = to;
        body
    };
    for (body, said) in [
        (changed(29, 99), "a checksum in it is wrong"),
        (
            with_png_chunk(&plain, *b"QxYZ", b"secret"),
            "a part that nobody may ignore",
        ),
        (
            with_png_chunk(&plain, *b"IHDR", &[0; 13]),
            "doubled or in the wrong order",
        ),
        (
            [&plain[..33], &png_chunk(*b"IEND", &[])].concat(),
            "too little image data",
        ),
        (changed(idat + 4, 0xa7), "its compressed data is corrupt"),
        (plain[..idat + 20].to_vec(), "cut short"),
    ] {
        let answer = server.post("/convert?type=png", &body).await;
        let problem = answer.problem(422, "invalid-image");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{detail}");
        for leak in ["ChunkType", "{", "0x", "QxYZ", "secret"] {
            assert!(!detail.contains(leak), "{detail}");
        }
    }
}

#[tokio::test]
async fn of_an_animation_the_first_frame() {
    let server = TestServer::start().await;
    let frames = [RED, BLUE].map(|colour| {
        let picture = image::RgbaImage::from_pixel(24, 16, image::Rgba(colour));
        encoded(&picture, ImageFormat::WebP)
    });
    let body = animated_webp(24, 16, &frames);
    let info = server.post("/info", &body).await.json();
    assert_eq!(
        (&info["frames"], &info["detail"]),
        (&2.into(), &"animated".into())
    );
    let answer = server.post("/resize?width=12&type=png", &body).await;
    let picture = answer.picture("image/png", 12, 8);
    picture.assert_at(6, 4, RED, 2);
}

/// Lossy pictures come as planes; to the client they are colours as ever.
#[tokio::test]
async fn lossy_webp_keeps_its_colours_and_says_so() {
    let server = TestServer::start().await;
    let plain = fixtures::png(&quarters(67, 45));
    let lossy = server.post("/convert?type=webp&quality=95", &plain).await;
    lossy.picture("image/webp", 67, 45);
    let info = server.post("/info", &lossy.body).await.json();
    assert_eq!(info["space"], "srgb");
    assert_eq!(info["channels"], 3);
    assert_eq!(info["hasAlpha"], false);
    assert_eq!(info["detail"], "lossy");
    let reference = Picture::decode(&lossy.body);
    let same = server.post("/convert?type=png", &lossy.body).await;
    let psnr = same.picture("image/png", 67, 45).psnr(&reference);
    // Another way to upsample chroma shows at the edges between the quarters.
    assert!(psnr > 30.0, "{psnr}");
    for (name, media_type) in [
        ("png", "image/png"),
        ("jpeg", "image/jpeg"),
        ("webp", "image/webp"),
    ] {
        for linear in [true, false] {
            let path = format!("/resize?width=40&type={name}&linear={linear}");
            let answer = server.post(&path, &lossy.body).await;
            let picture = answer.picture(media_type, 40, 27);
            for (x, y, colour) in [(8, 6, RED), (31, 6, fixtures::GREEN), (8, 20, BLUE)] {
                picture.assert_at(x, y, colour, 12);
            }
        }
    }
}

#[tokio::test]
async fn garbage_between_segments_is_skipped_for_a_while() {
    let server = TestServer::start().await;
    let plain = fixtures::jpeg(&quarters(32, 32));
    // Behind the first segment: files are known by their first three bytes.
    let first = 4 + usize::from(u16::from_be_bytes([plain[4], plain[5]]));
    let with = |garbage: &[u8]| [&plain[..first], garbage, &plain[first..]].concat();
    for (garbage, fine) in [
        (vec![0; 60_000], true),
        (vec![0xff; 60_000], true),
        (vec![0; 70_000], false),
        (vec![0xff; 70_000], false),
        ([0xff, 0].repeat(40_000), false),
        // Segments with nothing in them.
        ([0xff, 0xe5, 0, 2].repeat(100_000), false),
    ] {
        let answer = server.post("/info", &with(&garbage)).await;
        assert_eq!(answer.status, if fine { 200 } else { 422 });
    }
}

#[tokio::test]
async fn a_gif_has_alpha_where_something_is_transparent() {
    let server = TestServer::start().await;
    let opaque = quarters(20, 10);
    let mut holed = opaque.clone();
    holed.put_pixel(3, 3, image::Rgba([0; 4]));
    for (picture, alpha, channels) in [(opaque, false, 3), (holed, true, 4)] {
        let body = encoded(&picture, ImageFormat::Gif);
        let info = server.post("/info", &body).await.json();
        assert_eq!(info["hasAlpha"], alpha);
        assert_eq!(info["channels"], channels);
    }
}
