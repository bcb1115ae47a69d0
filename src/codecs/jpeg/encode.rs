//! Planes into a JPEG file, without metadata.
#![expect(unsafe_code, reason = "the binding to the C encoder")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

use super::{ffi, quantisers};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Encoding, Error, Model, Plane, Shape, Sink};

/// Samples along the side of a block.
const BLOCK: u32 = 8;

/// Layouts that can be written.
pub(in crate::codecs) fn accepts(model: Model) -> bool {
    matches!(
        model,
        Model::Gray
            | Model::YCbCr {
                across: 1 | 2,
                down: 1 | 2
            }
    )
}

/// Peak bytes: optimised codes need all coefficients, 16 bit each, before the first is written.
pub(in crate::codecs) fn encode_bytes(shape: Shape) -> u64 {
    let side = |side: u32| u64::from(side).next_multiple_of(16);
    let pixels = side(shape.width) * side(shape.height);
    let samples = match shape.model {
        Model::Gray => pixels,
        Model::YCbCr { across: 2, down: 2 } => pixels * 3 / 2,
        _ => pixels * 3,
    };
    // Noise at the highest quality takes 1.6 bytes of file for a pixel: three times that while the
    // buffer doubles, then once more for the answer.
    samples * 2 + pixels * 7 + (256 << 10)
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
    let (across, down) = match shape.model {
        Model::YCbCr { across, down } => (across, down),
        _ => (1, 1),
    };
    let count = shape.model.planes();
    let staged = (0..count).map(|index| {
        let (width, _) = shape.model.plane_size(index, shape.width, shape.height);
        let rows = BLOCK * if index == 0 { u32::from(down) } else { 1 };
        let mut plane = Plane::new(width.next_multiple_of(2 * BLOCK), rows, 1);
        (plane.width, plane.height) = (width, 0);
        plane
    });
    let encoder = JpegSink {
        raw,
        staged: staged.collect(),
        checkpoint,
    };
    let quantisers = quantisers::tables(encoding.quality, (across, down) == (2, 2));
    // SAFETY: the encoder is alive and new; there are three tables of 64; the rest are numbers.
    let code = unsafe {
        ffi::pm_encoder_start(
            encoder.raw.as_ptr(),
            shape.width,
            shape.height,
            c_int::try_from(count).unwrap_or(0),
            c_int::from(across),
            c_int::from(down),
            quantisers.as_flattened().as_ptr(),
        )
    };
    encoder.outcome(code)?;
    Ok(Box::new(encoder))
}

struct JpegSink<'a> {
    raw: NonNull<ffi::Encoder>,
    /// A row of units: of each plane the rows of its blocks, `height` of them there, padded to whole blocks.
    staged: Vec<Plane>,
    checkpoint: &'a Checkpoint,
}

impl Sink for JpegSink<'_> {
    fn push(&mut self, band: &Band) -> Result<(), Error> {
        let mut rows: Vec<_> = band.planes.iter().map(|plane| plane.rows(1)).collect();
        loop {
            let mut moved = false;
            for (staged, rows) in self.staged.iter_mut().zip(&mut rows) {
                while staged.height < room(staged) {
                    let Some(row) = rows.next() else { break };
                    stage(staged, row);
                    moved = true;
                }
            }
            if !moved {
                return Ok(());
            }
            if self.staged.iter().all(|plane| plane.height == room(plane)) {
                self.write()?;
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Vec<u8>, Error> {
        if self.staged.iter().any(|plane| plane.height > 0) {
            self.staged.iter_mut().for_each(repeat_last);
            self.write()?;
        }
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

/// Rows that a plane of a row of units has room for.
fn room(staged: &Plane) -> u32 {
    u32::try_from(staged.samples.len() / staged.stride).unwrap_or(0)
}

/// Adds a row, its last sample repeated to the end of its last block.
fn stage(staged: &mut Plane, row: &[u8]) {
    let at = staged.height as usize * staged.stride;
    if let Some(slot) = staged.samples.get_mut(at..at + staged.stride) {
        let (samples, padding) = slot.split_at_mut(row.len().min(staged.stride));
        samples.copy_from_slice(row.get(..samples.len()).unwrap_or_default());
        padding.fill(row.last().copied().unwrap_or_default());
    }
    staged.height += 1;
}

/// Fills the rows below the picture's last one.
fn repeat_last(staged: &mut Plane) {
    let last = (staged.height.max(1) - 1) as usize * staged.stride;
    for row in staged.height..room(staged) {
        let at = row as usize * staged.stride;
        staged.samples.copy_within(last..last + staged.stride, at);
    }
}

impl JpegSink<'_> {
    /// Writes the row of units that is staged.
    fn write(&mut self) -> Result<(), Error> {
        self.checkpoint.check(Stage::Encode)?;
        let mut samples = [std::ptr::null(); 3];
        let mut strides = [0; 3];
        let planes = self.staged.iter_mut().zip(&mut samples).zip(&mut strides);
        for ((plane, samples), stride) in planes {
            (*samples, *stride) = (plane.samples.as_ptr(), plane.stride);
            plane.height = 0;
        }
        let context: *const Checkpoint = self.checkpoint;
        // SAFETY: the encoder has been started with as many planes, and each has eight rows of
        // whole blocks for each of its blocks in a unit, as `create` made them. The shim
        // forgets `context` before it returns, and `poll` only reads it.
        let code = unsafe {
            ffi::pm_encoder_write(
                self.raw.as_ptr(),
                samples.as_ptr(),
                strides.as_ptr(),
                poll_encode,
                context.cast_mut().cast(),
            )
        };
        self.outcome(code)
    }

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
