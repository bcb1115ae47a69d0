//! The crate `jxl`, whose home this is: what it reads polls, and so does what it works on, group by group.

use std::io::{self, IoSliceMut};
use std::vec;

use jxl::api::{
    AlphaMode, Endianness, Event, JxlBitstreamInput, JxlColorProfile, JxlColorType, JxlDataFormat,
    JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlParallelRunner, JxlParallelRunnerFun,
    JxlPixelFormat,
};

use jxl::image::{Image, Rect};

use super::{broken, cut};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::samples::nearest;
use crate::codecs::{Error, Model, Shape};

/// Bytes that are read between two polls, at most.
const PIECE: usize = 1 << 20;

/// A decoder, and what is left of its codestream.
pub(super) struct Library<'a> {
    decoder: JxlDecoder,
    input: Input<'a>,
    runner: Runner<'a>,
    checkpoint: &'a Checkpoint,
    stage: &'static str,
}

impl<'a> Library<'a> {
    /// At a codestream's beginning; frames of more than `samples` are refused. What fails is said to be wrong with `stage`.
    pub(super) fn new(
        pieces: Vec<&'a [u8]>,
        samples: usize,
        checkpoint: &'a Checkpoint,
        stage: &'static str,
    ) -> Self {
        let mut options = JxlDecoderOptions::default();
        options.adjust_orientation = false;
        options.alpha_mode = AlphaMode::Unpremultiplied;
        options.sample_limit = Some(samples);
        Self {
            decoder: JxlDecoder::new(options),
            input: Input {
                piece: &[],
                pieces: pieces.into_iter(),
                checkpoint,
            },
            runner: Runner { checkpoint },
            checkpoint,
            stage,
        }
    }

    /// Reads the header, and says what samples of that layout will mean, of 16 bits where they are `deep`.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    pub(super) fn start(&mut self, model: Model, deep: bool) -> Result<&JxlColorProfile, Error> {
        while !matches!(self.step(None)?, Event::BasicInfo) {}
        let extra = self
            .decoder
            .basic_info()
            .map_or(0, |info| info.extra_channels.len());
        let color_type = match model {
            Model::Gray => JxlColorType::Grayscale,
            Model::GrayAlpha => JxlColorType::GrayscaleAlpha,
            Model::Rgba => JxlColorType::Rgba,
            _ => JxlColorType::Rgb,
        };
        let color_data_format = Some(if deep {
            JxlDataFormat::U16 {
                endianness: Endianness::native(),
                bit_depth: 16,
            }
        } else {
            JxlDataFormat::U8 { bit_depth: 8 }
        });
        let format = JxlPixelFormat {
            color_type,
            color_data_format,
            extra_channel_format: vec![None; extra],
        };
        let stage = self.stage;
        self.decoder
            .set_pixel_format(format)
            .map_err(|error| told(stage, &error))?;
        let profile = self.decoder.output_color_profile();
        profile.ok_or_else(|| Error::Internal("a JPEG XL header without a meaning".to_owned()))
    }

    /// The samples of the first picture, whose header `start` has read as one that isn't deep.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    pub(super) fn samples(&mut self, shape: Shape) -> Result<Vec<u8>, Error> {
        let (stride, height) = self.rows(shape)?;
        let mut samples = vec![0; stride * height];
        self.draw(JxlOutputBuffer::new(&mut samples, height, stride))?;
        Ok(samples)
    }

    /// The same of one that is deep. The library would add noise to what it makes 8 bits of, so that no steps show.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    pub(super) fn narrowed_samples(&mut self, shape: Shape) -> Result<Vec<u8>, Error> {
        let deep = self.deep_samples(shape)?;
        let mut samples = Vec::with_capacity(usize::try_from(shape.bytes()).unwrap_or_default());
        for row in 0..shape.height {
            self.checkpoint.check(Stage::Decode)?;
            samples.extend(deep.row(row).iter().map(|&sample| nearest(sample)));
        }
        Ok(samples)
    }

    /// The same with all of its bits.
    ///
    /// # Errors
    /// [`Error`], a stopped checkpoint included.
    pub(super) fn deep_samples(&mut self, shape: Shape) -> Result<DeepSamples, Error> {
        let size = self.rows(shape)?;
        let mut image = Image::<u16>::new(size).map_err(|error| told(self.stage, &error))?;
        let whole = image.get_rect_mut(Rect {
            origin: (0, 0),
            size,
        });
        self.draw(JxlOutputBuffer::from_image_rect_mut(whole.into_raw()))?;
        Ok(DeepSamples(image))
    }

    /// Samples of a row, and rows, of a picture that has to be of that shape: the library takes no buffer of another size.
    fn rows(&self, shape: Shape) -> Result<(usize, usize), Error> {
        let (width, height) = (shape.width as usize, shape.height as usize);
        if self.decoder.basic_info().map(|info| info.size) != Some((width, height)) {
            return Err(Error::Internal("a header of another file".to_owned()));
        }
        Ok((width * shape.model.channels() as usize, height))
    }

    fn draw(&mut self, buffer: JxlOutputBuffer<'_>) -> Result<(), Error> {
        let mut buffers = [buffer];
        while !matches!(self.step(Some(&mut buffers))?, Event::FrameComplete { .. }) {}
        Ok(())
    }

    fn step(&mut self, buffers: Option<&mut [JxlOutputBuffer<'_>]>) -> Result<Event, Error> {
        let runner = Some(&mut self.runner as &mut dyn JxlParallelRunner);
        match self.decoder.process(&mut self.input, buffers, runner) {
            Ok(Event::NeedMoreInput { .. } | Event::Complete) => Err(cut(self.stage)),
            Ok(event) => Ok(event),
            Err(error) => {
                // Whatever has failed, it may be because of a stop.
                self.checkpoint.check(Stage::Decode)?;
                Err(told(self.stage, &error))
            }
        }
    }
}

