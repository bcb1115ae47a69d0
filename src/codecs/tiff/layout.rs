//! What a directory says of its picture, judged before anything is held for it.

use super::broken;
use super::directory::{Directory, File, Values};
use super::kinds::{Alpha, Meaning, Number, Packing, Prediction};
use super::tags::{self, unread};
use super::within;
use crate::codecs::{Error, Header, Model};

/// Samples of a pixel, at most; those that are no colour and no alpha are passed over.
const SAMPLES: u64 = 16;

/// Columns, and bytes of a row as it is stored, at most: whether to go on is asked by the row.
const COLUMNS: u32 = 1 << 20;
const ROW_BYTES: usize = 8 << 20;

/// Strips or tiles, at most.
const CHUNKS: u64 = 1 << 20;

/// Columns and rows of a tile, beyond the picture's.
const TILE_EXCESS: u32 = 4096;

/// Pixels of all tiles together: of the picture so many times, and so many more.
const TILED: (u64, u64) = (4, 1 << 24);

/// Bytes of tables that all strips of JPEG share, at most: four of each kind are seven thousand.
const TABLE_BYTES: usize = 1 << 16;

/// A picture's layout in its file.
#[derive(Clone, Debug)]
pub(super) struct Layout<'a> {
    pub(super) file: File<'a>,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) meaning: Meaning,
    pub(super) alpha: Option<Alpha>,
    /// Samples of a pixel, as they are stored.
    pub(super) samples: u8,
    /// Of each sample, 1 to 64.
    pub(super) bits: u8,
    pub(super) number: Number,
    /// Each sample has strips or tiles of its own.
    pub(super) planar: bool,
    pub(super) packing: Packing,
    pub(super) prediction: Prediction,
    /// Bits of a byte are stored the other way round.
    pub(super) reversed: bool,
    pub(super) tiled: bool,
    /// Size of a strip or tile; the last strip may be shorter.
    pub(super) chunk: (u32, u32),
    pub(super) offsets: Values<'a>,
    pub(super) lengths: Option<Values<'a>>,
    /// Of a palette: all reds, greens and blues.
    pub(super) palette: Option<Values<'a>>,
    /// What all strips of JPEG share.
    pub(super) tables: &'a [u8],
    /// Weights of red, green and blue in luma.
    pub(super) luma: [f32; 3],
    /// Black and white of luma, and of the two chromas.
    pub(super) range: [f32; 6],
    /// Of strips or tiles that are pictures of their own, that of the first.
    pub(super) first: Option<Box<Header>>,
}

impl<'a> Layout<'a> {
    /// Reads and judges it.
    pub(super) fn read(directory: &Directory<'a>) -> Result<Self, Error> {
        let side = |tag| side(directory, tag);
        let (Some(width), Some(height)) = (side(256), side(257)) else {
            return Err(broken("header", "it has no size"));
        };
        let packing = tags::packing(directory)?;
        let bits = tags::depth(directory)?;
        let samples = match directory.number(277).unwrap_or(1) {
            count @ 1..=SAMPLES => u8::try_from(count).unwrap_or(1),
            _ => return Err(unread("it has more samples in a pixel than are read")),
        };
        let meaning = tags::meaning(directory, packing, samples)?;
        if meaning.colours() > samples {
            return Err(broken(
                "header",
                "its pixels have fewer samples than colours",
            ));
        }
        let (tiled, chunk) = chunk(directory, (width, height))?;
        let (offsets, lengths) = if tiled { (324, 325) } else { (273, 279) };
        let offsets = directory.find(offsets);
        let mut layout = Self {
            file: directory.file,
            width,
            height,
            meaning,
            alpha: tags::alpha(directory, meaning, samples),
            samples,
            bits,
            number: tags::number(directory)?,
            planar: samples > 1 && directory.number(284) == Some(2),
            packing,
            prediction: tags::prediction(directory, packing)?,
            reversed: directory.number(266) == Some(2),
            tiled,
            chunk,
            offsets: offsets
                .ok_or_else(|| broken("header", "it doesn't say where its pixels are"))?,
            lengths: directory.find(lengths),
            palette: directory.find(320),
            tables: directory
                .find(347)
                .and_then(|t| t.bytes())
                .unwrap_or_default(),
            luma: tags::weights(directory),
            range: tags::range(directory),
            first: None,
        };
        if layout.tables.len() > TABLE_BYTES {
            return Err(broken("header", "its tables are longer than any are"));
        }
        layout.judge()?;
        if layout.packing.is_picture() {
            layout.first = Some(Box::new(within::first(&layout)?));
        }
        Ok(layout)
    }

    /// Refuses what can't be read, or asks for more than the picture explains.
    fn judge(&self) -> Result<(), Error> {
        let chunks = self.chunks();
        if chunks > CHUNKS {
            return Err(Error::TooComplex {
                what: "strips or tiles".into(),
                limit: CHUNKS,
                actual: chunks,
            });
        }
        // The list itself has to be there, so that nothing is done so many times for a file of no length.
        if self.offsets.number(chunks - 1).is_none() {
            return Err(broken(
                "header",
                "it has fewer strips or tiles than its size asks for",
            ));
        }
        if self.width > COLUMNS || self.raw_bytes() > ROW_BYTES {
            return Err(Error::TooComplex {
                what: "columns of a TIFF".into(),
                limit: u64::from(COLUMNS),
                actual: u64::from(self.width),
            });
        }
        let (width, height) = self.chunk;
        // All of a tile is unpacked, whatever of it is seen.
        let seen = u64::from(self.width) * u64::from(self.height);
        let tiled = (u64::from(self.across()) * u64::from(width))
            .saturating_mul(u64::from(self.down()) * u64::from(height));
        if width > self.width.saturating_add(TILE_EXCESS)
            || height > self.height.saturating_add(TILE_EXCESS)
            || (self.tiled && tiled > seen.saturating_mul(TILED.0).saturating_add(TILED.1))
        {
            return Err(broken(
                "header",
                "its tiles are larger than its size explains",
            ));
        }
        self.judge_samples()
    }

