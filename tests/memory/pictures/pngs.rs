//! PNGs of every kind, by hand.

use super::{Content, Size, samples};
use crate::chunk::chunk;
use crate::wrapped::zlib;

/// A PNG by hand: `samples` are rows of `bytes` bytes a pixel, or packed.
fn png_file(
    size: Size,
    (depth, colour, interlaced): (u8, u8, bool),
    data: &[u8],
    more: &[(&[u8; 4], &[u8])],
) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let (width, height) = (size.0.to_be_bytes(), size.1.to_be_bytes());
    let header = [
        &width[..],
        &height,
        &[depth, colour, 0, 0, u8::from(interlaced)],
    ]
    .concat();
    file.extend(chunk(*b"IHDR", &header));
    for (kind, content) in more {
        file.extend(chunk(**kind, content));
    }
    file.extend(chunk(*b"IDAT", &zlib(data)));
    file.extend(chunk(*b"IEND", &[]));
    file
}

/// Rows, each behind a byte that says that it has no filter.
fn unfiltered(samples: &[u8], row: usize) -> Vec<u8> {
    samples
        .chunks(row)
        .flat_map(|row| std::iter::once(&0).chain(row).copied())
        .collect()
}

/// The seven passes of an interlaced picture: first column and row, and the steps.
const PASSES: [(usize, usize, usize, usize); 7] = [
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
];

/// `step` bytes a pixel.
fn interlaced(samples: &[u8], size: Size, step: usize) -> Vec<u8> {
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut out = Vec::with_capacity(samples.len() + samples.len() / 8);
    for (left, top, across, down) in PASSES {
        if left >= width {
            continue;
        }
        for y in (top..height).step_by(down) {
            out.push(0);
            for x in (left..width).step_by(across) {
                out.extend_from_slice(&samples[(y * width + x) * step..][..step]);
            }
        }
    }
    out
}

/// The colour type of so many channels.
fn colour_type(channels: u32) -> u8 {
    [0, 4, 2, 6][channels as usize - 1]
}

/// Eight bits.
pub(crate) fn png(size: Size, content: Content, channels: u32, interlace: bool) -> Vec<u8> {
    deep_png(size, content, channels, interlace, 8)
}

pub(crate) fn deep_png(
    size: Size,
    content: Content,
    channels: u32,
    interlace: bool,
    depth: u8,
) -> Vec<u8> {
    let deep = u32::from(depth / 8);
    let samples = samples(size, content, channels * deep);
    let step = (channels * deep) as usize;
    let data = if interlace {
        interlaced(&samples, size, step)
    } else {
        unfiltered(&samples, size.0 as usize * step)
    };
    png_file(size, (depth, colour_type(channels), interlace), &data, &[])
}

/// One bit a pixel, of grey or of a palette, one of whose two colours is transparent.
pub(super) fn bit_png(size: Size, palette: bool) -> Vec<u8> {
    let row = size.0.div_ceil(8);
    let data = unfiltered(&samples((row, size.1), Content::Noise, 1), row as usize);
    let more: &[(&[u8; 4], &[u8])] = &[(b"PLTE", &[1, 2, 3, 200, 100, 50]), (b"tRNS", &[100])];
    let colour = if palette { 3 } else { 0 };
    png_file(
        size,
        (1, colour, false),
        &data,
        if palette { more } else { &[] },
    )
}

/// A profile of so many bytes that says nothing.
pub(crate) fn profiled_png(size: Size, bytes: usize) -> Vec<u8> {
    let profile = [&b"x\0\0"[..], &zlib(&vec![0; bytes])].concat();
    let data = unfiltered(&samples(size, Content::Noise, 3), size.0 as usize * 3);
    png_file(size, (8, 2, false), &data, &[(b"iCCP", &profile)])
}
