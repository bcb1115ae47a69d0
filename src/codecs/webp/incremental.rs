//! A still picture through libwebp's incremental decoder, so that work can stop between two pieces of the file.
//!
//! The file lies in memory as a whole: libwebp is only told of more and more of it, and copies nothing.
#![expect(unsafe_code, reason = "the binding to libwebp's decoder")]

use std::ffi::c_int;
use std::ptr::{NonNull, null_mut};

use libwebp_sys as webp;

use super::decode::broken;
use crate::codecs::{Error, Model, Shape};

/// The most of a file that is decoded between two polls: some milliseconds of work.
const PIECE: usize = 64 << 10;
/// The least: a smooth picture has megapixels in hundreds of bytes.
const LEAST_PIECE: usize = 64;
/// About how many pixels a piece may hold, where the file is equally dense everywhere.
const PIECE_PIXELS: u64 = 1 << 19;

/// The part of a canvas that a picture fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// A decoder, the file it reads, and the samples it writes.
pub(super) struct Incremental<'a> {
    raw: NonNull<webp::WebPIDecoder>,
    file: &'a [u8],
    /// Bytes of the file that libwebp knows of.
    known: usize,
    piece: usize,
    shape: Shape,
    frame: Frame,
    /// Written by libwebp alone, and read through the pointers it gives, until the decoder is gone.
    samples: Vec<u8>,
}

/// What has been decoded so far, from the first row on.
#[derive(Clone, Copy)]
pub(super) struct Decoded<'a> {
    /// How many rows are whole.
    pub(super) rows: u32,
    /// Y, Cb and Cr in video range.
    pub(super) planes: [Stored<'a>; 3],
}

/// A plane in libwebp's memory, rows without padding.
#[derive(Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) width: usize,
    pub(super) samples: &'a [u8],
}

impl<'a> Incremental<'a> {
    /// A decoder into R, G, B, into the same with alpha, or into planes of this shape.
    pub(super) fn new(file: &'a [u8], shape: Shape) -> Result<Self, Error> {
        let frame = Frame {
            left: 0,
            top: 0,
            width: shape.width,
            height: shape.height,
        };
        Self::within(file, shape, frame)
    }

    /// A decoder into the part of a canvas of that shape; the rest of it stays zeros. Only for interleaved samples if that isn't all of it.
    pub(super) fn within(file: &'a [u8], shape: Shape, frame: Frame) -> Result<Self, Error> {
        let mut samples = vec![0; usize::try_from(shape.bytes()).unwrap_or(usize::MAX)];
        let raw = match shape.model {
            Model::YCbCr { .. } => new_planes(&mut samples, shape)?,
            model => {
                let channels = model.channels() as usize;
                let stride = shape.width as usize * channels;
                let start = frame.top as usize * stride + frame.left as usize * channels;
                let room = samples.get_mut(start..).unwrap_or_default();
                let stride = int(stride)?;
                let order = if model.has_alpha() {
                    webp::WEBP_CSP_MODE::MODE_RGBA
                } else {
                    webp::WEBP_CSP_MODE::MODE_RGB
                };
                // SAFETY: `room` is writable for its length; it is a part of `samples`, whose memory lives, where it is,
                // until after the decoder. libwebp compares size and stride with the picture's.
                unsafe { webp::WebPINewRGB(order, room.as_mut_ptr(), room.len(), stride) }
            }
        };
        let raw = NonNull::new(raw)
            .ok_or_else(|| Error::Internal("no memory for a WebP decoder".to_owned()))?;
        let pixels = u64::from(frame.width) * u64::from(frame.height);
        let pieces = usize::try_from(pixels / PIECE_PIXELS).unwrap_or(usize::MAX);
        Ok(Self {
            raw,
            file,
            known: 0,
            piece: (file.len() / (pieces + 1)).clamp(LEAST_PIECE, PIECE),
            shape,
            frame,
            samples,
        })
    }

    /// Decodes a piece more; whether that was the last.
    pub(super) fn step(&mut self) -> Result<bool, Error> {
        if self.known == self.file.len() {
            return Err(broken("it is cut short"));
        }
        // Without all of its tables the decoder begins anew with each piece, so pieces double until it has them.
        let piece = if self.begun()? {
            self.piece
        } else {
            self.piece.max(self.known)
        };
        self.known = self.file.len().min(self.known + piece);
        // SAFETY: the decoder is alive; the file is readable for `known` bytes, stays where it
        // is, and outlives the decoder by `'a`.
        let status =
            unsafe { webp::WebPIUpdate(self.raw.as_ptr(), self.file.as_ptr(), self.known) };
        match status {
            webp::VP8StatusCode::VP8_STATUS_OK => self.begun(),
            webp::VP8StatusCode::VP8_STATUS_SUSPENDED => Ok(false),
            webp::VP8StatusCode::VP8_STATUS_OUT_OF_MEMORY => {
                Err(Error::Internal("no memory for a WebP picture".to_owned()))
            }
            _ => Err(broken("its data is corrupt or cut short")),
        }
    }

