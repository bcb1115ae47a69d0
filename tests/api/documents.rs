//! Photoshop documents, BMPs of OS/2, and TGA, by hand.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]

use image::ImageFormat;

use crate::fixtures::photo;
use crate::support::TestServer;

const WIDTH: usize = 21;
const HEIGHT: usize = 13;

/// How to write a document.
#[derive(Clone, Copy, Debug)]
struct Psd {
    mode: u16,
    depth: u16,
    /// Channels, those beyond the colours included.
    channels: usize,
    packed: bool,
    large: bool,
    /// The first channel beyond the colours is transparency.
    transparent: bool,
}

const PLAIN: Psd = Psd {
    mode: 3,
    depth: 8,
    channels: 3,
    packed: false,
    large: false,
    transparent: false,
};

/// What is in a channel, from 0 to 255.
fn sample(channel: usize, x: usize, y: usize) -> u8 {
    (x * 7 + y * 5 * (channel + 1) + channel * 40) as u8
}

impl Psd {
    fn row(self, channel: usize, y: usize) -> Vec<u8> {
        let samples = (0..WIDTH).map(|x| sample(channel, x, y));
        match self.depth {
            1 => {
                let bits: Vec<bool> = samples.map(|sample| sample < 128).collect();
                let byte = |bits: &[bool]| {
                    (0..8).fold(0, |byte, at| {
                        byte << 1 | u8::from(bits.get(at) == Some(&true))
                    })
                };
                bits.chunks(8).map(byte).collect()
            }
            16 => samples.flat_map(|sample| [sample; 2]).collect(),
            _ => samples.collect(),
        }
    }

    fn file(self) -> Vec<u8> {
        let short = |number: usize| (number as u16).to_be_bytes();
        let long = |number: usize| (number as u32).to_be_bytes();
        let mut file = [b"8BPS", &short(1 + usize::from(self.large))[..], &[0; 6]].concat();
        file.extend(short(self.channels));
        file.extend([long(HEIGHT), long(WIDTH)].concat());
        file.extend([self.depth, self.mode].map(u16::to_be_bytes).concat());
        // A palette, of reds, greens and blues.
        let palette: Vec<u8> = (0..768).map(|at| (at * 3 % 251) as u8).collect();
        let palette = if self.mode == 2 { &palette[..] } else { &[] };
        file.extend(long(palette.len()));
        file.extend(palette);
        // A resource with a name of an odd length, and data of one.
        let resource = b"8BIM\x03\xed\x03abc\0\0\0\x03xyz\0";
        file.extend(long(resource.len()));
        file.extend(resource);
        let count: i16 = if self.transparent { -1 } else { 1 };
        let layers = [
            &[0; 4][usize::from(!self.large) * 4..],
            &long(2),
            &count.to_be_bytes(),
        ]
        .concat();
        file.extend(&[0; 4][usize::from(!self.large) * 4..]);
        file.extend(long(layers.len()));
        file.extend(layers);
        file.extend(short(usize::from(self.packed)));
        let rows =
            (0..self.channels).flat_map(|channel| (0..HEIGHT).map(move |y| self.row(channel, y)));
        if self.packed {
            // A run of what comes twice, and the rest as it is.
            let rows: Vec<Vec<u8>> = rows
                .map(|row| {
                    if row.len() > 1 && row[0] == row[1] {
                        [&[255, row[0], (row.len() - 3) as u8], &row[2..]].concat()
                    } else {
                        [&[(row.len() - 1) as u8], &row[..]].concat()
                    }
                })
                .collect();
            for row in &rows {
                file.extend(&long(row.len())[usize::from(!self.large) * 2..]);
            }
            file.extend(rows.concat());
        } else {
            file.extend(rows.flatten());
        }
        file
    }
}

