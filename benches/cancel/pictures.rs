//! Pictures that are large, or make much work of few bytes. Formats that nothing here writes are written by hand.
#![expect(
    clippy::indexing_slicing,
    reason = "slices of files that were just made"
)]
use pixmill::checkpoint::Checkpoint;
use pixmill::codecs::{self, Encoding, Format, Model, Raster, Shape};

use crate::chunk::chunk;
use crate::wrapped::zlib;

fn encoded(format: Format, raster: &Raster) -> Vec<u8> {
    let encoding = Encoding {
        format,
        quality: 80,
    };
    let checkpoint = Checkpoint::new();
    let mut sink = codecs::create(encoding, raster.shape(), &checkpoint).expect("an encoder");
    sink.push(raster).expect("room");
    sink.finish().expect("a file")
}

fn noise() -> impl Iterator<Item = u8> {
    let mut state = 1_u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
}

pub(crate) fn jpeg(width: u32, height: u32, noisy: bool) -> Vec<u8> {
    let mut raster = Raster::new(Shape {
        width,
        height,
        model: Model::YCbCr { across: 2, down: 2 },
    });
    for plane in raster.planes.iter_mut().filter(|_| noisy) {
        let samples = plane.samples.iter_mut().zip(noise());
        samples.for_each(|(sample, noise)| *sample = noise);
    }
    encoded(Format::Jpeg, &raster)
}

pub(crate) fn webp(width: u32, height: u32, alpha: bool) -> Vec<u8> {
    let model = if alpha { Model::Rgba } else { Model::Rgb };
    encoded(
        Format::WebP,
        &Raster::new(Shape {
            width,
            height,
            model,
        }),
    )
}

/// Boxes, lines and something like text, opaque, in PNG.
pub(crate) fn drawing(width: u32, height: u32) -> Vec<u8> {
    let mut samples = Vec::with_capacity(width as usize * height as usize * 4);
    for y in 0..height {
        for x in 0..width {
            let cell = (x / 97).wrapping_mul(7_919) ^ (y / 61).wrapping_mul(104_729);
            let ink = (x * 7 + y * 3) % 11 < 4 && cell % 3 == 0 && (y / 8) % 2 == 0;
            let [a, b, c, _] = cell.wrapping_mul(2_654_435_761).to_be_bytes();
            let shade = (y % 61) as u8;
            samples.extend(if ink {
                [20, 20, 30, 255]
            } else {
                [a | 0x80, b | 0x80, c.saturating_add(shade), 255]
            });
        }
    }
    encoded(
        Format::Png,
        &Raster::interleaved(
            Shape {
                width,
                height,
                model: Model::Rgba,
            },
            samples,
        ),
    )
}

/// All transparent black.
pub(crate) fn png(width: u32, height: u32, interlaced: bool) -> Vec<u8> {
    let pass = |from: u32, step: u32, side: u32| side.saturating_sub(from).div_ceil(step);
    let size = |width: u32, height: u32| {
        if width == 0 {
            0
        } else {
            height as usize * (width as usize * 4 + 1)
        }
    };
    let bytes = if interlaced {
        [
            (0, 8, 0, 8),
            (4, 8, 0, 8),
            (0, 4, 4, 8),
            (2, 4, 0, 4),
            (0, 2, 2, 4),
            (1, 2, 0, 2),
            (0, 1, 1, 2),
        ]
        .map(|(x, across, y, down)| size(pass(x, across, width), pass(y, down, height)))
        .iter()
        .sum()
    } else {
        size(width, height)
    };
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 6, 0, 0, u8::from(interlaced)]);
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(*b"IHDR", &header),
        &chunk(*b"IDAT", &zlib(&vec![0; bytes])),
        &chunk(*b"IEND", &[]),
    ]
    .concat()
}

/// The same PNG with another curve.
pub(crate) fn with_gamma(png: &[u8]) -> Vec<u8> {
    let header = 8 + 25;
    [
        &png[..header],
        &chunk(*b"gAMA", &100_000_u32.to_be_bytes()),
        &png[header..],
    ]
    .concat()
}

