//! A document's header and sections, read where they lie.

use super::broken;
use crate::codecs::bytes::Reader;
use crate::codecs::{Error, Model};

/// Pixels along a side, at most, by the format's own rules.
const LONGEST: u32 = 300_000;

/// What a document's numbers say its colours are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Bitmap,
    Grey,
    Palette,
    Rgb,
    Inks,
    Lab,
}

impl Mode {
    /// By its number, in samples of so many bits; `None` for what isn't read.
    fn of(number: u16, depth: u16) -> Option<Self> {
        Some(match (number, depth) {
            (0, 1) => Self::Bitmap,
            // Grey that is printed in colours looks grey where they aren't known.
            (1 | 8, 8 | 16) => Self::Grey,
            (2, 8) => Self::Palette,
            (3, 8 | 16) => Self::Rgb,
            (4, 8 | 16) => Self::Inks,
            (9, 8 | 16) => Self::Lab,
            _ => return None,
        })
    }

    /// Channels of colour.
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Bitmap | Self::Grey | Self::Palette => 1,
            Self::Rgb | Self::Lab => 3,
            Self::Inks => 4,
        }
    }
}

/// A document, as far as its merged picture goes.
pub(super) struct Document<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) depth: u16,
    pub(super) mode: Mode,
    pub(super) alpha: bool,
    pub(super) palette: &'a [u8],
    pub(super) profile: Option<&'a [u8]>,
    /// Rows are packed, behind their lengths.
    pub(super) packed: bool,
    /// Bytes of such a length.
    length: usize,
    channels: usize,
    /// Lengths, where there are any, and rows.
    pub(super) data: &'a [u8],
}

impl<'a> Document<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        parse(bytes).ok_or_else(|| broken("header", "it is cut short"))?
    }

    pub(super) fn model(&self) -> Model {
        match (self.mode, self.alpha) {
            (Mode::Grey, true) => Model::GrayAlpha,
            (Mode::Bitmap | Mode::Grey, _) => Model::Gray,
            (Mode::Inks, _) => Model::Cmyk,
            (Mode::Rgb, true) => Model::Rgba,
            _ => Model::Rgb,
        }
    }

    /// Bytes of a row of a channel, unpacked.
    pub(super) fn row_bytes(&self) -> usize {
        (self.width as usize * usize::from(self.depth)).div_ceil(8)
    }

    /// The number of packed bytes of that row, counted over all channels.
    pub(super) fn packed_bytes(&self, row: usize) -> Option<usize> {
        let at = row * self.length;
        let bytes = self.data.get(at..at + self.length)?;
        Some(
            bytes
                .iter()
                .fold(0, |sum, &byte| sum << 8 | usize::from(byte)),
        )
    }

    /// Where the first row of each channel that is used begins.
    pub(super) fn starts(&self, used: usize) -> Option<Vec<usize>> {
        let height = self.height as usize;
        if !self.packed {
            return Some((0..used).map(|at| at * height * self.row_bytes()).collect());
        }
        let mut at = self.channels * height * self.length;
        let mut starts = Vec::with_capacity(used);
        for channel in 0..used {
            starts.push(at);
            for row in 0..height {
                at += self.packed_bytes(channel * height + row)?;
            }
        }
        Some(starts)
    }
}

/// `None` for a file that ends too early.
fn parse(bytes: &[u8]) -> Option<Result<Document<'_>, Error>> {
    let mut reader = Reader::new(bytes);
    reader.take(4)?;
    let large = match reader.u16_be()? {
        1 => false,
        2 => true,
        _ => {
            return Some(Err(broken(
                "header",
                "it is of a version that is not read here",
            )));
        }
    };
    reader.take(6)?;
    let channels = usize::from(reader.u16_be()?);
    let (height, width) = (reader.u32_be()?, reader.u32_be()?);
    let (depth, mode) = (reader.u16_be()?, reader.u16_be()?);
    let sides = 1..=LONGEST;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Some(Err(broken(
            "header",
            "it has no size, or one that none has",
        )));
    }
    let Some(mode) = Mode::of(mode, depth) else {
        return Some(Err(broken(
            "header",
            "its colours are of a kind that is not read here",
        )));
    };
    if channels < mode.channels() || channels > 56 {
        return Some(Err(broken("header", "it has fewer channels than colours")));
    }
    let palette = section(&mut reader, false)?;
    let profile = profile(section(&mut reader, false)?);
    let layers = section(&mut reader, large)?;
    let alpha = channels > mode.channels()
        && matches!(mode, Mode::Grey | Mode::Rgb)
        && merged_is_transparent(layers, large);
    let packed = match reader.u16_be()? {
        0 => false,
        1 => true,
        _ => return Some(Err(broken("header", "its compression is not read here"))),
    };
    if mode == Mode::Palette && palette.len() < 768 {
        return Some(Err(broken("header", "its palette is too short")));
    }
    Some(Ok(Document {
        width,
        height,
        depth,
        mode,
        alpha,
        palette,
        profile,
        packed,
        length: if large { 4 } else { 2 },
        channels,
        data: reader.rest(),
    }))
}

/// Bytes behind their number.
fn section<'a>(reader: &mut Reader<'a>, large: bool) -> Option<&'a [u8]> {
    let above = if large { reader.u32_be()? } else { 0 };
    let length = u64::from(above) << 32 | u64::from(reader.u32_be()?);
    reader.take(usize::try_from(length).ok()?)
}

/// The profile among a document's resources.
fn profile(resources: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(resources);
    loop {
        reader.take(4)?;
        let kind = reader.u16_be()?;
        // A name behind its length, both together of an even number of bytes.
        let name = usize::from(reader.u8()?);
        reader.take(name | 1)?;
        let data = section(&mut reader, false)?;
        if kind == 1039 {
            return Some(data);
        }
        if data.len() % 2 == 1 {
            reader.u8()?;
        }
    }
}

/// A number of layers below zero says that the first channel beyond the colours is what there is of the picture.
fn merged_is_transparent(layers: &[u8], large: bool) -> bool {
    let mut reader = Reader::new(layers);
    let _length = reader.take(if large { 8 } else { 4 });
    reader.u16_be().is_some_and(|count| count.cast_signed() < 0)
}
