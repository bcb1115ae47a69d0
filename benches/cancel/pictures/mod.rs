//! Pictures that are large, or make much work of few bytes. Formats that nothing here writes are written by hand.
#![expect(
    clippy::indexing_slicing,
    reason = "slices of files that were just made"
)]

mod bits;
mod rasters;
mod riff;

use pixmill::checkpoint::Checkpoint;
use pixmill::codecs::{self, Encoding, Format, Model, Raster, Shape};

use crate::chunk::chunk;
use crate::wrapped::zlib;

pub(crate) use self::rasters::*;
pub(crate) use self::riff::*;

fn encoded(format: Format, raster: &Raster) -> Vec<u8> {
    let encoding = Encoding::plain(format, 80);
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
