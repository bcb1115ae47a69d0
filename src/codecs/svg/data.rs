//! `data:` URLs, as browsers read them in an attribute.

use std::borrow::Cow;
use std::sync::LazyLock;

use data_encoding::{Encoding, Specification};

use super::scan::DATA;

/// The file that a `data:` URL is.
pub(super) fn decoded(value: &[u8]) -> Option<Vec<u8>> {
    let value = std::str::from_utf8(value).ok()?;
    let value = unescaped(value)?;
    let rest = value.trim_start().get(DATA.len()..)?;
    let (kind, body) = rest.split_once(',')?;
    let body = body.split('#').next()?;
    let packed = kind.trim_end().rsplit(';').next()?.trim_start();
    if !packed.eq_ignore_ascii_case("base64") {
        return Some(percent_encoding::percent_decode_str(body).collect());
    }
    let body: Cow<'_, [u8]> = percent_encoding::percent_decode_str(body).into();
    let end = body.trim_ascii_end();
    let end = end.strip_suffix(b"=").unwrap_or(end);
    BASE64
        .as_ref()?
        .decode(end.strip_suffix(b"=").unwrap_or(end))
        .ok()
}

/// Base64 as browsers take it: with spaces anywhere, and bits beyond the end.
static BASE64: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    specification.symbols.push_str(letters);
    specification.ignore.push_str(" \t\r\n\x0c");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
});

/// An attribute's value with its references to characters followed. One to an entity of the file's own is none that is known here.
fn unescaped(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains('&') {
        return Some(Cow::Borrowed(value));
    }
    let mut text = String::with_capacity(value.len());
    let mut pieces = value.split('&');
    text.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once(';')?;
        text.push(character(name)?);
        text.push_str(rest);
    }
    Some(Cow::Owned(text))
}

/// The character that a reference is to.
fn character(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => name.strip_prefix('#')?,
    };
    let number = match number.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(number.ok()?)
}