    fn judge_samples(&self) -> Result<(), Error> {
        let deep = match self.number {
            Number::Float => matches!(self.bits, 16 | 24 | 32 | 64),
            _ => matches!(self.bits, 1..=32 | 64),
        };
        let whole = matches!(self.bits, 8 | 16 | 32 | 64);
        let fits = match self.meaning {
            Meaning::Palette => self.bits <= 8 && self.number != Number::Float,
            Meaning::Ycc { across, down } => {
                self.bits == 8 && (!self.planar || (across, down) == (1, 1))
            }
            Meaning::Lab { .. } => matches!(self.bits, 8 | 16),
            _ => deep,
        };
        let predicted = match self.prediction {
            Prediction::None => true,
            Prediction::Left => {
                whole && !matches!(self.meaning, Meaning::Ycc { across, down } if across * down > 1)
            }
            Prediction::Float => self.number == Number::Float,
        };
        let packed = match self.packing {
            kind if kind.is_fax() => self.bits == 1 && (self.planar || self.samples == 1),
            Packing::Jpeg | Packing::WebP => self.bits == 8,
            _ => true,
        };
        if !(fits && predicted && packed) {
            return Err(unread("its samples are of a kind that is not read here"));
        }
        if self.meaning == Meaning::Palette {
            let colours = self.palette.map_or(0, |palette| palette.count);
            if colours < 3 << self.bits {
                return Err(broken("header", "its palette is too short"));
            }
        }
        Ok(())
    }

    /// What is handed out, unless strips or tiles are pictures of their own.
    pub(super) fn model(&self) -> Model {
        match (self.meaning, self.alpha) {
            (Meaning::Grey { .. }, None) => Model::Gray,
            (Meaning::Grey { .. }, Some(_)) => Model::GrayAlpha,
            (Meaning::Inks, _) => Model::Cmyk,
            (Meaning::Rgb, Some(_)) => Model::Rgba,
            _ => Model::Rgb,
        }
    }

    /// Whether samples have 16 bits that can be handed out as they are, but for white and alpha.
    pub(super) fn is_deep(&self) -> bool {
        let meant = matches!(self.meaning, Meaning::Grey { .. } | Meaning::Rgb);
        meant && self.bits == 16 && self.number == Number::Unsigned
    }

    /// Which samples of a pixel are looked at: colours, and alpha behind them.
    pub(super) fn used(&self) -> impl Iterator<Item = u8> + use<> {
        let alpha = self.alpha.map(|alpha| alpha.at);
        (0..self.meaning.colours()).chain(alpha)
    }

    /// Strips or tiles that lie beside each other, for each plane.
    pub(super) fn across(&self) -> u32 {
        self.width.div_ceil(self.chunk.0)
    }

    /// And one below the other.
    pub(super) fn down(&self) -> u32 {
        self.height.div_ceil(self.chunk.1)
    }

    /// Strips or tiles of all planes.
    pub(super) fn chunks(&self) -> u64 {
        let plane = u64::from(self.across()) * u64::from(self.down());
        plane.saturating_mul(u64::from(self.planes()))
    }

    /// Planes that are stored.
    pub(super) fn planes(&self) -> u8 {
        if self.planar { self.samples } else { 1 }
    }

    /// Rows of the strip or tile in that row of them; a strip ends with the picture.
    pub(super) fn rows_of(&self, row: u32) -> u32 {
        let rest = self.height - (row * self.chunk.1).min(self.height);
        self.chunk.1.min(rest)
    }

    /// Bytes of a row of a strip or tile before compression, or of the rows that share chroma.
    pub(super) fn raw_bytes(&self) -> usize {
        let width = self.chunk.0 as usize;
        if let Meaning::Ycc { across, down } = self.meaning
            && !self.planar
            && across * down > 1
        {
            let (across, down) = (usize::from(across), usize::from(down));
            // Samples that are no colour can't be there where chroma is shared.
            return width.div_ceil(across) * (across * down + 2);
        }
        let samples = usize::from(self.samples / self.planes());
        (width * samples * usize::from(self.bits)).div_ceil(8)
    }
}

fn side(directory: &Directory<'_>, tag: u16) -> Option<u32> {
    let side = directory.number(tag)?;
    let side = u32::try_from(side).ok()?;
    (side > 0 && i32::try_from(side).is_ok()).then_some(side)
}

/// Whether there are tiles, and their size or that of strips.
fn chunk(
    directory: &Directory<'_>,
    (width, height): (u32, u32),
) -> Result<(bool, (u32, u32)), Error> {
    if directory.find(322).is_some() || directory.find(324).is_some() {
        let sides = side(directory, 322).zip(side(directory, 323));
        let sides = sides.ok_or_else(|| broken("header", "its tiles have no size"))?;
        return Ok((true, sides));
    }
    let rows = directory.number(278).filter(|&rows| rows > 0);
    let rows = rows.and_then(|rows| u32::try_from(rows).ok());
    Ok((false, (width, rows.unwrap_or(height).min(height))))
}
