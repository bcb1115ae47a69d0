//! What the root element says: that it is a drawing, and its size. It looks at the text's first bytes alone.

use super::{broken, doctype, packed};
use crate::codecs::Error;

/// Bytes that the root element's tag has to end in. Some programs declare entities before it.
const LOOK: usize = 64 << 10;

/// Pixels of an inch, as in CSS.
const INCH: f64 = 96.0;

/// Pixels of an em where nothing is said, as `usvg` has it.
const EM: f64 = 12.0;

/// Whether the bytes begin with a drawing, in gzip or not, behind what may stand before its root element.
pub(in crate::codecs) fn starts(bytes: &[u8]) -> bool {
    packed::text(bytes).is_some_and(|text| root(&text).is_some())
}

/// Width and height in pixels, 0 and less included; `None` where it doesn't state them.
pub(super) fn size(bytes: &[u8]) -> Result<Option<(f64, f64)>, Error> {
    let tag = root(bytes)
        .and_then(|tag| std::str::from_utf8(tag).ok())
        .ok_or_else(|| broken("header", "its first tag is broken"))?;
    let said = |name: &str| attribute(tag, name).and_then(length);
    let (width, height) = (said("width"), said("height"));
    let em = match said("font-size") {
        Some(Length::Pixels(pixels)) => pixels,
        _ => EM,
    };
    let Some((across, down)) = attribute(tag, "viewBox").and_then(view) else {
        return Ok(match (width, height) {
            (Some(width), Some(height)) => width.pixels(em).zip(height.pixels(em)),
            _ => None,
        });
    };
    let of = |length: Length, whole: f64| length.pixels(em).unwrap_or_else(|| length.share(whole));
    Ok(Some(match (width, height) {
        (Some(width), Some(height)) => (of(width, across), of(height, down)),
        (Some(width), None) => {
            let width = of(width, across);
            (width, down * width / across)
        }
        (None, Some(height)) => {
            let height = of(height, down);
            (across * height / down, height)
        }
        (None, None) => (across, down),
    }))
}

/// What a length is given in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Length {
    Pixels(f64),
    Ems(f64),
    Percent(f64),
}

impl Length {
    /// `None` for a share.
    fn pixels(self, em: f64) -> Option<f64> {
        match self {
            Self::Pixels(pixels) => Some(pixels),
            Self::Ems(ems) => Some(ems * em),
            Self::Percent(_) => None,
        }
    }

    fn share(self, whole: f64) -> f64 {
        match self {
            Self::Percent(percent) => whole * percent / 100.0,
            _ => whole,
        }
    }
}

/// Behind the name of the root element up to the end of its tag, if it is `svg`.
fn root(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.get(..LOOK).unwrap_or(bytes);
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    loop {
        rest = rest.trim_ascii_start();
        rest = if let Some(inner) = rest.strip_prefix(b"<?") {
            doctype::behind(inner, b"?>")?
        } else if let Some(inner) = rest.strip_prefix(b"<!--") {
            doctype::behind(inner, b"-->")?
        } else if rest.starts_with(b"<!") {
            rest.get(doctype::read(rest)?.length..)?
        } else {
            break;
        };
    }
    let tag = rest.strip_prefix(b"<")?;
    let tag = tag.get(..tag_length(tag)?)?;
    let name = tag
        .split(|&byte| byte.is_ascii_whitespace() || byte == b'/')
        .next()?;
    let local = name.rsplit(|&byte| byte == b':').next()?;
    if local != b"svg" {
        return None;
    }
    tag.get(name.len()..)
}

/// Bytes of a tag up to its `>`, which may stand in a value, too.
fn tag_length(tag: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = tag.get(at..)?;
        at += memchr::memchr3(b'>', b'"', b'\'', rest)?;
        let byte = *tag.get(at)?;
        if byte == b'>' {
            return Some(at);
        }
        at += 1 + memchr::memchr(byte, tag.get(at + 1..)?)? + 1;
    }
}

/// The value of the attribute of that name.
pub(super) fn attribute<'a>(mut tag: &'a str, name: &str) -> Option<&'a str> {
    loop {
        let (before, behind) = tag.split_once('=')?;
        let behind = behind.trim_ascii_start();
        let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, rest) = behind.get(1..)?.split_once(quote)?;
        if before.trim_ascii() == name {
            return Some(value);
        }
        tag = rest;
    }
}

/// A number with its unit. What can't be read counts as not said.
pub(super) fn length(value: &str) -> Option<Length> {
    let value = value.trim_ascii();
    let (number, unit) = number(value)?;
    Some(match unit {
        "" | "px" => Length::Pixels(number),
        "in" => Length::Pixels(number * INCH),
        "cm" => Length::Pixels(number / 2.54 * INCH),
        "mm" => Length::Pixels(number / 25.4 * INCH),
        "pt" => Length::Pixels(number / 72.0 * INCH),
        "pc" => Length::Pixels(number / 6.0 * INCH),
        "em" => Length::Ems(number),
        "ex" => Length::Ems(number / 2.0),
        "%" => Length::Percent(number),
        _ => return None,
    })
}

/// Width and height of a view box, both above 0.
fn view(value: &str) -> Option<(f64, f64)> {
    let mut rest = value;
    let mut four = [0.0; 4];
    for slot in &mut four {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        (*slot, rest) = number(rest)?;
    }
    let [_, _, width, height] = four;
    (width > 0.0 && height > 0.0).then_some((width, height))
}

/// The number that the text begins with, and the rest.
fn number(text: &str) -> Option<(f64, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let sign = |at: usize| at + usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let mut end = digits(sign(0));
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let power = sign(end + 1);
        // It may be the beginning of a unit.
        if digits(power) > power {
            end = digits(power);
        }
    }
    let (number, rest) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    number.is_finite().then_some((number, rest))
}
