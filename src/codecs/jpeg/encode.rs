//! Rows into a JPEG file: 4:2:0, optimised Huffman tables, no metadata.
#![expect(unsafe_code, reason = "the binding to the C encoder")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

use super::ffi;
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Encoding, Error, Model, Shape, Sink};

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(model: Model) -> bool {
    matches!(model, Model::Gray | Model::Rgb)
}

/// Peak bytes: optimised tables need all coefficients, 16 bit each, before the first is written.
pub(in crate::codecs) fn encode_bytes(_encoding: Encoding, shape: Shape) -> u64 {
    let pixels =
        u64::from(shape.width).next_multiple_of(16) * u64::from(shape.height).next_multiple_of(16);
    // 4:2:0 has one and a half samples per pixel. The file, and its copy while the
    // buffer doubles, stay below two bytes per pixel at any quality.
    pixels * 3 + pixels * 4 + (256 << 10)
}

/// Starts an encode.
pub(in crate::codecs) fn create<'a>(
    encoding: Encoding,
    shape: Shape,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Sink + 'a>, Error> {
    // SAFETY: takes nothing; null means that there is no memory.
    let raw = unsafe { ffi::pm_encoder_new() };
    let raw = NonNull::new(raw)
        .ok_or_else(|| Error::Internal("no memory for a JPEG encoder".to_owned()))?;
    let encoder = JpegSink {
        raw,
        shape,
        checkpoint,
    };
    // SAFETY: the encoder is alive and new; the rest are numbers.
    let code = unsafe {
        ffi::pm_encoder_start(
            encoder.raw.as_ptr(),
            shape.width,
            shape.height,
            c_int::try_from(shape.model.channels()).unwrap_or(0),
            c_int::from(encoding.quality),
        )
    };
    encoder.outcome(code)?;
    Ok(Box::new(encoder))
}

struct JpegSink<'a> {
    raw: NonNull<ffi::Encoder>,
    shape: Shape,
    checkpoint: &'a Checkpoint,
}

impl Sink for JpegSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        let stride = self.shape.width as usize * self.shape.model.channels() as usize;
        let Some(plane) = band.planes.first() else {
            return Err(Error::Internal("a band without a plane".to_owned()));
        };
        let rows = u32::try_from(plane.samples.len() / stride).unwrap_or(0);
        self.checkpoint.check(Stage::Encode)?;
        let context: *const Checkpoint = self.checkpoint;
        // SAFETY: the encoder has been started with this width and layout, so that a row is
        // `stride` bytes, and `samples` holds `rows` of them. The shim forgets `context`
        // before it returns, and `poll` only reads it.
        let code = unsafe {
            ffi::pm_encoder_write(
                self.raw.as_ptr(),
                plane.samples.as_ptr(),
                stride,
                rows,
                poll_encode,
                context.cast_mut().cast(),
            )
        };
        self.outcome(code)
    }

    fn finish(self: Box<Self>) -> Result<Vec<u8>, Error> {
        self.checkpoint.check(Stage::Encode)?;
        let (mut data, mut length) = (std::ptr::null(), 0);
        // SAFETY: the encoder is alive, and both pointers are to locals that live through the call.
        let code =
            unsafe { ffi::pm_encoder_finish(self.raw.as_ptr(), &raw mut data, &raw mut length) };
        self.outcome(code)?;
        // SAFETY: on success `data` points to `length` bytes that live until the encoder is
        // freed, which is after this copy.
        Ok(unsafe { std::slice::from_raw_parts(data, length) }.to_vec())
    }
}

impl JpegSink<'_> {
    fn outcome(&self, code: c_int) -> Result<(), Error> {
        match code {
            ffi::OK => Ok(()),
            ffi::STOPPED => {
                self.checkpoint.check(Stage::Encode)?;
                Err(Error::Internal("stopped without a reason".to_owned()))
            }
            _ => {
                // SAFETY: the encoder is alive, and its message is a C string in its own memory.
                let message = unsafe { CStr::from_ptr(ffi::pm_encoder_message(self.raw.as_ptr())) };
                Err(Error::Internal(message.to_string_lossy().into_owned()))
            }
        }
    }
}

impl Drop for JpegSink<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `pm_encoder_new`, owned by this value alone, freed once.
        unsafe { ffi::pm_encoder_free(self.raw.as_ptr()) };
    }
}

/// # Safety
/// `context` points to a living `Checkpoint`.
unsafe extern "C" fn poll_encode(context: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let checkpoint = unsafe { &*context.cast::<Checkpoint>() };
    c_int::from(checkpoint.stopped().is_some())
}
