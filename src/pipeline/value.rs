//! Values that parameters take: fit, gravity, colour, pixel ratio.

use serde::{Deserialize, Serialize};

use super::parameter;

/// How a picture fits into width and height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Whole picture, inside the box.
    Inside,
    /// Box filled, the rest cut by gravity.
    Cover,
    /// Whole picture, box padded with the background.
    Contain,
    /// Stretched to the box.
    Fill,
    /// The box inside the picture, nothing cut.
    Outside,
}

impl Fit {
    /// By its name or one that other services use.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "inside" | "scale-down" | "bounds" => Self::Inside,
            "cover" | "crop" => Self::Cover,
            "contain" | "pad" => Self::Contain,
            "fill" | "stretch" | "squeeze" | "force" => Self::Fill,
            "outside" => Self::Outside,
            _ => return None,
        })
    }

    /// Canonical name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Cover => "cover",
            Self::Contain => "contain",
            Self::Fill => "fill",
            Self::Outside => "outside",
        }
    }
}

/// What the samples of an answer mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Space {
    /// sRGB, which needs no profile.
    #[default]
    Srgb,
    /// Display P3: sRGB's white and curve, and more saturated primaries.
    P3,
    /// What the source's samples mean; colours that are named, and other pictures, are taken there.
    Source,
    /// The same, but what is drawn over the picture, or lies behind it, is taken by its numbers.
    Stored,
}

/// Whether a picture may become larger than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enlarge {
    /// Never.
    Never,
    /// It stays as it is where both of its sides are smaller than the box, else it may.
    UnlessSmaller,
    /// Always.
    Always,
}

/// What fills a canvas beside the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extend {
    /// The picture's edge, repeated outwards.
    Copy,
    /// The picture, mirrored at its edge again and again.
    Mirror,
    /// Zeros: black, or transparent where there is alpha.
    Black,
    /// Opaque white.
    White,
    /// The background.
    Background,
}

impl Extend {
    /// By its name, in any case and with spaces around it, as imaginary takes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "copy" => Self::Copy,
            "mirror" => Self::Mirror,
            "black" => Self::Black,
            "white" => Self::White,
            "background" | "lastpixel" => Self::Background,
            _ => return None,
        })
    }
}

/// A point of the picture, each coordinate from 0 (left, top) to 1 (right, bottom).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gravity {
    /// What is cut away is divided in this proportion: 0.5 cuts as much on either side.
    Side {
        /// Across.
        x: f64,
        /// Down.
        y: f64,
    },
    /// This point of the picture comes as near to the middle of the cut as it can.
    Focus {
        /// Across.
        x: f64,
        /// Down.
        y: f64,
    },
    /// What draws the eye. Only pixels say where that is.
    Smart,
}

impl Default for Gravity {
    fn default() -> Self {
        Self::Side { x: 0.5, y: 0.5 }
    }
}

impl Gravity {
    /// A compass point, a side, or `x,y`; in any case, with spaces around it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (x, y) = match text.as_str() {
            "centre" | "center" | "c" => (0.5, 0.5),
            "north" | "top" | "n" => (0.5, 0.0),
            "northeast" | "top-right" | "ne" => (1.0, 0.0),
            "east" | "right" | "e" => (1.0, 0.5),
            "southeast" | "bottom-right" | "se" => (1.0, 1.0),
            "south" | "bottom" | "s" => (0.5, 1.0),
            "southwest" | "bottom-left" | "sw" => (0.0, 1.0),
            "west" | "left" | "w" => (0.0, 0.5),
            "northwest" | "top-left" | "nw" => (0.0, 0.0),
            "smart" | "auto" | "attention" => return Some(Self::Smart),
            _ => {
                let (x, y) = text.split_once(',')?;
                let part = |text: &str| {
                    parameter::decimal(text.trim()).filter(|v| (0.0..=1.0).contains(v))
                };
                return Some(Self::Focus {
                    x: part(x)?,
                    y: part(y)?,
                });
            }
        };
        Some(Self::Side { x, y })
    }

    /// As imaginary takes it: five words, and the centre for all others.
    pub(super) fn loose(text: &str) -> Self {
        const KNOWN: [&str; 5] = ["north", "south", "east", "west", "smart"];
        let text = text.trim().to_ascii_lowercase();
        let known = KNOWN.contains(&text.as_str());
        Self::parse(&text).filter(|_| known).unwrap_or_default()
    }

    /// Where a cut of `part` begins in a length of `whole`, across or down. Both at least 0, `part <= whole`.
    pub(super) fn place(self, axis: Axis, whole: f64, part: f64) -> f64 {
        let free = (whole - part).max(0.0);
        let (point, focus) = match (self, axis) {
            (Self::Smart, _) => (0.5, false),
            (Self::Side { x, .. }, Axis::Across) => (x, false),
            (Self::Side { y, .. }, Axis::Down) => (y, false),
            (Self::Focus { x, .. }, Axis::Across) => (x, true),
            (Self::Focus { y, .. }, Axis::Down) => (y, true),
        };
        if focus {
            (point * whole - part / 2.0).clamp(0.0, free)
        } else {
            point * free
        }
    }
}

