//! Pictures as files of every kind that is read: by libraries where they write it, else by hand.
#![expect(
    unsafe_code,
    clippy::cast_possible_truncation,
    reason = "the C codecs' encoders; small numbers"
)]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat};
use libwebp_sys as webp;
use turbojpeg_sys as turbo;

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

/// How to write a JPEG.
pub(crate) struct Jpeg {
    pixels: turbo::TJPF,
    channels: u32,
    subsampling: turbo::TJSAMP,
    /// More of libjpeg-turbo's parameters.
    more: &'static [(turbo::TJPARAM, i32)],
}

pub(crate) const PLAIN: Jpeg = Jpeg {
    pixels: turbo::TJPF_TJPF_RGB,
    channels: 3,
    subsampling: turbo::TJSAMP_TJSAMP_420,
    more: &[],
};
pub(crate) const PROGRESSIVE: Jpeg = Jpeg {
    more: &[(turbo::TJPARAM_TJPARAM_PROGRESSIVE, 1)],
    ..PLAIN
};
pub(crate) const INKS: Jpeg = Jpeg {
    pixels: turbo::TJPF_TJPF_CMYK,
    channels: 4,
    subsampling: turbo::TJSAMP_TJSAMP_444,
    ..PLAIN
};

/// Every kind of JPEG, by name.
const JPEGS: &[(&str, Jpeg)] = &[
    ("jpeg 4:2:0", PLAIN),
    (
        "jpeg 4:4:4",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_444,
            ..PLAIN
        },
    ),
    (
        "jpeg 4:2:2",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_422,
            ..PLAIN
        },
    ),
    (
        "jpeg 4:4:0",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_440,
            ..PLAIN
        },
    ),
    (
        "jpeg 4:1:1",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_411,
            ..PLAIN
        },
    ),
    (
        "jpeg grey",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_GRAY,
            ..PLAIN
        },
    ),
    (
        "jpeg rgb",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_444,
            more: &[(turbo::TJPARAM_TJPARAM_COLORSPACE, 0)],
            ..PLAIN
        },
    ),
    ("jpeg cmyk", INKS),
    (
        "jpeg cmyk progressive",
        Jpeg {
            more: PROGRESSIVE.more,
            ..INKS
        },
    ),
    (
        "jpeg ycck 4:2:0",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_420,
            more: &[(turbo::TJPARAM_TJPARAM_COLORSPACE, 4)],
            ..INKS
        },
    ),
    (
        "jpeg restarts",
        Jpeg {
            more: &[(turbo::TJPARAM_TJPARAM_RESTARTBLOCKS, 3)],
            ..PLAIN
        },
    ),
    ("jpeg progressive 4:2:0", PROGRESSIVE),
    (
        "jpeg progressive 4:4:4",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_444,
            more: PROGRESSIVE.more,
            ..PLAIN
        },
    ),
    (
        "jpeg progressive 4:1:1",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_411,
            more: PROGRESSIVE.more,
            ..PLAIN
        },
    ),
    (
        "jpeg progressive grey",
        Jpeg {
            subsampling: turbo::TJSAMP_TJSAMP_GRAY,
            more: PROGRESSIVE.more,
            ..PLAIN
        },
    ),
    (
        "jpeg arithmetic",
        Jpeg {
            more: &[(turbo::TJPARAM_TJPARAM_ARITHMETIC, 1)],
            ..PLAIN
        },
    ),
];

