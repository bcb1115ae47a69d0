//! The pixels of a WebP file.
#![expect(unsafe_code, reason = "the binding to libwebp's decoder of animations")]

use libwebp_sys as webp;

use super::incremental::Incremental;
use super::planes::Planes;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Error, Format, Header, Model, Rows, Shape, whole};

/// Peak bytes: the whole picture, or its planes, which libwebp needs as a whole too, and its own
/// state: some rows for lossy, all of ARGB for lossless, two canvases for an animation.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    let pixels = u64::from(header.width) * u64::from(header.height);
    let picture = header.model.bytes(header.width, header.height);
    let state = match header.detail {
        "animated" => pixels * 12,
        "lossless" => pixels * 5,
        // Alpha of a lossy picture is a lossless plane beside it.
        _ if header.has_alpha() => pixels * 2,
        // The modes of all blocks, half a megabyte at most, come before them and are copied.
        _ => 512 << 10,
    };
    picture + state + u64::from(header.width) * 256 + (1 << 20)
}

/// Prepares a decode; the work is done when rows are asked for.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    let shape = Shape {
        width: header.width,
        height: header.height,
        model: header.model,
    };
    Ok(match header.model {
        Model::YCbCr { .. } => Box::new(Planes::open(bytes, shape, checkpoint)?),
        // One opaque call, which no checkpoint ends: the plan's limit of pixels bounds it.
        _ if header.detail == "animated" => {
            whole::rows(shape, checkpoint, move || first_frame(bytes, shape))
        }
        _ => whole::rows(shape, checkpoint, move || still(bytes, shape, checkpoint)),
    })
}

fn still(bytes: &[u8], shape: Shape, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let mut decoder = Incremental::new(bytes, shape)?;
    while !decoder.step()? {
        checkpoint.check(Stage::Decode)?;
    }
    Ok(decoder.finish())
}

/// An animation decoder and the file it reads.
struct Animation(*mut webp::WebPAnimDecoder);

impl Drop for Animation {
    fn drop(&mut self) {
        // SAFETY: made by `WebPAnimDecoderNew`, owned by this value alone, freed once.
        unsafe { webp::WebPAnimDecoderDelete(self.0) };
    }
}

/// The first frame on its canvas.
fn first_frame(bytes: &[u8], shape: Shape) -> Result<Vec<u8>, Error> {
    let data = webp::WebPData {
        bytes: bytes.as_ptr(),
        size: bytes.len(),
    };
    // SAFETY: `data` is readable during the call; the bytes it points to outlive the decoder,
    // which ends in this function. Null options mean RGBA.
    let decoder = unsafe { webp::WebPAnimDecoderNew(&raw const data, std::ptr::null()) };
    if decoder.is_null() {
        return Err(broken("its animation is corrupt or cut short"));
    }
    let decoder = Animation(decoder);
    let mut info = webp::WebPAnimInfo::default();
    // SAFETY: the decoder is alive; `info` is a local.
    let known = unsafe { webp::WebPAnimDecoderGetInfo(decoder.0, &raw mut info) };
    if known == 0 || (info.canvas_width, info.canvas_height) != (shape.width, shape.height) {
        return Err(broken("its canvas contradicts its header"));
    }
    let (mut canvas, mut timestamp) = (std::ptr::null_mut(), 0);
    // SAFETY: the decoder is alive; both pointers are to locals.
    let got =
        unsafe { webp::WebPAnimDecoderGetNext(decoder.0, &raw mut canvas, &raw mut timestamp) };
    if got == 0 || canvas.is_null() {
        return Err(broken("its first frame is corrupt"));
    }
    let length = shape.width as usize * shape.height as usize * 4;
    // SAFETY: the canvas has width × height pixels of 4 bytes, as `info` said, and lives until
    // the next call on the decoder, which is after this copy.
    Ok(unsafe { std::slice::from_raw_parts(canvas, length) }.to_vec())
}

pub(super) fn broken(detail: &str) -> Error {
    Error::Invalid {
        format: Format::WebP,
        stage: "pixels".into(),
        detail: detail.to_owned(),
    }
}