#[tokio::test]
async fn documents_of_every_mode() {
    let server = TestServer::start().await;
    let palette = |number: u8, plane: usize| ((plane * 256 + usize::from(number)) * 3 % 251) as u8;
    for (mode, depth, colours) in [
        (0, 1, 1),
        (1, 8, 1),
        (1, 16, 1),
        (2, 8, 1),
        (3, 8, 3),
        (3, 16, 3),
        (8, 8, 1),
    ] {
        for (packed, large, extra) in [
            (false, false, 0),
            (true, false, 1),
            (true, true, 0),
            (false, true, 2),
        ] {
            let kind = Psd {
                mode,
                depth,
                channels: colours + extra,
                packed,
                large,
                transparent: false,
            };
            let answer = server.post("/convert?type=png", &kind.file()).await;
            let picture = answer.picture("image/png", WIDTH as u32, HEIGHT as u32);
            for (x, y) in [(0, 0), (20, 0), (7, 5), (8, 5), (20, 12)] {
                let at = |channel: usize| sample(channel, x, y);
                let expected = match mode {
                    0 => [if at(0) < 128 { 0 } else { 255 }; 3],
                    2 => [0, 1, 2].map(|plane| palette(at(0), plane)),
                    3 => [at(0), at(1), at(2)],
                    _ => [at(0); 3],
                };
                let [r, g, b] = expected;
                picture.assert_at(x as u32, y as u32, [r, g, b, 255], 0);
            }
        }
    }
}

#[tokio::test]
async fn a_document_keeps_its_inks_and_its_transparency() {
    let server = TestServer::start().await;
    let inks = Psd {
        mode: 4,
        channels: 4,
        ..PLAIN
    };
    let info = server.post("/info", &inks.file()).await.json();
    assert_eq!(
        (&info["space"], &info["type"]),
        (&"cmyk".into(), &"psd".into())
    );
    assert_eq!(
        server.post("/convert?type=png", &inks.file()).await.status,
        200
    );
    let transparent = Psd {
        channels: 4,
        transparent: true,
        packed: true,
        ..PLAIN
    };
    let answer = server.post("/convert?type=png", &transparent.file()).await;
    let picture = answer.picture("image/png", WIDTH as u32, HEIGHT as u32);
    for (x, y) in [(0, 0), (3, 2), (20, 12)] {
        let alpha = f64::from(sample(3, x, y)) / 255.0;
        let own = |channel: usize| {
            // It lies over white.
            let seen = f64::from(sample(channel, x, y)) / 255.0;
            (((seen - (1.0 - alpha)) / alpha).clamp(0.0, 1.0) * 255.0).round() as u8
        };
        picture.assert_at(
            x as u32,
            y as u32,
            [own(0), own(1), own(2), sample(3, x, y)],
            1,
        );
    }
}

#[tokio::test]
async fn no_damaged_document_is_taken_for_a_picture() {
    let server = TestServer::start().await;
    for packed in [false, true] {
        let file = Psd { packed, ..PLAIN }.file();
        for end in (1..file.len()).step_by(29).chain([file.len() - 1]) {
            let answer = server.post("/convert?type=png", &file[..end]).await;
            assert!(
                (400..500).contains(&answer.status),
                "{end}: {}",
                answer.status
            );
        }
    }
    for (at, value, words) in [
        (5, 3, "of a version"),
        (13, 1, "fewer channels than colours"),
        (17, 0, "cut short"),
        (23, 32, "colours are of a kind"),
        (25, 7, "colours are of a kind"),
    ] {
        let mut file = PLAIN.file();
        // Of the height two bytes more, so that rows are missing.
        file[at] = if at == 17 { 255 } else { value };
        let answer = server.post("/convert?type=png", &file).await;
        let problem = answer.problem(422, "invalid-image");
        assert!(
            problem["detail"].as_str().unwrap().contains(words),
            "{problem}"
        );
    }
}

/// The usual header's fields in one of another size, by OS/2.
fn os2(bmp: &[u8], size: usize) -> Vec<u8> {
    let mut file = [
        &bmp[..14],
        &(size as u32).to_le_bytes(),
        &bmp[18..54.min(14 + size)],
    ]
    .concat();
    file.resize(14 + size, 0);
    file.extend(&bmp[54..]);
    file[10..14].copy_from_slice(&(14 + size as u32).to_le_bytes());
    file
}

