//! Pictures for the tests: drawn here, encoded by encoders that the server doesn't use.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "drawing with small numbers"
)]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

pub(crate) const RED: [u8; 4] = [220, 30, 30, 255];
pub(crate) const GREEN: [u8; 4] = [30, 200, 40, 255];
pub(crate) const BLUE: [u8; 4] = [30, 40, 210, 255];
pub(crate) const WHITE: [u8; 4] = [250, 250, 250, 255];

/// Four quarters: red, green over blue, white; so that a wrong crop, turn or mirror shows.
pub(crate) fn quarters(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        Rgba(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    })
}

/// Smooth colours with some texture, as a photograph has them.
pub(crate) fn photo(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let wave = |a: f64, b: f64| {
            let value = (f64::from(x) / a).sin() + (f64::from(y) / b).cos();
            (127.0 + value * 55.0) as u8
        };
        let texture = ((x * 7 + y * 13) % 11) as u8;
        Rgba([
            wave(17.0, 23.0).saturating_add(texture),
            wave(29.0, 11.0),
            wave(41.0, 37.0).saturating_sub(texture),
            255,
        ])
    })
}

/// A disc that fades out: opaque in the middle, transparent at the edge.
pub(crate) fn disc(side: u32) -> RgbaImage {
    RgbaImage::from_fn(side, side, |x, y| {
        let half = f64::from(side) / 2.0;
        let (dx, dy) = (f64::from(x) + 0.5 - half, f64::from(y) + 0.5 - half);
        let far = (dx * dx + dy * dy).sqrt() / half;
        Rgba([
            200,
            60,
            20,
            (255.0 * (1.5 - 1.5 * far).clamp(0.0, 1.0)) as u8,
        ])
    })
}

pub(crate) fn jpeg(image: &RgbaImage) -> Vec<u8> {
    let rgb = DynamicImage::ImageRgba8(image.clone()).to_rgb8();
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode_image(&rgb)
        .unwrap();
    bytes
}

pub(crate) fn encoded(image: &RgbaImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgba8(image.clone());
    let image = match format {
        ImageFormat::Pnm | ImageFormat::Jpeg => DynamicImage::ImageRgb8(image.to_rgb8()),
        ImageFormat::Hdr => DynamicImage::ImageRgb32F(light(&image.to_rgb8())),
        _ => image,
    };
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What samples of sRGB mean, by a rounded power.
fn light(image: &image::RgbImage) -> image::Rgb32FImage {
    image::ImageBuffer::from_fn(image.width(), image.height(), |x, y| {
        let samples = image.get_pixel(x, y).0;
        image::Rgb(samples.map(|sample| (f32::from(sample) / 255.0).powf(2.2)))
    })
}

pub(crate) fn png(image: &RgbaImage) -> Vec<u8> {
    encoded(image, ImageFormat::Png)
}

/// A JPEG with an EXIF orientation, and the stored picture turned so that it shows upright.
pub(crate) fn oriented(tag: u8) -> Vec<u8> {
    let upright = quarters(60, 40);
    let flipped = |image: &RgbaImage| image::imageops::flip_horizontal(image);
    let turned = |image: &RgbaImage, quarters: u8| match quarters {
        1 => image::imageops::rotate90(image),
        2 => image::imageops::rotate180(image),
        3 => image::imageops::rotate270(image),
        _ => image.clone(),
    };
    // What viewers do for each tag, undone.
    let stored = match tag {
        2 => flipped(&upright),
        3 => turned(&upright, 2),
        4 => image::imageops::flip_vertical(&upright),
        5 => flipped(&turned(&upright, 1)),
        6 => turned(&upright, 3),
        7 => flipped(&turned(&upright, 3)),
        8 => turned(&upright, 1),
        _ => upright,
    };
    with_exif(&jpeg(&stored), tag)
}

/// An EXIF block right behind the start of the file.
pub(crate) fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = [
        &b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..],
        &[orientation],
        &[0; 6],
    ]
    .concat();
    segment(jpeg, 0xe1, &[b"Exif\0\0", &tiff[..]].concat())
}

/// The file with one more segment behind its start.
pub(crate) fn segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

/// A progressive file whose one scan comes so many times: nothing but cost.
pub(crate) fn scan_bomb(scans: usize) -> Vec<u8> {
    let frame = [
        &[0xff, 0xd8, 0xff, 0xdb, 0, 67, 0][..],
        &[1; 64],
        // Progressive, 8 bit, 512×512, one component.
        &[0xff, 0xc2, 0, 11, 8, 2, 0, 2, 0, 1, 1, 0x11, 0],
        // A DC table whose only code means a difference of 0.
        &[
            0xff, 0xc4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ],
    ]
    .concat();
    let scan = [
        &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0][..],
        // One zero bit for each of 64×64 blocks.
        &[0; 64 * 64 / 8],
    ]
    .concat();
    let mut file = frame;
    for _ in 0..scans {
        file.extend(&scan);
    }
    file.extend([0xff, 0xd9]);
    file
}

/// A PNG that says it is this large, and has hardly any data: one grey bit a pixel.
pub(crate) fn giant_png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    let row = vec![0; width.div_ceil(8) as usize];
    let mut stream = writer.stream_writer().unwrap();
    for _ in 0..height {
        std::io::Write::write_all(&mut stream, &row).unwrap();
    }
    stream.finish().unwrap();
    drop(writer);
    bytes
}

/// A JPEG header and nothing else.
pub(crate) fn giant_jpeg_header(side: u16) -> Vec<u8> {
    let [high, low] = side.to_be_bytes();
    [
        &[0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, high, low, high, low, 3][..],
        &[1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0],
        &[0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0],
    ]
    .concat()
}

/// The same on every machine: whole numbers alone.
pub(crate) fn weave(width: u32, height: u32) -> RgbaImage {
    let wave = |at: u32, length: u32| (at % length).min(length - at % length) * 200 / length;
    RgbaImage::from_fn(width, height, |x, y| {
        let sample = |a, b| (20 + wave(x, a) + wave(y, b)) as u8;
        Rgba([sample(90, 70), sample(31, 200), sample(150, 13), 255])
    })
}
