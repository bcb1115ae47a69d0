//! Pictures as files of every kind that is read: by libraries where they write it, else by hand.
#![expect(clippy::cast_possible_truncation, reason = "small numbers")]

mod avifs;
mod jpegs;
mod pngs;
mod svgs;
mod tiffs;
mod webps;

use std::io::Cursor;

pub(crate) use self::avifs::*;
pub(crate) use self::jpegs::*;
pub(crate) use self::pngs::*;
pub(crate) use self::svgs::*;
pub(crate) use self::tiffs::*;
pub(crate) use self::webps::*;
use image::{DynamicImage, ImageFormat};

/// Width and height in pixels.
pub(crate) type Size = (u32, u32);

/// What is in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// One colour.
    Flat,
    /// Slow changes with some texture.
    Photo,
    /// Samples at random, which no encoder makes smaller.
    Noise,
    /// A hundred colours at random, which make a palette.
    Palette,
}

impl Content {
    pub(crate) const ALL: [Self; 4] = [Self::Flat, Self::Photo, Self::Noise, Self::Palette];
}

/// Interleaved samples of a picture; the same ones each time.
pub(crate) fn samples((width, height): Size, content: Content, channels: u32) -> Vec<u8> {
    let (width, channels) = (width as usize, channels as usize);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut made = vec![100; width * height as usize * channels];
    match content {
        Content::Flat => {}
        Content::Noise => {
            for eight in made.chunks_mut(8) {
                eight.copy_from_slice(&next().to_le_bytes()[..eight.len()]);
            }
        }
        Content::Photo => {
            for (y, row) in made.chunks_mut(width * channels).enumerate() {
                for (at, sample) in row.iter_mut().enumerate() {
                    let slope = (at / channels + y) / 16 + at % channels * 20;
                    *sample = (slope as u8 / 2).wrapping_add((next() >> 61) as u8);
                }
            }
        }
        Content::Palette => {
            for pixel in made.chunks_mut(channels) {
                let colour = (next() % 100) as u8;
                pixel.fill(colour);
            }
        }
    }
    made
}

/// A GIF of greys: codes of eight bits, the table cleared before they grow.
fn gif(size: Size, content: Content, frame: Size) -> Vec<u8> {
    film(size, content, frame, 1)
}

/// One of so many frames, no two alike that follow each other; each wants back what was there before it.
pub(crate) fn film(size: Size, content: Content, frame: Size, frames: u8) -> Vec<u8> {
    let short = |side: u32| (side as u16).to_le_bytes();
    let mut file = b"GIF89a".to_vec();
    file.extend([short(size.0), short(size.1)].concat());
    file.extend([0xf6, 0, 0]);
    file.extend((0..128_u8).flat_map(|grey| [grey * 2; 3]));
    for number in 0..frames {
        if frames > 1 {
            file.extend([0x21, 0xf9, 4, 0x0c, 5, 0, 0, 0]);
        }
        file.extend([0x2c, 0, 0, 0, 0]);
        file.extend([short(frame.0), short(frame.1)].concat());
        file.extend([0, 7]);
        let mut codes = Vec::new();
        for some in samples(frame, content, 1).chunks(120) {
            codes.push(0x80);
            codes.extend(some.iter().map(|sample| (sample ^ number) & 0x7f));
        }
        codes.push(0x81);
        for block in codes.chunks(255) {
            file.push(block.len() as u8);
            file.extend(block);
        }
        file.push(0);
    }
    file.push(0x3b);
    file
}

fn by_image(size: Size, content: Content, deep: bool, format: ImageFormat) -> Vec<u8> {
    let (width, height) = size;
    let picture = if deep {
        let samples = samples(size, content, 6)
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        DynamicImage::ImageRgb16(image::ImageBuffer::from_raw(width, height, samples).unwrap())
    } else {
        let samples = samples(size, content, 3);
        DynamicImage::ImageRgb8(image::ImageBuffer::from_raw(width, height, samples).unwrap())
    };
    let picture = match format {
        ImageFormat::Hdr => DynamicImage::ImageRgb32F(picture.to_rgb32f()),
        _ => picture,
    };
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// TGA of two bytes a pixel, which its decoder holds beside what they become.
pub(crate) fn tga((width, height): Size, content: Content) -> Vec<u8> {
    let [width_low, width_high, ..] = width.to_le_bytes();
    let [height_low, height_high, ..] = height.to_le_bytes();
    let sides = [width_low, width_high, height_low, height_high];
    let start = [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let pixels = samples((width, height), content, 2);
    [&start[..], &sides, &[16, 0x20], &pixels].concat()
}

/// An icon with one entry, a PNG.
pub(crate) fn ico(png: &[u8]) -> Vec<u8> {
    let length = (png.len() as u32).to_le_bytes();
    [
        &[0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 32, 0][..],
        &length,
        &[22, 0, 0, 0],
        png,
    ]
    .concat()
}

/// A file of every kind, by name.
pub(crate) fn kinds(size: Size, content: Content) -> Vec<(String, Vec<u8>)> {
    let mut kinds: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, file: Vec<u8>| kinds.push((name.to_owned(), file));
    for (name, kind) in JPEGS {
        add(name, jpeg(size, content, kind));
    }
    for (name, channels) in [("grey", 1), ("grey alpha", 2), ("rgb", 3), ("rgba", 4)] {
        add(&format!("png {name}"), png(size, content, channels, false));
        add(
            &format!("png {name} interlaced"),
            png(size, content, channels, true),
        );
        add(
            &format!("png {name} 16"),
            deep_png(size, content, channels, false, 16),
        );
    }
    add(
        "png rgba 16 interlaced",
        deep_png(size, content, 4, true, 16),
    );
    add("png grey 1", bit_png(size, false));
    add("png palette 1", bit_png(size, true));
    add("png iCCP 1 MiB", profiled_png(size, 1 << 20));
    for (name, kind) in TIFFS {
        add(name, tiff(size, content, kind));
    }
    add("gif", gif(size, content, size));
    add("gif part", gif(size, content, (size.0 - 1, size.1 - 1)));
    add("bmp", by_image(size, content, false, ImageFormat::Bmp));
    add("qoi", by_image(size, content, false, ImageFormat::Qoi));
    add("pnm", by_image(size, content, false, ImageFormat::Pnm));
    add("pnm 16", by_image(size, content, true, ImageFormat::Pnm));
    add("tga", by_image(size, content, false, ImageFormat::Tga));
    add("tga 15 bit", tga(size, content));
    add("hdr", by_image(size, content, false, ImageFormat::Hdr));
    add("ico png", ico(&png(size, content, 4, false)));
    add("webp lossy", webp(size, content, WebP::Lossy));
    add("webp alpha", webp(size, content, WebP::Alpha));
    add("webp lossless", webp(size, content, WebP::Lossless));
    add("webp animated", webp(size, content, WebP::Animated));
    kinds.extend(avifs(size, content));
    kinds
}
