//! Headers that promise a giant, of every format that is read, with hardly any data behind them.

use super::parts::{plain_vp8l, png, png_file, riff, segment, webp, zeros};
use super::{Named, fixtures};

/// Width and height.
const SIZES: [(u32, u32); 8] = [
    (10_001, 10_000),
    (20_000, 20_000),
    (65_535, 65_535),
    (1, 0x7fff_ffff),
    (0x7fff_ffff, 0x7fff_ffff),
    (0xffff_ffff, 0xffff_ffff),
    (0, 5),
    (46_341, 46_341),
];

pub(super) fn all() -> Vec<Named> {
    let mut files = Vec::new();
    for size in SIZES {
        let own = common(size).into_iter().chain(others(size));
        files.extend(own.map(|(kind, bytes)| {
            let name = format!("{}x{} declared, {kind}", size.0, size.1);
            (name, bytes)
        }));
    }
    for side in [65_535, 32_000, 10_001] {
        files.push((
            format!("{side} declared, jpeg without tables"),
            fixtures::giant_jpeg_header(side),
        ));
    }
    files
}

/// JPEG, PNG and WebP.
fn common(size: (u32, u32)) -> Vec<(&'static str, Vec<u8>)> {
    let mut files = Vec::new();
    for (depth, colour) in [(1, 0), (8, 2), (16, 6), (8, 3), (3, 7)] {
        files.push(("png", png(size, depth, colour, &[], &zeros(100))));
    }
    let interlaced = png_file(size, [8, 6, 0, 0, 1], &[], &zeros(9));
    files.push(("interlaced png", interlaced));
    for marker in [0xc0, 0xc2, 0xc9, 0xc3, 0xc1] {
        files.push(("jpeg", jpeg(marker, size)));
    }
    let held = |side: u32| side.clamp(1, 16_384);
    let lossless = webp(&plain_vp8l(held(size.0), held(size.1)));
    files.extend([
        ("webp canvas", canvas(size)),
        ("lossy webp", lossy(size)),
        ("lossless webp", lossless),
    ]);
    files
}

/// What the image crate reads.
fn others((width, height): (u32, u32)) -> Vec<(&'static str, Vec<u8>)> {
    let size = (width, height);
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let qoi = [&b"qoif"[..], &sides, &[4, 0], &[0xfd; 64], &[0; 7], &[1]];
    let pam = format!(
        "P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    );
    let hdr = format!("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n");
    let inner = bmp((width, height.wrapping_mul(2)), 32, 0);
    let mut files = vec![
        ("gif", gif(size)),
        ("run-length bmp", bmp(size, 8, 1)),
        ("ico", ico(&inner[14..])),
        ("ico with png", ico(&png(size, 8, 6, &[], &zeros(9)))),
        ("qoi", qoi.concat()),
        ("hdr", hdr.into_bytes()),
        ("pam", pam.into_bytes()),
        ("tiff of 2^32 - 1 strips", tiff(size, 1, u32::MAX)),
    ];
    files.extend([1, 8, 16, 24, 32].map(|bits| ("bmp", bmp(size, bits, 0))));
    files.extend((1..=6).map(|magic| {
        let text = format!("P{magic} {width} {height} 255\n1 2 3");
        ("pnm", text.into_bytes())
    }));
    files.extend([1, 5, 8, 32_773, 7].map(|kind| ("tiff", tiff(size, kind, 1))));
    files
}

fn low(value: u32) -> [u8; 2] {
    let [a, b, ..] = value.to_le_bytes();
    [a, b]
}

/// A frame and a scan, without a byte of a picture.
fn jpeg(marker: u8, (width, height): (u32, u32)) -> Vec<u8> {
    let [[w0, w1], [h0, h1]] = [low(width), low(height)];
    let frame = [8, h1, h0, w1, w0, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
    let mut codes = vec![0; 18];
    codes[1] = 1;
    [
        &[0xff, 0xd8][..],
        &segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        &segment(marker, &frame),
        &segment(0xc4, &codes),
        &segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
        &[0; 32],
        &[0xff, 0xd9],
    ]
    .concat()
}

/// The canvas of an extended file, with a small picture in it.
fn canvas((width, height): (u32, u32)) -> Vec<u8> {
    let side = |value: u32| value.wrapping_sub(1).to_le_bytes()[..3].to_vec();
    let head = [vec![0x10, 0, 0, 0], side(width), side(height)].concat();
    webp(&[riff(*b"VP8X", &head), plain_vp8l(3, 3)].concat())
}

/// The first bytes of a key frame.
fn lossy((width, height): (u32, u32)) -> Vec<u8> {
    let frame = [
        &[0x10, 2, 0, 0x9d, 1, 0x2a][..],
        &low(width.min(16_383)),
        &low(height.min(16_383)),
        &[0; 40],
    ];
    webp(&riff(*b"VP8 ", &frame.concat()))
}

fn gif((width, height): (u32, u32)) -> Vec<u8> {
    let size = [low(width), low(height)].concat();
    [
        &b"GIF89a"[..],
        &size,
        &[0x80, 0, 0, 0, 0, 0, 255, 255, 255],
        &[0x2c, 0, 0, 0, 0],
        &size,
        &[0, 2, 2, 0x44, 1, 0, 0x3b],
    ]
    .concat()
}

fn bmp((width, height): (u32, u32), bits: u8, compression: u8) -> Vec<u8> {
    [
        &b"BM"[..],
        &[200, 0, 0, 0, 0, 0, 0, 0, 54, 4, 0, 0, 40, 0, 0, 0],
        &width.to_le_bytes(),
        &height.to_le_bytes(),
        &[1, 0, bits, 0, compression, 0, 0, 0],
        &[0; 20],
        &[0x55; 1100],
    ]
    .concat()
}

/// One entry, of 256 pixels by what the directory says.
fn ico(entry: &[u8]) -> Vec<u8> {
    let length = u32::try_from(entry.len()).unwrap().to_le_bytes();
    [
        &[0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 32, 0][..],
        &length,
        &[22, 0, 0, 0],
        entry,
    ]
    .concat()
}

fn tiff((width, height): (u32, u32), compression: u32, strips: u32) -> Vec<u8> {
    let field = |tag: u16, kind: u8, count: u32, value: u32| {
        [
            &tag.to_le_bytes()[..],
            &[kind, 0],
            &count.to_le_bytes(),
            &value.to_le_bytes(),
        ]
        .concat()
    };
    let fields = [
        field(256, 4, 1, width),
        field(257, 4, 1, height),
        field(258, 3, 1, 8),
        field(259, 3, 1, compression),
        field(262, 3, 1, 1),
        field(273, 4, strips, 8),
        field(277, 3, 1, 1),
        field(278, 4, 1, height),
        field(279, 4, strips, 100),
    ];
    // The next directory is this one again.
    [
        &b"II*\0\x08\0\0\0\x09\0"[..],
        &fields.concat(),
        &[8, 0, 0, 0],
        &[0; 64],
    ]
    .concat()
}
