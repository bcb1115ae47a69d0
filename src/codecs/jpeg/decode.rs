//! Rows out of a JPEG file.

use super::library::Decoder;
use super::{MAX_SCANS, baseline, probe, scaled};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::{Band, Error, Format, Header, Model, Plane, Rows, Scale, Shape};

/// Rows decoded in one call of the library, between two polls: at the largest
/// width there is, about a millisecond of work.
const CALL_ROWS: u32 = 16;

/// Peak bytes of a decode: all coefficients where the library is asked for planes, else a few rows of blocks.
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
    let coefficients = if header.buffered {
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
    if planar && !header.buffered {
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
    if header.buffered {
        let scans = probe::count_scans(bytes);
        if scans > MAX_SCANS {
            return Err(too_many_scans(scans));
        }
    }
    checkpoint.check(Stage::Decode)?;
    let shape = scaled(header, scale);
    let planar = matches!(shape.model, Model::YCbCr { .. });
    let (decoder, inverted) = Decoder::start(bytes, scale, shape, checkpoint)?;
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

pub(super) fn too_many_scans(actual: u32) -> Error {
    Error::TooComplex {
        what: "scans".into(),
        limit: u64::from(MAX_SCANS),
        actual: u64::from(actual),
    }
}

pub(super) fn broken(detail: impl Into<String>) -> Error {
    Error::Invalid {
        format: Format::Jpeg,
        stage: "pixels".into(),
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
            self.decoder.read(group)?;
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
