//! Kinds of WebP, by libwebp.
#![expect(unsafe_code, reason = "the C codec's encoder")]

use libwebp_sys as webp;

use super::{Content, Size, samples};

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
