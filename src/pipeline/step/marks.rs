//! What is drawn over a picture: a text, or another picture.

use crate::pipeline::geometry::Size;
use crate::pipeline::operation::{OperationRow, Verb};
use crate::pipeline::parameter::{self, Grammar, ParameterError, Values};
use crate::pipeline::text::{MAX_CHARACTERS, Style, Text};
use crate::pipeline::value::Colour;

use super::MAX_SIDE;

/// A text to draw on a picture whose size isn't known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct TextMark {
    content: String,
    width: Option<u32>,
    margin: Option<u32>,
    style: Style,
    colour: Colour,
    repeats: bool,
}

impl TextMark {
    /// What is drawn on a picture of that size.
    pub(in crate::pipeline) fn on(&self, size: Size) -> Text {
        let width = self.width.unwrap_or((size.0 / 6).max(1));
        Text {
            content: self.content.clone(),
            width,
            style: self.style,
            margin: self.margin.unwrap_or(width),
            colour: self.colour,
            repeats: self.repeats,
        }
    }
}

/// How much of a text is seen where the client doesn't say.
const TEXT_OPACITY: f64 = 0.25;

/// Pixels of an inch.
const DPI: u32 = 150;

/// The most pixels of an inch.
const MAX_DPI: u32 = 1200;

/// The largest font, in points.
const MAX_POINTS: f64 = 1000.0;

/// The largest em in pixels: no picture is larger.
const MAX_EM: f64 = 16_384.0;

/// The text that the step draws, where that is what it does. The values are looked at in any case.
pub(super) fn text(
    operation: &OperationRow,
    values: &Values<'_>,
) -> Result<Option<TextMark>, ParameterError> {
    let text = values.get("text", |text| {
        (text.chars().count() <= MAX_CHARACTERS).then(|| text.to_owned())
    })?;
    let font = values.get("font", |text| Font::parse(text, values.grammar()))?;
    let dpi = values.whole("dpi", 1..=MAX_DPI)?;
    let mark = TextMark {
        content: text.unwrap_or_default(),
        width: values.whole("textwidth", 1..=MAX_SIDE)?.map(most),
        margin: values.whole("margin", 0..=MAX_SIDE)?.map(most),
        style: font
            .unwrap_or_default()
            .style(dpi.unwrap_or(DPI).min(MAX_DPI)),
        colour: seen(colour(values)?, opacity(values)?.unwrap_or(TEXT_OPACITY)),
        repeats: !values.boolean("noreplicate")?.unwrap_or(false),
    };
    let draws = operation.verb == Verb::Watermark && !mark.content.is_empty();
    Ok(draws.then_some(mark))
}

fn most(pixels: u32) -> u32 {
    pixels.min(MAX_SIDE)
}

/// How much is seen, above 0 and up to 1; 0 is not given.
fn opacity(values: &Values<'_>) -> Result<Option<f64>, ParameterError> {
    let given = values.decimal("opacity", 0.0..=1000.0)?;
    Ok(given
        .filter(|&opacity| opacity > 0.0)
        .map(|opacity| opacity.min(1.0)))
}

fn colour(values: &Values<'_>) -> Result<Colour, ParameterError> {
    let given = values.get("color", |text| match values.grammar() {
        Grammar::Strict => Colour::parse(text).map(Some),
        // What is no colour is black there.
        Grammar::Imaginary => Some(Colour::loose(text)),
    })?;
    Ok(given.flatten().unwrap_or(Colour::BLACK))
}

fn seen(colour: Colour, opacity: f64) -> Colour {
    let [r, g, b, alpha] = colour.rgba;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of 255"
    )]
    let alpha = (f64::from(alpha) * opacity + 0.5) as u8;
    Colour {
        rgba: [r, g, b, alpha],
    }
}

/// A font as imaginary's clients name one, of which the family makes no difference.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Font {
    size: f64,
    /// The size is in pixels, not in points.
    in_pixels: bool,
    bold: bool,
    italic: bool,
}

impl Default for Font {
    fn default() -> Self {
        Self {
            size: 10.0,
            in_pixels: false,
            bold: false,
            italic: false,
        }
    }
}

impl Font {
    /// `FAMILY STYLE SIZE`, of which each may be left out.
    fn parse(text: &str, grammar: Grammar) -> Option<Self> {
        let mut font = Self::default();
        for word in text.split_whitespace() {
            match word.to_ascii_lowercase().as_str() {
                "bold" | "semi-bold" | "ultra-bold" | "heavy" | "black" => font.bold = true,
                "italic" | "oblique" => font.italic = true,
                _ => {}
            }
        }
        let last = text.split_whitespace().next_back().unwrap_or_default();
        let number = last.strip_suffix("px");
        if let Some(size) = parameter::decimal(number.unwrap_or(last)) {
            let fits = (1.0..=MAX_POINTS).contains(&size);
            match grammar {
                Grammar::Strict if !fits => return None,
                // None is the default there.
                Grammar::Imaginary if size == 0.0 => {}
                _ => {
                    font.size = size.min(MAX_POINTS);
                    font.in_pixels = number.is_some();
                }
            }
        }
        Some(font)
    }

    fn style(self, dpi: u32) -> Style {
        let points_of_an_inch = 72.0;
        let pixels = if self.in_pixels {
            self.size
        } else {
            self.size * f64::from(dpi) / points_of_an_inch
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a million"
        )]
        let em = (pixels.min(MAX_EM) * 64.0 + 0.5) as u32;
        Style {
            em: em.max(1),
            bold: self.bold,
            italic: self.italic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts() {
        let style = |em, bold, italic| Style { em, bold, italic };
        for (text, made) in [
            ("sans 10", style(1333, false, false)),
            ("", style(1333, false, false)),
            ("Comic Sans MS Bold Italic 14", style(1867, true, true)),
            ("serif oblique", style(1333, false, true)),
            ("sans 24px", style(1536, false, false)),
            ("sans 10.5", style(1400, false, false)),
            ("bold 1000", style(133_333, true, false)),
        ] {
            let font = Font::parse(text, Grammar::Strict).unwrap();
            assert_eq!(font.style(DPI), made, "{text}");
        }
        for text in ["sans 0", "sans 0.5", "sans 1001"] {
            assert_eq!(Font::parse(text, Grammar::Strict), None, "{text}");
            assert!(Font::parse(text, Grammar::Imaginary).is_some(), "{text}");
        }
    }
}
