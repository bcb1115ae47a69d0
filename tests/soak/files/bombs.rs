//! Files that cost far more than they weigh: in pixels, scans, frames, metadata or codes.

pub(crate) use super::parts::zero_png;
use super::parts::{
    Bits, chunk, plain_vp8l, png, png_file, riff, segment, webp, zeros, zeros_are_zeros,
};
use super::{Named, fixtures};
use crate::random::Random;

/// 20,000 pixels each way, RGBA: 1.6 GB of pixels in 1.6 MB, past the limit.
pub(crate) fn deflate_bomb() -> Vec<u8> {
    zeros_are_zeros();
    zero_png((20_000, 20_000), 8, 6)
}

/// Lossless WebP of one colour.
pub(crate) fn plain_webp((width, height): (u32, u32)) -> Vec<u8> {
    webp(&plain_vp8l(width, height))
}

/// A PNG in passes, all zero.
pub(crate) fn interlaced((width, height): (u32, u32)) -> Vec<u8> {
    let pixels = zeros(u64::from(width) * u64::from(height) * 4 + u64::from(height) * 2);
    png_file((width, height), [8, 6, 0, 0, 1], &[], &pixels)
}

/// A baseline JPEG of one colour, chroma at half size: two bits for each block.
pub(crate) fn zero_jpeg(side: u16) -> Vec<u8> {
    let [h, l] = side.to_be_bytes();
    let blocks = usize::from(side.div_ceil(16)).pow(2) * 6;
    [
        &[0xff, 0xd8][..],
        &segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        &segment(
            0xc0,
            &[8, h, l, h, l, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0],
        ),
        &one_code(0x00, 0),
        &one_code(0x10, 0),
        &segment(0xda, &[3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
        &vec![0; blocks.div_ceil(4)],
        &[0xff, 0xd9],
    ]
    .concat()
}

/// A table with one code, of one bit.
fn one_code(class: u8, symbol: u8) -> Vec<u8> {
    let mut table = vec![0; 17];
    (table[0], table[1]) = (class, 1);
    table.push(symbol);
    segment(0xc4, &table)
}

/// A progressive picture whose waves come in so many scans, each saying nothing.
pub(crate) fn scan_bomb(side: u16, scans: usize) -> Vec<u8> {
    let [h, l] = side.to_be_bytes();
    let blocks = usize::from(side.div_ceil(8)).pow(2);
    let mut file = [
        &[0xff, 0xd8][..],
        &segment(0xdb, &[&[0][..], &[1; 64]].concat()),
        &segment(0xc2, &[8, h, l, h, l, 1, 1, 0x11, 0]),
        // Mean values: one code, no difference. Waves: one code, the end of 2^14 blocks and more.
        &one_code(0x00, 0),
        &one_code(0x10, 0xe0),
        &segment(0xda, &[1, 1, 0, 0, 0, 0]),
        &vec![0; blocks.div_ceil(8)],
    ]
    .concat();
    // Each run ends 16,384 + 0x1555 blocks; its bits have no byte of ones in them.
    let mut runs = Bits::default();
    for _ in 0..blocks.div_ceil(0x4000 + 0x1555) {
        for bit in (0..15).rev() {
            runs.push(0x1555 >> bit & 1, 1);
        }
    }
    // From the highest bit down here.
    let runs: Vec<u8> = runs.bytes.iter().map(|byte| byte.reverse_bits()).collect();
    for _ in 0..scans {
        file.extend(segment(0xda, &[1, 1, 0, 1, 63, 0]));
        file.extend(&runs);
    }
    file.extend([0xff, 0xd9]);
    file
}

/// Lossless WebP of 268 megapixels in 40 bytes.
pub(crate) fn tiny_giant() -> Vec<u8> {
    plain_webp((16_384, 16_384))
}

pub(super) fn all() -> Vec<Named> {
    let mut files = vec![
        ("1.6 GB in a PNG".to_owned(), deflate_bomb()),
        ("tiny giant".to_owned(), tiny_giant()),
        (
            "3000 scans of 67 megapixels".to_owned(),
            scan_bomb(8192, 3000),
        ),
        ("90 scans of 67 megapixels".to_owned(), scan_bomb(8192, 90)),
        ("3000 scans".to_owned(), fixtures::scan_bomb(3000)),
        ("10000 scans".to_owned(), fixtures::scan_bomb(10_000)),
    ];
    for (depth, kind) in [(1, 0), (8, 0), (8, 2), (8, 6), (16, 6)] {
        let name = format!("100 megapixels, PNG {depth} bit of kind {kind}");
        files.push((name, zero_png((10_000, 10_000), depth, kind)));
    }
    let giant = [&[0x78, 0x9c][..], &zeros(1000)].concat();
    files.push((
        "broken deflate".to_owned(),
        png((9000, 9000), 8, 6, &[], &giant),
    ));
    for side in [4000, 10_000] {
        let name = format!("lossless WebP, {side} each way");
        files.push((name, plain_webp((side, side))));
    }
    files.extend(metadata());
    files.extend(frames());
    files.extend(codes());
    files
}

/// Text, profiles and segments that inflate or never end.
fn metadata() -> Vec<Named> {
    let pixels = zeros(9 * (1 + 8 * 4));
    let gigabyte = zeros(1 << 30);
    let mut files = Vec::new();
    for (kind, head) in [
        (*b"iCCP", &b"p\0\0"[..]),
        (*b"zTXt", b"Comment\0\0"),
        (*b"iTXt", b"Comment\0\x01\0\0\0"),
    ] {
        let bomb = chunk(kind, &[head, &gigabyte].concat());
        let name = format!("1 GB in {}", String::from_utf8_lossy(&kind));
        files.push((name, png((8, 9), 8, 6, &bomb, &pixels)));
    }
    let many = chunk(*b"tEXt", b"Comment\0x").repeat(100_000);
    files.push(("100000 texts".to_owned(), png((8, 9), 8, 6, &many, &pixels)));
    let palette = chunk(*b"PLTE", &[1, 2, 3, 4]);
    files.push((
        "palette of 4 bytes".to_owned(),
        png((8, 9), 8, 3, &palette, &pixels),
    ));
    let palette = chunk(*b"PLTE", &[7; 3 * 400]);
    files.push((
        "palette of 400".to_owned(),
        png((8, 9), 8, 3, &palette, &pixels),
    ));
    let photo = fixtures::jpeg(&fixtures::photo(40, 30));
    for (name, marker, length, count) in [
        ("20000 comments", 0xfe, 8, 20_000),
        ("255 pieces of a profile", 0xe2, 60_000, 255),
        ("5000 EXIF blocks", 0xe1, 500, 5000),
    ] {
        let content = [&b"ICC_PROFILE\0\x01\xff"[..], &vec![0; length]].concat();
        let segments = segment(marker, &content).repeat(count);
        files.push((
            name.to_owned(),
            [&photo[..2], &segments, &photo[2..]].concat(),
        ));
    }
    let fill = vec![0xff; 3 << 20];
    files.push((
        "3 MB of fill".to_owned(),
        [&photo[..2], &fill, &photo[2..]].concat(),
    ));
    let profile = riff(*b"ICCP", &vec![0; 4 << 20]);
    let head = riff(*b"VP8X", &[0x20, 0, 0, 0, 2, 0, 0, 2, 0, 0]);
    let parts = [head, profile, plain_vp8l(3, 3)].concat();
    files.push(("4 MB of profile in WebP".to_owned(), webp(&parts)));
    files
}

/// Ten thousand frames where one is read.
fn frames() -> Vec<Named> {
    let mut gif = b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    let small = b"GIF89a\x40\x06\x40\x06\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    // Restore what was before, then a frame of 1 by 1.
    let frame = b"\x21\xf9\x04\x0c\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    let frames = frame.repeat(10_000);
    gif.extend(&frames);
    let small = [&small[..], &frames, b"\x3b"].concat();
    let control = chunk(*b"acTL", &[0, 0, 39, 16, 0, 0, 0, 0]);
    let mut apng = control;
    for index in 0..10_000_u32 {
        let place = [[0, 0, 0, 8], [0, 0, 0, 9], [0; 4], [0; 4]].concat();
        let content = [&index.to_be_bytes()[..], &place, &[0, 1, 0, 10, 2, 0]].concat();
        apng.extend(chunk(*b"fcTL", &content));
    }
    let canvas = riff(*b"VP8X", &[0x12, 0, 0, 0, 255, 31, 0, 255, 31, 0]);
    let head = [&[0; 6][..], &[2, 0, 0, 2, 0, 0], &[100, 0, 0, 0]].concat();
    let frame = riff(*b"ANMF", &[head, plain_vp8l(3, 3)].concat());
    let webp_frames = [canvas, riff(*b"ANIM", &[0; 6]), frame.repeat(10_000)].concat();
    vec![
        ("10000 frames on 65535 each way, GIF".to_owned(), gif),
        ("10000 frames, GIF".to_owned(), small),
        (
            "10000 frames, APNG".to_owned(),
            png((8, 9), 8, 6, &apng, &zeros(9 * 33)),
        ),
        (
            "10000 frames on 67 megapixels, WebP".to_owned(),
            webp(&webp_frames),
        ),
    ]
}

/// More codes than the picture has pixels; directories that go in circles.
fn codes() -> Vec<Named> {
    let mut random = Random(7);
    let mut gif =
        b"GIF89a\x0a\0\x0a\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x0a\0\x0a\0\0\x08".to_vec();
    let mut clears = gif.clone();
    for _ in 0..8000 {
        gif.push(255);
        gif.extend((0..255).map(|_| random.byte()));
        // Nothing but "begin anew", 9 bits each.
        clears.push(255);
        let mut bits = Bits::default();
        (0..226).for_each(|_| bits.push(256, 9));
        clears.extend(&bits.bytes[..255]);
    }
    let inner = zero_png((9000, 9000), 8, 6);
    let entry = [0, 0, 0, 0, 1, 0, 32, 0, 0, 0, 2, 0, 0xf6, 0xff, 0, 0];
    let icons = [&[0, 0, 1, 0, 255, 255][..], &entry.repeat(65_535), &inner].concat();
    vec![
        ("2 MB of codes for 100 pixels, GIF".to_owned(), gif),
        ("2 MB of clear codes, GIF".to_owned(), clears),
        ("65535 icons".to_owned(), icons),
        (
            "interlaced PNG of 67 megapixels".to_owned(),
            interlaced((8192, 8192)),
        ),
    ]
}
