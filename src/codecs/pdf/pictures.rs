//! What pictures in a document will take once they are decoded, by what their dictionaries say.
//!
//! Those are never packed, unlike most of a document, and so can be told without reading it. It is what is granted, and a document
//! that needs more is refused: what is told wrong harms itself alone.

use memchr::memmem;

/// Bytes that a pixel takes while its picture is decoded and scaled, by measure: up to 3.2 of 600 dots per inch in colour.
const PIXEL: u64 = 5;

/// The same of a scan in black and white: 0.9 by measure.
const BIT: u64 = 2;

/// The same of JPEG 2000, whose coefficients are all there as floats.
const WAVELET: u64 = 20;

/// Bytes in front of a width and behind it in which the rest of its dictionary lies.
const NEAR: usize = 400;

/// Pictures that are looked at.
const MOST: usize = 1 << 16;

/// Bytes for the two dearest, of which one may be the other's mask.
pub(super) fn bytes(document: &[u8]) -> u64 {
    let (mut first, mut second) = (0, 0);
    for at in memmem::find_iter(document, b"/Width").take(MOST) {
        let taken = picture(document, at);
        if taken > first {
            (first, second) = (taken, first);
        } else {
            second = taken.max(second);
        }
    }
    first.saturating_add(second)
}

/// Bytes for the picture whose dictionary says its width there.
fn picture(document: &[u8], at: usize) -> u64 {
    let end = document.len().min(at + NEAR);
    let near = document.get(at.saturating_sub(NEAR)..end);
    let near = near.unwrap_or_default();
    let width = document.get(at..end).and_then(number);
    // The nearest in front may be another's: of two, the larger.
    let heights = memmem::find_iter(near, b"/Height");
    let height = heights
        .filter_map(|at| near.get(at..).and_then(number))
        .max();
    let pixels = width.unwrap_or(0).saturating_mul(height.unwrap_or(0));
    let bits = memmem::find(near, b"/BitsPerComponent");
    let bits = bits.and_then(|at| near.get(at..)).and_then(number);
    let each = match bits {
        _ if memmem::find(near, b"JPXDecode").is_some() => WAVELET,
        Some(1) => BIT,
        _ => PIXEL,
    };
    pixels.saturating_mul(each)
}

/// The number behind a name.
fn number(text: &[u8]) -> Option<u64> {
    let text = text.get(1..)?;
    let name = text.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let text = text.get(name.count()..)?.trim_ascii_start();
    // More digits than any picture's side has are none.
    let digits = text.iter().take(9).take_while(|byte| byte.is_ascii_digit());
    let digits = text
        .get(..digits.count())
        .filter(|digits| digits.len() < 9)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_dearest_count() {
        let far = " ".repeat(NEAR);
        for (document, expected) in [
            (String::new(), 0),
            ("/Width 10".to_owned(), 0),
            ("/Width 10/Height 20".to_owned(), 200 * PIXEL),
            ("<</Height\n20 /Width  10>>".to_owned(), 200 * PIXEL),
            (
                "/Width 10/Height 20/Filter/JPXDecode".to_owned(),
                200 * WAVELET,
            ),
            (
                format!("/Width 9/Height 9{far}/Width 7/Height 7{far}/Width 10/Height 10"),
                181 * PIXEL,
            ),
            (format!("/Width 9{far}/Height 9"), 0),
            ("/Width 999999999/Height 999999999".to_owned(), 0),
            (
                "/Width 9/Height 9/BitsPerComponent 1>>".to_owned(),
                81 * BIT,
            ),
            (
                "/Width 9/Height 9/BitsPerComponent 16>>".to_owned(),
                81 * PIXEL,
            ),
            ("/Widths[9]/Height 9".to_owned(), 0),
        ] {
            assert_eq!(bytes(document.as_bytes()), expected, "{document}");
        }
    }
}
