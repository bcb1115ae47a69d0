//! The pixels of a WebP file.

use super::incremental::{Frame, Incremental};
use super::planes::Planes;
use super::probe::Walk;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Error, Format, Header, Model, Rows, Shape, whole};

/// Peak bytes: the whole picture, or its planes, which libwebp needs as a whole too, and its own
/// state: some rows for lossy, all of ARGB for lossless, as a frame may be too.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    let pixels = u64::from(header.width) * u64::from(header.height);
    let picture = header.model.bytes(header.width, header.height);
    let state = match header.detail {
        "animated" | "lossless" => pixels * 5,
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
    let shape = header.shape();
    Ok(match header.model {
        Model::YCbCr { .. } => Box::new(Planes::open(bytes, shape, checkpoint)?),
        _ if header.detail == "animated" => whole::rows(shape, checkpoint, move || {
            first_frame(bytes, shape, checkpoint)
        }),
        _ => whole::rows(shape, checkpoint, move || still(bytes, shape, checkpoint)),
    })
}

fn still(bytes: &[u8], shape: Shape, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    finished(Incremental::new(bytes, shape)?, checkpoint)
}

/// The first frame on its canvas, which is transparent: what an animation says of its background is a hint that browsers don't take.
fn first_frame(bytes: &[u8], canvas: Shape, checkpoint: &Checkpoint) -> Result<Vec<u8>, Error> {
    let stored = Walk::new(bytes).next();
    let stored = stored.ok_or_else(|| broken("it has no frame"))?;
    let (file, area) = (stored.file, stored.area);
    let frame = Frame {
        left: area.left,
        top: area.top,
        width: area.width,
        height: area.height,
    };
    if frame.left + frame.width > canvas.width || frame.top + frame.height > canvas.height {
        return Err(broken("its first frame lies outside its canvas"));
    }
    finished(Incremental::within(file, canvas, frame)?, checkpoint)
}

pub(super) fn finished(
    mut decoder: Incremental<'_>,
    checkpoint: &Checkpoint,
) -> Result<Vec<u8>, Error> {
    while !decoder.step()? {
        checkpoint.check(Stage::Decode)?;
    }
    Ok(decoder.finish())
}

pub(super) fn broken(detail: &str) -> Error {
    Error::Invalid {
        format: Format::WebP,
        stage: "pixels".into(),
        detail: detail.to_owned(),
    }
}
