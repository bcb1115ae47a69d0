//! Rows of the merged picture.

use super::document::{Document, Mode};
use super::{broken, cut};
use crate::checkpoint::{Checkpoint, Stage};
use crate::codecs::samples::nearest;
use crate::codecs::tiff::{lab, unpacked};
use crate::codecs::{Band, Colour, Error, Format, Header, Model, Orientation, Rows, Shape};

/// Reads the header.
pub(in crate::codecs) fn probe(bytes: &[u8]) -> Result<Header, Error> {
    let document = Document::read(bytes)?;
    let colour = document.profile.filter(|_| document.mode != Mode::Lab);
    Ok(Header {
        format: Format::Psd,
        width: document.width,
        height: document.height,
        model: document.model(),
        opaque: false,
        bit_depth: u8::try_from(document.depth).unwrap_or(8),
        orientation: Orientation::default(),
        stated: None,
        colour: colour.map_or(Colour::Srgb, Colour::embedded),
        progressive: false,
        deep: false,
        buffered: false,
        frames: 1,
        page: 0,
        held: 0,
        reading: 0,
        animation: None,
        detail: if document.packed { "packbits" } else { "" },
    })
}

/// Peak bytes: a row as it is stored, and its samples.
pub(in crate::codecs) fn decode_bytes(header: &Header) -> u64 {
    u64::from(header.width) * 8 + (64 << 10)
}

/// Starts a decode.
pub(in crate::codecs) fn open<'a>(
    bytes: &'a [u8],
    header: &Header,
    checkpoint: &'a Checkpoint,
) -> Result<Box<dyn Rows + 'a>, Error> {
    checkpoint.check(Stage::Decode)?;
    let document = Document::read(bytes)?;
    let used = document.mode.channels() + usize::from(document.alpha);
    let places = document.starts(used).ok_or_else(cut)?;
    let shape = Shape {
        width: document.width,
        height: document.height,
        model: document.model(),
    };
    if (shape.width, shape.height, shape.model) != (header.width, header.height, header.model) {
        return Err(broken(
            "pixels",
            "its picture has another size than its header",
        ));
    }
    Ok(Box::new(PsdRows {
        raw: vec![0; document.row_bytes()],
        samples: vec![0; document.width as usize * used],
        document,
        shape,
        places,
        next: 0,
        checkpoint,
    }))
}

struct PsdRows<'a> {
    document: Document<'a>,
    shape: Shape,
    /// Where the next row of each channel begins.
    places: Vec<usize>,
    /// A row of a channel as it is stored, and one of all as samples of 8 bit.
    raw: Vec<u8>,
    samples: Vec<u8>,
    next: u32,
    checkpoint: &'a Checkpoint,
}

impl PsdRows<'_> {
    /// The next row of all channels, interleaved.
    fn read(&mut self) -> Result<(), Error> {
        let document = &self.document;
        let used = self.places.len();
        for (channel, place) in self.places.iter_mut().enumerate() {
            let rest = document.data.get(*place..).ok_or_else(cut)?;
            let length = if document.packed {
                let row = channel * document.height as usize + self.next as usize;
                document.packed_bytes(row).ok_or_else(cut)?
            } else {
                self.raw.len()
            };
            let bytes = rest.get(..length).ok_or_else(cut)?;
            if !document.packed {
                self.raw.copy_from_slice(bytes);
            } else if !unpacked(bytes, &mut self.raw) {
                return Err(broken("pixels", "its data is corrupt"));
            }
            *place += length;
            let samples = self.samples.iter_mut().skip(channel).step_by(used);
            narrow(document.depth, &self.raw, samples);
        }
        Ok(())
    }

    /// What the samples are, as they are handed out.
    fn convert(&self, row: &mut [u8]) {
        let palette = self.document.palette;
        match self.document.mode {
            Mode::Palette => {
                for (pixel, &number) in row.as_chunks_mut::<3>().0.iter_mut().zip(&self.samples) {
                    let level = |plane: usize| palette.get(plane * 256 + usize::from(number));
                    *pixel = [0, 1, 2].map(|plane| level(plane).copied().unwrap_or(0));
                }
            }
            Mode::Lab => {
                let samples = self.samples.as_chunks::<3>().0;
                for (pixel, &sample) in row.as_chunks_mut::<3>().0.iter_mut().zip(samples) {
                    *pixel = lab(sample, true);
                }
            }
            // They are stored as light.
            Mode::Inks => {
                for (ink, &sample) in row.iter_mut().zip(&self.samples) {
                    *ink = !sample;
                }
            }
            Mode::Bitmap | Mode::Grey | Mode::Rgb => row.copy_from_slice(&self.samples),
        }
        match self.shape.model {
            Model::GrayAlpha => off_white::<2>(row),
            Model::Rgba => off_white::<4>(row),
            _ => {}
        }
    }
}

impl Rows for PsdRows<'_> {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn next(&mut self, band: &mut Band, rows: u32) -> Result<bool, Error> {
        let rows = rows.min(self.shape.height - self.next);
        if rows == 0 {
            return Ok(false);
        }
        let stride = self.shape.width as usize * self.shape.model.channels() as usize;
        for row in band.make_rows(self.shape, rows).chunks_exact_mut(stride) {
            self.checkpoint.check(Stage::Decode)?;
            self.read()?;
            self.convert(row);
            self.next += 1;
        }
        Ok(true)
    }
}

/// Takes the white out of colours that were laid over it.
fn off_white<const N: usize>(row: &mut [u8]) {
    for pixel in row.as_chunks_mut::<N>().0 {
        let Some((&mut alpha, colours)) = pixel.split_last_mut() else {
            return;
        };
        if matches!(alpha, 0 | 255) {
            continue;
        }
        for colour in colours {
            let (whole, missing) = (u32::from(alpha), u32::from(255 - alpha));
            let own = u32::from(*colour).saturating_sub(missing) * 255 + whole / 2;
            *colour = u8::try_from(own / whole).unwrap_or(u8::MAX);
        }
    }
}

/// A row of a channel as samples of 8 bit.
fn narrow<'s>(depth: u16, raw: &[u8], samples: impl Iterator<Item = &'s mut u8>) {
    match depth {
        1 => {
            for (at, sample) in samples.enumerate() {
                let byte = raw.get(at / 8).copied().unwrap_or(0);
                // What is set is black.
                *sample = if byte << (at % 8) & 0x80 == 0 { 255 } else { 0 };
            }
        }
        16 => {
            for (sample, &pair) in samples.zip(raw.as_chunks::<2>().0) {
                *sample = nearest(u16::from_be_bytes(pair));
            }
        }
        _ => {
            for (sample, &byte) in samples.zip(raw) {
                *sample = byte;
            }
        }
    }
}
