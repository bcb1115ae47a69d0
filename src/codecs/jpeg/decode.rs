//! Rows out of a JPEG file.
#![expect(unsafe_code, reason = "the binding to the C decoder")]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

use super::{MAX_SCANS, baseline, ffi, probe, scaled};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Format, Header, Model, Plane, Rows, Scale, Shape};

/// Rows decoded in one call of the library, between two polls: at the largest
/// width there is, about a millisecond of work.
const CALL_ROWS: u32 = 16;

/// Peak bytes of a decode: all coefficients of a progressive file, else a few rows of blocks.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    let width = u64::from(header.width).next_multiple_of(32);
    let height = u64::from(header.height).next_multiple_of(32);
    // Samples of all components of a full picture; subsampling is not relied on.
    let components = match header.detail {
        "4:2:0" => 1.5,
        "4:2:2" | "4:4:0" => 2.0,
        "grey" => 1.0,
        "cmyk" => 4.0,
        _ => 3.0,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive count of bytes"
    )]
    let bytes = |samples: u64, each: f64| (samples as f64 * components * each) as u64;
    let rows = bytes(width * 64, 4.0);
    // Coefficients are 16 bit each.
    let coefficients = if header.progressive {
        bytes(width * height, 2.0)
    } else {
        0
    };
    rows + coefficients + (256 << 10)
}

/// Starts a decode.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    let shape = scaled(header, scale);
    let planar = matches!(shape.model, Model::YCbCr { .. } | Model::Gray);
    if planar && !header.progressive {
        checkpoint.check(Stage::Decode)?;
        if let Some(rows) = baseline::open(bytes, header, scale, shape, checkpoint)? {
            return Ok(rows);
        }
    }
    library(bytes, header, scale, checkpoint)
}

/// Starts a decode by libjpeg-turbo.
pub(super) fn library<'a>(
    bytes: &'a [u8],
    header: &Header,
    scale: Scale,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    if header.progressive {
        let scans = probe::count_scans(bytes);
        if scans > MAX_SCANS {
            return Err(too_many_scans(scans));
        }
    }
    checkpoint.check(Stage::Decode)?;
    let mut decoder = Decoder::new(bytes)?;
    let shape = scaled(header, scale);
    let planar = matches!(shape.model, Model::YCbCr { .. });
    let inverted = decoder.read_header(scale, shape, planar)?;
    decoder.start(checkpoint)?;
    let rows = JpegRows {
        decoder,
        shape,
        inverted,
        next: 0,
        ended: false,
        checkpoint,
    };
    Ok(if planar {
        Box::new(JpegPlanes(rows))
    } else {
        Box::new(rows)
    })
}

fn too_many_scans(actual: u32) -> Error {
    Error::TooComplex {
        what: "scans",
        limit: u64::from(MAX_SCANS),
        actual: u64::from(actual),
    }
}

pub(super) fn broken(detail: impl Into<String>) -> Error {
    Error::Invalid {
        format: Format::Jpeg,
        stage: "pixels",
        detail: detail.into(),
    }
}

struct JpegRows<'a> {
    decoder: Decoder<'a>,
    shape: Shape,
    /// Inks are stored as light, as Adobe's programs do.
    inverted: bool,
    next: u32,
    ended: bool,
    checkpoint: &'a Checkpoint,
}

impl JpegRows<'_> {
    /// Looks at what follows the last row, once.
    fn end(&mut self) -> Result<bool, Error> {
        if !self.ended {
            self.ended = true;
            self.decoder.finish()?;
        }
        Ok(false)
    }
}

impl Rows for JpegRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        let rows = rows.min(self.shape.height - self.next);
        if rows == 0 {
            return self.end();
        }
        let stride = self.shape.width as usize * self.shape.model.channels() as usize;
        let samples = band.make_rows(self.shape, rows);
        for group in samples.chunks_mut(CALL_ROWS as usize * stride) {
            self.checkpoint.check(Stage::Decode)?;
            self.decoder.read(group, stride)?;
        }
        if self.inverted {
            for sample in samples {
                *sample = 255 - *sample;
            }
        }
        self.next += rows;
        Ok(true)
    }
}

