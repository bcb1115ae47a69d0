//! libjpeg-turbo's decoder behind safe calls.
#![expect(unsafe_code, reason = "the binding to the C decoder")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

use super::decode::{broken, too_many_scans};
use super::{MAX_SCANS, ffi, probe};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Error, Model, Plane, Scale, Shape};

/// The C decoder and the file it reads.
pub(super) struct Decoder<'a> {
    raw: NonNull<ffi::Decoder>,
    file: &'a [u8],
    /// Bytes of a row of interleaved output.
    row: usize,
    failed: bool,
}

impl<'a> Decoder<'a> {
    /// Reads the header, sets up the scale and starts; what is had here is ready for its first row. Also whether inks are stored inverted.
    ///
    /// The library must agree with our own reading of the header, by which rows are made.
    pub(super) fn start(
        file: &'a [u8],
        scale: Scale,
        expected: Shape,
        checkpoint: &Checkpoint,
    ) -> Result<(Self, bool), Error> {
        // SAFETY: takes nothing; null means that there is no memory.
        let raw = unsafe { ffi::pm_decoder_new() };
        let raw = NonNull::new(raw)
            .ok_or_else(|| Error::Internal("no memory for a JPEG decoder".to_owned()))?;
        let mut decoder = Self {
            raw,
            file,
            row: 0,
            failed: false,
        };
        let inverted = decoder.read_header(scale, expected)?;
        decoder.begin(checkpoint)?;
        Ok((decoder, inverted))
    }

    fn read_header(&mut self, scale: Scale, expected: Shape) -> Result<bool, Error> {
        let planar = expected.model.planes() > 1;
        let (mut width, mut height, mut components, mut adobe) = (0, 0, 0, 0);
        // SAFETY: the decoder is alive and owned; the file outlives it by `'a`; the
        // four pointers are to locals that live through the call.
        let code = unsafe {
            ffi::pm_decoder_open(
                self.raw.as_ptr(),
                self.file.as_ptr(),
                self.file.len(),
                u32::from(scale.eighths),
                if planar { u32::from(scale.chroma) } else { 0 },
                &raw mut width,
                &raw mut height,
                &raw mut components,
                &raw mut adobe,
            )
        };
        self.outcome(code)?;
        let samples =
            expected.model.channels() * u32::try_from(expected.model.planes()).unwrap_or(0);
        if (width, height, components) != (expected.width, expected.height, samples) {
            return Err(broken("its header contradicts itself"));
        }
        self.row = width as usize * components as usize;
        Ok(expected.model == Model::Cmyk && adobe != 0)
    }

    fn begin(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let context: *const Checkpoint = checkpoint;
        // SAFETY: the decoder is alive and its header has been read. The shim forgets
        // `context` before it returns, and `poll` only reads it.
        let code = unsafe {
            ffi::pm_decoder_start(
                self.raw.as_ptr(),
                poll_decode,
                context.cast_mut().cast(),
                c_int::try_from(MAX_SCANS).unwrap_or(c_int::MAX),
            )
        };
        if code == ffi::STOPPED {
            checkpoint.check(Stage::Decode)?;
        }
        self.outcome(code)
    }

    /// Fills `samples`, whole rows of interleaved output.
    pub(super) fn read(&mut self, samples: &mut [u8]) -> Result<(), Error> {
        self.usable()?;
        let stride = self.row.max(1);
        let rows = c_int::try_from(samples.len() / stride).unwrap_or(0);
        // SAFETY: the decoder has been started, or there would be none, and a row of its output is `stride` bytes:
        // `read_header` compared width and components. `samples` holds `rows` of them. Started for planes, it refuses.
        let read = unsafe {
            ffi::pm_decoder_read(
                self.raw.as_ptr(),
                samples.as_mut_ptr(),
                stride,
                rows.unsigned_abs(),
            )
        };
        if read == rows {
            return Ok(());
        }
        self.outcome(read.min(-1))
    }

    /// Rows, and samples in each, that plane `index` of a row of units has.
    fn room(&mut self, index: usize) -> Result<(u32, usize), Error> {
        let (mut rows, mut width) = (0, 0);
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        // SAFETY: the decoder is alive, and both pointers are to locals that live through the call.
        let code = unsafe {
            ffi::pm_decoder_room(self.raw.as_ptr(), index, &raw mut rows, &raw mut width)
        };
        self.outcome(code)?;
        Ok((rows, width as usize))
    }

    /// Fills planes with a row of units; how many rows each got, padding included.
    pub(super) fn read_planes(&mut self, planes: &mut [Plane]) -> Result<Vec<u32>, Error> {
        self.usable()?;
        let (mut counts, mut samples) = (Vec::new(), Vec::new());
        for (index, plane) in planes.iter_mut().enumerate() {
            let (rows, stride) = self.room(index)?;
            plane.stride = stride;
            plane.samples.resize(rows as usize * stride, 0);
            counts.push(rows);
            samples.push(plane.samples.as_mut_ptr());
        }
        let count = u32::try_from(samples.len()).unwrap_or(0);
        // SAFETY: the decoder has been started, or there would be none; started for rows, it refuses. There are `count`
        // planes, and each has just got the room that the decoder says it needs.
        let code =
            unsafe { ffi::pm_decoder_read_planes(self.raw.as_ptr(), samples.as_ptr(), count) };
        self.outcome(code)?;
        Ok(counts)
    }

    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.usable()?;
        // SAFETY: the decoder is alive and started. Before its last row it refuses.
        let code = unsafe { ffi::pm_decoder_finish(self.raw.as_ptr()) };
        self.outcome(code)
    }

    /// What has failed in the middle of something may only be freed.
    fn usable(&self) -> Result<(), Error> {
        if self.failed {
            return Err(Error::Internal(
                "a JPEG decoder that has failed is asked for more".to_owned(),
            ));
        }
        Ok(())
    }

    fn outcome(&mut self, code: c_int) -> Result<(), Error> {
        self.failed |= code != ffi::OK;
        match code {
            ffi::OK => Ok(()),
            ffi::SCANS => Err(too_many_scans(MAX_SCANS + 1)),
            _ => {
                // SAFETY: the decoder is alive, and its message is a C string in its own memory.
                let message = unsafe { CStr::from_ptr(ffi::pm_decoder_message(self.raw.as_ptr())) };
                Err(broken(probe::plain(&message.to_string_lossy())))
            }
        }
    }
}

impl Drop for Decoder<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `pm_decoder_new`, owned by this value alone, freed once.
        unsafe { ffi::pm_decoder_free(self.raw.as_ptr()) };
    }
}

/// # Safety
/// `context` points to a living `Checkpoint`.
unsafe extern "C" fn poll_decode(context: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let checkpoint = unsafe { &*context.cast::<Checkpoint>() };
    c_int::from(checkpoint.stopped().is_some())
}
