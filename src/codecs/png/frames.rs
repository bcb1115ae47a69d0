//! Frames of an APNG (PNG, third edition, 4.9 and 11.3.7) on their canvas.

use png::{BlendOp, ColorType, DisposeOp, InterlaceInfo, Reader, Transformations};

use super::decode::{failed, narrow};
use super::error::invalid;
use super::probe::{PIECE, is_deep, start};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::animation::{Area, Canvas, Disposal, Frame, Frames};
use crate::codecs::polled::Polled;
use crate::codecs::samples::pixels;
use crate::codecs::{Error, Header, Model, Rows};

/// Peak bytes of a decode of all frames: the canvas, what a frame wants back on it, all of an interlaced frame, and rows.
pub(in crate::codecs) fn frames_bytes(header: &Header) -> u64 {
    let pixels = u64::from(header.width) * u64::from(header.height);
    let whole = if header.progressive { pixels * 4 } else { 0 };
    Canvas::bytes(header.width, header.height) + whole + u64::from(header.width) * 64 + (512 << 10)
}

/// Starts a decode of all frames.
pub(in crate::codecs) fn frames<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Frames + 'a>, Error> {
    checkpoint.check(Stage::Decode)?;
    let file = Polled::new(bytes, Some(checkpoint), PIECE);
    let reader = start(file, Transformations::EXPAND)
        .map_err(|error| failed(&error, "header", checkpoint))?;
    let deep = is_deep(reader.info());
    Ok(Box::new(PngFrames {
        model: match reader.output_color_type().0 {
            ColorType::Grayscale => Model::Gray,
            ColorType::GrayscaleAlpha => Model::GrayAlpha,
            ColorType::Rgb | ColorType::Indexed => Model::Rgb,
            ColorType::Rgba => Model::Rgba,
        },
        row: vec![0; reader.output_line_size(header.width).unwrap_or_default()],
        deep,
        reader,
        left: header.frames,
        begun: false,
        canvas: Canvas::new(header.width, header.height),
        checkpoint,
    }))
}

struct PngFrames<'a> {
    reader: Reader<Polled<'a>>,
    /// How the library hands out pixels.
    model: Model,
    /// Samples come as 16 bit.
    deep: bool,
    /// One row as the library writes it.
    row: Vec<u8>,
    /// Frames that are still to come.
    left: u32,
    begun: bool,
    canvas: Canvas,
    checkpoint: &'a Checkpoint,
}

impl Frames for PngFrames<'_> {
    fn next(&mut self) -> Result<Option<Frame>, Error> {
        self.checkpoint.check(Stage::Decode)?;
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        // The default image is the first frame, or none at all.
        let stands = !self.begun && self.reader.info().frame_control.is_some();
        self.begun = true;
        if !stands {
            self.reader
                .next_frame_info()
                .map_err(|error| failed(&error, "pixels", self.checkpoint))?;
        }
        let control = self.reader.info().frame_control;
        let control = control.ok_or_else(|| invalid("pixels", "a frame has no header"))?;
        let area = Area {
            left: control.x_offset,
            top: control.y_offset,
            width: control.width,
            height: control.height,
        };
        let changed = self.canvas.begin(
            area,
            match control.dispose_op {
                DisposeOp::None => Disposal::Keep,
                DisposeOp::Background => Disposal::Clear,
                DisposeOp::Previous => Disposal::Restore,
            },
        );
        let blends = control.blend_op == BlendOp::Over;
        if self.reader.info().interlaced {
            self.interlaced(area, blends)?;
        } else {
            self.rows_of(area, blends)?;
        }
        Ok(Some(Frame {
            changed,
            milliseconds: milliseconds(control.delay_num, control.delay_den),
        }))
    }

    fn rows(&self) -> Box<dyn Rows + '_> {
        self.canvas.rows()
    }
}

impl PngFrames<'_> {
    /// The next row of a frame, as red, green, blue and alpha, and its place in an interlaced one.
    fn row(&mut self) -> Result<Option<(InterlaceInfo, Vec<u8>)>, Error> {
        self.checkpoint.check(Stage::Decode)?;
        let place = self
            .reader
            .read_row(&mut self.row)
            .map_err(|error| failed(&error, "pixels", self.checkpoint))?;
        let Some(place) = place else { return Ok(None) };
        let mut narrowed = vec![0; if self.deep { self.row.len() / 2 } else { 0 }];
        let samples = if self.deep {
            narrow(&self.row, &mut narrowed);
            &narrowed
        } else {
            &self.row
        };
        Ok(Some((
            place,
            pixels(samples, self.model).flatten().collect(),
        )))
    }

    fn rows_of(&mut self, area: Area, blends: bool) -> Result<(), Error> {
        for y in 0..area.height {
            let Some((_, row)) = self.row()? else {
                return Err(invalid("pixels", "it has too little image data"));
            };
            let row = row.get(..area.width as usize * 4).unwrap_or_default();
            self.canvas.draw(area, y, row, blends);
        }
        Ok(())
    }

    fn interlaced(&mut self, area: Area, blends: bool) -> Result<(), Error> {
        let stride = area.width as usize * 4;
        let mut samples = vec![0; stride * area.height as usize];
        while let Some((place, row)) = self.row()? {
            let InterlaceInfo::Adam7(pass) = place else {
                return Err(invalid("pixels", "its data contradicts its header"));
            };
            png::expand_interlaced_row(&mut samples, stride, &row, &pass, 32);
        }
        for (y, row) in (0..area.height).zip(samples.chunks_exact(stride.max(1))) {
            self.checkpoint.check(Stage::Decode)?;
            self.canvas.draw(area, y, row, blends);
        }
        Ok(())
    }
}

/// A time in seconds, whose denominator of nothing is a hundred.
pub(super) fn milliseconds(numerator: u16, denominator: u16) -> u32 {
    let denominator = u32::from(if denominator == 0 { 100 } else { denominator });
    (u32::from(numerator) * 1000 + denominator / 2) / denominator
}