/// A picture of 16 bits a sample.
pub(super) struct DeepSamples(Image<u16>);

impl DeepSamples {
    /// Samples of one of its rows.
    pub(super) fn row(&self, row: u32) -> &[u16] {
        self.0.row(row as usize)
    }
}

fn told(stage: &'static str, error: &jxl::error::Error) -> Error {
    use jxl::error::Error as Cause;
    match error {
        Cause::OutOfBounds(_) | Cause::UnexpectedCodestreamBoxEnd => cut(stage),
        Cause::OutOfMemory(_) | Cause::ImageOutOfMemory(..) => {
            Error::Internal("no memory for a JPEG XL picture".to_owned())
        }
        Cause::LevelLimitExceeded {
            limit, val, max, ..
        } => Error::TooComplex {
            what: (*limit).into(),
            limit: *max,
            actual: *val,
        },
        _ => broken(stage, "its data is corrupt"),
    }
}

/// Pieces of a codestream, with a poll before each.
struct Input<'a> {
    piece: &'a [u8],
    pieces: vec::IntoIter<&'a [u8]>,
    checkpoint: &'a Checkpoint,
}

impl JxlBitstreamInput for Input<'_> {
    fn available_bytes(&mut self) -> io::Result<usize> {
        while self.piece.is_empty() {
            let Some(piece) = self.pieces.next() else {
                break;
            };
            self.piece = piece;
        }
        Ok(self.piece.len().min(PIECE))
    }

    fn read(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        poll(self.checkpoint)?;
        let mut read = 0;
        for buffer in buffers {
            let mut rest = &mut **buffer;
            while !rest.is_empty() && self.available_bytes()? > 0 {
                let length = rest.len().min(self.piece.len());
                let (target, behind) = rest.split_at_mut(length);
                let (source, left) = self.piece.split_at(length);
                target.copy_from_slice(source);
                (rest, self.piece) = (behind, left);
                read += length;
            }
        }
        Ok(read)
    }
}

/// Works on one thing after the other, in order, with a poll before each.
struct Runner<'a> {
    checkpoint: &'a Checkpoint,
}

impl JxlParallelRunner for Runner<'_> {
    fn run(&mut self, count: usize, work: &JxlParallelRunnerFun<'_>) -> jxl::error::Result<()> {
        for at in 0..count {
            poll(self.checkpoint)?;
            work(at)?;
        }
        poll(self.checkpoint)?;
        Ok(())
    }

    fn run_ordered(
        &mut self,
        count: usize,
        _threads: Option<usize>,
        work: &JxlParallelRunnerFun<'_>,
    ) -> jxl::error::Result<()> {
        self.run(count, work)
    }

    fn num_threads(&self) -> usize {
        1
    }
}

fn poll(checkpoint: &Checkpoint) -> io::Result<()> {
    let stopped = |_stop| io::Error::other("the work was stopped");
    checkpoint.check(Stage::Decode).map_err(stopped)
}
