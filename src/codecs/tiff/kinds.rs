//! What there may be in a TIFF.

/// How a strip or tile is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Stored,
    PackBits,
    Lzw,
    Deflate,
    Zstd,
    /// Modified Huffman: fax rows that begin on a byte each, without marks between them.
    FaxRows,
    /// Fax group 3; in two dimensions where that is set.
    Fax3 {
        two: bool,
    },
    Fax4,
    Jpeg,
    WebP,
}

impl Packing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stored => "",
            Self::PackBits => "packbits",
            Self::Lzw => "lzw",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
            Self::FaxRows | Self::Fax3 { .. } => "fax group 3",
            Self::Fax4 => "fax group 4",
            Self::Jpeg => "jpeg",
            Self::WebP => "webp",
        }
    }

    /// Whether a strip or tile is a picture of its own.
    pub(super) fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::WebP)
    }

    pub(super) fn is_fax(self) -> bool {
        matches!(self, Self::FaxRows | Self::Fax3 { .. } | Self::Fax4)
    }
}

/// What the samples of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Grey {
        /// The least value is white.
        white_is_zero: bool,
    },
    Rgb,
    Palette,
    Inks,
    /// Luma and chroma, which is shared by so many columns and rows.
    Ycc {
        across: u8,
        down: u8,
    },
    /// CIELAB; as ICC profiles code it, or with signed numbers.
    Lab {
        icc: bool,
    },
}

impl Meaning {
    /// Samples that are colour.
    pub(super) fn colours(self) -> u8 {
        match self {
            Self::Grey { .. } | Self::Palette => 1,
            Self::Rgb | Self::Ycc { .. } | Self::Lab { .. } => 3,
            Self::Inks => 4,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Unsigned,
    Signed,
    Float,
}

/// What was taken away from samples before they were packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prediction {
    None,
    /// The sample to the left.
    Left,
    /// The same for the bytes of floats, the first ones of all samples first.
    Float,
}

/// A sample that says how much of a pixel is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alpha {
    /// Which of the pixel's samples.
    pub(super) at: u8,
    /// The colours are multiplied by it.
    pub(super) multiplied: bool,
}