/// Bits, the first lowest.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    count: usize,
}

impl Bits {
    fn put(&mut self, value: u32, bits: u32) {
        for bit in 0..bits {
            if self.count.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(byte) = self.bytes.last_mut() {
                *byte |= u8::from(value >> bit & 1 == 1) << (self.count % 8);
            }
            self.count += 1;
        }
    }
}

/// One colour, in the longest codes that LZW has.
pub(crate) fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut left = usize::from(width) * usize::from(height);
    let mut bits = Bits::default();
    while left > 0 {
        // Clear, the colour, and then each code as soon as it is there: 1, 2, 3 … pixels.
        bits.put(256, if bits.count == 0 { 9 } else { 12 });
        bits.put(0, 9);
        left -= 1;
        let (mut code, mut run) = (258_u32, 2);
        while code < 4095 && left > 0 {
            let length = run.min(left);
            // The last run may be too long by some pixels, which decoders leave out.
            bits.put(code, 32 - code.leading_zeros());
            left -= length;
            code += 1;
            run += 1;
        }
        if left > 0 {
            bits.put(4094, 12);
            left = left.saturating_sub(run - 1);
        }
    }
    bits.put(257, 12);
    let [w, h] = [width, height].map(u16::to_le_bytes);
    let mut file = [&b"GIF89a"[..], &w, &h, &[0xf7, 0, 0]].concat();
    file.extend(vec![100; 768]);
    file.extend([&[0x2c, 0, 0, 0, 0][..], &w, &h, &[0, 8]].concat());
    for block in bits.bytes.chunks(255) {
        file.push(u8::try_from(block.len()).expect("short"));
        file.extend(block);
    }
    file.extend([0, 0x3b]);
    file
}

/// RGBA in one strip.
pub(crate) fn tiff(width: u32, height: u32, depth: u16, deflate: bool) -> Vec<u8> {
    let bytes = width as usize * height as usize * 4 * usize::from(depth / 8);
    let strip = if deflate {
        zlib(&vec![0; bytes])
    } else {
        vec![77; bytes]
    };
    let length = u32::try_from(strip.len()).expect("short");
    let depths = [depth; 4].map(u16::to_le_bytes).concat();
    let entries: [(u16, u16, u32, u32); 11] = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 4, 8),
        (259, 3, 1, if deflate { 8 } else { 1 }),
        (262, 3, 1, 2),
        (273, 4, 1, 16),
        (277, 3, 1, 4),
        (278, 4, 1, height),
        (279, 4, 1, length),
        (317, 3, 1, if deflate { 2 } else { 1 }),
        (338, 3, 1, 2),
    ];
    let mut file = b"II\x2a\0".to_vec();
    file.extend((16 + length).to_le_bytes());
    file.extend(depths);
    file.extend(strip);
    file.extend(11_u16.to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        file.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    file.extend([0; 4]);
    file
}

fn bmp(width: u32, height: u32, depth: u16, method: u32, rows: &[u8]) -> Vec<u8> {
    let colours = 1_usize << depth;
    let start = 54 + 4 * colours;
    let mut file = b"BM".to_vec();
    let words = |file: &mut Vec<u8>, words: &[usize]| {
        for &word in words {
            file.extend(u32::try_from(word).expect("small").to_le_bytes());
        }
    };
    words(
        &mut file,
        &[
            start + rows.len(),
            0,
            start,
            40,
            width as usize,
            height as usize,
        ],
    );
    file.extend([1_u16.to_le_bytes(), depth.to_le_bytes()].concat());
    words(
        &mut file,
        &[method as usize, rows.len(), 2_835, 2_835, colours, 0],
    );
    file.extend(vec![90; 4 * colours]);
    file.extend(rows);
    file
}

