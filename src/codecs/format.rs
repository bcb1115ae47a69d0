//! The table of formats.

use serde::{Deserialize, Serialize};

/// A format that is read, written or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// JPEG (JFIF, EXIF), 8 bit.
    Jpeg,
    /// PNG.
    Png,
    /// WebP, lossy and lossless.
    WebP,
    /// GIF, all of its frames.
    Gif,
    /// TIFF, one of its pages.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// Windows icon, its largest entry.
    Ico,
    /// Quite OK Image.
    Qoi,
    /// Netpbm: PBM, PGM, PPM, PAM.
    Pnm,
    /// Scalable Vector Graphics.
    Svg,
    /// AVIF, its picture or the one that an animation names.
    Avif,
    /// Photoshop document, its merged picture.
    Psd,
    /// JPEG XL, its first picture.
    Jxl,
    /// Portable Document Format, one of its pages.
    Pdf,
    /// Truevision's TGA.
    Tga,
    /// Radiance, whose samples are light without a limit.
    Hdr,
    /// HEIC, its picture, in programs that are built to read it.
    Heic,
}

/// What a format is called and what it can do.
#[derive(Debug)]
pub struct FormatRow {
    /// Which one.
    pub format: Format,
    /// Canonical name, as in `type=` and in `/info`.
    pub name: &'static str,
    /// Other names that `type=` takes.
    pub aliases: &'static [&'static str],
    /// Media type of answers.
    pub media_type: &'static str,
    /// Whether answers can be written in it.
    pub writes: bool,
    /// Whether a written file can hold transparency.
    pub alpha: bool,
    /// Most pixels along a side of a written file.
    pub max_side: u32,
    /// Quality when the client asks for none; `None` for a lossless format.
    pub quality: Option<u8>,
    /// Bits that a sample of a written file may have, fewest first.
    pub depths: &'static [u8],
    /// Nanoseconds that reading a pixel takes, about, and writing one; what they make for a whole picture is put right by what was measured.
    pub nanoseconds: (u32, u32),
}

/// Every format, most common first.
pub const FORMATS: &[FormatRow] = &[
    FormatRow {
        format: Format::Jpeg,
        name: "jpeg",
        aliases: &["jpg"],
        media_type: "image/jpeg",
        writes: true,
        alpha: false,
        max_side: 65_500,
        quality: Some(80),
        depths: &[8],
        nanoseconds: (2, 6),
    },
    FormatRow {
        format: Format::Png,
        name: "png",
        aliases: &[],
        media_type: "image/png",
        writes: true,
        alpha: true,
        max_side: i32::MAX as u32,
        quality: None,
        depths: &[8, 16],
        nanoseconds: (5, 20),
    },
    FormatRow {
        format: Format::WebP,
        name: "webp",
        aliases: &[],
        media_type: "image/webp",
        writes: true,
        alpha: true,
        max_side: 16_383,
        quality: Some(80),
        depths: &[8],
        nanoseconds: (10, 80),
    },
    FormatRow {
        writes: true,
        alpha: true,
        max_side: 65_535,
        nanoseconds: (10, 100),
        ..read_only(Format::Gif, "gif", &[], "image/gif")
    },
    FormatRow {
        writes: true,
        alpha: true,
        max_side: 1 << 20,
        depths: &[8, 16],
        nanoseconds: (10, 2),
        ..read_only(Format::Tiff, "tiff", &["tif"], "image/tiff")
    },
    read_only(Format::Bmp, "bmp", &[], "image/bmp"),
    read_only(Format::Ico, "ico", &[], "image/x-icon"),
    read_only(Format::Qoi, "qoi", &[], "image/qoi"),
    read_only(Format::Pnm, "pnm", &[], "image/x-portable-anymap"),
    // For a pixel that is made, a few times over.
    FormatRow {
        nanoseconds: (40, 0),
        ..read_only(Format::Svg, "svg", &[], "image/svg+xml")
    },
    FormatRow {
        writes: true,
        alpha: true,
        max_side: 16_384,
        quality: Some(75),
        depths: &[8, 10, 12],
        nanoseconds: (80, 300),
        ..read_only(Format::Avif, "avif", &[], "image/avif")
    },
    read_only(Format::Psd, "psd", &[], "image/vnd.adobe.photoshop"),
    FormatRow {
        nanoseconds: (100, 0),
        ..read_only(Format::Jxl, "jxl", &[], "image/jxl")
    },
    // For a pixel that is made, too.
    FormatRow {
        nanoseconds: (40, 0),
        ..read_only(Format::Pdf, "pdf", &[], "application/pdf")
    },
    read_only(Format::Tga, "tga", &[], "image/x-tga"),
    FormatRow {
        nanoseconds: (30, 0),
        ..read_only(Format::Hdr, "hdr", &[], "image/vnd.radiance")
    },
    FormatRow {
        nanoseconds: (60, 0),
        ..read_only(Format::Heic, "heif", &["heic"], "image/heic")
    },
];

const fn read_only(
    format: Format,
    name: &'static str,
    aliases: &'static [&'static str],
    media_type: &'static str,
) -> FormatRow {
    FormatRow {
        format,
        name,
        aliases,
        media_type,
        writes: false,
        alpha: false,
        max_side: 0,
        quality: None,
        depths: &[8],
        nanoseconds: (10, 0),
    }
}

impl FormatRow {
    /// The fewest bits of a sample that hold so many, or the most that there are.
    pub fn depth(&self, bits: u8) -> u8 {
        let enough = self.depths.iter().find(|&&depth| depth >= bits);
        enough.or(self.depths.last()).copied().unwrap_or(8)
    }
}

impl Format {
    /// Whether this program was built to read it.
    pub const fn is_built(self) -> bool {
        match self {
            Self::Pdf => super::pdf::IS_BUILT,
            Self::Heic => super::avif::READS_HEIC,
            _ => true,
        }
    }

    /// Its row in the table.
    pub fn row(self) -> &'static FormatRow {
        FORMATS
            .iter()
            .find(|row| row.format == self)
            .expect("every format has a row, see the test")
    }

    /// Its canonical name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The format of that name or alias, in any case.
    pub fn named(name: &str) -> Option<&'static FormatRow> {
        FORMATS.iter().find(|row| {
            row.name.eq_ignore_ascii_case(name)
                || row.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_are_the_fewest_bits_that_will_do() {
        for (format, asked, got) in [
            (Format::Jpeg, 16, 8),
            (Format::Png, 8, 8),
            (Format::Png, 9, 16),
            (Format::Tiff, 32, 16),
            (Format::Avif, 9, 10),
            (Format::Avif, 12, 12),
            (Format::Avif, 16, 12),
        ] {
            assert_eq!(format.row().depth(asked), got, "{format:?} {asked}");
        }
    }

    #[test]
    fn every_format_has_one_row_in_order() {
        for (index, row) in FORMATS.iter().enumerate() {
            assert_eq!(row.format as usize, index);
            assert_eq!(row.format.row().name, row.name);
        }
        assert_eq!(FORMATS.len(), Format::Heic as usize + 1);
    }
}