/// One of the two directions in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// Along a row.
    Across,
    /// Along a column.
    Down,
}

/// An sRGB colour with straight alpha, 8 bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Colour {
    /// Red, green, blue, alpha.
    pub rgba: [u8; 4],
}

impl Colour {
    /// Opaque white.
    pub const WHITE: Self = Self {
        rgba: [255, 255, 255, 255],
    };
    /// Opaque black.
    pub const BLACK: Self = Self {
        rgba: [0, 0, 0, 255],
    };
    /// Nothing there.
    pub const TRANSPARENT: Self = Self { rgba: [0, 0, 0, 0] };

    /// The colour that it makes on white paper.
    pub(super) fn on_white(self) -> Self {
        let [r, g, b, alpha] = self.rgba;
        let mix = |sample: u8| {
            let sum = u32::from(sample) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
        };
        Self {
            rgba: [mix(r), mix(g), mix(b), 255],
        }
    }

    /// Whether red, green and blue are equal.
    pub(super) fn is_grey(self) -> bool {
        let [r, g, b, _] = self.rgba;
        r == g && g == b
    }

    /// As imaginary takes it: numbers of which three count, and what is none is 0. Fewer are none, rather than its crash.
    pub(super) fn loose(text: &str) -> Option<Self> {
        let part = |text: &str| match text.trim().parse::<f64>() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a float saturates"
            )]
            Ok(number) => number as u8,
            Err(_) => 0,
        };
        let parts: Vec<u8> = text.split(',').map(part).collect();
        match *parts {
            [r, g, b, ..] => Some(Self {
                rgba: [r, g, b, 255],
            }),
            _ => None,
        }
    }

    /// `255,255,255` (a fourth number is alpha), hexadecimal with or without `#`, or a CSS name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.contains(',') && !text.contains('(') {
            let mut rgba = [255; 4];
            let mut parts = text.split(',');
            for (index, slot) in rgba.iter_mut().enumerate() {
                match parts.next() {
                    Some(part) => *slot = parameter::whole(part.trim())?,
                    None if index == 3 => {}
                    None => return None,
                }
            }
            return parts.next().is_none().then_some(Self { rgba });
        }
        let colour = csscolorparser::parse(text).ok()?;
        Some(Self {
            rgba: colour.to_rgba8(),
        })
    }
}

/// Factor on width and height, 0.1 to 8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dpr(f64);

impl Default for Dpr {
    fn default() -> Self {
        Self(1.0)
    }
}

impl Dpr {
    pub(super) fn parse(text: &str) -> Option<Self> {
        parameter::decimal(text)
            .filter(|factor| (0.1..=8.0).contains(factor))
            .map(Self)
    }

    /// The side in real pixels, rounded half up, at least 1.
    pub(super) fn scale(self, side: u32) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most 8 million: both factors are bounded by their parsers"
        )]
        let scaled = (f64::from(side) * self.0 + 0.5).floor() as u32;
        scaled.max(1)
    }
}