pub(crate) fn bmp_runs(width: u32, height: u32) -> Vec<u8> {
    let (whole, rest) = (
        width as usize / 255,
        u8::try_from(width % 255).expect("small"),
    );
    let row = [&[255, 1].repeat(whole)[..], &[rest, 1, 0, 0]].concat();
    bmp(width, height, 8, 1, &row.repeat(height as usize))
}

pub(crate) fn bmp_bits(width: u32, height: u32) -> Vec<u8> {
    let row = (width as usize).div_ceil(32) * 4;
    bmp(width, height, 1, 0, &vec![0; row * height as usize])
}

pub(crate) fn qoi(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"qoif".to_vec();
    file.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    file.extend([4, 0]);
    let pixels = width as usize * height as usize;
    file.extend(vec![0xfd; pixels / 62]);
    file.extend(vec![0xc0; pixels % 62]);
    file.extend([0, 0, 0, 0, 0, 0, 0, 1]);
    file
}

pub(crate) fn pnm(width: usize, height: usize) -> Vec<u8> {
    let mut file = format!("P5\n{width} {height}\n255\n").into_bytes();
    file.extend(vec![50; width * height]);
    file
}

pub(crate) fn pnm_bits(width: usize, height: usize) -> Vec<u8> {
    let mut file = format!("P4\n{width} {height}\n").into_bytes();
    file.extend(vec![50; width.div_ceil(8) * height]);
    file
}

fn riff(chunks: &[u8]) -> Vec<u8> {
    let size = u32::try_from(chunks.len() + 4).expect("short");
    [b"RIFF", &size.to_le_bytes()[..], b"WEBP", chunks].concat()
}

fn riff_chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).expect("short").to_le_bytes();
    let padding = &[0][..content.len() % 2];
    [&kind, &size[..], content, padding].concat()
}

/// A VP8L picture whose codes have no bits, and whose pixels go through three transforms: as much work as any, in no bytes.
pub(crate) fn lossless(width: u32, height: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(width - 1, 14);
    bits.put(height - 1, 14);
    bits.put(1, 1);
    bits.put(0, 3);
    // No cache of colours, and five codes of one symbol, a number of one bit or of eight.
    let codes = |bits: &mut Bits, symbols: [u32; 5]| {
        for symbol in symbols {
            bits.put(1 | u32::from(symbol > 1) << 2, 3);
            bits.put(symbol, if symbol > 1 { 8 } else { 1 });
        }
    };
    // The predictor that averages most (10), and the colour transform, in blocks of 512 pixels; subtract green.
    for (kind, green) in [(0, Some(10)), (1, Some(3)), (2, None)] {
        bits.put(1, 1);
        bits.put(kind, 2);
        if let Some(green) = green {
            bits.put(7, 3);
            bits.put(0, 1);
            codes(&mut bits, [green, 3, 3, 0, 0]);
        }
    }
    bits.put(0, 1);
    bits.put(0, 1);
    bits.put(0, 1);
    codes(&mut bits, [3, 5, 7, 0, 0]);
    bits.put(0, 32);
    riff(&riff_chunk(*b"VP8L", &bits.bytes))
}

/// An animation of that picture alone.
pub(crate) fn animated(still: &[u8]) -> Vec<u8> {
    let header = codecs::probe(still).expect("a WebP file");
    let u24 = |value: u32| value.to_le_bytes()[..3].to_vec();
    let sides = [u24(header.width - 1), u24(header.height - 1)].concat();
    let mut chunks = &still[12..];
    if chunks.starts_with(b"VP8X") {
        chunks = &chunks[18..];
    }
    let frame = [&[0; 6][..], &sides, &u24(100), &[0], chunks].concat();
    let canvas = [&[0x12, 0, 0, 0][..], &sides].concat();
    riff(
        &[
            riff_chunk(*b"VP8X", &canvas),
            riff_chunk(*b"ANIM", &[0; 6]),
            riff_chunk(*b"ANMF", &frame),
        ]
        .concat(),
    )
}
