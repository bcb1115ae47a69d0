//! One picture out of an AV1 stream, by libaom's decoder.
//!
//! rav1d, which is Rust, was tried first: its functions are C's, so that a panic within them ends the process, and with one
//! thread every stream that it can't decode is such a panic. This decoder returns errors, and is fuzzed for years.
//! It has one thread here, the caller's, and no hook that could stop it.
#![expect(unsafe_code, reason = "the binding to libaom's decoder")]

use std::ffi::c_int;
use std::mem::MaybeUninit;

use libaom_sys as aom;

use super::broken;
use super::frame::{Frame, Owned, Plane};
use super::layer::Layer;
use super::memory;
use super::room::Room;
use super::sequence;
use crate::codecs::{Error, Format};

/// Decodes the picture of a stream that is a cell of `layer`: the last layer that its operating point has.
///
/// # Errors
/// `Invalid` or `TooComplex`; a picture that isn't what the layer's header says is the first.
pub(super) fn decode(stream: &[u8], layer: &Layer) -> Result<Frame, Error> {
    sequence::check(stream, layer.frames)?;
    // No frame is larger than its stream's header says, and that has been looked at.
    if sequence::sequence(stream) != Some(layer.sequence) {
        return Err(corrupt("a frame has another header than the first"));
    }
    let mut decoder = Decoder::open(layer)?;
    decoder.picture(stream, layer)
}

struct Decoder {
    context: aom::aom_codec_ctx_t,
    /// Where its frames are: in a box that is nobody else's while the context is open.
    room: *mut Room,
}

impl Decoder {
    fn open(layer: &Layer) -> Result<Self, Error> {
        let settings = aom::aom_codec_dec_cfg_t {
            threads: 1,
            w: 0,
            h: 0,
            // Samples of 8 bit have a byte each.
            allow_lowbitdepth: 1,
        };
        let mut context = MaybeUninit::<aom::aom_codec_ctx_t>::zeroed();
        let version = c_int::try_from(aom::AOM_DECODER_ABI_VERSION).unwrap_or(0);
        // SAFETY: the context has a place, which the call fills in, and is all zeros, which is valid, else; settings are
        // copied by the call that may need them later.
        let (opened, context) = unsafe {
            let opened = aom::aom_codec_dec_init_ver(
                context.as_mut_ptr(),
                aom::aom_codec_av1_dx(),
                &raw const settings,
                0,
                version,
            );
            (opened, context.assume_init())
        };
        if opened != aom::AOM_CODEC_OK {
            return Err(Error::Internal("libaom can't be set up".to_owned()));
        }
        let room = Box::into_raw(Box::new(Room {
            left: memory::room(layer),
            exceeded: false,
        }));
        let mut decoder = Self { context, room };
        // SAFETY: the context is open and has decoded nothing; the room is freed when it is closed.
        let given = unsafe { Room::give(room, &raw mut decoder.context) };
        if given != aom::AOM_CODEC_OK {
            return Err(Error::Internal("libaom doesn't take room".to_owned()));
        }
        for (control, value) in [
            (aom::AV1D_SET_OUTPUT_ALL_LAYERS, 0),
            (aom::AV1D_SET_OPERATING_POINT, c_int::from(layer.point)),
        ] {
            let control = c_int::try_from(control).unwrap_or(0);
            // SAFETY: the context is open, and both controls take one whole number.
            let set = unsafe { aom::aom_codec_control(&raw mut decoder.context, control, value) };
            if set != aom::AOM_CODEC_OK {
                return Err(Error::Internal("libaom doesn't take a setting".to_owned()));
            }
        }
        Ok(decoder)
    }

    /// Whether the stream has asked for more room than was promised.
    fn exceeds(&self) -> bool {
        // SAFETY: the room is there as long as the decoder, and libaom looks at it within calls alone.
        unsafe { (*self.room).exceeded }
    }