pub(crate) fn jpeg(size: Size, content: Content, kind: &Jpeg) -> Vec<u8> {
    let pixels = samples(size, content, kind.channels);
    let (width, height) = (size.0.cast_signed(), size.1.cast_signed());
    let (mut file, mut length) = (std::ptr::null_mut(), 0);
    // SAFETY: the handle is made, used and destroyed here; `pixels` has height × width pixels of the format; the
    // library allocates the file and says how long it is, and it is freed after the copy.
    unsafe {
        let handle = turbo::tj3Init(turbo::TJINIT_TJINIT_COMPRESS.cast_signed());
        let set = |key: turbo::TJPARAM, value| turbo::tj3Set(handle, key.cast_signed(), value);
        set(turbo::TJPARAM_TJPARAM_QUALITY, 90);
        set(turbo::TJPARAM_TJPARAM_SUBSAMP, kind.subsampling);
        for &(key, value) in kind.more {
            assert_eq!(set(key, value), 0);
        }
        let done = turbo::tj3Compress8(
            handle,
            pixels.as_ptr(),
            width,
            0,
            height,
            kind.pixels,
            &raw mut file,
            &raw mut length,
        );
        assert_eq!(done, 0);
        let bytes = std::slice::from_raw_parts(file, usize::try_from(length).unwrap()).to_vec();
        turbo::tj3Free(file.cast());
        turbo::tj3Destroy(handle);
        bytes
    }
}

/// A JPEG with an EXIF orientation.
pub(crate) fn turned(size: Size, content: Content, orientation: u8) -> Vec<u8> {
    let file = jpeg(size, content, &PLAIN);
    let exif = [
        &b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..],
        &[orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    [&file[..2], &exif, &file[2..]].concat()
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    file.extend((content.len() as u32).to_be_bytes());
    let start = file.len();
    file.extend(kind);
    file.extend(content);
    let mut crc = libdeflater::Crc::new();
    crc.update(&file[start..]);
    file.extend(crc.sum().to_be_bytes());
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let level = libdeflater::CompressionLvl::new(1).unwrap();
    let mut compressor = libdeflater::Compressor::new(level);
    let mut out = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut out).unwrap();
    out.truncate(length);
    out
}

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
    chunk(&mut file, *b"IHDR", &header);
    for (kind, content) in more {
        chunk(&mut file, **kind, content);
    }
    chunk(&mut file, *b"IDAT", &zlib(data));
    chunk(&mut file, *b"IEND", &[]);
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

