//! What a file says about itself before a pixel is decoded.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Animation, Format, Model, Shape};

/// Profiles that are longer count as none. The largest that printers publish, for four inks, have about
/// three megabytes; what is longer only costs memory while a request waits.
pub(super) const PROFILE_BYTES: usize = 4 << 20;

/// What ten scans cost, which is what encoders make, beside one.
const SCANS: u64 = 4;

/// A file's header, as far as plan and `/info` need it.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own"
)]
pub struct Header {
    /// By signature.
    pub format: Format,
    /// Stored width in pixels, before orientation, at least 1.
    pub width: u32,
    /// Stored height in pixels, before orientation, at least 1.
    pub height: u32,
    /// What an unscaled decode hands out.
    pub model: Model,
    /// Nothing is transparent, though there is room for that in what is handed out.
    pub opaque: bool,
    /// Bits per sample in the file.
    pub bit_depth: u8,
    /// Whether [`open_deep`](super::deep::open_deep) hands out more than 8 of them.
    pub deep: bool,
    /// How the stored picture is turned for display.
    pub orientation: Orientation,
    /// The EXIF orientation that the file states, 1 to 8; `None` where it says nothing.
    pub stated: Option<u16>,
    /// What the sample values mean.
    pub colour: Colour,
    /// Progressive or multi-scan JPEG, interlaced PNG.
    pub progressive: bool,
    /// The decoder holds all of the picture before it hands out the first row, whatever the reason.
    pub buffered: bool,
    /// Frames of an animation, or pages; 1 for a still picture.
    pub frames: u32,
    /// Which of its pages this is of, from 0: another than the first where pages are pictures of their own.
    pub page: u32,
    /// What is said of all frames, where there are several.
    pub animation: Option<Animation>,
    /// Bytes that the decoder holds where no formula could tell from the rest of the header, such as a document's nodes; else 0.
    pub held: u64,
    /// Nanoseconds, about, that reading takes where no formula could tell, such as of pictures in a drawing; else 0.
    pub reading: u64,
    /// What the format calls its layout, for `/info`: `4:2:0`, `palette`, `lossless`, … may be empty.
    pub detail: &'static str,
}

/// The meaning of sample values, by the strongest statement in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Colour {
    /// sRGB, or nothing said.
    Srgb,
    /// An embedded ICC profile.
    Icc(Arc<[u8]>),
    /// ITU-T H.273 code points (PNG cICP): primaries, transfer, full range.
    Cicp {
        /// Colour primaries.
        primaries: u8,
        /// Transfer characteristics.
        transfer: u8,
        /// Full range; RGB is always so.
        full_range: bool,
    },
    /// PNG gAMA (and cHRM): file gamma (about 0.45455 for sRGB-like) and primaries.
    Gamma {
        /// The exponent of the encoding, as in gAMA divided by 100,000.
        gamma: f32,
        /// White point and primaries, where the file gives them.
        chromaticities: Option<Chromaticities>,
    },
}

impl Colour {
    /// What an embedded profile says, if it isn't longer than any that is read.
    pub(super) fn embedded(profile: &[u8]) -> Self {
        if profile.len() > PROFILE_BYTES {
            Self::Srgb
        } else {
            Self::Icc(Arc::from(profile))
        }
    }
}

/// CIE xy of the white point and the three primaries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chromaticities {
    /// White point.
    pub white: (f32, f32),
    /// Red.
    pub red: (f32, f32),
    /// Green.
    pub green: (f32, f32),
    /// Blue.
    pub blue: (f32, f32),
}

/// The eight EXIF orientations.
///
/// The stored picture is mirrored left-right first if `mirror`, then turned clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orientation {
    /// Mirrored left-right before the turn.
    pub mirror: bool,
    /// Quarter turns clockwise, 0 to 3.
    pub quarters: u8,
}

impl Orientation {
    /// From the EXIF tag; anything but 1 to 8 counts as upright.
    pub fn from_exif(tag: u16) -> Self {
        let (mirror, quarters) = match tag {
            2 => (true, 0),
            3 => (false, 2),
            4 => (true, 2),
            5 => (true, 3),
            6 => (false, 1),
            7 => (true, 1),
            8 => (false, 3),
            _ => (false, 0),
        };
        Self { mirror, quarters }
    }

    /// The EXIF tag, 1 to 8.
    pub fn exif(self) -> u16 {
        (1..=8)
            .find(|&tag| Self::from_exif(tag) == self)
            .unwrap_or(1)
    }

    /// This turn, and that one after it.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        // A mirror behind a turn is the same mirror before the opposite turn.
        let quarters = if next.mirror {
            4 - self.quarters % 4
        } else {
            self.quarters
        };
        Self {
            mirror: self.mirror != next.mirror,
            quarters: (quarters + next.quarters) % 4,
        }
    }

    /// Whether stored columns, and stored rows, are shown in the other direction.
    pub fn reverses(self) -> (bool, bool) {
        let across = matches!(self.quarters % 4, 2 | 3);
        let down = matches!(self.quarters % 4, 1 | 2);
        (across != self.mirror, down)
    }

    /// Whether width and height change places.
    pub fn swaps(self) -> bool {
        self.quarters % 2 == 1
    }
}

/// A side that a file states in fractions of a pixel, in whole ones, at least 1; `None` where it is nothing, or longer than `most`.
pub(super) fn whole_side(side: f64, most: u32) -> Option<u32> {
    if !(side > 0.0 && side <= f64::from(most)) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to the limit"
    )]
    let whole = side.round().max(1.0) as u32;
    Some(whole)
}

impl Header {
    /// Size and layout of an unscaled decode.
    pub fn shape(&self) -> Shape {
        Shape {
            width: self.width,
            height: self.height,
            model: self.model,
        }
    }

    /// Size in pixels as shown, after orientation.
    pub fn displayed(&self) -> (u32, u32) {
        if self.orientation.swaps() {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        }
    }

    /// Nanoseconds, about, that decoding a pixel takes.
    pub fn pixel_nanoseconds(&self) -> u64 {
        let (reading, _) = self.format.row().nanoseconds;
        // The codes of a picture that its decoder holds as a whole are read again for each scan.
        u64::from(reading) * if self.buffered { SCANS } else { 1 }
    }

    /// Bytes that the header itself holds.
    pub fn held_bytes(&self) -> u64 {
        match &self.colour {
            Colour::Icc(profile) => profile.len() as u64,
            _ => 0,
        }
    }

    /// Whether the picture may be transparent anywhere.
    pub fn has_alpha(&self) -> bool {
        self.model.has_alpha() && !self.opaque
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exif_tags_round_trip() {
        for tag in 1..=8 {
            assert_eq!(Orientation::from_exif(tag).exif(), tag);
        }
        assert_eq!(Orientation::from_exif(9), Orientation::default());
    }
}