    fn picture(&mut self, stream: &[u8], layer: &Layer) -> Result<Frame, Error> {
        // SAFETY: the context is open, and the stream has its length; it isn't read after the call.
        let decoded = unsafe {
            aom::aom_codec_decode(
                &raw mut self.context,
                stream.as_ptr(),
                stream.len(),
                std::ptr::null_mut(),
            )
        };
        match decoded {
            aom::AOM_CODEC_OK => {}
            aom::AOM_CODEC_MEM_ERROR if self.exceeds() => {
                return Err(corrupt("it takes more memory than pictures of its size do"));
            }
            aom::AOM_CODEC_MEM_ERROR => {
                return Err(Error::Internal("libaom has no memory".to_owned()));
            }
            _ => return Err(corrupt("its data is corrupt")),
        }
        let mut place = std::ptr::null();
        let mut last = None;
        loop {
            // SAFETY: the context is open, and `place` is null or what the call before left there. What it hands out is valid
            // until the next call that decodes.
            let image =
                unsafe { aom::aom_codec_get_frame(&raw mut self.context, &raw mut place).as_ref() };
            match image {
                Some(image) => last = Some(image),
                None => break,
            }
        }
        let image = last.ok_or_else(|| corrupt("its data ends before its picture"))?;
        copied(image, layer)
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the context was opened, and isn't used any more. The room was a box's, and the context had the only use for it.
        unsafe {
            aom::aom_codec_destroy(&raw mut self.context);
            drop(Box::from_raw(self.room));
        }
    }
}

/// Copies what libaom has decoded, if it is what the layer's header says.
fn copied(image: &aom::aom_image_t, layer: &Layer) -> Result<Frame, Error> {
    const DEEP: aom::aom_img_fmt = aom::AOM_IMG_FMT_HIGHBITDEPTH;
    let chroma = match image.fmt & !DEEP {
        _ if image.monochrome != 0 => None,
        aom::AOM_IMG_FMT_I420 => Some((2, 2)),
        aom::AOM_IMG_FMT_I422 => Some((2, 1)),
        aom::AOM_IMG_FMT_I444 => Some((1, 1)),
        _ => return Err(Error::Internal("libaom has a new layout".to_owned())),
    };
    let deep = image.fmt & DEEP != 0;
    if (image.d_w, image.d_h) != layer.cell
        || image.bit_depth != u32::from(layer.sequence.depth)
        || deep != (layer.sequence.depth > 8)
        || chroma != layer.sequence.chroma
    {
        return Err(corrupt("its frame isn't what its header says"));
    }
    let small = chroma.unwrap_or((1, 1));
    let factors = [(1, 1), small, small];
    let count = if chroma.is_some() { 3 } else { 1 };
    let planes = factors.into_iter().take(count).enumerate();
    let planes = planes.map(|(index, factors)| plane(image, index, factors, deep));
    Ok(Frame {
        planes: planes.collect::<Result<_, Error>>()?,
    })
}

/// Copies a plane, whose samples stand for so many columns and rows of the picture.
fn plane(
    image: &aom::aom_image_t,
    index: usize,
    (across, down): (u8, u8),
    deep: bool,
) -> Result<Plane, Error> {
    let width = image.d_w.div_ceil(u32::from(across)) as usize;
    let height = image.d_h.div_ceil(u32::from(down)) as usize;
    let start = image.planes.get(index).copied();
    let stride = image.stride.get(index).copied();
    let stride = stride.and_then(|stride| usize::try_from(stride).ok());
    let (Some(start), Some(stride)) = (start, stride) else {
        return Err(Error::Internal("libaom lacks a plane".to_owned()));
    };
    if start.is_null() || stride < width << u32::from(deep) {
        return Err(Error::Internal("libaom lacks a plane".to_owned()));
    }
    let (mut eight, mut more) = (Vec::new(), Vec::new());
    if deep {
        more.reserve_exact(width * height);
    } else {
        eight.reserve_exact(width * height);
    }
    for row in 0..height {
        // SAFETY: a plane of a picture of that size has as many rows, `stride` bytes apart, and each has its columns, of
        // one byte or of two that are aligned; all were written by the decode that succeeded, and nobody writes them now.
        unsafe {
            let start = start.add(row * stride);
            if deep {
                #[expect(clippy::cast_ptr_alignment, reason = "rows are aligned to 32 bytes")]
                more.extend_from_slice(std::slice::from_raw_parts(start.cast::<u16>(), width));
            } else {
                eight.extend_from_slice(std::slice::from_raw_parts(start, width));
            }
        }
    }
    let samples = if deep {
        Owned::More(more)
    } else {
        Owned::Eight(eight)
    };
    Ok(Plane { width, samples })
}

fn corrupt(detail: &str) -> Error {
    match broken(detail) {
        Error::Invalid { detail, .. } => Error::Invalid {
            format: Format::Avif,
            stage: "pixels".into(),
            detail,
        },
        other => other,
    }
}
