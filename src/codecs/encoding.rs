//! How a file is written: its format, and what may be chosen there.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{Format, Model};

/// What a picture may be stored as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Whatever holds it in the least bytes, such as a palette of greys.
    #[default]
    Smallest,
    /// Grey as grey, colours as colours: as a profile beside it is for one or the other (PNG 11.3.2.3).
    Own,
}

/// How to write a picture.
///
/// What has no meaning in the format is as in [`Encoding::plain`], so that equal files have equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoding {
    /// The format; its row has `writes` set.
    pub format: Format,
    /// 1 to 100 on the format's own scale; 100 where it has no meaning.
    pub quality: u8,
    /// Coarse first, then finer: a progressive JPEG, an Adam7 PNG, a GIF in four passes.
    pub interlaced: bool,
    /// PNG of a palette, whatever has to be left out for that; the quality says how much may be.
    pub palette: bool,
    /// PNG: what the picture may be stored as.
    pub kind: Kind,
    /// PNG: effort, 1 to 9; `None` for what suits the picture.
    pub compression: Option<u8>,
    /// Bits of a sample, one of its row's: more than 8 by `deep::encode_deep` alone.
    pub depth: u8,
    /// WebP that keeps every sample, but for `near`.
    pub lossless: bool,
    /// WebP: how near to their own the samples of a lossless file stay, 0 to 100; `None` for exactly.
    pub near: Option<u8>,
    /// AVIF: haste, 0 to 10, which is quickest; `None` for what suits a server.
    pub speed: Option<u8>,
    /// JPEG and AVIF of colours: columns and rows of pixels that share their chroma.
    pub chroma: (u8, u8),
}

/// Four pixels share their chroma: what eyes hardly see, and formats do by default.
const SHARED: (u8, u8) = (2, 2);

impl Encoding {
    /// A format's usual way.
    pub const fn plain(format: Format, quality: u8) -> Self {
        Self {
            format,
            quality,
            interlaced: false,
            palette: false,
            kind: Kind::Smallest,
            depth: 8,
            compression: None,
            lossless: false,
            near: None,
            speed: None,
            chroma: SHARED,
        }
    }

    /// Without what has no meaning in the format.
    #[must_use]
    pub fn meant(self) -> Self {
        let Self { format, .. } = self;
        let palette = self.palette && format == Format::Png;
        let lossless = self.lossless && format == Format::WebP;
        let lossy = format.row().quality.is_some() && !lossless;
        let in_palette = palette || format == Format::Gif;
        Self {
            format,
            // One value keeps equal answers equal.
            quality: if lossy || in_palette {
                self.quality
            } else {
                100
            },
            interlaced: self.interlaced
                && matches!(format, Format::Jpeg | Format::Png | Format::Gif),
            palette,
            kind: if format == Format::Png {
                self.kind
            } else {
                Kind::Smallest
            },
            depth: format.row().depth(self.depth),
            compression: self.compression.filter(|_| format == Format::Png),
            lossless,
            near: self.near.filter(|&near| lossless && near < 100),
            speed: self.speed.filter(|_| format == Format::Avif),
            chroma: if matches!(format, Format::Jpeg | Format::Avif) {
                self.chroma
            } else {
                SHARED
            },
        }
    }

    /// The same for a picture without colours.
    #[must_use]
    pub(crate) fn of_greys(self) -> Self {
        Self {
            chroma: SHARED,
            ..self
        }
    }

    /// The layout of what is written as planes of luma and chroma.
    pub(crate) fn planes(self) -> Model {
        let (across, down) = self.chroma;
        Model::YCbCr { across, down }
    }

    /// Appends it as text that is equal for equal files.
    pub(crate) fn write(self, text: &mut String) {
        text.push_str(self.format.name());
        // Writing to a string can't fail.
        let _ok = write!(text, " q{}", self.quality);
        for (set, word) in [
            (self.interlaced, " interlaced"),
            (self.palette, " palette"),
            (self.lossless, " lossless"),
        ] {
            text.push_str(if set { word } else { "" });
        }
        if self.depth > 8 {
            let _ok = write!(text, " of {} bit", self.depth);
        }
        if let Some(effort) = self.compression {
            let _ok = write!(text, " compression {effort}");
        }
        if let Some(near) = self.near {
            let _ok = write!(text, " near {near}");
        }
        if let Some(speed) = self.speed {
            let _ok = write!(text, " speed {speed}");
        }
        text.push_str(match self.chroma {
            (1, _) => " colour of each pixel",
            (_, 1) => " colour of each two",
            _ => "",
        });
    }

    /// Nanoseconds that writing a pixel takes, about.
    pub fn nanoseconds(self) -> u64 {
        let (_, usual) = self.format.row().nanoseconds;
        let usual = u64::from(usual);
        match self.format {
            Format::WebP if self.lossless => 300,
            Format::Avif => {
                let usual = if self.depth > 8 { usual * 3 / 2 } else { usual };
                let usual = if self.chroma == SHARED {
                    usual
                } else {
                    usual * 5 / 4
                };
                match self.speed {
                    Some(..=5) => usual * 5,
                    Some(9..) => usual / 4,
                    _ => usual,
                }
            }
            Format::Jpeg if self.interlaced => usual * 3,
            Format::Png if self.palette => usual + 150,
            Format::Png => {
                // Low bytes are noise, in which repetitions are long looked for.
                let usual = if self.depth > 8 { usual * 10 } else { usual };
                match self.compression {
                    Some(8..) => usual * 10,
                    Some(7) => usual * 4,
                    _ => usual,
                }
            }
            _ => usual,
        }
    }

    /// Whether every sample stays as it is, or nearly.
    pub fn is_lossless(self) -> bool {
        self.lossless || self.format.row().quality.is_none()
    }
}