#[tokio::test]
async fn bmp_of_os2_is_that_of_others() {
    let server = TestServer::start().await;
    let picture = image::DynamicImage::from(photo(33, 20)).into_rgb8();
    let mut usual = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut usual, ImageFormat::Bmp).unwrap();
    let usual = usual.into_inner();
    assert_eq!(usual[14], 40);
    let expected = server.post("/convert?type=png", &usual).await;
    assert_eq!(expected.status, 200);
    for size in [16, 20, 36, 48, 64] {
        let got = server.post("/convert?type=png", &os2(&usual, size)).await;
        assert_eq!(got.status, 200, "{size}");
        assert_eq!(got.body, expected.body, "{size}");
    }
    // Its ways to compress have numbers that mean something else elsewhere.
    let mut huffman = os2(&usual, 64);
    huffman[30] = 3;
    let answer = server.post("/convert?type=png", &huffman).await;
    answer.problem(422, "invalid-image");
}

#[tokio::test]
async fn bmp_of_runs_from_the_top_down() {
    let server = TestServer::start().await;
    // Three rows of four greys, each a run; the palette is black, grey and white.
    let runs = b"\x04\x00\0\0\x04\x01\0\0\x04\x02\0\0\0\x01";
    let palette = [[0; 4], [128, 128, 128, 0], [255, 255, 255, 0]].concat();
    let file = |height: i32| {
        let mut head = b"BM\0\0\0\0\0\0\0\0\x42\0\0\0\x28\0\0\0\x04\0\0\0".to_vec();
        head.extend(height.to_le_bytes());
        head.extend(b"\x01\0\x08\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0\x03\0\0\0");
        [&head[..], &palette, runs].concat()
    };
    for (height, levels) in [(3, [255, 128, 0]), (-3, [0, 128, 255])] {
        let answer = server.post("/convert?type=png", &file(height)).await;
        let picture = answer.picture("image/png", 4, 3);
        for (y, level) in (0..).zip(levels) {
            picture.assert_at(3, y, [level, level, level, 255], 0);
        }
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
/// Two by two pixels of TGA, with a palette, in fewer bits, packed, from below and from the right, by hand.
#[tokio::test]
async fn tga_is_read_however_it_is_stored() {
    let server = TestServer::start().await;
    let (red, green, blue, white) = ([0, 0, 255], [0, 255, 0], [255, 0, 0], [255; 3]);
    let header = |map: [u8; 2], depth: u8, description: u8| {
        let [kind, colours] = map;
        let entry = if colours > 0 { 24 } else { 0 };
        let start = [2, u8::from(colours > 0), kind, 0, 0, colours, 0, entry];
        [
            &start[..],
            &[0, 0, 0, 0, 2, 0, 2, 0, depth, description],
            b"ID",
        ]
        .concat()
    };
    let palette = [white, blue, green, red].concat();
    let five = |word: u16| word.to_le_bytes();
    for (name, file) in [
        (
            "from below",
            [header([2, 0], 24, 0), [blue, white, red, green].concat()].concat(),
        ),
        (
            "from above",
            [header([2, 0], 24, 0x20), [red, green, blue, white].concat()].concat(),
        ),
        (
            "from the right",
            [header([2, 0], 24, 0x30), [green, red, white, blue].concat()].concat(),
        ),
        (
            "palette",
            [header([1, 4], 8, 0x20), palette.clone(), vec![3, 2, 1, 0]].concat(),
        ),
        (
            "packed palette",
            [
                header([9, 4], 8, 0x20),
                palette,
                vec![0x80, 3, 0x01, 2, 1, 0x80, 0],
            ]
            .concat(),
        ),
        (
            "15 bit",
            [
                header([2, 0], 16, 0x20),
                [0x7c00, 0x03e0, 0x001f, 0x7fff].map(five).concat(),
            ]
            .concat(),
        ),
        (
            "alpha",
            [
                header([2, 0], 32, 0x28),
                [red, green, blue, white]
                    .map(|[b, g, r]| [b, g, r, 255])
                    .concat(),
            ]
            .concat(),
        ),
    ] {
        let answer = server.post("/convert?type=png", &file).await;
        let picture = answer.picture("image/png", 2, 2);
        let expected = [
            [255, 0, 0, 255],
            [0, 255, 0, 255],
            [0, 0, 255, 255],
            [255; 4],
        ];
        assert_eq!(picture.rgba, expected, "{name}");
        let cut = server
            .post("/convert?type=png", &file[..file.len() - 1])
            .await;
        assert_eq!(cut.status, 422, "{name}");
    }
}

/// Alpha that is said to be there, or that isn't 0 everywhere, is alpha; grey may have it, too. What isn't read is no TGA.
#[tokio::test]
async fn tga_has_the_alpha_that_it_says() {
    let server = TestServer::start().await;
    let file = |kind: u8, depth: u8, description: u8, pixels: &[u8]| {
        let start = [0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0];
        [&start[..], &[depth, description], pixels].concat()
    };
    let clear = &[1, 2, 3, 0, 4, 5, 6, 0][..];
    for (name, file, expected) in [
        ("said", file(2, 32, 8, clear), [[0; 4], [0; 4]]),
        (
            "none said, and none",
            file(2, 32, 0, clear),
            [[3, 2, 1, 255], [6, 5, 4, 255]],
        ),
        (
            "none said, but some",
            file(2, 32, 0, &[1, 2, 3, 9, 4, 5, 6, 0]),
            [[3, 2, 1, 9], [0; 4]],
        ),
        (
            "grey",
            file(3, 8, 0, &[7, 9]),
            [[7, 7, 7, 255], [9, 9, 9, 255]],
        ),
        (
            "grey with alpha",
            file(3, 16, 8, &[7, 255, 9, 0]),
            [[7, 7, 7, 255], [0; 4]],
        ),
    ] {
        let answer = server.post("/convert?type=png", &file).await;
        let mut picture = answer.picture("image/png", 2, 1);
        for pixel in picture.rgba.iter_mut().filter(|[.., alpha]| *alpha == 0) {
            *pixel = [0; 4];
        }
        assert_eq!(picture.rgba, expected, "{name}");
    }
    for (kind, depth, description) in [(3, 16, 0), (2, 32, 1), (2, 24, 8), (1, 8, 0)] {
        let answer = server
            .post("/info", &file(kind, depth, description, clear))
            .await;
        answer.problem(415, "unsupported-format");
    }
}

/// By either of its names, packed as it was once and as it is, or not.
#[tokio::test]
async fn radiance_is_read_however_it_is_stored() {
    let server = TestServer::start().await;
    let file = |name: &str, width: u32, pixels: &[u8]| {
        let start =
            format!("#?{name}\n# made by hand\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X {width}\n");
        [start.as_bytes(), pixels].concat()
    };
    // 0.5 of red, an eighth of green; 128 are a half, and 128 more in the exponent is 1.
    let pixel = [128, 32, 0, 128];
    let shown = [188, 99, 0, 255];
    for (name, file, width) in [
        ("plain", file("RADIANCE", 2, &pixel.repeat(2)), 2),
        ("another name", file("RGBE", 2, &pixel.repeat(2)), 2),
        (
            "old runs",
            file(
                "RGBE",
                300,
                &[&pixel[..], &[1, 1, 1, 43, 1, 1, 1, 1]].concat(),
            ),
            300,
        ),
        (
            "new runs",
            file(
                "RADIANCE",
                100,
                &[2, 2, 0, 100, 228, 128, 228, 32, 228, 0, 228, 128],
            ),
            100,
        ),
    ] {
        let answer = server.post("/convert?type=png", &file).await;
        let picture = answer.picture("image/png", width, 1);
        for x in [0, width - 1] {
            picture.assert_at(x, 0, shown, 1);
        }
        let cut = server
            .post("/convert?type=png", &file[..file.len() - 2])
            .await;
        assert_eq!(cut.status, 422, "{name}");
    }
    let long = format!("#?RADIANCE\n{}\n-Y 1 +X 1\n\0\0\0\0", "a\n".repeat(3_000));
    assert_eq!(server.post("/info", long.as_bytes()).await.status, 422);
}