/// The same in planes, a row of units at a time.
struct JpegPlanes<'a>(JpegRows<'a>);

impl Rows for JpegPlanes<'_> {
    fn shape(&self) -> Shape {
        self.0.shape
    }

    fn next(&mut self, band: &mut Band, _rows: u32) -> Result<bool, Error> {
        let Shape {
            width,
            height,
            model,
        } = self.0.shape;
        if self.0.next >= height {
            return self.0.end();
        }
        self.0.checkpoint.check(Stage::Decode)?;
        band.model = model;
        band.planes.resize_with(model.planes(), Plane::default);
        let rooms = self.0.decoder.read_planes(&mut band.planes)?;
        let each = rooms.first().copied().unwrap_or(1).max(1);
        let units = self.0.next / each;
        for (index, (plane, rows)) in band.planes.iter_mut().zip(rooms).enumerate() {
            let (width, height) = model.plane_size(index, width, height);
            plane.width = width;
            plane.height = rows.min(height.saturating_sub(units * rows));
        }
        self.0.next += each;
        Ok(true)
    }
}

/// The C decoder and the file it reads.
struct Decoder<'a> {
    raw: NonNull<ffi::Decoder>,
    file: &'a [u8],
}

impl<'a> Decoder<'a> {
    fn new(file: &'a [u8]) -> Result<Self, Error> {
        // SAFETY: takes nothing; null means that there is no memory.
        let raw = unsafe { ffi::pm_decoder_new() };
        let raw = NonNull::new(raw)
            .ok_or_else(|| Error::Internal("no memory for a JPEG decoder".to_owned()))?;
        Ok(Self { raw, file })
    }

    /// Sets up the scale; whether inks are stored inverted. The library must agree with our own reading of the header.
    fn read_header(&mut self, scale: Scale, expected: Shape, planar: bool) -> Result<bool, Error> {
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
        Ok(expected.model == Model::Cmyk && adobe != 0)
    }

    fn start(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
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

    /// Fills `samples`, whole rows of `stride` bytes.
    fn read(&mut self, samples: &mut [u8], stride: usize) -> Result<(), Error> {
        let rows = c_int::try_from(samples.len() / stride).unwrap_or(0);
        // SAFETY: the decoder has been started, and a row of its output is `stride` bytes:
        // `read_header` compared width and components. `samples` holds `rows` of them.
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
    fn room(&self, index: usize) -> Result<(u32, usize), Error> {
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
    fn read_planes(&mut self, planes: &mut [Plane]) -> Result<Vec<u32>, Error> {
        let (mut counts, mut samples) = (Vec::new(), Vec::new());
        for (index, plane) in planes.iter_mut().enumerate() {
            let (rows, stride) = self.room(index)?;
            plane.stride = stride;
            plane.samples.resize(rows as usize * stride, 0);
            counts.push(rows);
            samples.push(plane.samples.as_mut_ptr());
        }
        let count = u32::try_from(samples.len()).unwrap_or(0);
        // SAFETY: the decoder has been started for planes; there are `count` of them, and each
        // has just got the room that the decoder says it needs.
        let code =
            unsafe { ffi::pm_decoder_read_planes(self.raw.as_ptr(), samples.as_ptr(), count) };
        self.outcome(code)?;
        Ok(counts)
    }

    fn finish(&mut self) -> Result<(), Error> {
        // SAFETY: the decoder is alive, started, and all rows have been read.
        let code = unsafe { ffi::pm_decoder_finish(self.raw.as_ptr()) };
        self.outcome(code)
    }

    fn outcome(&self, code: c_int) -> Result<(), Error> {
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