fn deep_png(size: Size, content: Content, channels: u32, interlace: bool, depth: u8) -> Vec<u8> {
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
fn bit_png(size: Size, palette: bool) -> Vec<u8> {
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

/// How to write a WebP.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum WebP {
    Lossy,
    Alpha,
    Lossless,
    Animated,
}

pub(crate) fn webp(size: Size, content: Content, kind: WebP) -> Vec<u8> {
    let channels = if kind == WebP::Lossy { 3 } else { 4 };
    let pixels = samples(size, content, channels);
    let (width, height) = (size.0.cast_signed(), size.1.cast_signed());
    let lossless = matches!(kind, WebP::Lossless | WebP::Animated);
    let mut config = webp::WebPConfig::new().unwrap();
    config.lossless = i32::from(lossless);
    config.method = 0;
    config.quality = if lossless { 0.0 } else { 90.0 };
    config.alpha_compression = 1;
    let mut picture = webp::WebPPicture::new().unwrap();
    picture.width = width;
    picture.height = height;
    picture.use_argb = i32::from(lossless);
    let mut writer = webp::WebPMemoryWriter {
        mem: std::ptr::null_mut(),
        size: 0,
        max_size: 0,
        pad: [0],
    };
    // SAFETY: all three are initialised and live to the end of this function; `pixels` has height × stride bytes;
    // what the writer allocated is freed after the copy.
    let file = unsafe {
        webp::WebPMemoryWriterInit(&raw mut writer);
        picture.writer = Some(webp::WebPMemoryWrite);
        picture.custom_ptr = (&raw mut writer).cast();
        let stride = width * channels.cast_signed();
        let imported = if channels == 3 {
            webp::WebPPictureImportRGB(&raw mut picture, pixels.as_ptr(), stride)
        } else {
            webp::WebPPictureImportRGBA(&raw mut picture, pixels.as_ptr(), stride)
        };
        assert_eq!(imported, 1);
        assert_eq!(webp::WebPEncode(&raw const config, &raw mut picture), 1);
        let file = std::slice::from_raw_parts(writer.mem, writer.size).to_vec();
        webp::WebPPictureFree(&raw mut picture);
        webp::WebPMemoryWriterClear(&raw mut writer);
        file
    };
    if kind == WebP::Animated {
        animated(size, &file[12..])
    } else {
        file
    }
}

/// The chunks of a still picture twice, as an animation.
fn animated(size: Size, frame: &[u8]) -> Vec<u8> {
    let three = |value: u32| value.to_le_bytes()[..3].to_vec();
    let part = |kind: &[u8; 4], content: &[u8]| {
        let pad = vec![0; content.len() % 2];
        [
            &kind[..],
            &(content.len() as u32).to_le_bytes(),
            content,
            &pad,
        ]
        .concat()
    };
    let (width, height) = (three(size.0 - 1), three(size.1 - 1));
    let canvas = [&[0x12, 0, 0, 0][..], &width, &height].concat();
    let head = [&three(0)[..], &three(0), &width, &height, &three(100), &[0]].concat();
    let frame = part(b"ANMF", &[&head[..], frame].concat());
    let body = [
        &b"WEBP"[..],
        &part(b"VP8X", &canvas),
        &part(b"ANIM", &[0; 6]),
        &frame,
        &frame,
    ]
    .concat();
    [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// How to write a TIFF.
pub(crate) struct Tiff {
    photometric: u32,
    samples: u32,
    bits: u32,
    float: bool,
    compression: u32,
    /// Sides of a tile; strips of 16 rows without.
    tile: Option<Size>,
    /// Each channel for itself.
    planar: bool,
}

impl Tiff {
    pub(crate) const PLAIN: Self = Self {
        photometric: 2,
        samples: 3,
        bits: 8,
        float: false,
        compression: 1,
        tile: None,
        planar: false,
    };
}

const DEFLATE: u32 = 8;
const LZW: u32 = 5;

/// Every kind of TIFF, by name.
const TIFFS: &[(&str, Tiff)] = &[
    ("tiff rgb", Tiff::PLAIN),
    (
        "tiff grey",
        Tiff {
            photometric: 1,
            samples: 1,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgba",
        Tiff {
            samples: 4,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff cmyk",
        Tiff {
            photometric: 5,
            samples: 4,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff cmyk 16",
        Tiff {
            photometric: 5,
            samples: 4,
            bits: 16,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgb 16",
        Tiff {
            bits: 16,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgb float",
        Tiff {
            bits: 32,
            float: true,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff rgba float",
        Tiff {
            samples: 4,
            bits: 32,
            float: true,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff planar",
        Tiff {
            planar: true,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff planar 16",
        Tiff {
            planar: true,
            bits: 16,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff deflate",
        Tiff {
            compression: DEFLATE,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff lzw",
        Tiff {
            compression: LZW,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff tiles",
        Tiff {
            tile: Some((256, 256)),
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff tiles deflate",
        Tiff {
            tile: Some((256, 256)),
            compression: DEFLATE,
            ..Tiff::PLAIN
        },
    ),
    (
        "tiff one tile",
        Tiff {
            tile: Some((2048, 2048)),
            compression: DEFLATE,
            ..Tiff::PLAIN
        },
    ),
];

pub(crate) fn tiff(size: Size, content: Content, kind: &Tiff) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
    let (width, height) = kind.tile.unwrap_or((size.0, 16.min(size.1)));
    let planes = if kind.planar { kind.samples } else { 1 };
    let bytes = kind.samples / planes * kind.bits / 8;
    let tiles = size.0.div_ceil(width) * size.1.div_ceil(height) * planes;
    for tile in 0..tiles {
        // The last strip is shorter; tiles are whole.
        let rows = if kind.tile.is_some() {
            height
        } else {
            height.min(size.1 - tile % size.1.div_ceil(height) * height)
        };
        let data = samples((width, rows), content, bytes);
        let data = match kind.compression {
            DEFLATE => zlib(&data),
            LZW => lzw(&data),
            _ => data,
        };
        offsets.push(file.len() as u32);
        lengths.push(data.len() as u32);
        file.extend(data);
    }
    let bits = vec![kind.bits; kind.samples as usize];
    let format = vec![if kind.float { 3 } else { 1 }; kind.samples as usize];
    let mut tags: Vec<(u16, Vec<u32>)> = vec![
        (256, vec![size.0]),
        (257, vec![size.1]),
        (258, bits),
        (259, vec![kind.compression]),
        (262, vec![kind.photometric]),
        (277, vec![kind.samples]),
        (284, vec![if kind.planar { 2 } else { 1 }]),
    ];
    if kind.tile.is_some() {
        tags.extend([
            (322, vec![width]),
            (323, vec![height]),
            (324, offsets),
            (325, lengths),
        ]);
    } else {
        tags.extend([(273, offsets), (278, vec![height]), (279, lengths)]);
    }
    if kind.photometric == 2 && kind.samples == 4 {
        tags.push((338, vec![2]));
    }
    tags.push((339, format));
    directory(file, tags)
}

/// The file with its directory behind what it has.
fn directory(mut file: Vec<u8>, mut tags: Vec<(u16, Vec<u32>)>) -> Vec<u8> {
    let long = |values: &[u32]| {
        values
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    tags.sort_by_key(|&(tag, _)| tag);
    let mut entries = Vec::new();
    for (tag, values) in &tags {
        entries.extend(tag.to_le_bytes());
        // Extra samples have to be short numbers, the rest may be long ones.
        entries.extend(if *tag == 338 { 3_u16 } else { 4 }.to_le_bytes());
        entries.extend((values.len() as u32).to_le_bytes());
        if let [value] = values[..] {
            entries.extend(value.to_le_bytes());
        } else {
            entries.extend((file.len() as u32).to_le_bytes());
            file.extend(long(values));
        }
    }
    let directory = (file.len() as u32).to_le_bytes();
    file[4..8].copy_from_slice(&directory);
    file.extend((tags.len() as u16).to_le_bytes());
    file.extend(entries);
    file.extend([0; 4]);
    file
}

/// Codes of nine bits, most significant first, the table cleared before it grows.
fn lzw(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut pending, mut bits) = (Vec::new(), 0_u32, 0);
    let mut put = |code: u32| {
        pending = pending << 9 | code;
        bits += 9;
        while bits >= 8 {
            bits -= 8;
            out.push((pending >> bits) as u8);
        }
        pending &= 0xff;
    };
    for some in bytes.chunks(250) {
        put(256);
        for &byte in some {
            put(byte.into());
        }
    }
    put(257);
    put(0);
    out
}

/// A GIF of greys: codes of eight bits, the table cleared before they grow.
fn gif(size: Size, content: Content, frame: Size) -> Vec<u8> {
    let short = |side: u32| (side as u16).to_le_bytes();
    let mut file = b"GIF89a".to_vec();
    file.extend([short(size.0), short(size.1)].concat());
    file.extend([0xf6, 0, 0]);
    file.extend((0..128_u8).flat_map(|grey| [grey * 2; 3]));
    file.extend([0x2c, 0, 0, 0, 0]);
    file.extend([short(frame.0), short(frame.1)].concat());
    file.extend([0, 7]);
    let mut codes = Vec::new();
    for some in samples(frame, content, 1).chunks(120) {
        codes.push(0x80);
        codes.extend(some.iter().map(|sample| sample & 0x7f));
    }
    codes.push(0x81);
    for block in codes.chunks(255) {
        file.push(block.len() as u8);
        file.extend(block);
    }
    file.extend([0, 0x3b]);
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
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
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
    add("ico png", ico(&png(size, content, 4, false)));
    add("webp lossy", webp(size, content, WebP::Lossy));
    add("webp alpha", webp(size, content, WebP::Alpha));
    add("webp lossless", webp(size, content, WebP::Lossless));
    add("webp animated", webp(size, content, WebP::Animated));
    kinds
}