    /// Whether rows are being decoded; they must be those that the header promised.
    fn begun(&self) -> Result<bool, Error> {
        // SAFETY: the decoder is alive; what isn't asked for may be null.
        let area = unsafe {
            webp::WebPIDecodedArea(
                self.raw.as_ptr(),
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        // SAFETY: not null means that it points into the decoder, which is alive and not at work.
        let Some(area) = (unsafe { area.as_ref() }) else {
            return Ok(false);
        };
        // A lossless picture has no size yet where its tables aren't all there.
        if (area.width, area.height) == (0, 0) {
            return Ok(false);
        }
        let promised = (
            int(self.frame.width as usize)?,
            int(self.frame.height as usize)?,
        );
        if (area.width, area.height) != promised {
            return Err(broken("its picture contradicts its header"));
        }
        Ok(true)
    }

    /// The planes, as far as they are decoded.
    pub(super) fn decoded(&self) -> Result<Option<Decoded<'_>>, Error> {
        if !self.begun()? || self.shape.model.planes() != 3 {
            return Ok(None);
        }
        let (mut rows, mut blue, mut red) = (0, null_mut(), null_mut());
        let nothing = null_mut();
        // SAFETY: the decoder is alive; the pointers are to locals, or null for what isn't asked for.
        let luma = unsafe {
            webp::WebPIDecGetYUVA(
                self.raw.as_ptr(),
                &raw mut rows,
                &raw mut blue,
                &raw mut red,
                null_mut(),
                nothing,
                nothing,
                nothing,
                nothing,
                nothing,
            )
        };
        let plane = |index: usize, samples: *mut u8| {
            let Shape {
                width,
                height,
                model,
            } = self.shape;
            let (width, height) = model.plane_size(index, width, height);
            let length = width as usize * height as usize;
            Stored {
                width: width as usize,
                // SAFETY: the three pointers are those given to `WebPINewYUV`, into `samples`,
                // each with room for its plane; nothing writes there while `self` is borrowed.
                samples: unsafe { std::slice::from_raw_parts(samples, length) },
            }
        };
        if luma.is_null() || blue.is_null() || red.is_null() {
            return Ok(None);
        }
        Ok(Some(Decoded {
            rows: u32::try_from(rows).unwrap_or(0),
            planes: [plane(0, luma), plane(1, blue), plane(2, red)],
        }))
    }

    /// The samples, after the last step.
    pub(super) fn finish(mut self) -> Vec<u8> {
        std::mem::take(&mut self.samples)
    }
}

impl Drop for Incremental<'_> {
    fn drop(&mut self) {
        // SAFETY: made in `new`, owned by this value alone, freed once; it doesn't touch the samples.
        unsafe { webp::WebPIDelete(self.raw.as_ptr()) };
    }
}

/// A decoder into three planes that lie one after the other in `samples`.
fn new_planes(samples: &mut [u8], shape: Shape) -> Result<*mut webp::WebPIDecoder, Error> {
    let (width, height) = (shape.width as usize, shape.height as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let chroma = half_width * half_height;
    let Some((luma, rest)) = samples.split_at_mut_checked(width * height) else {
        return Err(Error::Internal("no room for luma".to_owned()));
    };
    let Some((blue, red)) = rest.split_at_mut_checked(chroma) else {
        return Err(Error::Internal("no room for chroma".to_owned()));
    };
    let (stride, half_stride) = (int(width)?, int(half_width)?);
    // SAFETY: the three slices are writable for their lengths and don't overlap; their memory
    // lives, where it is, until after the decoder. libwebp compares sizes and strides with the picture's.
    Ok(unsafe {
        webp::WebPINewYUV(
            luma.as_mut_ptr(),
            luma.len(),
            stride,
            blue.as_mut_ptr(),
            blue.len(),
            half_stride,
            red.as_mut_ptr(),
            red.len(),
            half_stride,
        )
    })
}

fn int(value: usize) -> Result<c_int, Error> {
    c_int::try_from(value).map_err(|_too_large| broken("it is too wide"))
}
